//! Writes down what people say, under the rules that make it proof, and reads what holds.

use std::net::IpAddr;

use super::state::{self, Consent, Standing};
use super::store::{self, NewRow};
use super::{Action, Event, Method, NewEvent, confirmation, minors};
use crate::crypto::Key;
use crate::crypto::derive::mac;
use crate::db::{Db, Tx};
use crate::error::Error;
use crate::id::{ConsentEventId, PurposeId};
use crate::module::{IdentityKind, KnownIdentity, PersonKind};
use crate::privacy::audit;
use crate::privacy::ledger;
use crate::privacy::purposes::service::{self as purposes, acting_member};
use crate::privacy::purposes::{Channel, Purpose};
use crate::privacy::subject::Person;
use crate::privacy::suppression;
use crate::privacy::text::Checks;

pub use super::store::{Narrowing, count_people, find, has_events, list, was_said};

/// Writes down what somebody said. `key` is the workspace's key for blind indexes.
///
/// A yes must be provable (Art. 7(1)): it names the words, and either the person acted themselves, with their address,
/// or `evidence` says where the proof lies. A no asks for nothing and holds at once. Fails with [`Error::Invalid`] on
/// the part that breaks a rule.
pub fn record(tx: &Tx, key: &Key, person: &Person, new: &NewEvent) -> Result<ConsentEventId, Error> {
    if !store::is_there(tx, person.kind.table, person.id())? {
        return Err(Error::NotFound("person"));
    }
    let purpose = purpose(tx, new)?;
    let mut checks = Checks::default();
    let evidence = checks.paragraphs("evidence", "The evidence", new.evidence, 2_000);
    let user_agent = checks.line("user_agent", "The user agent", new.user_agent, 300);
    if !new.address.is_empty() && new.address.parse::<IpAddr>().is_err() {
        checks.add("address", "no_address", "Send the IP address that they acted from, like 192.0.2.7.");
    }
    let is_own_act = new.method.is_own() && !new.address.is_empty();
    if new.action.opens() && evidence.is_empty() && !is_own_act {
        checks.add("evidence", "required", "Say where the proof lies: a form, a letter, who took the call and when.");
    }
    if new.action == Action::Import && new.method != Method::Import {
        checks.add("method", "contradiction", "What was said elsewhere before comes in by the method import.");
    }
    let at = new.at.unwrap_or(tx.now);
    if at > tx.now {
        checks.add("at", "in_the_future", "Choose a moment that has passed.");
    }
    checks.done()?;
    let wording = wording(tx, purpose.as_ref(), new)?;
    demand_possible(tx, person, purpose.as_ref(), new, at)?;
    let id = store::insert(
        tx,
        person,
        &NewRow {
            purpose: purpose.as_ref().map(|purpose| purpose.id),
            wording,
            action: new.action,
            needs_confirmation: new.action == Action::Grant && purpose.as_ref().is_some_and(|p| p.double_opt_in),
            method: new.method,
            at,
            address: new.address,
            user_agent: &user_agent,
            evidence: &evidence,
            subject_hash: subject_hash(tx, key, person, purpose.as_ref())?,
            member: acting_member(tx.origin),
            takes_back: None,
        },
    )?;
    let waits = new.action == Action::Grant && purpose.as_ref().is_some_and(|purpose| purpose.double_opt_in);
    if let Some(purpose) = purpose.as_ref().filter(|_| waits) {
        // A yes to newer words, beside one that stands, asks for nothing.
        if standing(tx, person, purpose.id)?.agreed == Some(id) {
            confirmation::service::begin(tx, id)?;
        }
    }
    if matches!(new.action, Action::Object | Action::Lift) {
        list_objections(tx, key, person)?;
    }
    if let Some(purpose) = &purpose {
        list_unsubscribed(tx, key, person, purpose, new)?;
    }
    let noted = match new.action {
        Action::Withdraw => Some(ledger::Kind::ConsentWithdrawn),
        Action::Object => Some(ledger::Kind::Object),
        Action::Lift => Some(ledger::Kind::ObjectionLifted),
        Action::Grant | Action::Confirm | Action::Import => None,
    };
    if let Some(kind) = noted {
        // No purpose: all direct marketing.
        let purpose = purpose.as_ref().map(|purpose| purpose.key.as_str());
        ledger::note(tx, kind, person, serde_json::json!({ "event": id.0, "purpose": purpose }))?;
    }
    let event = audit::Event::new(action_word(new.action)).on(person.kind.word, person.id()).detail("event", id.0);
    let about = purpose.as_ref().map_or("all direct marketing", |purpose| purpose.key.as_str());
    audit::record(tx, event.detail("purpose", about).detail("method", new.method.word()))?;
    Ok(id)
}

fn action_word(action: Action) -> &'static str {
    match action {
        Action::Grant => "privacy.consent.granted",
        Action::Confirm => "privacy.consent.confirmed",
        Action::Import => "privacy.consent.imported",
        Action::Withdraw => "privacy.consent.withdrawn",
        Action::Object => "privacy.objection.made",
        Action::Lift => "privacy.objection.lifted",
    }
}

/// Writes down that an event counts no more, because the import it came with is taken back. See [`super::arriving`].
pub(super) fn record_taking_back(tx: &Tx, person: &Person, event: &Event, why: &str) -> Result<(), Error> {
    let row = NewRow {
        purpose: event.purpose,
        wording: None,
        action: if event.action.opens() { Action::Withdraw } else { Action::Lift },
        needs_confirmation: false,
        method: Method::Import,
        at: tx.now,
        address: "",
        user_agent: "",
        evidence: why,
        subject_hash: store::subject_hash(tx, event.id)?,
        member: acting_member(tx.origin),
        takes_back: Some(event.id),
    };
    let id = store::insert(tx, person, &row)?;
    if event.action == Action::Object {
        list_objections(tx, tx.blind_index()?, person)?;
        let purpose = event.purpose.map(|id| purposes::get(tx, id)).transpose()?.map(|purpose| purpose.key);
        let detail = serde_json::json!({ "event": id.0, "purpose": purpose });
        ledger::note(tx, ledger::Kind::ObjectionLifted, person, detail)?;
    }
    let noted = audit::Event::new("privacy.consent.taken_back").on(person.kind.word, person.id());
    audit::record(tx, noted.detail("event", id.0).detail("takes_back", event.id.0))
}

/// Puts every address and number on the suppression list for what the person objects to now, and takes them off for
/// the rest: so an objection outlives the record that it was written on.
fn list_objections(tx: &Tx, key: &Key, person: &Person) -> Result<(), Error> {
    let events = events(tx, person)?;
    let all = purposes::all(tx)?;
    let standings: Vec<(&Purpose, Standing)> =
        all.iter().map(|purpose| (purpose, state::standing(&events, purpose.id, purpose.is_marketing))).collect();
    // What somebody who had the address before said about other purposes stays listed.
    let said =
        |about: Option<PurposeId>| events.iter().any(|event| event.action == Action::Object && event.purpose == about);
    let to_all = standings.iter().any(|(_, standing)| standing.objection_to_all.is_some());
    let mut scopes: Vec<(&str, bool)> = Vec::new();
    scopes.extend(said(None).then_some(("", to_all)));
    let own = standings.iter().filter(|(purpose, _)| said(Some(purpose.id)));
    scopes.extend(own.map(|(purpose, standing)| (purpose.key.as_str(), standing.objection.is_some())));
    for identity in (person.kind.identities)(tx, person.id())? {
        for (scope, objects) in &scopes {
            let entry = suppression::NewEntry {
                kind: identity.kind,
                normalised: &identity.normalised,
                reason: suppression::Reason::Objected,
                scope,
            };
            if *objects {
                suppression::add_for(tx, key, &entry)?;
            } else {
                suppression::lift_for(tx, key, &entry)?;
            }
        }
    }
    Ok(())
}

/// Somebody who stops an advertisement by themselves is not written to for it any more, not even from a record that a
/// file makes of them later: their addresses go on the list. A yes takes them off.
fn list_unsubscribed(tx: &Tx, key: &Key, person: &Person, purpose: &Purpose, new: &NewEvent) -> Result<(), Error> {
    let stops = new.action == Action::Withdraw && new.method.is_own();
    if !purpose.is_marketing || !(stops || matches!(new.action, Action::Grant | Action::Confirm | Action::Import)) {
        return Ok(());
    }
    for identity in (person.kind.identities)(tx, person.id())? {
        let entry = suppression::NewEntry {
            kind: identity.kind,
            normalised: &identity.normalised,
            reason: suppression::Reason::Unsubscribe,
            scope: &purpose.key,
        };
        if stops {
            suppression::add_for(tx, key, &entry)?;
        } else {
            suppression::lift_for(tx, key, &entry)?;
        }
    }
    Ok(())
}

/// The purpose it is about; `None` for all direct marketing.
fn purpose(db: &Db, new: &NewEvent) -> Result<Option<Purpose>, Error> {
    let Some(key) = new.purpose else {
        return match new.action {
            Action::Object | Action::Lift => Ok(None),
            _ => Err(Error::field("purpose", "required", "Choose what it is about.")),
        };
    };
    let unknown = || Error::field("purpose", "unknown", format!("There is no purpose {key}."));
    let purpose = purposes::find_by_key(db, key)?.ok_or_else(unknown)?;
    if new.action.opens() && purpose.archived_at.is_some() {
        return Err(Error::field(
            "purpose",
            "archived",
            "This purpose is out of use: nobody can agree to it any more.",
        ));
    }
    match new.action {
        Action::Grant | Action::Confirm | Action::Import | Action::Withdraw if !purpose.asks() => {
            let message = format!("{} rests on {}, so nobody is asked.", purpose.title, purpose.basis.label());
            Err(Error::field("purpose", "no_consent", message))
        }
        Action::Object | Action::Lift if !purpose.can_be_objected_to() => {
            let message = format!(
                "{} rests on {}: there is no objection to it (Art. 21). Restricting the data is another right.",
                purpose.title,
                purpose.basis.label()
            );
            Err(Error::field("action", "no_objection", message))
        }
        _ => Ok(Some(purpose)),
    }
}

/// The words it is about: those of a yes, or today's.
fn wording(db: &Db, purpose: Option<&Purpose>, new: &NewEvent) -> Result<Option<i64>, Error> {
    let Some(purpose) = purpose else { return Ok(None) };
    let Some(number) = new.wording else { return Ok(Some(purpose.wording.id)) };
    let known = purposes::wordings(db, purpose.id)?.into_iter().find(|wording| wording.number == number);
    let unknown = || Error::field("wording", "unknown", format!("There is no version {number} of these words."));
    known.map(|wording| Some(wording.id)).ok_or_else(unknown)
}

/// What the state of things forbids.
fn demand_possible(
    db: &Db,
    person: &Person,
    purpose: Option<&Purpose>,
    new: &NewEvent,
    at: crate::clock::Timestamp,
) -> Result<(), Error> {
    let Some(purpose) = purpose else { return Ok(()) };
    let events = events(db, person)?;
    let standing = state::standing(&events, purpose.id, purpose.is_marketing);
    match new.action {
        Action::Grant | Action::Import | Action::Confirm if standing.objected().is_some() => {
            let message = "They objected to this. Write down first that they take the objection back.";
            Err(Error::field("action", "objected", message))
        }
        Action::Grant | Action::Import | Action::Confirm if minors::is_minor(db, person)? => {
            let message = "They are marked as younger than 16, so they cannot agree by themselves (Art. 8).";
            Err(Error::field("action", "minor", message))
        }
        Action::Confirm if standing.consent != Consent::Pending => {
            Err(Error::field("action", "nothing_to_confirm", "There is no consent that waits to be confirmed."))
        }
        Action::Confirm => {
            let asked = events.iter().find(|event| Some(event.id) == standing.agreed);
            match asked.is_some_and(|asked| at < asked.at) {
                true => Err(Error::field("at", "too_early", "They cannot have confirmed before they agreed.")),
                false => Ok(()),
            }
        }
        _ => Ok(()),
    }
}

/// The address or number that the purpose reaches them by, as a keyed hash: who agreed stays provable to whoever names
/// the address, and to nobody else, once the person is gone.
fn subject_hash(db: &Db, key: &Key, person: &Person, purpose: Option<&Purpose>) -> Result<Option<[u8; 32]>, Error> {
    let known = (person.kind.identities)(db, person.id())?;
    let wanted = match purpose.and_then(|purpose| purpose.channels.first()) {
        Some(Channel::Phone) => IdentityKind::Phone,
        _ => IdentityKind::Email,
    };
    let of_kind = known.iter().find(|identity| identity.kind == wanted);
    Ok(of_kind.or(known.first()).map(|identity| hash_of(key, person.kind, identity)))
}

pub(super) fn hash_of(key: &Key, kind: &PersonKind, identity: &KnownIdentity) -> [u8; 32] {
    let parts = ["consent", kind.word, identity.kind.word(), &identity.normalised];
    mac(key, &[parts.join("\0").as_bytes()])
}

/// What is kept as proof about an address or number, newest first: of people who are here, and of those who were
/// erased or deleted, for three years. Empty when `value` is no address or number.
pub fn proof(db: &Db, key: &Key, kind: &'static PersonKind, value: &str) -> Result<Vec<Event>, Error> {
    let mut found = Vec::new();
    for of in IdentityKind::ALL {
        if let Some(normalised) = (kind.normalise)(db, *of, value)? {
            let identity = KnownIdentity { kind: *of, value: String::new(), normalised };
            found.extend(store::of_subject(db, &hash_of(key, kind, &identity))?);
        }
    }
    Ok(found)
}

/// Everything that a person said, in the order in which it was written down.
pub fn events(db: &Db, person: &Person) -> Result<Vec<Event>, Error> {
    store::of_person(db, person)
}

/// What holds for a person and each of the purposes.
pub fn standings(db: &Db, person: &Person, of: &[Purpose]) -> Result<Vec<Standing>, Error> {
    let events = events(db, person)?;
    Ok(of.iter().map(|purpose| state::standing(&events, purpose.id, purpose.is_marketing)).collect())
}

/// What holds for a person and one purpose.
pub fn standing(db: &Db, person: &Person, purpose: PurposeId) -> Result<Standing, Error> {
    let purpose = purposes::get(db, purpose)?;
    Ok(state::standing(&events(db, person)?, purpose.id, purpose.is_marketing))
}

/// Begins the time of the proof for what was said by people who are gone: their address, device and evidence are
/// emptied, and who agreed to which words and when stays, under a keyed hash. Says of how many events.
pub fn settle(tx: &Tx, kind: &'static PersonKind) -> Result<usize, Error> {
    let mut settled = 0;
    for id in store::not_there(tx, kind.word, kind.table)? {
        // Somebody in the trash can come back.
        if (kind.name)(tx, id)?.is_none() {
            settled += store::end(tx, kind.word, id)?;
        }
    }
    if settled > 0 {
        audit::record(tx, audit::Event::new("privacy.consent.settled").detail("events", settled))?;
    }
    Ok(settled)
}
