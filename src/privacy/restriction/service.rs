//! Restricts what is held of a person, and lets it be used again once they were told.

use super::{Ground, Notice, NoticeMethod, Restriction, Stage, store};
use crate::clock::Timestamp;
use crate::db::{Db, Tx};
use crate::error::Error;
use crate::id::RestrictionId;
use crate::module::PersonKind;
use crate::privacy::audit::{self, Event};
use crate::privacy::purposes::service::acting_member;
use crate::privacy::subject::Person;
use crate::privacy::text::Checks;

pub use super::store::{find, is_on, list, of_person, people as people_in_force};

/// The restriction with this id.
pub fn get(db: &Db, id: RestrictionId) -> Result<Restriction, Error> {
    store::find(db, id)?.ok_or(Error::NotFound("restriction"))
}

/// The newest restriction in force on a person, one that is being lifted too.
pub fn in_force(db: &Db, person: &Person) -> Result<Option<Restriction>, Error> {
    Ok(store::of_person(db, person)?.into_iter().find(|restriction| restriction.lifted_at.is_none()))
}

/// True while none of what is held of the person may be used.
pub fn is_restricted(db: &Db, person: &Person) -> Result<bool, Error> {
    Ok(in_force(db, person)?.is_some())
}

/// Keeps what is held of a person from being used, from now on. `reason` says what they asked for.
///
/// Fails with [`Error::Conflict`] when it is so already.
pub fn restrict(tx: &Tx, person: &Person, ground: Ground, reason: &str) -> Result<RestrictionId, Error> {
    let mut checks = Checks::default();
    let reason = checks.paragraphs("reason", "The reason", reason, 2_000);
    checks.required("reason", &reason, "Write down what they asked for, so that whoever lifts this knows.");
    checks.done()?;
    if is_restricted(tx, person)? {
        return Err(Error::Conflict("this person's data is restricted already".into()));
    }
    (person.kind.restrict)(tx, person.id(), true)?;
    let id = store::insert(tx, person, ground, &reason, acting_member(tx.origin))?;
    let event = Event::new("privacy.restriction.placed").on(person.kind.word, person.id());
    audit::record(tx, event.detail("restriction", id.0).detail("ground", ground.word()))?;
    Ok(id)
}

/// Begins to end a restriction. It stays in force until [`lift`]: the person is told first (Art. 18(3)).
pub fn begin_lifting(tx: &Tx, id: RestrictionId, version: Option<i64>, reason: &str) -> Result<(), Error> {
    let before = get(tx, id)?;
    demand_version(&before, version)?;
    demand_stage(&before, Stage::InForce)?;
    let mut checks = Checks::default();
    let reason = checks.paragraphs("reason", "The reason", reason, 2_000);
    checks.required("reason", &reason, "Write down why their data may be used again.");
    checks.done()?;
    store::begin_lifting(tx, id, &reason, acting_member(tx.origin))?;
    let event = Event::new("privacy.restriction.lifting_begun").on(&before.on.0, before.on.1);
    audit::record(tx, event.detail("restriction", id.0))
}

/// Leaves a restriction in force that somebody had begun to lift.
pub fn stop_lifting(tx: &Tx, id: RestrictionId, version: Option<i64>) -> Result<(), Error> {
    let before = get(tx, id)?;
    demand_version(&before, version)?;
    demand_stage(&before, Stage::Lifting)?;
    store::stop_lifting(tx, id)?;
    let event = Event::new("privacy.restriction.kept").on(&before.on.0, before.on.1);
    audit::record(tx, event.detail("restriction", id.0))
}

/// Writes down that the person was told, and with that lets their data be used again.
///
/// Fails with [`Error::Conflict`] before [`begin_lifting`], and with [`Error::Invalid`] without the proof of the notice.
pub fn lift(
    tx: &Tx,
    kind: &'static PersonKind,
    id: RestrictionId,
    version: Option<i64>,
    notice: &Notice,
) -> Result<(), Error> {
    let before = get(tx, id)?;
    demand_version(&before, version)?;
    demand_stage(&before, Stage::Lifting)?;
    let mut checks = Checks::default();
    let reference = checks.paragraphs("reference", "The proof", &notice.reference, 2_000);
    let message = "Say where the proof lies that they were told: the date of the letter, who made the call.";
    checks.required("reference", &reference, message);
    if notice.at > tx.now {
        checks.add("at", "in_the_future", "Choose a day that has passed: they are told before their data is used.");
    }
    checks.done()?;
    store::lift(tx, id, &Notice { reference, ..notice.clone() }, acting_member(tx.origin))?;
    // Two records that were merged may each have brought one.
    if !store::is_on(tx, &before.on.0, before.on.1)? {
        (kind.restrict)(tx, before.on.1, false)?;
    }
    let event = Event::new("privacy.restriction.lifted").on(&before.on.0, before.on.1);
    audit::record(tx, event.detail("restriction", id.0).detail("notice", notice.method.word()))
}

/// A notice as somebody typed it. Without a moment it was just now.
pub fn read_notice(method: &str, reference: &str, at: Option<Timestamp>, now: Timestamp) -> Result<Notice, Error> {
    let unknown = || Error::field("method", "unknown", "Choose how they were told.");
    let method = NoticeMethod::from_word(method).ok_or_else(unknown)?;
    Ok(Notice { method, reference: reference.to_owned(), at: at.unwrap_or(now) })
}

fn demand_version(restriction: &Restriction, version: Option<i64>) -> Result<(), Error> {
    match version {
        Some(version) if version != restriction.version => Err(Error::Stale(restriction.version)),
        _ => Ok(()),
    }
}

fn demand_stage(restriction: &Restriction, stage: Stage) -> Result<(), Error> {
    if restriction.stage() == stage {
        return Ok(());
    }
    Err(Error::Conflict(match restriction.stage() {
        Stage::InForce => "nobody has begun to lift this restriction".into(),
        Stage::Lifting => "this restriction is being lifted already: write down that the person was told".into(),
        Stage::Lifted => "this restriction has ended already".into(),
    }))
}
