//! From a row to what it would make: the text of each column in its field.

use std::collections::HashSet;

use csv::StringRecord;

use super::Import;
use super::consents;
use super::fields::{Fields, OWN};
use super::plan::Plan;
use super::treatment::{Names, Separator};
use crate::people::companies::NewCompany;
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
    /// What else the row says about the company; its name is `company`.
    pub beside: NewCompany,
    /// The email address of a member.
    pub owner: String,
    pub note: String,
    /// Addresses that a contact has no room for: they go into the note of a new one.
    further: Vec<Address>,
}

impl Draft {
    /// The row says more about the company than its name.
    pub fn has_beside(&self) -> bool {
        self.beside != NewCompany::default()
    }

    /// The note of a new contact.
    pub fn full_note(&self) -> String {
        let further = self.further.iter().map(|address| format!("Further address: {}", address_line(address)));
        let note = Some(self.note.clone()).filter(|note| !note.is_empty());
        note.into_iter().chain(further).collect::<Vec<_>>().join("\n\n")
    }
}

fn address_line(address: &Address) -> String {
    let street = address.street.replace('\n', ", ");
    let town = format!("{} {}", address.postal_code, address.city).trim().to_owned();
    let parts = [street, town, address.region.clone(), address.country.clone()];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
}

/// What stands between several values in one cell.
const MANY: [char; 3] = [';', '|', '\n'];

/// Reads a row by the plan. What is empty stays empty.
pub fn contact(fields: &StringRecord, plan: &Plan, known: &Fields) -> Draft {
    let mut draft = Draft::default();
    let mapping = &plan.mapping;
    let has_parts = mapping.values().any(|key| key == "given_name" || key == "family_name");
    // The usual address, the one at home, the other one: the first that has anything is the contact's.
    let mut addresses = [Address::default(), Address::default(), Address::default()];
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
            "display_name" => name_parts(new, text, plan.names(*position)),
            "email" => new.emails.extend(identities(fields, plan, *position, text)),
            "phone" => new.phones.extend(identities(fields, plan, *position, text)),
            "job_title" => new.job_title = text.to_owned(),
            "language" => new.language = text.to_owned(),
            "time_zone" => new.time_zone = text.to_owned(),
            "source" => new.source = text.to_owned(),
            "tags" => new.tags.extend(tags(text, plan.separator(*position))),
            "company" => draft.company = text.to_owned(),
            "owner" => draft.owner = text.to_owned(),
            "note" => draft.note = text.to_owned(),
            // Read by `consents`, once the rest of the row holds.
            key if key.starts_with(consents::PLACE) => {}
            key if key.starts_with(OWN) => own_field(&mut new.custom, key, text, &known.own),
            key => match key.split_once('/') {
                Some((_, key)) => beside(&mut draft.beside, fields, plan, known, (*position, key), text),
                None => match key.split_once('_').filter(|(place, _)| matches!(*place, "home" | "other")) {
                    Some(("home", key)) => address(&mut addresses[1], key, text),
                    Some((_, key)) => address(&mut addresses[2], key, text),
                    None => address(&mut addresses[0], key, text),
                },
            },
        }
    }
    let mut used = addresses.into_iter().filter(|address| !address.is_empty());
    draft.new.address = used.next().unwrap_or_default();
    draft.further = used.filter(|address| *address != draft.new.address).collect();
    doubles_out(&mut draft.new.emails);
    doubles_out(&mut draft.new.phones);
    draft
}

/// A cell about the company beside a person.
fn beside(
    company: &mut NewCompany,
    fields: &StringRecord,
    plan: &Plan,
    known: &Fields,
    (position, key): (usize, &str),
    text: &str,
) {
    match key {
        "domain" => company.domain = text.to_owned(),
        "email" => company.emails.extend(identities(fields, plan, position, text)),
        "phone" => company.phones.extend(identities(fields, plan, position, text)),
        "tags" => company.tags.extend(tags(text, plan.separator(position))),
        key if key.starts_with(OWN) => {
            if let Some(definitions) = &known.company {
                own_field(&mut company.custom, key, text, definitions);
            }
        }
        key => address(&mut company.address, key, text),
    }
}

/// The addresses or numbers of a cell, each with its kind where a column beside it says so.
pub fn identities(fields: &StringRecord, plan: &Plan, position: usize, text: &str) -> Vec<NewIdentity> {
    let kind = plan.label(position).map(|at| cell::plain(fields.get(at).unwrap_or("").trim()));
    let kind = kind.unwrap_or("").trim_start_matches("* ").to_lowercase();
    let mut found: Vec<NewIdentity> = match plan.separator(position).character() {
        None => several(text).map(labelled).collect(),
        Some(divider) => text.split(divider).flat_map(several).map(labelled).collect(),
    };
    for identity in found.iter_mut().filter(|identity| identity.label.is_empty()) {
        identity.label.clone_from(&kind);
    }
    found
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

/// Tags of one cell: commas divide them too, unless somebody said what does. Address books mark groups of their own
/// with an asterisk, and put everybody into one of them.
pub fn tags(text: &str, separator: Separator) -> Vec<String> {
    let parts: Vec<&str> = match separator.character() {
        Some(divider) => text.split(divider).collect(),
        None => several(text).flat_map(|part| part.split(',')).collect(),
    };
    let tags = parts.into_iter().map(str::trim).filter(|tag| !tag.is_empty() && *tag != "* myContacts");
    tags.map(|tag| tag.trim_start_matches("* ").to_owned()).collect()
}

/// A whole name is cut at its comma, else at its last space, or at its first where the family's name comes first.
fn name_parts(new: &mut NewContact, name: &str, order: Names) {
    let cut = match order {
        Names::Whole => None,
        _ if name.contains(',') => name.split_once(',').map(|(family, given)| (given, family)),
        Names::FamilyFirst => name.split_once(char::is_whitespace).map(|(family, given)| (given, family)),
        Names::FamilyLast => name.rsplit_once(char::is_whitespace),
    };
    match cut {
        Some((given, family)) => {
            (new.given_name, new.family_name) = (given.trim().to_owned(), family.trim().to_owned());
        }
        None => new.given_name = name.to_owned(),
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
    use crate::people::imports::Mapping;
    use crate::people::imports::treatment::{Treatment, Treatments};
    use crate::people::record::Object;

    fn read(cells: &[&str], keys: &[&str], treatments: &Treatments) -> Draft {
        let none = || Definitions { fields: Vec::new() };
        let fields = Fields { object: Object::Contact, own: none(), company: Some(none()), purposes: Vec::new() };
        let mapping: Mapping = keys.iter().enumerate().map(|(at, key)| (at, (*key).to_owned())).collect();
        let columns: Vec<String> = keys.iter().map(|key| (*key).to_owned()).collect();
        let plan = Plan::new(&fields, &mapping, treatments, &columns);
        contact(&StringRecord::from(cells.to_vec()), &plan, &fields)
    }

    #[test]
    fn cells_become_fields() {
        let keys = ["display_name", "email", "email", "tags", "city"];
        let row = [
            "Ana María Ruiz",
            "ana@x.example; a2@x.example",
            "ANA@x.example",
            "vip, north ::: * myContacts ::: * starred",
            " Oslo ",
        ];
        let draft = read(&row, &keys, &Treatments::new());
        assert_eq!((draft.new.given_name.as_str(), draft.new.family_name.as_str()), ("Ana María", "Ruiz"));
        assert_eq!(
            draft.new.emails.iter().map(|e| e.value.as_str()).collect::<Vec<_>>(),
            ["ana@x.example", "a2@x.example"]
        );
        assert_eq!(draft.new.tags, ["vip", "north", "starred"]);
        assert_eq!(draft.new.address.city, "Oslo");
        let labelled = labelled("work: ana@x.example");
        assert_eq!((labelled.label.as_str(), labelled.value.as_str()), ("work", "ana@x.example"));
        assert_eq!(read(&["Ruiz, Ana"], &keys, &Treatments::new()).new.given_name, "Ana");
        let first = Treatment { names: Names::FamilyFirst, ..Treatment::default() };
        let draft = read(&["Ruiz Ana María"], &keys, &Treatments::from([(0, first)]));
        assert_eq!((draft.new.given_name.as_str(), draft.new.family_name.as_str()), ("Ana María", "Ruiz"));
    }

    #[test]
    fn a_row_holds_a_person_and_their_company() {
        let keys =
            ["email_label", "email", "company", "company/domain", "company/phone", "city", "home_city", "other_city"];
        let row = [
            "* Work",
            "ana@x.example ::: b@x.example",
            "Faro",
            "faro.example",
            "+44 1632 960111",
            "",
            "Oslo",
            "Bergen",
        ];
        let draft = read(&row, &keys, &Treatments::new());
        assert_eq!(draft.new.emails.iter().map(|email| email.label.as_str()).collect::<Vec<_>>(), ["work", "work"]);
        assert_eq!((draft.company.as_str(), draft.beside.domain.as_str()), ("Faro", "faro.example"));
        assert_eq!((draft.beside.phones.len(), draft.has_beside()), (1, true));
        assert_eq!((draft.new.address.city.as_str(), draft.full_note().as_str()), ("Oslo", "Further address: Bergen"));
    }

    #[test]
    fn tags_are_divided_by_what_was_said() {
        let slash = Treatment { separator: Separator::Slash, ..Treatment::default() };
        let draft = read(&["one, two/three"], &["tags"], &Treatments::from([(0, slash)]));
        assert_eq!(draft.new.tags, ["one, two", "three"]);
    }
}
