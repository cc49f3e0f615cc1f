//! What a kind of record brings to its list, and what the list knows of one record.

use super::filter::Table;
use super::headings::Column;
use super::{Counted, Cursor, Filter, Page, Sort};
use crate::clock::Timestamp;
use crate::db::Db;
use crate::error::Error;
use crate::id::MemberId;
use crate::people::custom_fields::CustomValue;
use crate::permission::Area;

/// What a kind of record brings to its list.
pub struct Shape {
    pub title: &'static str,
    pub one: &'static str,
    pub many: &'static str,
    /// Below `/w/{slug}`.
    pub path: &'static str,
    /// The word under which chosen columns are kept.
    pub list: &'static str,
    pub area: Area,
    pub table: &'static Table,
    pub columns: &'static [Column],
    pub searched: &'static str,
    pub add: (&'static str, &'static str),
    /// What the list says while it is empty: a heading, and what will be here.
    pub nothing: (&'static str, &'static str),
    /// The list has companies to narrow by, and sources.
    pub is_contacts: bool,
    pub read: Read,
    pub count: fn(&Db, &Filter) -> Result<Counted, Error>,
}

/// Reads one page of rows, with a cell for every column.
pub type Read = fn(&Db, &Filter, Sort, Option<&Cursor>, i64) -> Result<(Vec<Row>, Page), Error>;

/// One record.
pub struct Row {
    pub id: i64,
    pub name: String,
    /// Under the name.
    pub line: String,
    pub path: String,
    pub restricted: bool,
    /// One for every column of the [`Shape`], in its order.
    pub cells: Vec<Cell>,
    /// What it holds in fields of the workspace's own: their cells follow.
    pub custom: Vec<CustomValue>,
}

/// What stands in one column.
pub enum Cell {
    Nothing,
    Text(String),
    Link { label: String, path: String },
    Owner(MemberId),
    Tags(Vec<String>),
    Day(Timestamp),
    Moment(Timestamp),
}

impl Cell {
    /// Empty text is nothing, and looks like it.
    pub fn text(text: impl Into<String>) -> Cell {
        let text = text.into();
        if text.is_empty() { Cell::Nothing } else { Cell::Text(text) }
    }
}
