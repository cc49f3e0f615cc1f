//! What one can do with teams. Who is in one widens what the level "team" reaches, from the next request on.
//!
//! So nobody puts members together who would then reach further than they do themselves ([`Granter::beyond`]):
//! whoever manages members cannot let themselves, or an account of theirs, into a team.

use super::store;
use super::{Team, read_name};
use crate::db::{Db, Tx};
use crate::error::Error;
use crate::id::{MemberId, TeamId, WorkspaceId};
use crate::members::memberships::{self, Membership};
use crate::members::roles::{self, Granter};
use crate::privacy::audit::{self, Event};

/// Every team of the workspace, in the order they were made.
pub fn list(db: &Db, workspace: WorkspaceId) -> Result<Vec<Team>, Error> {
    store::list(db, workspace)
}

pub fn find(db: &Db, workspace: WorkspaceId, id: TeamId) -> Result<Team, Error> {
    store::find(db, workspace, id)?.ok_or(Error::NotFound("team"))
}

/// Makes a team of these members. Fails with [`Error::Invalid`] on `name` or `members`.
pub fn create(
    tx: &Tx,
    workspace: WorkspaceId,
    granter: &Granter,
    name: &str,
    members: &[MemberId],
) -> Result<TeamId, Error> {
    let name = check_name(tx, workspace, name, None)?;
    let id = store::insert(tx, workspace, &name)?;
    for member in check_members(tx, workspace, granter, members, &[])? {
        store::add_member(tx, id, member)?;
    }
    let event = Event::new("members.team.created").on("team", id).in_workspace(workspace).detail("name", name);
    audit::record(tx, event.detail("members", ids(members)))?;
    Ok(id)
}

/// Gives a team a name and exactly these members.
pub fn update(
    tx: &Tx,
    workspace: WorkspaceId,
    granter: &Granter,
    id: TeamId,
    name: &str,
    members: &[MemberId],
) -> Result<(), Error> {
    let team = find(tx, workspace, id)?;
    let name = check_name(tx, workspace, name, Some(id))?;
    let wanted = check_members(tx, workspace, granter, members, &team.members)?;
    let added: Vec<MemberId> = wanted.iter().copied().filter(|member| !team.members.contains(member)).collect();
    let removed: Vec<MemberId> = team.members.iter().copied().filter(|member| !wanted.contains(member)).collect();
    if added.is_empty() && removed.is_empty() && name == team.name {
        return Ok(());
    }
    store::rename(tx, id, &name)?;
    for member in &added {
        store::add_member(tx, id, *member)?;
    }
    for member in &removed {
        store::remove_member(tx, id, *member)?;
    }
    let event = Event::new("members.team.changed").on("team", id).in_workspace(workspace);
    let event = event.detail("name", name).detail("name_before", team.name);
    audit::record(tx, event.detail("added", ids(&added)).detail("removed", ids(&removed)))
}

/// Deletes a team. Its members stay members, their records stay theirs.
pub fn delete(tx: &Tx, workspace: WorkspaceId, id: TeamId) -> Result<(), Error> {
    let team = find(tx, workspace, id)?;
    store::delete(tx, id)?;
    let event = Event::new("members.team.deleted").on("team", id).in_workspace(workspace);
    audit::record(tx, event.detail("name", team.name).detail("members", ids(&team.members)))
}

fn check_name(db: &Db, workspace: WorkspaceId, name: &str, id: Option<TeamId>) -> Result<String, Error> {
    let name = read_name(name).map_err(|error| Error::Invalid(vec![error]))?;
    let taken = |team: &Team| Some(team.id) != id && team.name.to_lowercase() == name.to_lowercase();
    if store::list(db, workspace)?.iter().any(taken) {
        return Err(Error::field("name", "taken", "Another team has this name. Choose a different one."));
    }
    Ok(name)
}

/// The wanted members, each once. All must be members of this workspace: never trust an id from a form (TEN-1).
///
/// None of them may reach further in this team than the granter does; those who are in it already stay.
fn check_members(
    db: &Db,
    workspace: WorkspaceId,
    granter: &Granter,
    wanted: &[MemberId],
    before: &[MemberId],
) -> Result<Vec<MemberId>, Error> {
    let known = memberships::list(db, workspace)?;
    let mut members = wanted.to_vec();
    members.sort();
    members.dedup();
    if members.iter().any(|id| !known.iter().any(|member| member.id == *id)) {
        return Err(Error::field("members", "unknown_member", "Choose members of this workspace."));
    }
    for id in &members {
        // Together anew: one of the two was not in the team before.
        let is_new = |mate: &MemberId| mate != id && !(before.contains(id) && before.contains(mate));
        let mates: Vec<MemberId> = members.iter().copied().filter(is_new).collect();
        let Some(member) = known.iter().find(|member| member.id == *id) else { continue };
        let role = roles::find(db, workspace, member.role)?;
        if let Some(beyond) = granter.beyond(&role.permissions, &mates) {
            return Err(refused(granter, member, known.iter().find(|member| member.id == beyond)));
        }
    }
    Ok(members)
}

fn refused(granter: &Granter, member: &Membership, mate: Option<&Membership>) -> Error {
    let mate = mate.map_or("others", |mate| mate.name.as_str());
    let message = if granter.member == Some(member.id) {
        format!(
            "In this team you would reach the records of {mate}, which your role does not. Ask an owner or an admin."
        )
    } else {
        format!(
            "In this team {} would reach the records of {mate}, which you do not. Ask an owner or an admin.",
            member.name
        )
    };
    Error::field("members", "beyond_your_own", message)
}

fn ids(members: &[MemberId]) -> Vec<i64> {
    members.iter().map(|member| member.0).collect()
}
