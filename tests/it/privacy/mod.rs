//! The privacy core, from outside and from inside.

mod access_package;
mod audit;
mod audit_time;
mod consent;
mod data_map;
mod erasure;
mod erasure_traps;
mod letters;
mod log;
mod portal;
mod requests;
mod restriction;
mod retention;
mod workspace_moving;
