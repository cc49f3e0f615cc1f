//! What one can do with purposes: a change of the words makes a new version, and the old ones stay readable.

use super::definition::Checked;
use super::{Basis, NewPurpose, Purpose, naming, store};
use crate::db::{Actor, Db, Origin, Tx};
use crate::error::Error;
use crate::id::{MemberId, PurposeId};
use crate::module::Module;
use crate::privacy::audit::{self, Event};
use crate::privacy::consent;

pub use super::store::{all, find_by_key, wordings};

/// The purpose with this id.
pub fn get(db: &Db, id: PurposeId) -> Result<Purpose, Error> {
    store::find(db, id)?.ok_or(Error::NotFound("purpose"))
}

/// Adds a purpose with the first version of its words.
pub fn create(tx: &Tx, modules: &'static [&'static Module], new: &NewPurpose) -> Result<PurposeId, Error> {
    let checked = new.checked()?;
    naming::refuse(tx, modules, new)?;
    if store::find_by_key(tx, &checked.key)?.is_some() {
        let message = format!("There is a purpose {} already. Choose another name or key.", checked.key);
        return Err(Error::field(if new.key.is_empty() { "title" } else { "key" }, "duplicate", message));
    }
    let by = acting_member(tx.origin);
    let id = store::insert(tx, &checked, by)?;
    store::add_wording(tx, id, &checked, by)?;
    let event = Event::new("privacy.purpose.created").on("purpose", id).detail("key", checked.key.as_str());
    audit::record(tx, event.detail("basis", checked.basis.word()))?;
    Ok(id)
}

/// Changes a purpose. Other words or another name make a new version of the words.
///
/// Fails with [`Error::Stale`] when it changed since `version`, and with [`Error::Invalid`] when it asks for
/// another key, or for another basis once somebody said something about it: what they said was about the old one.
pub fn update(
    tx: &Tx,
    modules: &'static [&'static Module],
    id: PurposeId,
    version: i64,
    new: &NewPurpose,
) -> Result<(), Error> {
    let before = get(tx, id)?;
    demand_version(&before, version)?;
    let checked = new.checked()?;
    refuse_fixed(tx, &before, &checked)?;
    store::update(tx, id, &checked)?;
    let is_reworded = (&before.wording.title, &before.wording.text) != (&checked.title, &checked.wording);
    if is_reworded {
        naming::refuse(tx, modules, new)?;
    }
    let mut number = before.wording.number;
    if is_reworded {
        number = store::add_wording(tx, id, &checked, acting_member(tx.origin))?;
    }
    let event = Event::new("privacy.purpose.changed").on("purpose", id).detail("key", checked.key.as_str());
    audit::record(tx, event.detail("wording", number).detail("reworded", is_reworded))
}

fn refuse_fixed(db: &Db, before: &Purpose, new: &Checked) -> Result<(), Error> {
    if new.key != before.key {
        let message = "The key stays as it is: consents and programs depend on it. Make another purpose.";
        return Err(Error::field("key", "fixed", message));
    }
    if new.basis != before.basis && consent::service::has_events(db, before.id)? {
        let message = "People have said yes or no to this purpose on the old ground. Archive it and make another.";
        return Err(Error::field("basis", "fixed", message));
    }
    Ok(())
}

/// Puts a purpose out of use, or back: nobody is used for an archived one.
pub fn set_archived(tx: &Tx, id: PurposeId, version: i64, archived: bool) -> Result<(), Error> {
    let before = get(tx, id)?;
    demand_version(&before, version)?;
    if before.archived_at.is_some() == archived {
        return Ok(());
    }
    store::set_archived(tx, id, archived.then_some(tx.now))?;
    let action = if archived { "privacy.purpose.archived" } else { "privacy.purpose.unarchived" };
    audit::record(tx, Event::new(action).on("purpose", id).detail("key", before.key.as_str()))
}

/// The purposes that rest on consent and can be asked about today.
pub fn asked(db: &Db) -> Result<Vec<Purpose>, Error> {
    let all = store::all(db)?;
    Ok(all.into_iter().filter(|purpose| purpose.basis == Basis::Consent && purpose.archived_at.is_none()).collect())
}

fn demand_version(purpose: &Purpose, version: i64) -> Result<(), Error> {
    if purpose.version == version { Ok(()) } else { Err(Error::Stale(purpose.version)) }
}

/// The member who makes a change; `None` for a job or the command line.
pub(in crate::privacy) fn acting_member(origin: &Origin) -> Option<MemberId> {
    match origin.actor {
        Actor::Member(member) | Actor::Token(_, member) => Some(member),
        _ => None,
    }
}
