//! What one can do with a request, and the rules that hold when one does.

use super::letters::{self, LetterKind};
use super::rows::{self, CheckRow};
use super::steps::{acting, advance, record};
use super::text::Faults;
use super::{
    ASSIGNED, Check, Filter, Ground, KeepGround, Kind, RECORD, Request, Step, ToldBy, deadlines, settings, store,
};
use crate::clock::Timestamp;
use crate::db::{Db, Tx};
use crate::error::Error;
use crate::id::{MemberId, SubjectRequestId};
use crate::module::{self, Module, PersonKind, Target};
use crate::privacy::erasure;
use crate::privacy::subject::Person;

pub use super::receiving::create;
pub use super::store::{checks, corrections, count, duplicates_of, kept, page, recipients, steps};

pub fn get(db: &Db, id: SubjectRequestId) -> Result<Request, Error> {
    store::find(db, id)?.ok_or(Error::NotFound("request"))
}

/// Every request of the person that is not closed, the most urgent first. While there is one, what proves it stays.
pub fn open_for(db: &Db, person: &Person) -> Result<Vec<Request>, Error> {
    store::open_of_person(db, person.kind.word, &person.ids_json())
}

/// Everybody with a request that is not closed: the kind of person and the id.
pub fn people_with_open(db: &Db) -> Result<Vec<(String, i64)>, Error> {
    store::people_with_open(db)
}

/// The numbers of requests that are not closed.
pub fn open_ids(db: &Db) -> Result<Vec<i64>, Error> {
    store::open_ids(db)
}

/// Every request of the person, the newest first.
pub fn all_for(db: &Db, person: &Person) -> Result<Vec<Request>, Error> {
    store::all_of_person(db, person.kind.word, &person.ids_json())
}

/// How many requests are open, and how many of them are overdue.
pub fn counts(db: &Db) -> Result<(i64, i64), Error> {
    let open = Filter { open: true, ..Filter::default() };
    let overdue = Filter { overdue: true, ..open.clone() };
    Ok((store::count(db, &open)?, store::count(db, &overdue)?))
}

/// How many requests are open.
pub fn count_open(db: &Db) -> Result<i64, Error> {
    store::count(db, &Filter { open: true, ..Filter::default() })
}

/// The person a request is about, while there is one of this kind.
pub fn person(db: &Db, modules: &'static [&'static Module], request: &Request) -> Result<Option<Person>, Error> {
    let Some((word, id)) = &request.person else { return Ok(None) };
    let Some(kind) = crate::privacy::subject::kind(modules, word) else { return Ok(None) };
    Person::of(db, kind, *id).map(Some)
}

/// Gives the request to a member, or to nobody. The caller has seen that the member may enter.
pub fn assign(
    tx: &Tx,
    modules: &'static [&'static Module],
    id: SubjectRequestId,
    assignee: Option<MemberId>,
) -> Result<(), Error> {
    let mut request = get(tx, id)?;
    if request.assignee == assignee {
        return Ok(());
    }
    request.assignee = assignee;
    record(tx, &request, "assign", "privacy.request.assigned", &assignee.map_or(String::new(), |m| m.to_string()), "")?;
    match assignee {
        Some(member) => module::tell(modules, tx, member, &ASSIGNED, target(id)),
        None => Ok(()),
    }
}

pub(super) fn target(id: SubjectRequestId) -> Target {
    Target { kind: RECORD.word, id: id.0 }
}

/// Says whose data it is about. When that person has asked the same before, the two are linked.
pub fn link_person(tx: &Tx, id: SubjectRequestId, kind: &'static PersonKind, person: i64) -> Result<(), Error> {
    let mut request = get(tx, id)?;
    if super::machine::next(request.state, Step::AskIdentity).is_none() {
        return Err(Error::Conflict("Whose data it is about cannot be changed once it is decided.".into()));
    }
    if (kind.name)(tx, person)?.is_none() {
        return Err(Error::field("person", "unknown", "There is no such person here."));
    }
    let before = open_for(tx, &Person::of(tx, kind, person)?)?;
    request.person = Some((kind.word.to_owned(), person));
    record(tx, &request, "person", "privacy.request.person_linked", "", "")?;
    let first = before.iter().filter(|open| open.kind == request.kind && open.id != id).map(|open| open.id).min();
    match first {
        Some(first) if super::machine::next(request.state, Step::Duplicate).is_some() => {
            request.duplicate_of = Some(first);
            advance(tx, &mut request, Step::Duplicate, &first.to_string(), "")
        }
        _ => Ok(()),
    }
}

/// Records one of the three checks. Who shows that they are who they say moves the request on; who fails to, or
/// may not ask, holds it up: nothing is executed for somebody unverified (P-094).
pub fn record_check(
    tx: &Tx,
    id: SubjectRequestId,
    kind: Check,
    passed: bool,
    method: &str,
    note: &str,
) -> Result<(), Error> {
    let mut request = get(tx, id)?;
    let mut faults = Faults::default();
    let note = faults.paragraphs("note", "The note", note, 2_000);
    if !kind.methods().iter().any(|(word, _)| *word == method) {
        faults.add("method", "unknown", "Choose from the list how it was found out.");
    }
    let note = faults.none_or(note)?;
    // Until it is decided; after that the checks are what the decision stood on.
    if super::machine::next(request.state, Step::AskIdentity).is_none() {
        return Err(Error::Conflict("The checks are closed: this request is decided.".into()));
    }
    let member = acting(tx.origin);
    let row = CheckRow { kind, passed, method: method.to_owned(), note: note.clone(), member, at: tx.now };
    store::add_check(tx, id, &row)?;
    let about = format!("{}:{}", kind.word(), if passed { "passed" } else { "failed" });
    record(tx, &request, "check", "privacy.request.checked", &about, &note)?;
    match (kind, passed) {
        (Check::Identity, true) if super::machine::next(request.state, Step::Verify).is_some() => {
            advance(tx, &mut request, Step::Verify, "", "")
        }
        (Check::Identity | Check::Ownership, false) => advance(tx, &mut request, Step::AskIdentity, kind.word(), ""),
        _ => Ok(()),
    }
}

/// Decides that it will be done.
///
/// Fails with [`Error::Conflict`] while a check is missing or nobody is found, and, where the workspace wants two
/// people, when whoever approves has worked on the request.
pub fn approve(tx: &Tx, id: SubjectRequestId, note: &str) -> Result<(), Error> {
    let mut request = get(tx, id)?;
    let mut faults = Faults::default();
    let note = faults.paragraphs("note", "The note", note, 2_000);
    let note = faults.none_or(note)?;
    demand_checked(tx, &request)?;
    let me = acting(tx.origin);
    if settings::service::read(tx)?.two_person && has_worked_on(tx, &request, me)? {
        return Err(Error::Conflict("Somebody else must approve this: you have worked on it.".into()));
    }
    request.decided_by = me;
    request.decided_at = Some(tx.now);
    advance(tx, &mut request, Step::Approve, "", &note)
}

/// True for whoever recorded a check of the request, entered it, or has it in hand.
pub fn has_worked_on(db: &Db, request: &Request, member: Option<MemberId>) -> Result<bool, Error> {
    let Some(member) = member else { return Ok(false) };
    let checked = checks(db, request.id)?.iter().any(|check| check.member == Some(member));
    Ok(checked || request.assignee == Some(member) || request.created_by == Some(member))
}

/// The three checks stand and the person is known, or an error that says what is missing.
pub fn demand_checked(db: &Db, request: &Request) -> Result<(), Error> {
    let missing = rows::missing(&checks(db, request.id)?);
    if !missing.is_empty() {
        let words: Vec<&str> = missing.iter().map(|check| check.word()).collect();
        return Err(Error::Conflict(format!("Not checked yet: {}.", words.join(", "))));
    }
    if request.person.is_none() {
        return Err(Error::Conflict("Say first whose data it is about.".into()));
    }
    Ok(())
}

/// Refuses it, with a ground and in words for the person.
pub fn deny(tx: &Tx, id: SubjectRequestId, ground: Option<Ground>, reason: &str) -> Result<(), Error> {
    let mut request = get(tx, id)?;
    let mut faults = Faults::default();
    let reason = faults.needed("reason", "The reason", reason, 5_000, "Say why, in words for the person.");
    if ground.is_none() {
        faults.add("ground", "required", "Choose the ground of the refusal.");
    }
    let reason = faults.none_or(reason)?;
    request.ground = ground;
    request.reason = reason;
    request.decided_by = acting(tx.origin);
    request.decided_at = Some(tx.now);
    advance(tx, &mut request, Step::Deny, ground.map_or("", Ground::word), "")
}

/// The person took it back.
pub fn cancel(tx: &Tx, id: SubjectRequestId, note: &str) -> Result<(), Error> {
    let mut request = get(tx, id)?;
    let mut faults = Faults::default();
    let note = faults.needed("note", "The note", note, 2_000, "Say how the person took it back.");
    let note = faults.none_or(note)?;
    advance(tx, &mut request, Step::Cancel, "", &note)
}

/// Waits for an answer of the person. The clock goes on.
pub fn ask(tx: &Tx, id: SubjectRequestId, note: &str) -> Result<(), Error> {
    let mut request = get(tx, id)?;
    let mut faults = Faults::default();
    let note = faults.needed("note", "The question", note, 2_000, "Say what you asked the person.");
    let note = faults.none_or(note)?;
    advance(tx, &mut request, Step::Ask, "", &note)
}

/// The person has answered.
pub fn resume(tx: &Tx, id: SubjectRequestId, note: &str) -> Result<(), Error> {
    let mut request = get(tx, id)?;
    let mut faults = Faults::default();
    let note = faults.paragraphs("note", "The answer", note, 2_000);
    let note = faults.none_or(note)?;
    advance(tx, &mut request, Step::Resume, "", &note)
}

/// It is done; `done` says what, in words for the letter.
pub fn complete(tx: &Tx, id: SubjectRequestId, done: &str) -> Result<(), Error> {
    let mut request = get(tx, id)?;
    let mut faults = Faults::default();
    let done = faults.needed("done", "What was done", done, 5_000, "Say what was done, in words for the person.");
    request.done = faults.none_or(done)?;
    if request.kind == Kind::Erasure && erased(tx, id)?.is_none() {
        return Err(Error::Conflict("Nothing is erased yet.".into()));
    }
    request.completed_at = Some(tx.now);
    advance(tx, &mut request, Step::Complete, "", "")?;
    // An erasure is answered before it is done.
    match letters::of_request(tx, id)?.iter().any(|letter| letter.kind == LetterKind::Done) {
        true => advance(tx, &mut request, Step::Close, "", ""),
        false => Ok(()),
    }
}

/// How the erasure that a request asked for ended, once it has: what a legal hold keeps goes later, under the same
/// erasure, and does not keep the request open.
pub fn erased(db: &Db, id: SubjectRequestId) -> Result<Option<erasure::State>, Error> {
    let ended = [erasure::State::Done, erasure::State::Held];
    Ok(erasure::of_request(db, id.0)?.map(|erasure| erasure.state).filter(|state| ended.contains(state)))
}

/// Extends the last day, once, while it is not over. Called with the letter that says why, in its transaction.
pub(super) fn extend(tx: &Tx, request: &mut Request, reason: &str) -> Result<(), Error> {
    let mut faults = Faults::default();
    let reason =
        faults.needed("reason", "The reason", reason, 2_000, "Say why it takes longer, in words for the person.");
    let reason = faults.none_or(reason)?;
    if request.extended_until.is_some() {
        return Err(Error::Conflict("The last day was extended before. The law allows it once.".into()));
    }
    if tx.now > request.due_at {
        return Err(Error::Conflict("The last day is over. It can be extended only before.".into()));
    }
    request.extended_until = Some(deadlines::extended(request.profile, request.received_at, &request.zone()));
    request.extension_reason = reason.clone();
    advance(tx, request, Step::Extend, "", &reason)
}

/// Records a part that is kept although it was asked to go, with its ground and the last day it is kept (P-096).
pub fn keep(
    tx: &Tx,
    id: SubjectRequestId,
    item: &str,
    ground: Option<KeepGround>,
    until: Option<Timestamp>,
) -> Result<i64, Error> {
    let mut request = get(tx, id)?;
    let mut faults = Faults::default();
    let item = faults.line("item", "What is kept", item, 300);
    if item.is_empty() {
        faults.add("item", "required", "Say what is kept.");
    }
    if ground.is_none() {
        faults.add("ground", "required", "Choose the ground on which it is kept.");
    }
    if until.is_none_or(|until| until <= tx.now) {
        faults.add("until", "required", "Enter the last day it is kept. It lies in the future.");
    }
    let item = faults.none_or(item)?;
    let (Some(ground), Some(until)) = (ground, until) else { return Err(Error::internal("a checked form")) };
    let kept = store::add_kept(tx, id, &item, ground, until, acting(tx.origin))?;
    advance(tx, &mut request, Step::Hold, ground.word(), &item)?;
    Ok(kept)
}

/// Lists somebody who has received the data and must hear of the change (Art. 19).
pub fn add_recipient(tx: &Tx, id: SubjectRequestId, name: &str) -> Result<i64, Error> {
    let request = get(tx, id)?;
    let mut faults = Faults::default();
    let name = faults.line("recipient", "The recipient", name, 200);
    if name.is_empty() {
        faults.add("recipient", "required", "Enter who has received the data.");
    }
    let name = faults.none_or(name)?;
    if request.state.is_closed() {
        return Err(Error::Conflict("This request is closed.".into()));
    }
    let recipient = store::add_recipient(tx, id, &name)?;
    record(tx, &request, "recipient", "privacy.request.recipient_listed", "", &name)?;
    Ok(recipient)
}

/// Records how a recipient was told. Stays open after the answer: they may take their time.
pub fn tell_recipient(tx: &Tx, id: SubjectRequestId, recipient: i64, by: Option<ToldBy>) -> Result<(), Error> {
    let request = get(tx, id)?;
    let by = by.ok_or_else(|| Error::field("told_by", "required", "Choose how they were told."))?;
    if !recipients(tx, id)?.iter().any(|known| known.id == recipient) {
        return Err(Error::NotFound("recipient"));
    }
    if !store::mark_told(tx, id, recipient, by, acting(tx.origin))? {
        return Err(Error::Conflict("This recipient was told before.".into()));
    }
    record(tx, &request, "told", "privacy.request.recipient_told", by.word(), "")
}
