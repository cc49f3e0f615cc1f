//! The console of whoever hosts the installation. It opens no workspace's content.

use crate::module::Module;

pub const MODULE: Module = Module { name: "operator", routes: &[], tables: &[], jobs: &[], navigation: &[], console: &[] };
