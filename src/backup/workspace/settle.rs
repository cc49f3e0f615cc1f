//! The end of a restore, also of one that a crash cut off, and of the state that was put aside.

use super::{Into, Report, Restore, State, quarantine, stage, staging, store};
use crate::app::App;
use crate::backup::jobs;
use crate::db::{Actor, Origin, Tx, installation};
use crate::error::Error;
use crate::failpoint;
use crate::mail::queue::{self, Recipient, Whom};
use crate::mail::templates::{Until, WorkspaceRestored};
use crate::members::epoch;
use crate::members::memberships::{self, State as Standing};
use crate::members::workspaces;
use crate::privacy::audit::{self, Event, checkpoint};

/// After the rename: every way in is dead, the log of the installation says so, and the owners hear of it. Done again
/// after a crash, it changes nothing.
pub fn in_place(app: &App, origin: &Origin, id: i64) -> Result<(), Error> {
    let restore = app.read(|db| store::find(db, id))?.filter(|restore| restore.state == State::Switching);
    let Some(restore) = restore else { return Ok(()) };
    let mut report = restore.report.clone().unwrap_or_default();
    if !report.log_kept {
        // What was written of the log that is aside does not fit the one that came back.
        checkpoint::set_aside(&app.config.data, restore.workspace, restore.id)?;
    }
    app.write(origin, |tx| {
        report.ended += epoch::end_all_of(tx, restore.workspace)?;
        let text = serde_json::to_string(&report)?;
        store::end(tx, id, State::Done, "", Some(&text), Some(restore.workspace))?;
        let event = Event::new("backup.workspace_restore.done").on("workspace_restore", id);
        let event = event.in_workspace(restore.workspace).detail("into", Into::InPlace.word());
        audit::record(tx, event.detail("until", report.at.as_str()).detail("ended", report.ended))?;
        tell_owners(app, tx, &restore, &report)
    })?;
    failpoint::reach("restore.settled");
    stage::clear(&staging(&app.workspaces.folder_of(restore.workspace)))?;
    // The first copy of the state that is served now.
    crate::jobs::ask(app, &jobs::RUN_WORKSPACE, Some(restore.workspace))
}

/// Mails every owner what came back, and what to do next. Not one of the mails that wait.
pub fn tell_owners(app: &App, tx: &Tx, restore: &Restore, report: &Report) -> Result<(), Error> {
    let place = workspaces::find(tx, restore.workspace)?;
    let slug = if restore.into == Into::New { &restore.new_slug } else { &place.slug };
    let content = WorkspaceRestored {
        site: &app.config.host_name(),
        workspace: &place.name,
        change: match restore.into {
            Into::New => "Its state of an earlier moment is a workspace of its own now. Nothing in this one changed.",
            Into::InPlace => "It is back to an earlier moment. Everybody has to sign in again.",
        },
        moment: &report.at,
        at: Until::utc(tx.now),
        link: &app.public_url(&format!("/w/{slug}/settings/backups/hold")),
    }
    .content()?;
    let members = memberships::list(tx, restore.workspace)?;
    for owner in members.iter().filter(|one| one.is_owner() && one.state == Standing::Active && one.account_is_active) {
        let recipient = Recipient { address: &owner.email, whom: Whom::Account(owner.account), workspace: None };
        queue::add(tx, &app.mailer, recipient, &content)?;
    }
    Ok(())
}

/// Ends a restore that did not switch: what is served is what was served before. One whose file was renamed before
/// something failed is done all the same.
pub fn fail(app: &App, origin: &Origin, restore: &Restore, state: State, words: &str) -> Result<(), Error> {
    let staged = staging(&app.workspaces.folder_of(restore.workspace)).join("data.db");
    if app.read(|db| store::find(db, restore.id))?.is_some_and(|now| now.state == State::Switching) && !staged.exists()
    {
        return in_place(app, origin, restore.id);
    }
    app.write(origin, |tx| {
        if store::find(tx, restore.id)?.is_some_and(|now| now.state == State::Switching) {
            installation::release_outbound_of(tx, restore.workspace)?;
        }
        store::forget_quarantine(tx, restore.id)?;
        store::end(tx, restore.id, state, words, None, None)?;
        let event = Event::new("backup.workspace_restore.ended").on("workspace_restore", restore.id);
        audit::record(tx, event.in_workspace(restore.workspace).detail("state", state.word()))
    })?;
    stage::clear(&quarantine(&app.config.data, restore))?;
    stage::clear(&staging(&app.workspaces.folder_of(restore.workspace)))
}

/// Brings restores to an end that a crash cut off, at the start, before anything is served: the file was renamed, or it
/// was not. Returns how many there were.
pub fn resume(app: &App) -> Result<usize, Error> {
    let origin = Origin::local(Actor::Job("backup.workspace.resume"));
    let open = app.read(store::open)?;
    let mut ended = 0;
    for restore in open.iter().filter(|restore| restore.state != State::Asked) {
        let words = "The program ended before the switch. Nothing was changed; ask for it again.";
        fail(app, &origin, restore, State::Failed, words)?;
        ended += 1;
    }
    Ok(ended)
}

/// Destroys states that were put aside a week ago, and those that nobody can ask for any more.
pub fn destroy_old(app: &App, origin: &Origin) -> Result<usize, Error> {
    let kept = app.read(store::with_quarantine)?;
    let mut known = Vec::new();
    let mut destroyed = 0;
    for restore in &kept {
        let folder = quarantine(&app.config.data, restore);
        if restore.is_open() || restore.has_quarantine(app.now()) {
            known.extend(folder.file_name().map(ToOwned::to_owned));
            continue;
        }
        stage::clear(&folder)?;
        app.write(origin, |tx| {
            store::set_quarantine_gone(tx, restore.id)?;
            let event = Event::new("backup.quarantine.destroyed").on("workspace_restore", restore.id);
            audit::record(tx, event.in_workspace(restore.workspace))
        })?;
        destroyed += 1;
    }
    let Ok(entries) = std::fs::read_dir(app.config.data.join("quarantine")) else { return Ok(destroyed) };
    for entry in entries {
        let entry = entry?;
        // Of a workspace that was deleted, or of a restore that is working now.
        let is_known = known.contains(&entry.file_name());
        if !is_known && app.read(store::open)?.is_empty() {
            stage::clear(&entry.path())?;
        }
    }
    Ok(destroyed)
}
