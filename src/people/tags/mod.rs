//! Words that members hang on contacts and companies.

pub mod api;
pub mod pages;
pub mod service;
mod store;

use crate::clock::Timestamp;
use crate::error::Error;
use crate::id::TagId;
use crate::permission::{Action, Area, Level};
use crate::web::Request;

use super::text::Faults;

/// Letters a tag may have.
const LETTERS: usize = 50;
/// Tags a record may have.
const MOST: usize = 50;

/// A tag and how many records carry it.
#[derive(Debug, Clone)]
pub struct Tag {
    pub id: TagId,
    pub version: i64,
    pub name: String,
    pub contacts: i64,
    pub companies: i64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// A tag lies on records of everybody: changing it takes the right to change them all.
fn demand_all(request: &Request) -> Result<(), Error> {
    let all = [Area::Contacts, Area::Companies].iter().all(|area| request.level(Action::Edit, *area) == Level::All);
    if all { Ok(()) } else { Err(Error::Forbidden) }
}

/// Cleans a list of names; the same tag given twice counts once.
pub(super) fn checked(faults: &mut Faults, names: &[String]) -> Vec<String> {
    if names.len() > MOST {
        faults.add("tags", "too_many", format!("{MOST} tags are the most a record can have."));
        return Vec::new();
    }
    let mut tags: Vec<String> = Vec::with_capacity(names.len());
    for (index, name) in names.iter().enumerate() {
        let tag = checked_name(faults, format!("tags/{index}"), name);
        if !tags.iter().any(|known| key(known) == key(&tag)) {
            tags.push(tag);
        }
    }
    // In the order in which they are read again, so that what search knows of a record does not depend on who typed.
    tags.sort_by_cached_key(|tag| key(tag));
    tags
}

/// Cleans one name. A comma divides tags where several are typed, so a tag cannot hold one.
fn checked_name(faults: &mut Faults, field: impl Into<std::borrow::Cow<'static, str>>, name: &str) -> String {
    let field = field.into();
    let tag = faults.line(field.clone(), "The tag", name, LETTERS);
    if tag.is_empty() {
        faults.add(field, "required", "Enter the tag.");
    } else if tag.contains(',') {
        faults.add(field, "has_comma", "A tag cannot hold a comma. Enter two tags, or leave the comma out.");
    }
    tag
}

/// What makes two tags the same: their letters, in any case.
fn key(name: &str) -> String {
    name.to_lowercase()
}

/// True when two records carry the same tags, in any order.
pub(super) fn are_same(one: &[String], other: &[String]) -> bool {
    let keys = |tags: &[String]| -> Vec<String> {
        let mut keys: Vec<String> = tags.iter().map(|tag| key(tag)).collect();
        keys.sort_unstable();
        keys
    };
    keys(one) == keys(other)
}

/// Takes tags apart that were typed into one line.
pub fn split(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|tag| !tag.is_empty()).map(str::to_owned).collect()
}
