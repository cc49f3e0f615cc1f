//! The `api_tokens` table. SQL lives here and in `admission`, which looks tokens up by their hash.

use rusqlite::Row;

use super::ApiToken;
use crate::clock::Timestamp;
use crate::db::{Db, Tx};
use crate::error::Error;
use crate::id::{AccountId, MemberId, TokenId, WorkspaceId};
use crate::permission::Permission;

const SELECT: &str =
    "SELECT id, member_id, name, prefix, scopes, allowed_networks, created_at, expires_at, last_used_at, revoked_at
    FROM api_tokens";

/// A row to insert.
pub struct NewRow<'a> {
    pub workspace: WorkspaceId,
    pub member: MemberId,
    pub name: &'a str,
    pub prefix: &'a str,
    pub hash: &'a [u8; 32],
    pub scopes: &'a [Permission],
    pub allowed_networks: &'a str,
    pub expires_at: Timestamp,
}

pub fn insert(tx: &Tx, new: &NewRow) -> Result<TokenId, Error> {
    let words: Vec<String> = new.scopes.iter().map(|scope| scope.word()).collect();
    let id = tx.insert(
        "INSERT INTO api_tokens (workspace_id, member_id, name, prefix, token_hash, scopes, allowed_networks, created_at, expires_at)
         VALUES (:workspace, :member, :name, :prefix, :hash, :scopes, :networks, :now, :expires)",
        &[
            (":workspace", &new.workspace),
            (":member", &new.member),
            (":name", &new.name),
            (":prefix", &new.prefix),
            (":hash", &new.hash.as_slice()),
            (":scopes", &serde_json::to_string(&words)?),
            (":networks", &new.allowed_networks),
            (":now", &tx.now),
            (":expires", &new.expires_at),
        ],
    )?;
    Ok(TokenId(id))
}

/// Tokens in force first, then what expired or was revoked; newest first in each.
pub fn list(db: &Db, workspace: WorkspaceId) -> Result<Vec<ApiToken>, Error> {
    let sql = format!(
        "{SELECT} WHERE workspace_id = :workspace ORDER BY revoked_at IS NOT NULL OR expires_at <= :now, id DESC"
    );
    db.rows(&sql, &[(":workspace", &workspace), (":now", &db.now)], token)
}

pub fn find(db: &Db, workspace: WorkspaceId, id: TokenId) -> Result<Option<ApiToken>, Error> {
    let sql = format!("{SELECT} WHERE workspace_id = :workspace AND id = :id");
    db.row(&sql, &[(":workspace", &workspace), (":id", &id)], token)
}

/// Returns whether the token was in force until now.
pub fn revoke(tx: &Tx, id: TokenId) -> Result<bool, Error> {
    let sql = "UPDATE api_tokens SET revoked_at = :now WHERE id = :id AND revoked_at IS NULL";
    Ok(tx.execute(sql, &[(":now", &tx.now), (":id", &id)])? > 0)
}

pub fn revoke_all(tx: &Tx, member: MemberId) -> Result<usize, Error> {
    let sql = "UPDATE api_tokens SET revoked_at = :now WHERE member_id = :member AND revoked_at IS NULL";
    tx.execute(sql, &[(":now", &tx.now), (":member", &member)])
}

pub fn revoke_of_account(tx: &Tx, account: AccountId) -> Result<usize, Error> {
    let sql = "UPDATE api_tokens SET revoked_at = :now WHERE revoked_at IS NULL
               AND member_id IN (SELECT id FROM memberships WHERE account_id = :account)";
    tx.execute(sql, &[(":now", &tx.now), (":account", &account)])
}

fn token(row: &Row) -> rusqlite::Result<ApiToken> {
    let words: Vec<String> = serde_json::from_str(&row.get::<_, String>("scopes")?).unwrap_or_default();
    Ok(ApiToken {
        id: row.get("id")?,
        member: row.get("member_id")?,
        name: row.get("name")?,
        prefix: row.get("prefix")?,
        scopes: words.iter().filter_map(|word| Permission::from_word(word)).collect(),
        allowed_networks: row.get("allowed_networks")?,
        created_at: row.get("created_at")?,
        expires_at: row.get("expires_at")?,
        last_used_at: row.get("last_used_at")?,
        revoked_at: row.get("revoked_at")?,
    })
}
