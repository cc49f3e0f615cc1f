//! The audit log: a hash chain over entries that name nobody, with a personal part that can be erased
//! and leaves the chain valid (keys-and-backups 2.9, AUD-1 to AUD-3).
//!
//! Both files have one: a workspace for its records, `control.db` for accounts and the installation.

pub mod api;
mod chain;
pub mod checkpoint;
pub mod data_map;
mod digest;
pub mod export;
pub mod forget;
pub mod jobs;
pub mod lines;
pub mod pages;
mod phrases;
pub mod purge;
mod record;
mod store;
#[cfg(test)]
mod tests;
mod view;
pub mod words;

pub use chain::{Verdict, verify, verify_watched};
pub use checkpoint::Checkpoint;
pub use record::{Event, record};
pub use store::{Entry, EntryFilter, count, find, list};
