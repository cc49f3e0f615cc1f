//! `holdfast doctor`: looks at everything an operator would be asked about, and says what to do.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::answer::{Answer, Failure, Listener, Progress};
use super::command::{self, DataCommand};
use super::installation::{self, Place};
use super::{audit, tls};
use crate::app::App;
use crate::clock::Timestamp;
use crate::db::{Schema, latest_version};
use crate::error::Error;
use crate::gate;
use crate::mail::{Delivery, smtp};
use crate::operator::{Check, Grade};
use crate::privacy::audit::Verdict;

/// A certificate with less than this left should have been renewed.
const RENEW_MS: i64 = 14 * Timestamp::DAY;
/// When this program was written; a clock before it is wrong.
const WRITTEN: &str = "2026-11-01T00:00:00Z";

#[derive(Debug, Clone, Default, clap::Args, Serialize, Deserialize)]
pub struct Doctor {
    /// Also connect to the mail server and sign in
    #[arg(long)]
    pub mail: bool,
}

/// Looks from outside first, then has the server or this process look inside. An installation that
/// does not open is itself a finding.
pub fn execute(place: &Place, command: DataCommand) -> Result<Answer, Failure> {
    let data = place.folder()?;
    let mut checks = around(&data);
    match command::execute(place, command) {
        Ok(inside) => Ok(joined(checks, inside)),
        Err(failure) => {
            let seen = format!("does not open: {}", failure.message);
            checks.push(Line::new(
                "Installation",
                Grade::Broken,
                seen,
                "Mend this first; the rest could not be looked at",
            ));
            Ok(answer(checks))
        }
    }
}

/// What the running installation says of itself.
pub fn run(app: &Arc<App>, doctor: &Doctor, listener: &mut dyn Listener) -> Result<Answer, Error> {
    let mut checks: Vec<Line> = crate::operator::checks(app)?.into_iter().map(Line::from).collect();
    checks.push(program());
    checks.extend(key_file(app));
    checks.push(clock(app));
    checks.push(keyring(app)?);
    checks.push(certificate(app));
    checks.push(hashing(app));
    checks.push(mail(app, doctor.mail));
    let logs = audit::logs(app)?;
    for (done, log) in logs.iter().enumerate() {
        listener.progress(&Progress::of(format!("reading every page of {log}"), done as u64, logs.len() as u64));
        checks.push(file(app, log, listener)?);
    }
    Ok(answer(checks))
}

/// One line of the report.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Line {
    name: String,
    /// `ok`, `warn` or `fail`.
    grade: String,
    seen: String,
    /// What to do; empty when all is well.
    advice: String,
}

impl Line {
    fn new(name: impl Into<String>, grade: Grade, seen: impl Into<String>, advice: &str) -> Line {
        let word = match grade {
            Grade::Well => "ok",
            Grade::Warning => "warn",
            Grade::Broken => "fail",
        };
        let advice = if grade == Grade::Well { "" } else { advice };
        Line { name: name.into(), grade: word.into(), seen: seen.into(), advice: advice.into() }
    }
}

impl From<Check> for Line {
    fn from(check: Check) -> Line {
        Line::new(check.name, check.grade, check.seen, check.advice)
    }
}

fn answer(lines: Vec<Line>) -> Answer {
    let is_no = lines.iter().any(|line| line.grade == "fail");
    let words: Vec<String> = lines
        .iter()
        .map(|line| {
            let advice = if line.advice.is_empty() { String::new() } else { format!("\n      {}", line.advice) };
            format!("{:<5} {}: {}{advice}", line.grade, line.name, line.seen)
        })
        .collect();
    Answer::new(json!({ "well": !is_no, "checks": lines }), words.join("\n")).or_no(is_no)
}

fn joined(outside: Vec<Line>, inside: Answer) -> Answer {
    let inside: Vec<Line> = serde_json::from_value(inside.facts["checks"].clone()).unwrap_or_default();
    answer(outside.into_iter().chain(inside).collect())
}

/// What can be seen without opening anything.
fn around(data: &Path) -> Vec<Line> {
    let mut lines = Vec::new();
    match std::fs::metadata(data) {
        Ok(about) if about.permissions().mode() & 0o077 != 0 => lines.push(Line::new(
            "Data folder",
            Grade::Warning,
            format!(
                "{}: other users may look inside (mode {:04o})",
                data.display(),
                about.permissions().mode() & 0o7777
            ),
            "Run chmod 0700 on it",
        )),
        Ok(about) => {
            lines.push(Line::new(
                "Data folder",
                Grade::Well,
                format!("{}, of user {}, closed to others", data.display(), about.uid()),
                "",
            ));
        }
        Err(source) => {
            let seen = format!("{}: {source}", data.display());
            lines.push(Line::new("Data folder", Grade::Broken, seen, "Name the right folder with --data"));
        }
    }
    let beside = installation::key_of_first_try(data);
    if beside.symlink_metadata().is_ok() {
        lines.push(Line::new(
            "Master key",
            Grade::Warning,
            format!("lies beside the data, in {}", beside.display()),
            "Whoever has the data has the key. Move the file to another disk, name it in keys.master_key_file, and remove this one",
        ));
    }
    lines
}

fn program() -> Line {
    let seen = format!("Holdfast {}, SQLCipher {}", env!("CARGO_PKG_VERSION"), crate::db::open::CIPHER_VERSION);
    Line::new("Program", Grade::Well, seen, "")
}

/// The file with the master key, when there is one outside the data. The next start would refuse it too.
fn key_file(app: &App) -> Option<Line> {
    const ADVICE: &str = "Put it back, readable for this service alone (chmod 0400), before the next start";
    let path = app.config.keys.master_key_file.as_ref().filter(|_| !installation::has_credential())?;
    Some(match std::fs::symlink_metadata(path) {
        Ok(about) if !about.is_file() => {
            Line::new("Master key", Grade::Broken, format!("{} is no regular file", path.display()), ADVICE)
        }
        Ok(about) if about.permissions().mode() & 0o077 != 0 => {
            let seen =
                format!("{}: others may read it (mode {:04o})", path.display(), about.permissions().mode() & 0o7777);
            Line::new("Master key", Grade::Broken, seen, ADVICE)
        }
        Ok(_) => Line::new("Master key", Grade::Well, format!("{}, closed to others", path.display()), ""),
        Err(source) => Line::new("Master key", Grade::Broken, format!("{}: {source}", path.display()), ADVICE),
    })
}

fn clock(app: &App) -> Line {
    let now = app.now();
    let written = Timestamp::parse(WRITTEN).unwrap_or_default();
    let newest =
        app.read(|db| db.value::<Option<Timestamp>>("SELECT max(at) FROM audit", &[])).ok().flatten().flatten();
    let advice = "Set the machine's clock: deadlines and schedules follow it";
    if now < written {
        return Line::new(
            "Clock",
            Grade::Broken,
            format!("{} is before this program was written", now.rfc3339()),
            advice,
        );
    }
    match newest {
        Some(newest) if newest.since(now) > Timestamp::MINUTE => Line::new(
            "Clock",
            Grade::Broken,
            format!("{} is before the newest entry of the log, {}", now.rfc3339(), newest.rfc3339()),
            advice,
        ),
        _ => Line::new("Clock", Grade::Well, now.rfc3339(), ""),
    }
}

fn keyring(app: &App) -> Result<Line, Error> {
    let with_row = app.read(|db| {
        db.rows("SELECT id FROM workspaces WHERE state NOT IN ('deleting', 'deleted')", &[], |row| row.get(0))
    })?;
    let with_key = app.keys.workspaces();
    let missing = with_row.iter().filter(|id| !with_key.contains(id)).count();
    let seen = format!("generation {}, authentic, {} workspace keys", app.keys.ring_seq(), with_key.len());
    Ok(match missing {
        0 => Line::new("Keyring", Grade::Well, seen, ""),
        _ => Line::new(
            "Keyring",
            Grade::Broken,
            format!("{seen}, but {missing} are missing"),
            "Put back the newest copy of keys/keyring",
        ),
    })
}

fn certificate(app: &App) -> Line {
    const ADVICE: &str = "Renew the files of tls.certificate and tls.key, then send SIGHUP to the server";
    let until = match tls::valid_until(app) {
        Ok(until) => until,
        Err(error) => return Line::new("Certificate", Grade::Broken, Failure::from(error).message, ADVICE),
    };
    let left = until.since(app.now());
    let grade = match left {
        left if left <= 0 => Grade::Broken,
        left if left < RENEW_MS => Grade::Warning,
        _ => Grade::Well,
    };
    let own = if app.config.tls.own.is_some() { "own files" } else { "signed by the local authority" };
    Line::new("Certificate", grade, format!("{own}, good until {}", until.rfc3339()), ADVICE)
}

fn hashing(app: &App) -> Line {
    if app.config.security.light_hashing {
        let advice = "Remove security.hashing from holdfast.toml; passwords are hashed anew at the next sign-in";
        return Line::new("Password hashing", Grade::Warning, "light: stolen hashes would be guessed fast", advice);
    }
    Line::new("Password hashing", Grade::Well, "argon2id at its standard cost", "")
}

fn mail(app: &App, connect: bool) -> Line {
    match &app.mailer.delivery {
        Delivery::Kept => {
            let advice = "Set section mail in holdfast.toml; until then links are read in the operator console";
            Line::new("Mail transport", Grade::Warning, "no mail leaves this installation", advice)
        }
        Delivery::Folder(folder) if folder.is_dir() => {
            Line::new("Mail transport", Grade::Well, format!("files in {}", folder.display()), "")
        }
        Delivery::Folder(folder) => Line::new(
            "Mail transport",
            Grade::Broken,
            format!("{} is no folder", folder.display()),
            "Make it, writable for this service",
        ),
        Delivery::Smtp(target) if connect => match smtp::probe(&app.mailer.outbound, target) {
            Ok(()) => Line::new(
                "Mail transport",
                Grade::Well,
                format!("{target:?} answers and lets this installation in"),
                "",
            ),
            Err(error) => {
                Line::new("Mail transport", Grade::Broken, error.words(), "Mend section mail in holdfast.toml")
            }
        },
        Delivery::Smtp(target) => {
            Line::new("Mail transport", Grade::Well, format!("{target:?}, not asked; --mail connects"), "")
        }
    }
}

/// Opens one file and reads all of it: pages by the cipher and by SQLite, schema, log.
fn file(app: &App, log: &str, listener: &mut dyn Listener) -> Result<Line, Error> {
    const ADVICE: &str = "Stop the server, keep a copy of the file, and restore from a backup";
    let name = format!("File of {log}");
    let (schema, pages) = if log == "control" {
        (Schema::Control, app.read(crate::db::check_pages))
    } else {
        let id = command::workspace(app, log)?;
        (
            Schema::Workspace,
            gate::for_job(app, id).and_then(|workspace| workspace.file.read(app.now(), crate::db::check_pages)),
        )
    };
    let damage = match pages {
        Ok(damage) => damage,
        Err(error) => vec![why_not_opened(app, log).unwrap_or_else(|| Failure::from(error).message)],
    };
    if let Some(first) = damage.first() {
        return Ok(Line::new(name, Grade::Broken, format!("{} faults, the first: {first}", damage.len()), ADVICE));
    }
    Ok(match audit::verify(app, log, None, listener)? {
        Verdict::Broken { sequence, reason } => {
            let seen = format!("the log does not hold at entry {sequence}: {reason}");
            Line::new(
                name,
                Grade::Broken,
                seen,
                "Somebody changed the file from outside. Keep a copy and compare with a backup",
            )
        }
        Verdict::Intact { entries, .. } => {
            let seen = format!(
                "every page is authentic and whole, schema {}, {entries} log entries hold",
                latest_version(schema)
            );
            Line::new(name, Grade::Well, seen, "")
        }
    })
}

/// What stands in the way of a workspace whose schema does not fit, in the operator's words.
fn why_not_opened(app: &App, log: &str) -> Option<String> {
    let id = command::workspace(app, log).ok()?;
    app.workspaces.troubled().into_iter().find(|(troubled, _)| *troubled == id).map(|(_, words)| words)
}
