//! `holdfast workspace`: the tenants of the installation.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::answer::{Answer, table};
use crate::app::App;
use crate::db::{Actor, Origin};
use crate::error::Error;
use crate::members::workspaces::{self, Workspace};
use crate::web::format;

#[derive(Debug, Clone, clap::Subcommand, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Make a workspace: its own file under its own key
    #[command(
        after_help = "Example:\n  holdfast workspace create saltmere-instruments --name \"Saltmere Instruments\" --owner maren@example.org"
    )]
    Create {
        /// Its place in addresses: small letters, digits and hyphens
        slug: String,
        /// Its name, for people
        #[arg(long)]
        name: String,
        /// Who owns it; without an account they get an invitation
        #[arg(long, value_name = "EMAIL")]
        owner: String,
    },
    /// Every workspace with state and size
    #[command(after_help = "Example:\n  holdfast workspace list --json")]
    List,
    /// One workspace
    #[command(after_help = "Example:\n  holdfast workspace show saltmere-instruments")]
    Show { slug: String },
}

pub fn run(app: &Arc<App>, command: &Command) -> Result<Answer, Error> {
    match command {
        Command::Create { slug, name, owner } => create(app, slug, name, owner),
        Command::List => list(app),
        Command::Show { slug } => show(app, slug),
    }
}

fn create(app: &App, slug: &str, name: &str, owner: &str) -> Result<Answer, Error> {
    let id = workspaces::create_for(app, &Origin::local(Actor::CommandLine), name, slug, owner)?;
    let workspace = app.read(|db| workspaces::find(db, id))?;
    let words =
        format!("{} is made; its page is {}", workspace.name, app.public_url(&format!("/w/{}", workspace.slug)));
    Ok(Answer::new(facts(app, &workspace), words))
}

fn list(app: &App) -> Result<Answer, Error> {
    let workspaces = app.read(workspaces::list)?;
    let rows: Vec<Vec<String>> = workspaces
        .iter()
        .map(|workspace| {
            vec![
                workspace.slug.clone(),
                workspace.name.clone(),
                workspace.state.clone(),
                format::size(app.workspaces.size_of(workspace.id)),
                app.workspaces.folder_of(workspace.id).join("data.db").display().to_string(),
            ]
        })
        .collect();
    let facts: Vec<Value> = workspaces.iter().map(|workspace| facts(app, workspace)).collect();
    Ok(Answer::new(json!({ "workspaces": facts }), table(&["SLUG", "NAME", "STATE", "SIZE", "FILE"], &rows)))
}

fn show(app: &App, slug: &str) -> Result<Answer, Error> {
    let id = super::command::workspace(app, slug)?;
    let workspace = app.read(|db| workspaces::find(db, id))?;
    let facts = facts(app, &workspace);
    let words: Vec<String> = facts
        .as_object()
        .into_iter()
        .flatten()
        .map(|(key, value)| format!("{key:<11} {}", value.as_str().map_or_else(|| value.to_string(), str::to_owned)))
        .collect();
    Ok(Answer::new(facts.clone(), words.join("\n")))
}

fn facts(app: &App, workspace: &Workspace) -> Value {
    json!({
        "slug": workspace.slug, "name": workspace.name, "state": workspace.state, "id": workspace.id.to_string(),
        "size": app.workspaces.size_of(workspace.id), "path": app.workspaces.folder_of(workspace.id).join("data.db"),
        "created_at": workspace.created_at,
    })
}
