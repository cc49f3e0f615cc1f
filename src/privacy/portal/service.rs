//! Codes that show who somebody is, and whom a visit is by.

use super::store;
use super::{CODE_MS, PRINTED_MS, VISIT_MS, Visit};
use crate::crypto::derive::mac;
use crate::crypto::token::hash_token;
use crate::crypto::{Key, constant_time_eq, random};
use crate::db::{Actor, Db, Tx};
use crate::error::Error;
use crate::id::MemberId;
use crate::module::{IdentityKind, Module, persons};
use crate::privacy::audit::{self, Event};
use crate::privacy::data_map::File;
use crate::privacy::subject::{self, Person};

/// Wrong tries that a mailed code survives.
const TRIES: i64 = 5;
/// Digits of a mailed code, and of one on paper, which works for days.
const MAILED_DIGITS: usize = 8;
const PRINTED_DIGITS: usize = 16;

/// The address as persons of the workspace have it; `None` when it is none.
pub fn normalise(db: &Db, modules: &'static [&'static Module], address: &str) -> Result<Option<String>, Error> {
    match persons(modules, File::Workspace).next() {
        Some(kind) => (kind.normalise)(db, IdentityKind::Email, address),
        None => Ok(None),
    }
}

/// Begins a visit: the code that goes to the address, in groups of four. The one before stops working.
pub fn begin(tx: &Tx, key: &Key, browser: &str, address: &str) -> Result<String, Error> {
    let browser = hash_token(browser);
    store::end(tx, &browser)?;
    let id = store::insert(tx, &browser, address, tx.now.plus(CODE_MS))?;
    let digits = digits(MAILED_DIGITS);
    store::set_code(tx, id, &mailed_hash(key, id, &digits))?;
    // Neither the address nor whether it is known: the log would say what the page does not.
    audit::record(tx, Event::new("privacy.portal.code_sent"))?;
    Ok(grouped(&digits))
}

/// Takes a mailed code. `None` when it does not fit; the fifth wrong try ends it.
///
/// Commit in both cases: a try that is rolled back was not counted.
pub fn enter(
    tx: &Tx,
    modules: &'static [&'static Module],
    key: &Key,
    browser: &str,
    typed: &str,
) -> Result<Option<Visit>, Error> {
    let browser = hash_token(browser);
    let fits = match store::waiting(tx, &browser, TRIES)? {
        Some((id, hash)) if constant_time_eq(&hash, &mailed_hash(key, id, &bare(typed))) => Some(id),
        Some((id, _)) => {
            store::count_try(tx, id)?;
            None
        }
        None => None,
    };
    let Some(id) = fits else {
        audit::record(tx, Event::new("privacy.portal.refused").detail("code", "mailed"))?;
        return Ok(None);
    };
    store::prove(tx, id, tx.now.plus(VISIT_MS))?;
    let visit = store::visit(tx, &browser)?;
    let person = match &visit {
        Some(visit) => person(tx, modules, visit)?,
        None => None,
    };
    if let Some(person) = &person {
        store::set_person(tx, id, person.kind.word, person.id())?;
    }
    audit::record(tx, entered(person.as_ref()).detail("code", "mailed"))?;
    Ok(visit)
}

/// Takes a code on paper. `None` when it does not fit, was used, or its time is over.
pub fn enter_printed(
    tx: &Tx,
    modules: &'static [&'static Module],
    key: &Key,
    browser: &str,
    typed: &str,
) -> Result<Option<Visit>, Error> {
    let browser = hash_token(browser);
    let Some((word, id)) = store::use_printed(tx, &printed_hash(key, &bare(typed)))? else {
        audit::record(tx, Event::new("privacy.portal.refused").detail("code", "printed"))?;
        return Ok(None);
    };
    store::end(tx, &browser)?;
    let visit = store::insert(tx, &browser, "", tx.now.plus(CODE_MS))?;
    store::prove(tx, visit, tx.now.plus(VISIT_MS))?;
    store::set_person(tx, visit, &word, id)?;
    let visit = store::visit(tx, &browser)?;
    let person = match &visit {
        Some(visit) => person(tx, modules, visit)?,
        None => None,
    };
    audit::record(tx, entered(person.as_ref()).detail("code", "printed"))?;
    Ok(visit)
}

fn entered(person: Option<&Person>) -> Event {
    let event = Event::new("privacy.portal.entered");
    match person {
        Some(person) => event.on(person.kind.word, person.id()),
        None => event,
    }
}

/// The visit under way in a browser.
pub fn visit(db: &Db, browser: &str) -> Result<Option<Visit>, Error> {
    store::visit(db, &hash_token(browser))
}

/// Ends the visit of a browser.
pub fn leave(tx: &Tx, browser: &str) -> Result<(), Error> {
    store::end(tx, &hash_token(browser))?;
    audit::record(tx, Event::new("privacy.portal.left"))
}

/// Whom the visit is by; `None` when nothing is held of them (any more).
pub fn person(db: &Db, modules: &'static [&'static Module], visit: &Visit) -> Result<Option<Person>, Error> {
    if let Some((word, id)) = &visit.person {
        let Some(kind) = subject::kind(modules, word) else { return Ok(None) };
        let is_known = (kind.name)(db, *id)?.is_some();
        return if is_known { Person::of(db, kind, *id).map(Some) } else { Ok(None) };
    }
    for kind in persons(modules, File::Workspace) {
        if let Some(id) = (kind.find)(db, IdentityKind::Email, &visit.address)?.first() {
            return Person::of(db, kind, *id).map(Some);
        }
    }
    Ok(None)
}

/// Makes a code on paper for a person, in groups of four: shown once. The one before stops working.
pub fn print(tx: &Tx, key: &Key, person: &Person) -> Result<String, Error> {
    let digits = digits(PRINTED_DIGITS);
    let by: Option<MemberId> = match tx.origin.actor {
        Actor::Member(member) | Actor::Token(_, member) => Some(member),
        _ => None,
    };
    store::insert_printed(tx, person, &printed_hash(key, &digits), by, tx.now.plus(PRINTED_MS))?;
    audit::record(tx, Event::new("privacy.portal.code_printed").on(person.kind.word, person.id()))?;
    Ok(grouped(&digits))
}

fn digits(count: usize) -> String {
    // Eight random bytes for every eight digits: what is left over by the division is far below notice.
    (0..count).step_by(8).map(|_| format!("{:08}", u64::from_be_bytes(random()) % 100_000_000)).collect()
}

fn grouped(digits: &str) -> String {
    let groups: Vec<&str> =
        (0..digits.len()).step_by(4).map(|from| &digits[from..digits.len().min(from + 4)]).collect();
    groups.join(" ")
}

fn bare(typed: &str) -> String {
    typed.chars().filter(|c| !c.is_whitespace() && *c != '-').collect()
}

fn mailed_hash(key: &Key, visit: i64, digits: &str) -> [u8; 32] {
    mac(key, &[b"portal/mailed", &visit.to_be_bytes(), digits.as_bytes()])
}

fn printed_hash(key: &Key, digits: &str) -> [u8; 32] {
    mac(key, &[b"portal/printed", digits.as_bytes()])
}

/// Ends every visit and every printed code, as after a restore; says how many. The caller audits.
pub fn end_all(tx: &Tx) -> Result<usize, Error> {
    store::delete_all(tx)
}
