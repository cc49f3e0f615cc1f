//! What people said about the use of their data, and the one gate that every use passes (P-108 to P-110, DSR-4).
//!
//! Nothing is ever changed here: what holds now follows from everything that was said. [`may_use`] denies unless there
//! is a reason to allow, and says which; mails to people of a workspace can only be sent with the [`Cleared`] it makes.

pub mod api;
pub mod arriving;
pub mod confirmation;
pub mod data_map;
mod gate;
pub mod jobs;
pub mod minors;
pub mod service;
pub mod stands;
mod state;
mod store;
#[cfg(test)]
mod tests;

use crate::clock::Timestamp;
use crate::id::{ConsentEventId, MemberId, PurposeId};
use crate::permission::words;

pub use gate::{Cleared, Reason, Use, Verdict, Why, may_ask_to_confirm, may_use, may_use_all};
pub use state::{Consent, Standing, standing};

words! {
    /// What somebody said.
    Action {
        /// Yes, to these words.
        Grant = "grant",
        /// Yes again, from the address they gave: the second step of a double opt-in.
        Confirm = "confirm",
        /// Yes, said elsewhere before, with proof.
        Import = "import",
        /// No longer.
        Withdraw = "withdraw",
        /// No, whatever the ground (Art. 21).
        Object = "object",
        /// They take their objection back.
        Lift = "lift",
    }
}

impl Action {
    /// Whether it opens a use of somebody's data. Closing one asks for nothing, and holds at once.
    pub fn opens(self) -> bool {
        !matches!(self, Action::Withdraw | Action::Object)
    }

    /// In the history: "Agreed".
    pub fn past(self) -> &'static str {
        match self {
            Action::Grant => "Agreed",
            Action::Confirm => "Confirmed",
            Action::Import => "Agreed elsewhere before",
            Action::Withdraw => "Withdrew",
            Action::Object => "Objected",
            Action::Lift => "Took the objection back",
        }
    }
}

words! {
    /// How somebody said it.
    Method {
        Form = "form",
        MailLink = "mail_link",
        /// A member noted it, face to face or otherwise.
        Admin = "admin",
        Import = "import",
        Api = "api",
        Phone = "phone",
        Letter = "letter",
        Portal = "portal",
    }
}

impl Method {
    /// The person acted themselves, so where from can be known.
    pub fn is_own(self) -> bool {
        matches!(self, Method::Form | Method::MailLink | Method::Portal)
    }

    pub fn label(self) -> &'static str {
        match self {
            Method::Form => "in a form",
            Method::MailLink => "by a link in a mail",
            Method::Admin => "noted by a member",
            Method::Import => "from a file",
            Method::Api => "through a program",
            Method::Phone => "by phone",
            Method::Letter => "by letter",
            Method::Portal => "in the privacy portal",
        }
    }
}

words! {
    /// What holds for one person and one purpose.
    State {
        /// Nobody asked, or nobody wrote it down.
        Unknown = "unknown",
        /// They said yes, and have to confirm it.
        Pending = "pending",
        Granted = "granted",
        Withdrawn = "withdrawn",
        Objected = "objected",
        /// None of their data may be used, for any purpose.
        Restricted = "restricted",
    }
}

impl State {
    /// The class of its colour, and the word.
    pub fn words(self) -> (&'static str, &'static str) {
        match self {
            State::Unknown => ("", "Never asked"),
            State::Pending => ("risk", "Not confirmed yet"),
            State::Granted => ("kept", "Agreed"),
            State::Withdrawn => ("", "Withdrawn"),
            State::Objected => ("broken", "Objected"),
            State::Restricted => ("risk", "Restricted"),
        }
    }
}

/// One thing that somebody said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    pub id: ConsentEventId,
    /// The record it hangs on now.
    pub on: (String, i64),
    /// The record it was written on.
    pub given_on: i64,
    /// That record went into another after the event with this id.
    pub joined_after: Option<i64>,
    /// `None`: all direct marketing.
    pub purpose: Option<PurposeId>,
    /// Number and hash of the words.
    pub wording: Option<(i64, String)>,
    pub action: Action,
    /// Of a grant: it counts once it is confirmed.
    pub needs_confirmation: bool,
    pub method: Method,
    pub at: Timestamp,
    pub recorded_at: Timestamp,
    pub address: String,
    pub user_agent: String,
    pub evidence: String,
    pub member: Option<MemberId>,
    /// It says that this event counts no more, and nothing else: an import was taken back.
    pub takes_back: Option<ConsentEventId>,
}

impl Event {
    /// In the history.
    pub fn past(&self) -> &'static str {
        match self.takes_back {
            Some(_) => "An import was taken back: what its file said counts no more",
            None => self.action.past(),
        }
    }
}

/// What is to be written down.
#[derive(Debug, Clone, Copy)]
pub struct NewEvent<'a> {
    /// The key of the purpose; `None`: all direct marketing, for an objection and its end.
    pub purpose: Option<&'a str>,
    pub action: Action,
    pub method: Method,
    /// The version of the words; `None`: today's.
    pub wording: Option<i64>,
    /// When they said it; `None`: now.
    pub at: Option<Timestamp>,
    /// Where they were, when they acted themselves.
    pub address: &'a str,
    pub user_agent: &'a str,
    /// Where the proof lies.
    pub evidence: &'a str,
}

impl<'a> NewEvent<'a> {
    /// Something about one purpose, said just now.
    pub fn about(purpose: &'a str, action: Action, method: Method) -> NewEvent<'a> {
        NewEvent {
            purpose: Some(purpose),
            action,
            method,
            wording: None,
            at: None,
            address: "",
            user_agent: "",
            evidence: "",
        }
    }

    /// With words that say where the proof lies.
    pub fn with_evidence(self, evidence: &'a str) -> NewEvent<'a> {
        NewEvent { evidence, ..self }
    }

    /// Said at another moment.
    pub fn at(self, at: Timestamp) -> NewEvent<'a> {
        NewEvent { at: Some(at), ..self }
    }
}
