//! The table `access_packages`, and the reading of every table that the data map leads to.

use rusqlite::types::Value;
use rusqlite::{Row, ToSql};

use super::{AccessPackage, State};
use crate::clock::Timestamp;
use crate::db::{Db, Tx};
use crate::error::Error;
use crate::id::{AccessPackageId, MemberId};
use crate::privacy::data_map::Table;
use crate::privacy::parcel::Sealed;
use crate::privacy::subject::Person;

/// Every row of a table about a person, each value as it is stored, in the order of the declared columns.
///
/// Names of tables and columns come from the data map, which is code, never from input.
pub fn rows_about(db: &Db, table: &Table, condition: &str, person: &Person) -> Result<Vec<Vec<Value>>, Error> {
    let columns: Vec<String> = table.columns.iter().map(|column| format!("\"{}\"", column.name)).collect();
    let sql = format!("SELECT {} FROM \"{}\" WHERE {condition} ORDER BY 1", columns.join(", "), table.name);
    let ids = person.ids_json();
    let mut params: Vec<(&str, &dyn ToSql)> = vec![(":ids", &ids)];
    if condition.contains(":kind") {
        params.push((":kind", &person.kind.word));
    }
    let mut rows = Vec::new();
    db.each(&sql, &params, &mut |row| {
        rows.push((0..columns.len()).map(|place| row.get(place)).collect::<Result<_, _>>()?);
        Ok(())
    })?;
    Ok(rows)
}

/// What a row elsewhere is called.
pub fn name_of(db: &Db, table: &str, column: &str, id: i64) -> Result<Option<String>, Error> {
    db.value(&format!("SELECT \"{column}\" FROM \"{table}\" WHERE id = :id"), &[(":id", &id)])
}

pub fn insert(
    tx: &Tx,
    person: &Person,
    request: Option<i64>,
    by: Option<MemberId>,
    expires_at: Timestamp,
) -> Result<AccessPackageId, Error> {
    let released_at = request.is_none().then_some(tx.now);
    tx.insert(
        "INSERT INTO access_packages (person_kind, person_id, request_id, state, released_at, created_by, created_at,
                                      expires_at)
         VALUES (:kind, :person, :request, 'building', :released, :by, :now, :expires)",
        &[
            (":kind", &person.kind.word),
            (":person", &person.id()),
            (":request", &request),
            (":released", &released_at),
            (":by", &by),
            (":now", &tx.now),
            (":expires", &expires_at),
        ],
    )
    .map(AccessPackageId)
}

pub fn find(db: &Db, id: AccessPackageId) -> Result<Option<AccessPackage>, Error> {
    db.row("SELECT * FROM access_packages WHERE id = :id", &[(":id", &id)], package)
}

/// Those of a person, newest first; a few are enough for a page.
pub fn of(db: &Db, person: &Person) -> Result<Vec<AccessPackage>, Error> {
    db.rows(
        "SELECT * FROM access_packages WHERE person_kind = :kind
             AND person_id IN (SELECT value FROM json_each(:ids)) ORDER BY id DESC LIMIT 20",
        &[(":kind", &person.kind.word), (":ids", &person.ids_json())],
        package,
    )
}

pub fn of_request(db: &Db, request: i64) -> Result<Option<AccessPackage>, Error> {
    db.row(
        "SELECT * FROM access_packages WHERE request_id = :request ORDER BY id DESC LIMIT 1",
        &[(":request", &request)],
        package,
    )
}

pub fn building(db: &Db) -> Result<Vec<AccessPackage>, Error> {
    db.rows("SELECT * FROM access_packages WHERE state = 'building' ORDER BY id", &[], package)
}

pub fn set_step(tx: &Tx, id: AccessPackageId, step: usize, steps: usize) -> Result<(), Error> {
    let (step, steps) = (i64::try_from(step).unwrap_or(i64::MAX), i64::try_from(steps).unwrap_or(i64::MAX));
    tx.execute(
        "UPDATE access_packages SET step = :step, steps = :steps WHERE id = :id",
        &[(":id", &id), (":step", &step), (":steps", &steps)],
    )?;
    Ok(())
}

/// What a package turned out to be.
pub struct Made<'a> {
    pub object: &'a [u8; 16],
    pub sealed_key: &'a [u8],
    pub key_version: u32,
    pub size: u64,
    pub sha256: &'a [u8; 32],
    pub items: usize,
    pub files: usize,
    pub damaged: usize,
    pub redacted: usize,
}

/// False when the row is gone or settled by now: the person was erased meanwhile.
pub fn set_ready(tx: &Tx, id: AccessPackageId, made: &Made) -> Result<bool, Error> {
    let number = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    let changed = tx.execute(
        "UPDATE access_packages SET state = 'ready', ready_at = :now, object = :object, sealed_key = :key,
             key_version = :version, size = :size, sha256 = :sha256, items = :items, files = :files,
             damaged = :damaged, redacted = :redacted, step = steps
         WHERE id = :id AND state = 'building'",
        &[
            (":id", &id),
            (":now", &tx.now),
            (":object", &made.object.as_slice()),
            (":key", &made.sealed_key),
            (":version", &made.key_version),
            (":size", &i64::try_from(made.size).unwrap_or(i64::MAX)),
            (":sha256", &made.sha256.as_slice()),
            (":items", &number(made.items)),
            (":files", &number(made.files)),
            (":damaged", &number(made.damaged)),
            (":redacted", &number(made.redacted)),
        ],
    )?;
    Ok(changed > 0)
}

pub fn set_failed(tx: &Tx, id: AccessPackageId) -> Result<(), Error> {
    tx.execute("UPDATE access_packages SET state = 'failed' WHERE id = :id", &[(":id", &id)])?;
    Ok(())
}

pub fn set_released(tx: &Tx, id: AccessPackageId) -> Result<(), Error> {
    tx.execute(
        "UPDATE access_packages SET released_at = :now WHERE id = :id AND released_at IS NULL",
        &[(":id", &id), (":now", &tx.now)],
    )?;
    Ok(())
}

fn package(row: &Row) -> rusqlite::Result<AccessPackage> {
    Ok(AccessPackage {
        id: row.get("id")?,
        person_kind: row.get("person_kind")?,
        person_id: row.get("person_id")?,
        request: row.get("request_id")?,
        state: State::from_word(&row.get::<_, String>("state")?).unwrap_or(State::Failed),
        released_at: row.get("released_at")?,
        step: row.get("step")?,
        steps: row.get("steps")?,
        items: row.get("items")?,
        files: row.get("files")?,
        damaged: row.get("damaged")?,
        redacted: row.get("redacted")?,
        size: row.get("size")?,
        sha256: row.get::<_, Option<Vec<u8>>>("sha256")?.unwrap_or_default(),
        has_link: row.get::<_, Option<Vec<u8>>>("link_hash")?.is_some(),
        created_by: row.get("created_by")?,
        created_at: row.get("created_at")?,
        ready_at: row.get("ready_at")?,
        taken_at: row.get("taken_at")?,
        expires_at: row.get("expires_at")?,
        sealed: Sealed::read(row)?,
    })
}
