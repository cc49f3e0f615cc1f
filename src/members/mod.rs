//! People who sign in: accounts, sessions, second factors, memberships, roles, teams, invitations, tokens.

pub mod admission;

use crate::module::Module;

pub const MODULE: Module = Module { name: "members", routes: &[], tables: &[], jobs: &[], navigation: &[], console: &[] };
