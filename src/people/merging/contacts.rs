//! Two contacts side by side, and the one they become.

use std::collections::BTreeSet;

use super::Pair;
use crate::people::contacts::{Contact, NewContact};
use crate::people::custom_fields::CustomValue;
use crate::people::identities::NewIdentity;

/// The fields in which one of two values stays.
const FIELDS: [(&str, &str); 9] = [
    ("given_name", "Given name"),
    ("family_name", "Family name"),
    ("display_name", "Name to show"),
    ("job_title", "Job title"),
    ("company", "Company"),
    ("address", "Postal address"),
    ("language", "Language"),
    ("time_zone", "Time zone"),
    ("source", "Source"),
];

/// The lines to choose from. Owners are named by the page, which knows the members.
pub fn pairs(one: &Contact, other: &Contact) -> Vec<Pair> {
    let usual = FIELDS.iter().map(|(field, label)| Pair {
        field: (*field).to_owned(),
        label: (*label).to_owned(),
        one: text(one, field),
        other: text(other, field),
    });
    usual.chain(own_fields(&one.custom, &other.custom)).collect()
}

fn text(contact: &Contact, field: &str) -> String {
    match field {
        "given_name" => contact.given_name.clone(),
        "family_name" => contact.family_name.clone(),
        "display_name" if contact.has_own_display => contact.display_name.clone(),
        "display_name" => String::new(),
        "job_title" => contact.job_title.clone(),
        "company" => contact.company.as_ref().map(|(_, name)| name.clone()).unwrap_or_default(),
        "address" => contact.address.lines().join(", "),
        "language" => contact.language.clone(),
        "time_zone" => contact.time_zone.clone(),
        _ => contact.source.clone(),
    }
}

/// The lines of fields that the workspace defined.
pub(super) fn own_fields(one: &[CustomValue], other: &[CustomValue]) -> Vec<Pair> {
    let shown = |values: &[CustomValue], key: &str| -> String {
        let of_key = values.iter().filter(|value| value.key == key);
        of_key.map(CustomValue::shown).collect::<Vec<_>>().join(", ")
    };
    let mut pairs: Vec<Pair> = Vec::new();
    for value in one.iter().chain(other).filter(|value| !value.is_archived) {
        let field = format!("custom/{}", value.key);
        if !pairs.iter().any(|pair| pair.field == field) {
            let (one, other) = (shown(one, &value.key), shown(other, &value.key));
            pairs.push(Pair { field, label: value.label.clone(), one, other });
        }
    }
    pairs
}

/// Puts the values of `other` for the chosen fields into the custom fields of what stays.
pub(super) fn take_own(
    into: &mut crate::people::custom_fields::Typed,
    one: &[CustomValue],
    other: &[CustomValue],
    takes: &BTreeSet<String>,
) {
    for value in other {
        let is_empty = !one.iter().any(|mine| mine.key == value.key);
        if is_empty || takes.contains(&format!("custom/{}", value.key)) {
            into.entry(value.key.clone()).or_default().push(value.value.clone());
        }
    }
    // A choice of the other's empty field empties the one that stays.
    for key in takes.iter().filter_map(|field| field.strip_prefix("custom/")) {
        if !other.iter().any(|value| value.key == key) {
            into.insert(key.to_owned(), Vec::new());
        }
    }
}

/// What stays: `one`, with the fields in `takes` from `other`, the other's value where its own is empty, and the
/// addresses, numbers and tags of both.
pub fn merged(one: &Contact, other: &Contact, takes: &BTreeSet<String>) -> NewContact {
    let mut new = one.to_new();
    let from = other.to_new();
    let takes_field = |field: &str| takes.contains(field) || text(one, field).is_empty();
    if takes_field("given_name") {
        new.given_name = from.given_name;
    }
    if takes_field("family_name") {
        new.family_name = from.family_name;
    }
    if takes_field("display_name") {
        new.display_name = from.display_name;
    }
    if takes_field("job_title") {
        new.job_title = from.job_title;
    }
    if takes_field("company") {
        new.company = from.company;
    }
    if takes_field("address") {
        new.address = from.address;
    }
    if takes_field("language") {
        new.language = from.language;
    }
    if takes_field("time_zone") {
        new.time_zone = from.time_zone;
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

/// Addresses of both, those of the one that stays first. Two records of a company may share one.
pub(super) fn add_identities(into: &mut Vec<NewIdentity>, more: Vec<NewIdentity>) {
    for mut identity in more {
        let same = |known: &NewIdentity| known.value.to_lowercase() == identity.value.to_lowercase();
        if !into.iter().any(same) {
            identity.is_primary &= into.is_empty();
            into.push(identity);
        }
    }
}
