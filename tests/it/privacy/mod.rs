//! The privacy core, from outside and from inside.

mod access_package;
mod audit;
mod audit_time;
mod choosing;
mod confirmation;
mod consent;
mod data_map;
mod erasure;
mod erasure_traps;
mod ledger;
mod letters;
mod log;
mod portal;
mod requests;
mod restriction;
mod retention;
