//! The `invitations` table. SQL lives here and nowhere else.

use rusqlite::Row;

use super::{Invitation, OpenInvitation};
use crate::clock::Timestamp;
use crate::db::{Db, Tx};
use crate::error::Error;
use crate::id::{InvitationId, MemberId, RoleId, WorkspaceId};

const SELECT: &str = "SELECT i.id, i.email, i.role_id, r.name AS role_name, i.invited_by, i.created_at, i.expires_at
    FROM invitations i JOIN roles r ON r.id = i.role_id
    WHERE i.workspace_id = :workspace AND i.accepted_at IS NULL AND i.revoked_at IS NULL";

/// Those that can still be accepted or sent again: expired ones too.
pub fn list(db: &Db, workspace: WorkspaceId) -> Result<Vec<Invitation>, Error> {
    db.rows(&format!("{SELECT} ORDER BY i.id"), &[(":workspace", &workspace)], invitation)
}

pub fn find(db: &Db, workspace: WorkspaceId, id: InvitationId) -> Result<Option<Invitation>, Error> {
    db.row(&format!("{SELECT} AND i.id = :id"), &[(":workspace", &workspace), (":id", &id)], invitation)
}

pub struct NewRow<'a> {
    pub workspace: WorkspaceId,
    pub email: &'a str,
    pub role: RoleId,
    pub hash: &'a [u8; 32],
    pub invited_by: Option<MemberId>,
    pub expires_at: Timestamp,
}

pub fn insert(tx: &Tx, new: &NewRow) -> Result<InvitationId, Error> {
    let id = tx.insert(
        "INSERT INTO invitations (workspace_id, email, role_id, secret_hash, invited_by, created_at, expires_at)
         VALUES (:workspace, :email, :role, :hash, :by, :now, :expires)",
        &[
            (":workspace", &new.workspace),
            (":email", &new.email),
            (":role", &new.role),
            (":hash", &new.hash.as_slice()),
            (":by", &new.invited_by),
            (":now", &tx.now),
            (":expires", &new.expires_at),
        ],
    )?;
    Ok(InvitationId(id))
}

/// Another link instead of the old one, which works no more.
pub fn renew(tx: &Tx, id: InvitationId, hash: &[u8; 32], expires_at: Timestamp) -> Result<(), Error> {
    let sql = "UPDATE invitations SET secret_hash = :hash, expires_at = :expires WHERE id = :id";
    tx.execute(sql, &[(":hash", &hash.as_slice()), (":expires", &expires_at), (":id", &id)])?;
    Ok(())
}

pub fn revoke(tx: &Tx, id: InvitationId) -> Result<(), Error> {
    tx.execute("UPDATE invitations SET revoked_at = :now WHERE id = :id", &[(":now", &tx.now), (":id", &id)])?;
    Ok(())
}

pub fn revoke_all_by(tx: &Tx, member: MemberId) -> Result<usize, Error> {
    let sql = "UPDATE invitations SET revoked_at = :now WHERE invited_by = :member AND accepted_at IS NULL AND revoked_at IS NULL";
    tx.execute(sql, &[(":now", &tx.now), (":member", &member)])
}

pub fn revoke_all_to(tx: &Tx, workspace: WorkspaceId, email: &str) -> Result<usize, Error> {
    let sql = "UPDATE invitations SET revoked_at = :now
               WHERE workspace_id = :workspace AND email = :email AND accepted_at IS NULL AND revoked_at IS NULL";
    tx.execute(sql, &[(":now", &tx.now), (":workspace", &workspace), (":email", &email)])
}

/// Returns whether it could still be accepted.
pub fn accept(tx: &Tx, id: InvitationId) -> Result<bool, Error> {
    let sql = "UPDATE invitations SET accepted_at = :now
               WHERE id = :id AND accepted_at IS NULL AND revoked_at IS NULL AND expires_at > :now";
    Ok(tx.execute(sql, &[(":now", &tx.now), (":id", &id)])? > 0)
}

/// The invitation behind a link in force, of a workspace in service. While who sent it is suspended, it waits too.
pub fn by_hash(db: &Db, hash: &[u8; 32]) -> Result<Option<OpenInvitation>, Error> {
    db.row(
        "SELECT i.id, i.workspace_id, w.name AS workspace_name, w.slug, i.email, i.role_id, r.name AS role_name,
                coalesce(nullif(a.display_name, ''), a.email, '') AS inviter, i.expires_at
         FROM invitations i JOIN workspaces w ON w.id = i.workspace_id AND w.state = 'active'
         JOIN roles r ON r.id = i.role_id
         LEFT JOIN memberships m ON m.id = i.invited_by LEFT JOIN accounts a ON a.id = m.account_id
         WHERE i.secret_hash = :hash AND i.accepted_at IS NULL AND i.revoked_at IS NULL AND i.expires_at > :now
           AND (i.invited_by IS NULL OR (m.state = 'active' AND a.state = 'active'))",
        &[(":hash", &hash.as_slice()), (":now", &db.now)],
        |row| {
            Ok(OpenInvitation {
                id: row.get("id")?,
                workspace: row.get("workspace_id")?,
                workspace_name: row.get("workspace_name")?,
                workspace_slug: row.get("slug")?,
                email: row.get("email")?,
                role: row.get("role_id")?,
                role_name: row.get("role_name")?,
                inviter: row.get("inviter")?,
                expires_at: row.get("expires_at")?,
            })
        },
    )
}

fn invitation(row: &Row) -> rusqlite::Result<Invitation> {
    Ok(Invitation {
        id: row.get("id")?,
        email: row.get("email")?,
        role: row.get("role_id")?,
        role_name: row.get("role_name")?,
        invited_by: row.get("invited_by")?,
        created_at: row.get("created_at")?,
        expires_at: row.get("expires_at")?,
    })
}
