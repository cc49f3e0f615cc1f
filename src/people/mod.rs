//! Contacts and companies: the spine that every other module leans on.

pub mod asker;
pub mod form;
pub mod wire;
pub mod companies;
pub mod contacts;
pub mod countries;
pub mod email;
pub mod exports;
pub mod identities;
pub mod imports;
pub mod list;
pub mod notes;
pub mod phone;
pub mod places;
pub mod record;
pub mod search;
pub mod settings;
pub mod tags;
pub mod text;
pub mod timeline;

use crate::module::Module;

pub const MODULE: Module = Module { name: "people", routes: &[], tables: &[], jobs: &[], navigation: &[], console: &[] };
