//! The table `workspace_exports`, and the reading of whole tables, column by column as they are declared. Names come from
//! the data map, which is code.

use rusqlite::types::Value;
use rusqlite::{Row, ToSql};

use super::{Step, WorkspaceExport, Written, is_secret};
use crate::clock::Timestamp;
use crate::db::blobs::NewBlob;
use crate::db::{Db, Tx};
use crate::error::Error;
use crate::id::{MemberId, WorkspaceExportId, WorkspaceId};
use crate::module::Module;
use crate::privacy::data_map::{Subject, Table, inventory};
use crate::privacy::parcel::{Sealed, State};

/// What of a person's own account a workspace knows: who they are. The rest is theirs, not the workspace's.
const OF_AN_ACCOUNT: [&str; 3] = ["id", "email", "display_name"];
const ACCOUNTS: &str = "accounts";

/// The columns that are written.
pub fn columns(table: &Table) -> impl Iterator<Item = &'static str> + use<> {
    let is_account = table.name == ACCOUNTS;
    let columns = table.columns;
    let told = columns.iter().filter(|column| !is_secret(column)).map(|column| column.name);
    told.filter(move |name| !is_account || OF_AN_ACCOUNT.contains(name))
}

/// Which rows of a table of the installation are about a workspace, whose id is `:workspace`; `None` when none are.
pub fn condition(modules: &'static [&'static Module], table: &Table) -> Option<String> {
    let has = |table: &Table, name: &str| table.columns.iter().any(|column| column.name == name);
    if table.name == ACCOUNTS {
        return Some("id IN (SELECT account_id FROM memberships WHERE workspace_id = :workspace)".into());
    }
    if has(table, "workspace_id") {
        return Some("workspace_id = :workspace".into());
    }
    let Subject::Via { column, table: parent } = table.subject else { return None };
    let parent = inventory::tables(modules).find(|other| other.name == parent && other.file == table.file)?;
    has(parent, "workspace_id")
        .then(|| format!("{column} IN (SELECT id FROM {} WHERE workspace_id = :workspace)", parent.name))
}

/// True for a table that says nothing but how something is sealed here.
pub fn is_sealing(table: &Table) -> bool {
    table.columns.iter().all(|column| is_secret(column) || column.name == "id")
}

/// Hands over each row in the order of its key.
pub fn each_row(
    db: &Db,
    table: &str,
    columns: &[&str],
    of: Option<(&str, WorkspaceId)>,
    each: &mut dyn FnMut(Vec<Value>) -> Result<(), Error>,
) -> Result<(), Error> {
    let names: Vec<String> = columns.iter().map(|name| format!("\"{name}\"")).collect();
    let order = (1..=names.len().min(4)).map(|place| place.to_string()).collect::<Vec<_>>().join(", ");
    let narrowed = of.map_or(String::new(), |(condition, _)| format!(" WHERE {condition}"));
    let sql = format!("SELECT {} FROM \"{table}\"{narrowed} ORDER BY {order}", names.join(", "));
    let mut params: Vec<(&str, &dyn ToSql)> = Vec::new();
    if let Some((_, workspace)) = &of {
        params.push((":workspace", workspace));
    }
    db.each(&sql, &params, &mut |row| each((0..names.len()).map(|place| row.get(place)).collect::<Result<_, _>>()?))
}

/// The highest number that a row of each table ever had, so that none is given twice.
pub fn sequences(db: &Db) -> Result<serde_json::Map<String, serde_json::Value>, Error> {
    let all = db.rows("SELECT name, seq FROM sqlite_sequence ORDER BY name", &[], |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?))
    })?;
    Ok(all.into_iter().map(|(name, last)| (name, last.into())).collect())
}

/// The highest number that a member of any workspace ever had.
pub fn members_through(db: &Db) -> Result<i64, Error> {
    Ok(db.value("SELECT seq FROM sqlite_sequence WHERE name = 'memberships'", &[])?.unwrap_or(0))
}

/// Every id of a table.
pub fn ids(db: &Db, table: &str) -> Result<Vec<i64>, Error> {
    db.rows(&format!("SELECT id FROM \"{table}\" ORDER BY id"), &[], |row| row.get(0))
}

pub fn insert(tx: &Tx, by: Option<MemberId>, expires_at: Timestamp) -> Result<WorkspaceExportId, Error> {
    tx.insert(
        "INSERT INTO workspace_exports (state, created_by, created_at, expires_at)
         VALUES ('building', :by, :now, :expires)",
        &[(":by", &by), (":now", &tx.now), (":expires", &expires_at)],
    )
    .map(WorkspaceExportId)
}

pub fn find(db: &Db, id: WorkspaceExportId) -> Result<Option<WorkspaceExport>, Error> {
    db.row("SELECT * FROM workspace_exports WHERE id = :id", &[(":id", &id)], export)
}

/// Newest first, those before `before`.
pub fn list(db: &Db, before: Option<i64>, limit: usize) -> Result<Vec<WorkspaceExport>, Error> {
    db.rows(
        "SELECT * FROM workspace_exports WHERE id < coalesce(:before, 9223372036854775807) ORDER BY id DESC LIMIT :limit",
        &[(":before", &before), (":limit", &i64::try_from(limit).unwrap_or(i64::MAX))],
        export,
    )
}

/// The one that is being made, or waits to be.
pub fn building(db: &Db) -> Result<Option<WorkspaceExport>, Error> {
    db.row("SELECT * FROM workspace_exports WHERE state = 'building' ORDER BY id LIMIT 1", &[], export)
}

/// False when this attempt is not wanted any more.
pub fn set_step(tx: &Tx, export: &WorkspaceExport, step: &Step) -> Result<bool, Error> {
    let changed = tx.execute(
        "UPDATE workspace_exports SET step = :step, steps = :steps, rows = :rows, files = :files
         WHERE id = :id AND state = 'building' AND attempt = :attempt",
        &[
            (":id", &export.id),
            (":attempt", &export.attempt),
            (":step", &number(step.table as u64)),
            (":steps", &number(step.tables as u64)),
            (":rows", &number(step.written.rows)),
            (":files", &number(step.written.files)),
        ],
    )?;
    Ok(changed > 0)
}

/// What an export turned out to be.
pub struct Made<'a> {
    pub blob: &'a NewBlob,
    pub sealed_key: &'a [u8],
    pub key_version: u32,
    pub written: Written,
    pub expires_at: Timestamp,
}

/// False when this attempt is not wanted any more: it was stopped, or somebody was erased meanwhile.
pub fn set_ready(tx: &Tx, export: &WorkspaceExport, made: &Made) -> Result<bool, Error> {
    let changed = tx.execute(
        "UPDATE workspace_exports SET state = 'ready', ready_at = :now, expires_at = :expires, object = :object,
             sealed_key = :key, key_version = :version, size = :size, sha256 = :sha256, rows = :rows, files = :files,
             damaged = :damaged, step = steps
         WHERE id = :id AND state = 'building' AND attempt = :attempt",
        &[
            (":id", &export.id),
            (":attempt", &export.attempt),
            (":now", &tx.now),
            (":expires", &made.expires_at),
            (":object", &made.blob.object.as_slice()),
            (":key", &made.sealed_key),
            (":version", &made.key_version),
            (":size", &number(made.blob.size)),
            (":sha256", &made.blob.sha256.as_slice()),
            (":rows", &number(made.written.rows)),
            (":files", &number(made.written.files)),
            (":damaged", &number(made.written.damaged)),
        ],
    )?;
    Ok(changed > 0)
}

/// False unless it was under way.
pub fn set_cancelled(tx: &Tx, id: WorkspaceExportId) -> Result<bool, Error> {
    let sql = "UPDATE workspace_exports SET state = 'cancelled' WHERE id = :id AND state = 'building'";
    Ok(tx.execute(sql, &[(":id", &id)])? > 0)
}

/// Destroys the key of one that is made, before its time.
pub fn set_removed(tx: &Tx, id: WorkspaceExportId) -> Result<(), Error> {
    tx.execute(
        "UPDATE workspace_exports SET state = 'expired', object = NULL, sealed_key = NULL, link_hash = NULL
         WHERE id = :id",
        &[(":id", &id)],
    )
    .map(drop)
}

/// Lets what is under way be gathered anew; says how many.
pub fn begin_anew(tx: &Tx) -> Result<usize, Error> {
    tx.execute("UPDATE workspace_exports SET attempt = attempt + 1, step = 0, rows = 0 WHERE state = 'building'", &[])
}

/// Those that are made, and no owner has heard of it.
pub fn untold(db: &Db) -> Result<Vec<WorkspaceExport>, Error> {
    db.rows(
        "SELECT * FROM workspace_exports WHERE state IN ('ready', 'taken') AND told_at IS NULL ORDER BY id",
        &[],
        export,
    )
}

pub fn set_told(tx: &Tx, id: WorkspaceExportId) -> Result<(), Error> {
    tx.execute("UPDATE workspace_exports SET told_at = :now WHERE id = :id", &[(":id", &id), (":now", &tx.now)])
        .map(drop)
}

fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn export(row: &Row) -> rusqlite::Result<WorkspaceExport> {
    Ok(WorkspaceExport {
        id: row.get("id")?,
        // A word that nobody here wrote is nothing that anybody can take.
        state: State::from_word(&row.get::<_, String>("state")?).unwrap_or(State::Expired),
        step: row.get("step")?,
        steps: row.get("steps")?,
        rows: row.get("rows")?,
        files: row.get("files")?,
        damaged: row.get("damaged")?,
        size: row.get("size")?,
        sha256: row.get::<_, Option<Vec<u8>>>("sha256")?.unwrap_or_default(),
        has_link: row.get::<_, Option<Vec<u8>>>("link_hash")?.is_some(),
        created_by: row.get("created_by")?,
        created_at: row.get("created_at")?,
        ready_at: row.get("ready_at")?,
        taken_at: row.get("taken_at")?,
        expires_at: row.get("expires_at")?,
        attempt: row.get("attempt")?,
        sealed: Sealed::read(row)?,
    })
}
