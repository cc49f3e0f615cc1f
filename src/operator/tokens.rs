//! `/operator/tokens`: the programs that look after the installation, a new token, and the one page that shows it.

use askama::Template;
use serde::Deserialize;

use crate::error::{Error, FieldError};
use crate::id::OperatorTokenId;
use crate::members::operator_tokens::{self, OperatorToken, OperatorTokenInput};
use crate::permission::OperatorScope;
use crate::web::ui::{self, Choice};
use crate::web::{Access, Reply, Request, Route};

pub const ROUTES: &[Route] = &[
    Route::get("/operator/tokens", Access::Operator, list),
    Route::get("/operator/tokens/new", Access::Operator, new).step_up(),
    Route::post("/operator/tokens/new", Access::Operator, create).step_up(),
    Route::post("/operator/tokens/{id}/revoke", Access::Operator, revoke),
];

const ABOVE: &[(&str, &str)] = &[("API tokens", "/operator/tokens")];

/// What a scope lets a program do, in words.
fn scope_words(scope: OperatorScope) -> &'static str {
    match scope {
        OperatorScope::ViewWorkspaces => "Workspaces: see their name, state and size",
        OperatorScope::ManageWorkspaces => "Workspaces: make new ones",
        OperatorScope::ViewMail => "Mail: see the queue and whom it writes to, never the words",
        OperatorScope::ManageMail => "Mail: send again, cancel",
        OperatorScope::ViewJobs => "Jobs: see them and their runs",
        OperatorScope::ManageJobs => "Jobs: run now, cancel",
        OperatorScope::ViewTokens => "API tokens: see them, without their secret",
        OperatorScope::ManageTokens => "API tokens: revoke",
        OperatorScope::ViewBackups => "Backups: see which there are, never what is in them",
        OperatorScope::ViewHealth => "Health: see every check",
        OperatorScope::ViewMetrics => "Measurements: read /metrics",
    }
}

#[derive(Template)]
#[template(path = "operator/tokens/list.html")]
struct List {
    rows: Vec<Row>,
}

struct Row {
    token: OperatorToken,
    scopes: String,
    in_force: bool,
    dialog: String,
    revoke: String,
}

fn list(request: &Request) -> Result<Reply, Error> {
    let row = |token: OperatorToken| Row {
        scopes: match token.scopes.len() {
            all if all == OperatorScope::ALL.len() => "everything a program of an operator may do".into(),
            _ => token.scopes.iter().map(|scope| scope.word()).collect::<Vec<_>>().join(", "),
        },
        in_force: token.is_in_force(request.now()),
        dialog: format!("revoke-{}", token.id),
        revoke: format!("/operator/tokens/{}/revoke", token.id),
        token,
    };
    let rows = request.read_control(operator_tokens::list)?.into_iter().map(row).collect();
    request.page("API tokens", &List { rows })
}

#[derive(Template)]
#[template(path = "operator/tokens/new.html")]
struct New {
    form: NewForm,
    scopes: Vec<Choice>,
    errors: Vec<FieldError>,
}

impl New {
    fn filled(form: NewForm, errors: Vec<FieldError>) -> New {
        let scopes = OperatorScope::ALL.iter().map(|scope| Choice::new(scope.word(), scope_words(*scope))).collect();
        New { form, scopes, errors }
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
    fn input(&self) -> Result<OperatorTokenInput, Error> {
        let scope = |word: &String| {
            let unknown = || Error::field("scopes", "unknown_scope", "Choose from what is offered.");
            OperatorScope::from_word(word).ok_or_else(unknown)
        };
        Ok(OperatorTokenInput {
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
    request.page_below("New token", ABOVE, &New::filled(form, Vec::new()))
}

#[derive(Template)]
#[template(path = "operator/tokens/created.html")]
struct Created {
    token: zeroize::Zeroizing<String>,
    prefix: &'static str,
    reads_metrics: bool,
    metrics: String,
}

fn create(request: &Request) -> Result<Reply, Error> {
    let form: NewForm = request.form()?;
    let operator = request.signed()?.account;
    let made = form.input().and_then(|input| {
        let made = request.write_control(|tx| operator_tokens::create(tx, operator, &input))?;
        Ok((made, input.scopes.contains(&OperatorScope::ViewMetrics)))
    });
    match made {
        Ok((made, reads_metrics)) => {
            let prefix = crate::crypto::token::OPERATOR_PREFIX;
            let metrics = request.app.public_url("/metrics");
            let page = Created { token: made.text, prefix, reads_metrics, metrics };
            request.page_below("Your new token", ABOVE, &page)
        }
        Err(Error::Invalid(errors)) => request.page_with_errors("New token", ABOVE, &New::filled(form, errors)),
        Err(error) => Err(error),
    }
}

fn revoke(request: &Request) -> Result<Reply, Error> {
    request.no_fields()?;
    let id: OperatorTokenId = request.param("id")?;
    request.write_control(|tx| operator_tokens::revoke(tx, id))?;
    Ok(Reply::see_other("/operator/tokens").toast("token-revoked"))
}
