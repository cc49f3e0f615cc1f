//! The image of a record: every row that makes it up, as it was, so that a change can be taken back.
//!
//! What belongs to a record is not listed by hand: rows that go with it are known from the schema, so a module
//! that hangs something on a contact is part of its image from the first day.

mod cell;
mod fields;
mod shape;
mod store;

use serde::{Deserialize, Serialize};

use crate::db::{Db, Tx};
use crate::error::Error;
use crate::people::record::Record;

pub use cell::Cell;
pub use fields::differing;

/// How much of a record an image holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// What its version counts: the row, its addresses, tags and own fields. For taking back a change.
    Own,
    /// Everything that goes when it goes: notes, history and files too. For bringing back what was deleted.
    Everything,
}

/// A record as it was. Holds personal data: whoever keeps one declares it and lets it expire.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Image {
    /// The row of the record itself comes first.
    tables: Vec<Rows>,
    /// Rows of others that pointed at the record and lose that when it goes.
    links: Vec<Link>,
    /// Values of others that were relations to the record, and go with it.
    relations: Rows,
}

/// Rows of one table.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Rows {
    table: String,
    columns: Vec<String>,
    rows: Vec<Vec<Cell>>,
}

/// Rows elsewhere with a column that pointed at the record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Link {
    table: String,
    column: String,
    ids: Vec<i64>,
}

impl Image {
    /// The values of one column in the rows of a table, as text: for what must be known of an image without
    /// bringing it back, such as the files of its attachments.
    pub fn texts(&self, table: &str, column: &str) -> Vec<String> {
        let Some(rows) = self.tables.iter().find(|rows| rows.table == table) else { return Vec::new() };
        let Some(place) = rows.columns.iter().position(|name| name == column) else { return Vec::new() };
        rows.rows.iter().filter_map(|row| row.get(place).and_then(Cell::text)).collect()
    }

    /// Every row it holds that would go with the record: the name of its table and its id, 0 where it has none.
    pub fn rows(&self) -> Vec<(&str, i64)> {
        let of_table = |rows: &'_ Rows| {
            let place = rows.columns.iter().position(|name| name == "id");
            let id = move |row: &Vec<Cell>| place.and_then(|place| row.get(place)?.integer()).unwrap_or(0);
            rows.rows.iter().map(id).collect::<Vec<_>>()
        };
        let tables = self.tables.iter().chain(std::iter::once(&self.relations));
        tables.flat_map(|rows| of_table(rows).into_iter().map(|id| (rows.table.as_str(), id))).collect()
    }

    pub fn to_json(&self) -> Result<String, Error> {
        Ok(serde_json::to_string(self)?)
    }

    /// Reads what [`Image::to_json`] wrote.
    pub fn from_json(text: &str) -> Result<Image, Error> {
        Ok(serde_json::from_str(text)?)
    }
}

/// The record as it is now; `None` when there is none.
pub fn take(db: &Db, record: Record, extent: Extent) -> Result<Option<Image>, Error> {
    store::take(db, record, extent)
}

/// Makes the record what the image says, whether it is there or gone. Its version rises above every one that
/// somebody may hold; it is given back.
///
/// Rows that point at what no longer exists (a tag, a field, a company) are left out. Fails with
/// [`Error::Invalid`] when an address of the image belongs to another contact by now. The caller writes the
/// audit entry.
pub fn put_back(tx: &Tx, record: Record, image: &Image) -> Result<i64, Error> {
    store::put_back(tx, record, image)
}

/// Lets everything that hangs on `from` hang on `to`, and everything that points at `from` point at `to`.
///
/// Leaves the record's own rows (addresses, tags, fields) where they are: how those merge is a choice.
pub fn follow(tx: &Tx, from: Record, to: Record) -> Result<(), Error> {
    store::follow(tx, from, to)
}

/// Undoes [`follow`]: brings back `gone` from its image, and takes back from `kept` what hung on it then. Gives the
/// version that `gone` has now.
///
/// What somebody deleted meanwhile stays deleted. Fails with [`Error::Invalid`] when an address of the image
/// belongs to another contact, `kept` among them: put that one back first.
pub fn unfollow(tx: &Tx, gone: Record, kept: Record, image: &Image) -> Result<i64, Error> {
    store::unfollow(tx, gone, kept, image)
}
