//! The letter that tells somebody, before their data is used again (Art. 18(3)): by mail, or printed for whoever has no
//! address.

pub mod pages;
mod store;

use jiff::tz::TimeZone;

use super::{Notice, NoticeMethod, Restriction, Stage, service};
use crate::clock::Timestamp;
use crate::db::{Db, Tx};
use crate::error::Error;
use crate::id::{MemberId, RestrictionId};
use crate::module::{IdentityKind, PersonKind};
use crate::privacy::purposes::service::acting_member;
use crate::privacy::requests::letters::{LetterKind, Template, Way, fill, hash, service as letters};
use crate::privacy::requests::settings;
use crate::privacy::text::Checks;

pub use store::newest;
pub(super) use store::{mark_queued, waiting};

/// A letter as it went out.
#[derive(Debug, Clone)]
pub struct Letter {
    pub id: i64,
    pub restriction: RestrictionId,
    pub way: Way,
    pub address: String,
    pub title: String,
    pub body: String,
    pub message_id: String,
    /// Its place in the mail queue; `None` while it waits for it, and on paper.
    pub mail: Option<i64>,
    pub member: Option<MemberId>,
    pub at: Timestamp,
}

impl Letter {
    /// Whether it is by this letter that the person was told, and not in another way since.
    pub fn is_what_told(&self, restriction: &Restriction) -> bool {
        self.way == Way::Mail && restriction.notice.as_ref().is_some_and(|notice| notice.reference == self.reference())
    }

    /// What stands in the restriction as the proof: the letter's number, and the fingerprint of its words.
    fn reference(&self) -> String {
        format!("Letter {}, fingerprint {}", self.id, data_encoding::HEXLOWER.encode(&hash(&self.title, &self.body)))
    }
}

/// A letter as a member sends it.
pub struct Draft {
    pub way: Way,
    pub title: String,
    pub body: String,
    /// For mail; the mailer makes it.
    pub message_id: String,
}

/// The address that the notice goes to by mail; `None`: it goes on paper.
pub fn address(db: &Db, kind: &PersonKind, id: i64) -> Result<Option<String>, Error> {
    let known = (kind.identities)(db, id)?;
    Ok(known.into_iter().find(|known| known.kind == IdentityKind::Email).map(|known| known.value))
}

/// The letter as it would go out now.
pub fn filled(db: &Db, restriction: &Restriction, name: &str, workspace: &str) -> Result<Template, Error> {
    let settings = settings::service::read(db)?;
    let zone = settings.zone();
    let template = letters::template(db, LetterKind::RestrictionEnds)?;
    let or = |text: String, otherwise: &str| if text.is_empty() { otherwise.to_owned() } else { text };
    let values = [
        ("name", name.to_owned()),
        ("number", restriction.id.to_string()),
        ("request", "the restriction of the use of your data".to_owned()),
        ("received", day(restriction.placed_at, &zone)),
        ("until", day(db.now.plus(restriction.wait_days * Timestamp::DAY), &zone)),
        ("reason", restriction.lift_reason.clone()),
        ("workspace", workspace.to_owned()),
        ("contact", or(settings.contact, "answer this letter")),
        ("authority", or(settings.authority, "the data protection authority where you live or work")),
    ];
    Ok(Template { title: fill(&template.title, &values), body: fill(&template.body, &values) })
}

fn day(at: Timestamp, zone: &TimeZone) -> String {
    at.zoned(zone).strftime("%-d %B %Y").to_string()
}

/// Keeps the letter as it goes out, and with that writes down that the person is told: from now on their days run.
pub fn send(tx: &Tx, kind: &'static PersonKind, id: RestrictionId, version: i64, draft: &Draft) -> Result<i64, Error> {
    let before = service::get(tx, id)?;
    let mut checks = Checks::default();
    let title = checks.line("title", "The subject line", &draft.title, 200);
    checks.required("title", &title, "Enter a subject line.");
    let body = checks.paragraphs("body", "The letter", &draft.body, 20_000);
    checks.required("body", &body, "Write what the person is to read.");
    let address = match draft.way {
        Way::Print => None,
        Way::Mail => address(tx, kind, before.on.1)?,
    };
    if draft.way == Way::Mail && address.is_none() {
        checks.add("way", "no_address", "There is no email address to send it to. Print it instead.");
    }
    checks.done()?;
    if !matches!(before.stage(), Stage::Lifting | Stage::Told) {
        return Err(Error::Conflict("nobody has begun to lift this restriction".into()));
    }
    let mut letter = Letter {
        id: 0,
        restriction: id,
        way: draft.way,
        address: address.unwrap_or_default(),
        title,
        body,
        message_id: if draft.way == Way::Mail { draft.message_id.clone() } else { String::new() },
        mail: None,
        member: acting_member(tx.origin),
        at: tx.now,
    };
    letter.id = store::insert(tx, &letter)?;
    let method = if draft.way == Way::Mail { NoticeMethod::Email } else { NoticeMethod::Letter };
    let notice = Notice { method, reference: letter.reference(), at: tx.now };
    service::tell(tx, kind, id, Some(version), &notice)?;
    Ok(letter.id)
}
