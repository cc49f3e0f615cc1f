//! People known to be younger than 16: no marketing, and no consent of their own (P-026, Art. 8).

use super::store;
use crate::clock::Timestamp;
use crate::db::{Db, Tx};
use crate::error::Error;
use crate::privacy::audit::{self, Event};
use crate::privacy::purposes::service::acting_member;
use crate::privacy::subject::Person;

/// Marks somebody as younger than 16, or takes the mark away. Nothing when it is so already.
pub fn mark(tx: &Tx, person: &Person, is_minor: bool) -> Result<(), Error> {
    if !store::is_there(tx, person.kind.table, person.id())? {
        return Err(Error::NotFound("person"));
    }
    if since(tx, person)?.is_some() == is_minor {
        return Ok(());
    }
    let action = if is_minor {
        store::mark_minor(tx, person, acting_member(tx.origin))?;
        "privacy.minor.marked"
    } else {
        store::unmark_minor(tx, person)?;
        "privacy.minor.unmarked"
    };
    audit::record(tx, Event::new(action).on(person.kind.word, person.id()))
}

/// When they were marked; `None`: they are not.
pub fn since(db: &Db, person: &Person) -> Result<Option<Timestamp>, Error> {
    store::minor_since(db, person)
}

pub fn is_minor(db: &Db, person: &Person) -> Result<bool, Error> {
    Ok(since(db, person)?.is_some())
}
