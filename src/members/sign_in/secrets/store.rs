//! The table `one_time_secrets`. SQL lives here and nowhere else.

use super::Secret;
use crate::clock::Timestamp;
use crate::db::{Db, Tx};
use crate::error::Error;
use crate::id::AccountId;

pub struct NewSecret<'a> {
    pub kind: &'a str,
    pub hash: &'a [u8],
    pub account: Option<AccountId>,
    pub email: Option<&'a str>,
    pub password_changed_at: Option<Timestamp>,
    pub browser: Option<&'a [u8]>,
    pub expires_at: Timestamp,
}

pub fn insert(tx: &Tx, secret: &NewSecret) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO one_time_secrets (kind, secret_hash, account_id, email, password_changed_at, browser_hash,
                                       created_at, expires_at)
         VALUES (:kind, :hash, :account, :email, :changed, :browser, :now, :expires)",
        &[
            (":kind", &secret.kind),
            (":hash", &secret.hash),
            (":account", &secret.account),
            (":email", &secret.email),
            (":changed", &secret.password_changed_at),
            (":browser", &secret.browser),
            (":now", &tx.now),
            (":expires", &secret.expires_at),
        ],
    )?;
    Ok(())
}

/// `other_address`: the link goes to an address that is not (yet) the account's.
pub fn find_link(db: &Db, kind: &str, hash: &[u8], other_address: bool) -> Result<Option<Secret>, Error> {
    db.row(
        "SELECT s.id, s.account_id, s.email FROM one_time_secrets s
         LEFT JOIN accounts a ON a.id = s.account_id
         WHERE s.kind = :kind AND s.secret_hash = :hash AND s.used_at IS NULL AND s.expires_at > :now
           AND (s.account_id IS NULL OR (a.state = 'active' AND a.password_changed_at IS s.password_changed_at
                                         AND (:other OR a.email = s.email)))",
        &[(":kind", &kind), (":hash", &hash), (":now", &db.now), (":other", &other_address)],
        |row| Ok(Secret { id: row.get("id")?, account: row.get("account_id")?, email: row.get("email")? }),
    )
}

pub fn find_code(
    db: &Db,
    kind: &str,
    account: AccountId,
    browser: &[u8],
    tries: i64,
) -> Result<Option<(i64, Vec<u8>)>, Error> {
    db.row(
        "SELECT s.id, s.secret_hash FROM one_time_secrets s
         JOIN accounts a ON a.id = s.account_id AND a.state = 'active' AND a.email = s.email
              AND a.password_changed_at IS s.password_changed_at
         WHERE s.kind = :kind AND s.account_id = :account AND s.browser_hash = :browser AND s.used_at IS NULL
           AND s.expires_at > :now AND s.attempts < :tries",
        &[(":kind", &kind), (":account", &account), (":browser", &browser), (":now", &db.now), (":tries", &tries)],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

pub fn count_try(tx: &Tx, id: i64) -> Result<(), Error> {
    tx.execute("UPDATE one_time_secrets SET attempts = attempts + 1 WHERE id = :id", &[(":id", &id)])?;
    Ok(())
}

pub fn mark_used(tx: &Tx, id: i64) -> Result<(), Error> {
    tx.execute("UPDATE one_time_secrets SET used_at = :now WHERE id = :id", &[(":now", &tx.now), (":id", &id)])?;
    Ok(())
}

pub fn delete_kind(tx: &Tx, kind: &str, account: Option<AccountId>, browser: Option<&[u8]>) -> Result<(), Error> {
    tx.execute(
        "DELETE FROM one_time_secrets WHERE kind = :kind AND account_id IS :account AND browser_hash IS :browser",
        &[(":kind", &kind), (":account", &account), (":browser", &browser)],
    )?;
    Ok(())
}

pub fn delete_of(tx: &Tx, account: AccountId) -> Result<(), Error> {
    tx.execute("DELETE FROM one_time_secrets WHERE account_id = :account", &[(":account", &account)])?;
    Ok(())
}
