//! What waits to go out of a workspace after a restore, and the word that lets it go.

use askama::Template;
use serde::Deserialize;

use super::{ABOVE, PAGE, owned};
use crate::backup::workspace::service;
use crate::db::installation::{self, WorkspaceHold};
use crate::error::Error;
use crate::mail::{Entry, queue};
use crate::members::roles::OWNER;
use crate::privacy::audit::{self, Event};
use crate::web::{Reply, Request, ui};

#[derive(Template)]
#[template(path = "backup/workspace/hold.html")]
struct Show {
    here: String,
    is_owner: bool,
    hold: Option<WorkspaceHold>,
    mails: Vec<Entry>,
}

pub fn show(request: &Request) -> Result<Reply, Error> {
    let member = request.member()?;
    let id = member.workspace.id;
    let (hold, mails) =
        request.read_control(|db| Ok((installation::outbound_hold_of(db, id)?, queue::waiting_of(db, id)?)))?;
    let page = Show { here: format!("{}/hold", request.url(PAGE)), is_owner: member.role_key == OWNER, hold, mails };
    request.page_below("What waits", ABOVE, &page)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Chosen {
    mail: i64,
}

/// Takes one mail out of the queue: what was sent before need not go twice.
pub fn cancel(request: &Request) -> Result<Reply, Error> {
    let chosen: Chosen = request.form()?;
    let (id, _) = owned(request)?;
    request.write_control(|tx| {
        let waits = queue::waiting_of(tx, id)?.iter().any(|mail| mail.id == chosen.mail);
        if installation::outbound_hold_of(tx, id)?.is_none() || !waits {
            return Err(Error::Conflict("this mail does not wait here any more".into()));
        }
        queue::cancel(tx, chosen.mail)?;
        audit::record(tx, Event::new("backup.held_mail.cancelled").on("mail", chosen.mail).in_workspace(id))
    })?;
    Ok(Reply::see_other(request.url(&format!("{PAGE}/hold"))).toast("mail-cancelled"))
}

pub fn release(request: &Request) -> Result<Reply, Error> {
    request.no_fields()?;
    let (id, _) = owned(request)?;
    if !request.write_control(|tx| service::release(tx, id))? {
        return Err(Error::Conflict("nothing waits here".into()));
    }
    crate::jobs::ask(&request.app, &crate::mail::jobs::DELIVER, None)?;
    Ok(Reply::see_other(request.url(PAGE)).toast("outbound-released"))
}
