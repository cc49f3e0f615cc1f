//! Finding records by their words. The index is kept by triggers beside each table, from its column of
//! words, so a change and what search knows of it are one transaction.

pub mod pages;
pub mod words;
