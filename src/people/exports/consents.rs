//! What people said about each purpose, as columns that an import reads again.

use serde_json::{Value, json};

use crate::db::Db;
use crate::error::Error;
use crate::id::ContactId;
use crate::people::imports::consents::{Part, key};
use crate::people::person;
use crate::privacy::consent::{self, Event, State};
use crate::privacy::purposes::Purpose;
use crate::privacy::subject::Person;

/// The headings, in the order of [`cells`].
pub fn headings(purposes: &[Purpose]) -> impl Iterator<Item = String> {
    purposes.iter().flat_map(|purpose| Part::ALL.map(|part| key(purpose, part)))
}

/// What holds for a contact and each purpose; empty cells where nobody said anything.
pub fn cells(db: &Db, purposes: &[Purpose], contact: ContactId) -> Result<Vec<String>, Error> {
    Ok(holds(db, purposes, contact)?.into_iter().flat_map(|(_, cells)| cells).collect())
}

/// The same as a list, without what nobody said anything about.
pub fn json(db: &Db, purposes: &[Purpose], contact: ContactId) -> Result<Value, Error> {
    let said = holds(db, purposes, contact)?.into_iter().filter(|(_, [answer, ..])| !answer.is_empty());
    let object = |(purpose, [answer, at, method, evidence, wording]): (&Purpose, [String; 5])| {
        let wording = wording.parse::<i64>().ok();
        json!({
            "purpose": purpose.key, "answer": answer, "at": at, "method": method, "evidence": evidence, "wording": wording,
        })
    };
    Ok(Value::Array(said.map(object).collect()))
}

fn holds<'p>(db: &Db, purposes: &'p [Purpose], contact: ContactId) -> Result<Vec<(&'p Purpose, [String; 5])>, Error> {
    if purposes.is_empty() {
        return Ok(Vec::new());
    }
    let events = consent::service::events(db, &Person::of(db, &person::CONTACT, contact.0)?)?;
    Ok(purposes.iter().map(|purpose| (purpose, of_purpose(&events, purpose))).collect())
}

/// In the order of [`Part::ALL`].
fn of_purpose(events: &[Event], purpose: &Purpose) -> [String; 5] {
    let standing = consent::standing(events, purpose.id, purpose.is_marketing);
    let (answer, id) = match standing.state() {
        State::Granted => ("yes", standing.agreed),
        State::Pending => ("pending", standing.agreed),
        State::Withdrawn => ("no", standing.rests_on),
        State::Objected => ("objected", standing.objected()),
        State::Unknown | State::Restricted => return Default::default(),
    };
    let Some(event) = events.iter().find(|event| Some(event.id) == id) else { return Default::default() };
    let wording = event.wording.as_ref().map(|(number, _)| number.to_string()).unwrap_or_default();
    [answer.to_owned(), event.at.rfc3339(), event.method.word().to_owned(), event.evidence.clone(), wording]
}
