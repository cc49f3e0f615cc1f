//! The privacy core: what this product is for. It knows no feature; it is given their tables.

pub mod access_package;
pub mod audit;
pub mod certificate;
pub mod consent;
pub mod controller;
pub mod data_map;
pub mod erasure;
pub mod faults;
pub mod holds;
pub mod images;
pub mod ledger;
pub mod parcel;
pub mod person;
pub mod portal;
pub mod post;
pub mod purposes;
pub mod requests;
pub mod restriction;
pub mod retention;
pub mod subject;
pub mod suppression;
mod text;
pub mod workspace_export;
pub mod workspace_import;

use crate::module::{Module, NavigationItem};
use crate::permission::{Action, Area};
use crate::web::Access;

pub const MODULE: Module = Module {
    name: "privacy",
    routes: &[
        audit::pages::ROUTES,
        audit::export::ROUTES,
        audit::api::ROUTES,
        purposes::pages::ROUTES,
        purposes::api::ROUTES,
        consent::api::ROUTES,
        consent::confirmation::link::ROUTES,
        consent::confirmation::pages::ROUTES,
        restriction::pages::ROUTES,
        restriction::notice::pages::ROUTES,
        restriction::api::ROUTES,
        person::pages::ROUTES,
        person::saying::ROUTES,
        person::api::ROUTES,
        workspace_export::pages::ROUTES,
        workspace_export::link::ROUTES,
        workspace_export::api::ROUTES,
        controller::pages::ROUTES,
        controller::api::ROUTES,
        data_map::pages::ROUTES,
        data_map::notice::ROUTES,
        data_map::api::ROUTES,
        erasure::pages::ROUTES,
        erasure::api::ROUTES,
        access_package::pages::ROUTES,
        access_package::link::ROUTES,
        portal::door::ROUTES,
        portal::room::ROUTES,
        portal::printed::ROUTES,
        access_package::api::ROUTES,
        retention::pages::ROUTES,
        retention::calendar::ROUTES,
        retention::api::ROUTES,
        holds::pages::ROUTES,
        holds::api::ROUTES,
        requests::pages::ROUTES,
        requests::settings::pages::ROUTES,
        requests::letters::pages::ROUTES,
        requests::api::ROUTES,
    ],
    tables: &[
        &ledger::data_map::ERASURE_LEDGER,
        &ledger::data_map::LEDGER_OUTBOX,
        &suppression::data_map::SUPPRESSIONS,
        &erasure::data_map::ERASURES,
        &erasure::data_map::CERTIFICATES,
        &audit::data_map::AUDIT,
        &audit::data_map::CONTROL_AUDIT,
        &purposes::data_map::PURPOSES,
        &purposes::data_map::PURPOSE_WORDINGS,
        &consent::data_map::CONSENT_EVENTS,
        &consent::data_map::MINORS,
        &consent::confirmation::data_map::CONSENT_CONFIRMATIONS,
        &consent::confirmation::data_map::CONFIRMATION_WORDINGS,
        &restriction::data_map::RESTRICTIONS,
        &restriction::data_map::RESTRICTION_NOTICES,
        &retention::data_map::RETENTION_SETTINGS,
        &retention::data_map::RETENTION_RUNS,
        &retention::data_map::RETENTION_RUN_RULES,
        &retention::data_map::CONTROL_RETENTION_RUNS,
        &retention::data_map::CONTROL_RETENTION_RUN_RULES,
        &holds::data_map::LEGAL_HOLDS,
        &access_package::data_map::ACCESS_PACKAGES,
        &portal::data_map::PORTAL_VISITS,
        &portal::data_map::PORTAL_CODES,
        &requests::data_map::SUBJECT_REQUESTS,
        &requests::data_map::SUBJECT_REQUEST_STEPS,
        &requests::data_map::SUBJECT_REQUEST_CHECKS,
        &requests::data_map::SUBJECT_REQUEST_KEPT,
        &requests::data_map::SUBJECT_REQUEST_CORRECTIONS,
        &requests::data_map::SUBJECT_REQUEST_RECIPIENTS,
        &requests::data_map::SUBJECT_REQUEST_LETTERS,
        &requests::data_map::LETTER_TEMPLATES,
        &requests::data_map::SUBJECT_REQUEST_SETTINGS,
        &workspace_export::data_map::WORKSPACE_EXPORTS,
        &workspace_import::data_map::PSEUDONYM_KEY,
        &controller::data_map::CONTROLLER,
    ],
    jobs: &[
        &audit::jobs::CHECKPOINT,
        &audit::jobs::CONTROL_CHECKPOINT,
        &audit::jobs::PURGE,
        &audit::jobs::CONTROL_PURGE,
        &audit::jobs::DIGEST,
        &consent::jobs::SETTLE,
        &ledger::CARRY,
        &restriction::jobs::SETTLE,
        &consent::confirmation::jobs::ASK,
        &erasure::jobs::FINISH,
        &access_package::jobs::BUILD,
        &access_package::jobs::FORGET,
        &workspace_export::jobs::BUILD,
        &workspace_export::jobs::FORGET,
        &retention::jobs::RUN,
        &retention::jobs::RUN_CONTROL,
        &requests::jobs::REMIND,
        &requests::jobs::SETTLE,
        &requests::letters::post::POST,
    ],
    navigation: &[
        NavigationItem {
            label: "Requests",
            icon: "file-search",
            path: "/privacy/requests",
            access: Access::may(Action::View, Area::Privacy),
            group: 8,
            shortcut: Some('r'),
        },
        NavigationItem {
            label: "Consent",
            icon: "shield-check",
            path: "/privacy/purposes",
            access: Access::may(Action::View, Area::Privacy),
            group: 8,
            shortcut: None,
        },
        NavigationItem {
            label: "Retention",
            icon: "timer",
            path: "/privacy/retention",
            access: Access::may(Action::View, Area::Privacy),
            group: 8,
            shortcut: None,
        },
        NavigationItem {
            label: "Data map",
            icon: "map",
            path: "/privacy/data-map",
            access: Access::may(Action::View, Area::Privacy),
            group: 8,
            shortcut: None,
        },
        NavigationItem {
            label: "Audit log",
            icon: "scroll-text",
            path: "/audit",
            access: Access::may(Action::View, Area::Audit),
            group: 9,
            shortcut: Some('a'),
        },
    ],
    arrived: &[parcel::arrived, portal::arrived],
    records: &[&purposes::RECORD, &requests::RECORD],
    notifications: &[requests::NOTIFICATIONS],
    waiting: &[("/privacy/requests", requests::service::count_open)],
    ..Module::EMPTY
};
