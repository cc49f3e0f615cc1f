//! The command line: what there is, and which exit code it ends with.

mod answer;
mod audit;
mod backup;
mod bar;
mod certificate;
mod command;
mod demo;
mod doctor;
mod init;
mod installation;
mod job;
mod key;
mod notify;
mod operator_token;
mod restore;
mod retention;
mod serve;
mod socket;
mod terminal;
mod tls;
mod token;
mod user;
mod workspace;
mod workspace_restore;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use serde_json::json;

use self::answer::{Answer, Failure};
use self::command::DataCommand;
use self::installation::Place;

/// A customer workspace that keeps its privacy promises.
#[derive(Debug, Parser)]
#[command(name = "holdfast", version, propagate_version = false, after_help = "Example:\n  holdfast demo")]
struct Cli {
    #[command(flatten)]
    place: Place,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve until SIGTERM
    #[command(after_help = "Example:\n  holdfast serve --data /srv/holdfast --listen 0.0.0.0:443")]
    Serve(serve::Serve),
    /// Fill a fresh folder with two workspaces of invented people, and serve it
    #[command(
        after_help = "Examples:\n  holdfast demo\n  holdfast demo --data /tmp/look --listen 127.0.0.1:9443 --json"
    )]
    Demo(demo::Demo),
    /// Make an installation: master key, recovery code, first operator
    #[command(
        after_help = "Examples:\n  holdfast init --data /srv/holdfast --master-key-file /etc/holdfast/master.key\n  holdfast init --passphrase --operator-email you@example.org"
    )]
    Init(init::Init),
    /// Bring an installation back from its backups, into an empty folder
    #[command(
        after_help = "Examples:\n  holdfast restore --from /mnt/backup --data /srv/holdfast --master-key-file /etc/holdfast/master.key\n  holdfast restore --from /mnt/backup --data /srv/holdfast --recovery-code --at 2026-11-20T10:15:00Z"
    )]
    Restore(restore::Restore),
    #[command(flatten)]
    Data(DataCommand),
    /// Print the OpenAPI document of the API
    #[command(after_help = "Example:\n  holdfast openapi > openapi.json")]
    Openapi,
    /// Print the version of the program and of what is built in
    #[command(after_help = "Example:\n  holdfast version --json")]
    Version,
}

/// Runs the program. 0: done; 1: the answer is "no"; 2: wrong use; 3: refused for safety.
pub fn main() -> ExitCode {
    // Whatever the process makes is for its own user, before anything says otherwise.
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    crate::memory::settle();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            return ExitCode::from(u8::from(error.use_stderr()) * 2);
        }
    };
    match run(cli) {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            terminal::note(&format!("holdfast: {}", failure.message));
            ExitCode::from(failure.exit)
        }
    }
}

fn run(cli: Cli) -> Result<u8, Failure> {
    match cli.command {
        Command::Serve(serve) => serve::run(&cli.place, &serve)?,
        Command::Demo(demo) => demo::run(&cli.place, &demo)?,
        Command::Init(init) => terminal::show(&init::run(&cli.place, &init)?, cli.place.json),
        Command::Restore(restore) => {
            let answer = restore::run(&cli.place, &restore)?;
            terminal::show(&answer, cli.place.json);
            return Ok(u8::from(answer.is_no));
        }
        Command::Data(command) => return command::execute_and_show(&cli.place, command),
        Command::Openapi => terminal::say(&crate::web::openapi::document(crate::modules::routes()).to_string()),
        Command::Version => terminal::show(&version(), cli.place.json),
    }
    Ok(0)
}

fn version() -> Answer {
    let (sqlite, cipher) = (crate::db::sqlite_version(), crate::db::open::CIPHER_VERSION);
    let facts = json!({ "version": env!("CARGO_PKG_VERSION"), "sqlite": sqlite, "sqlcipher": cipher });
    Answer::new(facts, format!("holdfast {} (SQLite {sqlite}, SQLCipher {cipher})", env!("CARGO_PKG_VERSION")))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn verify_cli() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_help_ends_with_an_example() {
        fn look(command: &clap::Command, path: &str) {
            let path = format!("{path} {}", command.get_name());
            if command.get_subcommands().next().is_none() {
                let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
                assert!(help.contains(path.trim()), "{path} has no example of itself");
            }
            command.get_subcommands().for_each(|below| look(below, &path));
        }
        look(&Cli::command(), "");
    }
}
