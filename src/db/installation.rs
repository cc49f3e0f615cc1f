//! Facts about the installation itself, in the table `installation` of `control.db`.

use super::{Db, Tx};
use crate::clock::Timestamp;
use crate::error::Error;
use crate::id::WorkspaceId;

/// The highest generation of the keyring that was in use: an older one is refused (KEY-4).
const KEYRING_GENERATION: &str = "keyring_generation";

/// What [`set_keyring_generation`] wrote; 0 before the first time.
pub fn keyring_generation(db: &Db) -> Result<u64, Error> {
    let text: Option<String> =
        db.value("SELECT value FROM installation WHERE key = :key", &[(":key", &KEYRING_GENERATION)])?;
    match text {
        Some(text) => text.parse().map_err(|_| Error::internal("the keyring generation in control.db is no number")),
        None => Ok(0),
    }
}

/// Remembers a generation. Machinery: the change of the keyring itself has its audit entry.
pub fn set_keyring_generation(tx: &Tx, generation: u64) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO installation (key, value) VALUES (:key, :value) ON CONFLICT (key) DO UPDATE SET value = :value",
        &[(":key", &KEYRING_GENERATION), (":value", &generation.to_string())],
    )?;
    Ok(())
}

/// A fact under a name; `None` while nobody has written it.
pub fn fact(db: &Db, name: &str) -> Result<Option<String>, Error> {
    db.value("SELECT value FROM installation WHERE key = :key", &[(":key", &name)])
}

/// Writes a fact down, over what stood there.
pub fn set_fact(tx: &Tx, name: &str, value: &str) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO installation (key, value) VALUES (:key, :value) ON CONFLICT (key) DO UPDATE SET value = :value",
        &[(":key", &name), (":value", &value)],
    )?;
    Ok(())
}

/// Takes a fact away; one that is not there is fine.
pub fn forget_fact(tx: &Tx, name: &str) -> Result<(), Error> {
    tx.execute("DELETE FROM installation WHERE key = :key", &[(":key", &name)])?;
    Ok(())
}

/// Why nothing goes out: see [`hold_outbound`].
const OUTBOUND_HOLD: &str = "outbound_hold";

/// After a restore: mail and retention stand still until somebody has looked at what waits (RST-5). `about` is for
/// the page that asks.
pub fn hold_outbound(tx: &Tx, about: &str) -> Result<(), Error> {
    set_fact(tx, OUTBOUND_HOLD, about)
}

/// What [`hold_outbound`] was told; `None` when nothing is held.
pub fn outbound_hold(db: &Db) -> Result<Option<String>, Error> {
    fact(db, OUTBOUND_HOLD)
}

/// Lets things go out again.
pub fn release_outbound(tx: &Tx) -> Result<(), Error> {
    forget_fact(tx, OUTBOUND_HOLD)
}

/// The outbound hold of one workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WorkspaceHold {
    pub since: Timestamp,
    /// The moment that came back.
    pub until: Timestamp,
}

/// Like [`hold_outbound`], for one workspace that came back.
pub fn hold_outbound_of(tx: &Tx, workspace: WorkspaceId, until: Timestamp) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO outbound_holds (workspace_id, since, until) VALUES (:workspace, :now, :until)
         ON CONFLICT (workspace_id) DO UPDATE SET since = :now, until = :until",
        &[(":workspace", &workspace), (":now", &tx.now), (":until", &until)],
    )?;
    Ok(())
}

/// The hold of one workspace; `None` when it has none of its own.
pub fn outbound_hold_of(db: &Db, workspace: WorkspaceId) -> Result<Option<WorkspaceHold>, Error> {
    let sql = "SELECT since, until FROM outbound_holds WHERE workspace_id = :workspace";
    db.row(sql, &[(":workspace", &workspace)], |row| Ok(WorkspaceHold { since: row.get(0)?, until: row.get(1)? }))
}

/// Lets the mail of one workspace go out again; false when nothing was held.
pub fn release_outbound_of(tx: &Tx, workspace: WorkspaceId) -> Result<bool, Error> {
    let sql = "DELETE FROM outbound_holds WHERE workspace_id = :workspace";
    Ok(tx.execute(sql, &[(":workspace", &workspace)])? > 0)
}

/// Whether nothing is let go of by its age: in the whole installation, or in this workspace.
pub fn is_held(db: &Db, workspace: Option<WorkspaceId>) -> Result<bool, Error> {
    let of_workspace = match workspace {
        Some(id) => outbound_hold_of(db, id)?.is_some(),
        None => false,
    };
    Ok(of_workspace || outbound_hold(db)?.is_some())
}
