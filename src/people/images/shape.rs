//! What belongs to a record, read from the schema: its foreign keys, and the columns `on_type` and `on_id`.

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
const APART: &str = "('change_images', 'trash', 'duplicate_candidates', 'attachment_remains')";

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

/// Every table with a foreign key to `parent`.
pub fn children(db: &Db, parent: &str) -> Result<Vec<Child>, Error> {
    db.rows(
        "SELECT t.name, f.\"from\", f.on_delete = 'CASCADE'
         FROM sqlite_schema AS t, pragma_foreign_key_list(t.name) AS f
         WHERE t.type = 'table' AND f.\"table\" = :parent ORDER BY t.name, f.\"from\"",
        &[(":parent", &parent)],
        |row| Ok(Child { table: row.get(0)?, column: row.get(1)?, goes_along: row.get(2)? }),
    )
}

/// The foreign keys of a table: column, parent, and whether the row goes when the parent goes.
pub fn parents(db: &Db, table: &str) -> Result<Vec<(String, String, bool)>, Error> {
    db.rows(
        "SELECT \"from\", \"table\", on_delete = 'CASCADE' FROM pragma_foreign_key_list(:table)",
        &[(":table", &table)],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
    )
}

/// The columns of a table.
pub fn columns(db: &Db, table: &str) -> Result<Vec<String>, Error> {
    db.rows("SELECT name FROM pragma_table_info(:table)", &[(":table", &table)], |row| row.get(0))
}

/// The tables that hang on records of any kind, by their columns `on_type` and `on_id`. A test holds the data
/// map to these names.
pub fn hanging(db: &Db) -> Result<Vec<String>, Error> {
    db.rows(
        &format!(
            "SELECT t.name FROM sqlite_schema AS t WHERE t.type = 'table' AND t.name NOT IN {APART}
                 AND 2 = (SELECT count(*) FROM pragma_table_info(t.name) AS c WHERE c.name IN ('on_type', 'on_id'))
             ORDER BY t.name"
        ),
        &[],
        |row| row.get(0),
    )
}
