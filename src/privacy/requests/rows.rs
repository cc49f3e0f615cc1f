//! What hangs on a request: its steps, checks, kept parts, corrections, and recipients that were told.

use super::{Check, KeepGround, State, ToldBy};
use crate::clock::Timestamp;
use crate::id::MemberId;

/// Something that happened to a request.
#[derive(Debug, Clone)]
pub struct StepRow {
    /// A word of [`super::Step`], or one of `assign`, `person`, `check`, `letter`, `correct`, `recipient`, `remind`.
    pub step: String,
    /// After it.
    pub state: State,
    /// A word of ours that says more: which check, which letter, which reminder.
    pub about: String,
    /// What the member wrote; empty once the person is erased.
    pub note: String,
    pub member: Option<MemberId>,
    pub at: Timestamp,
}

/// What somebody found out about whoever asks.
#[derive(Debug, Clone)]
pub struct CheckRow {
    pub kind: Check,
    pub passed: bool,
    /// A word of [`Check::methods`].
    pub method: String,
    pub note: String,
    pub member: Option<MemberId>,
    pub at: Timestamp,
}

impl CheckRow {
    pub fn method_label(&self) -> &'static str {
        self.kind.methods().iter().find(|(word, _)| *word == self.method).map_or("", |(_, label)| label)
    }
}

/// A part that is kept although it was asked to go.
#[derive(Debug, Clone)]
pub struct KeptRow {
    pub id: i64,
    pub item: String,
    pub ground: KeepGround,
    /// The last day it is kept.
    pub until: Timestamp,
}

/// A field that is to be corrected.
#[derive(Debug, Clone)]
pub struct CorrectionRow {
    /// As `PersonKind::correct` calls it.
    pub field: String,
    pub before: String,
    pub after: String,
    pub applied_at: Option<Timestamp>,
}

/// Somebody who has received the data.
#[derive(Debug, Clone)]
pub struct RecipientRow {
    pub id: i64,
    pub name: String,
    pub told: Option<(ToldBy, Timestamp)>,
}

/// The newest check of a kind; `None` when nobody has looked yet.
pub fn latest(checks: &[CheckRow], kind: Check) -> Option<&CheckRow> {
    checks.iter().rev().find(|check| check.kind == kind)
}

/// The checks that do not stand: not recorded, or failed when last looked at.
pub fn missing(checks: &[CheckRow]) -> Vec<Check> {
    let stands = |kind: &Check| latest(checks, *kind).is_some_and(|check| check.passed);
    Check::ALL.iter().copied().filter(|kind| !stands(kind)).collect()
}
