//! The `audit` table. SQL lives here and nowhere else.

use rusqlite::Row;

use super::chain::{GENESIS, Sealed};
use crate::clock::Timestamp;
use crate::db::{Db, Tx};
use crate::error::Error;
use crate::id::WorkspaceId;

/// An entry as it is shown.
#[derive(Debug, Clone)]
pub struct Entry {
    pub sequence: i64,
    pub at: Timestamp,
    pub actor: String,
    pub action: String,
    pub object: String,
    pub workspace: Option<WorkspaceId>,
    pub network: String,
    /// JSON that names nobody, or empty.
    pub detail: String,
    /// JSON about people; `None` when there was none or it was erased.
    pub personal: Option<String>,
    /// True when a personal part existed and was erased.
    pub erased: bool,
    /// Lower-case hex.
    pub hash: String,
}

/// What a list of entries shows.
#[derive(Debug, Clone, Default)]
pub struct EntryFilter {
    /// Only this workspace's entries of `control.db`.
    pub workspace: Option<WorkspaceId>,
    /// The start of an action: `people.contact` finds created, changed and deleted.
    pub action: String,
    /// `member:5`, whose tokens count too, or empty.
    pub actor: String,
    /// `contact:7`, or empty.
    pub object: String,
    pub from: Option<Timestamp>,
    pub until: Option<Timestamp>,
    /// Only entries older than this one: the cursor of the next page.
    pub before: Option<i64>,
    pub limit: i64,
}

const WHERE: &str = "(:workspace IS NULL OR workspace_id = :workspace)
    AND (:action = '' OR substr(action, 1, length(:action)) = :action)
    AND (:actor = '' OR actor = :actor
         OR (substr(:actor, 1, 7) = 'member:' AND actor LIKE 'token:%/' || substr(:actor, 8)))
    AND (:object = '' OR object = :object)
    AND (:from IS NULL OR at >= :from) AND (:until IS NULL OR at < :until)
    AND (:before IS NULL OR seq < :before)";

/// Newest first.
pub fn list(db: &Db, filter: &EntryFilter) -> Result<Vec<Entry>, Error> {
    let sql = format!(
        "SELECT seq, at, actor, action, object, workspace_id, network, detail, personal, salt, hash
         FROM audit WHERE {WHERE} ORDER BY seq DESC LIMIT :limit"
    );
    db.rows(
        &sql,
        &[
            (":workspace", &filter.workspace),
            (":action", &filter.action),
            (":actor", &filter.actor),
            (":object", &filter.object),
            (":from", &filter.from),
            (":until", &filter.until),
            (":before", &filter.before),
            (":limit", &filter.limit),
        ],
        entry,
    )
}

/// How many entries the filter finds, whatever its cursor and limit.
pub fn count(db: &Db, filter: &EntryFilter) -> Result<i64, Error> {
    db.count(
        &format!("SELECT count(*) FROM audit WHERE {WHERE}"),
        &[
            (":workspace", &filter.workspace),
            (":action", &filter.action),
            (":actor", &filter.actor),
            (":object", &filter.object),
            (":from", &filter.from),
            (":until", &filter.until),
            (":before", &None::<i64>),
        ],
    )
}

pub fn find(db: &Db, sequence: i64) -> Result<Option<Entry>, Error> {
    db.row(
        "SELECT seq, at, actor, action, object, workspace_id, network, detail, personal, salt, hash
         FROM audit WHERE seq = :seq",
        &[(":seq", &sequence)],
        entry,
    )
}

/// The number and hash of the newest entry.
pub(super) fn head(db: &Db) -> Result<(i64, [u8; 32]), Error> {
    let found = db.row("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1", &[], |row| {
        Ok((row.get(0)?, row.get::<_, [u8; 32]>(1)?))
    })?;
    Ok(found.unwrap_or((0, GENESIS)))
}

pub(super) fn insert(tx: &Tx, entry: &Sealed, personal: Option<&str>, salt: &[u8; 16]) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO audit (seq, at, actor, action, object, workspace_id, network, detail, commitment, personal, salt, previous, hash)
         VALUES (:seq, :at, :actor, :action, :object, :workspace, :network, :detail, :commitment, :personal, :salt, :previous, :hash)",
        &[
            (":seq", &entry.sequence),
            (":at", &entry.at),
            (":actor", &entry.actor),
            (":action", &entry.action),
            (":object", &entry.object),
            (":workspace", &entry.workspace),
            (":network", &entry.network),
            (":detail", &entry.detail),
            (":commitment", &entry.commitment.as_slice()),
            (":personal", &personal),
            (":salt", &salt.as_slice()),
            (":previous", &entry.previous.as_slice()),
            (":hash", &entry.hash().as_slice()),
        ],
    )?;
    Ok(())
}

/// What [`walk`] hands out: the entry, its personal part, its salt, its stored hash.
pub(super) type Visit<'a> = &'a mut dyn FnMut(&Sealed, Option<&str>, Option<&[u8; 16]>, &[u8; 32]) -> Result<(), Error>;

/// Every entry in order, without collecting them.
pub(super) fn walk(db: &Db, visit: Visit) -> Result<(), Error> {
    db.each(
        "SELECT seq, at, actor, action, object, workspace_id, network, detail, commitment, personal, salt, previous, hash
         FROM audit ORDER BY seq",
        &[],
        &mut |row| {
            let sealed = Sealed {
                sequence: row.get("seq")?,
                at: row.get("at")?,
                actor: row.get("actor")?,
                action: row.get("action")?,
                object: row.get("object")?,
                workspace: row.get("workspace_id")?,
                network: row.get("network")?,
                detail: row.get("detail")?,
                commitment: row.get("commitment")?,
                previous: row.get("previous")?,
            };
            let personal: Option<String> = row.get("personal")?;
            let salt: Option<[u8; 16]> = row.get("salt")?;
            visit(&sealed, personal.as_deref(), salt.as_ref(), &row.get("hash")?)
        },
    )
}

fn entry(row: &Row) -> rusqlite::Result<Entry> {
    let hash: [u8; 32] = row.get("hash")?;
    Ok(Entry {
        sequence: row.get("seq")?,
        at: row.get("at")?,
        actor: row.get("actor")?,
        action: row.get("action")?,
        object: row.get("object")?,
        workspace: row.get("workspace_id")?,
        network: row.get("network")?,
        detail: row.get("detail")?,
        personal: row.get("personal")?,
        erased: row.get::<_, Option<Vec<u8>>>("salt")?.is_none(),
        hash: data_encoding::HEXLOWER.encode(&hash),
    })
}
