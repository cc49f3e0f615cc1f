//! The columns of an exported table. Their headings are those an import maps by itself; the workspace's own fields
//! come last.

use crate::db::Db;
use crate::error::Error;
use crate::members::directory::Directory;
use crate::people::companies::Company;
use crate::people::contacts::Contact;
use crate::people::custom_fields::related::{Related, Sight};
use crate::people::custom_fields::{CustomField, CustomValue, Definitions, Kind};
use crate::people::identities::{self, Identity};
use crate::people::places::Address;
use crate::people::record::Record;

pub const CONTACT: &[&str] = &[
    "id",
    "given_name",
    "family_name",
    "display_name",
    "job_title",
    "company",
    "emails",
    "phones",
    "street",
    "postal_code",
    "city",
    "region",
    "country",
    "language",
    "time_zone",
    "owner",
    "tags",
    "source",
    "created_at",
    "updated_at",
    "archived_at",
];

pub const COMPANY: &[&str] = &[
    "id",
    "name",
    "domain",
    "emails",
    "phones",
    "street",
    "postal_code",
    "city",
    "region",
    "country",
    "owner",
    "tags",
    "source",
    "created_at",
    "updated_at",
    "archived_at",
];

/// What the cells need besides the record.
pub struct Frame {
    pub directory: Directory,
    pub definitions: Definitions,
    /// Related records are named as far as the asker may see them.
    pub sight: Sight,
}

/// The cells of a contact, in the order of [`CONTACT`], then of the definitions.
pub fn contact(db: &Db, contact: &Contact, frame: &Frame) -> Result<Vec<String>, Error> {
    let display = if contact.has_own_display { contact.display_name.clone() } else { String::new() };
    let mut cells = vec![
        contact.id.to_string(),
        contact.given_name.clone(),
        contact.family_name.clone(),
        display,
        contact.job_title.clone(),
        contact.company.as_ref().map(|(_, name)| name.clone()).unwrap_or_default(),
        values(contact.emails()),
        values(contact.phones()),
    ];
    cells.extend(address(&contact.address));
    cells.extend([
        contact.language.clone(),
        contact.time_zone.clone(),
        contact.owner.map(|owner| owner_email(&frame.directory, owner)).unwrap_or_default(),
        contact.tags.join("; "),
        contact.source.clone(),
        contact.created_at.rfc3339(),
        contact.updated_at.rfc3339(),
        contact.archived_at.map(|at| at.rfc3339()).unwrap_or_default(),
    ]);
    cells.extend(own(db, &contact.custom, frame)?);
    Ok(cells)
}

/// The cells of a company, in the order of [`COMPANY`], then of the definitions.
pub fn company(db: &Db, company: &Company, frame: &Frame) -> Result<Vec<String>, Error> {
    let mut cells = vec![
        company.id.to_string(),
        company.name.clone(),
        company.domain.clone(),
        values(company.emails()),
        values(company.phones()),
    ];
    cells.extend(address(&company.address));
    cells.extend([
        company.owner.map(|owner| owner_email(&frame.directory, owner)).unwrap_or_default(),
        company.tags.join("; "),
        company.source.clone(),
        company.created_at.rfc3339(),
        company.updated_at.rfc3339(),
        company.archived_at.map(|at| at.rfc3339()).unwrap_or_default(),
    ]);
    cells.extend(own(db, &company.custom, frame)?);
    Ok(cells)
}

/// The values in the workspace's own fields, in the one form that an import reads everywhere.
fn own(db: &Db, values: &[CustomValue], frame: &Frame) -> Result<Vec<String>, Error> {
    let related = Related::read(db, values, &frame.sight)?;
    let cell = |field: &CustomField| {
        let texts = values.iter().filter(|value| value.field == field.id).map(|value| match value.kind {
            Kind::Relation => related_text(db, related.find(value)),
            _ => Ok(value.value.clone()),
        });
        Ok(texts.collect::<Result<Vec<_>, Error>>()?.join("; "))
    };
    frame.definitions.live().map(cell).collect()
}

/// What a related record is found by elsewhere: the email address of a contact, which only one can have, or the
/// name. Empty for one that the asker may not see.
fn related_text(db: &Db, found: Option<&(String, Record)>) -> Result<String, Error> {
    let Some((name, record)) = found else { return Ok(String::new()) };
    let address = match record {
        Record::Contact(_) => {
            identities::of(db, *record)?.into_iter().find(|identity| identity.kind == identities::Kind::Email)
        }
        Record::Company(_) => None,
    };
    Ok(address.map_or_else(|| name.clone(), |address| address.normalised))
}

fn address(address: &Address) -> [String; 5] {
    let Address { street, postal_code, city, region, country } = address.clone();
    [street, postal_code, city, region, country]
}

/// Addresses as they were typed, numbers in E.164: nothing else is read the same everywhere.
fn values<'i>(list: impl Iterator<Item = &'i Identity>) -> String {
    let values = list.map(|identity| match identity.kind {
        identities::Kind::Email => identity.value.clone(),
        identities::Kind::Phone => identity.normalised.clone(),
    });
    values.collect::<Vec<_>>().join("; ")
}

fn owner_email(directory: &Directory, owner: crate::id::MemberId) -> String {
    directory.find(owner).map(|person| person.email.clone()).unwrap_or_default()
}
