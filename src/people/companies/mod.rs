//! Organisations that contacts belong to.

pub mod api;
pub mod data_map;
mod edit;
pub(in crate::people) mod form;
pub mod pages;
mod reference;
pub mod service;
mod store;

pub use reference::Reach;

use crate::clock::Timestamp;
use crate::error::FieldError;
use crate::id::{CompanyId, MemberId};
use crate::module::RecordKind;
use crate::permission::{Action, Area, Permission};

use super::custom_fields::{CheckedValues, CustomValue, Typed};
use super::identities::{self, Identity, Kind, NewIdentity};
use super::places::Address;
use super::record::Record;
use super::search::words::Words;
use super::text::{Faults, sort_key};
use super::{email, tags};

/// A company as it is.
#[derive(Debug, Clone)]
pub struct Company {
    pub id: CompanyId,
    pub version: i64,
    pub name: String,
    /// Lower case, punycode; empty when nobody has entered one.
    pub domain: String,
    /// Emails first, then phones, each in its order.
    pub identities: Vec<Identity>,
    pub address: Address,
    pub owner: Option<MemberId>,
    pub tags: Vec<String>,
    /// Fields of the workspace's own, in their order.
    pub custom: Vec<CustomValue>,
    pub source: String,
    pub created_by: Option<MemberId>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub archived_at: Option<Timestamp>,
}

impl Company {
    pub fn emails(&self) -> impl Iterator<Item = &Identity> {
        self.identities.iter().filter(|identity| identity.kind == Kind::Email)
    }

    pub fn phones(&self) -> impl Iterator<Item = &Identity> {
        self.identities.iter().filter(|identity| identity.kind == Kind::Phone)
    }

    /// The company as what would make it: to change some of it and hand it to `service::update`.
    pub fn to_new(&self) -> NewCompany {
        NewCompany {
            name: self.name.clone(),
            domain: self.domain.clone(),
            emails: self.emails().map(NewIdentity::from).collect(),
            phones: self.phones().map(NewIdentity::from).collect(),
            address: self.address.clone(),
            owner: self.owner,
            tags: self.tags.clone(),
            // What is not said stays as it is.
            custom: Typed::new(),
            source: self.source.clone(),
        }
    }
}

/// Everything about a company that somebody can enter, as they entered it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewCompany {
    pub name: String,
    /// A bare domain, or a web address to take it from.
    pub domain: String,
    pub emails: Vec<NewIdentity>,
    pub phones: Vec<NewIdentity>,
    pub address: Address,
    pub owner: Option<MemberId>,
    pub tags: Vec<String>,
    pub custom: Typed,
    /// Where the data came from: `manual`, `api`, `import`, or the workspace's own words.
    pub source: String,
}

impl NewCompany {
    /// Puts what stands in a field of another, by its name in the API, into this one.
    pub fn take(&mut self, field: &str, from: &NewCompany) {
        match field {
            "name" => self.name.clone_from(&from.name),
            "domain" => self.domain.clone_from(&from.domain),
            "emails" => self.emails.clone_from(&from.emails),
            "phones" => self.phones.clone_from(&from.phones),
            "address" => self.address.clone_from(&from.address),
            "owner" => self.owner = from.owner,
            "tags" => self.tags.clone_from(&from.tags),
            _ => self.source.clone_from(&from.source),
        }
    }
}

/// A company that keeps every rule.
#[derive(Debug)]
pub(super) struct Checked {
    pub name: String,
    pub domain: String,
    pub identities: Vec<Identity>,
    pub address: Address,
    pub owner: Option<MemberId>,
    pub tags: Vec<String>,
    pub custom: CheckedValues,
    pub source: String,
}

impl NewCompany {
    /// Cleans and checks every field but the workspace's own, which `service::checked` asks the database about.
    /// `country` is where phone numbers without a country code are.
    pub(super) fn checked(&self, country: &str) -> Result<Checked, Vec<FieldError>> {
        let mut faults = Faults::default();
        let name = faults.line("name", "The name", &self.name, 200);
        if name.is_empty() {
            faults.add("name", "required", "Enter the name of the company.");
        }
        let domain = faults.line("domain", "The domain", &self.domain, 253);
        let domain = if domain.is_empty() {
            domain
        } else {
            email::domain_of(&domain).unwrap_or_else(|| {
                faults.add("domain", "invalid_domain", "Enter a domain with a dot, like example.org.");
                domain
            })
        };
        let mut identities = identities::checked(&mut faults, Kind::Email, &self.emails, country);
        identities.extend(identities::checked(&mut faults, Kind::Phone, &self.phones, country));
        let checked = Checked {
            name,
            domain,
            identities,
            address: self.address.checked(&mut faults),
            owner: self.owner,
            tags: tags::checked(&mut faults, &self.tags),
            custom: CheckedValues::default(),
            source: faults.line("source", "The source", &self.source, 100),
        };
        faults.none_or(checked)
    }
}

impl Checked {
    fn sort_name(&self) -> String {
        sort_key(&self.name)
    }

    fn words(&self) -> String {
        words(&self.name, &self.domain, &self.identities, &self.tags, self.custom.words())
    }
}

/// The words search finds a company by.
fn words<'v>(
    name: &str,
    domain: &str,
    identities: &[Identity],
    tags: &[String],
    custom: impl Iterator<Item = &'v str>,
) -> String {
    let mut words = Words::default();
    words.add(name);
    words.add_address(domain);
    words.add_identities(identities);
    tags.iter().for_each(|tag| words.add(tag));
    custom.for_each(|text| words.add(text));
    words.text()
}

/// A company, for what leads to records of any kind.
pub const RECORD: RecordKind = RecordKind {
    word: "company",
    one: "company",
    many: "companies",
    needs: Permission::new(Action::View, Area::Companies),
    path: |id| Record::Company(CompanyId(id)).path(),
    own: "/people/companies?owner=me",
    find: |db, id| store::name_and_owner(db, CompanyId(id)),
};
