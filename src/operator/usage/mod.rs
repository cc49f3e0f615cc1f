//! Usage analytics: which pages are used, of how many people. Own, aggregated, and off for whoever wants it off
//! (P-023, P-106).

pub mod data_map;
pub mod jobs;
pub mod pages;
mod store;

/// The fewest people that a total stands for: below it, a number could be somebody.
pub const FEWEST: i64 = 5;
