//! What the gate asks the control file: is this session alive, is this person a member, is this token good.

use std::net::IpAddr;

use rusqlite::Row;

use crate::app::App;
use crate::clock::Timestamp;
use crate::crypto::token;
use crate::db::{Actor, Db, Origin};
use crate::error::Error;
use crate::id::{AccountId, MemberId, TokenId, WorkspaceId};
use crate::permission::{Permission, Permissions};
use crate::visitor::Signed;

/// "Last seen" is written at most this often, so that reading pages costs no disk write.
const SEEN_EVERY_MS: i64 = Timestamp::MINUTE;

/// A live session and its person.
pub struct SessionFound {
    pub signed: Signed,
    /// False while the second factor is still to be shown.
    pub complete: bool,
}

/// A membership in force, with the role's permissions.
pub struct Membership {
    pub id: MemberId,
    pub account: AccountId,
    pub workspace: WorkspaceId,
    pub workspace_slug: String,
    pub workspace_name: String,
    pub workspace_read_only: bool,
    pub role_key: String,
    pub role_name: String,
    pub requires_second_factor: bool,
    pub permissions: Permissions,
    pub team: Vec<MemberId>,
}

/// A token in force.
pub struct TokenFound {
    pub id: TokenId,
    pub membership: Membership,
    pub scopes: Vec<Permission>,
}

/// The session behind a cookie: alive, neither idle nor over, its account active (SES-3, SES-4).
pub fn session(app: &App, cookie: &str, now: Timestamp) -> Result<Option<SessionFound>, Error> {
    let hash = token::hash_token(cookie);
    let idle_since = now.plus(-app.config.session.idle_minutes * Timestamp::MINUTE);
    let found = app.control.read(now, |db| {
        db.row(
            "SELECT s.id AS session_id, s.last_seen_at, s.second_factor_at, s.confirmed_at,
                    a.id AS account_id, a.email, a.display_name, a.is_operator, a.totp_confirmed_at,
                    a.theme, a.time_zone, a.shortcuts
             FROM sessions s JOIN accounts a ON a.id = s.account_id
             WHERE s.token_hash = :hash AND s.ended_at IS NULL AND s.expires_at > :now
               AND s.last_seen_at > :idle AND a.state = 'active'",
            &[(":hash", &hash.as_slice()), (":now", &now), (":idle", &idle_since)],
            |row| Ok((session_found(row)?, row.get::<_, Timestamp>("last_seen_at")?)),
        )
    })?;
    let Some((found, last_seen)) = found else { return Ok(None) };
    if now.since(last_seen) > SEEN_EVERY_MS {
        let origin = Origin::local(Actor::Account(found.signed.account));
        let id = found.signed.session;
        // A full disk must not sign people out: reading goes on.
        let seen = app.control.write_unaudited(now, &origin, |tx| {
            tx.execute("UPDATE sessions SET last_seen_at = :now WHERE id = :id", &[(":now", &now), (":id", &id)])
        });
        match seen {
            Ok(_) | Err(Error::DiskFull) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(Some(found))
}

fn session_found(row: &Row) -> rusqlite::Result<SessionFound> {
    let has_second_factor = row.get::<_, Option<Timestamp>>("totp_confirmed_at")?.is_some();
    let shown = row.get::<_, Option<Timestamp>>("second_factor_at")?.is_some();
    let signed = Signed {
        account: row.get("account_id")?,
        session: row.get("session_id")?,
        email: row.get("email")?,
        display_name: row.get("display_name")?,
        is_operator: row.get("is_operator")?,
        has_second_factor,
        confirmed_at: row.get("confirmed_at")?,
        theme: row.get("theme")?,
        time_zone: row.get("time_zone")?,
        shortcuts: row.get("shortcuts")?,
    };
    Ok(SessionFound { signed, complete: shown || !has_second_factor })
}

const MEMBERSHIP: &str = "m.id AS member_id, m.account_id, w.id AS workspace_id, w.slug, w.name AS workspace_name,
    w.state AS workspace_state, r.key AS role_key, r.name AS role_name, r.requires_second_factor, r.permissions";

/// The active membership of an account in the workspace with this slug.
pub fn membership(db: &Db, slug: &str, account: AccountId) -> Result<Option<Membership>, Error> {
    let sql = format!(
        "SELECT {MEMBERSHIP} FROM workspaces w
         JOIN memberships m ON m.workspace_id = w.id AND m.account_id = :account AND m.state = 'active'
         JOIN roles r ON r.id = m.role_id
         WHERE w.slug = :slug AND w.state IN ('active', 'read_only')"
    );
    let found = db.row(&sql, &[(":account", &account), (":slug", &slug)], membership_row)?;
    found.map(|membership| with_team(db, membership)).transpose()
}

/// The token behind a bearer value: neither revoked nor expired, from an allowed network, its member active.
pub fn token(app: &App, bearer: &str, address: Option<IpAddr>, now: Timestamp) -> Result<Option<TokenFound>, Error> {
    let hash = token::hash_token(bearer);
    let found = app.control.read(now, |db| {
        let sql = format!(
            "SELECT {MEMBERSHIP}, t.id AS token_id, t.scopes, t.allowed_networks, t.last_used_at
             FROM api_tokens t
             JOIN memberships m ON m.id = t.member_id AND m.state = 'active'
             JOIN accounts a ON a.id = m.account_id AND a.state = 'active'
             JOIN workspaces w ON w.id = t.workspace_id AND w.state IN ('active', 'read_only')
             JOIN roles r ON r.id = m.role_id
             WHERE t.token_hash = :hash AND t.revoked_at IS NULL AND t.expires_at > :now"
        );
        let found = db.row(&sql, &[(":hash", &hash.as_slice()), (":now", &now)], |row| {
            Ok((
                membership_row(row)?,
                row.get::<_, TokenId>("token_id")?,
                row.get::<_, String>("scopes")?,
                row.get::<_, String>("allowed_networks")?,
                row.get::<_, Option<Timestamp>>("last_used_at")?,
            ))
        })?;
        found
            .map(|(membership, id, scopes, networks, used)| {
                Ok::<_, Error>((with_team(db, membership)?, id, scopes, networks, used))
            })
            .transpose()
    })?;
    let Some((membership, id, scopes, networks, used)) = found else { return Ok(None) };
    if !crate::web::limit::is_within(&networks, address) {
        return Ok(None);
    }
    if used.is_none_or(|used| now.since(used) > SEEN_EVERY_MS) {
        let origin = Origin::local(Actor::Token(id, membership.id));
        let seen = app.control.write_unaudited(now, &origin, |tx| {
            tx.execute("UPDATE api_tokens SET last_used_at = :now WHERE id = :id", &[(":now", &now), (":id", &id)])
        });
        match seen {
            Ok(_) | Err(Error::DiskFull) => {}
            Err(error) => return Err(error),
        }
    }
    let words: Vec<String> = serde_json::from_str(&scopes)?;
    let scopes = words.iter().filter_map(|word| Permission::from_word(word)).collect();
    Ok(Some(TokenFound { id, membership, scopes }))
}

/// True when jobs may work in the workspace.
pub fn is_in_service(db: &Db, id: WorkspaceId) -> Result<bool, Error> {
    let state: Option<String> = db.value("SELECT state FROM workspaces WHERE id = :id", &[(":id", &id)])?;
    Ok(matches!(state.as_deref(), Some("active" | "read_only")))
}

/// Adds whom the level "team" reaches.
fn with_team(db: &Db, mut membership: Membership) -> Result<Membership, Error> {
    membership.team = db.rows(
        "SELECT DISTINCT other.member_id FROM team_members mine
         JOIN team_members other ON other.team_id = mine.team_id WHERE mine.member_id = :id",
        &[(":id", &membership.id)],
        |row| row.get(0),
    )?;
    if !membership.team.contains(&membership.id) {
        membership.team.push(membership.id);
    }
    Ok(membership)
}

fn membership_row(row: &Row) -> rusqlite::Result<Membership> {
    Ok(Membership {
        id: row.get("member_id")?,
        account: row.get("account_id")?,
        workspace: row.get("workspace_id")?,
        workspace_slug: row.get("slug")?,
        workspace_name: row.get("workspace_name")?,
        workspace_read_only: row.get::<_, String>("workspace_state")? == "read_only",
        role_key: row.get("role_key")?,
        role_name: row.get("role_name")?,
        requires_second_factor: row.get("requires_second_factor")?,
        permissions: Permissions::from_json(&row.get::<_, String>("permissions")?),
        team: Vec::new(),
    })
}
