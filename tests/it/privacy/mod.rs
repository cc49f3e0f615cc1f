//! The privacy core, from outside and from inside.

mod access_package;
mod audit;
mod audit_time;
pub mod canary;
mod choosing;
mod confirmation;
mod consent;
mod crashes;
mod data_map;
mod erasure;
mod erasure_held;
mod erasure_traps;
mod erasure_traps_beside;
mod holds;
mod ledger;
mod letters;
mod log;
mod others;
mod portal;
mod requests;
mod restriction;
mod retention;
mod retention_contacts;
mod workspace_export;
mod workspace_export_inside;
mod workspace_moved;
mod workspace_moving;
