//! The console of whoever hosts the installation: that files exist and are well, never what is in them.

mod health;
mod jobs;
mod mail;
mod workspaces;

use crate::module::Module;

pub use health::{Check, Grade, checks};

pub const MODULE: Module = Module {
    name: "operator",
    routes: &[workspaces::ROUTES, mail::ROUTES, jobs::ROUTES, health::ROUTES],
    tables: &[&crate::mail::data_map::OUTGOING_MAIL, &crate::jobs::data_map::JOBS, &crate::jobs::data_map::JOB_RUNS],
    jobs: &[&crate::mail::jobs::DELIVER, &crate::mail::jobs::DISCARD],
    navigation: &[],
    console: &[
        ("Workspaces", "hard-drive", "/operator"),
        ("Mail", "mail", "/operator/mail"),
        ("Jobs", "refresh-cw", "/operator/jobs"),
        ("Health", "activity", "/operator/health"),
    ],
};
