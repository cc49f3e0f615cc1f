//! The counters of numbers in a file that came back. SQL lives here and nowhere else.

use crate::db::Tx;
use crate::error::Error;

/// No number up to this one is given again.
pub fn raise_counter(tx: &Tx, table: &str, last: i64) -> Result<(), Error> {
    let params: &[(&str, &dyn rusqlite::ToSql)] = &[(":table", &table), (":last", &last)];
    if tx.execute("UPDATE sqlite_sequence SET seq = max(seq, :last) WHERE name = :table", params)? == 0 {
        tx.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (:table, :last)", params)?;
    }
    Ok(())
}
