//! The privacy core: what this product is for. It knows no feature; it is given their tables.

pub mod audit;
pub mod data_map;

use crate::module::Module;

pub const MODULE: Module = Module {
    name: "privacy",
    routes: &[],
    tables: &[&audit::data_map::AUDIT, &audit::data_map::CONTROL_AUDIT],
    jobs: &[],
    navigation: &[],
    console: &[],
};
