//! `holdfast retention`: lets go of what has come to its time, or says what would go.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::answer::{Answer, Listener, Progress, table};
use super::command;
use crate::app::App;
use crate::clock::Timestamp;
use crate::db::{Actor, DbFile, Origin, Workspace, installation};
use crate::error::Error;
use crate::gate;
use crate::privacy::data_map::File;
use crate::privacy::retention::{self, forecast::Expected};

#[derive(Debug, Clone, clap::Subcommand, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Let go of what has come to its time, in every workspace and in the installation's own file
    #[command(
        after_help = "Examples:\n  holdfast retention run\n  holdfast retention run --dry-run --until 2027-03-01T00:00:00Z"
    )]
    Run {
        /// Only this workspace
        #[arg(long, value_name = "SLUG")]
        workspace: Option<String>,
        /// Say what would go, and change nothing
        #[arg(long)]
        dry_run: bool,
        /// What would go by this moment, in RFC 3339; with --dry-run
        #[arg(long, value_name = "TIME", requires = "dry_run")]
        until: Option<String>,
        /// Somebody looked at the clock: go on although much time has passed since the last run
        #[arg(long, conflicts_with = "dry_run")]
        clock_is_right: bool,
    },
}

/// What is asked, with its moment read.
struct Asked {
    until: Option<Timestamp>,
    is_clock_right: bool,
}

pub fn run(app: &Arc<App>, command: &Command, listener: &mut dyn Listener) -> Result<Answer, Error> {
    let Command::Run { workspace, dry_run, until, clock_is_right } = command;
    let until = match until {
        Some(text) => Some(Timestamp::parse(text).ok_or_else(|| {
            Error::field("until", "no_moment", "--until takes a moment such as 2027-03-01T00:00:00Z")
        })?),
        None => dry_run.then(|| app.now()),
    };
    let asked = Asked { until, is_clock_right: *clock_is_right };
    let mut facts = Vec::new();
    let mut rows = Vec::new();
    if workspace.is_none() {
        one(app, "installation", None, &asked, &mut facts, &mut rows)?;
    }
    let slugs: Vec<String> = match workspace {
        Some(slug) => vec![slug.clone()],
        None => super::audit::logs(app)?.into_iter().skip(1).collect(),
    };
    for (done, slug) in slugs.iter().enumerate() {
        listener.progress(&Progress::of(format!("letting go in {slug}"), done as u64, slugs.len() as u64));
        let opened = gate::for_job(app, command::workspace(app, slug)?)?;
        one(app, slug, Some(&opened), &asked, &mut facts, &mut rows)?;
    }
    let words = match (rows.is_empty(), until.is_some()) {
        (true, true) => "Nothing would go.".into(),
        (true, false) => "Nothing went.".into(),
        (false, true) => table(&["PLACE", "RULE", "WOULD GO", "HELD"], &rows),
        (false, false) => table(&["PLACE", "RULE", "GONE", "HELD"], &rows),
    };
    Ok(Answer::new(json!({ "dry_run": until.is_some(), "until": until, "places": facts }), words))
}

/// One file: the installation's own, or a workspace's.
fn one(
    app: &App,
    place: &str,
    workspace: Option<&Workspace>,
    asked: &Asked,
    facts: &mut Vec<Value>,
    rows: &mut Vec<Vec<String>>,
) -> Result<(), Error> {
    let file: &DbFile = workspace.map_or(&app.control, |workspace| &workspace.file);
    let kind = if workspace.is_some() { File::Workspace } else { File::Control };
    let until = asked.until.unwrap_or(app.now());
    // What goes is counted before it does: the run itself tells sums.
    let expected = file.read(app.now(), |db| retention::forecast::expected(db, app.modules, kind, until, None))?;
    if asked.until.is_none() {
        if app.read(|db| installation::is_held(db, workspace.map(|workspace| workspace.id)))? {
            return Err(Error::Refused(format!(
                "{place}: nothing is let go of since the restore, until somebody has looked at what waits: on \
                 /operator/hold for the installation, under Settings, Backups in a workspace"
            )));
        }
        let origin = Origin::local(Actor::CommandLine);
        if asked.is_clock_right {
            file.write(app.now(), &origin, retention::service::confirm_clock)?;
        }
        let run = retention::Run {
            modules: app.modules,
            file,
            workspace,
            now: app.now(),
            origin,
            is_stopping: &|| app.wake.is_stopping(),
            tell: &|_| Ok(()),
        };
        run.work()?;
    }
    let fact = |one: &Expected| json!({ "rule": one.rule.key, "rows": one.rows - one.held, "held": one.held });
    facts.push(json!({ "place": place, "rules": expected.iter().map(fact).collect::<Vec<_>>() }));
    rows.extend(expected.iter().map(|one| {
        vec![place.to_owned(), one.rule.label.to_owned(), (one.rows - one.held).to_string(), one.held.to_string()]
    }));
    Ok(())
}
