//! The list of members with those invited, one member, and the switches that need no form.

use askama::Template;

use super::{Membership, State, service};
use crate::db::Tx;
use crate::error::Error;
use crate::id::{MemberId, WorkspaceId};
use crate::members::invitations::{self, Invitation};
use crate::members::roles::{self, Granter};
use crate::members::tokens;
use crate::members::workspaces::pages::ABOVE;
use crate::members::workspaces::tabs::{Tabs, tabs};
use crate::permission::{Action, Area};
use crate::web::{Access, Reply, Request, Route, ui};

const VIEW: Access = Access::may(Action::View, Area::Members);
pub(super) const MANAGE: Access = Access::may(Action::Manage, Area::Members);

pub const ROUTES: &[Route] = &[
    Route::get("/w/{slug}/settings/members", VIEW, list),
    Route::get("/w/{slug}/settings/members/{id}", VIEW, show),
    Route::post("/w/{slug}/settings/members/{id}/suspend", MANAGE, suspend),
    Route::post("/w/{slug}/settings/members/{id}/reactivate", MANAGE, reactivate),
    Route::post("/w/{slug}/settings/members/{id}/end-sessions", MANAGE, end_sessions),
];

impl Membership {
    /// The kind and the word of a member's state.
    fn state_words(&self) -> (&'static str, &'static str) {
        match self.state {
            _ if !self.account_is_active => ("risk", "Account switched off"),
            State::Active => ("kept", "Active"),
            State::Suspended => ("risk", "Suspended"),
            State::Removed => ("", "Removed"),
        }
    }
}

#[derive(Template)]
#[template(path = "members/memberships/list.html")]
struct List {
    tabs: Tabs,
    base: String,
    me: MemberId,
    members: Vec<Membership>,
    suspended: usize,
    without_second_factor: usize,
    /// With who sent it, and whether its time is over.
    invitations: Vec<(Invitation, String, bool)>,
    may_manage: bool,
    may_see_roles: bool,
}

impl List {
    fn href(&self, member: &Membership) -> String {
        format!("{}/members/{}", self.base, member.id)
    }

    /// The line under a name: the address unless it is the name already, and whether it is the reader.
    fn line(&self, member: &Membership) -> String {
        let email = if member.name == member.email { "" } else { member.email.as_str() };
        match (member.id == self.me, email) {
            (true, "") => "you".to_owned(),
            (true, email) => format!("{email}, you"),
            (false, email) => email.to_owned(),
        }
    }
}

fn list(request: &Request) -> Result<Reply, Error> {
    let (workspace, me) = (request.member()?.workspace_id(), request.member()?.id);
    let (mut members, waiting) =
        request.read_control(|db| Ok((service::list(db, workspace)?, invitations::list(db, workspace)?)))?;
    members.sort_by_cached_key(|member| (member.name.to_lowercase(), member.id));
    let name = |id: Option<MemberId>| {
        let found = members.iter().find(|member| Some(member.id) == id);
        found.map_or_else(|| "the operator".to_owned(), |member| member.name.clone())
    };
    let now = request.now();
    let invitations = waiting.into_iter().map(|one| (name(one.invited_by), one)).collect::<Vec<_>>();
    let page = List {
        tabs: tabs(request, "/settings/members"),
        base: request.url("/settings"),
        me,
        suspended: members.iter().filter(|member| member.state == State::Suspended).count(),
        without_second_factor: members.iter().filter(|member| !member.has_second_factor).count(),
        invitations: invitations.into_iter().map(|(by, one)| (one.clone(), by, one.expires_at <= now)).collect(),
        members,
        may_manage: request.may(Action::Manage, Area::Members),
        may_see_roles: request.may(Action::View, Area::Roles),
    };
    request.page_below("Members", ABOVE, &page)
}

#[derive(Template)]
#[template(path = "members/memberships/show.html")]
struct Show {
    member: Membership,
    is_me: bool,
    is_suspended: bool,
    tokens: usize,
    /// They may manage members, and this one's role is within their reach.
    may_change: bool,
    href: String,
    suspend: String,
    end_sessions: String,
}

fn show(request: &Request) -> Result<Reply, Error> {
    let workspace = request.member()?.workspace_id();
    let id: MemberId = request.param("id")?;
    let granter = Granter::of(&request.visitor)?;
    let (member, role, tokens) = request.read_control(|db| {
        let member = service::find(db, workspace, id)?;
        let role = roles::find(db, workspace, member.role)?;
        Ok((member, role, tokens_in_force(db, workspace, id)?))
    })?;
    let href = request.url(&format!("/settings/members/{id}"));
    let page = Show {
        is_me: granter.member == Some(id),
        is_suspended: member.state == State::Suspended,
        may_change: request.may(Action::Manage, Area::Members) && granter.covers(&role),
        suspend: format!("{href}/suspend"),
        end_sessions: format!("{href}/end-sessions"),
        tokens,
        href,
        member,
    };
    request.page_below(&page.member.name, ABOVE_MEMBER, &page)
}

/// The crumbs above a member.
pub(super) const ABOVE_MEMBER: &[(&str, &str)] = &[("Settings", "/settings"), ("Members", "/settings/members")];

/// How many tokens of a member work today.
pub(super) fn tokens_in_force(db: &crate::db::Db, workspace: WorkspaceId, id: MemberId) -> Result<usize, Error> {
    let all = tokens::list(db, workspace)?;
    Ok(all.iter().filter(|token| token.member == id && token.is_in_force(db.now)).count())
}

/// Does something to the member in the path and goes back to their page.
fn act(
    request: &Request,
    toast: &'static str,
    work: fn(&Tx, WorkspaceId, &Granter, MemberId) -> Result<(), Error>,
) -> Result<Reply, Error> {
    request.no_fields()?;
    let workspace = request.member()?.workspace_id();
    let id: MemberId = request.param("id")?;
    let granter = Granter::of(&request.visitor)?;
    request.write_control(|tx| work(tx, workspace, &granter, id))?;
    Ok(Reply::see_other(request.url(&format!("/settings/members/{id}"))).toast(toast))
}

fn suspend(request: &Request) -> Result<Reply, Error> {
    act(request, "member-suspended", service::suspend)
}

fn reactivate(request: &Request) -> Result<Reply, Error> {
    act(request, "member-reactivated", service::reactivate)
}

fn end_sessions(request: &Request) -> Result<Reply, Error> {
    act(request, "member-sessions-ended", service::end_sessions)
}
