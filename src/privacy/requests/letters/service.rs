//! Writes letters: fills in a template, keeps what went out, and moves the request where the letter says so.

use jiff::tz::TimeZone;

use super::{Letter, LetterKind, Template, Way, defaults, fill, hash, store, templates, variables};
use crate::clock::Timestamp;
use crate::db::{Db, Tx};
use crate::error::Error;
use crate::id::{SubjectLetterId, SubjectRequestId};
use crate::privacy::controller;
use crate::privacy::requests::steps::{acting, advance, record};
use crate::privacy::requests::text::Faults;
use crate::privacy::requests::{Kind, Request, State, Step, deadlines, machine, service, settings};

pub use super::store::{of_request, versions};

/// A letter as a member sends it.
#[derive(Debug, Clone)]
pub struct Draft {
    pub kind: LetterKind,
    pub way: Way,
    pub title: String,
    pub body: String,
    /// Of an extension.
    pub reason: String,
    /// For mail; the mailer makes it.
    pub message_id: String,
}

/// The words of a kind: the workspace's own, or those it began with.
pub fn template(db: &Db, kind: LetterKind) -> Result<Template, Error> {
    Ok(store::template(db, kind)?.unwrap_or_else(|| defaults::template(kind)))
}

/// The letter filled in for a request. `reason` is of an extension that is still to be made.
pub fn filled(db: &Db, request: &Request, kind: LetterKind, reason: &str, workspace: &str) -> Result<Template, Error> {
    let template = template(db, kind)?;
    let values = values(db, request, kind, reason, workspace)?;
    Ok(Template { title: fill(&template.title, &values), body: fill(&template.body, &values) })
}

fn values(
    db: &Db,
    request: &Request,
    kind: LetterKind,
    reason: &str,
    workspace: &str,
) -> Result<Vec<(&'static str, String)>, Error> {
    let settings = settings::service::read(db)?;
    let zone = request.zone();
    let kept: Vec<String> = service::kept(db, request.id)?
        .iter()
        .map(|kept| format!("{} ({}, until {})", kept.item, kept.ground.label(), day(kept.until, &zone)))
        .collect();
    let told: Vec<String> = service::recipients(db, request.id)?
        .iter()
        .filter(|recipient| recipient.told.is_some())
        .map(|recipient| recipient.name.clone())
        .collect();
    let until =
        request.extended_until.unwrap_or_else(|| deadlines::extended(request.profile, request.received_at, &zone));
    let reason = if kind == LetterKind::Extension { reason } else { &request.reason };
    let done = match (request.kind, request.state) {
        (Kind::Erasure, State::Processing) => "Everything we hold about you is erased, but for what is listed below.",
        _ => &request.done,
    };
    let done = done.to_owned();
    let or = |text: String, otherwise: &str| if text.is_empty() { otherwise.to_owned() } else { text };
    let contact = or(settings.contact, controller::service::read(db)?.contact());
    Ok(vec![
        ("name", request.name.clone()),
        ("number", request.id.to_string()),
        ("request", request.kind.in_a_letter().to_owned()),
        ("received", day(request.received_at, &zone)),
        ("due", day(request.deadline(), &zone)),
        ("until", day(until, &zone)),
        ("reason", reason.to_owned()),
        ("done", done),
        ("kept", or(kept.join("; "), "nothing")),
        ("recipients", or(told.join(", "), "nobody has received it")),
        ("workspace", workspace.to_owned()),
        ("contact", or(contact, "answer this letter")),
        ("authority", or(settings.authority, "the data protection authority where you live or work")),
    ])
}

/// "28 November 2026".
fn day(at: Timestamp, zone: &TimeZone) -> String {
    at.zoned(zone).strftime("%-d %B %Y").to_string()
}

/// Keeps the letter as it goes out, and does what it means: the receipt is confirmed, the identity asked for, the
/// last day extended, the request closed. A mail is handed to the queue by a job.
pub fn send(tx: &Tx, id: SubjectRequestId, draft: &Draft) -> Result<SubjectLetterId, Error> {
    let mut request = service::get(tx, id)?;
    let mut faults = Faults::default();
    let title = faults.line("title", "The subject line", &draft.title, 200);
    let body = faults.needed("body", "The letter", &draft.body, 20_000, "Write what the person is to read.");
    if title.is_empty() {
        faults.add("title", "required", "Enter a subject line.");
    }
    let open = variables(&title).into_iter().chain(variables(&body)).find(|name| templates::is_known(name));
    if let Some(name) = open {
        faults.add("body", "open_variable", format!("{{{name}}} is not filled in. Write what belongs there."));
    }
    if draft.way == Way::Mail && request.answer_to.is_empty() {
        faults.add("way", "no_address", "There is no email address to send it to. Print it instead.");
    }
    let (title, body) = faults.none_or((title, body))?;
    if !is_fitting(&request, draft.kind) {
        let words = format!("This letter does not fit a request that stands at: {}.", request.state.label());
        return Err(Error::Conflict(words));
    }
    let address = if draft.way == Way::Mail { request.answer_to.clone() } else { String::new() };
    let letter = Letter {
        id: SubjectLetterId(0),
        request: id,
        kind: draft.kind,
        way: draft.way,
        hash: hash(&title, &body).to_vec(),
        address,
        title,
        body,
        message_id: if draft.way == Way::Mail { draft.message_id.clone() } else { String::new() },
        mail: None,
        member: acting(tx.origin),
        at: tx.now,
    };
    let letter_id = store::insert(tx, &letter)?;
    if draft.kind == LetterKind::Acknowledgement && request.confirmed_at.is_none() {
        request.confirmed_at = Some(tx.now);
    }
    let about = format!("{}:{}", draft.kind.word(), letter_id);
    record(tx, &request, "letter", "privacy.request.letter_sent", &about, "")?;
    match draft.kind {
        LetterKind::IdentityNeeded => advance(tx, &mut request, Step::AskIdentity, "letter", "")?,
        LetterKind::Extension => service::extend(tx, &mut request, &draft.reason)?,
        LetterKind::Done | LetterKind::Refused if request.state != State::Processing => {
            advance(tx, &mut request, Step::Close, "", "")?;
        }
        _ => {}
    }
    Ok(letter_id)
}

/// An extension fits wherever the machine allows one; the others where the list says so.
fn is_fitting(request: &Request, kind: LetterKind) -> bool {
    match kind {
        LetterKind::Extension => machine::next(request.state, Step::Extend).is_some(),
        kind => LetterKind::fitting(request).contains(&kind),
    }
}
