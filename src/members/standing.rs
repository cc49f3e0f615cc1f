//! What each member of a workspace may do today: for whoever tells members something they did not ask for.

use std::collections::HashMap;

use jiff::tz::TimeZone;

use crate::app::App;
use crate::db::Db;
use crate::error::Error;
use crate::id::{AccountId, MemberId, WorkspaceId};
use crate::permission::{Action, Area, Permissions};
use crate::visitor::{Reach, reach};

/// Somebody who may enter the workspace today.
#[derive(Debug, Clone)]
pub struct Standing {
    pub id: MemberId,
    pub account: AccountId,
    pub email: String,
    pub zone: TimeZone,
    permissions: Permissions,
    team: Vec<MemberId>,
}

impl Standing {
    /// Whose records an action reaches, as the gate would say when this member asked.
    pub fn reach(&self, action: Action, area: Area) -> Reach {
        reach(self.permissions.of(action, area), self.id, &self.team)
    }
}

/// Everybody who may enter a workspace today. Who was suspended or removed is not in it.
#[derive(Debug, Clone, Default)]
pub struct Standings(HashMap<MemberId, Standing>);

impl Standings {
    /// What the member may do; nothing for anybody who may not enter.
    pub fn reach(&self, member: MemberId, action: Action, area: Area) -> Reach {
        self.0.get(&member).map_or(Reach::Nothing, |standing| standing.reach(action, area))
    }

    /// In no order.
    pub fn iter(&self) -> impl Iterator<Item = &Standing> {
        self.0.values()
    }
}

/// The standings in one workspace.
pub fn standings(app: &App, workspace: WorkspaceId) -> Result<Standings, Error> {
    app.read(|db| read(db, workspace))
}

fn read(db: &Db, workspace: WorkspaceId) -> Result<Standings, Error> {
    let mut found = db.rows(
        "SELECT m.id, m.account_id, a.email, a.time_zone, r.permissions FROM memberships m
         JOIN accounts a ON a.id = m.account_id JOIN roles r ON r.id = m.role_id
         WHERE m.workspace_id = :workspace AND m.state = 'active' AND a.state = 'active'",
        &[(":workspace", &workspace)],
        |row| {
            let id: MemberId = row.get("id")?;
            let zone: String = row.get("time_zone")?;
            Ok(Standing {
                id,
                account: row.get("account_id")?,
                email: row.get("email")?,
                zone: TimeZone::get(&zone).unwrap_or(TimeZone::UTC),
                permissions: Permissions::from_json(&row.get::<_, String>("permissions")?),
                team: vec![id],
            })
        },
    )?;
    let teams: Vec<(MemberId, MemberId)> = db.rows(
        "SELECT DISTINCT mine.member_id, other.member_id FROM teams t
         JOIN team_members mine ON mine.team_id = t.id JOIN team_members other ON other.team_id = t.id
         WHERE t.workspace_id = :workspace AND mine.member_id <> other.member_id",
        &[(":workspace", &workspace)],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    for standing in &mut found {
        standing.team.extend(teams.iter().filter(|(mine, _)| *mine == standing.id).map(|(_, other)| *other));
    }
    Ok(Standings(found.into_iter().map(|standing| (standing.id, standing)).collect()))
}
