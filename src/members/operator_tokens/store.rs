//! The `operator_tokens` table. SQL lives here and in `admission`, which looks tokens up by their hash.

use rusqlite::Row;

use super::OperatorToken;
use crate::clock::Timestamp;
use crate::db::{Db, Tx};
use crate::error::Error;
use crate::id::{AccountId, OperatorTokenId};
use crate::permission::OperatorScope;

const SELECT: &str =
    "SELECT t.id, t.account_id, coalesce(nullif(a.display_name, ''), a.email) AS operator, t.name, t.prefix, t.scopes,
            t.allowed_networks, t.created_at, t.expires_at, t.last_used_at, t.revoked_at
     FROM operator_tokens t JOIN accounts a ON a.id = t.account_id";

/// A row to insert.
pub struct NewRow<'a> {
    pub operator: AccountId,
    pub name: &'a str,
    pub prefix: &'a str,
    pub hash: &'a [u8; 32],
    pub scopes: &'a [&'a str],
    pub allowed_networks: &'a str,
    pub expires_at: Timestamp,
}

pub fn insert(tx: &Tx, new: &NewRow) -> Result<OperatorTokenId, Error> {
    let id = tx.insert(
        "INSERT INTO operator_tokens (account_id, name, prefix, token_hash, scopes, allowed_networks, created_at, expires_at)
         VALUES (:account, :name, :prefix, :hash, :scopes, :networks, :now, :expires)",
        &[
            (":account", &new.operator),
            (":name", &new.name),
            (":prefix", &new.prefix),
            (":hash", &new.hash.as_slice()),
            (":scopes", &serde_json::to_string(new.scopes)?),
            (":networks", &new.allowed_networks),
            (":now", &tx.now),
            (":expires", &new.expires_at),
        ],
    )?;
    Ok(OperatorTokenId(id))
}

/// Tokens in force first, then what expired or was revoked; newest first in each.
pub fn list(db: &Db) -> Result<Vec<OperatorToken>, Error> {
    let sql = format!("{SELECT} ORDER BY t.revoked_at IS NOT NULL OR t.expires_at <= :now, t.id DESC");
    db.rows(&sql, &[(":now", &db.now)], token)
}

pub fn find(db: &Db, id: OperatorTokenId) -> Result<Option<OperatorToken>, Error> {
    db.row(&format!("{SELECT} WHERE t.id = :id"), &[(":id", &id)], token)
}

/// Returns whether the token was in force until now.
pub fn revoke(tx: &Tx, id: OperatorTokenId) -> Result<bool, Error> {
    let sql = "UPDATE operator_tokens SET revoked_at = :now WHERE id = :id AND revoked_at IS NULL";
    Ok(tx.execute(sql, &[(":now", &tx.now), (":id", &id)])? > 0)
}

pub fn revoke_of_account(tx: &Tx, account: AccountId) -> Result<usize, Error> {
    let sql = "UPDATE operator_tokens SET revoked_at = :now WHERE account_id = :account AND revoked_at IS NULL";
    tx.execute(sql, &[(":now", &tx.now), (":account", &account)])
}

fn token(row: &Row) -> rusqlite::Result<OperatorToken> {
    let words: Vec<String> = serde_json::from_str(&row.get::<_, String>("scopes")?).unwrap_or_default();
    Ok(OperatorToken {
        id: row.get("id")?,
        account: row.get("account_id")?,
        operator: row.get("operator")?,
        name: row.get("name")?,
        prefix: row.get("prefix")?,
        scopes: words.iter().filter_map(|word| OperatorScope::from_word(word)).collect(),
        allowed_networks: row.get("allowed_networks")?,
        created_at: row.get("created_at")?,
        expires_at: row.get("expires_at")?,
        last_used_at: row.get("last_used_at")?,
        revoked_at: row.get("revoked_at")?,
    })
}
