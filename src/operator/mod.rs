//! The console of whoever hosts the installation: that files exist and are well, never what is in them.

mod api;
mod health;
mod jobs;
mod mail;
mod metrics;
mod tokens;
mod upgrades;
mod usage;
mod workspaces;

use crate::module::Module;

pub use health::{Check, Grade, checks};

pub const MODULE: Module = Module {
    name: "operator",
    routes: &[
        workspaces::ROUTES,
        mail::ROUTES,
        jobs::ROUTES,
        tokens::ROUTES,
        health::ROUTES,
        usage::pages::ROUTES,
        metrics::ROUTES,
        api::workspaces::ROUTES,
        api::mail::ROUTES,
        api::jobs::ROUTES,
        api::tokens::ROUTES,
        api::health::ROUTES,
    ],
    tables: &[
        &crate::mail::data_map::OUTGOING_MAIL,
        &crate::jobs::data_map::JOBS,
        &crate::jobs::data_map::JOB_RUNS,
        &usage::data_map::USAGE_VIEWS,
        &usage::data_map::USAGE_TOTALS,
    ],
    jobs: &[&upgrades::PRUNE, &crate::mail::jobs::DELIVER, &usage::jobs::WRITE, &usage::jobs::TOTAL],
    console: &[
        ("Workspaces", "hard-drive", "/operator"),
        ("Mail", "mail", "/operator/mail"),
        ("Jobs", "refresh-cw", "/operator/jobs"),
        ("Health", "activity", "/operator/health"),
        ("Usage", "bar-chart-3", "/operator/usage"),
        ("API tokens", "key-round", "/operator/tokens"),
    ],
    ..Module::EMPTY
};
