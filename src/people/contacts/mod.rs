//! People the workspace deals with: what a contact is, and which words it may hold.

pub mod api;
pub mod data_map;
mod duplicates;
mod edit;
pub(in crate::people) mod form;
pub mod inserter;
pub mod pages;
pub mod service;
mod store;
pub mod term;
#[cfg(test)]
mod tests;

use crate::clock::Timestamp;
use crate::error::FieldError;
use crate::id::{CompanyId, ContactId, MemberId};
use crate::module::RecordKind;
use crate::permission::{Action, Area, Permission};

use super::custom_fields::{CheckedValues, CustomValue, Typed};
use super::identities::{self, Identity, Kind, NewIdentity};
use super::places::{self, Address};
use super::record::Record;
use super::search::words::Words;
use super::tags;
use super::text::{Faults, sort_key};

/// A contact as it is.
#[derive(Debug, Clone)]
pub struct Contact {
    pub id: ContactId,
    pub version: i64,
    pub given_name: String,
    pub family_name: String,
    pub display_name: String,
    /// Somebody chose the display name; otherwise it follows the names.
    pub has_own_display: bool,
    pub job_title: String,
    pub company: Option<(CompanyId, String)>,
    /// Emails first, then phones, each in its order.
    pub identities: Vec<Identity>,
    pub address: Address,
    pub language: String,
    pub time_zone: String,
    pub owner: Option<MemberId>,
    pub tags: Vec<String>,
    /// Fields of the workspace's own, in their order.
    pub custom: Vec<CustomValue>,
    pub source: String,
    pub restricted: bool,
    pub last_activity_at: Option<Timestamp>,
    pub created_by: Option<MemberId>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub archived_at: Option<Timestamp>,
}

impl Contact {
    pub fn emails(&self) -> impl Iterator<Item = &Identity> {
        self.identities.iter().filter(|identity| identity.kind == Kind::Email)
    }

    pub fn phones(&self) -> impl Iterator<Item = &Identity> {
        self.identities.iter().filter(|identity| identity.kind == Kind::Phone)
    }

    /// The contact as what would make it: to change some of it and hand it to `service::update`.
    pub fn to_new(&self) -> NewContact {
        NewContact {
            given_name: self.given_name.clone(),
            family_name: self.family_name.clone(),
            display_name: if self.has_own_display { self.display_name.clone() } else { String::new() },
            job_title: self.job_title.clone(),
            company: self.company.as_ref().map(|(id, _)| *id),
            emails: self.emails().map(NewIdentity::from).collect(),
            phones: self.phones().map(NewIdentity::from).collect(),
            address: self.address.clone(),
            language: self.language.clone(),
            time_zone: self.time_zone.clone(),
            owner: self.owner,
            tags: self.tags.clone(),
            // What is not said stays as it is.
            custom: Typed::new(),
            source: self.source.clone(),
            came_back: false,
        }
    }
}

/// Everything about a contact that somebody can enter, as they entered it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewContact {
    pub given_name: String,
    pub family_name: String,
    /// Empty: made of the names, or of the first address when there are none.
    pub display_name: String,
    pub job_title: String,
    pub company: Option<CompanyId>,
    pub emails: Vec<NewIdentity>,
    pub phones: Vec<NewIdentity>,
    pub address: Address,
    pub language: String,
    pub time_zone: String,
    pub owner: Option<MemberId>,
    pub tags: Vec<String>,
    pub custom: Typed,
    /// Where the data came from: `manual`, `api`, `import`, or the workspace's own words.
    pub source: String,
    /// Whoever adds them says that they came back on their own, should they have been erased before.
    pub came_back: bool,
}

impl NewContact {
    /// Puts what stands in a field of another, by its name in the API, into this one.
    pub fn take(&mut self, field: &str, from: &NewContact) {
        match field {
            "given_name" => self.given_name.clone_from(&from.given_name),
            "family_name" => self.family_name.clone_from(&from.family_name),
            "display_name" => self.display_name.clone_from(&from.display_name),
            "job_title" => self.job_title.clone_from(&from.job_title),
            "company" => self.company = from.company,
            "emails" => self.emails.clone_from(&from.emails),
            "phones" => self.phones.clone_from(&from.phones),
            "address" => self.address.clone_from(&from.address),
            "language" => self.language.clone_from(&from.language),
            "time_zone" => self.time_zone.clone_from(&from.time_zone),
            "owner" => self.owner = from.owner,
            "tags" => self.tags.clone_from(&from.tags),
            _ => self.source.clone_from(&from.source),
        }
    }
}

/// A contact that keeps every rule but those that need the other records.
#[derive(Debug)]
pub(super) struct Checked {
    pub given_name: String,
    pub family_name: String,
    pub display_name: String,
    pub has_own_display: bool,
    pub job_title: String,
    pub company: Option<CompanyId>,
    pub identities: Vec<Identity>,
    pub address: Address,
    pub language: String,
    pub time_zone: String,
    pub owner: Option<MemberId>,
    pub tags: Vec<String>,
    pub custom: CheckedValues,
    pub source: String,
}

impl NewContact {
    /// Cleans and checks every field but the workspace's own, which `service::checked` asks the database about.
    /// `country` is where phone numbers without a country code are.
    pub(super) fn checked(&self, country: &str) -> Result<Checked, Vec<FieldError>> {
        let mut faults = Faults::default();
        let faults = &mut faults;
        let given_name = faults.line("given_name", "The given name", &self.given_name, 100);
        let family_name = faults.line("family_name", "The family name", &self.family_name, 100);
        let own_display = faults.line("display_name", "The name to show", &self.display_name, 200);
        let mut identities = identities::checked(faults, Kind::Email, &self.emails, country);
        identities.extend(identities::checked(faults, Kind::Phone, &self.phones, country));
        let made = format!("{given_name} {family_name}").trim().to_owned();
        let made = if made.is_empty() { identities.first().map(Identity::shown).unwrap_or_default() } else { made };
        if own_display.is_empty() && made.is_empty() && self.emails.is_empty() && self.phones.is_empty() {
            faults.add("given_name", "required", "Enter a name, an email address or a phone number.");
        }
        let checked = Checked {
            has_own_display: !own_display.is_empty() && own_display != made,
            display_name: if own_display.is_empty() { made } else { own_display },
            given_name,
            family_name,
            job_title: faults.line("job_title", "The job title", &self.job_title, 150),
            company: self.company,
            identities,
            address: self.address.checked(faults),
            language: places::language(faults, "language", &self.language),
            time_zone: places::time_zone(faults, "time_zone", &self.time_zone),
            owner: self.owner,
            tags: tags::checked(faults, &self.tags),
            custom: CheckedValues::default(),
            source: faults.line("source", "The source", &self.source, 100),
        };
        std::mem::take(faults).none_or(checked)
    }
}

impl Checked {
    fn sort_name(&self) -> String {
        sort_key(&self.display_name)
    }

    fn words(&self, company: &str) -> String {
        let names = [&*self.display_name, &*self.given_name, &*self.family_name];
        let own = self.custom.words();
        words(names, &self.identities, company, &self.job_title, &self.tags, own)
    }
}

/// The words search finds a contact by.
fn words<'v>(
    names: [&str; 3],
    identities: &[Identity],
    company: &str,
    job_title: &str,
    tags: &[String],
    custom: impl Iterator<Item = &'v str>,
) -> String {
    let mut words = Words::default();
    names.into_iter().for_each(|name| words.add(name));
    words.add_identities(identities);
    words.add(company);
    words.add(job_title);
    tags.iter().for_each(|tag| words.add(tag));
    custom.for_each(|text| words.add(text));
    words.text()
}

/// A contact, for what leads to records of any kind.
pub const RECORD: RecordKind = RecordKind {
    word: "contact",
    one: "contact",
    many: "contacts",
    needs: Permission::new(Action::View, Area::Contacts),
    path: |id| Record::Contact(ContactId(id)).path(),
    own: "/people/contacts?owner=me",
    find: |db, id| store::name_and_owner(db, ContactId(id)),
};
