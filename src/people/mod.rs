//! Contacts and companies: the spine that every other module leans on.

use crate::module::Module;

pub const MODULE: Module = Module { name: "people", routes: &[], tables: &[], jobs: &[], navigation: &[], console: &[] };
