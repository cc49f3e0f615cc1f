//! `holdfast audit`: checks the chain of a log, or prints its entries.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::answer::{Answer, Listener, Progress};
use super::command;
use crate::app::App;
use crate::crypto::Key;
use crate::db::Db;
use crate::error::Error;
use crate::gate;
use crate::id::WorkspaceId;
use crate::privacy::audit::{self, Checkpoint, EntryFilter, Verdict, lines};

/// Entries read at a time while printing.
const PAGE: i64 = 500;
/// The name of the installation's own log.
const CONTROL: &str = "control";

#[derive(Debug, Clone, clap::Subcommand, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Check that no entry was changed, removed or put in; ends with 1 when one was
    #[command(
        after_help = "Examples:\n  holdfast audit verify --all\n  holdfast audit verify saltmere-instruments\n  holdfast audit verify ./exported.jsonl --checkpoint from-the-mail.txt"
    )]
    Verify {
        /// The workspace, `control` for the installation's own log, or a file that was exported: that needs neither
        /// a data folder nor a key
        #[arg(required_unless_present = "all")]
        log: Option<String>,
        /// Check every log there is
        #[arg(long, conflicts_with = "log")]
        all: bool,
        /// A file with a checkpoint from a daily mail: the log must still say what it said then
        #[arg(long, conflicts_with = "all", value_name = "FILE")]
        checkpoint: Option<PathBuf>,
        /// What stands in that file; read here, because the server may run elsewhere.
        #[arg(skip)]
        checkpoint_text: Option<String>,
    },
    /// Print the entries as JSON, one on a line, the newest first
    #[command(after_help = "Example:\n  holdfast audit export control > control.jsonl")]
    Export {
        /// The workspace, or `control` for the installation's own log
        log: String,
        /// Leave out names, addresses and old values
        #[arg(long)]
        without_personal: bool,
    },
}

impl Command {
    /// Reads the files it names, before it travels to the server. Fails with what is wrong with them.
    pub fn read_files(&mut self) -> Result<(), Error> {
        if let Command::Verify { checkpoint: Some(path), checkpoint_text, .. } = self {
            *checkpoint_text = Some(std::fs::read_to_string(&path).map_err(|error| {
                Error::field("checkpoint", "unreadable", format!("{} cannot be read: {error}", path.display()))
            })?);
        }
        Ok(())
    }

    /// The exported file that it asks about; `None` when it asks about a log of the installation.
    pub fn file(&self) -> Option<&Path> {
        match self {
            Command::Verify { log: Some(log), .. } => Some(Path::new(log)).filter(|path| path.is_file()),
            _ => None,
        }
    }
}

pub fn run(app: &Arc<App>, command: &Command, listener: &mut dyn Listener) -> Result<Answer, Error> {
    match command {
        Command::Verify { log: Some(log), checkpoint_text, .. } => {
            let checkpoint = match checkpoint_text {
                Some(text) => Some(read_checkpoint(text, Some(&app.control_keys.manifest))?),
                None => None,
            };
            Ok(verified(vec![(log.clone(), verify(app, log, checkpoint, listener)?)]))
        }
        Command::Verify { log: None, .. } => {
            let mut verdicts = Vec::new();
            for log in logs(app)? {
                let verdict = verify(app, &log, None, listener)?;
                verdicts.push((log, verdict));
            }
            Ok(verified(verdicts))
        }
        Command::Export { log, without_personal } => export(app, log, *without_personal, listener),
    }
}

/// Checks an exported file against itself, and against a checkpoint.
pub fn verify_file(path: &Path, command: &Command) -> Result<Answer, Error> {
    let checkpoint = match command {
        Command::Verify { checkpoint_text: Some(text), .. } => Some(read_checkpoint(text, None)?),
        _ => None,
    };
    let found = lines::verify(BufReader::new(File::open(path)?), checkpoint.as_ref())?;
    let name = path.display().to_string();
    let mut answer = verified(vec![(name, found.verdict)]);
    if found.gaps > 0 {
        answer.words.push_str(&format!(
            "\nThe file leaves out {} entries between its first and its last: what is missing there cannot be told from what was not exported.",
            found.gaps
        ));
    }
    answer.facts["gaps"] = found.gaps.into();
    Ok(answer)
}

/// With a key, the signature must hold too: a checkpoint that somebody made up says nothing.
fn read_checkpoint(text: &str, key: Option<&Key>) -> Result<Checkpoint, Error> {
    let start = text.find("holdfast/").unwrap_or(0);
    match Checkpoint::read(&text[start..], key) {
        Some((checkpoint, is_ours)) if is_ours || key.is_none() => Ok(checkpoint),
        Some(_) => Err(Error::field("checkpoint", "signature", "this installation did not sign the checkpoint")),
        None => Err(Error::field(
            "checkpoint",
            "no_checkpoint",
            "the file holds no checkpoint: it begins with a line like holdfast/control",
        )),
    }
}

/// Every log: the installation's own and one in each workspace in service.
pub fn logs(app: &App) -> Result<Vec<String>, Error> {
    let mut logs = vec![CONTROL.to_owned()];
    logs.extend(app.read(|db| {
        db.rows("SELECT slug FROM workspaces WHERE state IN ('active', 'read_only') ORDER BY slug", &[], |row| {
            row.get::<_, String>(0)
        })
    })?);
    Ok(logs)
}

/// Checks one log from its first entry to its last, against the checkpoints of its journal and against another.
pub fn verify(
    app: &App,
    log: &str,
    checkpoint: Option<Checkpoint>,
    listener: &mut dyn Listener,
) -> Result<Verdict, Error> {
    let id = id(app, log)?;
    let mut checkpoints = audit::checkpoint::journal(&app.config.data, id, &app.control_keys.manifest)?.checkpoints;
    if let Some(checkpoint) = checkpoint {
        if checkpoint.log != id {
            return Err(Error::field("checkpoint", "other_log", "the checkpoint is of another log"));
        }
        checkpoints.push(checkpoint);
    }
    let words = format!("checking the log of {log}");
    read(app, log, |db| {
        audit::verify_watched(db, &checkpoints, &mut |done, of| {
            listener.progress(&Progress::of(words.as_str(), done, of));
        })
    })
}

fn id(app: &App, log: &str) -> Result<WorkspaceId, Error> {
    if log == CONTROL { Ok(WorkspaceId::CONTROL) } else { command::workspace(app, log) }
}

fn read<T>(app: &App, log: &str, work: impl FnOnce(&Db) -> Result<T, Error>) -> Result<T, Error> {
    match id(app, log)? {
        WorkspaceId::CONTROL => app.read(work),
        id => gate::for_job(app, id)?.file.read(app.now(), work),
    }
}

fn verified(verdicts: Vec<(String, Verdict)>) -> Answer {
    let is_no = verdicts.iter().any(|(_, verdict)| matches!(verdict, Verdict::Broken { .. }));
    let words: Vec<String> = verdicts
        .iter()
        .map(|(log, verdict)| match verdict {
            Verdict::Intact { entries, erased, head, checkpoints, .. } => {
                let agreed = match checkpoints {
                    0 => String::new(),
                    1 => ", a checkpoint agrees".to_owned(),
                    many => format!(", {many} checkpoints agree"),
                };
                format!(
                    "{log}: {entries} entries hold, {erased} of them without their personal part{agreed}; head {head}"
                )
            }
            Verdict::Broken { sequence, reason } => format!(
                "{log}: BROKEN at entry {sequence}: {reason}. Keep a copy of the file and compare with a backup."
            ),
        })
        .collect();
    let facts: Vec<Value> = verdicts
        .iter()
        .map(|(log, verdict)| match verdict {
            Verdict::Intact { entries, erased, first, head, checkpoints } => json!({
                "log": log, "intact": true, "entries": entries, "erased": erased, "first": first, "head": head,
                "checkpoints": checkpoints,
            }),
            Verdict::Broken { sequence, reason } => {
                json!({ "log": log, "intact": false, "sequence": sequence, "reason": reason })
            }
        })
        .collect();
    Answer::new(json!({ "logs": facts }), words.join("\n")).or_no(is_no)
}

/// Page by page, so that a long log needs no memory. Every line is JSON, with and without `--json`.
fn export(app: &App, log: &str, without_personal: bool, listener: &mut dyn Listener) -> Result<Answer, Error> {
    let mut filter = EntryFilter { limit: PAGE, ..EntryFilter::default() };
    let all = u64::try_from(read(app, log, |db| audit::count(db, &filter))?).unwrap_or(0);
    let mut count = 0_usize;
    loop {
        let page = read(app, log, |db| audit::list(db, &filter))?;
        for entry in &page {
            listener.line(&lines::fact(entry, !without_personal)?.to_string())?;
        }
        count += page.len();
        listener.progress(&Progress::of(format!("printing the log of {log}"), count as u64, all));
        match page.last() {
            Some(last) => filter.before = Some(last.sequence),
            None => return Ok(Answer::new(json!({ "log": log, "entries": count }), "")),
        }
    }
}
