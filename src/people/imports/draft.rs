//! From a row to what it would make: the text of each column in its field.

use std::collections::HashSet;

use csv::StringRecord;

use super::{Import, Mapping};
use crate::people::contacts::{Contact, NewContact};
use crate::people::custom_fields::{CustomField, Definitions, Kind, Typed};
use crate::people::exports::cell;
use crate::people::identities::NewIdentity;
use crate::people::places::Address;
use crate::people::text::fold;

/// A row of a file of contacts, before any rule is asked.
#[derive(Debug, Default)]
pub struct Draft {
    pub new: NewContact,
    /// The company's name; it is found or made when the row is written.
    pub company: String,
    /// The email address of a member.
    pub owner: String,
    pub note: String,
}

/// What stands between several values in one cell.
const MANY: [char; 3] = [';', '|', '\n'];
/// What the workspace's own fields begin with.
pub const OWN: &str = "custom/";

/// Reads a row by the mapping. What is empty stays empty.
pub fn contact(fields: &StringRecord, mapping: &Mapping, definitions: &Definitions) -> Draft {
    let mut draft = Draft::default();
    let has_parts = mapping.values().any(|key| key == "given_name" || key == "family_name");
    for (position, key) in mapping {
        let text = cell::plain(fields.get(*position).unwrap_or("").trim());
        if text.is_empty() {
            continue;
        }
        let new = &mut draft.new;
        match key.as_str() {
            "given_name" => new.given_name = text.to_owned(),
            "family_name" => new.family_name = text.to_owned(),
            // Beside parts of a name it is what to show; alone it is where the parts come from.
            "display_name" if has_parts => new.display_name = text.to_owned(),
            "display_name" => name_parts(new, text),
            "email" => new.emails.extend(several(text).map(labelled)),
            "phone" => new.phones.extend(several(text).map(labelled)),
            "job_title" => new.job_title = text.to_owned(),
            "language" => new.language = text.to_owned(),
            "time_zone" => new.time_zone = text.to_owned(),
            "source" => new.source = text.to_owned(),
            "tags" => new.tags.extend(tags(text)),
            "company" => draft.company = text.to_owned(),
            "owner" => draft.owner = text.to_owned(),
            "note" => draft.note = text.to_owned(),
            key if key.starts_with(OWN) => own_field(&mut new.custom, key, text, definitions),
            key => address(&mut new.address, key, text),
        }
    }
    doubles_out(&mut draft.new.emails);
    doubles_out(&mut draft.new.phones);
    draft
}

/// The text of a cell in one of the workspace's own fields; several where the field takes several.
pub fn own_field(typed: &mut Typed, place: &str, text: &str, definitions: &Definitions) {
    let key = place.trim_start_matches(OWN);
    let texts = match definitions.find(key) {
        Some(field) if field.kind == Kind::Choices => choices(field, text),
        _ => vec![text.to_owned()],
    };
    typed.insert(key.to_owned(), texts);
}

/// Several choices of one cell. A semicolon is in no choice, a bar may be: so it divides only what is none.
fn choices(field: &CustomField, text: &str) -> Vec<String> {
    let is_choice = |part: &str| field.choices.iter().any(|choice| fold(&choice.label) == fold(part));
    let mut texts = Vec::new();
    for part in text.split(';').map(str::trim) {
        if is_choice(part) {
            texts.push(part);
        } else {
            texts.extend(part.split('|').map(str::trim));
        }
    }
    texts.into_iter().filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// The parts of an address, which contacts and companies share.
pub fn address(address: &mut Address, key: &str, text: &str) {
    match key {
        "street" => address.street = text.to_owned(),
        "postal_code" => address.postal_code = text.to_owned(),
        "city" => address.city = text.to_owned(),
        "region" => address.region = text.to_owned(),
        "country" => address.country = text.to_owned(),
        _ => {}
    }
}

/// Several values of one cell.
pub fn several(text: &str) -> impl Iterator<Item = &str> {
    text.split(MANY)
        .flat_map(|part| part.split(" ::: "))
        .map(|part| cell::plain(part.trim()))
        .filter(|part| !part.is_empty())
}

/// An address or number; `work: ana@example.com` has its label before it.
pub fn labelled(text: &str) -> NewIdentity {
    let is_label = |label: &str| label.len() <= 40 && !label.contains(|c: char| c == '@' || c.is_ascii_digit());
    match text.split_once(": ") {
        Some((label, value)) if is_label(label) => {
            NewIdentity { label: label.trim().to_owned(), ..NewIdentity::new(value.trim()) }
        }
        _ => NewIdentity::new(text),
    }
}

/// Tags of one cell: commas divide them too. Address books mark groups of their own with an asterisk, and put
/// everybody into one of them.
pub fn tags(text: &str) -> impl Iterator<Item = String> + '_ {
    several(text)
        .flat_map(|part| part.split(','))
        .map(str::trim)
        .filter(|tag| !tag.is_empty() && *tag != "* myContacts")
        .map(|tag| tag.trim_start_matches("* ").to_owned())
}

/// A whole name is cut at its comma, else at its last space.
fn name_parts(new: &mut NewContact, name: &str) {
    if let Some((family, given)) = name.split_once(',') {
        (new.given_name, new.family_name) = (given.trim().to_owned(), family.trim().to_owned());
    } else if let Some((given, family)) = name.rsplit_once(char::is_whitespace) {
        (new.given_name, new.family_name) = (given.trim().to_owned(), family.trim().to_owned());
    } else {
        new.given_name = name.to_owned();
    }
}

/// Exports repeat an address in several columns; that is no fault of the row.
pub fn doubles_out(list: &mut Vec<NewIdentity>) {
    let mut seen = HashSet::new();
    list.retain(|identity| seen.insert(identity.value.to_lowercase()));
}

/// A known contact with what the row says put over it. An empty cell changes nothing; addresses, numbers and tags are added.
pub fn merged(known: &Contact, draft: &Draft, import: &Import) -> NewContact {
    let mut merged = known.to_new();
    let new = &draft.new;
    let is_mapped = |key: &str| import.mapping.values().any(|mapped| mapped == key);
    for (into, from) in [
        (&mut merged.given_name, &new.given_name),
        (&mut merged.family_name, &new.family_name),
        (&mut merged.job_title, &new.job_title),
        (&mut merged.language, &new.language),
        (&mut merged.time_zone, &new.time_zone),
    ] {
        if !from.is_empty() {
            into.clone_from(from);
        }
    }
    put_over(&mut merged.address, &new.address);
    if is_mapped("source") && !new.source.is_empty() {
        merged.source.clone_from(&new.source);
    }
    if new.company.is_some() {
        merged.company = new.company;
    }
    if is_mapped("owner") && new.owner.is_some() {
        merged.owner = new.owner;
    }
    merged.emails.extend(missing(&merged.emails, &new.emails));
    merged.phones.extend(missing(&merged.phones, &new.phones));
    add_tags(&mut merged.tags, &new.tags);
    merged.custom.clone_from(&new.custom);
    merged
}

/// Puts the parts of an address that a row has over those that are known.
pub fn put_over(known: &mut Address, new: &Address) {
    for (into, from) in [
        (&mut known.street, &new.street),
        (&mut known.postal_code, &new.postal_code),
        (&mut known.city, &new.city),
        (&mut known.region, &new.region),
        (&mut known.country, &new.country),
    ] {
        if !from.is_empty() {
            into.clone_from(from);
        }
    }
}

/// Adds the tags that are not there in any case.
pub fn add_tags(known: &mut Vec<String>, new: &[String]) {
    for tag in new {
        if !known.iter().any(|known| known.to_lowercase() == tag.to_lowercase()) {
            known.push(tag.clone());
        }
    }
}

/// The addresses or numbers that are not known yet.
pub fn missing(known: &[NewIdentity], new: &[NewIdentity]) -> Vec<NewIdentity> {
    let is_known =
        |identity: &&NewIdentity| known.iter().any(|other| other.value.to_lowercase() == identity.value.to_lowercase());
    new.iter().filter(|identity| !is_known(identity)).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_become_fields() {
        let mapping = Mapping::from([
            (0, "display_name".into()),
            (1, "email".into()),
            (2, "email".into()),
            (3, "tags".into()),
            (4, "city".into()),
        ]);
        let row = StringRecord::from(vec![
            "Ana María Ruiz",
            "ana@x.example; a2@x.example",
            "ANA@x.example",
            "vip, north ::: * myContacts ::: * starred",
            " Oslo ",
        ]);
        let none = Definitions { fields: Vec::new() };
        let draft = contact(&row, &mapping, &none);
        assert_eq!((draft.new.given_name.as_str(), draft.new.family_name.as_str()), ("Ana María", "Ruiz"));
        assert_eq!(
            draft.new.emails.iter().map(|e| e.value.as_str()).collect::<Vec<_>>(),
            ["ana@x.example", "a2@x.example"]
        );
        assert_eq!(draft.new.tags, ["vip", "north", "starred"]);
        assert_eq!(draft.new.address.city, "Oslo");
        let labelled = labelled("work: ana@x.example");
        assert_eq!((labelled.label.as_str(), labelled.value.as_str()), ("work", "ana@x.example"));
        let row = StringRecord::from(vec!["Ruiz, Ana"]);
        assert_eq!(contact(&row, &mapping, &none).new.given_name, "Ana");
    }
}
