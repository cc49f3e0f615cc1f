//! Writes whole tables, and reads them back. Names come from the file's schema, never from an export.

use rusqlite::types::Value as Stored;
use rusqlite::{Row, ToSql};

use super::moving::Moved;
use crate::db::{Db, Filling, Tx};
use crate::error::Error;
use crate::privacy::data_map::Table;
use crate::privacy::workspace_export::{Fingerprint, cell, each_row, is_secret};

/// A column as the file has it.
struct Known {
    name: String,
    is_needed: bool,
    is_bytes: bool,
}

/// The statement that takes the rows of one table.
pub struct Taking {
    sql: String,
    names: Vec<String>,
}

impl Taking {
    /// For these columns of an export. `Err` says what does not fit.
    pub fn new(db: &Db, table: &Table, columns: &[String]) -> Result<Result<Taking, String>, Error> {
        let known = db.rows(
            "SELECT name, \"notnull\" AND dflt_value IS NULL, type = 'BLOB' FROM pragma_table_info(:table)",
            &[(":table", &table.name)],
            known,
        )?;
        let secret = |name: &str| table.columns.iter().any(|column| column.name == name && is_secret(column));
        for (place, column) in columns.iter().enumerate() {
            if columns[..place].contains(column) {
                return Ok(Err(format!("it names the column “{column}” twice")));
            }
            if secret(column) || !known.iter().any(|known| known.name == *column) {
                return Ok(Err(format!("this program knows no column “{column}” of it")));
            }
        }
        let mut names: Vec<String> = columns.iter().map(|name| format!("\"{name}\"")).collect();
        let params: Vec<String> = (0..columns.len()).map(|place| format!(":c{place}")).collect();
        let mut values = params.clone();
        for column in known.iter().filter(|known| known.is_needed && !columns.contains(&known.name)) {
            if !secret(&column.name) {
                return Ok(Err(format!("the column “{}” is missing", column.name)));
            }
            names.push(format!("\"{}\"", column.name));
            // What stood there opens nothing here, and neither does this.
            values.push(if column.is_bytes { "randomblob(32)".into() } else { "0".into() });
        }
        let sql = format!("INSERT INTO \"{}\" ({}) VALUES ({})", table.name, names.join(", "), values.join(", "));
        Ok(Ok(Taking { sql, names: params }))
    }

    pub fn take(&self, tx: &Tx, row: &[Stored]) -> Result<(), Error> {
        let params: Vec<(&str, &dyn ToSql)> =
            self.names.iter().zip(row).map(|(name, value)| (name.as_str(), value as &dyn ToSql)).collect();
        tx.execute(&self.sql, &params).map(drop)
    }
}

fn known(row: &Row) -> rusqlite::Result<Known> {
    Ok(Known { name: row.get(0)?, is_needed: row.get(1)?, is_bytes: row.get(2)? })
}

/// Takes out what a fresh file begins with: the export brings its own.
pub fn clear(tx: &Tx, table: &Table) -> Result<(), Error> {
    tx.execute(&format!("DELETE FROM \"{}\"", table.name), &[]).map(drop)
}

/// How many rows a table has now and their fingerprint, with the numbers of members as they were in the export.
pub fn fingerprint(db: &Db, table: &Table, columns: &[String], moved: Moved) -> Result<(u64, String), Error> {
    let names: Vec<&str> = columns.iter().map(String::as_str).collect();
    let mut fingerprint = Fingerprint::default();
    let mut line = Vec::new();
    each_row(db, table.name, &names, None, &mut |row| {
        let cells = row.into_iter().zip(&names).map(|(value, name)| cell(moved.here_to_there(table.name, name, value)));
        line.clear();
        serde_json::to_writer(&mut line, &cells.collect::<Vec<_>>())?;
        fingerprint.add(&line);
        Ok(())
    })?;
    Ok((fingerprint.rows, fingerprint.hex()))
}

/// No number of a row that was there before is given again.
pub fn set_sequence(filling: &Filling, table: &str, last: i64) -> Result<(), Error> {
    let params: &[(&str, &dyn ToSql)] = &[(":table", &table), (":last", &last)];
    if filling.execute("UPDATE sqlite_sequence SET seq = max(seq, :last) WHERE name = :table", params)? == 0 {
        filling.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (:table, :last)", params)?;
    }
    Ok(())
}

/// Keeps the key of pseudonyms, sealed.
pub fn set_pseudonym_key(tx: &Tx, sealed: &[u8], version: u32) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO pseudonym_key (id, sealed_key, key_version) VALUES (1, :sealed, :version)",
        &[(":sealed", &sealed), (":version", &version)],
    )?;
    Ok(())
}

/// The sealed key, and the version of the key that it is sealed under.
pub fn pseudonym_key(db: &Db) -> Result<Option<(Vec<u8>, u32)>, Error> {
    db.row("SELECT sealed_key, key_version FROM pseudonym_key WHERE id = 1", &[], |row| Ok((row.get(0)?, row.get(1)?)))
}

/// What opens something of a row here, and nothing elsewhere.
pub fn secrets(db: &Db, table: &Table, id: i64) -> Result<Vec<(&'static str, Stored)>, Error> {
    let names: Vec<&'static str> =
        table.columns.iter().filter(|column| is_secret(column)).map(|column| column.name).collect();
    let sql = format!("SELECT {} FROM {} WHERE id = :id", names.join(", "), table.name);
    let mut values = Vec::new();
    db.each(&sql, &[(":id", &id)], &mut |row| {
        for (place, name) in names.iter().enumerate() {
            values.push((*name, row.get(place)?));
        }
        Ok(())
    })?;
    Ok(values)
}

pub fn has(db: &Db, table: &str, id: i64) -> Result<bool, Error> {
    Ok(db.count(&format!("SELECT count(*) FROM \"{table}\" WHERE id = :id"), &[(":id", &id)])? > 0)
}

/// Rows of a table whose file was not in the export yet.
pub fn count(db: &Db, table: &str) -> Result<u64, Error> {
    Ok(db.count(&format!("SELECT count(*) FROM \"{table}\""), &[])?.unsigned_abs())
}

/// Adds a number to every number in a column.
pub fn add_to(tx: &Tx, table: &str, column: &str, by: i64) -> Result<(), Error> {
    let sql =
        format!("UPDATE \"{table}\" SET \"{column}\" = \"{column}\" + :by WHERE typeof(\"{column}\") = 'integer'");
    tx.execute(&sql, &[(":by", &by)]).map(drop)
}

/// Puts another text in the place of each text of a column, where there is one to put.
pub fn rewrite(tx: &Tx, table: &str, column: &str, anew: &dyn Fn(&str) -> Option<String>) -> Result<(), Error> {
    let rows = tx.rows(&format!("SELECT rowid FROM \"{table}\""), &[], |row| row.get::<_, i64>(0))?;
    for row in rows {
        let sql = format!("SELECT \"{column}\" FROM \"{table}\" WHERE rowid = :row");
        let text: Option<Option<String>> = tx.value(&sql, &[(":row", &row)])?;
        if let Some(text) = text.flatten().and_then(|text| anew(&text)) {
            let sql = format!("UPDATE \"{table}\" SET \"{column}\" = :text WHERE rowid = :row");
            tx.execute(&sql, &[(":text", &text), (":row", &row)])?;
        }
    }
    Ok(())
}

pub fn rows_of(db: &Db, table: &str) -> Result<Vec<i64>, Error> {
    db.rows(&format!("SELECT id FROM \"{table}\" ORDER BY id"), &[], |row| row.get(0))
}
