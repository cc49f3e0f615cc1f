//! Which fields two images of a record differ in, by the names of the API.

use super::{Cell, Image, Rows};
use crate::db::Db;
use crate::error::Error;
use crate::people::custom_fields;
use crate::people::record::Object;

/// Columns of a record and the fields they hold; the others follow from these, or are machinery.
const COLUMNS: [(&str, &str); 19] = [
    ("given_name", "given_name"),
    ("family_name", "family_name"),
    ("display_name", "display_name"),
    ("has_own_display", "display_name"),
    ("job_title", "job_title"),
    ("company_id", "company"),
    ("name", "name"),
    ("domain", "domain"),
    ("street", "address"),
    ("postal_code", "address"),
    ("city", "address"),
    ("region", "address"),
    ("country", "address"),
    ("language", "language"),
    ("time_zone", "time_zone"),
    ("owner_id", "owner"),
    ("source", "source"),
    ("restricted", "restricted"),
    ("archived_at", "archived"),
];

/// The fields in which two images of one record differ.
pub fn differing(db: &Db, object: Object, one: &Image, other: &Image) -> Result<Vec<String>, Error> {
    let mut fields: Vec<String> = Vec::new();
    let mut add = |field: &str| {
        if !fields.iter().any(|known| known == field) {
            fields.push(field.to_owned());
        }
    };
    if let (Some(one), Some(other)) = (one.tables.first(), other.tables.first()) {
        for (column, field) in COLUMNS {
            if cells(one, column) != cells(other, column) {
                add(field);
            }
        }
    }
    let identities = match object {
        Object::Contact => "contact_identities",
        Object::Company => "company_identities",
    };
    for (kind, field) in [("email", "emails"), ("phone", "phones")] {
        if identities_of(one, identities, kind) != identities_of(other, identities, kind) {
            add(field);
        }
    }
    let tags = match object {
        Object::Contact => "contact_tags",
        Object::Company => "company_tags",
    };
    if rows(one, tags) != rows(other, tags) {
        add("tags");
    }
    if rows(one, "custom_values") != rows(other, "custom_values") {
        for field in custom_fields::service::all(db, object)? {
            let id = Cell::Integer(field.id.0);
            if values(one, &id) != values(other, &id) {
                add(&field.place());
            }
        }
    }
    Ok(fields)
}

/// The cell of a column in the one row of a record.
fn cells<'a>(rows: &'a Rows, column: &str) -> Option<&'a Cell> {
    let place = rows.columns.iter().position(|name| name == column)?;
    rows.rows.first()?.get(place)
}

/// The rows of a table, without their own ids: those are new when a row is written again.
fn rows<'a>(image: &'a Image, table: &str) -> Vec<Vec<&'a Cell>> {
    let Some(rows) = image.tables.iter().find(|rows| rows.table == table) else { return Vec::new() };
    let own_id = rows.columns.iter().position(|name| name == "id");
    let without_id = |row: &'a Vec<Cell>| -> Vec<&'a Cell> {
        row.iter().enumerate().filter(|(place, _)| Some(*place) != own_id).map(|(_, cell)| cell).collect()
    };
    rows.rows.iter().map(without_id).collect()
}

/// Addresses or numbers, as they are compared, each with its label, in their order.
fn identities_of(image: &Image, table: &str, kind: &str) -> Vec<(Option<i64>, Option<String>, Option<String>)> {
    let Some(rows) = image.tables.iter().find(|rows| rows.table == table) else { return Vec::new() };
    let cell = |row: &Vec<Cell>, name: &str| {
        let place = rows.columns.iter().position(|column| column == name)?;
        row.get(place).cloned()
    };
    let text = |row: &Vec<Cell>, name: &str| cell(row, name).and_then(|cell| cell.text());
    let of_kind = rows.rows.iter().filter(|row| text(row, "kind").as_deref() == Some(kind));
    let position = |row: &Vec<Cell>| cell(row, "position").and_then(|cell| cell.integer());
    let mut all: Vec<_> = of_kind.map(|row| (position(row), text(row, "value"), text(row, "label"))).collect();
    all.sort_unstable();
    all
}

/// The values of a field of the workspace's own, in their order.
fn values<'a>(image: &'a Image, field: &Cell) -> Vec<&'a Cell> {
    let Some(rows) = image.tables.iter().find(|rows| rows.table == "custom_values") else { return Vec::new() };
    let place = |name: &str| rows.columns.iter().position(|column| column == name);
    let (Some(of), Some(value)) = (place("field_id"), place("value")) else { return Vec::new() };
    rows.rows.iter().filter(|row| row.get(of) == Some(field)).filter_map(|row| row.get(value)).collect()
}
