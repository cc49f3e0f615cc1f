//! The commands that work on the data: run by the server when there is one, else by this process.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::answer::{Answer, Failure, Listener};
use super::installation::{self, Place};
use super::terminal::{self, Terminal};
use super::{audit, backup, certificate, doctor, job, key, operator_token, retention, socket, token, user, workspace};
use crate::app::App;
use crate::error::Error;
use crate::id::WorkspaceId;
use crate::logging;

/// A command as it was typed. Travels over the command socket, secrets filled in.
#[derive(Debug, Clone, clap::Subcommand, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DataCommand {
    /// Workspaces: make one, list them, show one
    #[command(subcommand)]
    Workspace(workspace::Command),
    /// People who sign in
    #[command(subcommand)]
    User(user::Command),
    /// API tokens of a workspace
    #[command(subcommand)]
    Token(token::Command),
    /// API tokens of operators: monitoring, scripts
    #[command(subcommand)]
    OperatorToken(operator_token::Command),
    /// The master key, the recovery code, the keys of workspaces
    #[command(subcommand)]
    Key(key::Command),
    /// Check the audit log's chain, or print its entries
    #[command(subcommand)]
    Audit(audit::Command),
    /// Certificates of erasure: check one, print the key that signs them
    #[command(subcommand)]
    Certificate(certificate::Command),
    /// How long things stay: let go of what has come to its time, or see what would go
    #[command(subcommand)]
    Retention(retention::Command),
    /// Sealed copies of everything: make one, list them, open them again
    #[command(subcommand)]
    Backup(backup::Command),
    /// What runs by itself: list it, run one now
    #[command(subcommand)]
    Job(job::Command),
    /// Look at everything an operator would be asked about; ends with 1 when something is broken
    #[command(after_help = "Example:\n  holdfast doctor --data /srv/holdfast")]
    Doctor(doctor::Doctor),
}

/// Runs a command on an open installation. The same function for the socket and for this process.
pub fn run(app: &Arc<App>, command: DataCommand, listener: &mut dyn Listener) -> Result<Answer, Error> {
    match command {
        DataCommand::Workspace(command) => workspace::run(app, &command, listener),
        DataCommand::User(command) => user::run(app, &command),
        DataCommand::Token(command) => token::run(app, &command),
        DataCommand::OperatorToken(command) => operator_token::run(app, &command),
        DataCommand::Key(command) => key::run(app, &command),
        DataCommand::Audit(command) => audit::run(app, &command, listener),
        DataCommand::Certificate(_) => certificate::run(app),
        DataCommand::Retention(command) => retention::run(app, &command, listener),
        DataCommand::Backup(command) => backup::run(app, &command, listener),
        DataCommand::Job(command) => job::run(app, &command, listener),
        DataCommand::Doctor(doctor) => doctor::run(app, &doctor, listener),
    }
}

/// Lets the server run it, or opens the installation and runs it here; prints what comes back.
pub fn execute(place: &Place, command: DataCommand) -> Result<Answer, Failure> {
    logging::start("warn", false);
    let data = place.folder()?;
    let mut terminal = Terminal::new();
    let answered = socket::ask(&data, &command, &mut terminal);
    let answer = match answered {
        Ok(Some(answer)) => Ok(answer),
        Ok(None) => run_here(place, command, &mut terminal),
        Err(failure) => Err(failure),
    };
    terminal.clear();
    // Whoever closed the pipe has what they wanted.
    if terminal.is_closed { Ok(Answer::new(serde_json::Value::Null, "")) } else { answer }
}

fn run_here(place: &Place, command: DataCommand, terminal: &mut Terminal) -> Result<Answer, Failure> {
    let app = installation::open_existing(place)?;
    let answer = run(&app, command, terminal);
    app.remember_keyring()?;
    app.workspaces.close_all();
    Ok(answer?)
}

/// Runs a command and prints its answer; the exit code says whether it was a "no".
pub fn execute_and_show(place: &Place, mut command: DataCommand) -> Result<u8, Failure> {
    if let DataCommand::Workspace(command) = &mut command {
        command.anchor()?;
    }
    if let DataCommand::User(command) = &mut command {
        command.ask()?;
    }
    if let DataCommand::Audit(command) = &mut command {
        command.read_files()?;
    }
    if let DataCommand::Key(command) = &mut command {
        command.ask(place)?;
    }
    if let DataCommand::Backup(backup::Command::Mirror(mirror)) = &mut command {
        mirror.anchor()?;
    }
    let answer = match &command {
        // Needs nothing but the file.
        DataCommand::Audit(command) if let Some(file) = command.file() => audit::verify_file(file, command)?,
        DataCommand::Certificate(certificate::Command::Verify { file, public_key }) => {
            certificate::verify_file(file, public_key.as_deref())?
        }
        DataCommand::Doctor(_) => doctor::execute(place, command)?,
        // Needs neither the master key nor the lock.
        DataCommand::Key(key::Command::VerifyRecovery) => key::verify_recovery(place)?,
        // Needs nothing but the settings.
        DataCommand::Backup(backup::Command::Mirror(mirror)) if mirror.is_fetch() => backup::fetch_here(place, mirror)?,
        _ => execute(place, command)?,
    };
    terminal::show(&answer, place.json);
    Ok(u8::from(answer.is_no))
}

/// The workspace with this slug, whatever its state.
pub fn workspace(app: &App, slug: &str) -> Result<WorkspaceId, Error> {
    app.read(|db| db.value("SELECT id FROM workspaces WHERE slug = :slug", &[(":slug", &slug)]))?.ok_or_else(|| {
        Error::field(
            "workspace",
            "unknown",
            format!("there is no workspace “{slug}”; holdfast workspace list shows what there is"),
        )
    })
}
