//! The counters of numbers in a file that came back, and what it says already of a promise. SQL lives here and nowhere
//! else.

use crate::db::{Db, Tx};
use crate::error::Error;

/// No number up to this one is given again.
pub fn raise_counter(tx: &Tx, table: &str, last: i64) -> Result<(), Error> {
    let params: &[(&str, &dyn rusqlite::ToSql)] = &[(":table", &table), (":last", &last)];
    if tx.execute("UPDATE sqlite_sequence SET seq = max(seq, :last) WHERE name = :table", params)? == 0 {
        tx.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (:table, :last)", params)?;
    }
    Ok(())
}

/// Whether what somebody said is written down already: the same number, about one of these ids, at the same moment.
pub fn was_said(
    db: &Db,
    event: i64,
    kind: &str,
    ids: &str,
    recorded_at: crate::clock::Timestamp,
) -> Result<bool, Error> {
    let found = db.count(
        "SELECT count(*) FROM consent_events WHERE id = :event AND on_type = :kind AND recorded_at = :at
             AND on_id IN (SELECT value FROM json_each(:ids))",
        &[(":event", &event), (":kind", &kind), (":ids", &ids), (":at", &recorded_at)],
    )?;
    Ok(found > 0)
}
