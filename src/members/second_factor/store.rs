//! The second factor's columns of `accounts`, and the table `recovery_codes`. SQL lives here and nowhere else.

use crate::clock::Timestamp;
use crate::db::{Db, Tx};
use crate::error::Error;
use crate::id::AccountId;

/// What is stored of an authenticator.
pub struct Authenticator {
    pub sealed: Option<Vec<u8>>,
    pub confirmed_at: Option<Timestamp>,
    pub last_step: Option<i64>,
}

pub fn authenticator(db: &Db, account: AccountId) -> Result<Authenticator, Error> {
    let found = db.row(
        "SELECT totp_secret, totp_confirmed_at, totp_last_step FROM accounts WHERE id = :id",
        &[(":id", &account)],
        |row| {
            Ok(Authenticator {
                sealed: row.get("totp_secret")?,
                confirmed_at: row.get("totp_confirmed_at")?,
                last_step: row.get("totp_last_step")?,
            })
        },
    )?;
    found.ok_or(Error::NotFound("account"))
}

/// A seed that is not in force yet.
pub fn put_pending(tx: &Tx, account: AccountId, sealed: &[u8]) -> Result<(), Error> {
    tx.execute(
        "UPDATE accounts SET totp_secret = :sealed, totp_last_step = NULL, updated_at = :now, version = version + 1
         WHERE id = :id AND totp_confirmed_at IS NULL",
        &[(":sealed", &sealed), (":now", &tx.now), (":id", &account)],
    )?;
    Ok(())
}

pub fn set_last_step(tx: &Tx, account: AccountId, step: i64) -> Result<(), Error> {
    tx.execute("UPDATE accounts SET totp_last_step = :step WHERE id = :id", &[(":step", &step), (":id", &account)])?;
    Ok(())
}

pub fn confirm(tx: &Tx, account: AccountId) -> Result<(), Error> {
    tx.execute(
        "UPDATE accounts SET totp_confirmed_at = :now, second_factor_reminded_at = NULL, updated_at = :now,
                version = version + 1
         WHERE id = :id",
        &[(":now", &tx.now), (":id", &account)],
    )?;
    Ok(())
}

/// Takes the seed and everything about it out of the row (P-067).
pub fn remove(tx: &Tx, account: AccountId) -> Result<(), Error> {
    tx.execute(
        "UPDATE accounts SET totp_secret = NULL, totp_confirmed_at = NULL, totp_last_step = NULL, updated_at = :now,
                version = version + 1
         WHERE id = :id",
        &[(":now", &tx.now), (":id", &account)],
    )?;
    delete_codes(tx, account)
}

pub fn delete_codes(tx: &Tx, account: AccountId) -> Result<(), Error> {
    tx.execute("DELETE FROM recovery_codes WHERE account_id = :id", &[(":id", &account)])?;
    Ok(())
}

pub fn insert_code(tx: &Tx, account: AccountId, hash: &[u8]) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO recovery_codes (account_id, code_hash) VALUES (:id, :hash)",
        &[(":id", &account), (":hash", &hash)],
    )?;
    Ok(())
}

/// True when the code was there and unused.
pub fn use_code(tx: &Tx, account: AccountId, hash: &[u8]) -> Result<bool, Error> {
    let used = tx.execute(
        "UPDATE recovery_codes SET used_at = :now WHERE account_id = :id AND code_hash = :hash AND used_at IS NULL",
        &[(":now", &tx.now), (":id", &account), (":hash", &hash)],
    )?;
    Ok(used == 1)
}

pub fn has_code(db: &Db, account: AccountId, hash: &[u8]) -> Result<bool, Error> {
    let found = db.count(
        "SELECT count(*) FROM recovery_codes WHERE account_id = :id AND code_hash = :hash AND used_at IS NULL",
        &[(":id", &account), (":hash", &hash)],
    )?;
    Ok(found > 0)
}

pub fn codes_left(db: &Db, account: AccountId) -> Result<i64, Error> {
    db.count("SELECT count(*) FROM recovery_codes WHERE account_id = :id AND used_at IS NULL", &[(":id", &account)])
}

/// Those to remind: a seed that was begun a day ago and never confirmed, or a role that asks for what is
/// not there; each at most once a week.
pub fn to_remind(db: &Db, begun_before: Timestamp, reminded_before: Timestamp) -> Result<Vec<AccountId>, Error> {
    db.rows(
        "SELECT a.id FROM accounts a
         WHERE a.state = 'active' AND a.totp_confirmed_at IS NULL
           AND (a.second_factor_reminded_at IS NULL OR a.second_factor_reminded_at < :reminded)
           AND ((a.totp_secret IS NOT NULL AND a.updated_at < :begun)
                OR EXISTS (SELECT 1 FROM memberships m JOIN roles r ON r.id = m.role_id
                           WHERE m.account_id = a.id AND m.state = 'active' AND r.requires_second_factor = 1
                             AND m.created_at < :begun))
         ORDER BY a.id",
        &[(":begun", &begun_before), (":reminded", &reminded_before)],
        |row| row.get(0),
    )
}

pub fn mark_reminded(tx: &Tx, account: AccountId) -> Result<(), Error> {
    tx.execute(
        "UPDATE accounts SET second_factor_reminded_at = :now WHERE id = :id",
        &[(":now", &tx.now), (":id", &account)],
    )?;
    Ok(())
}
