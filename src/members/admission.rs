//! What the gate asks the control file: is this session alive, is this person a member, is this token good.

use std::net::IpAddr;

use rusqlite::Row;

use crate::app::App;
use crate::clock::Timestamp;
use crate::crypto::token;
use crate::db::{Actor, Db, Origin};
use crate::error::Error;
use crate::id::{AccountId, MemberId, OperatorTokenId, TokenId, WorkspaceId};
use crate::permission::{OperatorScope, Permission, Permissions};
use crate::privacy::audit::{self, Event};
use crate::visitor::{Member, Signed};

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
    /// The session has been in the workspace before. Of a program: true, for it has no session.
    pub has_entered: bool,
}

/// A token in force.
pub struct TokenFound {
    pub id: TokenId,
    pub membership: Membership,
    /// The account behind it has a confirmed second factor.
    pub has_second_factor: bool,
    pub scopes: Vec<Permission>,
}

/// A token of an operator in force.
pub struct OperatorTokenFound {
    pub id: OperatorTokenId,
    pub account: AccountId,
    pub scopes: Vec<OperatorScope>,
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
        let id = found.signed.session.0;
        note_use(app, &origin, now, "UPDATE sessions SET last_seen_at = :now WHERE id = :id", id)?;
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

/// The active membership of somebody signed in, in the workspace with this slug.
pub fn membership(db: &Db, slug: &str, signed: &Signed) -> Result<Option<Membership>, Error> {
    let sql = format!(
        "SELECT {MEMBERSHIP}, EXISTS (SELECT 1 FROM workspace_entries e
                                      WHERE e.session_id = :session AND e.member_id = m.id) AS has_entered
         FROM workspaces w
         JOIN memberships m ON m.workspace_id = w.id AND m.account_id = :account AND m.state = 'active'
         JOIN roles r ON r.id = m.role_id
         WHERE w.slug = :slug AND w.state IN ('active', 'read_only')"
    );
    let found =
        db.row(&sql, &[(":account", &signed.account), (":slug", &slug), (":session", &signed.session)], |row| {
            Ok(Membership { has_entered: row.get("has_entered")?, ..membership_row(row)? })
        })?;
    found.map(|membership| with_team(db, membership)).transpose()
}

/// Writes down that a session came into a workspace for the first time, where its owners see it (P-068, P-069).
///
/// A full disk keeps nobody out; the next request tries again.
pub fn note_entry(app: &App, signed: &Signed, member: &Member, origin: &Origin, now: Timestamp) -> Result<(), Error> {
    let noted = app.control.write(now, origin, |tx| {
        let is_first = tx.execute(
            "INSERT INTO workspace_entries (session_id, member_id, at) VALUES (:session, :member, :now)
             ON CONFLICT DO NOTHING",
            &[(":session", &signed.session), (":member", &member.id), (":now", &now)],
        )?;
        if is_first == 0 {
            return Ok(()); // Another request of the same page was quicker.
        }
        let event = Event::new("members.session.entered").on("member", member.id);
        let event = event.in_workspace(member.workspace_id()).detail("session", signed.session.0);
        audit::record(tx, event.detail("second_factor", signed.has_second_factor))
    });
    match noted {
        Err(Error::DiskFull) => Ok(()),
        other => other,
    }
}

/// The token behind a bearer value: neither revoked nor expired, from an allowed network, its member active.
pub fn token(app: &App, bearer: &str, address: Option<IpAddr>, now: Timestamp) -> Result<Option<TokenFound>, Error> {
    let hash = token::hash_token(bearer);
    let found = app.control.read(now, |db| {
        let sql = format!(
            "SELECT {MEMBERSHIP}, t.id AS token_id, t.scopes, t.allowed_networks, t.last_used_at,
                    a.totp_confirmed_at IS NOT NULL AS has_second_factor
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
                row.get::<_, bool>("has_second_factor")?,
            ))
        })?;
        found
            .map(|(membership, id, scopes, networks, used, second)| {
                Ok::<_, Error>((with_team(db, membership)?, id, scopes, networks, used, second))
            })
            .transpose()
    })?;
    let Some((membership, id, scopes, networks, used, has_second_factor)) = found else { return Ok(None) };
    if !crate::web::limit::is_within(&networks, address) {
        return Ok(None);
    }
    if used.is_none_or(|used| now.since(used) > SEEN_EVERY_MS) {
        let origin = Origin::local(Actor::Token(id, membership.id));
        note_use(app, &origin, now, "UPDATE api_tokens SET last_used_at = :now WHERE id = :id", id.0)?;
    }
    let words: Vec<String> = serde_json::from_str(&scopes)?;
    let scopes = words.iter().filter_map(|word| Permission::from_word(word)).collect();
    Ok(Some(TokenFound { id, membership, has_second_factor, scopes }))
}

/// The token of an operator behind a bearer value: neither revoked nor expired, from an allowed network, and its
/// account active and still an operator's.
pub fn operator_token(
    app: &App,
    bearer: &str,
    address: Option<IpAddr>,
    now: Timestamp,
) -> Result<Option<OperatorTokenFound>, Error> {
    let hash = token::hash_token(bearer);
    let found = app.control.read(now, |db| {
        db.row(
            "SELECT t.id, t.account_id, t.scopes, t.allowed_networks, t.last_used_at
             FROM operator_tokens t
             JOIN accounts a ON a.id = t.account_id AND a.state = 'active' AND a.is_operator = 1
             WHERE t.token_hash = :hash AND t.revoked_at IS NULL AND t.expires_at > :now",
            &[(":hash", &hash.as_slice()), (":now", &now)],
            |row| {
                Ok((
                    row.get::<_, OperatorTokenId>("id")?,
                    row.get::<_, AccountId>("account_id")?,
                    row.get::<_, String>("scopes")?,
                    row.get::<_, String>("allowed_networks")?,
                    row.get::<_, Option<Timestamp>>("last_used_at")?,
                ))
            },
        )
    })?;
    let Some((id, account, scopes, networks, used)) = found else { return Ok(None) };
    if !crate::web::limit::is_within(&networks, address) {
        return Ok(None);
    }
    if used.is_none_or(|used| now.since(used) > SEEN_EVERY_MS) {
        let origin = Origin::local(Actor::OperatorProgram(id, account));
        note_use(app, &origin, now, "UPDATE operator_tokens SET last_used_at = :now WHERE id = :id", id.0)?;
    }
    let words: Vec<String> = serde_json::from_str(&scopes)?;
    let scopes = words.iter().filter_map(|word| OperatorScope::from_word(word)).collect();
    Ok(Some(OperatorTokenFound { id, account, scopes }))
}

/// Writes down that a session or a token was used. A full disk must not lock anybody out: reading goes on.
fn note_use(app: &App, origin: &Origin, now: Timestamp, sql: &str, id: i64) -> Result<(), Error> {
    match app.control.write_unaudited(now, origin, |tx| tx.execute(sql, &[(":now", &now), (":id", &id)])) {
        Ok(_) | Err(Error::DiskFull) => Ok(()),
        Err(error) => Err(error),
    }
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
        has_entered: true,
    })
}
