//! Deleting an account, and what is counted of it.

use super::store;
use crate::app::App;
use crate::db::{Db, Origin, Tx};
use crate::error::Error;
use crate::gate;
use crate::id::AccountId;
use crate::members::accounts::{self, Account};
use crate::members::memberships;
use crate::privacy::audit::{self, Event};

/// Why the account cannot be deleted yet: a sentence for each thing to do first. Empty when it can.
pub fn obstacles(db: &Db, account: &Account) -> Result<Vec<String>, Error> {
    let mut obstacles: Vec<String> = memberships::service::sole_ownerships(db, account.id)?
        .into_iter()
        .map(|name| {
            format!("You are the only owner of {name}. Hand it over to another member first, or have it deleted.")
        })
        .collect();
    if account.is_operator && accounts::service::is_last_operator(db, account)? {
        obstacles.push("You are the only operator of this installation. Make somebody else one first.".into());
    }
    Ok(obstacles)
}

/// Deletes the account with its sessions, tokens, memberships, settings and mails, and empties what the audit logs
/// say about the person. Records stay with their workspace.
///
/// The workspaces come first and the account last, so that a run cut short is finished by asking again. Fails with
/// [`Error::Conflict`] when something stands in the way.
pub fn delete(app: &App, origin: &Origin, account: &Account) -> Result<(), Error> {
    refuse(app.read(|db| obstacles(db, account))?)?;
    for (workspace, member) in app.read(|db| store::memberships(db, account.id))? {
        let Ok(workspace) = gate::for_job(app, workspace) else { continue };
        workspace.file.write(app.now(), origin, |tx| {
            for forget in app.modules.iter().flat_map(|module| module.forget_member) {
                forget(tx, member)?;
            }
            let devices = audit::forget::devices_of(tx, &format!("member:{member}"))?;
            audit::record(tx, Event::new("members.member.erased").on("member", member).detail("devices", devices))
        })?;
    }
    app.usage.forget(account.id);
    let members = app.read(|db| store::memberships(db, account.id))?;
    app.write(origin, |tx| {
        // Asked again: somebody else may have left meanwhile.
        refuse(obstacles(tx, account)?)?;
        forget_in_log(tx, account)?;
        for (_, member) in &members {
            audit::forget::devices_of(tx, &format!("member:{member}"))?;
            // What others did with them names them too.
            audit::forget::about(tx, &format!("member:{member}"))?;
        }
        audit::forget::naming_about(tx, "invitation:", &account.email)?;
        store::delete(tx, account.id, &account.email)?;
        audit::record(tx, Event::new("members.account.erased").on("account", account.id))
    })?;
    // The log beside the file still holds the pages as they were.
    app.control.fold().map(drop)
}

fn refuse(obstacles: Vec<String>) -> Result<(), Error> {
    if obstacles.is_empty() { Ok(()) } else { Err(Error::Conflict(obstacles.join(" "))) }
}

fn forget_in_log(tx: &Tx, account: &Account) -> Result<(), Error> {
    audit::forget::about(tx, &format!("account:{}", account.id))?;
    audit::forget::devices_of(tx, &format!("account:{}", account.id))?;
    audit::forget::devices_of(tx, &format!("operator:{}", account.id))?;
    Ok(())
}

/// True when the pages that the person looks at are counted.
pub fn usage_counted(db: &Db, account: AccountId) -> Result<bool, Error> {
    store::usage_counted(db, account)
}

/// Counts the pages that the person looks at, or stops; what was counted so far goes when it stops (P-106).
pub fn set_usage_counted(tx: &Tx, account: AccountId, counted: bool) -> Result<(), Error> {
    store::set_usage_counted(tx, account, counted)?;
    audit::record(tx, Event::new("members.usage.changed").on("account", account).detail("counted", counted))
}
