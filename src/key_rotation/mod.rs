//! Exchanging keys while the installation is in service: the master key, a workspace's key, passphrase, recovery code.

mod api;
pub mod data_map;
pub mod jobs;
mod pages;
mod service;
mod store;

use crate::clock::Timestamp;
use crate::id::WorkspaceId;
use crate::module::Module;
use crate::permission::words;

pub use service::{exchange_slots, rekeyed, reseal, resume, rotate_master, rotate_workspace};

pub const MODULE: Module = Module {
    name: "key_rotation",
    routes: &[pages::ROUTES, api::ROUTES],
    tables: &[&data_map::KEY_ROTATIONS],
    jobs: &[&jobs::DESTROY],
    console: &[("Keys", "key-round", "/operator/keys")],
    ..Module::EMPTY
};

words! {
    /// What was exchanged, or destroyed.
    Kind {
        Master = "master",
        Workspace = "workspace",
        Passphrase = "passphrase",
        RecoveryCode = "recovery_code",
        Destroyed = "destroyed",
    }
}

/// One exchange of a key.
pub struct Rotation {
    pub id: i64,
    pub kind: String,
    pub workspace: Option<WorkspaceId>,
    pub to_version: u32,
    pub begun_at: Timestamp,
    pub ended_at: Option<Timestamp>,
    /// `done`, `undone`, or empty while under way.
    pub outcome: String,
}
