//! What a file says of consents: whether it is taken, how it is written down, and how it is taken back.
//!
//! A file proves less than the person does. So a no always counts, and a yes only where nobody ever said otherwise: it
//! brings back nobody who withdrew, objected or is on the suppression list, not even after their record was deleted.

use super::state::{self, Consent, Standing};
use super::{Action, Event, Method, NewEvent, gate, minors, service, store};
use crate::clock::Timestamp;
use crate::db::{Db, Tx};
use crate::error::Error;
use crate::id::ConsentEventId;
use crate::module::{KnownIdentity, PersonKind};
use crate::privacy::purposes::Purpose;
use crate::privacy::subject::Person;
use crate::privacy::suppression;

/// What a cell says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    Yes,
    /// A withdrawal where people are asked, an objection where they are not.
    No,
    Objected,
}

/// What a row says of one person and one purpose.
#[derive(Debug, Clone)]
pub struct Arriving<'p> {
    pub purpose: &'p Purpose,
    pub answer: Answer,
    /// When they said it; `None`: nobody knows.
    pub at: Option<Timestamp>,
    /// The version of the words; `None`: today's.
    pub wording: Option<i64>,
    /// Where the proof lies, with what the file was.
    pub evidence: String,
}

/// Whether it is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judged {
    /// Nothing speaks against it.
    Taken,
    /// It holds already, so nothing is written.
    Held,
    /// A sentence for whoever imports. It names nobody.
    Refused(&'static str),
}

/// Decides about what a row says of somebody who is there, or of somebody it would make. `identities` are all addresses
/// and numbers they have, or would have.
pub fn judge(
    db: &Db,
    kind: &'static PersonKind,
    person: Option<&Person>,
    identities: &[KnownIdentity],
    said: &Arriving,
) -> Result<Judged, Error> {
    let purpose = said.purpose;
    let events = person.map_or_else(|| Ok(Vec::new()), |person| service::events(db, person))?;
    let standing = state::standing(&events, purpose.id, purpose.is_marketing);
    let closed = match (action(said), standing.objected(), standing.consent) {
        (Action::Object, Some(_), _) => return Ok(Judged::Held),
        (Action::Object, ..) => return Ok(Judged::Taken),
        (Action::Withdraw, Some(_), _) | (Action::Withdraw, _, Consent::Withdrawn) => return Ok(Judged::Held),
        (Action::Withdraw, ..) => return Ok(Judged::Taken),
        (_, Some(_), _) => Some("They objected to this before. A file does not undo that."),
        (_, _, Consent::Withdrawn) => Some("They withdrew this consent before. A file does not undo that."),
        (_, _, Consent::Pending) => Some("They were asked to confirm this, and have not. A file does not do it for them."),
        (_, _, Consent::Granted) => return Ok(Judged::Held),
        (_, _, Consent::Unknown) => None,
    };
    if let Some(reason) = closed {
        return Ok(Judged::Refused(reason));
    }
    if let Some(person) = person
        && minors::since(db, person)?.is_some()
    {
        return Ok(Judged::Refused("They are marked as younger than 16, so they cannot agree by themselves."));
    }
    for identity in identities {
        let listed = suppression::find_all(db, db.blind_index()?, identity.kind, &identity.normalised)?;
        if listed.iter().any(|entry| gate::closes(entry, Some(purpose))) {
            return Ok(Judged::Refused("Their address is on the list of those that are not written to."));
        }
        let before = said_before(db, kind, person, identity, purpose)?;
        if before.objected().is_some() || before.consent == Consent::Withdrawn {
            return Ok(Judged::Refused("Somebody with this address withdrew or objected before."));
        }
    }
    Ok(Judged::Taken)
}

/// What holds of people who had this address and are gone: their proof is kept for three years.
fn said_before(
    db: &Db,
    kind: &'static PersonKind,
    person: Option<&Person>,
    identity: &KnownIdentity,
    purpose: &Purpose,
) -> Result<Standing, Error> {
    let mut proof = store::of_subject(db, &service::hash_of(db.blind_index()?, kind, identity))?;
    proof.retain(|event| !person.is_some_and(|person| person.ids.contains(&event.on.1)));
    Ok(state::standing(&proof, purpose.id, purpose.is_marketing))
}

/// Writes down what a row says, as [`judge`] decides; the event, where there is one, and the decision.
pub fn write(tx: &Tx, person: &Person, said: &Arriving) -> Result<(Judged, Option<ConsentEventId>), Error> {
    let identities = (person.kind.identities)(tx, person.id())?;
    let judged = judge(tx, person.kind, Some(person), &identities, said)?;
    if judged != Judged::Taken {
        return Ok((judged, None));
    }
    let new = NewEvent {
        wording: said.wording,
        at: said.at,
        evidence: &said.evidence,
        ..NewEvent::about(&said.purpose.key, action(said), Method::Import)
    };
    Ok((judged, Some(service::record(tx, tx.blind_index()?, person, &new)?)))
}

fn action(said: &Arriving) -> Action {
    match said.answer {
        Answer::Yes => Action::Import,
        Answer::No if said.purpose.asks() => Action::Withdraw,
        Answer::No | Answer::Objected => Action::Object,
    }
}

/// Takes back what a file said, by another event that names it; says whether there was anything to take back. What was
/// said since stays. `why` goes into the event's evidence.
pub fn take_back(tx: &Tx, kind: &'static PersonKind, id: ConsentEventId, why: &str) -> Result<bool, Error> {
    let Some(event) = store::find(tx, id)?.filter(|event| event.on.0 == kind.word) else { return Ok(false) };
    let person = Person::of(tx, kind, event.on.1)?;
    let is_taken_back = |events: &[Event]| events.iter().any(|other| other.takes_back == Some(id));
    if !store::is_there(tx, kind.table, person.id())? || is_taken_back(&service::events(tx, &person)?) {
        return Ok(false);
    }
    service::record_taking_back(tx, &person, &event, why)?;
    Ok(true)
}
