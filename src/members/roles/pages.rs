//! The roles of a workspace: the list, and the matrix of area, action and level.

use askama::Template;

use super::service;
use super::{BUILT_IN, Granter, Role, RoleInput, action_label, area_label, level_label};
use crate::error::{Error, FieldError};
use crate::id::RoleId;
use crate::members::workspaces::pages::ABOVE;
use crate::members::workspaces::tabs::{Tabs, tabs};
use crate::permission::{Action, Area, Level, Permission, Permissions};
use crate::web::ui::{self, Choice};
use crate::web::{Access, Reply, Request, Route};

const VIEW: Access = Access::may(Action::View, Area::Roles);
const MANAGE: Access = Access::may(Action::Manage, Area::Roles);

pub const ROUTES: &[Route] = &[
    Route::get("/w/{slug}/settings/roles", VIEW, list),
    Route::get("/w/{slug}/settings/roles/new", MANAGE, new).step_up(),
    Route::post("/w/{slug}/settings/roles/new", MANAGE, create).step_up(),
    Route::get("/w/{slug}/settings/roles/{id}", VIEW, edit),
    Route::post("/w/{slug}/settings/roles/{id}", MANAGE, update).step_up(),
    Route::get("/w/{slug}/settings/roles/{id}/delete", MANAGE, ask_delete),
    Route::post("/w/{slug}/settings/roles/{id}/delete", MANAGE, delete).step_up(),
];

const ABOVE_ROLE: &[(&str, &str)] = &[("Settings", "/settings"), ("Roles", "/settings/roles")];

impl Role {
    fn purpose(&self) -> &'static str {
        let builtin = BUILT_IN.iter().find(|builtin| builtin.key == self.key);
        builtin.map_or("A role made in this workspace.", |builtin| builtin.purpose)
    }
}

/// A role as one of a few to choose from.
pub fn choice(role: &Role) -> Choice {
    Choice::new(role.id.to_string(), role.name.as_str()).hint(role.purpose())
}

#[derive(Template)]
#[template(path = "members/roles/list.html")]
struct List {
    tabs: Tabs,
    base: String,
    roles: Vec<Role>,
    /// For each permission, what each role grants: the word, and whether it reaches everything.
    matrix: Vec<(String, Vec<(&'static str, bool)>)>,
    may_manage: bool,
}

fn list(request: &Request) -> Result<Reply, Error> {
    let workspace = request.member()?.workspace_id();
    let roles = request.read_control(|db| service::list(db, workspace))?;
    let cell = |role: &Role, permission: Permission| match role.permissions.of(permission.action, permission.area) {
        Level::None => ("", false),
        level => (level_label(level, permission.area.has_owners()), level == Level::All),
    };
    let page = List {
        tabs: tabs(request, "/settings/roles"),
        base: request.url("/settings/roles"),
        matrix: Permission::all().map(|p| (label(p), roles.iter().map(|role| cell(role, p)).collect())).collect(),
        roles,
        may_manage: request.may(Action::Manage, Area::Roles),
    };
    request.page_below("Roles", ABOVE, &page)
}

/// "Contacts: export".
fn label(permission: Permission) -> String {
    format!("{}: {}", area_label(permission.area), action_label(permission.action).to_lowercase())
}

#[derive(Template)]
#[template(path = "members/roles/edit.html")]
struct Edit {
    title: String,
    purpose: &'static str,
    name: String,
    version: i64,
    requires_second_factor: bool,
    is_builtin: bool,
    may_change: bool,
    actions: Vec<&'static str>,
    rows: Vec<Row>,
    back: String,
    delete: Option<String>,
    errors: Vec<FieldError>,
}

struct Row {
    label: &'static str,
    /// One for each action; `None` where the action means nothing in the area.
    cells: Vec<Option<Cell>>,
}

struct Cell {
    /// `contacts.view`.
    name: String,
    label: String,
    value: &'static str,
    choices: Vec<Choice>,
    error: Option<String>,
}

impl Cell {
    fn word(&self) -> &str {
        self.choices.iter().find(|choice| choice.value == self.value).map_or("", |choice| choice.label.as_str())
    }
}

fn rows(permissions: &Permissions, granter: &Granter, errors: &[FieldError]) -> Vec<Row> {
    let cell = |permission: Permission| {
        let level = permissions.of(permission.action, permission.area);
        let has_owners = permission.area.has_owners();
        // What lies beyond the granter is not offered; what the role has already is.
        let offered = |one: &&Level| {
            (has_owners || matches!(one, Level::None | Level::All))
                && (granter.is_owner() || **one <= granter.level(permission).max(level))
        };
        let name = permission.word();
        Cell {
            label: label(permission),
            value: level.word(),
            choices: Level::ALL
                .iter()
                .filter(offered)
                .map(|level| Choice::new(level.word(), level_label(*level, has_owners)))
                .collect(),
            error: errors.iter().find(|error| error.field == name).map(|error| error.message.clone()),
            name,
        }
    };
    let cells = |area: Area| {
        let cell = |action: &Action| area.actions().contains(action).then(|| cell(Permission::new(*action, area)));
        Action::ALL.iter().map(cell).collect()
    };
    Area::ALL.iter().map(|area| Row { label: area_label(*area), cells: cells(*area) }).collect()
}

impl Edit {
    fn new(request: &Request, role: Option<&Role>, form: Form, errors: Vec<FieldError>) -> Result<Edit, Error> {
        let granter = Granter::of(&request.visitor)?;
        let reach = role.is_none_or(|role| granter.covers(role));
        let may_change = reach && request.may(Action::Manage, Area::Roles);
        let back = request.url("/settings/roles");
        let is_builtin = role.is_some_and(|role| role.is_builtin);
        Ok(Edit {
            title: role.map_or_else(|| "New role".to_owned(), |role| role.name.clone()),
            purpose: role.map_or("", Role::purpose),
            version: form.version,
            requires_second_factor: form.input.requires_second_factor,
            is_builtin,
            may_change,
            actions: Action::ALL.iter().map(|action| action_label(*action)).collect(),
            rows: rows(&form.input.permissions, &granter, &errors),
            name: form.input.name,
            delete: role.filter(|_| may_change && !is_builtin).map(|role| format!("{back}/{}/delete", role.id)),
            back,
            errors,
        })
    }
}

/// The form as it came: its fields are the permissions there are.
#[derive(Default)]
struct Form {
    version: i64,
    input: RoleInput,
}

impl Form {
    fn of(role: &Role) -> Form {
        let (name, permissions) = (role.name.clone(), role.permissions.clone());
        let input = RoleInput { name, permissions, requires_second_factor: role.requires_second_factor };
        Form { version: role.version, input }
    }

    /// Refuses unknown and doubled fields, as every other form does.
    fn read(request: &Request) -> Result<Form, Error> {
        let mut form = Form::default();
        let mut seen = std::collections::HashSet::new();
        for (name, value) in request.form_pairs()? {
            if !seen.insert(name.clone()) {
                return Err(Error::field(name, "doubled", "This field stands twice."));
            }
            match (name.as_str(), Permission::from_word(&name)) {
                ("name", _) => form.input.name = value,
                ("version", _) => form.version = value.parse().unwrap_or(0),
                ("requires_second_factor", _) => form.input.requires_second_factor = value == "true",
                (_, Some(permission)) => {
                    let level = Level::from_word(&value)
                        .ok_or_else(|| Error::field(name, "unknown_level", "Choose one of the levels offered."))?;
                    form.input.permissions.set(permission, level);
                }
                (_, None) => return Err(Error::field(name, "unknown_field", "There is no such field here.")),
            }
        }
        Ok(form)
    }
}

fn new(request: &Request) -> Result<Reply, Error> {
    request.page_below("New role", ABOVE_ROLE, &Edit::new(request, None, Form::default(), Vec::new())?)
}

fn create(request: &Request) -> Result<Reply, Error> {
    let form = Form::read(request)?;
    let workspace = request.member()?.workspace_id();
    let granter = Granter::of(&request.visitor)?;
    match request.write_control(|tx| service::create(tx, workspace, &granter, &form.input)) {
        Ok(_) => Ok(Reply::see_other(request.url("/settings/roles")).toast("saved")),
        Err(Error::Invalid(errors)) => {
            request.page_with_errors("New role", ABOVE_ROLE, &Edit::new(request, None, form, errors)?)
        }
        Err(error) => Err(error),
    }
}

fn find(request: &Request) -> Result<Role, Error> {
    let workspace = request.member()?.workspace_id();
    let id: RoleId = request.param("id")?;
    request.read_control(|db| service::find(db, workspace, id))
}

fn edit(request: &Request) -> Result<Reply, Error> {
    let role = find(request)?;
    let page = Edit::new(request, Some(&role), Form::of(&role), Vec::new())?;
    request.page_below(&role.name, ABOVE_ROLE, &page)
}

fn update(request: &Request) -> Result<Reply, Error> {
    let role = find(request)?;
    let mut form = Form::read(request)?;
    let workspace = request.member()?.workspace_id();
    let granter = Granter::of(&request.visitor)?;
    let done = request.write_control(|tx| service::update(tx, workspace, &granter, role.id, form.version, &form.input));
    match done {
        Ok(()) => Ok(Reply::see_other(request.url("/settings/roles")).toast("saved")),
        Err(Error::Invalid(errors)) => {
            if role.is_builtin {
                form.input.permissions = role.permissions.clone();
            }
            let page = Edit::new(request, Some(&role), form, errors)?;
            request.page_with_errors(&role.name, ABOVE_ROLE, &page)
        }
        Err(error) => Err(error),
    }
}

#[derive(Template)]
#[template(path = "members/roles/delete.html")]
struct Delete {
    role: Role,
    back: String,
    errors: Vec<FieldError>,
}

impl Delete {
    fn new(request: &Request, errors: Vec<FieldError>) -> Result<Delete, Error> {
        let role = find(request)?;
        let back = request.url(&format!("/settings/roles/{}", role.id));
        Ok(Delete { role, back, errors })
    }
}

fn ask_delete(request: &Request) -> Result<Reply, Error> {
    request.page_below("Delete", ABOVE_ROLE, &Delete::new(request, Vec::new())?)
}

fn delete(request: &Request) -> Result<Reply, Error> {
    request.no_fields()?;
    let role = find(request)?;
    let workspace = request.member()?.workspace_id();
    let granter = Granter::of(&request.visitor)?;
    match request.write_control(|tx| service::delete(tx, workspace, &granter, role.id)) {
        Ok(()) => Ok(Reply::see_other(request.url("/settings/roles")).toast("deleted")),
        Err(Error::Conflict(words)) => {
            let errors = vec![FieldError::new("", "in_use", words)];
            request.page_with_errors("Delete", ABOVE_ROLE, &Delete::new(request, errors)?)
        }
        Err(error) => Err(error),
    }
}
