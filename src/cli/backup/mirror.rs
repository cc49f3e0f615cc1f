//! `holdfast backup mirror`: the backup folder once more, off this machine, and the way back from there.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::watched;
use crate::app::App;
use crate::backup::Watch;
use crate::backup::mirror::run::{Asked, Outcome};
use crate::backup::mirror::{Place, fetch, run, verify};
use crate::cli::answer::{Answer, Failure, Listener, Progress};
use crate::cli::installation;
use crate::cli::terminal::Terminal;
use crate::config::Config;
use crate::db::{Actor, Origin};
use crate::error::Error;
use crate::logging;
use crate::web::format;

pub const EXAMPLES: &str = "Examples:
  holdfast backup mirror
  holdfast backup mirror --dry-run
  holdfast backup mirror --verify
  holdfast backup mirror --to /media/usb/holdfast

On a machine that holds nothing but the program and holdfast.toml with its section mirror:
  holdfast backup mirror --fetch /srv/fetched --data /srv/settings
  holdfast restore --from /srv/fetched --data /srv/holdfast --recovery-code";

#[derive(Debug, Clone, clap::Args, Serialize, Deserialize)]
pub struct Mirror {
    /// Copy to this folder instead of to the mirror of the settings
    #[arg(long, value_name = "DIR", conflicts_with = "fetch")]
    to: Option<PathBuf>,
    /// Copy nothing: read every byte of the mirror back and compare; ends with 1 when a file is not whole
    #[arg(long, conflicts_with_all = ["dry_run", "fetch", "more_than_a_fifth", "new_mirror"])]
    verify: bool,
    /// Say what would be copied and what would go, and change nothing
    #[arg(long, conflicts_with = "fetch")]
    dry_run: bool,
    /// Somebody looked: go on although more than a fifth of the mirror goes
    #[arg(long, conflicts_with_all = ["dry_run", "fetch"])]
    more_than_a_fifth: bool,
    /// The mirror that was made is lost for good: begin another in its place
    #[arg(long, conflicts_with_all = ["dry_run", "fetch"])]
    new_mirror: bool,
    /// Bring the mirror of the settings back into this empty folder, for holdfast restore; needs no installation
    #[arg(long, value_name = "DIR")]
    fetch: Option<PathBuf>,
}

impl Mirror {
    /// Folders are meant from where the shell stands, wherever the command is run.
    pub fn anchor(&mut self) -> Result<(), Failure> {
        for folder in [&mut self.to, &mut self.fetch].into_iter().flatten() {
            *folder = std::path::absolute(&*folder)?;
        }
        Ok(())
    }

    /// Whether it needs the settings and nothing else.
    pub fn is_fetch(&self) -> bool {
        self.fetch.is_some()
    }

    fn place(&self, config: &Config) -> Result<Place, Error> {
        match &self.to {
            Some(folder) => Ok(Place::Folder(folder.clone())),
            None => config.mirror_place()?.ok_or_else(|| {
                Error::Refused(
                    "the settings name no mirror: set mirror.folder or mirror.endpoint in holdfast.toml, or say --to DIR"
                        .into(),
                )
            }),
        }
    }
}

pub fn run(app: &App, mirror: &Mirror, listener: &mut dyn Listener) -> Result<Answer, Error> {
    let (origin, place) = (Origin::local(Actor::CommandLine), mirror.place(&app.config)?);
    if mirror.verify {
        let verdict = watched(app, listener, |watch| verify::verify(app, &origin, &place, watch))?;
        let mut lines = verdict.faults.clone();
        if lines.is_empty() {
            let objects = format::plural(verdict.objects as i64, "file", "files");
            lines.push(format!("{objects} in {} are whole, {}", verdict.to, format::size(verdict.bytes)));
        }
        if verdict.behind > 0 {
            lines.push(format!("{} more wait to be copied", verdict.behind));
        }
        let is_no = !verdict.faults.is_empty();
        return Ok(Answer::new(serde_json::to_value(&verdict)?, lines.join("\n")).or_no(is_no));
    }
    let asked = Asked { dry: mirror.dry_run, is_right: mirror.more_than_a_fifth, new_mirror: mirror.new_mirror };
    let outcome = watched(app, listener, |watch| run::run(app, &origin, &place, asked, watch))?;
    let words = words(&outcome, mirror.dry_run);
    Ok(Answer::new(serde_json::to_value(&outcome)?, words).or_no(outcome.waits))
}

fn words(outcome: &Outcome, is_dry: bool) -> String {
    let copied = format::plural(outcome.copied as i64, "file", "files");
    let bytes = format::size(outcome.copied_bytes);
    let mut lines = vec![match is_dry {
        true => format!("{}: {copied} would be copied, {bytes}; {} would go.", outcome.to, outcome.going),
        false => format!(
            "{}: {copied} copied, {bytes}; {} gone. It holds {} in {} files, up to backup {}.",
            outcome.to,
            outcome.deleted,
            format::size(outcome.bytes),
            outcome.objects,
            outcome.backup
        ),
    }];
    lines.extend(outcome.waits_words().map(|words| format!("{words}: --more-than-a-fifth does. Look at both first.")));
    lines.extend(outcome.remark.clone());
    lines.join("\n")
}

/// `--fetch`: without an installation, so that it runs on a machine that lost everything.
pub fn fetch_here(place: &installation::Place, mirror: &Mirror) -> Result<Answer, Failure> {
    logging::start("warn", false);
    let (config, _) = place.settings(&[])?;
    let into = mirror.fetch.clone().unwrap_or_default();
    let from = mirror.place(&config)?;
    let mut terminal = Terminal::new();
    let fetched = fetch::fetch(
        &from,
        &config.outbound_client()?,
        &into,
        &mut Watch {
            tell: &mut |words, done, of| terminal.progress(&Progress::of(words, done, of)),
            is_stopping: &|| false,
        },
    );
    terminal.clear();
    let fetched = fetched?;
    let mut lines = vec![format!(
        "{} of {} are in {}: {} held against their manifests.",
        format::plural(fetched.objects as i64, "file", "files"),
        fetched.from,
        fetched.into,
        format::plural(fetched.backups as i64, "backup", "backups"),
    )];
    lines.extend(fetched.faults.iter().map(|fault| format!("  not whole  {fault}")));
    lines.push(format!("Restore from it with holdfast restore --from {}", fetched.into));
    let is_no = !fetched.faults.is_empty();
    Ok(Answer::new(serde_json::to_value(&fetched).map_err(Error::from)?, lines.join("\n")).or_no(is_no))
}
