//! `holdfast operator-token`: API tokens of operators, for monitoring and scripts.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::answer::{Answer, table};
use crate::app::App;
use crate::db::{Actor, Origin};
use crate::error::Error;
use crate::id::OperatorTokenId;
use crate::members::accounts;
use crate::members::operator_tokens::{self, OperatorToken, OperatorTokenInput};
use crate::permission::OperatorScope;

#[derive(Debug, Clone, clap::Subcommand, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Make a token for a program that looks after the installation; it is printed once
    #[command(
        after_help = "Examples:\n  holdfast operator-token create --name Prometheus --operator you@example.org --scope metrics.view\n  holdfast operator-token create --name Provisioning --operator you@example.org --scope workspaces.view --scope workspaces.manage --days 30"
    )]
    Create {
        /// What uses it
        #[arg(long)]
        name: String,
        /// In whose name it acts; it ends when they are no operator any more
        #[arg(long, value_name = "EMAIL")]
        operator: String,
        /// What it may do, like metrics.view; may be given more than once
        #[arg(long, required_unless_present = "all_scopes")]
        scope: Vec<String>,
        /// Everything a program of an operator may do
        #[arg(long, conflicts_with = "scope")]
        all_scopes: bool,
        /// Days until it ends
        #[arg(long, default_value_t = 90)]
        days: i64,
        /// A network it may be used from, like 198.51.100.0/24; may be given more than once
        #[arg(long, value_name = "NETWORK")]
        from: Vec<String>,
    },
    /// Every token of every operator
    #[command(after_help = "Example:\n  holdfast operator-token list --json")]
    List,
    /// End a token with its next request
    #[command(after_help = "Example:\n  holdfast operator-token revoke 7")]
    Revoke {
        /// Its number in the list
        id: i64,
    },
}

pub fn run(app: &Arc<App>, command: &Command) -> Result<Answer, Error> {
    match command {
        Command::Create { name, operator, scope, all_scopes, days, from } => {
            let scopes = if *all_scopes { OperatorScope::ALL.to_vec() } else { read_scopes(scope)? };
            let allowed_networks = from.join(" ");
            create(app, operator, &OperatorTokenInput { name: name.clone(), scopes, days: *days, allowed_networks })
        }
        Command::List => list(app),
        Command::Revoke { id } => revoke(app, OperatorTokenId(*id)),
    }
}

fn read_scopes(words: &[String]) -> Result<Vec<OperatorScope>, Error> {
    words
        .iter()
        .map(|word| {
            OperatorScope::from_word(word).ok_or_else(|| {
                let known: Vec<&str> = OperatorScope::ALL.iter().map(|scope| scope.word()).collect();
                Error::field("scope", "unknown", format!("there is no scope {word}; there are {}", known.join(", ")))
            })
        })
        .collect()
}

fn create(app: &App, operator: &str, input: &OperatorTokenInput) -> Result<Answer, Error> {
    let email = accounts::read_email("operator", operator)?;
    let account = app.read(|db| accounts::by_email(db, &email))?;
    let account = account.ok_or_else(|| Error::field("operator", "unknown", format!("{email} has no account here")))?;
    let made = app.write(&Origin::local(Actor::CommandLine), |tx| operator_tokens::create(tx, account.id, input))?;
    let facts = json!({ "id": made.id, "name": input.name, "token": made.text.as_str() });
    Ok(Answer::new(facts, format!("{}\nThis is shown once. It ends in {} days.", made.text.as_str(), input.days)))
}

fn list(app: &App) -> Result<Answer, Error> {
    let tokens = app.read(operator_tokens::list)?;
    let state = |token: &OperatorToken| match (token.is_in_force(app.now()), token.revoked_at) {
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
                token.operator.clone(),
                state(token).to_owned(),
                token.expires_at.rfc3339(),
                token.last_used_at.map_or_else(|| "never".into(), |at| at.rfc3339()),
            ]
        })
        .collect();
    let facts: Vec<Value> = tokens
        .iter()
        .map(|token| {
            let scopes: Vec<&str> = token.scopes.iter().map(|scope| scope.word()).collect();
            json!({
                "id": token.id, "name": token.name, "prefix": token.prefix, "operator": token.operator,
                "state": state(token), "scopes": scopes, "allowed_networks": token.allowed_networks,
                "created_at": token.created_at, "expires_at": token.expires_at, "last_used_at": token.last_used_at,
            })
        })
        .collect();
    let headings = ["ID", "NAME", "TOKEN", "OPERATOR", "STATE", "ENDS", "LAST USED"];
    Ok(Answer::new(json!({ "tokens": facts }), table(&headings, &rows)))
}

fn revoke(app: &App, id: OperatorTokenId) -> Result<Answer, Error> {
    app.write(&Origin::local(Actor::CommandLine), |tx| match operator_tokens::revoke(tx, id) {
        Err(Error::NotFound(_)) => {
            let message = format!("there is no token {id}; holdfast operator-token list shows what there is");
            Err(Error::field("id", "unknown", message))
        }
        done => done,
    })?;
    Ok(Answer::new(json!({ "id": id, "revoked": true }), format!("Token {id} is revoked.")))
}
