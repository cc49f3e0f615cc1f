//! `holdfast backup`: make one, see what there is, open it again, let old ones go.

mod drill;
mod mirror;
mod scrub;

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::app::App;
use crate::backup::chain::Chain;
use crate::backup::folder::Folder;
use crate::backup::run::{self, Asked};
use crate::backup::{Watch, prune, verify};
use crate::cli::answer::{Answer, Listener, Progress, table};
use crate::db::{Actor, Origin};
use crate::error::Error;
use crate::web::format;

#[derive(Debug, Clone, clap::Subcommand, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Back up every workspace and the installation now, and read each copy back; ends with 1 when one fails
    #[command(after_help = "Example:\n  holdfast backup run --json")]
    Run {
        /// The backups that were made are lost for good: begin anew in the folder of the settings
        #[arg(long)]
        new_folder: bool,
    },
    /// Every backup that is kept
    #[command(after_help = "Example:\n  holdfast backup list --json")]
    List,
    /// Let copies go that the rule does not keep: 30 days, 12 weeks, 6 months
    #[command(after_help = "Examples:\n  holdfast backup prune --dry-run\n  holdfast backup prune --more-than-a-fifth")]
    Prune {
        /// Say how many would go, and change nothing
        #[arg(long)]
        dry_run: bool,
        /// Somebody looked at the clock and the list: go on although more than a fifth of the copies goes
        #[arg(long, conflicts_with = "dry_run")]
        more_than_a_fifth: bool,
    },
    /// Restore from the backups into a scratch file and compare with what is live; ends with 1 when one differs
    #[command(after_help = "Examples:\n  holdfast backup drill\n  holdfast backup drill --workspace alpha --json")]
    Drill(drill::Drill),
    /// Copy the backup folder to its mirror, and let go there what went here
    #[command(after_help = mirror::EXAMPLES)]
    Mirror(mirror::Mirror),
    /// Open the newest copy of every place again, with its files and what came since; ends with 1 when one is not whole
    #[command(after_help = "Examples:\n  holdfast backup verify\n  holdfast backup verify --all")]
    Verify {
        /// Every copy that is kept, and all that was committed between them, not only the newest
        #[arg(long)]
        all: bool,
    },
    /// Take people who were erased out of the backups that are older than their erasure; by itself once a week
    #[command(after_help = "Examples:\n  holdfast backup scrub\n  holdfast backup scrub --at-once")]
    Scrub {
        /// Also from copies of the last two weeks: moments between those can no longer be restored, the copies can. A
        /// backup is made first when the newest one is older than an erasure
        #[arg(long)]
        at_once: bool,
    },
}

pub use mirror::fetch_here;

pub fn run(app: &Arc<App>, command: &Command, listener: &mut dyn Listener) -> Result<Answer, Error> {
    match command {
        Command::Run { new_folder } => make(app, *new_folder, listener),
        Command::List => list(app),
        Command::Prune { dry_run, more_than_a_fifth } => prune(app, *dry_run, *more_than_a_fifth, listener),
        Command::Drill(asked) => drill::run(app, asked, listener),
        Command::Mirror(mirror) => mirror::run(app, mirror, listener),
        Command::Verify { all } => look(app, *all, listener),
        Command::Scrub { at_once } => scrub::run(app, *at_once, listener),
    }
}

/// Passes on how far a work is; the process's end ends it.
fn watched<T>(
    app: &App,
    listener: &mut dyn Listener,
    work: impl FnOnce(&mut Watch) -> Result<T, Error>,
) -> Result<T, Error> {
    work(&mut Watch {
        tell: &mut |words, done, of| listener.progress(&Progress::of(words, done, of)),
        is_stopping: &|| app.wake.is_stopping(),
    })
}

fn make(app: &App, new_folder: bool, listener: &mut dyn Listener) -> Result<Answer, Error> {
    let origin = Origin::local(Actor::CommandLine);
    let asked = Asked { new_folder, ..Asked::default() };
    let outcome = watched(app, listener, |watch| run::run(app, &origin, asked, watch))?;
    crate::backup::mirror::jobs::ask(app)?;
    let mut lines = vec![format!(
        "Backup {}: {} verified, {} files, {}; head {}",
        outcome.number.unwrap_or_default(),
        format::plural(outcome.verified as i64, "copy", "copies"),
        outcome.files,
        format::size(outcome.bytes),
        outcome.head,
    )];
    lines.extend(outcome.failed.iter().map(|trouble| format!("  failed  {}: {}", trouble.place, trouble.reason)));
    Ok(Answer::new(serde_json::to_value(&outcome)?, lines.join("\n")).or_no(!outcome.failed.is_empty()))
}

fn list(app: &App) -> Result<Answer, Error> {
    let folder = Folder::of(app)?;
    let chain = Chain::of(app, &folder)?;
    let mut facts = Vec::new();
    let mut rows = Vec::new();
    for (manifest, kept) in chain.manifests.iter().zip(&chain.kept) {
        let copies: Vec<_> = manifest.places.iter().filter(|place| kept.places.contains(&place.id)).collect();
        let verified = copies.iter().filter(|copy| copy.verified.is_some()).count();
        let bytes: u64 = copies.iter().map(|copy| copy.size).sum();
        facts.push(json!({
            "number": manifest.number, "started_at": manifest.started, "finished_at": manifest.finished,
            "copies": copies.len(), "verified": verified, "bytes": bytes, "failed": manifest.failed.len(),
            "hash": kept.hash,
        }));
        rows.push(vec![
            manifest.number.to_string(),
            manifest.started.rfc3339(),
            format!("{verified} of {}", copies.len() + manifest.failed.len()),
            format::size(bytes),
            kept.hash[..16].to_owned(),
        ]);
    }
    let words = match rows.is_empty() {
        true => format!("There is no backup in {} yet; holdfast backup run makes one.", folder.shown()),
        false => table(&["NUMBER", "MADE", "VERIFIED", "SIZE", "HEAD"], &rows),
    };
    Ok(Answer::new(json!({ "folder": folder.root, "head": chain.head(), "backups": facts }), words))
}

fn prune(app: &App, dry: bool, is_right: bool, listener: &mut dyn Listener) -> Result<Answer, Error> {
    let origin = Origin::local(Actor::CommandLine);
    let pruned = watched(app, listener, |watch| prune::prune(app, &origin, is_right, dry, watch))?;
    let words = match (pruned.waits, dry) {
        (true, _) => format!(
            "{} of {} copies would go: more than a fifth. Look at the clock and at holdfast backup list; when it is right, \
             say so with --more-than-a-fifth. Nothing was deleted.",
            pruned.going, pruned.copies
        ),
        (false, true) => format!("{} of {} copies would go.", pruned.going, pruned.copies),
        (false, false) => {
            format!("{} of {} copies went; {} freed.", pruned.gone, pruned.copies, format::size(pruned.freed))
        }
    };
    Ok(Answer::new(serde_json::to_value(&pruned)?, words).or_no(pruned.waits))
}

fn look(app: &App, all: bool, listener: &mut dyn Listener) -> Result<Answer, Error> {
    let verdict = watched(app, listener, |watch| verify::verify(app, all, watch))?;
    let mut lines = verdict.faults.clone();
    if lines.is_empty() {
        lines.push(format!(
            "{}, {} and {} of {} are whole; head {}",
            format::plural(verdict.copies as i64, "copy", "copies"),
            format::plural(i64::try_from(verdict.segments).unwrap_or(i64::MAX), "segment", "segments"),
            format::plural(verdict.files as i64, "file", "files"),
            format::plural(verdict.backups as i64, "backup", "backups"),
            verdict.head
        ));
    }
    let is_no = !verdict.faults.is_empty();
    Ok(Answer::new(serde_json::to_value(&verdict)?, lines.join("\n")).or_no(is_no))
}
