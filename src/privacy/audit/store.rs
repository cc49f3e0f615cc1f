//! The `audit` table. SQL lives here and nowhere else.

use rusqlite::Row;

use super::chain::{GENESIS, Link, Sealed};
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
    /// Lower-case hex, for whoever checks the personal part; `None` once it was erased.
    pub salt: Option<String>,
    /// What binds the personal part to the hash, in lower-case hex.
    pub commitment: String,
    /// The hash of the entry before it, in lower-case hex.
    pub previous: String,
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
        "SELECT seq, at, actor, action, object, workspace_id, network, detail, personal, salt, commitment, previous, hash
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

impl Entry {
    /// True when a personal part existed, or could have, and was erased.
    pub fn is_erased(&self) -> bool {
        self.salt.is_none()
    }
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
        "SELECT seq, at, actor, action, object, workspace_id, network, detail, personal, salt, commitment, previous, hash
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

/// Every entry in order, without collecting them.
pub(super) fn walk(db: &Db, visit: &mut dyn FnMut(Link) -> Result<(), Error>) -> Result<(), Error> {
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
            let hash = row.get("hash")?;
            visit(Link { entry: &sealed, personal: personal.as_deref(), salt: salt.as_ref(), hash: &hash })
        },
    )
}

fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
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
        salt: row.get::<_, Option<Vec<u8>>>("salt")?.map(|salt| hex(&salt)),
        commitment: hex(&row.get::<_, Vec<u8>>("commitment")?),
        previous: hex(&row.get::<_, Vec<u8>>("previous")?),
        hash: hex(&hash),
    })
}

/// The last entry of the oldest ones, one after the other, that all happened before `before`; at most `most` of
/// them: its number and its hash.
pub(super) fn old_prefix(db: &Db, before: Timestamp, held: &str, most: i64) -> Result<Option<(i64, [u8; 32])>, Error> {
    db.row(
        &format!(
            "SELECT seq, hash FROM audit
             WHERE seq < ifnull((SELECT min(seq) FROM audit WHERE at >= :before OR ({held}) IS TRUE), 1 << 62)
                 AND seq < (SELECT min(seq) FROM audit) + :most
             ORDER BY seq DESC LIMIT 1"
        ),
        &[(":before", &before), (":most", &most)],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

const OLD_NAMES: &str = "at < :before AND salt IS NOT NULL";

pub(super) fn has_old_names(db: &Db, before: Timestamp, held: &str) -> Result<bool, Error> {
    let sql = format!("SELECT count(*) FROM (SELECT 1 FROM audit WHERE {OLD_NAMES} AND ({held}) IS NOT TRUE LIMIT 1)");
    Ok(db.count(&sql, &[(":before", &before)])? > 0)
}

pub(super) fn forget_old(tx: &Tx, before: Timestamp, held: &str, most: i64) -> Result<usize, Error> {
    let chosen = format!("SELECT seq FROM audit WHERE {OLD_NAMES} AND ({held}) IS NOT TRUE ORDER BY seq LIMIT :most");
    let sql = format!("UPDATE audit SET personal = NULL, salt = NULL WHERE seq IN ({chosen})");
    tx.execute(&sql, &[(":before", &before), (":most", &most)])
}

pub(super) fn count_through(db: &Db, through: i64) -> Result<i64, Error> {
    db.count("SELECT count(*) FROM audit WHERE seq <= :through", &[(":through", &through)])
}

/// Lets everything up to this entry go; says how many went.
pub(super) fn drop_prefix(tx: &Tx, through: i64) -> Result<usize, Error> {
    tx.execute("DELETE FROM audit WHERE seq <= :through", &[(":through", &through)])
}

pub(super) fn forget_about(tx: &Tx, object: &str) -> Result<usize, Error> {
    tx.execute(
        "UPDATE audit SET personal = NULL, salt = NULL WHERE object = :object AND salt IS NOT NULL",
        &[(":object", &object)],
    )
}

pub(super) fn forget_entry(tx: &Tx, sequence: i64) -> Result<(), Error> {
    tx.execute("UPDATE audit SET personal = NULL, salt = NULL WHERE seq = :seq", &[(":seq", &sequence)])?;
    Ok(())
}

pub(super) fn personal_of(db: &Db, workspace: WorkspaceId) -> Result<Vec<(i64, String)>, Error> {
    db.rows(
        "SELECT seq, personal FROM audit WHERE workspace_id = :workspace AND personal IS NOT NULL",
        &[(":workspace", &workspace)],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

pub(super) fn forget_naming_about(tx: &Tx, kind: &str, value: &str) -> Result<usize, Error> {
    tx.execute(
        "UPDATE audit SET personal = NULL, salt = NULL WHERE substr(object, 1, length(:kind)) = :kind
             AND EXISTS (SELECT 1 FROM json_each(ifnull(personal, '{}')) WHERE lower(value) = lower(:value))",
        &[(":kind", &kind), (":value", &value)],
    )
}

pub(super) fn forget_devices_of(tx: &Tx, actor: &str) -> Result<usize, Error> {
    tx.execute(
        "UPDATE audit SET personal = NULL, salt = NULL WHERE salt IS NOT NULL
             AND (actor = :actor OR (substr(:actor, 1, 7) = 'member:' AND actor LIKE 'token:%/' || substr(:actor, 8)))
             AND NOT EXISTS (SELECT 1 FROM json_each(ifnull(personal, '{}')) WHERE key NOT IN ('user_agent', 'address'))",
        &[(":actor", &actor)],
    )
}
