//! `/account/deletions/{workspace}`: a workspace on its way out, for its members, whom it lets in no more. An owner
//! agrees there or keeps it, and afterwards the certificate lies there.

use askama::Template;

use super::{End, service, store, telling};
use crate::clock::Timestamp;
use crate::error::Error;
use crate::id::WorkspaceId;
use crate::members::workspaces;
use crate::web::{Access, Reply, Request, Route, ui};

pub const ROUTES: &[Route] = &[
    Route::get("/account/deletions/{workspace}", Access::Account, show),
    Route::get("/account/deletions/{workspace}/certificate", Access::Account, certificate),
    Route::post("/account/deletions/{workspace}/agree", Access::Account, agree).step_up(),
    Route::post("/account/deletions/{workspace}/keep", Access::Account, keep).step_up(),
];

/// One step of the way, with when it was or will be.
struct Stage {
    label: &'static str,
    /// What goes with it.
    goes: &'static str,
    at: Option<Timestamp>,
    is_done: bool,
    is_now: bool,
}

#[derive(Template)]
#[template(path = "members/lifecycle/deletion.html")]
struct Show {
    /// Empty once nothing knows it any more.
    name: String,
    id: String,
    by: String,
    asked_at: Timestamp,
    due: Timestamp,
    agreed_at: Option<Timestamp>,
    /// Until then only a second owner's word lets anything be destroyed.
    cools_off_until: Option<Timestamp>,
    hard_limit: Option<Timestamp>,
    is_purged: bool,
    is_certified: bool,
    overdue: Option<&'static str>,
    is_owner: bool,
    is_asker: bool,
    can_agree: bool,
    can_keep: bool,
    stages: Vec<Stage>,
    page: String,
    agree: String,
}

/// The end of a workspace for somebody who may see it: a member while there are members, and afterwards whoever has
/// its address, which is 128 random bits, and learns nothing but dates.
fn seen(request: &Request) -> Result<(End, Option<String>), Error> {
    let id: WorkspaceId = request.param("workspace")?;
    let account = request.signed()?.account;
    request.read_control(|db| {
        let end = store::find(db, id)?.filter(|end| end.requested_at.is_some()).ok_or(Error::NotFound("page"))?;
        match end.purged_at {
            Some(_) => Ok((end, None)),
            None if store::is_member(db, id, account)? => {
                let name = workspaces::find(db, id)?.name;
                Ok((end, Some(name)))
            }
            None => Err(Error::NotFound("page")),
        }
    })
}

fn show(request: &Request) -> Result<Reply, Error> {
    let (end, name) = seen(request)?;
    let (account, now) = (request.signed()?.account, request.now());
    let (owner, by) =
        request.read_control(|db| Ok((store::owner(db, end.workspace, account)?, telling::asker(db, &end)?)))?;
    let (Some(asked_at), Some(due)) = (end.requested_at, end.purge_due()) else { return Err(Error::NotFound("page")) };
    let is_asker = owner.is_some() && owner == end.requested_by;
    let can_keep = owner.is_some() && end.can_reopen(now);
    let page = Show {
        stages: stages(&end, due),
        name: name.unwrap_or_default(),
        id: end.workspace.to_string(),
        by,
        asked_at,
        due,
        // What ended after its closing was announced for weeks, and needed nobody's word.
        agreed_at: end.confirmed_at.filter(|_| !end.ran_out()),
        cools_off_until: end.cools_off_until().filter(|until| now < *until),
        hard_limit: end.hard_limit(),
        is_purged: end.purged_at.is_some(),
        is_certified: end.certificate.is_some(),
        overdue: end.overdue(now),
        is_owner: owner.is_some(),
        is_asker,
        can_agree: can_keep && !is_asker && end.confirmed_at.is_none(),
        can_keep,
        agree: format!("{}/agree", telling::path_of(end.workspace)),
        page: telling::path_of(end.workspace),
    };
    request.page_below("Deletion", &[("Workspaces", "/")], &page)
}

/// Every step with its day; of the ones to come, the day on which it is due when all before it are on time.
fn stages(end: &End, due: Timestamp) -> Vec<Stage> {
    let destroyed = End { purged_at: Some(end.purged_at.unwrap_or(due)), ..end.clone() };
    let rows = [
        (
            "Closed",
            "Every way in ends: sign-ins, tokens, links, schedules and mail of this workspace.",
            end.requested_at,
            true,
        ),
        (
            "Destroyed",
            "Its key, its file and its attachments go; members, roles, and the names in the log of the installation.",
            destroyed.purged_at,
            end.purged_at.is_some(),
        ),
        (
            "Out of the backups",
            "Every backup of it goes, and the changes that were carried beside them.",
            end.backups_gone_at.or(destroyed.backups_due()),
            end.backups_gone_at.is_some(),
        ),
        (
            "Last copy of its key",
            "From then on a copy that somebody saved elsewhere is noise too.",
            end.key_copies_gone_at.or(destroyed.key_copies_due()),
            end.key_copies_gone_at.is_some(),
        ),
    ];
    let now = rows.iter().position(|(.., is_done)| !is_done);
    rows.into_iter()
        .enumerate()
        .map(|(place, (label, goes, at, is_done))| Stage { label, goes, at, is_done, is_now: now == Some(place) })
        .collect()
}

fn certificate(request: &Request) -> Result<Reply, Error> {
    let (end, _) = seen(request)?;
    let text = end.certificate.ok_or(Error::NotFound("certificate"))?;
    let name = format!("deletion-{}.json", end.workspace);
    Ok(Reply::download(&name, "application/json", Box::new(move |out| Ok(out.write_all(text.as_bytes())?))))
}

fn agree(request: &Request) -> Result<Reply, Error> {
    request.no_fields()?;
    let (id, account) = (request.param("workspace")?, request.signed()?.account);
    request.write_control(|tx| service::confirm(tx, id, account))?;
    Ok(Reply::see_other(telling::path_of(id)).toast("deletion-agreed"))
}

fn keep(request: &Request) -> Result<Reply, Error> {
    request.no_fields()?;
    let (id, account) = (request.param("workspace")?, request.signed()?.account);
    request.write_control(|tx| service::keep(tx, id, account))?;
    let slug = request.read_control(|db| workspaces::find(db, id))?.slug;
    Ok(Reply::see_other(format!("/w/{slug}/settings/closing")).toast("workspace-reopened"))
}
