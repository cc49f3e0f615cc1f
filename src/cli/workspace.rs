//! `holdfast workspace`: the tenants of the installation.

use std::fs::OpenOptions;
use std::io::{BufReader, BufWriter};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::answer::{Answer, Listener, Progress, table};
use super::workspace_restore;
use crate::app::App;
use crate::clock::Timestamp;
use crate::db::{Actor, Origin};
use crate::error::Error;
use crate::gate;
use crate::members::lifecycle;
use crate::members::workspaces::{self, Workspace};
use crate::privacy::{workspace_export, workspace_import};
use crate::web::format;

/// Bytes of an export that are read at a time.
const READ_AT_ONCE: usize = 256 * 1024;

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
    /// Make a workspace read only for a while; then it is deleted by itself
    #[command(after_help = "Example:\n  holdfast workspace close saltmere-instruments --days 30")]
    Close {
        slug: String,
        /// How long it can be read and exported
        #[arg(long, default_value_t = lifecycle::CLOSED_DAYS)]
        days: i64,
    },
    /// Put a workspace back in service that was closed, or whose deletion was asked for
    #[command(after_help = "Example:\n  holdfast workspace reopen saltmere-instruments")]
    Reopen { slug: String },
    /// Ask for the deletion of a workspace: nobody comes in any more, and it is destroyed when the grace is over
    #[command(
        after_help = "Example:\n  holdfast workspace delete saltmere-instruments --name \"Saltmere Instruments\" --grace-days 7"
    )]
    Delete {
        slug: String,
        /// Its name as it stands, so that no wrong one is deleted
        #[arg(long)]
        name: String,
        /// Days in which it can be brought back: 0 to 30
        #[arg(long, default_value_t = lifecycle::GRACE_DAYS)]
        grace_days: i64,
    },
    /// Bring a workspace back to an earlier moment: as one of its own, or in the place of what is there
    #[command(
        after_help = "Examples:\n  holdfast workspace restore saltmere --at 2026-11-20T10:15:00Z --as saltmere-before --name \"Saltmere before\"\n  holdfast workspace restore saltmere --at 2026-11-20T10:15:00Z --in-place --name \"Saltmere Instruments\""
    )]
    Restore(workspace_restore::Restore),
    /// Workspaces that are closed, to be deleted or gone, with their certificates; ends with 1 when one is late
    #[command(after_help = "Example:\n  holdfast workspace ends --json")]
    Ends,
    /// Every row and every file of a workspace as one JSON file
    #[command(after_help = "Example:\n  holdfast workspace export saltmere-instruments --out saltmere.json")]
    Export {
        slug: String,
        /// The file to write; it must not exist yet
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// A new workspace from an export: all of it, or nothing
    #[command(after_help = "Example:\n  holdfast workspace import --file saltmere.json --slug saltmere-copy")]
    Import {
        /// What `holdfast workspace export` wrote
        #[arg(long, value_name = "FILE")]
        file: PathBuf,
        /// Its place in addresses, when it is to be another than in the file
        #[arg(long)]
        slug: Option<String>,
        /// Its name, when it is to be another than in the file
        #[arg(long)]
        name: Option<String>,
    },
}

impl Command {
    /// Names the files where this command runs: the server runs elsewhere.
    pub fn anchor(&mut self) -> Result<(), Error> {
        if let Command::Export { out: path, .. } | Command::Import { file: path, .. } = self {
            *path = std::path::absolute(&*path)?;
        }
        Ok(())
    }
}

pub fn run(app: &Arc<App>, command: &Command, listener: &mut dyn Listener) -> Result<Answer, Error> {
    match command {
        Command::Create { slug, name, owner } => create(app, slug, name, owner),
        Command::List => list(app),
        Command::Show { slug } => show(app, slug),
        Command::Close { slug, days } => close(app, slug, *days),
        Command::Reopen { slug } => reopen(app, slug),
        Command::Delete { slug, name, grace_days } => delete(app, slug, name, *grace_days),
        Command::Restore(asked) => workspace_restore::run(app, asked),
        Command::Ends => ends(app),
        Command::Export { slug, out } => export(app, slug, out, listener),
        Command::Import { file, slug, name } => import(app, file, slug.as_deref(), name.as_deref(), listener),
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

fn close(app: &App, slug: &str, days: i64) -> Result<Answer, Error> {
    let id = super::command::workspace(app, slug)?;
    app.write(&Origin::local(Actor::CommandLine), |tx| lifecycle::close(tx, id, days))?;
    let words = format!("{slug} can be read and exported for {days} days; then it is deleted.");
    Ok(Answer::new(json!({ "slug": slug, "state": "read_only", "days": days }), words))
}

fn reopen(app: &App, slug: &str) -> Result<Answer, Error> {
    let id = super::command::workspace(app, slug)?;
    app.write(&Origin::local(Actor::CommandLine), |tx| lifecycle::reopen(tx, id))?;
    Ok(Answer::new(json!({ "slug": slug, "state": "active" }), format!("{slug} is back in service.")))
}

fn delete(app: &App, slug: &str, name: &str, grace_days: i64) -> Result<Answer, Error> {
    let id = super::command::workspace(app, slug)?;
    lifecycle::request_deletion(app, &Origin::local(Actor::CommandLine), id, name, grace_days)?;
    let end = app.read(|db| lifecycle::find(db, id))?;
    let due = end.and_then(|end| end.purge_due()).map(Timestamp::rfc3339).unwrap_or_default();
    let words =
        format!("Nobody comes into {slug} any more. It is destroyed at {due}; until then reopen brings it back.");
    Ok(Answer::new(json!({ "slug": slug, "state": "deleting", "purge_due_at": due }), words))
}

fn ends(app: &App) -> Result<Answer, Error> {
    let (ends, now) = (app.read(lifecycle::all)?, app.now());
    let at = |moment: Option<Timestamp>| moment.map(Timestamp::rfc3339);
    let facts: Vec<Value> = ends
        .iter()
        .map(|end| {
            json!({
                "workspace": end.workspace.to_string(), "closed_until": at(end.closed_until),
                "deletion_requested_at": at(end.requested_at), "purge_due_at": at(end.purge_due()),
                "purged_at": at(end.purged_at), "backups_gone_at": at(end.backups_gone_at),
                "key_copies_gone_at": at(end.key_copies_gone_at), "overdue": end.overdue(now),
                "certificate": end.certificate,
            })
        })
        .collect();
    let rows: Vec<Vec<String>> = ends
        .iter()
        .map(|end| {
            let day = |moment: Option<Timestamp>| at(moment).unwrap_or_default();
            let state = end.overdue(now).unwrap_or(if end.certificate.is_some() { "certified" } else { "on time" });
            vec![end.workspace.to_string(), day(end.purge_due()), day(end.purged_at), state.to_owned()]
        })
        .collect();
    let is_late = ends.iter().any(|end| end.overdue(now).is_some());
    let words = table(&["WORKSPACE", "DUE", "DESTROYED", "STATE"], &rows);
    Ok(Answer::new(json!({ "ends": facts }), words).or_no(is_late))
}

/// The file is readable by its owner alone, and whole or not there: it gets its name when it is written.
fn export(app: &App, slug: &str, out: &Path, listener: &mut dyn Listener) -> Result<Answer, Error> {
    if out.exists() {
        return Err(Error::Conflict(format!("{} exists: choose another name", out.display())));
    }
    let workspace = gate::for_job(app, super::command::workspace(app, slug)?)?;
    workspace_export::note(&workspace, app, &Origin::local(Actor::CommandLine))?;
    let begun = out.with_extension("part");
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&begun)?;
    let mut buffered = BufWriter::new(file);
    let mut tables = 0;
    let written = workspace_export::write(app, &workspace, &mut buffered, &mut |step| {
        if step.table as u64 != tables {
            tables = step.table as u64;
            let of = Some(step.tables as u64);
            listener.progress(&Progress { words: format!("writing {slug}"), done: tables, of });
        }
        Ok(())
    });
    let finished = written.and_then(|written| {
        let file = buffered.into_inner().map_err(|error| Error::from(error.into_error()))?;
        file.sync_all()?;
        std::fs::rename(&begun, out)?;
        Ok((written, file.metadata()?.len()))
    });
    let (written, bytes) = match finished {
        Ok(finished) => finished,
        Err(error) => {
            let _ = std::fs::remove_file(&begun);
            return Err(error);
        }
    };
    let facts = json!({
        "workspace": slug, "file": out, "bytes": bytes, "tables": written.tables, "rows": written.rows,
        "files": written.files, "damaged": written.damaged,
    });
    let mut words = format!(
        "{}: {} rows of {} tables and {} files, {}",
        out.display(),
        written.rows,
        written.tables,
        written.files,
        format::size(bytes)
    );
    if written.damaged > 0 {
        words.push_str(&format!("; {} files are damaged and listed instead", written.damaged));
    }
    Ok(Answer::new(facts, words).or_no(written.damaged > 0))
}

fn import(
    app: &App,
    file: &Path,
    slug: Option<&str>,
    name: Option<&str>,
    listener: &mut dyn Listener,
) -> Result<Answer, Error> {
    let opened = std::fs::File::open(file)
        .map_err(|error| Error::field("file", "unreadable", format!("{} cannot be read: {error}", file.display())))?;
    let origin = Origin::local(Actor::CommandLine);
    let mut done = 0;
    let read = BufReader::with_capacity(READ_AT_ONCE, opened);
    let imported = workspace_import::import(app, &origin, read, slug, name, &mut |table| {
        done += 1;
        listener.progress(&Progress { words: format!("{table}: read, written and compared"), done, of: None });
    })?;
    let members = imported.members;
    let rows: Vec<Vec<String>> = imported
        .tables
        .iter()
        .filter(|table| table.rows > 0)
        .map(|table| vec![table.name.to_owned(), table.rows.to_string(), table.sha256.chars().take(16).collect()])
        .collect();
    let all: u64 = imported.tables.iter().map(|table| table.rows).sum();
    let mut words = table(&["TABLE", "ROWS", "SHA-256, EQUAL"], &rows);
    words.push_str(&format!(
        "\n\n{} is here: {all} rows and {} files, every table equal to the file. Its page is {}",
        imported.name,
        imported.files,
        app.public_url(&format!("/w/{}", imported.slug))
    ));
    words.push_str(&format!(
        "\nMembers: {} have an account here, {} got one without a password, {} had left before",
        members.matched, members.placeholders, members.left_out
    ));
    if imported.damaged > 0 {
        words.push_str(&format!(
            "\n{} files were damaged when the file was written; their rows are here",
            imported.damaged
        ));
    }
    let tables: Vec<Value> = imported
        .tables
        .iter()
        .map(|table| json!({ "table": table.name, "rows": table.rows, "sha256": table.sha256 }))
        .collect();
    let facts = json!({
        "workspace": imported.slug, "id": imported.id.to_string(), "exported_at": imported.exported_at,
        "rows": all, "files": imported.files, "damaged": imported.damaged, "tables": tables,
        "members": { "matched": members.matched, "placeholders": members.placeholders, "left_out": members.left_out },
    });
    Ok(Answer::new(facts, words))
}

fn facts(app: &App, workspace: &Workspace) -> Value {
    json!({
        "slug": workspace.slug, "name": workspace.name, "state": workspace.state, "id": workspace.id.to_string(),
        "size": app.workspaces.size_of(workspace.id), "path": app.workspaces.folder_of(workspace.id).join("data.db"),
        "created_at": workspace.created_at,
    })
}
