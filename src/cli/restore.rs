//! `holdfast restore`: an installation back from its backups, on a machine that holds nothing else.

use std::path::{Path, PathBuf};

use super::answer::{Answer, Failure, Listener, Progress};
use super::installation::{self, Place};
use super::terminal::{self, Terminal};
use crate::backup::Watch;
use crate::backup::restore::{self, Report, Wanted};
use crate::clock::Timestamp;
use crate::config::Config;
use crate::crypto::hardening;
use crate::error::Error;
use crate::keys::{Slots, Source};
use crate::logging;

#[derive(Debug, Clone, clap::Args)]
pub struct Restore {
    /// The backup folder
    #[arg(long, value_name = "DIR")]
    pub from: PathBuf,
    /// The state of this moment, in RFC 3339 [default: the newest]
    #[arg(long, value_name = "TIME")]
    pub at: Option<String>,
    /// Refuse when the newest backup is older than so many hours
    #[arg(long, value_name = "HOURS", default_value_t = 48)]
    pub max_age: u32,
    /// It is known that the newest backup is old
    #[arg(long)]
    pub accept_stale: bool,
    /// The head that the last backup printed, at least 16 digits of it; anything else is refused
    #[arg(long, value_name = "HEAD")]
    pub expect_head: Option<String>,
}

pub fn run(place: &Place, restore: &Restore) -> Result<Answer, Failure> {
    let (config, _) = place.settings(&[])?;
    logging::start("warn", false);
    hardening::no_core_dumps()?;
    let until = restore.at.as_deref().map(|text| {
        Timestamp::parse(text).ok_or_else(|| Failure::usage("--at takes a moment such as 2026-11-20T10:15:00Z"))
    });
    let wanted = Wanted {
        from: std::path::absolute(&restore.from)?,
        until: until.transpose()?,
        max_age_ms: i64::from(restore.max_age) * Timestamp::HOUR,
        accepts_stale: restore.accept_stale,
        expected_head: restore.expect_head.clone(),
    };
    let source = key_source(place, &config, &wanted.from)?;
    let mut terminal = Terminal::new();
    let report = restore::restore(
        &config,
        &wanted,
        &source,
        &|config, keys, lock| installation::open(config, keys, lock).map_err(|failure| Error::Refused(failure.message)),
        &mut Watch {
            tell: &mut |words, done, of| terminal.progress(&Progress::of(words, done, of)),
            is_stopping: &|| false,
        },
    );
    terminal.clear();
    let report = report?;
    let is_no = !report.missing.is_empty();
    Ok(Answer::new(serde_json::to_value(&report).map_err(Error::from)?, words(&report, &config.data)).or_no(is_no))
}

/// Flags, systemd, settings; else the passphrase, when the backup knows of one.
fn key_source(place: &Place, config: &Config, from: &Path) -> Result<Source, Failure> {
    if place.recovery_code {
        return Ok(Source::RecoveryCode(terminal::read_secret("Recovery code: ")?));
    }
    if let Some(path) = &config.keys.master_key_file {
        return Ok(Source::File { path: path.clone(), may_lie_in_data: false });
    }
    if installation::has_credential() {
        return Ok(Source::Systemd);
    }
    if Slots::read(&from.join("keys/slots"))?.is_some_and(|slots| slots.has_passphrase()) {
        return Ok(Source::Passphrase(installation::ask_passphrase()?));
    }
    Err(Failure::refused(
        "say how the master key is reached: --master-key-file FILE, or --recovery-code; nothing was written",
    ))
}

fn words(report: &Report, data: &Path) -> String {
    let mut lines = vec![format!("{} holds the state of {} or just before:", data.display(), report.until.rfc3339())];
    let place = |one: &restore::Restored| {
        let reached = one.reached.as_ref().map_or_else(String::new, |reached| format!(": {}", reached.words()));
        format!("  {:<24} backup {}, of {}{reached}", one.place, one.backup, one.at.rfc3339())
    };
    lines.extend(report.places.iter().map(place));
    lines.extend(report.missing.iter().map(|slug| format!("  {slug:<24} in no backup up to then; it is not back")));
    let erased = report.replayed.iter().filter(|one| one.what == "erase").count();
    let others = report.replayed.len() - erased;
    if others > 0 {
        lines.push(format!("{others} restrictions, objections, withdrawals and unsubscribes since then hold again."));
    }
    if erased > 0 {
        lines.push(format!("{erased} people who were erased since then were erased again."));
    }
    if report.settings_are_back {
        lines.push(
            "holdfast.toml is back as well: look whether its folders and addresses are those of this machine.".into(),
        );
    }
    lines.push("Every session, link, invitation and API token from before is dead.".into());
    lines.push(format!(
        "{} mails wait. Mail and retention stay on hold until an operator confirms on /operator/hold.",
        report.held_mails
    ));
    lines.push("Start it with holdfast serve. What was done stands in restore-report.json.".into());
    lines.join("\n")
}
