//! The mail to the owners once everything in their workspace lies in one file.

use super::{WorkspaceExport, store};
use crate::db::Workspace;
use crate::error::Error;
use crate::jobs::{self, JobContext};
use crate::mail;
use crate::mail::queue::{self, Recipient, Whom};
use crate::mail::templates::{Until, WorkspaceExported};
use crate::members::memberships::{self, Membership, State};
use crate::members::workspaces;

/// Queues a mail to every owner for each export of which they have not heard. These are two files: each mail has a name
/// of its own, so that a crash between them sends nothing twice and loses nothing.
pub fn tell(cx: &JobContext, workspace: &Workspace) -> Result<(), Error> {
    let untold = workspace.file.read(cx.now(), store::untold)?;
    for export in &untold {
        // That it was made has its entry; a mail that says so changes nothing.
        cx.app.control.write_unaudited(cx.now(), &cx.origin(), |tx| {
            let place = workspaces::find(tx, workspace.id)?;
            let content = WorkspaceExported {
                site: &cx.app.config.host_name(),
                workspace: &place.name,
                asked_at: Until::utc(export.created_at),
                until: Until::utc(export.expires_at),
                link: &cx.app.public_url(&format!("/w/{}/settings/data-export", place.slug)),
            }
            .content()?;
            for owner in memberships::list(tx, workspace.id)?.iter().filter(|member| is_in_charge(member)) {
                let recipient = Recipient {
                    address: &owner.email,
                    whom: Whom::Account(owner.account),
                    workspace: Some(workspace.id),
                };
                queue::add_once(tx, &cx.app.mailer, recipient, &content, &message_id(cx, workspace, export, owner))?;
            }
            Ok(())
        })?;
        workspace.file.write_unaudited(cx.now(), &cx.origin(), |tx| store::set_told(tx, export.id))?;
    }
    if untold.is_empty() { Ok(()) } else { jobs::ask(&cx.app, &mail::jobs::DELIVER, None) }
}

fn message_id(cx: &JobContext, workspace: &Workspace, export: &WorkspaceExport, owner: &Membership) -> String {
    let asked_at = export.created_at.0;
    cx.app.mailer.sender.message_id(&format!("export-{}-{}-{asked_at}-{}", workspace.id, export.id, owner.account))
}

fn is_in_charge(member: &Membership) -> bool {
    member.is_owner() && member.state == State::Active && member.account_is_active
}
