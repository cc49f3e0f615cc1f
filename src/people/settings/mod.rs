//! How a workspace works with people. A handful of words, read wherever they matter.

pub mod pages;
pub mod service;
mod store;

/// The country in whose way phone numbers without a country code are read; empty: they are not.
pub const DEFAULT_COUNTRY: &str = "default_country";

/// Days that a deleted record is kept.
pub const TRASH_DAYS: &str = "trash_days";
