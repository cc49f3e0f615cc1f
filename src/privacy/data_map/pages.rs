//! `/privacy/data-map` and `/privacy/processing-record`: the inventory and the record of processing, to read and to keep.

use askama::Template;
use serde::Deserialize;

use super::inventory::{self, Entry, Wanted, recipient_labels};
use super::record::{self, Activity};
use super::{Part, Table};
use crate::clock::Timestamp;
use crate::error::{Error, FieldError};
use crate::permission::{Action, Area};
use crate::web::ui::{self, Choice};
use crate::web::{Access, CSV, HTML, JSON, Reply, Request, Route, cell};

const VIEW: Access = Access::may(Action::View, Area::Privacy);

pub const ROUTES: &[Route] = &[
    Route::get("/w/{slug}/privacy/data-map", VIEW, map),
    Route::get("/w/{slug}/privacy/data-map/{format}", VIEW, map_file),
    Route::get("/w/{slug}/privacy/processing-record", VIEW, processing),
    Route::get("/w/{slug}/privacy/processing-record/{format}", VIEW, processing_file),
];

#[derive(Template)]
#[template(path = "privacy/data_map/list.html")]
struct Map {
    here: String,
    record: String,
    notice: String,
    csv: String,
    json: String,
    q: String,
    part: String,
    parts: Vec<Choice>,
    personal: bool,
    is_narrow: bool,
    columns: usize,
    personal_columns: usize,
    places: Vec<Place>,
    errors: Vec<FieldError>,
}

/// A table with those of its columns that are wanted.
struct Place {
    table: &'static Table,
    first: Entry,
    columns: Vec<Line>,
}

struct Line {
    entry: Entry,
    recipients: String,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Look {
    q: String,
    part: String,
    personal: bool,
}

fn map(request: &Request) -> Result<Reply, Error> {
    let look: Look = request.query()?;
    let entries = request.read(|db| inventory::entries(db, request.app.modules))?;
    let part = Part::from_word(&look.part);
    let errors = match part {
        None if !look.part.is_empty() => vec![FieldError::new("part", "unknown", "Choose a part from the list.")],
        _ => Vec::new(),
    };
    let wanted = Wanted::new(&look.q, part, look.personal);
    let here = request.url("/privacy/data-map");
    let mut places: Vec<Place> = Vec::new();
    let (columns, personal_columns) = (entries.len(), entries.iter().filter(|entry| entry.is_personal).count());
    for entry in entries.into_iter().filter(|entry| wanted.fits(entry)) {
        let line = Line { recipients: recipient_labels(&entry.recipients), entry: entry.clone() };
        match places.last_mut() {
            Some(place) if (place.first.table, place.first.file) == (entry.table, entry.file) => {
                place.columns.push(line)
            }
            _ => {
                let table = inventory::tables(request.app.modules)
                    .find(|table| table.name == entry.table && table.label == entry.table_label);
                let table = table.ok_or_else(|| Error::internal("an entry of no table"))?;
                places.push(Place { table, first: entry, columns: vec![line] });
            }
        }
    }
    let page = Map {
        record: request.url("/privacy/processing-record"),
        notice: format!("/p/{}/privacy", request.member()?.workspace_slug),
        csv: format!("{here}/csv"),
        json: format!("{here}/json"),
        is_narrow: !look.q.trim().is_empty() || !look.part.is_empty() || look.personal,
        parts: std::iter::once(Choice::new("", "Everything"))
            .chain(Part::ALL.iter().map(|part| Choice::new(part.word(), part.label())))
            .collect(),
        here,
        q: look.q,
        part: look.part,
        personal: look.personal,
        columns,
        personal_columns,
        places,
        errors,
    };
    if page.errors.is_empty() {
        request.page("Data map", &page)
    } else {
        request.page_with_errors("Data map", &[], &page)
    }
}

/// What stands after the last slash of a download.
enum Format {
    Csv,
    Json,
    Html,
}

impl std::str::FromStr for Format {
    type Err = ();
    fn from_str(text: &str) -> Result<Format, ()> {
        match text {
            "csv" => Ok(Format::Csv),
            "json" => Ok(Format::Json),
            "html" => Ok(Format::Html),
            _ => Err(()),
        }
    }
}

fn map_file(request: &Request) -> Result<Reply, Error> {
    let format: Format = request.param("format")?;
    let entries = request.read(|db| inventory::entries(db, request.app.modules))?;
    match format {
        Format::Json => Ok(kept(Reply::bytes(200, JSON, serde_json::to_vec_pretty(&entries)?), "data-map.json")),
        Format::Csv => {
            let lines = entries.iter().map(|entry| {
                vec![
                    entry.file.to_owned(),
                    entry.table.to_owned(),
                    entry.table_label.to_owned(),
                    entry.column.clone(),
                    entry.label.clone(),
                    entry.part.to_owned(),
                    entry.category.to_owned(),
                    entry.about.clone(),
                    entry.purpose.to_owned(),
                    entry.lawful_basis.to_owned(),
                    entry.role.to_owned(),
                    entry.retention.clone(),
                    entry.export_name.clone().unwrap_or_default(),
                    (if entry.is_searchable { "yes" } else { "no" }).to_owned(),
                    entry.recipients.join(" "),
                    entry.erasure_label.clone(),
                ]
            });
            let headings = [
                "file",
                "table",
                "table_label",
                "column",
                "label",
                "part",
                "category",
                "about",
                "purpose",
                "lawful_basis",
                "role",
                "retention",
                "export_name",
                "searchable",
                "recipients",
                "on_erasure",
            ];
            Ok(kept(Reply::bytes(200, CSV, table(&headings, lines)?), "data-map.csv"))
        }
        Format::Html => Err(Error::NotFound("page")),
    }
}

#[derive(Template)]
#[template(path = "privacy/data_map/record.html")]
struct Record {
    map: String,
    csv: String,
    json: String,
    html: String,
    activities: Vec<Activity>,
}

fn processing(request: &Request) -> Result<Reply, Error> {
    let here = request.url("/privacy/processing-record");
    let page = Record {
        map: request.url("/privacy/data-map"),
        csv: format!("{here}/csv"),
        json: format!("{here}/json"),
        html: format!("{here}/html"),
        activities: record::activities(&request.app),
    };
    request.page("Record of processing", &page)
}

/// The record as a file that stands for itself.
#[derive(Template)]
#[template(path = "privacy/data_map/document.html")]
struct Document {
    workspace: String,
    at: Timestamp,
    activities: Vec<Activity>,
}

fn processing_file(request: &Request) -> Result<Reply, Error> {
    let format: Format = request.param("format")?;
    let activities = record::activities(&request.app);
    Ok(match format {
        Format::Json => {
            kept(Reply::bytes(200, JSON, serde_json::to_vec_pretty(&activities)?), "record-of-processing.json")
        }
        Format::Csv => {
            let lines = activities.iter().map(|activity| activity.cells().to_vec());
            kept(Reply::bytes(200, CSV, table(&Activity::HEADINGS, lines)?), "record-of-processing.csv")
        }
        Format::Html => {
            let workspace = request.member()?.workspace_name.clone();
            let document = Document { workspace, at: request.now(), activities };
            kept(Reply::bytes(200, HTML, request.render(&document)?.into_bytes()), "record-of-processing.html")
        }
    })
}

/// A file for the disk, not a page.
fn kept(reply: Reply, name: &str) -> Reply {
    reply.header("Content-Disposition", format!("attachment; filename=\"{name}\""))
}

fn table(headings: &[&str], lines: impl Iterator<Item = Vec<String>>) -> Result<Vec<u8>, Error> {
    let broken = |error: csv::Error| Error::internal(format!("a table could not be written: {error}"));
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    writer.write_record(headings).map_err(broken)?;
    for line in lines {
        writer.write_record(line.iter().map(|text| cell::neutral(text).into_owned())).map_err(broken)?;
    }
    let text = writer.into_inner().map_err(|_| Error::internal("a table could not be ended"))?;
    // Without a byte-order mark spreadsheets misread accents.
    Ok(["\u{feff}".as_bytes(), &text].concat())
}
