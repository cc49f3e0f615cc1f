//! Puts addresses and numbers on the list, finds them there, and takes them off.

use super::{Reason, Suppression, store};
use crate::crypto::{Key, derive};
use crate::db::{Db, Tx};
use crate::error::{Error, FieldError};
use crate::module::{IdentityKind, KnownIdentity};
use crate::privacy::audit::{self, Event};
use crate::privacy::ledger;

/// What a member reads who enters somebody who was erased.
const ERASED: &str =
    "Whoever has this was erased on their demand. Leave them out, or say that they came back on their own.";

/// An address or number to be put on the list.
pub struct NewEntry<'a> {
    pub kind: IdentityKind,
    /// As `PersonKind::normalise` gives it.
    pub normalised: &'a str,
    pub reason: Reason,
    /// A purpose; empty for everything.
    pub scope: &'a str,
}

/// The keyed hash under which an address or number is known: on the list and in the erasure ledger.
pub fn pseudonym(key: &Key, kind: IdentityKind, normalised: &str) -> [u8; 32] {
    derive::mac(key, &[b"holdfast/identity/v1\0", kind.word().as_bytes(), b"\0", normalised.as_bytes()])
}

/// Puts an address or number on the list, for everything. Nothing when it is there for this reason. The caller
/// writes the audit entry: it knows on what ground.
pub fn add(tx: &Tx, key: &Key, kind: IdentityKind, normalised: &str, reason: Reason) -> Result<(), Error> {
    add_for(tx, key, &NewEntry { kind, normalised, reason, scope: "" })
}

/// Puts a hash on the list that another list or the ledger knew; it fits whichever kind of address it was made of.
/// `scope` is a purpose; empty for everything.
pub fn add_pseudonym(tx: &Tx, pseudonym: &[u8; 32], reason: Reason, scope: &str) -> Result<(), Error> {
    IdentityKind::ALL.iter().try_for_each(|kind| store::insert(tx, *kind, pseudonym, reason, scope))
}

/// Like [`add`], for one purpose.
pub fn add_for(tx: &Tx, key: &Key, new: &NewEntry) -> Result<(), Error> {
    let pseudonym = pseudonym(key, new.kind, new.normalised);
    if new.reason == Reason::Unsubscribe {
        let detail = serde_json::json!({ "purpose": new.scope });
        ledger::note_pseudonym(tx, ledger::Kind::Unsubscribe, pseudonym, detail)?;
    }
    store::insert(tx, new.kind, &pseudonym, new.reason, new.scope)
}

/// Why an address or number is on the list; an erasure counts before every other reason.
pub fn find(db: &Db, key: &Key, kind: IdentityKind, normalised: &str) -> Result<Option<Suppression>, Error> {
    Ok(find_all(db, key, kind, normalised)?.into_iter().next())
}

/// Every entry of an address or number, an erasure first.
pub fn find_all(db: &Db, key: &Key, kind: IdentityKind, normalised: &str) -> Result<Vec<Suppression>, Error> {
    store::find(db, kind, &pseudonym(key, kind, normalised))
}

/// Takes an address or number off the list, for this reason; says whether it was there. The caller audits.
pub fn lift(tx: &Tx, key: &Key, kind: IdentityKind, normalised: &str, reason: Reason) -> Result<bool, Error> {
    store::delete(tx, kind, &pseudonym(key, kind, normalised), reason)
}

/// Takes one entry off the list, and leaves those of other purposes. The caller audits.
pub fn lift_for(tx: &Tx, key: &Key, entry: &NewEntry) -> Result<(), Error> {
    store::delete_for(tx, entry.kind, &pseudonym(key, entry.kind, entry.normalised), entry.reason, entry.scope)
}

/// Fails when one of the identities belongs to somebody who was erased, on its place: `emails/0`.
pub fn refuse_erased(db: &Db, identities: &[KnownIdentity]) -> Result<(), Error> {
    if !store::has_erased(db)? {
        return Ok(());
    }
    let mut errors = Vec::new();
    let (mut emails, mut phones) = (0, 0);
    for identity in identities {
        let (field, place) = match identity.kind {
            IdentityKind::Email => ("emails", &mut emails),
            IdentityKind::Phone => ("phones", &mut phones),
        };
        if is_erased(db, identity)? {
            errors.push(FieldError::new(format!("{field}/{place}"), "erased", ERASED));
        }
        *place += 1;
    }
    if errors.is_empty() { Ok(()) } else { Err(Error::Invalid(errors)) }
}

/// A member says that the person came back on their own: those of the identities that belong to somebody who was
/// erased may be used again. Audited, with how many there were.
pub fn lift_erased(tx: &Tx, identities: &[KnownIdentity]) -> Result<(), Error> {
    let mut lifted = 0_u32;
    for identity in identities {
        if lift(tx, tx.blind_index()?, identity.kind, &identity.normalised, Reason::Erased)? {
            lifted += 1;
        }
    }
    if lifted == 0 {
        return Ok(());
    }
    audit::record(tx, Event::new("privacy.suppression.lifted").detail("identities", lifted).detail("came_back", true))
}

fn is_erased(db: &Db, identity: &KnownIdentity) -> Result<bool, Error> {
    let found = find(db, db.blind_index()?, identity.kind, &identity.normalised)?;
    Ok(found.is_some_and(|suppression| suppression.reason == Reason::Erased))
}
