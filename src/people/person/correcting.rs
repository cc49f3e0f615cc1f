//! Corrects a contact field by field, as people ask for (GDPR Art. 16): what forms show, and what they do not.

use crate::db::{Db, Tx};
use crate::error::Error;
use crate::id::ContactId;
use crate::module::{Correction, PersonField};
use crate::people::contacts::{self, Contact, NewContact, form};
use crate::people::custom_fields::{Definitions, Kind};
use crate::people::identities::NewIdentity;
use crate::people::record::{Access, Object};
use crate::people::{companies, tags};
use crate::visitor::Reach;

/// The parts of a postal address, each a field of its own here.
const ADDRESS: [(&str, &str); 5] = [
    ("address/street", "Street"),
    ("address/postal_code", "Postal code"),
    ("address/city", "City"),
    ("address/region", "Region"),
    ("address/country", "Country"),
];
/// The other fields. Whom a contact belongs to is nothing about the person.
const LINES: [&str; 10] = [
    "given_name",
    "family_name",
    "display_name",
    "job_title",
    "company",
    "emails",
    "phones",
    "language",
    "time_zone",
    "source",
];
const TAGS: &str = "tags";
const CUSTOM: &str = "custom/";

/// Every field of a contact as it is now.
pub fn fields(db: &Db, id: i64) -> Result<Vec<PersonField>, Error> {
    let contact = contacts::service::get(db, ContactId(id), &Reach::Everything)?;
    let definitions = Definitions::load(db, Object::Contact)?;
    let field = |name: &str, label: &str, value: String| PersonField { name: name.into(), label: label.into(), value };
    let mut fields: Vec<PersonField> =
        LINES.iter().map(|name| field(name, form::field_label(name), line(&contact, name))).collect();
    fields.extend(ADDRESS.iter().map(|(name, label)| field(name, label, part(&contact, name))));
    fields.push(field(TAGS, form::field_label(TAGS), contact.tags.join(", ")));
    fields.extend(definitions.live().map(|definition| {
        let values = contact.custom.iter().filter(|value| value.field == definition.id);
        let values: Vec<&str> = values.map(|value| value.value.as_str()).collect();
        field(&definition.place(), &definition.label, values.join(", "))
    }));
    Ok(fields)
}

fn line(contact: &Contact, name: &str) -> String {
    let joined =
        |values: Vec<NewIdentity>| values.into_iter().map(|identity| identity.value).collect::<Vec<_>>().join(", ");
    let new = contact.to_new();
    match name {
        "given_name" => new.given_name,
        "family_name" => new.family_name,
        "display_name" => contact.display_name.clone(),
        "job_title" => new.job_title,
        "company" => contact.company.as_ref().map(|(_, name)| name.clone()).unwrap_or_default(),
        "emails" => joined(new.emails),
        "phones" => joined(new.phones),
        "language" => new.language,
        "time_zone" => new.time_zone,
        _ => new.source,
    }
}

fn part(contact: &Contact, name: &str) -> String {
    let address = &contact.address;
    match name {
        "address/street" => address.street.clone(),
        "address/postal_code" => address.postal_code.clone(),
        "address/city" => address.city.clone(),
        "address/region" => address.region.clone(),
        _ => address.country.clone(),
    }
}

/// Writes the corrections as one change of the contact, whoever it belongs to.
pub fn correct(tx: &Tx, id: i64, corrections: &[Correction]) -> Result<(), Error> {
    let contact = contacts::service::get(tx, ContactId(id), &Reach::Everything)?;
    let definitions = Definitions::load(tx, Object::Contact)?;
    let mut new = contact.to_new();
    for correction in corrections {
        apply(tx, &mut new, &definitions, correction)?;
    }
    contacts::service::update(tx, ContactId(id), Some(contact.version), &new, &Access::everything()).map(drop)
}

fn apply(tx: &Tx, new: &mut NewContact, definitions: &Definitions, correction: &Correction) -> Result<(), Error> {
    let value = correction.value.clone();
    match correction.field.as_str() {
        "given_name" => new.given_name = value,
        "family_name" => new.family_name = value,
        "display_name" => new.display_name = value,
        "job_title" => new.job_title = value,
        "company" if value.trim().is_empty() => new.company = None,
        "company" => new.company = Some(companies::service::find_or_create_by_name(tx, &value)?),
        "emails" => new.emails = identities(&new.emails, &value),
        "phones" => new.phones = identities(&new.phones, &value),
        "language" => new.language = value,
        "time_zone" => new.time_zone = value,
        "source" => new.source = value,
        "address/street" => new.address.street = value,
        "address/postal_code" => new.address.postal_code = value,
        "address/city" => new.address.city = value,
        "address/region" => new.address.region = value,
        "address/country" => new.address.country = value,
        TAGS => new.tags = tags::split(&value),
        field => {
            let key = field.strip_prefix(CUSTOM).unwrap_or(field);
            let is_list = definitions.find(key).is_some_and(|definition| definition.kind == Kind::Choices);
            let texts = if is_list { tags::split(&value) } else { vec![value] };
            new.custom.insert(key.to_owned(), texts.into_iter().filter(|text| !text.trim().is_empty()).collect());
        }
    }
    Ok(())
}

/// The addresses or numbers of one line. Those that stay keep their label.
fn identities(before: &[NewIdentity], line: &str) -> Vec<NewIdentity> {
    let known =
        |value: String| before.iter().find(|old| old.value == value).cloned().unwrap_or(NewIdentity::new(value));
    tags::split(line).into_iter().map(known).collect()
}
