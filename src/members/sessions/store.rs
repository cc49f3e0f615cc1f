//! The table `sessions`. SQL lives here and nowhere else.

use rusqlite::Row;

use super::Session;
use crate::clock::Timestamp;
use crate::db::{Db, Tx};
use crate::error::Error;
use crate::id::{AccountId, SessionId};

const TOLD_UNTIL: &str = "members.unfinished_sign_ins_told_until";

pub struct NewRow<'a> {
    pub token_hash: &'a [u8],
    pub account: AccountId,
    pub expires_at: Timestamp,
    pub address: Option<String>,
    pub user_agent: Option<&'a str>,
    pub device: &'a [u8],
}

pub fn insert(tx: &Tx, row: &NewRow) -> Result<SessionId, Error> {
    let id = tx.insert(
        "INSERT INTO sessions (token_hash, account_id, created_at, last_seen_at, expires_at, confirmed_at,
                               address, user_agent, device)
         VALUES (:hash, :account, :now, :now, :expires, :now, :address, :agent, :device)",
        &[
            (":hash", &row.token_hash),
            (":account", &row.account),
            (":now", &tx.now),
            (":expires", &row.expires_at),
            (":address", &row.address),
            (":agent", &row.user_agent),
            (":device", &row.device),
        ],
    )?;
    tx.execute(
        "UPDATE accounts SET last_sign_in_at = :now WHERE id = :account",
        &[(":now", &tx.now), (":account", &row.account)],
    )?;
    Ok(SessionId(id))
}

/// Gives a session another cookie and notes the fresh proof; the old cookie is dead.
pub fn renew(tx: &Tx, id: SessionId, token_hash: &[u8], second_factor: bool) -> Result<(), Error> {
    let second = second_factor.then_some(tx.now);
    tx.execute(
        "UPDATE sessions SET token_hash = :hash, confirmed_at = :now, second_factor_at = ifnull(:second, second_factor_at)
         WHERE id = :id AND ended_at IS NULL",
        &[(":hash", &token_hash), (":now", &tx.now), (":second", &second), (":id", &id)],
    )?;
    Ok(())
}

/// Makes a half session whole: another cookie, its full time.
pub fn finish(tx: &Tx, id: SessionId, token_hash: &[u8], expires_at: Timestamp) -> Result<(), Error> {
    tx.execute(
        "UPDATE sessions SET token_hash = :hash, expires_at = :expires, second_factor_at = :now, confirmed_at = :now,
                last_seen_at = :now
         WHERE id = :id AND ended_at IS NULL",
        &[(":hash", &token_hash), (":expires", &expires_at), (":now", &tx.now), (":id", &id)],
    )?;
    Ok(())
}

/// True when there was one in force.
pub fn end(tx: &Tx, id: SessionId, account: AccountId) -> Result<bool, Error> {
    let ended = tx.execute(
        "UPDATE sessions SET ended_at = :now WHERE id = :id AND account_id = :account AND ended_at IS NULL",
        &[(":now", &tx.now), (":id", &id), (":account", &account)],
    )?;
    Ok(ended == 1)
}

pub fn by_cookie(db: &Db, token_hash: &[u8]) -> Result<Option<(SessionId, AccountId)>, Error> {
    db.row(
        "SELECT id, account_id FROM sessions WHERE token_hash = :hash AND ended_at IS NULL",
        &[(":hash", &token_hash)],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

pub fn end_all(tx: &Tx, account: AccountId, keep: Option<SessionId>) -> Result<usize, Error> {
    tx.execute(
        "UPDATE sessions SET ended_at = :now WHERE account_id = :account AND ended_at IS NULL AND id IS NOT :keep",
        &[(":now", &tx.now), (":account", &account), (":keep", &keep)],
    )
}

/// Those that would be let in: alive, and past the second factor where there is one.
pub fn list(db: &Db, account: AccountId, idle_since: Timestamp) -> Result<Vec<Session>, Error> {
    db.rows(
        "SELECT s.id, s.created_at, s.last_seen_at, s.expires_at, s.address, s.user_agent
         FROM sessions s JOIN accounts a ON a.id = s.account_id
         WHERE s.account_id = :account AND s.ended_at IS NULL AND s.expires_at > :now AND s.last_seen_at > :idle
           AND (a.totp_confirmed_at IS NULL OR s.second_factor_at IS NOT NULL)
         ORDER BY s.last_seen_at DESC",
        &[(":account", &account), (":now", &db.now), (":idle", &idle_since)],
        session,
    )
}

fn session(row: &Row) -> rusqlite::Result<Session> {
    Ok(Session {
        id: row.get("id")?,
        created_at: row.get("created_at")?,
        last_seen_at: row.get("last_seen_at")?,
        expires_at: row.get("expires_at")?,
        address: row.get("address")?,
        user_agent: row.get("user_agent")?,
    })
}

/// Sign-ins of the account since a moment that came as far as they had to: (all, with this device).
pub fn seen(db: &Db, account: AccountId, device: &[u8], since: Timestamp) -> Result<(i64, i64), Error> {
    let found = db.row(
        "SELECT count(*), ifnull(sum(s.device = :device AND s.created_at > :since), 0)
         FROM sessions s JOIN accounts a ON a.id = s.account_id
         WHERE s.account_id = :account AND (a.totp_confirmed_at IS NULL OR s.second_factor_at IS NOT NULL)",
        &[(":account", &account), (":device", &device), (":since", &since)],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    Ok(found.unwrap_or_default())
}

/// Marks as ended what ran out by itself.
pub fn end_expired(tx: &Tx, idle_since: Timestamp) -> Result<usize, Error> {
    tx.execute(
        "UPDATE sessions SET ended_at = min(expires_at, :now)
         WHERE ended_at IS NULL AND (expires_at <= :now OR last_seen_at <= :idle)",
        &[(":now", &tx.now), (":idle", &idle_since)],
    )
}

/// Sign-ins that showed the first factor and nothing more until their time ran out, in a span of time.
pub fn unfinished(db: &Db, from: Timestamp, until: Timestamp) -> Result<Vec<Unfinished>, Error> {
    db.rows(
        "SELECT s.account_id, max(s.created_at) AS at, s.address, s.user_agent FROM sessions s
         JOIN accounts a ON a.id = s.account_id AND a.state = 'active' AND a.totp_confirmed_at < s.created_at
         WHERE s.second_factor_at IS NULL AND s.expires_at > :from AND s.expires_at <= :until
           AND NOT EXISTS (SELECT 1 FROM sessions later WHERE later.account_id = s.account_id
                           AND later.device = s.device AND later.second_factor_at >= s.created_at)
         GROUP BY s.account_id",
        &[(":from", &from), (":until", &until)],
        |row| {
            Ok(Unfinished {
                account: row.get("account_id")?,
                at: row.get("at")?,
                address: row.get("address")?,
                user_agent: row.get("user_agent")?,
            })
        },
    )
}

/// Until when unfinished sign-ins have been told.
pub fn told_until(db: &Db) -> Result<Option<Timestamp>, Error> {
    let told: Option<String> = db.value("SELECT value FROM installation WHERE key = :key", &[(":key", &TOLD_UNTIL)])?;
    Ok(told.and_then(|told| Timestamp::parse(&told)))
}

pub fn set_told_until(tx: &Tx) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO installation (key, value) VALUES (:key, :value) ON CONFLICT (key) DO UPDATE SET value = :value",
        &[(":key", &TOLD_UNTIL), (":value", &tx.now.rfc3339())],
    )?;
    Ok(())
}

/// A sign-in that stopped before the second step.
pub struct Unfinished {
    pub account: AccountId,
    pub at: Timestamp,
    pub address: Option<String>,
    pub user_agent: Option<String>,
}
