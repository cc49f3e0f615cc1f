//! What is decided between the check of a file and its run: values that are no choice, and rows that resemble
//! somebody.

pub mod api;
mod census;
mod likeness;
pub mod pages;
pub mod service;
mod store;

use crate::people::merging::Reason;

use super::Resembling;

pub use census::Census;
pub use likeness::Likeness;

/// A row that resembles somebody, as the check finds it.
pub struct Likely {
    pub line: i64,
    pub name: String,
    pub whom: likeness::Whom,
    pub reasons: Vec<Reason>,
}

/// Rows that resemble somebody which can be decided about one by one; the others follow the decision for all.
pub const SHOWN: i64 = 100;
/// Different values of one column that are kept; more means that the column is not one of choices.
const VALUES_KEPT: usize = super::treatment::VALUES;

/// A value of a column that is no choice of its field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownValue {
    pub position: usize,
    pub value: String,
    /// Rows that have it.
    pub rows: i64,
}

/// A row that resembles somebody.
#[derive(Debug, Clone)]
pub struct Resemblance {
    /// The line of the row.
    pub line: i64,
    /// As the row has it; empty where too many rows resemble somebody.
    pub name: String,
    /// Who is there already, or was made of the earlier row.
    pub other: Option<i64>,
    pub other_line: Option<i64>,
    pub reasons: Vec<Reason>,
    /// What becomes of this row; `None`: as of all.
    pub decision: Option<Resembling>,
}
