//! Writes a package: one ZIP with a page to read, data for programs, tables, files, and why each thing is held.

use std::collections::HashMap;
use std::io::{Read, Write};

use zip::write::{SimpleFileOptions, StreamWriter};
use zip::{CompressionMethod, ZipWriter};

use super::contents::{self, Data, FileData, Processing, Workspace};
use super::gather::{Held, Item, Section};
use super::html;
use crate::app::App;
use crate::clock::Timestamp;
use crate::db;
use crate::error::Error;
use crate::module::{FileKind, KnownIdentity};
use crate::privacy::controller::Controller;
use crate::privacy::data_map::Table;
use crate::privacy::subject::Person;
use crate::web::cell;

/// The longest name a file keeps in the package, in characters.
const LONGEST_NAME: usize = 80;

/// What a package is made of.
pub struct Source<'a> {
    pub app: &'a App,
    pub workspace: &'a db::Workspace,
    pub name: String,
    /// The workspace's public privacy page.
    pub page: String,
    /// Who answers for the data.
    pub controller: Controller,
    pub person: &'a Person,
    pub identities: Vec<KnownIdentity>,
    pub held: &'a Held,
    pub made_at: Timestamp,
}

/// What was written.
pub struct Written {
    pub files: usize,
    pub damaged: usize,
}

/// A file of the person, and where it goes.
struct Attached {
    table: &'static str,
    /// Of its row, or of the row that an image of a record holds.
    id: Option<i64>,
    file: FileData,
}

/// Steps of [`write`], for progress: one for each file of the person and one for the rest.
pub fn steps(source: &Source) -> usize {
    file_rows(source).count() + 1
}

/// Writes everything to `out`; `step` is told the number of each step that is done.
///
/// A file of the person that cannot be read is listed as damaged, and the package goes on without it.
pub fn write(
    source: &Source,
    out: &mut dyn Write,
    step: &mut dyn FnMut(usize) -> Result<(), Error>,
) -> Result<Written, Error> {
    let mut zip = Zip(ZipWriter::new_stream(out));
    let mut attached = Vec::new();
    for (done, (section, item, kind)) in file_rows(source).enumerate() {
        // An image of a record may hold the row of a file that is here, or in another image.
        let is_here = |known: &Attached| known.table == section.table.name && known.id == item.id;
        if item.held_in.is_none() || !attached.iter().any(is_here) {
            attached.push(attach(source, &mut zip, section, item, kind)?);
        }
        step(done + 1)?;
    }
    let files: Vec<FileData> = attached.iter().map(|attached| attached.file.clone()).collect();
    let places: HashMap<(&str, i64), &FileData> =
        attached.iter().filter_map(|attached| Some(((attached.table, attached.id?), &attached.file))).collect();
    let file_of = |table: &'static Table, id: i64| {
        places.get(&(table.name, id)).filter(|file| file.damaged.is_none()).map(|file| file.path.clone())
    };
    let workspace = || Workspace { name: source.name.clone(), page: source.page.clone() };
    let data =
        Data::new(source.held, source.person, source.identities.clone(), workspace(), source.made_at, files, file_of);
    let processing = Processing::new(source.held, workspace(), source.controller.clone());
    zip.file("index.html", html::page(&data, &processing, source.held)?.as_bytes())?;
    zip.file("style.css", html::STYLE.as_bytes())?;
    zip.file("data.json", &serde_json::to_vec_pretty(&data)?)?;
    zip.file("data.schema.json", &serde_json::to_vec_pretty(&contents::schema())?)?;
    zip.file("processing.json", &serde_json::to_vec_pretty(&processing)?)?;
    for section in &source.held.sections {
        zip.file(&format!("tables/{}.csv", section.table.name), &csv(section)?)?;
    }
    zip.end()?;
    let damaged = data.files.iter().filter(|file| file.damaged.is_some()).count();
    Ok(Written { files: data.files.len() - damaged, damaged })
}

/// Rows that name a file, with who opens it.
fn file_rows<'a>(source: &'a Source) -> impl Iterator<Item = (&'a Section, &'a Item, &'static FileKind)> {
    let kinds = source.app.modules.iter().flat_map(|module| module.files).copied();
    source.held.sections.iter().flat_map(move |section| {
        let kind = kinds.clone().find(|kind| kind.table == section.table.name);
        section.items.iter().filter_map(move |item| Some((section, item, kind?)))
    })
}

/// Reads a file to its end before the first byte of it is written: a damaged one would spoil the package.
fn attach(
    source: &Source,
    zip: &mut Zip,
    section: &Section,
    item: &Item,
    kind: &'static FileKind,
) -> Result<Attached, Error> {
    let id = item.id.unwrap_or_default();
    let named = item.values.iter().find(|value| value.key == "name").map(super::gather::Value::words);
    let path = format!("attachments/{id}-{}", clean(&named.unwrap_or_default()));
    let attached = |bytes, damaged| Attached {
        table: section.table.name,
        id: item.id,
        file: FileData { path: path.clone(), bytes, damaged },
    };
    let open = || match item.held_in {
        None => (kind.open)(source.app, source.workspace, id),
        Some(_) => (kind.open_row)(source.app, source.workspace, &item.row),
    };
    let bytes = match open().and_then(|mut content| through(&mut content)) {
        Ok(bytes) => bytes,
        Err(error @ Error::DiskFull) => return Err(error),
        Err(error) => {
            tracing::warn!(table = section.table.name, id, %error, "a file is damaged and left out of a package");
            return Ok(attached(0, Some("The file is damaged, so it could not be read.".into())));
        }
    };
    let one = attached(bytes, None);
    let mut content = open()?;
    zip.begin(&one.file.path)?;
    std::io::copy(&mut content, &mut zip.0)?;
    Ok(one)
}

fn through(content: &mut dyn Read) -> Result<u64, Error> {
    Ok(std::io::copy(content, &mut std::io::sink())?)
}

/// A name that no system reads as a path.
fn clean(name: &str) -> String {
    let kept = name.chars().map(|c| if c.is_alphanumeric() || "-_. ()".contains(c) { c } else { '_' });
    let kept: String = kept.collect();
    let length = kept.chars().count();
    // What it is stands at the end of a name, so the beginning gives way.
    let kept: String = kept.chars().skip(length.saturating_sub(LONGEST_NAME)).collect();
    kept.trim_matches([' ', '.']).to_owned()
}

/// A table of what one section holds, for spreadsheets (RFC 4180).
fn csv(section: &Section) -> Result<Vec<u8>, Error> {
    let broken = |error: csv::Error| Error::internal(format!("a table of a package: {error}"));
    let exported: Vec<&str> =
        section.items.first().map_or_else(Vec::new, |item| item.values.iter().map(|value| value.key).collect());
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    writer.write_record(exported.iter().copied().chain(["_held_in", "_source", "_goes"])).map_err(broken)?;
    for item in &section.items {
        let mut cells: Vec<String> =
            item.values.iter().map(|value| cell::neutral(&value.words()).into_owned()).collect();
        cells.push(item.held_in.map_or(String::new(), |table| table.label.to_owned()));
        cells.push(cell::neutral(&item.source).into_owned());
        cells.push(item.goes_at.map_or_else(|| item.goes.clone(), Timestamp::rfc3339));
        writer.write_record(cells).map_err(broken)?;
    }
    let text = writer.into_inner().map_err(|_| Error::internal("a table of a package could not be ended"))?;
    // Without a byte-order mark spreadsheets misread accents.
    Ok(["\u{feff}".as_bytes(), &text].concat())
}

/// A ZIP that is written in one go, to something that cannot go back.
struct Zip<'w>(ZipWriter<StreamWriter<&'w mut dyn Write>>);

impl Zip<'_> {
    fn begin(&mut self, path: &str) -> Result<(), Error> {
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .large_file(true)
            .unix_permissions(0o644);
        self.0.start_file(path, options).map_err(broken)
    }

    fn file(&mut self, path: &str, content: &[u8]) -> Result<(), Error> {
        self.begin(path)?;
        Ok(self.0.write_all(content)?)
    }

    fn end(self) -> Result<(), Error> {
        self.0.finish().map_err(broken).map(drop)
    }
}

fn broken(error: zip::result::ZipError) -> Error {
    match error {
        zip::result::ZipError::Io(source) => source.into(),
        error => Error::internal(format!("a package could not be written: {error}")),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn fil_1_a_name_in_the_package_is_no_path() {
        assert_eq!(super::clean("../../etc/passwd"), "_.._etc_passwd");
        assert_eq!(super::clean("Angebot (für Łucja).pdf"), "Angebot (für Łucja).pdf");
        assert_eq!(super::clean(&format!("{}.pdf", "a".repeat(200))).len(), 80);
        assert_eq!(super::clean("a\\b:c\n"), "a_b_c_");
    }
}
