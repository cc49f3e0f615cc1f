//! Two companies side by side, and the one they become.

use std::collections::BTreeSet;

use super::Pair;
use super::contacts::{add_identities, own_fields, take_own};
use crate::people::companies::{Company, NewCompany};

const FIELDS: [(&str, &str); 4] =
    [("name", "Name"), ("domain", "Domain"), ("address", "Postal address"), ("source", "Source")];

/// The lines to choose from. Owners are named by the page, which knows the members.
pub fn pairs(one: &Company, other: &Company) -> Vec<Pair> {
    let usual = FIELDS.iter().map(|(field, label)| Pair {
        field: (*field).to_owned(),
        label: (*label).to_owned(),
        one: text(one, field),
        other: text(other, field),
    });
    usual.chain(own_fields(&one.custom, &other.custom)).collect()
}

fn text(company: &Company, field: &str) -> String {
    match field {
        "name" => company.name.clone(),
        "domain" => company.domain.clone(),
        "address" => company.address.lines().join(", "),
        _ => company.source.clone(),
    }
}

/// See the same of contacts.
pub fn merged(one: &Company, other: &Company, takes: &BTreeSet<String>) -> NewCompany {
    let mut new = one.to_new();
    let from = other.to_new();
    let takes_field = |field: &str| takes.contains(field) || text(one, field).is_empty();
    if takes_field("name") {
        new.name = from.name;
    }
    if takes_field("domain") {
        new.domain = from.domain;
    }
    if takes_field("address") {
        new.address = from.address;
    }
    if takes_field("source") {
        new.source = from.source;
    }
    if takes.contains("owner") || new.owner.is_none() {
        new.owner = from.owner;
    }
    add_identities(&mut new.emails, from.emails);
    add_identities(&mut new.phones, from.phones);
    new.tags.extend(from.tags);
    take_own(&mut new.custom, &one.custom, &other.custom, takes);
    new
}
