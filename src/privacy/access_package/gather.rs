//! Everything that is held of one person, item by item, found by the data map and by nothing else.

use std::borrow::Cow;

use rusqlite::types::Value as Stored;
use serde::Deserialize;
use serde_json::Value as Json;

use super::reading::{Reader, words};
use super::redact::{Redacted, Redactor};
use super::store;
use super::team::Team;
use crate::clock::Timestamp;
use crate::db::Db;
use crate::error::Error;
use crate::module::{DefinedColumns, Module};
use crate::privacy::data_map::{Holds, Reading, Retention, Table};
use crate::privacy::retention::Timetable;
use crate::privacy::subject::{self, Person};

/// All that is held of one person.
pub struct Held {
    /// What they are called; empty once nothing says it any more.
    pub name: String,
    /// One for each table that has something, in the order of the data map.
    pub sections: Vec<Section>,
    pub redacted: Redacted,
}

impl Held {
    pub fn items(&self) -> usize {
        self.sections.iter().map(|section| section.items.len()).sum()
    }
}

/// What one table has.
pub struct Section {
    pub table: &'static Table,
    pub items: Vec<Item>,
}

/// One row about the person.
pub struct Item {
    /// The row's id, where it has one: files are opened by it.
    pub id: Option<i64>,
    pub values: Vec<Value>,
    /// The table that holds it, when it is not its own: the trash, or a change that can be taken back.
    pub held_in: Option<&'static Table>,
    /// The whole row, when only an image holds it: its file is opened by that.
    pub row: Vec<Stored>,
    pub source: String,
    /// When it goes, when that is a day.
    pub goes_at: Option<Timestamp>,
    /// When it goes, in words.
    pub goes: String,
}

/// One value of it.
pub struct Value {
    pub key: &'static str,
    pub label: Cow<'static, str>,
    pub holds: Holds,
    pub json: Json,
}

impl Value {
    pub fn words(&self) -> String {
        words(&self.json)
    }
}

/// An image as `people/images` writes it. Its links and relations are rows about others.
#[derive(Deserialize)]
struct Image {
    tables: Vec<ImageRows>,
}

#[derive(Deserialize)]
struct ImageRows {
    table: String,
    columns: Vec<String>,
    rows: Vec<Vec<Json>>,
}

/// Reads everything at one moment.
pub fn gather(db: &Db, modules: &'static [&'static Module], person: &Person, team: &Team) -> Result<Held, Error> {
    let found: Vec<(&'static Table, Vec<Vec<Stored>>)> = subject::tables(modules, person.kind)
        .map(|(table, condition)| Ok((table, store::rows_about(db, table, &condition, person)?)))
        .collect::<Result<_, Error>>()?;
    let redactor = Redactor::new(db, person, team, &own_values(&found))?;
    let defined: Vec<&'static DefinedColumns> = modules.iter().flat_map(|module| module.defined).copied().collect();
    let timetable = Timetable::load(db, modules, person.kind.file)?;
    let reader = Reader { db, team, redactor: &redactor, defined: &defined, timetable: &timetable };
    let tables: Vec<&'static Table> = found.iter().map(|(table, _)| *table).collect();
    let mut sections: Vec<Section> = tables.iter().map(|table| Section { table, items: Vec::new() }).collect();
    for (table, rows) in &found {
        for row in rows {
            push(&mut sections, table, item(&reader, table, row, None)?);
            for (image, row) in images(table, row, &tables)? {
                push(&mut sections, image, item(&reader, image, &row, Some(table))?);
            }
        }
    }
    // Whoever they are stands first, then what hangs on them.
    sections.reverse();
    sections.retain(|section| !section.items.is_empty());
    let name = (person.kind.name)(db, person.id())?.unwrap_or_default();
    Ok(Held { name, sections, redacted: redactor.redacted() })
}

fn push(sections: &mut [Section], table: &Table, item: Item) {
    if let Some(section) = sections.iter_mut().find(|section| section.table.name == table.name) {
        section.items.push(item);
    }
}

/// What stands in columns that say who the person is and how they are reached, also in images: theirs, so never masked.
fn own_values(found: &[(&'static Table, Vec<Vec<Stored>>)]) -> Vec<String> {
    let tables: Vec<&'static Table> = found.iter().map(|(table, _)| *table).collect();
    let mut own = Vec::new();
    let mut add = |table: &Table, row: &[Stored]| {
        for (column, stored) in table.columns.iter().zip(row) {
            if let (Holds::Identity | Holds::Contact, Reading::Plain, Stored::Text(text)) =
                (column.holds, column.reading, stored)
            {
                own.push(text.clone());
            }
        }
    };
    for (table, rows) in found {
        for row in rows {
            add(table, row);
            // An image that cannot be read is told where it is shown.
            for (image, row) in images(table, row, &tables).unwrap_or_default() {
                add(image, &row);
            }
        }
    }
    own
}

/// The rows in the images of a row, each with its own table: those that a person may be found in.
fn images(
    table: &Table,
    row: &[Stored],
    tables: &[&'static Table],
) -> Result<Vec<(&'static Table, Vec<Stored>)>, Error> {
    let mut rows = Vec::new();
    for (column, stored) in table.columns.iter().zip(row) {
        let (Reading::Image, Stored::Text(text)) = (column.reading, stored) else { continue };
        let image: Image = serde_json::from_str(text)?;
        for part in image.tables {
            let Some(declared) = tables.iter().find(|declared| declared.name == part.table) else { continue };
            for row in part.rows {
                let of = |name: &str| part.columns.iter().position(|column| column == name).and_then(|at| row.get(at));
                let cells = declared.columns.iter().map(|column| of(column.name).map_or(Stored::Null, stored_cell));
                rows.push((*declared, cells.collect()));
            }
        }
    }
    Ok(rows)
}

/// A cell of an image as SQLite would hold it.
fn stored_cell(cell: &Json) -> Stored {
    match cell {
        Json::Number(number) => number.as_i64().map_or(Stored::Null, Stored::Integer),
        Json::String(text) => Stored::Text(text.clone()),
        Json::Object(object) => match (object.get("real"), object.get("base64")) {
            (Some(real), _) => real.as_f64().map_or(Stored::Null, Stored::Real),
            (_, Some(bytes)) => {
                let bytes = bytes.as_str().and_then(|text| data_encoding::BASE64.decode(text.as_bytes()).ok());
                bytes.map_or(Stored::Null, Stored::Blob)
            }
            _ => Stored::Null,
        },
        Json::Null | Json::Bool(_) | Json::Array(_) => Stored::Null,
    }
}

fn item(
    reader: &Reader,
    table: &'static Table,
    row: &[Stored],
    held_in: Option<&'static Table>,
) -> Result<Item, Error> {
    let mut values = Vec::new();
    for (column, stored) in table.columns.iter().zip(row) {
        let Some(key) = column.export else { continue };
        if let Some(json) = reader.value(table, column, row, stored)? {
            values.push(Value { key, label: column.label(), holds: column.holds, json });
        }
    }
    let of = |name: &str| table.columns.iter().position(|column| column.name == name).and_then(|at| row.get(at));
    let id = match of("id") {
        Some(Stored::Integer(id)) => Some(*id),
        _ => None,
    };
    let goes_at = match table.retention {
        Retention::Rules(_) => match id {
            Some(id) => reader.timetable.when(reader.db, table, id)?.map(|going| going.at),
            None => None,
        },
        Retention::WithParent | Retention::WhileActive => None,
    };
    let goes = held_in.map_or_else(|| table.retention.label(), |holder| holder.retention.label());
    Ok(Item {
        id,
        source: source(table, &values),
        values,
        held_in,
        row: if held_in.is_some() { row.to_vec() } else { Vec::new() },
        goes_at: goes_at.filter(|_| held_in.is_none()),
        goes,
    })
}

/// Where a row came from: what it says itself, else who put it in, else the record that it hangs on.
fn source(table: &Table, values: &[Value]) -> String {
    let told =
        |key: &str| values.iter().find(|value| value.key == key).map(Value::words).filter(|words| !words.is_empty());
    if let Some(source) = told("source") {
        return format!("Named when it came in: {source}");
    }
    let by = table.columns.iter().find(|column| column.reading == Reading::Actor).and_then(|column| column.export);
    match by {
        Some(key) => match told(key) {
            Some(role) => format!("Put in by: {role}"),
            None => "Came in by itself: an import, a program or a job".into(),
        },
        None => "Came with the record it belongs to".into(),
    }
}
