//! Lists of records: in which order, from where on, narrowed by what. One machinery for every module.
//!
//! A list never counts off rows it does not show: it goes on from the last row of the page before
//! (keyset), so the thousandth page costs what the first does.

pub(in crate::people) mod absorbing;
pub mod address;
pub mod api;
pub(in crate::people) mod builder;
pub mod bulk;
pub mod columns;
mod control;
mod custom;
pub mod filter;
mod headings;
pub mod language;
mod narrowing;
mod query;
mod saying;
pub mod shape;
pub mod tree;
pub mod view;

#[cfg(test)]
mod tests;

use rusqlite::ToSql;
use rusqlite::types::{Null, ToSqlOutput};

use crate::id::CustomFieldId;
use crate::permission::words;

pub use filter::Filter;
pub use query::{Page, count, count_within, page};

words! {
    /// By what a list is sorted.
    SortKey {
        Name = "name",
        Company = "company",
        Created = "created_at",
        Updated = "updated_at",
        Activity = "last_activity_at",
    }
}

/// What decides the order: a part that every record has, or a field that the workspace defined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SortBy {
    Key(SortKey),
    Field(CustomFieldId),
}

/// A direction and what decides: `-updated_at` is newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sort {
    pub by: SortBy,
    pub descending: bool,
}

impl Sort {
    pub const fn up(key: SortKey) -> Sort {
        Sort { by: SortBy::Key(key), descending: false }
    }

    pub const fn down(key: SortKey) -> Sort {
        Sort { by: SortBy::Key(key), descending: true }
    }

    /// Reads `name` or `-updated_at`. Custom fields are read by who knows their definitions.
    pub fn parse(text: &str) -> Option<Sort> {
        let (word, descending) = text.strip_prefix('-').map_or((text, false), |word| (word, true));
        SortKey::from_word(word).map(|key| Sort { by: SortBy::Key(key), descending })
    }
}

/// How many records a list has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counted {
    pub number: i64,
    /// There may be more: counting stopped.
    pub is_floor: bool,
}

/// Where a page begins: behind (or before) the row of this key.
#[derive(Debug, Clone, PartialEq)]
pub struct Cursor {
    /// Backwards: the page ends before the row.
    pub before: bool,
    pub key: Key,
    pub id: i64,
    /// The number of the first row of the page, for "51 to 100 of 1,284".
    pub position: i64,
}

/// The value by which a list is sorted.
#[derive(Debug, Clone, PartialEq)]
pub enum Key {
    Text(String),
    Number(i64),
    Decimal(f64),
    /// Of a record without a value in the field that the list is sorted by.
    Nothing,
}

impl ToSql for Key {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        match self {
            Key::Text(text) => text.to_sql(),
            Key::Number(number) => number.to_sql(),
            Key::Decimal(number) => number.to_sql(),
            Key::Nothing => Null.to_sql(),
        }
    }
}

/// No list is longer, so a cursor that says more is none of ours.
const POSITIONS: i64 = 1 << 53;

impl Cursor {
    /// For links and for the API; whoever gets one hands it back and reads nothing into it.
    pub fn encode(&self) -> String {
        let key = match &self.key {
            Key::Text(text) => format!("t{text}"),
            Key::Number(number) => format!("n{number}"),
            // Rust writes as many digits as it takes to read the same number again.
            Key::Decimal(number) => format!("d{number}"),
            Key::Nothing => "0".to_owned(),
        };
        let direction = if self.before { 'b' } else { 'a' };
        let plain = format!("{direction}.{}.{}.{key}", self.id, self.position);
        data_encoding::BASE64URL_NOPAD.encode(plain.as_bytes())
    }

    pub fn decode(text: &str) -> Option<Cursor> {
        let plain = String::from_utf8(data_encoding::BASE64URL_NOPAD.decode(text.as_bytes()).ok()?).ok()?;
        let mut parts = plain.splitn(4, '.');
        let before = match parts.next()? {
            "b" => true,
            "a" => false,
            _ => return None,
        };
        let id = parts.next()?.parse().ok()?;
        let position = parts.next()?.parse().ok().filter(|position| (1..=POSITIONS).contains(position))?;
        let key = parts.next()?;
        let key = match key.split_at_checked(1)? {
            ("t", text) => Key::Text(text.to_owned()),
            ("n", number) => Key::Number(number.parse().ok()?),
            ("d", number) => Key::Decimal(number.parse().ok().filter(|number: &f64| number.is_finite())?),
            ("0", "") => Key::Nothing,
            _ => return None,
        };
        Some(Cursor { before, key, id, position })
    }
}
