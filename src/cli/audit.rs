//! `holdfast audit`: checks the chain of a log, or prints its entries.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::answer::{Answer, Listener, Progress};
use super::command;
use crate::app::App;
use crate::db::Db;
use crate::error::Error;
use crate::gate;
use crate::privacy::audit::{self, Entry, EntryFilter, Verdict};

/// Entries read at a time while printing.
const PAGE: i64 = 500;
/// The name of the installation's own log.
const CONTROL: &str = "control";

#[derive(Debug, Clone, clap::Subcommand, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Check that no entry was changed, removed or put in; ends with 1 when one was
    #[command(after_help = "Examples:\n  holdfast audit verify --all\n  holdfast audit verify saltmere-instruments")]
    Verify {
        /// The workspace, or `control` for the installation's own log
        #[arg(required_unless_present = "all")]
        log: Option<String>,
        /// Check every log there is
        #[arg(long, conflicts_with = "log")]
        all: bool,
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

pub fn run(app: &Arc<App>, command: &Command, listener: &mut dyn Listener) -> Result<Answer, Error> {
    match command {
        Command::Verify { log: Some(log), .. } => Ok(verified(vec![(log.clone(), verify(app, log, listener)?)])),
        Command::Verify { log: None, .. } => {
            let mut verdicts = Vec::new();
            for log in logs(app)? {
                let verdict = verify(app, &log, listener)?;
                verdicts.push((log, verdict));
            }
            Ok(verified(verdicts))
        }
        Command::Export { log, without_personal } => export(app, log, *without_personal, listener),
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

/// Checks one log from its first entry to its last.
pub fn verify(app: &App, log: &str, listener: &mut dyn Listener) -> Result<Verdict, Error> {
    let words = format!("checking the log of {log}");
    read(app, log, |db| {
        audit::verify_watched(db, &mut |done, of| listener.progress(&Progress::of(words.as_str(), done, of)))
    })
}

fn read<T>(app: &App, log: &str, work: impl FnOnce(&Db) -> Result<T, Error>) -> Result<T, Error> {
    if log == CONTROL {
        return app.read(work);
    }
    let id = command::workspace(app, log)?;
    gate::for_job(app, id)?.file.read(app.now(), work)
}

fn verified(verdicts: Vec<(String, Verdict)>) -> Answer {
    let is_no = verdicts.iter().any(|(_, verdict)| matches!(verdict, Verdict::Broken { .. }));
    let words: Vec<String> = verdicts
        .iter()
        .map(|(log, verdict)| match verdict {
            Verdict::Intact { entries, erased, head, .. } => {
                format!("{log}: {entries} entries hold, {erased} of them without their personal part; head {head}")
            }
            Verdict::Broken { sequence, reason } => format!(
                "{log}: BROKEN at entry {sequence}: {reason}. Keep a copy of the file and compare with a backup."
            ),
        })
        .collect();
    let facts: Vec<Value> = verdicts
        .iter()
        .map(|(log, verdict)| match verdict {
            Verdict::Intact { entries, erased, first, head } => {
                json!({ "log": log, "intact": true, "entries": entries, "erased": erased, "first": first, "head": head })
            }
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
            listener.line(&fact(entry, without_personal)?.to_string())?;
        }
        count += page.len();
        listener.progress(&Progress::of(format!("printing the log of {log}"), count as u64, all));
        match page.last() {
            Some(last) => filter.before = Some(last.sequence),
            None => return Ok(Answer::new(json!({ "log": log, "entries": count }), "")),
        }
    }
}

fn fact(entry: &Entry, without_personal: bool) -> Result<Value, Error> {
    let parsed = |text: &str| if text.is_empty() { Ok(Value::Null) } else { serde_json::from_str(text) };
    let mut fact = json!({
        "sequence": entry.sequence, "at": entry.at, "actor": entry.actor, "action": entry.action, "object": entry.object,
        "workspace": entry.workspace.map(|id| id.to_string()), "network": entry.network,
        "detail": parsed(&entry.detail)?, "hash": entry.hash,
    });
    if !without_personal {
        fact["personal"] = parsed(entry.personal.as_deref().unwrap_or(""))?;
        fact["erased"] = entry.erased.into();
    }
    Ok(fact)
}
