//! Enters a request: whose it is, by when it must be answered, and whether the same was asked before.

use super::service::{get, open_for, target};
use super::steps::{acting, advance, record};
use super::text::{self, Faults};
use super::{ASSIGNED, NewRequest, NewRow, Step, deadlines, settings, store};
use crate::clock::Timestamp;
use crate::crypto::Key;
use crate::db::{Db, Tx};
use crate::error::Error;
use crate::id::SubjectRequestId;
use crate::module::{self, IdentityKind, Module, PersonKind, persons};
use crate::privacy::data_map::File;
use crate::privacy::subject::Person;

/// How far back a request can have come in when it is entered.
const LONGEST_AGO_MS: i64 = 366 * Timestamp::DAY;
/// The longest words of a person.
const LONGEST: usize = 10_000;

/// Enters a request. When the same person has asked the same and waits for the answer, the new one is linked to
/// that one and closed; the id tells which was made.
pub fn create(
    tx: &Tx,
    modules: &'static [&'static Module],
    key: &Key,
    new: &NewRequest,
) -> Result<SubjectRequestId, Error> {
    let mut faults = Faults::default();
    let mut name = faults.line("name", "The name", &new.name, 200);
    let mut answer_to = faults.line("answer_to", "The email address", &new.answer_to, 254);
    let words = faults.paragraphs("words", "What they asked", &new.words, LONGEST);
    let received_at = new.received_at.unwrap_or(tx.now);
    if received_at > tx.now {
        faults.add("received", "in_the_future", "Enter the day it came in. It cannot be in the future.");
    } else if tx.now.since(received_at) > LONGEST_AGO_MS {
        faults.add("received", "too_long_ago", "Enter a day within the last year.");
    }
    let mut identity = None;
    if let Some((kind, id)) = new.person {
        match (kind.name)(tx, id)? {
            Some(known) if name.is_empty() => name = known,
            Some(_) => {}
            None => faults.add("person", "unknown", "There is no such person here."),
        }
        let known = (kind.identities)(tx, id)?;
        if answer_to.is_empty() {
            let email = known.iter().find(|identity| identity.kind == IdentityKind::Email);
            answer_to = email.map(|email| email.value.clone()).unwrap_or_default();
        }
        identity = known.into_iter().next().map(|identity| (identity.kind, identity.normalised));
    } else if name.is_empty() {
        faults.add("name", "required", "Enter the name of whoever asks.");
    }
    if !answer_to.is_empty() {
        match normalise(tx, modules, IdentityKind::Email, &answer_to)? {
            Some(normalised) => identity = identity.or(Some((IdentityKind::Email, normalised))),
            None => faults.add("answer_to", "invalid_email", "Enter an email address, like name@example.com."),
        }
    }
    let settings = settings::service::read(tx)?;
    let profile = new.profile.unwrap_or(settings.profile);
    let zone = settings.zone();
    let hash = identity.map(|(kind, value)| text::identity_hash(key, kind.word(), &value).to_vec());
    let row = faults.none_or(NewRow {
        kind: new.kind,
        profile,
        time_zone: settings.time_zone.clone(),
        received_at,
        deadlines: deadlines::at_receipt(profile, received_at, &zone),
        person: new.person.map(|(kind, id)| (kind.word, id)),
        name,
        answer_to,
        identity_hash: hash,
        channel: new.channel,
        words,
        assignee: new.assignee,
        created_by: acting(tx.origin),
    })?;
    let same = same_open(tx, &row, new.person)?;
    let id = store::insert(tx, &row)?;
    let mut request = get(tx, id)?;
    record(tx, &request, Step::Receive.word(), "privacy.request.received", request.channel.word(), "")?;
    if let Some(first) = same {
        request.duplicate_of = Some(first);
        advance(tx, &mut request, Step::Duplicate, &first.to_string(), "")?;
    } else if let Some(assignee) = new.assignee {
        module::tell(modules, tx, assignee, &ASSIGNED, target(id))?;
    }
    Ok(id)
}

/// An open request of the same kind by the same person, known or not.
fn same_open(
    db: &Db,
    row: &NewRow,
    person: Option<(&'static PersonKind, i64)>,
) -> Result<Option<SubjectRequestId>, Error> {
    if let Some((kind, id)) = person {
        let open = open_for(db, &Person::of(db, kind, id)?)?;
        if let Some(first) = open.iter().filter(|open| open.kind == row.kind).map(|open| open.id).min() {
            return Ok(Some(first));
        }
    }
    match &row.identity_hash {
        Some(hash) => store::open_by_hash(db, row.kind.word(), hash),
        None => Ok(None),
    }
}

/// As the kind of person that a workspace holds compares it.
fn normalise(
    db: &Db,
    modules: &'static [&'static Module],
    kind: IdentityKind,
    value: &str,
) -> Result<Option<String>, Error> {
    match persons(modules, File::Workspace).next() {
        Some(person) => (person.normalise)(db, kind, value),
        None => Ok(None),
    }
}
