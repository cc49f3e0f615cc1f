//! Contacts as the privacy core sees them: persons, with the ways to find them and to keep their data unused.

mod correcting;

use super::identities::{self, Kind};
use super::record::Record;
use super::search::{self, Index};
use super::text::fold;
use super::{contacts, email, erasing, mentions, merging, phone, settings, trash};
use crate::db::Db;
use crate::error::Error;
use crate::id::ContactId;
use crate::module::{IdentityKind, KnownIdentity, PersonKind};
use crate::privacy::data_map::File;
use crate::visitor::Reach;

pub const CONTACT: PersonKind = PersonKind {
    word: "contact",
    file: File::Workspace,
    table: "contacts",
    normalise,
    find,
    ids: |db, id| merging::service::ids_of(db, Record::Contact(ContactId(id))),
    name,
    identities: known_identities,
    restrict: |tx, id, is_restricted| contacts::service::set_restricted(tx, ContactId(id), is_restricted),
    empty: |tx, id| contacts::service::empty(tx, ContactId(id)),
    called,
    was: erasing::was,
    search: searched,
    fields: correcting::fields,
    correct: correcting::correct,
    unmarked: mentions::unmarked,
};

fn normalise(db: &Db, kind: IdentityKind, value: &str) -> Result<Option<String>, Error> {
    Ok(match kind {
        IdentityKind::Email => email::normalise(value),
        IdentityKind::Phone => phone::normalise(value, &settings::service::default_country(db)?),
    })
}

fn find(db: &Db, kind: IdentityKind, normalised: &str) -> Result<Vec<i64>, Error> {
    let kind = match kind {
        IdentityKind::Email => Kind::Email,
        IdentityKind::Phone => Kind::Phone,
    };
    let mut ids: Vec<i64> = identities::holder(db, kind, normalised)?.into_iter().map(|holder| holder.id.0).collect();
    ids.extend(trash::service::contacts_with(db, normalised)?);
    Ok(ids)
}

/// Of somebody in the trash, what the trash says.
fn name(db: &Db, id: i64) -> Result<Option<String>, Error> {
    match (contacts::RECORD.find)(db, id)? {
        Some(found) => Ok(Some(found.name)),
        None => trash::service::name_of(db, Record::Contact(ContactId(id))),
    }
}

fn known_identities(db: &Db, id: i64) -> Result<Vec<KnownIdentity>, Error> {
    let known = identities::of(db, Record::Contact(ContactId(id)))?.into_iter().map(|identity| KnownIdentity {
        kind: match identity.kind {
            Kind::Email => IdentityKind::Email,
            Kind::Phone => IdentityKind::Phone,
        },
        value: identity.value,
        normalised: identity.normalised,
    });
    Ok(known.collect())
}

/// By the index of names: those that a list sorts under this name.
fn called(db: &Db, name: &str) -> Result<Vec<i64>, Error> {
    contacts::service::called(db, &fold(name))
}

/// By address and number first, then by words of the record.
fn searched(db: &Db, words: &str, limit: i64) -> Result<Vec<i64>, Error> {
    let mut found = Vec::new();
    for kind in [IdentityKind::Email, IdentityKind::Phone] {
        if let Some(normalised) = normalise(db, kind, words)? {
            found.extend(find(db, kind, &normalised)?);
        }
    }
    if let Some(matching) = search::matching(db, Index::Contacts, words)? {
        let named = contacts::service::visible_among(db, &matching.expression, &Reach::Everything, limit)?;
        found.extend(named.into_iter().map(|contact| contact.id.0));
    }
    let mut seen = std::collections::BTreeSet::new();
    found.retain(|id| seen.insert(*id));
    found.truncate(usize::try_from(limit).unwrap_or(0));
    Ok(found)
}
