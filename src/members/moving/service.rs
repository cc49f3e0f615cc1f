//! Makes room for numbers of members, and brings roles, members and teams in.

use std::collections::HashMap;

use super::{Entered, Household, MovedMember, store};
use crate::db::{Db, Tx};
use crate::error::Error;
use crate::id::{AccountId, MemberId, RoleId, TeamId, WorkspaceId};
use crate::members::accounts::{self, NewAccount};
use crate::members::memberships::State;
use crate::members::roles::{self, OWNER};
use crate::permission::Permissions;
use crate::privacy::audit::{self, Event};

/// Makes sure that no member from now on has a number that one of the workspace had or gets, and says what is added
/// to theirs: nothing where there never was a member. Machinery: what is reserved and not used is a gap.
pub fn reserve(tx: &Tx, members_through: i64) -> Result<i64, Error> {
    let last = store::last_member(tx)?;
    let moved = if last == 0 { 0 } else { last.max(members_through) };
    store::set_last_member(tx, moved.saturating_add(members_through))?;
    Ok(moved)
}

/// Whose a workspace is here, for a second one made of it: `owner` owns that one alone, and everybody else is in it as
/// a name, so that its records say whose they were. With the highest number of a member among them.
pub fn household(db: &Db, workspace: WorkspaceId, owner: MemberId) -> Result<(Household, i64), Error> {
    let roles = store::roles(db, workspace)?;
    let owning = roles.iter().find(|role| role.key == OWNER).map(|role| role.id);
    let mut members = store::everybody(db, workspace)?;
    for member in &mut members {
        match owning.filter(|_| member.id == owner.0) {
            Some(role) => (member.role, member.state) = (role, State::Active.word().into()),
            None => member.state = State::Removed.word().into(),
        }
    }
    let through = members.iter().map(|member| member.id).max().unwrap_or(0);
    Ok((Household { roles, members, ..Household::default() }, through))
}

/// Brings in everybody. The caller has made the workspace's row.
///
/// Fails with [`Error::Invalid`] on `file` when a row points at nothing, or nobody would own the workspace.
pub fn enter(tx: &Tx, workspace: WorkspaceId, household: &Household, moved: i64) -> Result<Entered, Error> {
    store::set_moved(tx, workspace, moved)?;
    let mut roles: HashMap<i64, RoleId> = HashMap::new();
    for role in &household.roles {
        let permissions = Permissions::from_json(&role.permissions);
        let id = roles::service::take_over(tx, workspace, role, &permissions)
            .map_err(|error| rule(error, "roles", role.id))?;
        roles.insert(role.id, id);
    }
    if !household.roles.iter().any(|role| role.key == OWNER) {
        return Err(Error::field("file", "rule", "Table roles: nobody could own the workspace."));
    }
    let mut entered = Entered::default();
    let mut here: HashMap<i64, MemberId> = HashMap::new();
    for member in &household.members {
        let role = *roles.get(&member.role).ok_or_else(|| nowhere("memberships", member.id, "role"))?;
        let Some(account) = account(tx, member, &mut entered)? else { continue };
        let id = MemberId(member.id.saturating_add(moved));
        store::insert_member(tx, workspace, id, account, role, &member.state)
            .map_err(|error| rule(error, "memberships", member.id))?;
        here.insert(member.id, id);
    }
    let mut teams: HashMap<i64, TeamId> = HashMap::new();
    for team in &household.teams {
        let id = store::insert_team(tx, workspace, &team.name).map_err(|error| rule(error, "teams", team.id))?;
        teams.insert(team.id, id);
    }
    for (team, member) in &household.in_teams {
        let team = *teams.get(team).ok_or_else(|| nowhere("team_members", *member, "team"))?;
        // Somebody who had left is in no team.
        if let Some(member) = here.get(member) {
            store::join(tx, team, *member).map_err(|error| rule(error, "team_members", member.0))?;
        }
    }
    let event = Event::new("members.workspace.taken_over").on("workspace", workspace).in_workspace(workspace);
    let event = event.detail("matched", entered.matched).detail("placeholders", entered.placeholders);
    audit::record(tx, event.detail("left_out", entered.left_out))?;
    Ok(entered)
}

fn account(tx: &Tx, member: &MovedMember, entered: &mut Entered) -> Result<Option<AccountId>, Error> {
    let email = accounts::read_email("file", &member.email).map_err(|error| rule(error, "accounts", member.account))?;
    if let Some(account) = accounts::by_email(tx, &email)? {
        entered.matched += 1;
        return Ok(Some(account.id));
    }
    if State::from_word(&member.state) == State::Removed {
        entered.left_out += 1;
        return Ok(None);
    }
    entered.placeholders += 1;
    let display_name = accounts::read_name("file", &member.name).map_err(|error| Error::Invalid(vec![error]))?;
    accounts::service::create(tx, NewAccount { email, display_name, ..NewAccount::default() }).map(Some)
}

fn nowhere(table: &str, id: i64, what: &str) -> Error {
    Error::field("file", "rule", format!("Table {table}, number {id}: its {what} is not in the file."))
}

fn rule(error: Error, table: &str, id: i64) -> Error {
    match error {
        Error::DiskFull => error,
        Error::Internal(source) => Error::field("file", "rule", format!("Table {table}, number {id}: {source}.")),
        error => Error::field("file", "rule", format!("Table {table}, number {id}: {error}.")),
    }
}
