//! The privacy core: what this product is for. It knows no feature; it is given their tables.

pub mod audit;
pub mod data_map;
pub mod subject;

use crate::module::{Module, NavigationItem};
use crate::permission::{Action, Area};
use crate::web::Access;

pub const MODULE: Module = Module {
    name: "privacy",
    routes: &[audit::pages::ROUTES, audit::export::ROUTES, audit::api::ROUTES],
    tables: &[&audit::data_map::AUDIT, &audit::data_map::CONTROL_AUDIT],
    jobs: &[],
    navigation: &[NavigationItem {
        label: "Audit log",
        icon: "scroll-text",
        path: "/audit",
        access: Access::may(Action::View, Area::Audit),
        group: 9,
        shortcut: Some('a'),
    }],
    ..Module::EMPTY
};
