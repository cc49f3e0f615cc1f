//! What one can do with memberships. The gate reads them for every request, so each change holds at once (SES-4).

use super::{Membership, State, keep_an_owner, store};
use crate::app::App;
use crate::db::{Db, Tx};
use crate::error::Error;
use crate::id::{AccountId, MemberId, RoleId, WorkspaceId};
use crate::mail::queue::{self, Recipient, Whom};
use crate::mail::templates::OwnershipTransferred;
use crate::members::roles::{self, ADMIN, Granter, OWNER, Role};
use crate::members::{accounts, invitations, sessions, tokens, workspaces};
use crate::privacy::audit::{self, Event};

/// Active and suspended members, in the order they came.
pub fn list(db: &Db, workspace: WorkspaceId) -> Result<Vec<Membership>, Error> {
    store::list(db, workspace)
}

/// Fails with `NotFound` for somebody removed, and for a member of another workspace.
pub fn find(db: &Db, workspace: WorkspaceId, id: MemberId) -> Result<Membership, Error> {
    store::find(db, workspace, id)?.ok_or(Error::NotFound("member"))
}

/// Makes an account a member. Somebody who was removed gets their old member id back, and with it
/// the records that still name them.
///
/// Checks no granter: the caller has. Fails with `Conflict` when they are a member already.
pub fn add(tx: &Tx, workspace: WorkspaceId, account: AccountId, role: RoleId) -> Result<MemberId, Error> {
    let role = roles::find(tx, workspace, role)?;
    let (id, again) = match store::of_account(tx, workspace, account)? {
        None => (store::insert(tx, workspace, account, role.id)?, false),
        Some((id, State::Removed)) => {
            store::set_role(tx, id, role.id)?;
            store::set_state(tx, id, State::Active)?;
            (id, true)
        }
        Some(_) => return Err(Error::Conflict("this person is a member already".into())),
    };
    let event = Event::new("members.membership.added").on("member", id).in_workspace(workspace);
    let event = event.detail("account", account.0).detail("role", role.id.0).detail("again", again);
    audit::record(tx, event.personal("name", find(tx, workspace, id)?.name))?;
    Ok(id)
}

/// The member and their role, when the granter may do something to them.
fn reachable(db: &Db, workspace: WorkspaceId, granter: &Granter, id: MemberId) -> Result<(Membership, Role), Error> {
    let member = find(db, workspace, id)?;
    let role = roles::find(db, workspace, member.role)?;
    if granter.covers(&role) { Ok((member, role)) } else { Err(Error::Forbidden) }
}

fn refuse_oneself(granter: &Granter, id: MemberId, words: &str) -> Result<(), Error> {
    if granter.member == Some(id) { Err(Error::Conflict(words.into())) } else { Ok(()) }
}

fn event(action: &'static str, workspace: WorkspaceId, member: &Membership) -> Event {
    Event::new(action).on("member", member.id).in_workspace(workspace).personal("name", member.name.as_str())
}

/// Gives a member another role. Every proof of who they are is asked again; their tokens go when `revoke_tokens`.
pub fn change_role(
    tx: &Tx,
    workspace: WorkspaceId,
    granter: &Granter,
    id: MemberId,
    role: RoleId,
    revoke_tokens: bool,
) -> Result<(), Error> {
    let (member, before) = reachable(tx, workspace, granter, id)?;
    let Ok(after) = roles::find(tx, workspace, role) else {
        return Err(Error::field("role", "unknown_role", "Choose a role of this workspace."));
    };
    if !granter.covers(&after) {
        let message = format!("{} reaches further than your own role. Ask an owner to give it.", after.name);
        return Err(Error::field("role", "beyond_your_own", message));
    }
    if before.id == after.id && !revoke_tokens {
        return Ok(());
    }
    if before.id != after.id && granter.beyond(&after.permissions, &store::team_mates(tx, id)?).is_some() {
        let message =
            "With this role they would reach records of their team that you do not. Ask an owner or an admin.";
        return Err(Error::field("role", "beyond_your_own", message));
    }
    if before.is_owner() && !after.is_owner() && member.state == State::Active {
        keep_an_owner(true, store::other_owners(tx, workspace, id)?)?;
    }
    store::set_role(tx, id, after.id)?;
    store::forget_proofs(tx, member.account)?;
    let revoked = if revoke_tokens { tokens::revoke_all(tx, id)? } else { 0 };
    let event = event("members.membership.role_changed", workspace, &member)
        .detail("from", before.id.0)
        .detail("from_name", before.name)
        .detail("to", after.id.0)
        .detail("to_name", after.name)
        .detail("tokens_revoked", revoked);
    audit::record(tx, event)
}

/// Locks a member out for a while. Role, teams and tokens stay, but open nothing.
pub fn suspend(tx: &Tx, workspace: WorkspaceId, granter: &Granter, id: MemberId) -> Result<(), Error> {
    let (member, _) = reachable(tx, workspace, granter, id)?;
    refuse_oneself(granter, id, "you cannot suspend yourself")?;
    if member.state == State::Suspended {
        return Ok(());
    }
    keep_an_owner(member.is_owner(), store::other_owners(tx, workspace, id)?)?;
    store::set_state(tx, id, State::Suspended)?;
    let ended = sessions::end_all(tx, member.account, None)?;
    audit::record(tx, event("members.membership.suspended", workspace, &member).detail("sessions_ended", ended))
}

/// Lets a suspended member in again.
pub fn reactivate(tx: &Tx, workspace: WorkspaceId, granter: &Granter, id: MemberId) -> Result<(), Error> {
    let (member, _) = reachable(tx, workspace, granter, id)?;
    if member.state == State::Active {
        return Ok(());
    }
    store::set_state(tx, id, State::Active)?;
    audit::record(tx, event("members.membership.reactivated", workspace, &member))
}

/// Ends a membership: teams, tokens and open invitations go, sessions end, records and the name on them stay.
pub fn remove(tx: &Tx, workspace: WorkspaceId, granter: &Granter, id: MemberId) -> Result<(), Error> {
    let (member, _) = reachable(tx, workspace, granter, id)?;
    if member.state == State::Active {
        keep_an_owner(member.is_owner(), store::other_owners(tx, workspace, id)?)?;
    }
    store::set_state(tx, id, State::Removed)?;
    store::leave_teams(tx, id)?;
    let revoked = tokens::revoke_all(tx, id)?;
    let withdrawn = invitations::revoke_all_by(tx, id)?;
    let ended = sessions::end_all(tx, member.account, None)?;
    let event = event("members.membership.removed", workspace, &member);
    let event = event.detail("tokens_revoked", revoked).detail("invitations_revoked", withdrawn);
    audit::record(tx, event.detail("sessions_ended", ended))
}

/// Ends every session of a member's account (SES-5).
pub fn end_sessions(tx: &Tx, workspace: WorkspaceId, granter: &Granter, id: MemberId) -> Result<(), Error> {
    let (member, _) = reachable(tx, workspace, granter, id)?;
    let ended = sessions::end_all(tx, member.account, None)?;
    audit::record(tx, event("members.sessions.ended", workspace, &member).detail("sessions_ended", ended))
}

/// An owner makes another active member the owner and becomes an admin. Both are told by mail.
pub fn transfer_ownership(
    tx: &Tx,
    app: &App,
    workspace: WorkspaceId,
    granter: &Granter,
    to: MemberId,
) -> Result<(), Error> {
    let from = match granter.member {
        Some(id) if granter.is_owner() => find(tx, workspace, id)?,
        _ => return Err(Error::Forbidden),
    };
    let heir = store::find(tx, workspace, to)?;
    let Some(heir) = heir.filter(|heir| heir.state == State::Active && heir.account_is_active && heir.id != from.id)
    else {
        return Err(Error::field("to", "not_active", "Choose another member who can enter the workspace."));
    };
    store::set_role(tx, heir.id, roles::by_key(tx, workspace, OWNER)?.id)?;
    store::set_role(tx, from.id, roles::by_key(tx, workspace, ADMIN)?.id)?;
    store::forget_proofs(tx, from.account)?;
    store::forget_proofs(tx, heir.account)?;
    let event = event("members.ownership.transferred", workspace, &heir);
    audit::record(
        tx,
        event.detail("from", from.id.0).detail("to", heir.id.0).personal("from_name", from.name.as_str()),
    )?;
    tell_both(tx, app, workspace, &from, &heir)
}

fn tell_both(tx: &Tx, app: &App, workspace: WorkspaceId, from: &Membership, to: &Membership) -> Result<(), Error> {
    let name = workspaces::find(tx, workspace)?.name;
    let accounts = accounts::list(tx)?;
    let operators: Vec<&str> =
        accounts.iter().filter(|account| account.is_operator && account.is_active).map(|a| a.email.as_str()).collect();
    let (site, contact) = (app.config.host_name(), operators.join(", "));
    for reader in [from, to] {
        let account = accounts::find(tx, reader.account)?;
        let at = accounts::service::until(tx.now, &account);
        let mail = OwnershipTransferred {
            site: &site,
            workspace: &name,
            from: &from.name,
            to: &to.name,
            at,
            contact: &contact,
        };
        let recipient =
            Recipient { address: &reader.email, whom: Whom::Account(reader.account), workspace: Some(workspace) };
        queue::add(tx, &app.mailer, recipient, &mail.content()?)?;
    }
    Ok(())
}

/// Names of the workspaces that would be without an owner if this account were gone.
pub fn sole_ownerships(db: &Db, account: AccountId) -> Result<Vec<String>, Error> {
    store::sole_ownerships(db, account)
}
