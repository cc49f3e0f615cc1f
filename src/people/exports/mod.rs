//! Taking contacts and companies out: as CSV for spreadsheets, as JSON for programs.

pub mod api;
pub mod cell;
mod columns;
pub mod data_map;
pub mod jobs;
mod kind;
pub mod pages;
mod service;
mod store;

use std::io::Write;

use crate::clock::Timestamp;
use crate::error::Error;
use crate::id::ExportId;
use crate::permission::words;

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

/// Writes records one by one: a table with headings, or a list of objects.
pub struct Sheet<'w> {
    format: Format,
    out: Option<csv::Writer<&'w mut dyn Write>>,
    json: Option<JsonList<'w>>,
    rows: u64,
}

struct JsonList<'w>(&'w mut dyn Write);

impl<'w> Sheet<'w> {
    /// Begins the file. CSV gets a byte-order mark, without which spreadsheets misread accents.
    pub fn begin(format: Format, headings: &[&str], out: &'w mut dyn Write) -> Result<Sheet<'w>, Error> {
        match format {
            Format::Csv => {
                out.write_all("\u{feff}".as_bytes())?;
                let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(out);
                writer.write_record(headings).map_err(broken)?;
                Ok(Sheet { format, out: Some(writer), json: None, rows: 0 })
            }
            Format::Json => {
                out.write_all(b"[")?;
                Ok(Sheet { format, out: None, json: Some(JsonList(out)), rows: 0 })
            }
        }
    }

    pub fn format(&self) -> Format {
        self.format
    }

    /// One line of a table.
    pub fn line(&mut self, cells: &[String]) -> Result<(), Error> {
        if let Some(writer) = &mut self.out {
            writer.write_record(cells.iter().map(|text| cell::neutral(text).into_owned())).map_err(broken)?;
            self.rows += 1;
        }
        Ok(())
    }

    /// One object of a list.
    pub fn object(&mut self, value: &serde_json::Value) -> Result<(), Error> {
        if let Some(JsonList(out)) = &mut self.json {
            out.write_all(if self.rows == 0 { b"\n" } else { b",\n" })?;
            serde_json::to_writer(&mut **out, value)?;
            self.rows += 1;
        }
        Ok(())
    }

    /// Ends the file and says how many records are in it.
    pub fn end(self) -> Result<u64, Error> {
        if let Some(mut writer) = self.out {
            writer.flush()?;
        }
        if let Some(JsonList(out)) = self.json {
            out.write_all(b"\n]\n")?;
        }
        Ok(self.rows)
    }
}

fn broken(error: csv::Error) -> Error {
    match error.into_kind() {
        csv::ErrorKind::Io(source) => source.into(),
        kind => Error::internal(format!("a CSV line could not be written: {kind:?}")),
    }
}
