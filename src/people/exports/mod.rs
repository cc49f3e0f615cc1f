//! Taking contacts and companies out: as CSV for spreadsheets, as JSON for programs.

pub mod api;
mod columns;
mod consents;
pub mod data_map;
mod kind;
pub mod pages;
mod service;
mod store;

use std::io::Write;

use crate::clock::Timestamp;
use crate::error::Error;
use crate::id::ExportId;
use crate::module::NamedMembers;
use crate::people::list::tree::moving;
use crate::permission::words;

pub use crate::web::cell;

/// Filters name members by their numbers.
pub const NAMED: NamedMembers = NamedMembers { table: "exports", column: "filter", moved: moving::moved };

words! {
    /// What a file of records is written in.
    Format {
        Csv = "csv",
        Json = "json",
    }
}

/// What a program asked to take out. Its file is written while it is fetched.
#[derive(Debug, Clone)]
pub struct Export {
    pub id: ExportId,
    /// `contact` or `company`.
    pub object: String,
    pub format: Format,
    pub q: String,
    pub filter: String,
    /// Keys of the columns of a table; none: all.
    pub columns: Vec<String>,
    /// The key of what the file is for; empty: for the workspace itself.
    pub purpose: String,
    /// With what people said about the use of their data.
    pub with_consents: bool,
    /// How many people the last file left out; `None` before the first.
    pub left_out: Option<i64>,
    /// How often the file was fetched.
    pub taken: i64,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

impl Export {
    fn is_over(&self, now: Timestamp) -> bool {
        self.expires_at <= now
    }
}

/// What a program asks for, understood.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    pub object: &'a str,
    pub format: Format,
    pub q: &'a str,
    pub filter: &'a str,
    /// Keys of columns, of a view; none: all.
    pub columns: &'a [String],
    /// The key of a purpose; empty: for the workspace itself.
    pub purpose: &'a str,
    pub with_consents: bool,
}

/// A record as it stands in a file.
pub enum Line {
    Cells(Vec<String>),
    Object(serde_json::Value),
}

impl Line {
    /// The cells at these places, in their order; an object stays whole.
    fn picked(self, places: &[(String, usize)]) -> Line {
        match self {
            Line::Cells(mut cells) => {
                let take = |(_, at): &(String, usize)| cells.get_mut(*at).map(std::mem::take).unwrap_or_default();
                Line::Cells(places.iter().map(take).collect())
            }
            object => object,
        }
    }
}

/// Writes records one by one: a table with headings, or a list of objects.
pub enum Sheet<'w> {
    Table(Box<csv::Writer<&'w mut dyn Write>>),
    List { out: &'w mut dyn Write, is_empty: bool },
}

impl<'w> Sheet<'w> {
    /// Begins the file. CSV gets a byte-order mark, without which spreadsheets misread accents.
    pub fn begin(format: Format, headings: &[&str], out: &'w mut dyn Write) -> Result<Sheet<'w>, Error> {
        match format {
            Format::Csv => {
                out.write_all("\u{feff}".as_bytes())?;
                let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(out);
                writer.write_record(headings).map_err(broken)?;
                Ok(Sheet::Table(Box::new(writer)))
            }
            Format::Json => {
                out.write_all(b"[")?;
                Ok(Sheet::List { out, is_empty: true })
            }
        }
    }

    pub fn add(&mut self, line: &Line) -> Result<(), Error> {
        match (self, line) {
            (Sheet::Table(writer), Line::Cells(cells)) => {
                writer.write_record(cells.iter().map(|text| cell::neutral(text).into_owned())).map_err(broken)
            }
            (Sheet::List { out, is_empty }, Line::Object(value)) => {
                out.write_all(if std::mem::take(is_empty) { b"\n" } else { b",\n" })?;
                Ok(serde_json::to_writer(&mut **out, value)?)
            }
            _ => Err(Error::internal("a line of another format than the file's")),
        }
    }

    /// Writes what a file of the format ends with.
    pub fn end(self) -> Result<(), Error> {
        match self {
            Sheet::Table(mut writer) => Ok(writer.flush()?),
            Sheet::List { out, .. } => Ok(out.write_all(b"\n]\n")?),
        }
    }
}

/// What a CSV writer says, as an error of ours.
pub(in crate::people) fn broken(error: csv::Error) -> Error {
    match error.into_kind() {
        csv::ErrorKind::Io(source) => source.into(),
        kind => Error::internal(format!("a CSV line could not be written: {kind:?}")),
    }
}
