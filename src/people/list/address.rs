//! The address of a list: what its query string says, and links that say something else.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::custom::{self, Reader, Sign};
use super::filter::Table;
use super::tree::{self, Group, json};
use super::{Cursor, Filter};
use crate::clock::Timestamp;
use crate::db::Db;
use crate::error::Error;
use crate::id::CompanyId;
use crate::people::custom_fields::Refusal;
use crate::people::search;
use crate::people::tags;
use crate::people::views::{self, Looker, SavedView};
use crate::visitor::Reach;

/// The query string of a list, as it came. An empty value is the same as none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "BTreeMap<String, String>")]
pub struct Address {
    pub q: String,
    pub tag: String,
    /// A member's id, or `me`.
    pub owner: String,
    pub company: String,
    pub source: String,
    /// `yes` or `no`.
    pub email: String,
    pub phone: String,
    /// Days, as `2026-11-17`.
    pub created_since: String,
    pub updated_since: String,
    /// `true` shows the archived ones.
    pub archived: String,
    pub sort: String,
    /// A tree of conditions, as JSON.
    pub filter: String,
    /// The number of a saved view. What `filter` and `sort` say stands above what the view says.
    pub view: String,
    /// `true` shows the form for conditions.
    pub build: String,
    pub cursor: String,
    /// The word of a message about what was just done; the frame reads it.
    pub done: String,
    /// On custom fields, by name: `custom/size`, `custom/size/from`, `custom/size/to`, `custom/size/has`.
    pub custom: BTreeMap<String, String>,
}

/// What the names of conditions on custom fields begin with.
pub(super) const CUSTOM: &str = "custom/";

impl TryFrom<BTreeMap<String, String>> for Address {
    type Error = String;

    fn try_from(parts: BTreeMap<String, String>) -> Result<Address, String> {
        let mut address = Address::default();
        for (name, value) in parts {
            let place = match name.as_str() {
                "q" => &mut address.q,
                "tag" => &mut address.tag,
                "owner" => &mut address.owner,
                "company" => &mut address.company,
                "source" => &mut address.source,
                "email" => &mut address.email,
                "phone" => &mut address.phone,
                "created_since" => &mut address.created_since,
                "updated_since" => &mut address.updated_since,
                "archived" => &mut address.archived,
                "sort" => &mut address.sort,
                "filter" => &mut address.filter,
                "view" => &mut address.view,
                "build" => &mut address.build,
                "cursor" => &mut address.cursor,
                "done" => &mut address.done,
                name if name.starts_with(CUSTOM) => address.custom.entry(name.to_owned()).or_default(),
                name => return Err(format!("unknown field `{name}`")),
            };
            *place = value;
        }
        Ok(address)
    }
}

impl Address {
    /// Every part that says something, except where in the list one is.
    pub fn parts(&self) -> Vec<(&str, &str)> {
        let all = [
            ("q", &self.q),
            ("tag", &self.tag),
            ("owner", &self.owner),
            ("company", &self.company),
            ("source", &self.source),
            ("email", &self.email),
            ("phone", &self.phone),
            ("created_since", &self.created_since),
            ("updated_since", &self.updated_since),
            ("archived", &self.archived),
            ("sort", &self.sort),
            ("filter", &self.filter),
            ("view", &self.view),
        ];
        let custom = self.custom.iter().map(|(name, value)| (name.as_str(), value));
        let all = all.into_iter().chain(custom).map(|(name, value)| (name, value.as_str()));
        all.filter(|(_, value)| !value.is_empty()).collect()
    }

    /// The link to this list with one part changed, from its beginning; an empty value takes the part away.
    pub fn with(&self, base: &str, name: &str, value: &str) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (known, old) in self.parts() {
            if known != name {
                query.append_pair(known, old);
            }
        }
        if !value.is_empty() {
            query.append_pair(name, value);
        }
        let query = query.finish();
        if query.is_empty() { base.to_owned() } else { format!("{base}?{query}") }
    }

    /// The link to another page of the list.
    pub fn at(&self, base: &str, cursor: &Cursor) -> String {
        self.with(base, "cursor", &cursor.encode())
    }

    /// Where the page begins. A cursor that cannot be read begins at the top.
    pub fn cursor(&self) -> Option<Cursor> {
        Cursor::decode(&self.cursor)
    }

    /// The view that is open, when the asker sees it.
    pub fn saved_view(&self, db: &Db, looker: &Looker) -> Result<Option<SavedView>, Error> {
        if self.view.is_empty() {
            return Ok(None);
        }
        let id = self.view.parse().map_err(|_| unreadable("view"))?;
        views::service::get(db, id, looker).map(Some)
    }

    /// The tree of conditions: that of the address, else that of the view.
    pub fn tree(&self, view: Option<&SavedView>) -> Result<Group, Error> {
        match (self.filter.as_str(), view) {
            ("", Some(view)) => Ok(view.filter.clone()),
            ("", None) => Ok(Group::default()),
            (text, _) => json::parse(text, "filter"),
        }
    }

    /// The conditions the address asks for, within `reach`. `None` when nothing can keep them: words
    /// without a letter, or a tag nobody made.
    pub fn filter(&self, db: &Db, table: &Table, reach: &Reach, looker: &Looker) -> Result<Option<Filter>, Error> {
        let view = self.saved_view(db, looker)?;
        if view.as_ref().is_some_and(|view| view.object != table.object) {
            return Err(Error::NotFound("view"));
        }
        self.narrowed(db, table, reach, looker, &self.tree(view.as_ref())?)
    }

    /// The same with this tree in the place of the address's own.
    pub(super) fn narrowed(
        &self,
        db: &Db,
        table: &Table,
        reach: &Reach,
        looker: &Looker,
        tree: &Group,
    ) -> Result<Option<Filter>, Error> {
        let (me, zone) = (looker.me(), &looker.asking.zone);
        let mut filter = Filter::within(reach);
        filter.archived = self.archived == "true";
        if !self.q.trim().is_empty() {
            let Some(matching) = search::matching(db, table.index, &self.q)? else { return Ok(None) };
            filter.matching = Some(matching);
        }
        if !self.tag.is_empty() {
            let Some(tag) = tags::service::find_by_name(db, &self.tag)? else { return Ok(None) };
            filter.tag = Some(tag);
        }
        filter.owner = match self.owner.as_str() {
            "" => None,
            "me" => Some(me),
            id => Some(id.parse().map_err(|_| unreadable("owner"))?),
        };
        if !self.company.is_empty() {
            filter.company = Some(self.company.parse::<CompanyId>().map_err(|_| unreadable("company"))?);
        }
        filter.source = (!self.source.is_empty()).then(|| self.source.clone());
        filter.has_email = yes_or_no(&self.email);
        filter.has_phone = yes_or_no(&self.phone);
        filter.created_from = day(&self.created_since, zone, "created_since")?;
        filter.updated_from = day(&self.updated_since, zone, "updated_since")?;
        if self.custom.values().any(|value| !value.trim().is_empty()) {
            let reader = Reader::load(db, table.object)?;
            for (name, value) in self.custom.iter().filter(|(_, value)| !value.trim().is_empty()) {
                let added =
                    read_custom(&reader, name, value, zone).and_then(|new| custom::add(&mut filter.custom, new));
                added.map_err(|(code, message)| Error::field(name.clone(), code, message))?;
            }
        }
        if !tree.of.is_empty() {
            filter.tree = Some(tree::read(db, table.object, tree, &looker.asking, "filter")?);
        }
        Ok(Some(filter))
    }
}

/// Reads a condition on a custom field by the name of its control.
fn read_custom(
    reader: &Reader,
    name: &str,
    value: &str,
    zone: &jiff::tz::TimeZone,
) -> Result<custom::CustomCondition, Refusal> {
    let name = name.strip_prefix(CUSTOM).unwrap_or(name);
    match name.split_once('/') {
        None => reader.comparison(name, Sign::Equal, value),
        Some((key, "from")) => reader.from(key, value, zone),
        Some((key, "to")) => reader.until(key, value, zone),
        Some((key, "has")) => match yes_or_no(value) {
            Some(wanted) => reader.presence(key, wanted),
            None => Err(("invalid_choice", "Choose yes or no.".into())),
        },
        Some(_) => Err(("unknown_field", format!("There is no condition {name} here."))),
    }
}

fn yes_or_no(word: &str) -> Option<bool> {
    match word {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    }
}

/// The first moment of a day where the reader is.
fn day(text: &str, zone: &jiff::tz::TimeZone, field: &'static str) -> Result<Option<Timestamp>, Error> {
    if text.is_empty() {
        return Ok(None);
    }
    let date: jiff::civil::Date = text.parse().map_err(|_| unreadable(field))?;
    let midnight = date.to_zoned(zone.clone()).map_err(|_| unreadable(field))?;
    Ok(Some(Timestamp(midnight.timestamp().as_millisecond())))
}

fn unreadable(field: &'static str) -> Error {
    Error::field(
        field,
        "unreadable",
        format!("The part {field} of the address cannot be read. Choose it in the list again."),
    )
}
