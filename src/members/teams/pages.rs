//! The teams of a workspace: the list, and a form with a name and the members.

use askama::Template;
use serde::Deserialize;

use super::{Team, service};
use crate::error::{Error, FieldError};
use crate::id::{MemberId, TeamId};
use crate::members::directory;
use crate::members::memberships;
use crate::members::roles::Granter;
use crate::members::workspaces::pages::ABOVE;
use crate::members::workspaces::tabs::{Tabs, tabs};
use crate::permission::{Action, Area};
use crate::web::ui::{self, Choice};
use crate::web::{Access, Reply, Request, Route};

const VIEW: Access = Access::may(Action::View, Area::Members);
const MANAGE: Access = Access::may(Action::Manage, Area::Members);

pub const ROUTES: &[Route] = &[
    Route::get("/w/{slug}/settings/teams", VIEW, list),
    Route::get("/w/{slug}/settings/teams/new", MANAGE, new),
    Route::post("/w/{slug}/settings/teams/new", MANAGE, create),
    Route::get("/w/{slug}/settings/teams/{id}", MANAGE, edit),
    Route::post("/w/{slug}/settings/teams/{id}", MANAGE, update),
    Route::post("/w/{slug}/settings/teams/{id}/delete", MANAGE, delete),
];

const ABOVE_TEAM: &[(&str, &str)] = &[("Settings", "/settings"), ("Teams", "/settings/teams")];

#[derive(Template)]
#[template(path = "members/teams/list.html")]
struct List {
    tabs: Tabs,
    base: String,
    /// With the names of its members on one line.
    teams: Vec<(Team, String)>,
    may_manage: bool,
}

fn list(request: &Request) -> Result<Reply, Error> {
    let workspace = request.member()?.workspace_id();
    let (mut teams, people) =
        request.read_control(|db| Ok((service::list(db, workspace)?, directory::read(db, workspace)?)))?;
    teams.sort_by_cached_key(|team| team.name.to_lowercase());
    let names = |team: &Team| team.members.iter().map(|id| people.name(*id)).collect::<Vec<_>>().join(", ");
    let page = List {
        tabs: tabs(request, "/settings/teams"),
        base: request.url("/settings/teams"),
        teams: teams.into_iter().map(|team| (team.clone(), names(&team))).collect(),
        may_manage: request.may(Action::Manage, Area::Members),
    };
    request.page_below("Teams", ABOVE, &page)
}

#[derive(Template)]
#[template(path = "members/teams/edit.html")]
struct Edit {
    title: String,
    name: String,
    chosen: Vec<String>,
    choices: Vec<Choice>,
    back: String,
    delete: Option<String>,
    errors: Vec<FieldError>,
}

impl Edit {
    fn new(request: &Request, team: Option<&Team>, form: TeamForm, errors: Vec<FieldError>) -> Result<Edit, Error> {
        let workspace = request.member()?.workspace_id();
        let mut members = request.read_control(|db| memberships::list(db, workspace))?;
        members.sort_by_cached_key(|member| member.name.to_lowercase());
        let back = request.url("/settings/teams");
        Ok(Edit {
            title: team.map_or_else(|| "New team".to_owned(), |team| team.name.clone()),
            name: form.name,
            chosen: form.members,
            choices: members
                .iter()
                .map(|member| Choice::new(member.id.to_string(), member.name.as_str()).hint(member.role_name.as_str()))
                .collect(),
            delete: team.map(|team| format!("{back}/{}/delete", team.id)),
            back,
            errors,
        })
    }
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct TeamForm {
    #[serde(default)]
    name: String,
    #[serde(default)]
    members: Vec<String>,
}

impl TeamForm {
    /// What is no number is nobody's id.
    fn members(&self) -> Vec<MemberId> {
        self.members.iter().map(|id| id.parse().unwrap_or(MemberId(0))).collect()
    }
}

fn new(request: &Request) -> Result<Reply, Error> {
    request.page_below("New team", ABOVE_TEAM, &Edit::new(request, None, TeamForm::default(), Vec::new())?)
}

fn create(request: &Request) -> Result<Reply, Error> {
    let form: TeamForm = request.form()?;
    let workspace = request.member()?.workspace_id();
    let granter = Granter::of(&request.visitor)?;
    match request.write_control(|tx| service::create(tx, workspace, &granter, &form.name, &form.members())) {
        Ok(_) => Ok(Reply::see_other(request.url("/settings/teams")).toast("saved")),
        Err(Error::Invalid(errors)) => {
            request.page_with_errors("New team", ABOVE_TEAM, &Edit::new(request, None, form, errors)?)
        }
        Err(error) => Err(error),
    }
}

fn find(request: &Request) -> Result<Team, Error> {
    let workspace = request.member()?.workspace_id();
    let id: TeamId = request.param("id")?;
    request.read_control(|db| service::find(db, workspace, id))
}

fn edit(request: &Request) -> Result<Reply, Error> {
    let team = find(request)?;
    let members = team.members.iter().map(ToString::to_string).collect();
    let form = TeamForm { name: team.name.clone(), members };
    request.page_below(&team.name, ABOVE_TEAM, &Edit::new(request, Some(&team), form, Vec::new())?)
}

fn update(request: &Request) -> Result<Reply, Error> {
    let team = find(request)?;
    let form: TeamForm = request.form()?;
    let workspace = request.member()?.workspace_id();
    let granter = Granter::of(&request.visitor)?;
    match request.write_control(|tx| service::update(tx, workspace, &granter, team.id, &form.name, &form.members())) {
        Ok(()) => Ok(Reply::see_other(request.url("/settings/teams")).toast("saved")),
        Err(Error::Invalid(errors)) => {
            request.page_with_errors(&team.name, ABOVE_TEAM, &Edit::new(request, Some(&team), form, errors)?)
        }
        Err(error) => Err(error),
    }
}

fn delete(request: &Request) -> Result<Reply, Error> {
    request.no_fields()?;
    let workspace = request.member()?.workspace_id();
    let id: TeamId = request.param("id")?;
    request.write_control(|tx| service::delete(tx, workspace, id))?;
    Ok(Reply::see_other(request.url("/settings/teams")).toast("deleted"))
}
