//! Makes workspaces so that none is ever half there, and renames them.

use super::{Workspace, read, read_name, store};
use crate::app::App;
use crate::clock::Timestamp;
use crate::db::open::RawKey;
use crate::db::{Db, Origin, Tx};
use crate::error::Error;
use crate::id::{AccountId, WorkspaceId};
use crate::members::roles::{self, Granter};
use crate::members::{accounts, invitations, memberships};
use crate::privacy::audit::{self, Event};

/// Who owns a new workspace.
enum FirstOwner {
    Account(AccountId),
    /// Nobody has an account with this address yet: it gets an invitation.
    Invited(String),
}

/// Makes a workspace that an account owns: its key, its folder and file, and last its row in `control.db`.
///
/// Nothing is served before the row is there. Fails with [`Error::Invalid`] on `name` or `slug`.
pub fn create(app: &App, origin: &Origin, name: &str, slug: &str, owner: AccountId) -> Result<WorkspaceId, Error> {
    make(app, origin, app.now(), name, slug, &FirstOwner::Account(owner))
}

/// Like [`create`], as if it had been done at another moment: for invented history, which a workspace must precede.
pub fn create_at(
    app: &App,
    origin: &Origin,
    at: Timestamp,
    name: &str,
    slug: &str,
    owner: AccountId,
) -> Result<WorkspaceId, Error> {
    make(app, origin, at, name, slug, &FirstOwner::Account(owner))
}

/// Like [`create`], for whoever reads this address. Without an account there they get an invitation
/// to own the workspace; until they follow it nobody can enter. Also fails on the field `owner`.
pub fn create_for(app: &App, origin: &Origin, name: &str, slug: &str, owner_email: &str) -> Result<WorkspaceId, Error> {
    let email = accounts::read_email("owner", owner_email);
    let (email, (name, slug)) = match (email, read(name, slug)) {
        (Ok(email), Ok(rest)) => (email, rest),
        (Err(Error::Invalid(mut wrong)), Err(Error::Invalid(rest))) => {
            wrong.splice(0..0, rest);
            return Err(Error::Invalid(wrong));
        }
        (Err(error), _) | (_, Err(error)) => return Err(error),
    };
    let owner = match app.read(|db| accounts::by_email(db, &email))? {
        Some(account) if account.is_active => FirstOwner::Account(account.id),
        Some(_) => return Err(Error::field("owner", "disabled", "This account is switched off. Enable it first.")),
        None => FirstOwner::Invited(email),
    };
    make(app, origin, app.now(), &name, &slug, &owner)
}

fn make(
    app: &App,
    origin: &Origin,
    at: Timestamp,
    name: &str,
    slug: &str,
    owner: &FirstOwner,
) -> Result<WorkspaceId, Error> {
    let making = Making { at, name, slug };
    let create = |id, key| app.workspaces.create(id, key);
    make_filled(app, origin, &making, &mut { create }, &mut |tx, id| settle(tx, app, id, owner))
}

/// A workspace that is to be.
pub struct Making<'a> {
    pub at: Timestamp,
    pub name: &'a str,
    pub slug: &'a str,
}

/// Makes a workspace. `create` makes its file under the key, and whatever is in it; `settle` brings in its roles and
/// members, in the transaction that puts it in service. Whatever fails leaves nothing behind.
///
/// Fails with [`Error::Invalid`] on `name` or `slug`.
pub fn make_filled(
    app: &App,
    origin: &Origin,
    making: &Making,
    create: &mut dyn FnMut(WorkspaceId, RawKey) -> Result<(), Error>,
    settle: &mut dyn FnMut(&Tx, WorkspaceId) -> Result<(), Error>,
) -> Result<WorkspaceId, Error> {
    let (name, slug) = read(making.name, making.slug)?;
    let id = WorkspaceId(crate::crypto::random());
    app.control.write_unaudited(app.now(), origin, |tx| {
        refuse_taken(tx, &slug)?;
        store::note_begun(tx, id)
    })?;
    let made = app
        .keys
        .create_workspace_key(id, app.now())
        .and_then(|keys| app.remember_keyring().map(|()| keys))
        .and_then(|keys| create(id, keys.database_key()))
        .and_then(|()| app.control.write(making.at, origin, |tx| enter(tx, id, &name, &slug, settle)));
    if let Err(error) = made {
        if let Err(left) = clear_away(app, origin, id) {
            tracing::warn!(error = %left, "what a failed workspace left behind is cleared away at the next start");
        }
        return Err(error);
    }
    Ok(id)
}

/// Fails with [`Error::Invalid`] when no workspace could be made with this name and slug now.
pub fn refuse_unusable(db: &Db, name: &str, slug: &str) -> Result<(), Error> {
    let (_, slug) = read(name, slug)?;
    refuse_taken(db, &slug)
}

/// The step that counts: all rows in one transaction.
fn enter(
    tx: &Tx,
    id: WorkspaceId,
    name: &str,
    slug: &str,
    settle: &mut dyn FnMut(&Tx, WorkspaceId) -> Result<(), Error>,
) -> Result<(), Error> {
    refuse_taken(tx, slug)?;
    store::insert(tx, id, slug, name)?;
    store::note_ended(tx, id)?;
    let event = Event::new("members.workspace.created").on("workspace", id).in_workspace(id);
    audit::record(tx, event.personal("name", name).personal("slug", slug))?;
    settle(tx, id)
}

/// The built-in roles, and the first owner.
fn settle(tx: &Tx, app: &App, id: WorkspaceId, owner: &FirstOwner) -> Result<(), Error> {
    let role = roles::create_builtin(tx, id)?;
    match owner {
        FirstOwner::Account(account) => {
            memberships::add(tx, id, *account, role)?;
        }
        FirstOwner::Invited(email) => {
            invitations::invite(tx, app, id, &Granter::installation(), email, role)?;
        }
    }
    Ok(())
}

fn refuse_taken(db: &Db, slug: &str) -> Result<(), Error> {
    match store::by_slug(db, slug)? {
        Some(_) => Err(Error::field("slug", "taken", "Another workspace has this address. Choose a different one.")),
        None => Ok(()),
    }
}

/// Clears away what unfinished attempts to make a workspace left: key, folder, note. Call it at start,
/// before anything is served. Touches nothing that was not noted as unfinished; returns how many there were.
pub fn clean_half_made(app: &App) -> Result<usize, Error> {
    let origin = Origin::local(crate::db::Actor::Job("members.workspaces.clean"));
    let found = app.read(store::half_made)?;
    for id in &found {
        clear_away(app, &origin, *id)?;
    }
    Ok(found.len())
}

fn clear_away(app: &App, origin: &Origin, id: WorkspaceId) -> Result<(), Error> {
    // The row and the end of the note are one transaction, so this cannot be: but a key is gone for ever.
    if app.read(|db| store::find(db, id))?.is_some() {
        return Err(Error::internal("a workspace in service was noted as half made"));
    }
    app.workspaces.close(id);
    match std::fs::remove_dir_all(app.workspaces.folder_of(id)) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    app.keys.destroy_workspace_key(id, app.now())?;
    app.control.write_unaudited(app.now(), origin, |tx| store::note_ended(tx, id))
}

/// Gives the workspace another name. Its address stays, so that links go on working.
pub fn rename(tx: &Tx, id: WorkspaceId, name: &str) -> Result<(), Error> {
    let name = read_name(name).map_err(|error| Error::Invalid(vec![error]))?;
    let before = find(tx, id)?;
    if before.name == name {
        return Ok(());
    }
    store::rename(tx, id, &name)?;
    let event = Event::new("members.workspace.renamed").on("workspace", id).in_workspace(id);
    audit::record(tx, event.personal("from", before.name).personal("to", name))
}

/// Every workspace by name, whatever its state.
pub fn list(db: &Db) -> Result<Vec<Workspace>, Error> {
    store::list(db)
}

pub fn find(db: &Db, id: WorkspaceId) -> Result<Workspace, Error> {
    store::find(db, id)?.ok_or(Error::NotFound("workspace"))
}

pub fn find_by_slug(db: &Db, slug: &str) -> Result<Workspace, Error> {
    store::by_slug(db, slug)?.ok_or(Error::NotFound("workspace"))
}
