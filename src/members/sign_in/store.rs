//! What the home page and the setup read from `control.db`. SQL lives here and nowhere else.

use crate::db::Db;
use crate::error::Error;
use crate::id::AccountId;

/// A workspace that somebody belongs to.
#[derive(Debug, Clone)]
pub struct Place {
    pub name: String,
    pub slug: String,
    pub role: String,
    pub members: i64,
    pub read_only: bool,
}

pub fn places(db: &Db, account: AccountId) -> Result<Vec<Place>, Error> {
    db.rows(
        "SELECT w.name, w.slug, r.name AS role, w.state,
                (SELECT count(*) FROM memberships n WHERE n.workspace_id = w.id AND n.state = 'active') AS members
         FROM memberships m
         JOIN workspaces w ON w.id = m.workspace_id AND w.state IN ('active', 'read_only')
         JOIN roles r ON r.id = m.role_id
         WHERE m.account_id = :account AND m.state = 'active' ORDER BY w.name",
        &[(":account", &account)],
        |row| {
            Ok(Place {
                name: row.get("name")?,
                slug: row.get("slug")?,
                role: row.get("role")?,
                members: row.get("members")?,
                read_only: row.get::<_, String>("state")? == "read_only",
            })
        },
    )
}
