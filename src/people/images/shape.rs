//! What belongs to a record, read from the schema: its foreign keys, and the columns `on_type` and `on_id`.

use std::collections::HashMap;
use std::sync::OnceLock;

use crate::db::Db;
use crate::error::Error;
use crate::people::record::Object;

/// A table whose rows belong to rows of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Child {
    pub table: String,
    /// The column that points at the parent's `id`.
    pub column: String,
    /// The row goes when its parent goes. Otherwise it only points there, and stays.
    pub goes_along: bool,
}

/// Tables with `on_type` and `on_id` that hang on no record: images themselves, pairs of records, and what is
/// left to remove when a file's row is gone.
const APART: [&str; 4] = ["change_images", "trash", "duplicate_candidates", "attachment_remains"];

/// The table with one row for each record of the kind.
pub fn main_table(object: Object) -> &'static str {
    match object {
        Object::Contact => "contacts",
        Object::Company => "companies",
    }
}

/// The tables that a version of the record counts, besides the main one.
pub fn own_tables(object: Object) -> &'static [&'static str] {
    match object {
        Object::Contact => &["contact_identities", "contact_tags", "custom_values"],
        Object::Company => &["company_identities", "company_tags", "custom_values"],
    }
}

/// What the schema says, read once: every workspace file is at the same schema when it is served, and an edit of
/// many records asks for it with each.
struct Shape {
    /// By the parent's name.
    children: HashMap<String, Vec<Child>>,
    /// By the name of the table: column, parent, and whether the row goes when the parent goes.
    parents: HashMap<String, Vec<(String, String, bool)>>,
    columns: HashMap<String, Vec<String>>,
    hanging: Vec<String>,
}

static SHAPE: OnceLock<Shape> = OnceLock::new();

impl Shape {
    fn of(db: &Db) -> Result<&'static Shape, Error> {
        if let Some(shape) = SHAPE.get() {
            return Ok(shape);
        }
        let shape = Shape::read(db)?;
        Ok(SHAPE.get_or_init(|| shape))
    }

    fn read(db: &Db) -> Result<Shape, Error> {
        let mut shape =
            Shape { children: HashMap::new(), parents: HashMap::new(), columns: HashMap::new(), hanging: Vec::new() };
        let keys = db.rows(
            "SELECT t.name, f.\"from\", f.\"table\", f.on_delete = 'CASCADE'
             FROM sqlite_schema AS t, pragma_foreign_key_list(t.name) AS f WHERE t.type = 'table' ORDER BY t.name, f.\"from\"",
            &[],
            |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?, row.get(3)?)),
        )?;
        for (table, column, parent, goes_along) in keys {
            let child = Child { table: table.clone(), column: column.clone(), goes_along };
            shape.children.entry(parent.clone()).or_default().push(child);
            shape.parents.entry(table).or_default().push((column, parent, goes_along));
        }
        let columns = db.rows(
            "SELECT t.name, c.name FROM sqlite_schema AS t, pragma_table_info(t.name) AS c
             WHERE t.type = 'table' ORDER BY t.name, c.cid",
            &[],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        for (table, column) in columns {
            shape.columns.entry(table).or_default().push(column);
        }
        let hangs = |columns: &Vec<String>| ["on_type", "on_id"].iter().all(|name| columns.iter().any(|c| c == name));
        let hanging =
            shape.columns.iter().filter(|(table, columns)| !APART.contains(&table.as_str()) && hangs(columns));
        shape.hanging = hanging.map(|(table, _)| table.clone()).collect();
        shape.hanging.sort_unstable();
        Ok(shape)
    }
}

/// Every table with a foreign key to `parent`.
pub fn children(db: &Db, parent: &str) -> Result<&'static [Child], Error> {
    Ok(Shape::of(db)?.children.get(parent).map_or(&[], Vec::as_slice))
}

/// The foreign keys of a table: column, parent, and whether the row goes when the parent goes.
pub fn parents(db: &Db, table: &str) -> Result<&'static [(String, String, bool)], Error> {
    Ok(Shape::of(db)?.parents.get(table).map_or(&[], Vec::as_slice))
}

/// The columns of a table, in their order.
pub fn columns(db: &Db, table: &str) -> Result<&'static [String], Error> {
    Ok(Shape::of(db)?.columns.get(table).map_or(&[], Vec::as_slice))
}

/// The tables that hang on records of any kind, by their columns `on_type` and `on_id`. A test holds the data
/// map to these names.
pub fn hanging(db: &Db) -> Result<&'static [String], Error> {
    Ok(&Shape::of(db)?.hanging)
}
