//! `holdfast token`: API tokens of a workspace.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::answer::{Answer, table};
use super::command;
use crate::app::App;
use crate::db::{Actor, Origin};
use crate::error::Error;
use crate::id::{MemberId, TokenId, WorkspaceId};
use crate::members::roles::Granter;
use crate::members::tokens::{self, ApiToken, TokenInput};
use crate::members::{directory, memberships};
use crate::permission::Permission;

#[derive(Debug, Clone, clap::Subcommand, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Make a token for a program; it is printed once
    #[command(
        after_help = "Examples:\n  holdfast token create saltmere --name \"Website form\" --member maren@example.org --scope contacts.edit\n  holdfast token create saltmere --name Reports --member maren@example.org --all-scopes --days 30"
    )]
    Create {
        workspace: String,
        /// What uses it
        #[arg(long)]
        name: String,
        /// In whose name it acts; it never reaches further than this member
        #[arg(long, value_name = "EMAIL")]
        member: String,
        /// What it may do, like contacts.view; may be given more than once
        #[arg(long, required_unless_present = "all_scopes")]
        scope: Vec<String>,
        /// Everything the member may do
        #[arg(long, conflicts_with = "scope")]
        all_scopes: bool,
        /// Days until it ends
        #[arg(long, default_value_t = 90)]
        days: i64,
        /// A network it may be used from, like 198.51.100.0/24; may be given more than once
        #[arg(long, value_name = "NETWORK")]
        from: Vec<String>,
    },
    /// Every token of a workspace
    #[command(after_help = "Example:\n  holdfast token list saltmere --json")]
    List { workspace: String },
    /// End a token with its next request
    #[command(after_help = "Example:\n  holdfast token revoke saltmere 7")]
    Revoke {
        workspace: String,
        /// Its number in the list
        id: i64,
    },
}

pub fn run(app: &Arc<App>, command: &Command) -> Result<Answer, Error> {
    match command {
        Command::Create { workspace, name, member, scope, all_scopes, days, from } => {
            let scopes = if *all_scopes { Permission::all().collect() } else { read_scopes(scope)? };
            let input = TokenInput { name: name.clone(), scopes, days: *days, allowed_networks: from.join(" ") };
            create(app, command::workspace(app, workspace)?, member, &input)
        }
        Command::List { workspace } => list(app, command::workspace(app, workspace)?),
        Command::Revoke { workspace, id } => revoke(app, command::workspace(app, workspace)?, TokenId(*id)),
    }
}

fn read_scopes(words: &[String]) -> Result<Vec<Permission>, Error> {
    words
        .iter()
        .map(|word| {
            Permission::from_word(word).ok_or_else(|| {
                let known: Vec<String> = Permission::all().map(Permission::word).collect();
                Error::field("scope", "unknown", format!("there is no scope {word}; there are {}", known.join(", ")))
            })
        })
        .collect()
}

fn create(app: &App, workspace: WorkspaceId, email: &str, input: &TokenInput) -> Result<Answer, Error> {
    let member = member(app, workspace, email)?;
    let origin = Origin::local(Actor::CommandLine);
    let made = app.write(&origin, |tx| tokens::create(tx, workspace, &Granter::installation(), member, input))?;
    let facts = json!({ "id": made.id, "name": input.name, "token": made.text.as_str() });
    Ok(Answer::new(facts, format!("{}\nThis is shown once. It ends in {} days.", made.text.as_str(), input.days)))
}

fn member(app: &App, workspace: WorkspaceId, email: &str) -> Result<MemberId, Error> {
    let email = email.trim().to_lowercase();
    let members = app.read(|db| memberships::list(db, workspace))?;
    members
        .iter()
        .find(|member| member.email == email)
        .map(|member| member.id)
        .ok_or_else(|| Error::field("member", "unknown", format!("{email} is no member of this workspace")))
}

fn list(app: &App, workspace: WorkspaceId) -> Result<Answer, Error> {
    let people = directory::directory(app, workspace)?;
    let tokens = app.read(|db| tokens::list(db, workspace))?;
    let state = |token: &ApiToken| match (token.is_in_force(app.now()), token.revoked_at) {
        (true, _) => "in force",
        (false, Some(_)) => "revoked",
        (false, None) => "over",
    };
    let rows: Vec<Vec<String>> = tokens
        .iter()
        .map(|token| {
            vec![
                token.id.to_string(),
                token.name.clone(),
                format!("{}…", token.prefix),
                people.name(token.member).to_owned(),
                state(token).to_owned(),
                token.expires_at.rfc3339(),
                token.last_used_at.map_or_else(|| "never".into(), |at| at.rfc3339()),
            ]
        })
        .collect();
    let facts: Vec<Value> = tokens
        .iter()
        .map(|token| {
            let scopes: Vec<String> = token.scopes.iter().map(|scope| scope.word()).collect();
            json!({
                "id": token.id, "name": token.name, "prefix": token.prefix, "member": people.name(token.member),
                "state": state(token), "scopes": scopes, "allowed_networks": token.allowed_networks,
                "created_at": token.created_at, "expires_at": token.expires_at, "last_used_at": token.last_used_at,
            })
        })
        .collect();
    let headings = ["ID", "NAME", "TOKEN", "MEMBER", "STATE", "ENDS", "LAST USED"];
    Ok(Answer::new(json!({ "tokens": facts }), table(&headings, &rows)))
}

fn revoke(app: &App, workspace: WorkspaceId, id: TokenId) -> Result<Answer, Error> {
    app.write(&Origin::local(Actor::CommandLine), |tx| {
        let token = tokens::find(tx, workspace, id).map_err(|_| {
            Error::field(
                "id",
                "unknown",
                format!("the workspace has no token {id}; holdfast token list shows what there is"),
            )
        })?;
        if token.revoked_at.is_some() { Ok(()) } else { tokens::revoke(tx, workspace, id) }
    })?;
    Ok(Answer::new(json!({ "id": id, "revoked": true }), format!("Token {id} is revoked.")))
}
