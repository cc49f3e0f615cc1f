//! What people ask of us about their own data: a register with deadlines, checks, decisions and letters
//! (P-082 to P-096, DSR-1; promises.md, section 10).
//!
//! Every step is a row that stays as it was and an entry of the audit log. Nothing is executed or released
//! before identity, ownership and scope are checked, and the day by which the person must hear from us is fixed
//! at receipt.

mod actions;
pub mod api;
pub mod choosing;
pub mod data_map;
pub mod deadlines;
mod entering;
pub mod execution;
mod held;
mod history;
pub mod jobs;
pub mod kinds;
pub mod letters;
mod list;
pub mod machine;
mod offered;
pub mod pages;
mod receiving;
pub mod rows;
pub mod service;
pub mod settings;
mod show;
mod steps;
mod store;
mod taking;
#[cfg(test)]
mod tests;
mod text;
mod wire;

use jiff::tz::TimeZone;

use crate::clock::Timestamp;
use crate::id::{MemberId, SubjectRequestId};
use crate::module::{FoundRecord, MailChoice, NotificationKind, RecordKind};
use crate::permission::{Action, Area, Permission};

pub use deadlines::Profile;
pub use kinds::{Channel, Check, Ground, KeepGround, Kind, ToldBy};
pub use machine::{State, Step};
pub use service::{open_for, open_ids, people_with_open};

/// A request as it is.
#[derive(Debug, Clone)]
pub struct Request {
    pub id: SubjectRequestId,
    pub kind: Kind,
    pub state: State,
    pub profile: Profile,
    /// In which the last day ends.
    pub time_zone: String,
    pub received_at: Timestamp,
    /// Fixed at receipt; see [`Request::deadline`] for the day that counts now.
    pub due_at: Timestamp,
    pub legal_due_at: Timestamp,
    pub confirm_by: Option<Timestamp>,
    pub confirmed_at: Option<Timestamp>,
    pub extended_until: Option<Timestamp>,
    pub extension_reason: String,
    /// The word of a person kind, and an id; `None` while nobody is found.
    pub person: Option<(String, i64)>,
    /// As whoever asks calls themselves; empty once the person is erased.
    pub name: String,
    /// An email address; empty: the answer goes out on paper.
    pub answer_to: String,
    pub channel: Channel,
    pub words: String,
    pub assignee: Option<MemberId>,
    pub ground: Option<Ground>,
    pub reason: String,
    pub decided_by: Option<MemberId>,
    pub decided_at: Option<Timestamp>,
    /// What was done, in words for the letter.
    pub done: String,
    pub completed_at: Option<Timestamp>,
    pub closed_at: Option<Timestamp>,
    pub duplicate_of: Option<SubjectRequestId>,
    pub created_by: Option<MemberId>,
    pub created_at: Timestamp,
    pub version: i64,
}

impl Request {
    /// The day that counts: the extended one when there is an extension.
    pub fn deadline(&self) -> Timestamp {
        self.extended_until.unwrap_or(self.due_at)
    }

    pub fn is_overdue(&self, now: Timestamp) -> bool {
        !self.state.is_closed() && now > self.deadline()
    }

    pub fn zone(&self) -> TimeZone {
        TimeZone::get(&self.time_zone).unwrap_or(TimeZone::UTC)
    }

    /// Whole days until the deadline, by the calendar of the workspace; negative when it is over.
    pub fn days_left(&self, now: Timestamp) -> i64 {
        deadlines::days_left(now, self.deadline(), &self.zone())
    }

    /// Who asks, for headings: the name while there is one.
    pub fn who(&self) -> &str {
        if self.name.is_empty() { "Somebody" } else { &self.name }
    }
}

/// What comes in.
#[derive(Clone)]
pub struct NewRequest {
    pub kind: Kind,
    /// `None`: the workspace's own.
    pub profile: Option<Profile>,
    pub person: Option<(&'static crate::module::PersonKind, i64)>,
    pub name: String,
    pub answer_to: String,
    pub channel: Channel,
    pub words: String,
    /// `None`: now.
    pub received_at: Option<Timestamp>,
    pub assignee: Option<MemberId>,
}

/// Which requests a list shows.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub state: Option<State>,
    pub kind: Option<Kind>,
    pub assignee: Option<MemberId>,
    /// Leaves out closed ones.
    pub open: bool,
    /// Only open ones whose last day is over.
    pub overdue: bool,
}

impl Filter {
    fn state_word(&self) -> &'static str {
        self.state.map_or("", State::word)
    }

    fn kind_word(&self) -> &'static str {
        self.kind.map_or("", Kind::word)
    }
}

/// A request that has passed every check, as it is first written.
struct NewRow {
    kind: Kind,
    profile: Profile,
    time_zone: String,
    received_at: Timestamp,
    deadlines: deadlines::Deadlines,
    person: Option<(&'static str, i64)>,
    name: String,
    answer_to: String,
    identity_hash: Option<Vec<u8>>,
    channel: Channel,
    words: String,
    assignee: Option<MemberId>,
    created_by: Option<MemberId>,
}

pub const RECORD: RecordKind = RecordKind {
    word: "subject_request",
    one: "request",
    many: "requests",
    needs: Permission::new(Action::View, Area::Privacy),
    path: |id| format!("/privacy/requests/{id}"),
    own: "/privacy/requests",
    // No name: notifications and mails are read in places where the person must not stand.
    find: |db, id| {
        let request = store::find(db, SubjectRequestId(id))?;
        Ok(request.map(|request| FoundRecord {
            name: format!("request {}: {}", request.id, request.kind.label().to_lowercase()),
            owner: request.assignee,
        }))
    },
};

pub const ASSIGNED: NotificationKind = NotificationKind {
    word: "request_assigned",
    label: "Somebody gives me a request about personal data",
    icon: "file-search",
    words: "{who} gave you {record}",
    gathered: None,
    counted: ("request given to you", "requests given to you"),
    in_app: true,
    mail: MailChoice::Soon,
};

pub const DUE_SOON: NotificationKind = NotificationKind {
    word: "request_due_soon",
    label: "A request about personal data is due within 7 days or tomorrow",
    icon: "hourglass",
    words: "The answer is due soon: {record}",
    gathered: None,
    counted: ("request that is due soon", "requests that are due soon"),
    in_app: true,
    mail: MailChoice::Soon,
};

pub const OVERDUE: NotificationKind = NotificationKind {
    word: "request_overdue",
    label: "A request about personal data is overdue",
    icon: "clock-alert",
    words: "The last day is over: {record}",
    gathered: None,
    counted: ("request that is overdue", "requests that are overdue"),
    in_app: true,
    mail: MailChoice::Soon,
};

/// What members are told about requests.
pub const NOTIFICATIONS: &[&NotificationKind] = &[&ASSIGNED, &DUE_SOON, &OVERDUE];
