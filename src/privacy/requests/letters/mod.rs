//! Letters to people who ask: kinds, variables, and how a letter is filled in.

mod defaults;
pub mod pages;
pub mod post;
pub mod service;
mod store;
pub mod templates;

use sha2::{Digest, Sha256};

use super::{Kind, Request, State};
use crate::clock::Timestamp;
use crate::id::{MemberId, SubjectLetterId, SubjectRequestId};
use crate::permission::words;

pub use defaults::template as default_template;
pub use service::{Draft, of_request, send};

words! {
    /// What a letter says.
    LetterKind {
        Acknowledgement = "acknowledgement",
        IdentityNeeded = "identity_needed",
        Extension = "extension",
        Done = "done",
        Refused = "refused",
        /// The restriction of the use of their data is about to end (Art. 18(3)).
        RestrictionEnds = "restriction_ends",
    }
}

impl LetterKind {
    pub fn label(self) -> &'static str {
        match self {
            LetterKind::Acknowledgement => "We have your request",
            LetterKind::IdentityNeeded => "Show us who you are",
            LetterKind::Extension => "It takes longer",
            LetterKind::Done => "It is done",
            LetterKind::Refused => "It is refused",
            LetterKind::RestrictionEnds => "The restriction ends soon",
        }
    }

    pub fn about(self) -> &'static str {
        match self {
            LetterKind::Acknowledgement => "Confirms that the request came in, and names the last day.",
            LetterKind::IdentityNeeded => "Asks for a proof of who they are, and for no more than that.",
            LetterKind::Extension => "Says why it takes longer and until when. Must go out before the last day.",
            LetterKind::Done => "Says what was done, what is kept and why, and who was told.",
            LetterKind::Refused => "Says why, and where they can complain.",
            LetterKind::RestrictionEnds => "Tells them before their data is used again.",
        }
    }

    /// Variables without which the letter would not say what the law asks of it.
    pub fn needs(self) -> &'static [&'static str] {
        match self {
            LetterKind::Acknowledgement => &["due"],
            LetterKind::IdentityNeeded => &[],
            LetterKind::RestrictionEnds => &["until"],
            LetterKind::Extension => &["reason", "until"],
            LetterKind::Done => &["done", "kept"],
            LetterKind::Refused => &["reason", "authority"],
        }
    }

    /// The letters that make sense for a request as it stands, beside an extension. That a restriction ends is said from
    /// the page of the restriction.
    pub fn fitting(request: &Request) -> &'static [LetterKind] {
        match request.state {
            State::Received | State::IdentityUnverified => &[LetterKind::Acknowledgement, LetterKind::IdentityNeeded],
            // Erasing takes the address along, so the answer goes first.
            State::Processing if request.kind == Kind::Erasure => &[LetterKind::Acknowledgement, LetterKind::Done],
            State::Verified | State::Approved | State::Processing | State::NeedsInput => &[LetterKind::Acknowledgement],
            State::Denied => &[LetterKind::Refused],
            State::Complete => &[LetterKind::Done],
            State::Receipt | State::Duplicate | State::Cancelled => &[],
        }
    }
}

words! {
    /// How a letter goes out.
    Way {
        Mail = "mail",
        /// Shown for printing.
        Print = "print",
    }
}

impl Way {
    pub fn icon(self) -> &'static str {
        match self {
            Way::Mail => "mail",
            Way::Print => "printer",
        }
    }
}

/// The variables a letter may hold, as `{name}`, and what stands there.
pub const VARIABLES: &[(&str, &str)] = &[
    ("name", "What the person calls themselves"),
    ("number", "The number of the request"),
    ("request", "What they asked for, in words"),
    ("received", "The day it came in"),
    ("due", "The last day for the answer"),
    ("until", "The last day after the extension; the day on which a restriction ends"),
    ("reason", "Why it takes longer, or why it is refused"),
    ("done", "What was done"),
    ("kept", "What is kept, with ground and end"),
    ("recipients", "Who else was told"),
    ("workspace", "The name of the workspace"),
    ("contact", "Where people write to about their data"),
    ("authority", "Where people can complain"),
];

/// A letter as it went out.
#[derive(Debug, Clone)]
pub struct Letter {
    pub id: SubjectLetterId,
    pub request: SubjectRequestId,
    pub kind: LetterKind,
    pub way: Way,
    pub address: String,
    pub title: String,
    pub body: String,
    pub hash: Vec<u8>,
    pub message_id: String,
    /// Its place in the mail queue; `None` while it waits for it, and on paper.
    pub mail: Option<i64>,
    pub member: Option<MemberId>,
    pub at: Timestamp,
}

/// The words of a letter before they are filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    pub title: String,
    pub body: String,
}

/// Proves which words went out, also after they are erased.
pub fn hash(title: &str, body: &str) -> [u8; 32] {
    Sha256::digest(format!("{title}\n{body}")).into()
}

/// The names between braces, in the order they stand there.
pub fn variables(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once('{') {
        let Some((name, after)) = after.split_once('}') else { break };
        found.push(name);
        rest = after;
    }
    found
}

/// Puts each value in the place of its name. What a value holds is not looked at again.
pub fn fill(text: &str, values: &[(&str, String)]) -> String {
    let mut filled = String::with_capacity(text.len() * 2);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        match after.split_once('}') {
            Some((name, after)) if values.iter().any(|(known, _)| *known == name) => {
                filled.extend(values.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str()));
                rest = after;
            }
            _ => {
                filled.push('{');
                rest = after;
            }
        }
    }
    filled.push_str(rest);
    filled
}
