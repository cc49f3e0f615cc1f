//! `/settings/backups`: the copies of a workspace, what happened when, and the way back, for its owner.

mod copies;
mod hold;
mod restoring;

use serde::Deserialize;

use super::{NewRestore, jobs, service};
use crate::backup::chain::Chain;
use crate::backup::health;
use crate::backup::jobs::RUN_WORKSPACE;
use crate::clock::Timestamp;
use crate::error::Error;
use crate::id::{MemberId, WorkspaceId};
use crate::members::roles::OWNER;
use crate::permission::{Action, Area};
use crate::privacy::audit::{self, Event};
use crate::web::{Access, Reply, Request, Route};

const MANAGE: Access = Access::may(Action::Manage, Area::Settings);
const PAGE: &str = "/settings/backups";
const ABOVE: &[(&str, &str)] = &[("Settings", "/settings"), ("Backups", PAGE)];

pub const ROUTES: &[Route] = &[
    Route::get("/w/{slug}/settings/backups", MANAGE, copies::show),
    Route::post("/w/{slug}/settings/backups/run", MANAGE, back_up),
    Route::get("/w/{slug}/settings/backups/restore", MANAGE, restoring::choose),
    Route::post("/w/{slug}/settings/backups/restore", MANAGE, restoring::begin).step_up(),
    Route::get("/w/{slug}/settings/backups/restores/{id}", MANAGE, restoring::show),
    Route::post("/w/{slug}/settings/backups/restores/{id}/cancel", MANAGE, cancel),
    Route::get("/w/{slug}/settings/backups/restores/{id}/report", MANAGE, restoring::report),
    Route::get("/w/{slug}/settings/backups/hold", MANAGE, hold::show),
    Route::post("/w/{slug}/settings/backups/hold/cancel", MANAGE, hold::cancel),
    Route::post("/w/{slug}/settings/backups/hold/release", MANAGE, hold::release).step_up(),
];

/// The workspace and the member, when that is an owner.
pub(super) fn owned(request: &Request) -> Result<(WorkspaceId, MemberId), Error> {
    let member = request.member()?;
    match member.role_key == OWNER {
        true => Ok((member.workspace_id(), member.id)),
        false => Err(Error::Conflict("only an owner can bring back a workspace, or let its mail go again".into())),
    }
}

/// Every backup of the folder. Where it lies and what is wrong with it is the operator's business.
pub(super) fn chain(request: &Request) -> Result<Chain, Error> {
    health::read(&request.app).map_err(|error| match error {
        Error::Refused(_) => {
            Error::Unavailable("The backups cannot be read now; whoever hosts this installation knows why.".into())
        }
        error => error,
    })
}

/// The oldest moment that the workspace of the request can be brought back to.
pub(super) fn oldest_copy(request: &Request) -> Result<Option<Timestamp>, Error> {
    let (id, chain) = (request.member()?.workspace.id, chain(request)?);
    Ok(chain.copies_of(id).filter(|(_, copy)| copy.verified.is_some()).map(|(_, copy)| copy.holds_until()).min())
}

fn back_up(request: &Request) -> Result<Reply, Error> {
    request.no_fields()?;
    let id = request.member()?.workspace.id;
    request.write_control(|tx| audit::record(tx, Event::new("backup.workspace_run.asked").in_workspace(id)))?;
    crate::jobs::ask(&request.app, &RUN_WORKSPACE, Some(id))?;
    Ok(Reply::see_other(request.url(PAGE)).toast("backup-asked"))
}

fn cancel(request: &Request) -> Result<Reply, Error> {
    request.no_fields()?;
    let ((workspace, _), id): (_, i64) = (owned(request)?, request.param("id")?);
    request.write_control(|tx| service::cancel(tx, workspace, id))?;
    Ok(Reply::see_other(request.url(&format!("{PAGE}/restores/{id}"))).toast("restore-cancelled"))
}

/// Asks for a restore; gives its page.
fn ask(request: &Request, new: &NewRestore) -> Result<String, Error> {
    let (workspace, by) = owned(request)?;
    let oldest = if new.from_restore.is_some() { None } else { oldest_copy(request)? };
    let id = request.write_control(|tx| service::ask(tx, workspace, by, new, oldest))?;
    crate::jobs::ask(&request.app, &jobs::RESTORE, None)?;
    Ok(request.url(&format!("{PAGE}/restores/{id}")))
}

/// The moment in an address.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct At {
    /// RFC 3339, or as the browser's own field writes it, in UTC.
    #[serde(default)]
    at: String,
}

/// Reads a moment as an address or the browser's field gives it.
fn read_moment(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let with_zone = || Timestamp::parse(&format!("{text}Z"));
    let with_seconds = || Timestamp::parse(&format!("{text}:00Z"));
    Timestamp::parse(text).or_else(with_zone).or_else(with_seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_reads_as_addresses_and_browsers_write_it() {
        let at = Timestamp::parse("2026-11-21T10:15:00Z");
        assert!(at.is_some());
        for text in ["2026-11-21T10:15:00.000Z", "2026-11-21T10:15:00", " 2026-11-21T10:15 "] {
            assert_eq!(read_moment(text), at, "{text}");
        }
        assert_eq!(read_moment("yesterday"), None);
    }
}
