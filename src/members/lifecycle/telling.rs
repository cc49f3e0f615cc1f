//! Who hears that the deletion of a workspace was asked for: every owner, with the way to stop it.

use super::{End, store};
use crate::app::App;
use crate::db::{Db, Tx, installation};
use crate::error::Error;
use crate::id::WorkspaceId;
use crate::mail::queue::{self, Recipient, Whom};
use crate::mail::templates::{DeletionAsked, Until};
use crate::members::memberships::{self, State};
use crate::members::workspaces;

/// The page of a deletion, which the workspace itself cannot show any more.
pub fn path_of(id: WorkspaceId) -> String {
    format!("/account/deletions/{id}")
}

/// Who asked, as people call them.
pub fn asker(db: &Db, end: &End) -> Result<String, Error> {
    let members = memberships::list(db, end.workspace)?;
    let member = end.requested_by.and_then(|by| members.into_iter().find(|one| one.id == by));
    Ok(match (member, end.requested_by) {
        (Some(member), _) => member.name,
        (None, Some(_)) => "Somebody who is no member any more".into(),
        (None, None) if end.ran_out() => "Nobody: the time of its closing was over".into(),
        (None, None) => "Whoever hosts this installation".into(),
    })
}

/// Queues the mail to every owner, the one who asked among them: a stolen session must not go unseen.
pub fn owners(app: &App, tx: &Tx, id: WorkspaceId) -> Result<(), Error> {
    let Some(end) = store::find(tx, id)? else { return Ok(()) };
    let (Some(asked), Some(due)) = (end.requested_at, end.purge_due()) else { return Ok(()) };
    let place = workspaces::find(tx, id)?;
    let by = asker(tx, &end)?;
    let content = DeletionAsked {
        site: &app.config.host_name(),
        workspace: &place.name,
        by: &by,
        at: Until::utc(asked),
        due: Until::utc(due),
        link: &app.public_url(&path_of(id)),
    }
    .content()?;
    // A mail of the workspace goes with its rows. One that waits since a restore would never be let go.
    let workspace = installation::outbound_hold_of(tx, id)?.is_none().then_some(id);
    let members = memberships::list(tx, id)?;
    for owner in members.iter().filter(|one| one.is_owner() && one.state == State::Active && one.account_is_active) {
        let recipient = Recipient { address: &owner.email, whom: Whom::Account(owner.account), workspace };
        queue::add(tx, &app.mailer, recipient, &content)?;
    }
    Ok(())
}
