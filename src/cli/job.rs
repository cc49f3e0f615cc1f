//! `holdfast job`: what runs by itself.

use std::collections::HashMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::answer::{Answer, Listener, Progress, table};
use super::command;
use crate::app::App;
use crate::error::Error;
use crate::id::WorkspaceId;
use crate::jobs;

#[derive(Debug, Clone, clap::Subcommand, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Every job with its last and next run
    #[command(after_help = "Example:\n  holdfast job list --json")]
    List,
    /// Run a job now, whatever its schedule; ends with 1 when it fails
    #[command(
        after_help = "Examples:\n  holdfast job run mail.outgoing.deliver\n  holdfast job run people.imports.run --workspace saltmere-instruments"
    )]
    Run {
        /// Its name, as in the list
        name: String,
        /// Where, for a job that runs in each workspace
        #[arg(long, value_name = "SLUG")]
        workspace: Option<String>,
    },
}

pub fn run(app: &Arc<App>, command: &Command, listener: &mut dyn Listener) -> Result<Answer, Error> {
    match command {
        Command::List => list(app),
        Command::Run { name, workspace } => run_now(app, name, workspace.as_deref(), listener),
    }
}

fn list(app: &App) -> Result<Answer, Error> {
    let (states, runs, slugs) = app.read(|db| {
        let slugs = db.rows("SELECT id, slug FROM workspaces", &[], |row| {
            Ok((row.get::<_, WorkspaceId>(0)?, row.get::<_, String>(1)?))
        })?;
        Ok((jobs::list(db)?, jobs::recent_runs(db, 1_000)?, slugs))
    })?;
    let slugs: HashMap<WorkspaceId, String> = slugs.into_iter().collect();
    let slug = |id: Option<WorkspaceId>| id.and_then(|id| slugs.get(&id).cloned());
    let mut facts = Vec::new();
    let mut rows = Vec::new();
    for state in &states {
        let last = runs.iter().find(|run| run.name == state.name && run.workspace == state.workspace);
        facts.push(json!({
            "name": state.name, "workspace": slug(state.workspace), "running": state.is_running,
            "next_run_at": state.next_run_at, "failures": state.failures,
            "last_run_at": last.map(|run| run.started_at), "last_outcome": last.map(|run| run.outcome.clone()),
        }));
        rows.push(vec![
            state.name.clone(),
            slug(state.workspace).unwrap_or_default(),
            last.map_or_else(String::new, |run| format!("{} {}", run.started_at.rfc3339(), run.outcome)),
            if state.is_running {
                "now".into()
            } else {
                state.next_run_at.map_or_else(String::new, |next| next.rfc3339())
            },
            state.failures.to_string(),
        ]);
    }
    Ok(Answer::new(json!({ "jobs": facts }), table(&["JOB", "WORKSPACE", "LAST RUN", "NEXT RUN", "FAILURES"], &rows)))
}

fn run_now(app: &Arc<App>, name: &str, workspace: Option<&str>, listener: &mut dyn Listener) -> Result<Answer, Error> {
    let id = workspace.map(|slug| command::workspace(app, slug)).transpose()?;
    let job = app.modules.iter().flat_map(|module| module.jobs).find(|job| job.name == name);
    match job.map(|job| job.work) {
        None => {
            let message = format!("there is no job {name}; holdfast job list shows what there is");
            return Err(Error::field("name", "unknown", message));
        }
        Some(jobs::Work::Workspace(_)) if id.is_none() => {
            let message = format!("{name} runs in a workspace: say which with --workspace");
            return Err(Error::field("workspace", "required", message));
        }
        Some(jobs::Work::Installation(_)) if id.is_some() => {
            let message = format!("{name} runs once for the installation: leave out --workspace");
            return Err(Error::field("workspace", "not_here", message));
        }
        Some(_) => {}
    }
    listener.progress(&Progress::begun(format!("running {name}")));
    let error = match jobs::run_now(app, name, id) {
        Ok(()) => None,
        Err(Error::Conflict(reason)) => Some(reason),
        Err(error) => return Err(error),
    };
    let words = error.clone().unwrap_or_else(|| format!("{name} is done"));
    let facts = json!({ "name": name, "workspace": workspace, "done": error.is_none(), "error": error });
    Ok(Answer::new(facts, words).or_no(error.is_some()))
}
