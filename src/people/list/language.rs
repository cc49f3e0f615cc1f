//! The filter of the API: `tag:customer owner:5 archived:true created>2026-01-01 custom.size>=5`.
//!
//! Conditions are divided by spaces and all must hold; a value with spaces stands in quotation marks.

use std::collections::HashSet;

use super::custom::{self, CustomCondition, Reader, Sign};
use super::filter::{Filter, Table};
use super::tree::{self, Asking, json};
use crate::clock::Timestamp;
use crate::db::Db;
use crate::error::{Error, FieldError};
use crate::id::MemberId;
use crate::people::custom_fields::Refusal;
use crate::people::tags;

/// For the OpenAPI document.
pub const DESCRIPTION: &str = "Conditions divided by spaces; all must hold, each kind once. tag:customer, tag:\"key account\", owner:5, \
    owner:me, company:7, source:import, has:email, has:phone, no:email, no:phone, archived:true, created>2026-01-01, \
    created<2026-02-01, updated>2026-01-01T08:00:00Z. \
    For a field of your own: custom.KEY:value (choices by their label, a related record by its number, long texts by \
    their first 80 letters), has:custom.KEY, no:custom.KEY, and for numbers, amounts, dates and moments custom.KEY>5, >=, <, <=.";

/// Narrows `filter` by what `text` says; false when nothing can keep it, as with a tag nobody made.
///
/// Fails on the field `filter` with the part that is not understood.
pub fn apply(db: &Db, table: &Table, text: &str, me: MemberId, filter: &mut Filter) -> Result<bool, Error> {
    if text.trim_start().starts_with('{') {
        let tree = json::parse(text, "filter")?;
        let asking = Asking { me, zone: jiff::tz::TimeZone::UTC };
        filter.tree = Some(tree::read(db, table.object, &tree, &asking, "filter")?);
        return Ok(true);
    }
    let mut errors = Vec::new();
    let mut possible = true;
    let mut seen = HashSet::new();
    // Definitions are read where they are asked for.
    let reader = if text.contains(CUSTOM) { Some(Reader::load(db, table.object)?) } else { None };
    for part in parts(text) {
        let Some(at) = part.find([':', '>', '<']) else {
            errors.push(unknown(&part, "It needs a name and a value, like tag:customer."));
            continue;
        };
        let (name, sign, value) =
            (&part[..at], &part[at..=at], part[at + 1..].trim_start_matches('=').trim_matches('"'));
        // Each condition has one place: the second of a kind would quietly put the first aside.
        let kind = if matches!(name, "has" | "no") { value.to_owned() } else { format!("{name}{sign}") };
        if !seen.insert(kind) {
            errors.push(FieldError::new(
                "filter",
                "doubled_filter",
                format!("The part {part} says again what an earlier part says. Leave one of them out."),
            ));
            continue;
        }
        if let Some(reader) = reader.as_ref().filter(|_| name.starts_with(CUSTOM) || is_presence(name, value)) {
            let added = read_custom(reader, &part, at).and_then(|condition| custom::add(&mut filter.custom, condition));
            if let Err((code, why)) = added {
                errors.push(FieldError::new("filter", code, format!("The part {part} is not understood. {why}")));
            }
            continue;
        }
        let understood = match (name, sign) {
            ("tag", ":") => {
                filter.tag = tags::service::find_by_name(db, value)?;
                possible &= filter.tag.is_some();
                true
            }
            ("owner", ":") if value == "me" => {
                filter.owner = Some(me);
                true
            }
            ("owner", ":") => value.parse().map(|owner| filter.owner = Some(owner)).is_ok(),
            ("company", ":") if table.has_companies() => value.parse().map(|id| filter.company = Some(id)).is_ok(),
            ("source", ":") => {
                filter.source = Some(value.to_owned());
                true
            }
            ("archived", ":") => value.parse().map(|archived| filter.archived = archived).is_ok(),
            ("has" | "no", ":") => {
                let wanted = Some(name == "has");
                match value {
                    "email" => filter.has_email = wanted,
                    "phone" => filter.has_phone = wanted,
                    _ => {}
                }
                matches!(value, "email" | "phone")
            }
            ("created" | "updated", ">" | "<") => {
                let place = match (name, sign) {
                    ("created", ">") => &mut filter.created_from,
                    ("created", _) => &mut filter.created_until,
                    (_, ">") => &mut filter.updated_from,
                    _ => &mut filter.updated_until,
                };
                *place = moment(value);
                place.is_some()
            }
            _ => {
                errors.push(unknown(&part, "There is no condition of this name."));
                continue;
            }
        };
        if !understood {
            errors.push(unknown(&part, "The value cannot be read."));
        }
    }
    if errors.is_empty() { Ok(possible) } else { Err(Error::Invalid(errors)) }
}

/// What stands before the key of a custom field.
const CUSTOM: &str = "custom.";

fn is_presence(name: &str, value: &str) -> bool {
    matches!(name, "has" | "no") && value.starts_with(CUSTOM)
}

/// Reads `custom.size>=5` or `has:custom.size`; `at` is where the sign stands.
fn read_custom(reader: &Reader, part: &str, at: usize) -> Result<CustomCondition, Refusal> {
    let (name, rest) = part.split_at(at);
    let (sign, value) = match rest.as_bytes() {
        [b'>', b'=', ..] => (Sign::AtLeast, &rest[2..]),
        [b'>', ..] => (Sign::More, &rest[1..]),
        [b'<', b'=', ..] => (Sign::AtMost, &rest[2..]),
        [b'<', ..] => (Sign::Less, &rest[1..]),
        _ => (Sign::Equal, &rest[1..]),
    };
    let value = value.trim_matches('"');
    match (name.strip_prefix(CUSTOM), value.strip_prefix(CUSTOM)) {
        (Some(key), _) => reader.comparison(key, sign, value),
        (None, Some(key)) if sign == Sign::Equal => reader.presence(key, name == "has"),
        (None, _) => Err(("unknown_filter", "Write has:custom.KEY or no:custom.KEY.".into())),
    }
}

fn unknown(part: &str, why: &str) -> FieldError {
    FieldError::new("filter", "unknown_filter", format!("The part {part} is not understood. {why}"))
}

/// A day (its first moment in UTC) or a full moment.
fn moment(text: &str) -> Option<Timestamp> {
    Timestamp::parse(text).or_else(|| Timestamp::parse(&format!("{text}T00:00:00Z")))
}

/// Divides at spaces outside quotation marks.
pub fn parts(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut quoted = false;
    for c in text.chars() {
        match c {
            '"' => {
                quoted = !quoted;
                parts.last_mut().into_iter().for_each(|part| part.push(c));
            }
            c if c.is_whitespace() && !quoted => parts.push(String::new()),
            c => parts.last_mut().into_iter().for_each(|part| part.push(c)),
        }
    }
    parts.retain(|part| !part.is_empty());
    parts
}
