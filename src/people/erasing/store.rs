//! What is read for an erasure across the tables of people.

use crate::db::Db;
use crate::error::Error;
use crate::module::Target;

/// What a contact is called now, and what records were called that went into theirs.
pub fn names(db: &Db, id: i64) -> Result<Vec<String>, Error> {
    db.rows(
        "SELECT display_name FROM contacts WHERE id = :id
         UNION SELECT trim(given_name || ' ' || family_name) FROM contacts WHERE id = :id
         UNION SELECT name FROM merged_records WHERE on_type = 'contact' AND (lost_id = :id OR on_id = :id)
         UNION SELECT name FROM trash WHERE on_type = 'contact' AND on_id = :id",
        &[(":id", &id)],
        |row| row.get(0),
    )
}

/// The contact as it was before changes, and as the trash keeps it.
pub fn images(db: &Db, id: i64) -> Result<Vec<String>, Error> {
    db.rows(
        "SELECT image FROM trash WHERE on_type = 'contact' AND on_id = :id
         UNION ALL SELECT image FROM change_images WHERE on_type = 'contact' AND on_id = :id AND substr(image, 1, 1) = '{'",
        &[(":id", &id)],
        |row| row.get(0),
    )
}

pub fn imports_with_files(db: &Db) -> Result<Vec<i64>, Error> {
    db.rows("SELECT id FROM imports WHERE file IS NOT NULL ORDER BY id", &[], |row| row.get(0))
}

/// The records whose search words hold what stands in a row: in one without a number of its own, in all rows that
/// hold the text.
pub fn records_of(db: &Db, table: &str, row: i64, text: &str) -> Result<Vec<Target>, Error> {
    let sql = match table {
        "contacts" => "SELECT 'contact', id FROM contacts WHERE id = :row",
        "contact_identities" => "SELECT 'contact', contact_id FROM contact_identities WHERE id = :row",
        "companies" => "SELECT 'company', id FROM companies WHERE id = :row",
        "company_identities" => "SELECT 'company', company_id FROM company_identities WHERE id = :row",
        "custom_values" => "SELECT DISTINCT on_type, on_id FROM custom_values WHERE value = :text OR sort_key = :text",
        _ => return Ok(Vec::new()),
    };
    let target = |row: &rusqlite::Row| {
        let kind: String = row.get(0)?;
        Ok(Target { kind: if kind == "contact" { "contact" } else { "company" }, id: row.get(1)? })
    };
    match table {
        "custom_values" => db.rows(sql, &[(":text", &text)], target),
        _ => db.rows(sql, &[(":row", &row)], target),
    }
}
