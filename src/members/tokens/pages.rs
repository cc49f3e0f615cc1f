//! The API tokens of a workspace: the list, a new one, and the one page that shows it.

use askama::Template;
use serde::Deserialize;

use super::{ApiToken, TokenInput, service};
use crate::error::{Error, FieldError};
use crate::id::TokenId;
use crate::members::directory;
use crate::members::roles::{Granter, action_label, area_label};
use crate::members::workspaces::pages::ABOVE;
use crate::members::workspaces::tabs::{Tabs, tabs};
use crate::permission::{Action, Area, Level, Permission};
use crate::web::ui::{self, Choice};
use crate::web::{Access, Reply, Request, Route};

const VIEW: Access = Access::may(Action::View, Area::Tokens);
const MANAGE: Access = Access::may(Action::Manage, Area::Tokens);

pub const ROUTES: &[Route] = &[
    Route::get("/w/{slug}/settings/tokens", VIEW, list),
    Route::get("/w/{slug}/settings/tokens/new", MANAGE, new).step_up(),
    Route::post("/w/{slug}/settings/tokens/new", MANAGE, create).step_up(),
    Route::post("/w/{slug}/settings/tokens/{id}/revoke", MANAGE, revoke),
];

const ABOVE_TOKEN: &[(&str, &str)] = &[("Settings", "/settings"), ("API tokens", "/settings/tokens")];

#[derive(Template)]
#[template(path = "members/tokens/list.html")]
struct List {
    tabs: Tabs,
    base: String,
    rows: Vec<Row>,
    may_manage: bool,
}

struct Row {
    token: ApiToken,
    member: String,
    scopes: Vec<String>,
    in_force: bool,
    dialog: String,
    revoke: String,
}

fn list(request: &Request) -> Result<Reply, Error> {
    let workspace = request.member()?.workspace_id();
    let (tokens, people) =
        request.read_control(|db| Ok((service::list(db, workspace)?, directory::read(db, workspace)?)))?;
    let base = request.url("/settings/tokens");
    let row = |token: ApiToken| Row {
        member: people.name(token.member).to_owned(),
        scopes: token.scopes.iter().map(|scope| scope.word()).collect(),
        in_force: token.is_in_force(request.now()),
        dialog: format!("revoke-{}", token.id),
        revoke: format!("{base}/{}/revoke", token.id),
        token,
    };
    let page = List {
        tabs: tabs(request, "/settings/tokens"),
        rows: tokens.into_iter().map(row).collect(),
        base: base.clone(),
        may_manage: request.may(Action::Manage, Area::Tokens),
    };
    request.page_below("API tokens", ABOVE, &page)
}

#[derive(Template)]
#[template(path = "members/tokens/new.html")]
struct New {
    form: NewForm,
    /// What may be ticked, area by area.
    scopes: Vec<(&'static str, Vec<Choice>)>,
    back: String,
    errors: Vec<FieldError>,
}

impl New {
    fn filled(request: &Request, form: NewForm, errors: Vec<FieldError>) -> Result<New, Error> {
        let granter = Granter::of(&request.visitor)?;
        let mut scopes: Vec<(&'static str, Vec<Choice>)> = Vec::new();
        for permission in Permission::all().filter(|permission| granter.level(*permission) != Level::None) {
            let area = area_label(permission.area);
            let choice = Choice::new(permission.word(), action_label(permission.action));
            match scopes.last_mut().filter(|(known, _)| *known == area) {
                Some((_, choices)) => choices.push(choice),
                None => scopes.push((area, vec![choice])),
            }
        }
        Ok(New { form, scopes, back: request.url("/settings/tokens"), errors })
    }

    fn scopes_error(&self) -> Option<&str> {
        self.errors.iter().find(|error| error.field == "scopes").map(|error| error.message.as_str())
    }

    /// The first box carries the name of the field, so that the error summary leads to it.
    fn scope_id<'a>(&self, choice: &'a Choice) -> &'a str {
        let first = self.scopes.first().and_then(|(_, choices)| choices.first());
        if first == Some(choice) { "scopes" } else { &choice.value }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewForm {
    #[serde(default)]
    name: String,
    #[serde(default)]
    scopes: Vec<String>,
    #[serde(default)]
    days: String,
    #[serde(default)]
    allowed_networks: String,
}

impl NewForm {
    fn input(&self) -> Result<TokenInput, Error> {
        let scope = |word: &String| {
            let unknown = || Error::field("scopes", "unknown_scope", "Choose from what is offered.");
            Permission::from_word(word).ok_or_else(unknown)
        };
        Ok(TokenInput {
            name: self.name.clone(),
            scopes: self.scopes.iter().map(scope).collect::<Result<_, _>>()?,
            // What is no number is out of range.
            days: self.days.trim().parse().unwrap_or(0),
            allowed_networks: self.allowed_networks.clone(),
        })
    }
}

fn new(request: &Request) -> Result<Reply, Error> {
    let form = NewForm { name: String::new(), scopes: Vec::new(), days: "90".into(), allowed_networks: String::new() };
    request.page_below("New token", ABOVE_TOKEN, &New::filled(request, form, Vec::new())?)
}

#[derive(Template)]
#[template(path = "members/tokens/created.html")]
struct Created {
    token: zeroize::Zeroizing<String>,
    prefix: &'static str,
    back: String,
}

fn create(request: &Request) -> Result<Reply, Error> {
    let form: NewForm = request.form()?;
    let member = request.member()?;
    let granter = Granter::of(&request.visitor)?;
    let made = form.input().and_then(|input| {
        request.write_control(|tx| service::create(tx, member.workspace_id(), &granter, member.id, &input))
    });
    match made {
        Ok(made) => {
            let prefix = crate::crypto::token::API_PREFIX;
            let page = Created { token: made.text, prefix, back: request.url("/settings/tokens") };
            request.page_below("Your new token", ABOVE_TOKEN, &page)
        }
        Err(Error::Invalid(errors)) => {
            request.page_with_errors("New token", ABOVE_TOKEN, &New::filled(request, form, errors)?)
        }
        Err(error) => Err(error),
    }
}

fn revoke(request: &Request) -> Result<Reply, Error> {
    request.no_fields()?;
    let workspace = request.member()?.workspace_id();
    let id: TokenId = request.param("id")?;
    request.write_control(|tx| service::revoke(tx, workspace, id))?;
    Ok(Reply::see_other(request.url("/settings/tokens")).toast("token-revoked"))
}
