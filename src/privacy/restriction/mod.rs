//! People whose data is kept and not used (GDPR Art. 18, P-109): on which ground, by whom, and how it ended.
//!
//! A restriction ends in three steps, because the person is told before their data is used again: somebody begins to lift
//! it, the person is told, and once the days that they were given have passed it is lifted by a job.

pub mod api;
pub mod data_map;
pub mod jobs;
pub mod notice;
pub mod pages;
pub mod reading;
pub mod service;
mod store;

use crate::clock::Timestamp;
use crate::id::{MemberId, RestrictionId};
use crate::permission::words;

pub use service::{begin_lifting, in_force, is_restricted, people_in_force, restrict, tell};

words! {
    /// Why somebody can demand it (Art. 18(1)).
    Ground {
        Accuracy = "accuracy",
        Unlawful = "unlawful",
        Claims = "claims",
        Objection = "objection",
    }
}

impl Ground {
    pub fn label(self) -> &'static str {
        match self {
            Ground::Accuracy => "They say the data is wrong, and we look into it",
            Ground::Unlawful => "The use is unlawful, and they want it kept rather than erased",
            Ground::Claims => "We need it no more, but they need it for a legal claim",
            Ground::Objection => "They objected, and we weigh whose interests come first",
        }
    }

    /// The paragraph of the law.
    pub fn article(self) -> &'static str {
        match self {
            Ground::Accuracy => "Art. 18(1)(a)",
            Ground::Unlawful => "Art. 18(1)(b)",
            Ground::Claims => "Art. 18(1)(c)",
            Ground::Objection => "Art. 18(1)(d)",
        }
    }
}

words! {
    /// Where a restriction stands.
    Stage {
        InForce = "in_force",
        /// Somebody wants to end it, and the person has not been told yet. It is in force all the same.
        Lifting = "lifting",
        /// The person was told, and has some days to object. It is in force all the same.
        Told = "told",
        Lifted = "lifted",
    }
}

words! {
    /// How the person was told that it ends.
    NoticeMethod {
        Email = "email",
        Letter = "letter",
        Phone = "phone",
        InPerson = "in_person",
    }
}

impl NoticeMethod {
    pub fn label(self) -> &'static str {
        match self {
            NoticeMethod::Email => "By email",
            NoticeMethod::Letter => "By letter",
            NoticeMethod::Phone => "By phone",
            NoticeMethod::InPerson => "Face to face",
        }
    }
}

/// A restriction as it is.
#[derive(Debug, Clone)]
pub struct Restriction {
    pub id: RestrictionId,
    pub version: i64,
    pub on: (String, i64),
    pub ground: Ground,
    /// In words; for those with the right to privacy alone.
    pub reason: String,
    pub placed_by: Option<MemberId>,
    pub placed_at: Timestamp,
    pub lift_reason: String,
    pub lifting_at: Option<Timestamp>,
    /// How many days lie between the notice and the end.
    pub wait_days: i64,
    pub notice: Option<Notice>,
    pub lifted_by: Option<MemberId>,
    pub lifted_at: Option<Timestamp>,
}

impl Restriction {
    pub fn stage(&self) -> Stage {
        match (self.lifted_at, self.lifting_at) {
            (Some(_), _) => Stage::Lifted,
            (None, Some(_)) if self.notice.is_some() => Stage::Told,
            (None, Some(_)) => Stage::Lifting,
            (None, None) => Stage::InForce,
        }
    }

    /// When it ends by itself: the person was told, and these are their days.
    pub fn ends_at(&self) -> Option<Timestamp> {
        let told = self.notice.as_ref().filter(|_| self.stage() == Stage::Told)?;
        Some(told.at.plus(self.wait_days * Timestamp::DAY))
    }
}

/// How the person was told, before their data is used again (Art. 18(3)).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    pub method: NoticeMethod,
    /// Where the proof of it lies: the date of a letter, who made the call.
    pub reference: String,
    pub at: Timestamp,
}
