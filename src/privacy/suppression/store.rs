//! The table `suppressions`.

use super::{Reason, Suppression};
use crate::db::{Db, Tx};
use crate::error::Error;
use crate::module::IdentityKind;

pub fn insert(tx: &Tx, kind: IdentityKind, value: &[u8; 32], reason: Reason, scope: &str) -> Result<(), Error> {
    tx.execute(
        "INSERT OR IGNORE INTO suppressions (kind, value_hmac, reason, scope, at) VALUES (:kind, :value, :reason, :scope, :now)",
        &[
            (":kind", &kind.word()),
            (":value", &value.as_slice()),
            (":reason", &reason.word()),
            (":scope", &scope),
            (":now", &tx.now),
        ],
    )?;
    Ok(())
}

pub fn find(db: &Db, kind: IdentityKind, value: &[u8; 32]) -> Result<Vec<Suppression>, Error> {
    db.rows(
        "SELECT id, reason, scope, at FROM suppressions WHERE value_hmac = :value AND kind = :kind
         ORDER BY reason <> 'erased', scope <> '', id",
        &[(":value", &value.as_slice()), (":kind", &kind.word())],
        |row| {
            let reason = Reason::from_word(&row.get::<_, String>(1)?).unwrap_or(Reason::Manual);
            Ok(Suppression { id: row.get(0)?, reason, scope: row.get(2)?, at: row.get(3)? })
        },
    )
}

pub fn delete(tx: &Tx, kind: IdentityKind, value: &[u8; 32], reason: Reason) -> Result<bool, Error> {
    let sql = "DELETE FROM suppressions WHERE value_hmac = :value AND kind = :kind AND reason = :reason";
    let gone =
        tx.execute(sql, &[(":value", &value.as_slice()), (":kind", &kind.word()), (":reason", &reason.word())])?;
    Ok(gone > 0)
}

/// The entry of one purpose alone.
pub fn delete_for(tx: &Tx, kind: IdentityKind, value: &[u8; 32], reason: Reason, scope: &str) -> Result<(), Error> {
    tx.execute(
        "DELETE FROM suppressions WHERE value_hmac = :value AND kind = :kind AND reason = :reason AND scope = :scope",
        &[
            (":value", &value.as_slice()),
            (":kind", &kind.word()),
            (":reason", &reason.word()),
            (":scope", &scope),
        ],
    )?;
    Ok(())
}

pub fn has_erased(db: &Db) -> Result<bool, Error> {
    Ok(db.count("SELECT EXISTS (SELECT 1 FROM suppressions WHERE reason = 'erased')", &[])? > 0)
}
