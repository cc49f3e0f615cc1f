//! What one can do with roles. Built-in ones keep their permissions; only the second step can be asked of them.

use super::store;
use super::{BUILT_IN, Granter, Role, RoleInput, read_name};
use crate::db::{Db, Tx};
use crate::error::{Error, FieldError};
use crate::id::{RoleId, WorkspaceId};
use crate::members::moving::MovedRole;
use crate::permission::Permissions;
use crate::privacy::audit::{self, Event};

/// Every role of the workspace, built-in ones first.
pub fn list(db: &Db, workspace: WorkspaceId) -> Result<Vec<Role>, Error> {
    store::list(db, workspace)
}

/// Fails with `NotFound` for a role of another workspace too.
pub fn find(db: &Db, workspace: WorkspaceId, id: RoleId) -> Result<Role, Error> {
    store::find(db, workspace, id)?.ok_or(Error::NotFound("role"))
}

pub fn by_key(db: &Db, workspace: WorkspaceId, key: &str) -> Result<Role, Error> {
    store::by_key(db, workspace, key)?.ok_or(Error::NotFound("role"))
}

/// Gives a new workspace its five roles; returns the owner's. The caller records that the workspace was made.
pub fn create_builtin(tx: &Tx, workspace: WorkspaceId) -> Result<RoleId, Error> {
    let mut owner = None;
    for role in &BUILT_IN {
        let id = store::insert(tx, workspace, role.key, role.name, true, &role.permissions(), false)?;
        owner.get_or_insert(id);
    }
    owner.ok_or_else(|| Error::internal("no built-in roles"))
}

/// A role of a workspace that comes from elsewhere, as it was. The caller records that the workspace came.
pub fn take_over(tx: &Tx, workspace: WorkspaceId, role: &MovedRole, may: &Permissions) -> Result<RoleId, Error> {
    store::insert(tx, workspace, &role.key, &role.name, role.is_builtin, may, role.requires_second_factor)
}

pub fn create(tx: &Tx, workspace: WorkspaceId, granter: &Granter, input: &RoleInput) -> Result<RoleId, Error> {
    let name = check(tx, workspace, granter, input, None)?;
    let key = format!("custom-{}", data_encoding::HEXLOWER.encode(&crate::crypto::random::<6>()));
    let id = store::insert(tx, workspace, &key, &name, false, &input.permissions, input.requires_second_factor)?;
    let event = Event::new("members.role.created").on("role", id).in_workspace(workspace);
    audit::record(tx, describe(event, &name, &input.permissions, input.requires_second_factor))?;
    Ok(id)
}

/// Changes a custom role, or whether a built-in one asks for the second step.
///
/// Fails with `Stale` when it changed since `version`, with `Forbidden` when the role as it is now
/// reaches further than the granter. Who has the role feels it with their next request.
pub fn update(
    tx: &Tx,
    workspace: WorkspaceId,
    granter: &Granter,
    id: RoleId,
    version: i64,
    input: &RoleInput,
) -> Result<(), Error> {
    let role = find(tx, workspace, id)?;
    if !granter.covers(&role) {
        return Err(Error::Forbidden);
    }
    if role.version != version {
        return Err(Error::Stale(role.version));
    }
    let (name, permissions) = if role.is_builtin {
        (role.name.clone(), role.permissions.clone())
    } else {
        let name = check(tx, workspace, granter, input, Some(id))?;
        refuse_beyond(tx, granter, &role, &input.permissions)?;
        (name, input.permissions.clone())
    };
    store::update(tx, id, &name, &permissions, input.requires_second_factor)?;
    let event = Event::new("members.role.changed").on("role", id).in_workspace(workspace);
    let event = event.detail("permissions_before", role.permissions.to_json());
    audit::record(tx, describe(event, &name, &permissions, input.requires_second_factor))
}

/// Deletes a custom role. Fails with `Conflict` while somebody has it or is invited to it.
pub fn delete(tx: &Tx, workspace: WorkspaceId, granter: &Granter, id: RoleId) -> Result<(), Error> {
    let role = find(tx, workspace, id)?;
    if !granter.covers(&role) {
        return Err(Error::Forbidden);
    }
    if role.is_builtin {
        return Err(Error::Conflict("a built-in role cannot be deleted".into()));
    }
    let (members, invitations) = store::in_use(tx, id)?;
    if members + invitations > 0 {
        return Err(Error::Conflict(format!(
            "the role is in use: {members} members have it and {invitations} invitations name it. Give them another role first"
        )));
    }
    let instead = by_key(tx, workspace, "viewer")?;
    store::delete(tx, id, instead.id)?;
    audit::record(
        tx,
        Event::new("members.role.deleted").on("role", id).in_workspace(workspace).detail("name", role.name),
    )
}

fn check(
    tx: &Tx,
    workspace: WorkspaceId,
    granter: &Granter,
    input: &RoleInput,
    id: Option<RoleId>,
) -> Result<String, Error> {
    let mut errors = Vec::new();
    let name = read_name(&input.name).unwrap_or_else(|error| {
        errors.push(error);
        String::new()
    });
    if !name.is_empty() && store::name_taken(tx, workspace, &name, id)? {
        errors.push(FieldError::new("name", "taken", "Another role has this name. Choose a different one."));
    }
    for (permission, level) in input.permissions.iter() {
        if level > granter.level(permission) && !granter.is_owner() {
            let message = "You cannot give more than you may do yourself. Choose a smaller permission here.";
            errors.push(FieldError::new(permission.word(), "beyond_your_own", message));
        }
    }
    if errors.is_empty() { Ok(name) } else { Err(Error::Invalid(errors)) }
}

/// What is raised to the level "team" opens the records of whole teams to those who have the role already.
fn refuse_beyond(db: &Db, granter: &Granter, role: &Role, wanted: &Permissions) -> Result<(), Error> {
    let mates = store::team_mates(db, role.id)?;
    for (permission, level) in wanted.iter() {
        let mut raised = Permissions::default();
        if level > role.permissions.of(permission.action, permission.area) {
            raised.set(permission, level);
        }
        if granter.beyond(&raised, &mates).is_some() {
            let message = "With this, members who have the role would reach records of their teams that you do not.";
            return Err(Error::field(permission.word(), "beyond_your_own", message));
        }
    }
    Ok(())
}

fn describe(event: Event, name: &str, permissions: &Permissions, second_factor: bool) -> Event {
    event
        .detail("name", name)
        .detail("permissions", permissions.to_json())
        .detail("requires_second_factor", second_factor)
}
