//! Reads and writes columns with images. Names of tables and columns come from the data map, which is code.

use crate::db::{Db, Tx};
use crate::error::Error;

/// Hands over every image that may hold rows of a table, with the number of its row.
pub fn each_naming(
    db: &Db,
    table: &str,
    column: &str,
    named: &str,
    each: &mut dyn FnMut(i64, &str) -> Result<(), Error>,
) -> Result<(), Error> {
    // A file of an older version may not have the table yet.
    let known =
        db.count("SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = :name", &[(":name", &table)])?;
    if known == 0 {
        return Ok(());
    }
    let sql = format!("SELECT id, {column} FROM {table} WHERE instr({column}, :named) > 0 ORDER BY id");
    let named = format!("\"table\":\"{named}\"");
    db.each(&sql, &[(":named", &named)], &mut |row| each(row.get(0)?, &row.get::<_, String>(1)?))
}

pub fn text(db: &Db, table: &str, column: &str, id: i64) -> Result<Option<String>, Error> {
    db.value(&format!("SELECT {column} FROM {table} WHERE id = :id"), &[(":id", &id)])
}

pub fn set_text(tx: &Tx, table: &str, column: &str, id: i64, text: &str) -> Result<(), Error> {
    let sql = format!("UPDATE {table} SET {column} = :text WHERE id = :id");
    tx.execute(&sql, &[(":id", &id), (":text", &text)]).map(drop)
}
