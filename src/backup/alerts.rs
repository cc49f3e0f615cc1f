//! Mails when backups are not made or do not read back: to the operators, and about one workspace to its owners. Once
//! for each incident, which ends when all is well again.

use super::drill::{self, Trouble};
use super::health;
use super::jobs::RUN;
use super::mirror;
use crate::app::App;
use crate::db::{Origin, Tx, installation};
use crate::error::Error;
use crate::id::WorkspaceId;
use crate::jobs::{self, Job, JobContext, Schedule, Work};
use crate::mail::queue::{self, Recipient, Whom};
use crate::mail::templates::{BackupTrouble, Content, Until};
use crate::members::memberships::{self, State};
use crate::members::{accounts, workspaces};

pub const ALERT: Job = Job {
    name: "backup.health.alert",
    purpose: "Mails operators and owners when backups are late, fail or do not read back.",
    schedule: Schedule::EveryMinutes(10),
    work: Work::Installation(alert),
};

/// Facts in `control.db` that begin so say what was mailed; each is gone when the incident is over.
const TOLD: &str = "backup_alert.";
/// What owners read of a drill that failed.
const DRILL_FAILED: &str = "in a drill it was restored from its backups, and not all of it came back whole. Whoever hosts it \
                            was told as well.";

fn alert(cx: &JobContext) -> Result<(), Error> {
    let (app, origin) = (&cx.app, cx.origin());
    // A machine that was off catches up by itself: what that run says counts.
    let states = app.read(jobs::list)?;
    if states
        .iter()
        .any(|job| job.name == RUN.name && (job.is_running || job.next_run_at.is_some_and(|due| due <= cx.now())))
    {
        return cx.progress("a run is under way");
    }
    let seen = health::look_at_folder(app)?;
    let link = app.public_url("/operator/backups");
    let words = seen.is_broken.then_some(seen.words);
    incident(app, &origin, "installation", words.as_deref(), &|tx, words| tell_operators(app, tx, words, &link))?;
    incident(app, &origin, "mirror", mirror::state::trouble(app)?.as_deref(), &|tx, words| {
        tell_operators(app, tx, words, &link)
    })?;
    // While the folder cannot be read, nobody knows of which workspace a copy is missing.
    let Ok(chain) = health::read(app) else { return Ok(()) };
    for place in drill::standing(app, &chain)? {
        let trouble = place.trouble(cx.now());
        let words = trouble.as_ref().map(|trouble| trouble.words(&place.name));
        let is_owners = matches!(trouble, Some(Trouble::Failed(_))) && place.place != WorkspaceId::CONTROL;
        incident(app, &origin, &format!("drill.{}", place.place), words.as_deref(), &|tx, words| {
            tell_operators(app, tx, words, &link)?;
            // What is wrong is said in paths, which are none of theirs.
            if is_owners { tell_owners(app, tx, place.place, DRILL_FAILED) } else { Ok(()) }
        })?;
    }
    // Before the first backup nothing is late.
    if chain.newest().is_none() {
        return Ok(());
    }
    let late = health::late(app, &chain)?;
    for place in app.read(workspaces::list)? {
        let is_late = late.iter().any(|(id, _)| *id == place.id);
        let words = is_late.then_some("no verified copy was made since yesterday. Whoever hosts it was told as well.");
        incident(app, &origin, &place.id.to_string(), words, &|tx, words| tell_owners(app, tx, place.id, words))?;
    }
    Ok(())
}

/// Forgets what was told about a workspace that is gone: the words name it. The caller audits.
pub fn forget(tx: &Tx, place: WorkspaceId) -> Result<(), Error> {
    installation::forget_fact(tx, &format!("{TOLD}{place}"))?;
    installation::forget_fact(tx, &format!("{TOLD}drill.{place}"))
}

/// Tells of an incident when it begins, and forgets it when it is over.
fn incident(
    app: &App,
    origin: &Origin,
    about: &str,
    words: Option<&str>,
    tell: &dyn Fn(&Tx, &str) -> Result<(), Error>,
) -> Result<(), Error> {
    let fact = format!("{TOLD}{about}");
    let was_told = app.read(|db| installation::fact(db, &fact))?.is_some();
    match words {
        Some(words) if !was_told => app.control.write_unaudited(app.now(), origin, |tx| {
            tell(tx, words)?;
            installation::set_fact(tx, &fact, words)
        }),
        None if was_told => app.control.write_unaudited(app.now(), origin, |tx| installation::forget_fact(tx, &fact)),
        _ => Ok(()),
    }
}

fn tell_operators(app: &App, tx: &Tx, words: &str, link: &str) -> Result<(), Error> {
    let content = content(app, tx, "Holdfast", words, link)?;
    for account in accounts::list(tx)?.into_iter().filter(|account| account.is_operator && account.is_active) {
        let whom = Whom::Account(account.id);
        queue::add(tx, &app.mailer, Recipient { address: &account.email, whom, workspace: None }, &content)?;
    }
    Ok(())
}

fn tell_owners(app: &App, tx: &Tx, id: WorkspaceId, words: &str) -> Result<(), Error> {
    let place = workspaces::find(tx, id)?;
    let link = app.public_url(&format!("/w/{}/settings/backups", place.slug));
    let content = content(app, tx, &place.name, words, &link)?;
    let members = memberships::list(tx, id)?;
    for owner in members.iter().filter(|one| one.is_owner() && one.state == State::Active && one.account_is_active) {
        let recipient = Recipient { address: &owner.email, whom: Whom::Account(owner.account), workspace: Some(id) };
        queue::add(tx, &app.mailer, recipient, &content)?;
    }
    Ok(())
}

fn content(app: &App, tx: &Tx, place: &str, words: &str, link: &str) -> Result<Content, Error> {
    BackupTrouble { site: &app.config.host_name(), place, words, at: Until::utc(tx.now), link }.content()
}
