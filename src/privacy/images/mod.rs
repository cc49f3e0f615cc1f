//! Rows as they once were, kept whole in a column of another table: of deleted records, and of changes that can be
//! taken back. The data map says which columns hold such images (`Reading::Image`).
//!
//! Values that nobody touches keep their text to the last digit: what is written is what was read.

mod store;

use std::collections::BTreeMap;

use rusqlite::types::Value as Stored;
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};

use super::data_map::{File, Reading, Table, inventory};
use super::workspace_export::cell;
use crate::db::{Db, Tx};
use crate::error::Error;
use crate::module::Module;

/// An image, as `people/images` writes it.
#[derive(Serialize, Deserialize)]
pub struct Image {
    tables: Vec<Rows>,
    links: Box<RawValue>,
    relations: Box<RawValue>,
}

#[derive(Serialize, Deserialize)]
struct Rows {
    table: String,
    columns: Vec<String>,
    rows: Vec<Vec<Box<RawValue>>>,
}

impl Image {
    /// `None` for what is no image, or would not come back as the same text.
    pub fn parse(text: &str) -> Option<Image> {
        let image: Image = serde_json::from_str(text).ok()?;
        let is_whole = image.tables.iter().all(|part| part.rows.iter().all(|row| row.len() == part.columns.len()));
        (is_whole && image.text().is_ok_and(|again| again == text)).then_some(image)
    }

    pub fn text(&self) -> Result<String, Error> {
        Ok(serde_json::to_string(self)?)
    }

    /// Takes columns out of the rows: `is_left_out` is told table and column.
    pub fn leave_out(&mut self, is_left_out: &dyn Fn(&str, &str) -> bool) {
        for part in &mut self.tables {
            let table = part.table.as_str();
            let keeps: Vec<bool> = part.columns.iter().map(|column| !is_left_out(table, column)).collect();
            let mut keep = keeps.iter().cycle();
            part.columns.retain(|_| *keep.next().unwrap_or(&true));
            for row in &mut part.rows {
                let mut keep = keeps.iter();
                row.retain(|_| *keep.next().unwrap_or(&true));
            }
        }
    }

    /// Puts other values in the place of those in some columns: `change` is told table, column and value, and says what
    /// stands there from now on.
    pub fn change(
        &mut self,
        is_wanted: &dyn Fn(&str, &str) -> bool,
        change: &dyn Fn(&str, &str, Stored) -> Stored,
    ) -> Result<(), Error> {
        for part in &mut self.tables {
            let wanted: Vec<usize> =
                (0..part.columns.len()).filter(|place| is_wanted(&part.table, &part.columns[*place])).collect();
            for row in &mut part.rows {
                for place in &wanted {
                    let Some(value) = stored(row[*place].get()) else { continue };
                    row[*place] = to_raw_value(&cell(change(&part.table, &part.columns[*place], value)))?;
                }
            }
        }
        Ok(())
    }

    /// A row of a table by its number, in the order of the table's declaration; what the image does not say is NULL.
    pub fn row(&self, table: &Table, id: i64) -> Option<Vec<Stored>> {
        let part = self.tables.iter().find(|part| part.table == table.name)?;
        let row = part.rows.iter().find(|row| part.id(row) == Some(id))?;
        let value = |name: &str| part.place(name).and_then(|place| stored(row[place].get())).unwrap_or(Stored::Null);
        Some(table.columns.iter().map(|column| value(column.name)).collect())
    }

    /// Says more of a row, or otherwise. A column that the image did not have yet is NULL in the other rows.
    pub fn set(&mut self, table: &str, id: i64, values: &[(&'static str, Stored)]) -> Result<(), Error> {
        let Some(part) = self.tables.iter_mut().find(|part| part.table == table) else { return Ok(()) };
        for (name, value) in values {
            let place = match part.place(name) {
                Some(place) => place,
                None => {
                    part.columns.push((*name).to_owned());
                    part.rows.iter_mut().for_each(|row| row.push(RawValue::NULL.to_owned()));
                    part.columns.len() - 1
                }
            };
            let raw = to_raw_value(&cell(value.clone()))?;
            if let Some(at) = part.rows.iter().position(|row| part.id(row) == Some(id)) {
                part.rows[at][place] = raw;
            }
        }
        Ok(())
    }

    fn ids(&self, table: &str) -> Vec<i64> {
        let parts = self.tables.iter().filter(|part| part.table == table);
        parts.flat_map(|part| part.rows.iter().filter_map(|row| part.id(row))).collect()
    }
}

impl Rows {
    fn place(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column == name)
    }

    fn id(&self, row: &[Box<RawValue>]) -> Option<i64> {
        match stored(row.get(self.place("id")?)?.get()) {
            Some(Stored::Integer(id)) => Some(id),
            _ => None,
        }
    }
}

/// A value in an image or an export as SQLite holds it; `None` for what neither ever holds.
pub fn stored(cell: &str) -> Option<Stored> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Wrapped<'a> {
        #[serde(borrow)]
        real: Option<&'a RawValue>,
        base64: Option<String>,
    }
    Some(match cell.as_bytes().first()? {
        b'n' => Stored::Null,
        b'"' => Stored::Text(serde_json::from_str(cell).ok()?),
        b'{' => match serde_json::from_str(cell).ok()? {
            Wrapped { real: Some(real), base64: None } => Stored::Real(real.get().parse().ok()?),
            Wrapped { real: None, base64: Some(text) } => {
                Stored::Blob(data_encoding::BASE64.decode(text.as_bytes()).ok()?)
            }
            _ => return None,
        },
        _ => Stored::Integer(cell.parse().ok()?),
    })
}

/// One image: the row and the column that keep it.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    table: &'static str,
    column: &'static str,
    id: i64,
}

impl Place {
    /// `None` once it is gone.
    pub fn image(&self, db: &Db) -> Result<Option<Image>, Error> {
        Ok(store::text(db, self.table, self.column, self.id)?.and_then(|text| Image::parse(&text)))
    }

    /// Keeps the image in the place of the one before.
    pub fn keep(&self, tx: &Tx, image: &Image) -> Result<(), Error> {
        store::set_text(tx, self.table, self.column, self.id, &image.text()?)
    }
}

/// Where rows of a table lie in images: the number of each, and every image that holds it.
pub fn places(db: &Db, modules: &'static [&'static Module], table: &str) -> Result<BTreeMap<i64, Vec<Place>>, Error> {
    let mut places: BTreeMap<i64, Vec<Place>> = BTreeMap::new();
    for holder in inventory::tables(modules).filter(|holder| holder.file == File::Workspace) {
        for column in holder.columns.iter().filter(|column| column.reading == Reading::Image) {
            store::each_naming(db, holder.name, column.name, table, &mut |id, text| {
                let place = Place { table: holder.name, column: column.name, id };
                for row in Image::parse(text).map(|image| image.ids(table)).unwrap_or_default() {
                    places.entry(row).or_default().push(place);
                }
                Ok(())
            })?;
        }
    }
    Ok(places)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"{"tables":[{"table":"contacts","columns":["id","owner_id"],"rows":[[7,5]]},{"table":"attachments","columns":["id","sealed_key","size"],"rows":[[3,{"base64":"AAE="},{"real":0.1000000000000000055}],[4,null,9]]}],"links":[],"relations":{"table":"","columns":[],"rows":[]}}"#;

    #[test]
    fn what_is_not_touched_keeps_its_text_and_a_column_taken_out_comes_back() {
        let mut image = Image::parse(TEXT).expect("an image");
        assert_eq!(image.text().unwrap(), TEXT);
        image.leave_out(&|table, column| (table, column) == ("attachments", "sealed_key"));
        let without =
            TEXT.replace("\"sealed_key\",", "").replace("{\"base64\":\"AAE=\"},", "").replace("[4,null,9]", "[4,9]");
        assert_eq!(image.text().unwrap(), without);
        assert_eq!(image.ids("attachments"), [3, 4]);
        image.set("attachments", 4, &[("sealed_key", Stored::Blob(vec![0, 1]))]).unwrap();
        let text = image.text().unwrap();
        assert!(
            text.contains("\"id\",\"size\",\"sealed_key\"") && text.contains("0.1000000000000000055},null]"),
            "{text}"
        );
        image.leave_out(&|_, column| column == "sealed_key");
        assert_eq!(image.text().unwrap(), without);
        image.change(&|_, column| column == "owner_id", &|_, _, _| Stored::Integer(105)).unwrap();
        assert_eq!(image.text().unwrap(), without.replace("[7,5]", "[7,105]"));
        for wrong in ["", "{}", "[]", "{\"tables\":[]}", &TEXT.replace("[[7,5]]", "[[7]]"), &format!(" {TEXT}")] {
            assert!(Image::parse(wrong).is_none(), "{wrong}");
        }
    }
}
