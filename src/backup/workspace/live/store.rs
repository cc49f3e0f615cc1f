//! Rows of one file written into another of the same schema. SQL lives here and nowhere else.

use std::collections::HashMap;

use rusqlite::ToSql;
use rusqlite::types::Value;

use crate::backup::restore::raise_counter;
use crate::db::{Db, Tx};
use crate::error::Error;

/// Whether the log of `from` goes on from that of `to`: the newest entry there stands here too.
pub fn continues(from: &Db, to: &Db) -> Result<bool, Error> {
    let head = to.row("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1", &[], |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?))
    })?;
    let Some((sequence, hash)) = head else { return Ok(true) };
    let found: Option<Vec<u8>> = from.value("SELECT hash FROM audit WHERE seq = :seq", &[(":seq", &sequence)])?;
    Ok(found == Some(hash))
}

/// The whole log: what was emptied of it for an erased person stays empty.
pub fn replace_log(from: &Db, to: &Tx) -> Result<(), Error> {
    to.execute("DELETE FROM audit", &[])?;
    copy_rows(from, to, "audit", "seq > 0", "INSERT").map(drop)
}

/// No number that was given is given again.
pub fn raise_counters(from: &Db, to: &Tx) -> Result<(), Error> {
    let counters = from.rows("SELECT name, seq FROM sqlite_sequence", &[], |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?))
    })?;
    for (table, last) in counters {
        raise_counter(to, &table, last)?;
    }
    Ok(())
}

/// Who must not be written to, or not come back: everybody on either list.
pub fn add_suppressions(from: &Db, to: &Tx) -> Result<usize, Error> {
    let mut added = 0;
    from.each("SELECT kind, value_hmac, reason, scope, at FROM suppressions", &[], &mut |row| {
        let values: Vec<Value> = (0..5).map(|place| row.get(place)).collect::<Result<_, _>>()?;
        added += to.execute(
            "INSERT OR IGNORE INTO suppressions (kind, value_hmac, reason, scope, at) VALUES (:a, :b, :c, :d, :e)",
            &[(":a", &values[0]), (":b", &values[1]), (":c", &values[2]), (":d", &values[3]), (":e", &values[4])],
        )?;
        Ok(())
    })?;
    Ok(added)
}

/// Legal holds as they stand now: placed and released since then.
pub fn take_holds(from: &Db, to: &Tx) -> Result<usize, Error> {
    let before = to.count("SELECT count(*) FROM legal_holds", &[])?;
    copy_rows(from, to, "legal_holds", "id > 0", "INSERT OR REPLACE")?;
    Ok(usize::try_from(to.count("SELECT count(*) FROM legal_holds", &[])? - before).unwrap_or(0))
}

/// What hangs on a request, each row with its own number.
const OF_REQUESTS: [&str; 6] = [
    "subject_request_steps",
    "subject_request_checks",
    "subject_request_kept",
    "subject_request_corrections",
    "subject_request_recipients",
    "subject_request_letters",
];

/// Requests of people about their data as they stand now: their deadlines are the law's, and no restore moves them.
/// One about a person who is not in the restored state stays, and says no more whose data it is about.
pub fn take_requests(from: &Db, to: &Tx) -> Result<usize, Error> {
    const STANDING: &str = "SELECT id, version FROM subject_requests";
    let standing = |db: &Db| {
        let rows = db.rows(STANDING, &[], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)))?;
        Ok::<_, Error>(rows.into_iter().collect::<HashMap<i64, i64>>())
    };
    let (now, then) = (standing(from)?, standing(to)?);
    copy_rows(from, to, "subject_requests", "id > 0", "INSERT OR REPLACE")?;
    for table in OF_REQUESTS {
        copy_rows(from, to, table, "id > 0", "INSERT OR REPLACE")?;
    }
    // Somebody erased since then is in neither; what is left of their request stays as it is.
    let known = "SELECT id, person_id FROM subject_requests
                 WHERE person_type = 'contact' AND person_id IN (SELECT id FROM contacts)";
    let of_contacts = from.rows(known, &[], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)))?;
    for (request, person) in of_contacts {
        to.execute(
            "UPDATE subject_requests SET person_type = '', person_id = NULL
             WHERE id = :request AND NOT EXISTS (SELECT 1 FROM contacts WHERE id = :person)",
            &[(":request", &request), (":person", &person)],
        )?;
    }
    Ok(now.iter().filter(|(id, version)| then.get(id) != Some(version)).count())
}

/// Who was marked as a child since then, of the people who are there.
pub fn take_minors(from: &Db, to: &Tx) -> Result<usize, Error> {
    let mut added = 0;
    from.each("SELECT on_type, on_id, marked_by, marked_at FROM minors WHERE on_type = 'contact'", &[], &mut |row| {
        let values: Vec<Value> = (0..4).map(|place| row.get(place)).collect::<Result<_, _>>()?;
        added += to.execute(
            "INSERT OR IGNORE INTO minors (on_type, on_id, marked_by, marked_at)
             SELECT :type, :on, :by, :at WHERE EXISTS (SELECT 1 FROM contacts WHERE id = :on)",
            &[(":type", &values[0]), (":on", &values[1]), (":by", &values[2]), (":at", &values[3])],
        )?;
        Ok(())
    })?;
    Ok(added)
}

/// Row by row, so that a long table needs no memory.
fn copy_rows(from: &Db, to: &Tx, table: &str, which: &str, verb: &str) -> Result<usize, Error> {
    let names =
        from.rows("SELECT name FROM pragma_table_info(:table)", &[(":table", &table)], |row| row.get::<_, String>(0))?;
    let params: Vec<String> = (0..names.len()).map(|place| format!(":c{place}")).collect();
    let insert = format!("{verb} INTO {table} ({}) VALUES ({})", names.join(", "), params.join(", "));
    let mut copied = 0;
    from.each(&format!("SELECT {} FROM {table} WHERE {which} ORDER BY 1", names.join(", ")), &[], &mut |row| {
        let values: Vec<Value> = (0..names.len()).map(|place| row.get(place)).collect::<Result<_, _>>()?;
        let given: Vec<(&str, &dyn ToSql)> =
            params.iter().zip(&values).map(|(name, value)| (name.as_str(), value as &dyn ToSql)).collect();
        copied += to.execute(&insert, &given)?;
        Ok(())
    })?;
    Ok(copied)
}
