//! What one can do with invitations. Whether an address has an account changes nothing that the inviter
//! sees: not the answer, not the mail (AUT-4).

use super::store::{self, NewRow};
use super::{Invitation, LIFETIME, MOST_WAITING, OpenInvitation};
use crate::app::App;
use crate::clock::Timestamp;
use crate::crypto::token::{self, NewToken};
use crate::db::{Db, Tx};
use crate::error::Error;
use crate::id::{AccountId, InvitationId, MemberId, RoleId, WorkspaceId};
use crate::mail::queue::{self, Recipient, Whom};
use crate::mail::templates::{Invitation as InvitationMail, Until};
use crate::members::roles::{self, Granter};
use crate::members::{accounts, memberships, workspaces};
use crate::privacy::audit::{self, Event};

/// Invites whoever reads an address. An earlier invitation to the same address ends.
///
/// Fails with [`Error::Invalid`] on `email` (also for a member of this workspace, whom the inviter
/// can see in the list anyway) or on `role`.
pub fn invite(
    tx: &Tx,
    app: &App,
    workspace: WorkspaceId,
    granter: &Granter,
    email: &str,
    role: RoleId,
) -> Result<InvitationId, Error> {
    let email = accounts::read_email("email", email)?;
    let Ok(role) = roles::find(tx, workspace, role) else {
        return Err(Error::field("role", "unknown_role", "Choose a role of this workspace."));
    };
    if !granter.covers(&role) {
        let message = format!("{} reaches further than your own role. Ask an owner to invite them.", role.name);
        return Err(Error::field("role", "beyond_your_own", message));
    }
    if memberships::list(tx, workspace)?.iter().any(|member| member.email == email) {
        return Err(Error::field("email", "member_already", "This person is a member already."));
    }
    if store::list(tx, workspace)?.len() >= MOST_WAITING {
        return Err(Error::Conflict(format!("{MOST_WAITING} invitations wait already: withdraw some first")));
    }
    store::revoke_all_to(tx, workspace, &email)?;
    let secret = NewToken::generate("");
    let expires_at = tx.now.plus(LIFETIME);
    let new =
        NewRow { workspace, email: &email, role: role.id, hash: &secret.hash, invited_by: granter.member, expires_at };
    let id = store::insert(tx, &new)?;
    send(tx, app, workspace, granter, &email, &secret, expires_at)?;
    let event = Event::new("members.invitation.sent").on("invitation", id).in_workspace(workspace);
    audit::record(tx, event.detail("role", role.id.0).detail("role_name", role.name).personal("email", email))?;
    Ok(id)
}

/// Sends the invitation again with another link; the old link works no more.
pub fn resend(tx: &Tx, app: &App, workspace: WorkspaceId, granter: &Granter, id: InvitationId) -> Result<(), Error> {
    let invitation = reachable(tx, workspace, granter, id)?;
    let secret = NewToken::generate("");
    let expires_at = tx.now.plus(LIFETIME);
    store::renew(tx, id, &secret.hash, expires_at)?;
    send(tx, app, workspace, granter, &invitation.email, &secret, expires_at)?;
    let event = Event::new("members.invitation.resent").on("invitation", id).in_workspace(workspace);
    audit::record(tx, event.personal("email", invitation.email))
}

/// Takes an invitation back; its link works no more.
pub fn revoke(tx: &Tx, workspace: WorkspaceId, granter: &Granter, id: InvitationId) -> Result<(), Error> {
    let invitation = reachable(tx, workspace, granter, id)?;
    store::revoke(tx, id)?;
    let event = Event::new("members.invitation.revoked").on("invitation", id).in_workspace(workspace);
    audit::record(tx, event.personal("email", invitation.email))
}

/// Takes back what a member has sent: who was removed leaves no door behind. The caller records why.
pub fn revoke_all_by(tx: &Tx, member: MemberId) -> Result<usize, Error> {
    store::revoke_all_by(tx, member)
}

fn reachable(db: &Db, workspace: WorkspaceId, granter: &Granter, id: InvitationId) -> Result<Invitation, Error> {
    let invitation = find(db, workspace, id)?;
    let role = roles::find(db, workspace, invitation.role)?;
    if granter.covers(&role) { Ok(invitation) } else { Err(Error::Forbidden) }
}

fn send(
    tx: &Tx,
    app: &App,
    workspace: WorkspaceId,
    granter: &Granter,
    email: &str,
    secret: &NewToken,
    expires_at: Timestamp,
) -> Result<(), Error> {
    let inviter = match granter.member {
        Some(id) => memberships::find(tx, workspace, id)?.name,
        None => "The operator".to_owned(),
    };
    let content = InvitationMail {
        site: &app.config.host_name(),
        inviter: &inviter,
        workspace: &workspaces::find(tx, workspace)?.name,
        link: &app.public_url(&format!("/invitation?token={}", secret.text.as_str())),
        until: Until::utc(expires_at),
    }
    .content()?;
    queue::add(tx, &app.mailer, Recipient { address: email, whom: Whom::Guest, workspace: Some(workspace) }, &content)?;
    Ok(())
}

/// Invitations that were neither accepted nor taken back, expired ones included.
pub fn list(db: &Db, workspace: WorkspaceId) -> Result<Vec<Invitation>, Error> {
    store::list(db, workspace)
}

pub fn find(db: &Db, workspace: WorkspaceId, id: InvitationId) -> Result<Invitation, Error> {
    store::find(db, workspace, id)?.ok_or(Error::NotFound("invitation"))
}

/// The invitation behind the secret of a link, while it works.
pub fn open(db: &Db, secret: &str) -> Result<Option<OpenInvitation>, Error> {
    store::by_hash(db, &token::hash_token(secret))
}

/// Makes the account a member in the invited role. The account's address must be the invited one.
pub fn accept(tx: &Tx, invitation: &OpenInvitation, account: AccountId) -> Result<MemberId, Error> {
    if accounts::find(tx, account)?.email != invitation.email {
        return Err(Error::Forbidden);
    }
    if !store::accept(tx, invitation.id)? {
        return Err(Error::NotFound("invitation"));
    }
    let event = Event::new("members.invitation.accepted").on("invitation", invitation.id);
    let event = event.in_workspace(invitation.workspace).detail("account", account.0);
    audit::record(tx, event.personal("email", invitation.email.as_str()))?;
    memberships::add(tx, invitation.workspace, account, invitation.role)
}
