//! The one gate: session or token → membership → status → permission → workspace.
//!
//! Nothing reaches a workspace's file but through here. A stranger's guess at another workspace
//! looks exactly like a workspace that does not exist (TEN-1).

use std::sync::Arc;

use crate::app::App;
use crate::backup::segments;
use crate::clock::Timestamp;
use crate::db::{Actor, Origin, Workspace};
use crate::error::Error;
use crate::id::WorkspaceId;
use crate::members::admission::{self, Membership, SessionFound};
use crate::members::workspaces;
use crate::permission::{Level, OperatorScope};
use crate::privacy::{ledger, workspace_import};
use crate::visitor::{Member, Signed, Visitor};
use crate::web::{Access, Head, Route};

/// A proof of who acts is fresh for this long (AUT-7).
pub const STEP_UP_MS: i64 = 10 * Timestamp::MINUTE;

/// Finds out who asks and whether the route answers them.
///
/// Fails with `Unauthenticated`, `Forbidden`, `NotFound("page")` for a workspace that is not theirs,
/// `StepUp` when a fresh proof is needed, `EnrolSecondFactor` when the role demands one that is missing.
pub fn admit(app: &App, route: &Route, head: &Head) -> Result<Visitor, Error> {
    if route.is_api() {
        return admit_program(app, route, head);
    }
    let visitor = match (route.access, recognise(app, head)?) {
        (Access::Public, visitor) => visitor,
        (Access::HalfSignedIn, visitor @ (Visitor::HalfSignedIn(_) | Visitor::Account(_))) => visitor,
        (Access::Account, visitor @ Visitor::Account(_)) => visitor,
        (Access::Operator, Visitor::Account(signed)) => {
            // The console is as hidden as a workspace: who is no operator learns nothing.
            if !signed.is_operator {
                return Err(Error::NotFound("page"));
            }
            Visitor::Account(signed)
        }
        (Access::Member | Access::May(_), Visitor::Account(signed)) => enter(app, route, head, signed)?,
        _ => return Err(Error::Unauthenticated),
    };
    if route.step_up && !is_fresh(&visitor, head.now) {
        return Err(Error::StepUp);
    }
    Ok(visitor)
}

/// Who the cookie says it is, outside any workspace. Enough to draw a page that says no.
pub fn recognise(app: &App, head: &Head) -> Result<Visitor, Error> {
    let Some(cookie) = head.cookie() else { return Ok(Visitor::Stranger) };
    Ok(match admission::session(app, cookie, head.now)? {
        Some(SessionFound { signed, complete: true }) => Visitor::Account(signed),
        Some(SessionFound { signed, complete: false }) => Visitor::HalfSignedIn(signed),
        None => Visitor::Stranger,
    })
}

/// Into the workspace that the path names.
fn enter(app: &App, route: &Route, head: &Head, signed: Signed) -> Result<Visitor, Error> {
    let slug = head.params.get("slug").map_or("", String::as_str);
    let membership =
        app.control.read(head.now, |db| admission::membership(db, slug, &signed))?.ok_or(Error::NotFound("page"))?;
    if membership.requires_second_factor && !signed.has_second_factor {
        return Err(Error::EnrolSecondFactor);
    }
    let has_entered = membership.has_entered;
    let member = member(app, membership)?;
    check_permission(route, &member)?;
    if !has_entered {
        let actor = Actor::Member(member.id);
        let origin = Origin { actor, address: head.address, user_agent: head.user_agent() };
        admission::note_entry(app, &signed, &member, &origin, head.now)?;
    }
    Ok(Visitor::Member(signed, member))
}

/// A program with a token. The token names the workspace.
fn admit_program(app: &App, route: &Route, head: &Head) -> Result<Visitor, Error> {
    match route.access {
        Access::Public => return Ok(Visitor::Stranger),
        Access::OperatorProgram(scope) => return admit_operator_program(app, scope, head),
        _ => {}
    }
    let bearer = head.bearer().ok_or(Error::Unauthenticated)?;
    let found = admission::token(app, bearer, head.address, head.now)?.ok_or(Error::Unauthenticated)?;
    // What the role asks of its people holds for their programs too: a token is no way around it.
    if found.membership.requires_second_factor && !found.has_second_factor {
        return Err(Error::EnrolSecondFactor);
    }
    let mut member = member(app, found.membership)?;
    member.permissions = member.permissions.within(&found.scopes);
    check_permission(route, &member)?;
    Ok(Visitor::Token(found.id, member))
}

/// A program of the operator. Its tokens are looked up apart: none of them is a way into a workspace,
/// and no workspace's token a way in here.
fn admit_operator_program(app: &App, scope: OperatorScope, head: &Head) -> Result<Visitor, Error> {
    let bearer = head.bearer().ok_or(Error::Unauthenticated)?;
    let found = admission::operator_token(app, bearer, head.address, head.now)?.ok_or(Error::Unauthenticated)?;
    if !found.scopes.contains(&scope) {
        return Err(Error::Forbidden);
    }
    Ok(Visitor::OperatorProgram(found.id, found.account))
}

fn check_permission(route: &Route, member: &Member) -> Result<(), Error> {
    match route.access {
        Access::May(permission) if member.permissions.of(permission.action, permission.area) == Level::None => {
            Err(Error::Forbidden)
        }
        _ => Ok(()),
    }
}

fn is_fresh(visitor: &Visitor, now: Timestamp) -> bool {
    match visitor {
        Visitor::Account(signed) | Visitor::Member(signed, _) => now.since(signed.confirmed_at) <= STEP_UP_MS,
        // A program proves itself with every request.
        Visitor::Token(..) | Visitor::OperatorProgram(..) => true,
        Visitor::Stranger | Visitor::HalfSignedIn(_) => false,
    }
}

fn member(app: &App, membership: Membership) -> Result<Member, Error> {
    let workspace = open(app, membership.workspace)?;
    Ok(Member {
        id: membership.id,
        account: membership.account,
        workspace,
        workspace_slug: membership.workspace_slug,
        workspace_name: membership.workspace_name,
        read_only: membership.workspace_read_only,
        role_key: membership.role_key,
        role_name: membership.role_name,
        permissions: membership.permissions,
        team: membership.team,
    })
}

/// A workspace as somebody meets it who has not signed in.
pub struct PublicWorkspace {
    pub workspace: Arc<Workspace>,
    pub slug: String,
    pub name: String,
}

/// A workspace for a page that anybody may read, by its slug. What such a page shows of it is the page's to
/// decide; a workspace that is not in service looks like one that never was.
pub fn for_public(app: &App, slug: &str) -> Result<PublicWorkspace, Error> {
    let found = app.read(|db| workspaces::find_by_slug(db, slug)).map_err(|error| match error {
        Error::NotFound(_) => Error::NotFound("page"),
        error => error,
    })?;
    if !app.read(|db| admission::is_in_service(db, found.id))? {
        return Err(Error::NotFound("page"));
    }
    Ok(PublicWorkspace { workspace: open(app, found.id)?, slug: found.slug, name: found.name })
}

/// A workspace for a job. Only one that is in service: a deleted one is never opened again.
pub fn for_job(app: &App, id: WorkspaceId) -> Result<Arc<Workspace>, Error> {
    let in_service = app.read(|db| admission::is_in_service(db, id))?;
    if in_service { open(app, id) } else { Err(Error::NotFound("workspace")) }
}

/// A workspace that is being made: it has a file, and no row by which anybody could ask for it.
pub fn for_making(app: &App, id: WorkspaceId) -> Result<Arc<Workspace>, Error> {
    open(app, id)
}

fn open(app: &App, id: WorkspaceId) -> Result<Arc<Workspace>, Error> {
    let workspace = app.workspaces.open(id, &|| Ok(app.keys.workspace(id)?.database_key()))?;
    segments::watch(app, &workspace)?;
    let wake = app.wake.clone();
    workspace.file.set_bell(move || wake.want(&ledger::CARRY, id));
    workspace.file.set_blind_index(|| workspace_import::pseudonym_key(app, &workspace))?;
    Ok(workspace)
}
