//! The few statements of one's own data that no other store has.

use crate::db::{Db, Tx};
use crate::error::Error;
use crate::id::{AccountId, MemberId, WorkspaceId};

/// Where the person works or worked: workspace and member id.
pub fn memberships(db: &Db, account: AccountId) -> Result<Vec<(WorkspaceId, MemberId)>, Error> {
    db.rows(
        "SELECT workspace_id, id FROM memberships WHERE account_id = :account ORDER BY id",
        &[(":account", &account)],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// Takes the account away, and by foreign keys all that hangs on it; and what names its address elsewhere.
pub fn delete(tx: &Tx, account: AccountId, email: &str) -> Result<(), Error> {
    tx.execute("DELETE FROM invitations WHERE email = :email", &[(":email", &email)])?;
    tx.execute("DELETE FROM outgoing_mail WHERE recipient = :email", &[(":email", &email)])?;
    tx.execute("DELETE FROM idempotent_answers WHERE instr(lower(answer), lower(:email)) > 0", &[(":email", &email)])?;
    tx.execute("DELETE FROM accounts WHERE id = :id", &[(":id", &account)])?;
    Ok(())
}

pub fn usage_counted(db: &Db, account: AccountId) -> Result<bool, Error> {
    Ok(db.value("SELECT usage_counted FROM accounts WHERE id = :id", &[(":id", &account)])?.unwrap_or(false))
}

/// Says whether views of pages are counted; those counted so far go when they are not.
pub fn set_usage_counted(tx: &Tx, account: AccountId, counted: bool) -> Result<(), Error> {
    tx.execute(
        "UPDATE accounts SET usage_counted = :counted, updated_at = :now WHERE id = :id",
        &[(":counted", &counted), (":now", &tx.now), (":id", &account)],
    )?;
    if !counted {
        tx.execute("DELETE FROM usage_views WHERE account_id = :id", &[(":id", &account)])?;
    }
    Ok(())
}
