//! The list of modules, in the order of the navigation. Adding a feature is one row here and one in `lib.rs`.

use crate::module::Module;
use crate::privacy::data_map::Table;
use crate::web::Route;

pub static MODULES: &[&Module] = &[
    &crate::people::MODULE,
    &crate::privacy::MODULE,
    &crate::members::MODULE,
    &crate::backup::MODULE,
    &crate::operator::MODULE,
    &crate::key_rotation::MODULE,
    &crate::reference::MODULE,
];

/// Every route of the house.
pub fn routes() -> impl Iterator<Item = &'static Route> {
    MODULES.iter().flat_map(|module| module.routes).copied().flatten()
}

/// Every declared table of both files.
pub fn tables() -> impl Iterator<Item = &'static Table> {
    MODULES.iter().flat_map(|module| module.tables).copied()
}
