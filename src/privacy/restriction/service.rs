//! Restricts what is held of a person, and lets it be used again once they were told.

use serde_json::json;

use super::{Ground, Notice, NoticeMethod, Restriction, Stage, store};
use crate::clock::Timestamp;
use crate::db::{Db, Tx};
use crate::error::Error;
use crate::id::RestrictionId;
use crate::module::PersonKind;
use crate::privacy::audit::{self, Event};
use crate::privacy::ledger;
use crate::privacy::purposes::service::acting_member;
use crate::privacy::subject::Person;
use crate::privacy::text::Checks;

pub use super::store::{find, is_on, list, of_person, people as people_in_force};

/// The days that a person is given by default to object, and at most.
pub const USUAL_WAIT: i64 = 7;
const LONGEST_WAIT: i64 = 90;

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
    ledger::note(tx, ledger::Kind::Restrict, person, json!({ "restriction": id.0, "ground": ground.word() }))?;
    let event = Event::new("privacy.restriction.placed").on(person.kind.word, person.id());
    audit::record(tx, event.detail("restriction", id.0).detail("ground", ground.word()))?;
    Ok(id)
}

/// Begins to end a restriction. It stays in force until the person was told and `wait_days` have passed since
/// (Art. 18(3)).
pub fn begin_lifting(
    tx: &Tx,
    id: RestrictionId,
    version: Option<i64>,
    reason: &str,
    wait_days: i64,
) -> Result<(), Error> {
    let before = get(tx, id)?;
    demand_version(&before, version)?;
    demand_stage(&before, &[Stage::InForce])?;
    let mut checks = Checks::default();
    let reason = checks.paragraphs("reason", "The reason", reason, 2_000);
    checks.required("reason", &reason, "Write down why their data may be used again.");
    if !(0..=LONGEST_WAIT).contains(&wait_days) {
        checks.add("wait_days", "out_of_range", format!("Choose from 0 to {LONGEST_WAIT} days."));
    }
    checks.done()?;
    store::begin_lifting(tx, id, &reason, wait_days, acting_member(tx.origin))?;
    let event = Event::new("privacy.restriction.lifting_begun").on(&before.on.0, before.on.1);
    audit::record(tx, event.detail("restriction", id.0).detail("wait_days", wait_days))
}

/// Leaves a restriction in force that somebody had begun to lift, also when the person was told already.
pub fn stop_lifting(tx: &Tx, id: RestrictionId, version: Option<i64>) -> Result<(), Error> {
    let before = get(tx, id)?;
    demand_version(&before, version)?;
    demand_stage(&before, &[Stage::Lifting, Stage::Told])?;
    store::stop_lifting(tx, id)?;
    let event = Event::new("privacy.restriction.kept").on(&before.on.0, before.on.1);
    audit::record(tx, event.detail("restriction", id.0))
}

/// Writes down that the person was told. Their data may be used again once the days have passed: at once when there are
/// none, and never before a mail with the notice has left.
///
/// Fails with [`Error::Conflict`] before [`begin_lifting`], and with [`Error::Invalid`] without the proof of the notice.
pub fn tell(
    tx: &Tx,
    kind: &'static PersonKind,
    id: RestrictionId,
    version: Option<i64>,
    notice: &Notice,
) -> Result<(), Error> {
    let before = get(tx, id)?;
    demand_version(&before, version)?;
    demand_stage(&before, &[Stage::Lifting, Stage::Told])?;
    let mut checks = Checks::default();
    let reference = checks.paragraphs("reference", "The proof", &notice.reference, 2_000);
    let message = "Say where the proof lies that they were told: the date of the letter, who made the call.";
    checks.required("reference", &reference, message);
    if notice.at > tx.now {
        checks.add("at", "in_the_future", "Choose a day that has passed: they are told before their data is used.");
    }
    checks.done()?;
    store::tell(tx, id, &Notice { reference, ..notice.clone() })?;
    let event = Event::new("privacy.restriction.notified").on(&before.on.0, before.on.1);
    audit::record(tx, event.detail("restriction", id.0).detail("notice", notice.method.word()))?;
    let told = get(tx, id)?;
    match told.ends_at() {
        Some(end) if end <= tx.now && !waits_for_mail(tx, &told)? => lift(tx, kind, id),
        _ => Ok(()),
    }
}

/// True while the notice is a mail that was not seen to leave.
pub fn waits_for_mail(db: &Db, restriction: &Restriction) -> Result<bool, Error> {
    let told_by_mail = restriction.notice.as_ref().is_some_and(|notice| notice.method == NoticeMethod::Email);
    let newest = super::notice::newest(db, restriction.id)?;
    Ok(told_by_mail && newest.is_some_and(|letter| letter.is_what_told(restriction)))
}

/// Lets the data be used again, once the person was told and their days are over. The caller has seen that the notice
/// has left.
///
/// Fails with [`Error::Conflict`] before that.
pub(super) fn lift(tx: &Tx, kind: &'static PersonKind, id: RestrictionId) -> Result<(), Error> {
    let before = get(tx, id)?;
    if before.ends_at().is_none_or(|end| end > tx.now) {
        return Err(Error::Conflict("the person was not told, or has days left to object".into()));
    }
    store::lift(tx, id)?;
    // Two records that were merged may each have brought one.
    if !store::is_on(tx, &before.on.0, before.on.1)? {
        (kind.restrict)(tx, before.on.1, false)?;
        let person = Person::of(tx, kind, before.on.1)?;
        ledger::note(tx, ledger::Kind::RestrictionLifted, &person, json!({ "restriction": id.0 }))?;
    }
    let event = Event::new("privacy.restriction.lifted").on(&before.on.0, before.on.1);
    audit::record(tx, event.detail("restriction", id.0))
}

/// Ends the restrictions of a person that had ended once before, in a file that was restored to an earlier moment:
/// they were told then.
pub fn lift_again(tx: &Tx, person: &Person) -> Result<(), Error> {
    for restriction in store::of_person(tx, person)?.into_iter().filter(|one| one.lifted_at.is_none()) {
        store::lift(tx, restriction.id)?;
        (person.kind.restrict)(tx, restriction.on.1, false)?;
        let event = Event::new("privacy.restriction.lifted").on(&restriction.on.0, restriction.on.1);
        audit::record(tx, event.detail("restriction", restriction.id.0).detail("again", true))?;
    }
    ledger::note(tx, ledger::Kind::RestrictionLifted, person, json!({ "again": true }))
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

fn demand_stage(restriction: &Restriction, stages: &[Stage]) -> Result<(), Error> {
    if stages.contains(&restriction.stage()) {
        return Ok(());
    }
    Err(Error::Conflict(match restriction.stage() {
        Stage::InForce => "nobody has begun to lift this restriction".into(),
        Stage::Lifting => "this restriction is being lifted already: write down that the person was told".into(),
        Stage::Told => "the person was told already, and it ends by itself".into(),
        Stage::Lifted => "this restriction has ended already".into(),
    }))
}
