//! What an erasure must know of contacts and companies: everything somebody was ever called, files that wait to be
//! imported, and which records' search words follow when a word is taken out.

mod store;

use std::io::Read;

use super::identities::{self, Kind};
use super::images::Image;
use super::record::Record;
use super::{companies, contacts, imports};
use crate::app::App;
use crate::db::{Db, Tx, Workspace};
use crate::error::Error;
use crate::id::{CompanyId, ContactId, ImportId};
use crate::module::{IdentityKind, Index, KnownIdentity, KnownValue, PassingFiles, Target};
use crate::privacy::suppression;
use crate::web::upload;

pub const IMPORT_FILES: PassingFiles =
    PassingFiles { list: store::imports_with_files, open: open_import, discard: imports::service::discard };

pub const SEARCH_WORDS: Index = Index { belongs: store::records_of, refresh };

/// What a contact is and was called and reached by: as they are, as changes and the trash keep them, and under the
/// names of records that went into theirs.
pub fn was(db: &Db, id: i64) -> Result<Vec<KnownValue>, Error> {
    let mut found: Vec<KnownValue> = store::names(db, id)?.into_iter().map(KnownValue::Name).collect();
    for identity in identities::of(db, Record::Contact(ContactId(id)))? {
        found.push(KnownValue::Identity(known(&identity)));
    }
    for image in store::images(db, id)? {
        let image = Image::from_json(&image)?;
        found.extend(image.texts("contacts", "display_name").into_iter().map(KnownValue::Name));
        let given = image.texts("contacts", "given_name");
        let family = image.texts("contacts", "family_name");
        let whole = given.iter().zip(&family).map(|(given, family)| format!("{given} {family}"));
        found.extend(whole.map(|name| KnownValue::Name(name.trim().to_owned())));
        let columns = ["kind", "value", "normalised"].map(|column| image.texts("contact_identities", column));
        let [kinds, values, normalised] = columns;
        for ((kind, value), normalised) in kinds.into_iter().zip(values).zip(normalised) {
            let kind = IdentityKind::from_word(&kind).unwrap_or(IdentityKind::Email);
            found.push(KnownValue::Identity(KnownIdentity { kind, value, normalised }));
        }
    }
    Ok(found)
}

fn known(identity: &identities::Identity) -> KnownIdentity {
    let kind = match identity.kind {
        Kind::Email => IdentityKind::Email,
        Kind::Phone => IdentityKind::Phone,
    };
    KnownIdentity { kind, value: identity.value.clone(), normalised: identity.normalised.clone() }
}

/// Fails when one of the addresses or numbers belongs to somebody who was erased. Who says that the person came back
/// on their own lifts that, which is audited.
pub fn demand_welcome(tx: &Tx, list: &[identities::Identity], came_back: bool) -> Result<(), Error> {
    let list: Vec<KnownIdentity> = list.iter().map(known).collect();
    if came_back { suppression::lift_erased(tx, &list) } else { suppression::refuse_erased(tx, &list) }
}

/// The same for what an image would bring back: its kinds and normalised values.
pub fn demand_welcome_back(db: &Db, image: &Image) -> Result<(), Error> {
    let kinds = image.texts("contact_identities", "kind");
    let values = image.texts("contact_identities", "normalised");
    let list: Vec<KnownIdentity> = kinds
        .iter()
        .zip(values)
        .filter_map(|(kind, normalised)| {
            Some(KnownIdentity { kind: IdentityKind::from_word(kind)?, value: normalised.clone(), normalised })
        })
        .collect();
    suppression::refuse_erased(db, &list)
}

fn open_import(app: &App, workspace: &Workspace, id: i64) -> Result<Box<dyn Read>, Error> {
    let import = workspace.file.read(app.now(), |db| imports::service::get(db, ImportId(id)))?;
    let keys = app.keys.workspace(workspace.id)?;
    Ok(Box::new(upload::open(&imports::service::path(workspace, &import)?, &keys)?))
}

fn refresh(tx: &Tx, target: Target) -> Result<(), Error> {
    match target.kind {
        "contact" => contacts::service::refresh_words(tx, ContactId(target.id)),
        _ => {
            companies::service::refresh_words(tx, CompanyId(target.id))?;
            companies::service::refresh_people(tx, CompanyId(target.id))
        }
    }
}
