//! The columns of an exported table. Their headings are those an import maps by itself.

use crate::members::directory::Directory;
use crate::people::companies::Company;
use crate::people::contacts::Contact;
use crate::people::identities::Identity;
use crate::people::places::Address;

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

/// The cells of a contact, in the order of [`CONTACT`].
pub fn contact(contact: &Contact, directory: &Directory) -> Vec<String> {
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
        contact.owner.map(|owner| owner_email(directory, owner)).unwrap_or_default(),
        contact.tags.join("; "),
        contact.source.clone(),
        contact.created_at.rfc3339(),
        contact.updated_at.rfc3339(),
        contact.archived_at.map(|at| at.rfc3339()).unwrap_or_default(),
    ]);
    cells
}

/// The cells of a company, in the order of [`COMPANY`].
pub fn company(company: &Company, directory: &Directory) -> Vec<String> {
    let mut cells = vec![
        company.id.to_string(),
        company.name.clone(),
        company.domain.clone(),
        values(company.emails()),
        values(company.phones()),
    ];
    cells.extend(address(&company.address));
    cells.extend([
        company.owner.map(|owner| owner_email(directory, owner)).unwrap_or_default(),
        company.tags.join("; "),
        company.source.clone(),
        company.created_at.rfc3339(),
        company.updated_at.rfc3339(),
        company.archived_at.map(|at| at.rfc3339()).unwrap_or_default(),
    ]);
    cells
}

fn address(address: &Address) -> [String; 5] {
    let Address { street, postal_code, city, region, country } = address.clone();
    [street, postal_code, city, region, country]
}

/// Addresses as they were typed, numbers in E.164: nothing else is read the same everywhere.
fn values<'i>(list: impl Iterator<Item = &'i Identity>) -> String {
    let values = list.map(|identity| match identity.kind {
        crate::people::identities::Kind::Email => identity.value.clone(),
        crate::people::identities::Kind::Phone => identity.normalised.clone(),
    });
    values.collect::<Vec<_>>().join("; ")
}

fn owner_email(directory: &Directory, owner: crate::id::MemberId) -> String {
    directory.find(owner).map(|person| person.email.clone()).unwrap_or_default()
}
