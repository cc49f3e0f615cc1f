//! The reference for programs: the OpenAPI document, and the same readable without a network.

mod pages;

use crate::module::Module;

pub const MODULE: Module = Module { name: "reference", routes: &[pages::ROUTES], ..Module::EMPTY };
