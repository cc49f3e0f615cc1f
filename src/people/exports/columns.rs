//! The columns of an exported table. Their headings are those an import maps by itself; the workspace's own fields
//! come last.

use std::cell::Cell;

use super::consents;
use crate::db::Db;
use crate::error::Error;
use crate::id::ContactId;
use crate::members::directory::Directory;
use crate::people::companies::Company;
use crate::people::contacts::Contact;
use crate::people::custom_fields::related::{Related, Sight};
use crate::people::custom_fields::{CustomField, CustomValue, Definitions, Kind};
use crate::people::identities::{self, Identity};
use crate::people::person;
use crate::people::places::Address;
use crate::people::record::Record;
use crate::privacy::consent::{self, Use};
use crate::privacy::purposes::{Channel, Purpose};
use crate::privacy::subject::Person;

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

/// The columns of what people said, behind all others.
pub fn of_consents(usual: &[&str], frame: &Frame) -> Vec<(String, usize)> {
    let before = usual.len() + frame.definitions.live().count() + 1;
    consents::headings(&frame.purposes).zip(before..).collect()
}

/// The columns of a view, in its order, after those that say which record it is. `chosen` are keys of the list's
/// columns. Each is a place in the cells of a line; a field that is gone has none.
pub fn of_view(usual: &[&str], chosen: &[String], frame: &Frame) -> Vec<(String, usize)> {
    let own: Vec<String> = frame.definitions.live().map(CustomField::place).collect();
    let known: Vec<&str> = usual.iter().copied().chain(own.iter().map(String::as_str)).chain([LAST_ACTIVITY]).collect();
    let names = if usual.contains(&"given_name") {
        &["id", "given_name", "family_name", "emails"][..]
    } else {
        &["id", "name"]
    };
    let heading = |key: &String| if key == "phone" { "phones".to_owned() } else { key.clone() };
    let wanted = names.iter().map(|name| (*name).to_owned()).chain(chosen.iter().map(heading));
    wanted.filter_map(|name| known.iter().position(|known| *known == name).map(|at| (name, at))).collect()
}

/// Stands behind all other cells of a line, for views that show it: an import could do nothing with it.
const LAST_ACTIVITY: &str = "last_activity_at";

/// What the cells need besides the record.
pub struct Frame {
    pub directory: Directory,
    pub definitions: Definitions,
    /// Related records are named as far as the asker may see them.
    pub sight: Sight,
    /// Only people whose data may be used for this are in the file.
    pub only_for: Option<Purpose>,
    /// What people said about these stands in the file too.
    pub purposes: Vec<Purpose>,
    /// How many it left out so far.
    pub left_out: Cell<i64>,
}

impl Frame {
    /// Whether the contact may be in the file, by what holds at this moment. Counts those who may not.
    pub fn lets(&self, db: &Db, contact: ContactId) -> Result<bool, Error> {
        let Some(purpose) = &self.only_for else { return Ok(true) };
        let person = Person::of(db, &person::CONTACT, contact.0)?;
        let channels = if purpose.channels.is_empty() { vec![Channel::None] } else { purpose.channels.clone() };
        for channel in channels {
            if consent::may_use(db, &person, &Use { purpose: &purpose.key, channel })?.is_allowed() {
                return Ok(true);
            }
        }
        self.left_out.set(self.left_out.get() + 1);
        Ok(false)
    }
}

/// The cells of a contact, in the order of [`CONTACT`], then of the definitions, then the last activity, then what they
/// said about purposes.
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
    cells.push(contact.last_activity_at.map(|at| at.rfc3339()).unwrap_or_default());
    cells.extend(consents::cells(db, &frame.purposes, contact.id)?);
    Ok(cells)
}

/// The cells of a company, in the order of [`COMPANY`], then of the definitions, then one that is empty.
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
    cells.push(String::new());
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
