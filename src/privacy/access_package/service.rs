//! What one can do with a package: ask for it, release it, give out its link, take it once, let it go.

use std::io::Write;

use super::gather;
use super::store::{self, Made};
use super::team::Team;
use super::writing::{self, Source};
use super::{AccessPackage, KIND, LASTS_MS};
use crate::app::App;
use crate::clock::Timestamp;
use crate::crypto::object::Reader;
use crate::crypto::random_key;
use crate::crypto::token::NewToken;
use crate::db::{Actor, Db, Origin, Tx, Workspace};
use crate::error::Error;
use crate::id::{AccessPackageId, MemberId};
use crate::members::workspaces;
use crate::privacy::audit::{self, Event};
use crate::privacy::controller;
use crate::privacy::subject::{self, Person};

pub use super::store::{of, of_request};

/// Asks for a package of all that is held of a person; the job [`super::jobs::BUILD`] makes it. The caller rings
/// the job after the commit: `jobs::ask(app, &access_package::jobs::BUILD, Some(workspace))`.
///
/// With `request`, the id of a person's request, the package waits for [`release`] before anybody can take it.
/// Fails with [`Error::NotFound`] when nobody of this id is known.
pub fn build(tx: &Tx, person: &Person, request: Option<i64>) -> Result<AccessPackageId, Error> {
    if (person.kind.name)(tx, person.id())?.is_none() {
        return Err(Error::NotFound(person.kind.word));
    }
    let id = store::insert(tx, person, request, acting_member(tx.origin), tx.now.plus(LASTS_MS))?;
    let event = Event::new("privacy.access_package.asked_for").on(person.kind.word, person.id());
    audit::record(tx, event.detail("package", id.0).detail("request", request))?;
    Ok(id)
}

/// Lets a package be taken: identity, ownership and scope of its request are checked (P-095).
pub fn release(tx: &Tx, id: AccessPackageId) -> Result<(), Error> {
    let package = get(tx, id)?;
    if package.released_at.is_some() {
        return Ok(());
    }
    store::set_released(tx, id)?;
    record(tx, "privacy.access_package.released", &package)
}

pub fn get(db: &Db, id: AccessPackageId) -> Result<AccessPackage, Error> {
    store::find(db, id)?.ok_or(Error::NotFound("access package"))
}

/// The one link that opens a package without an account: the text of it, which is shown or sent once. The link of
/// before opens nothing any more, and a package that was taken can be taken once more.
pub fn link(tx: &Tx, id: AccessPackageId) -> Result<NewToken, Error> {
    let package = get(tx, id)?;
    demand_here(&package, tx.now)?;
    let token = KIND.link(tx, id.0)?;
    record(tx, "privacy.access_package.linked", &package)?;
    Ok(token)
}

/// Notes that the package leaves; nobody takes it twice. Call it before the first byte.
///
/// Fails with [`Error::Conflict`], in words, when it was taken, is not released, or its time is over.
pub fn take(tx: &Tx, id: AccessPackageId) -> Result<AccessPackage, Error> {
    let package = get(tx, id)?;
    demand_here(&package, tx.now)?;
    KIND.take(tx, id.0)?;
    record(tx, "privacy.access_package.taken", &package)?;
    Ok(package)
}

fn demand_here(package: &AccessPackage, now: Timestamp) -> Result<(), Error> {
    KIND.demand_here(package.state, package.released_at.is_some(), package.expires_at, now)
}

/// Opens what was sealed. Whether it may be taken was asked before.
pub fn open(app: &App, workspace: &Workspace, package: &AccessPackage) -> Result<Reader<std::fs::File>, Error> {
    KIND.open(app, workspace, package.id.0, &package.sealed)
}

/// Gathers, writes and seals one package. What was begun and cut off before is begun again: nothing of it is left
/// but a file that nobody can open, and the sweep removes that.
pub fn make(app: &App, workspace: &Workspace, origin: &Origin, package: &AccessPackage) -> Result<(), Error> {
    let settle = |work: &dyn Fn(&Tx) -> Result<(), Error>| workspace.file.write(app.now(), origin, |tx| work(tx));
    let kind = subject::kind(app.modules, &package.person_kind)
        .ok_or_else(|| Error::internal("a package of a kind of person that no module has"))?;
    let team = Team::of(app, workspace.id)?;
    let (person, held, identities, controller) = workspace.file.read(app.now(), |db| {
        let person = Person::of(db, kind, package.person_id)?;
        let held = gather::gather(db, app.modules, &person, &team)?;
        let identities = (kind.identities)(db, person.id())?;
        Ok((person, held, identities, controller::service::read(db)?))
    })?;
    if held.sections.iter().all(|section| section.table.name == "access_packages" || section.table.name == "audit") {
        return settle(&|tx| {
            store::set_failed(tx, package.id)?;
            record(tx, "privacy.access_package.failed", package)
        });
    }
    let described = app.read(|db| workspaces::find(db, workspace.id))?;
    let source = Source {
        app,
        workspace,
        page: app.public_url(&format!("/p/{}/privacy", described.slug)),
        name: described.name,
        controller,
        person: &person,
        identities,
        held: &held,
        made_at: app.now(),
    };
    let steps = writing::steps(&source);
    let progress = |step: usize| {
        workspace.file.write_unaudited(app.now(), origin, |tx| store::set_step(tx, package.id, step, steps))
    };
    progress(0)?;
    let keys = app.keys.workspace(workspace.id)?;
    let blobs = workspace.packages();
    let key = random_key();
    let mut out = blobs.create(&key, keys.version)?;
    let written = writing::write(&source, &mut out, &mut |step| progress(step))?;
    out.flush()?;
    let blob = out.finish()?;
    blobs.place(&blob)?;
    let sealed = KIND.seal(&keys, package.id.0, &key);
    let made = Made {
        object: &blob.object,
        sealed_key: &sealed,
        key_version: keys.version,
        size: blob.size,
        sha256: &blob.sha256,
        items: held.items(),
        files: written.files,
        damaged: written.damaged,
        redacted: held.redacted.all(),
    };
    let kept = workspace.file.write(app.now(), origin, |tx| {
        let kept = store::set_ready(tx, package.id, &made)?;
        if kept {
            let event = Event::new("privacy.access_package.made").on(&package.person_kind, package.person_id);
            let event = event.detail("package", package.id.0).detail("items", made.items).detail("files", made.files);
            audit::record(tx, event.detail("damaged", made.damaged).detail("redacted", made.redacted))?;
        }
        Ok(kept)
    })?;
    if kept {
        blob.keep();
    }
    Ok(())
}

/// Packages that wait to be made.
pub fn building(db: &Db) -> Result<Vec<AccessPackage>, Error> {
    store::building(db)
}

/// Destroys the keys of packages whose time is over, held or not: a copy is no evidence beyond what it was made of. The
/// files go by [`parcel::sweep`](crate::privacy::parcel::sweep), the rows by the rule of their table.
pub fn expire(tx: &Tx) -> Result<(), Error> {
    let expired = KIND.expire(tx)?;
    if expired == 0 {
        return Ok(());
    }
    audit::record(tx, Event::new("privacy.access_package.expired").detail("expired", expired))
}

/// The package that a link opens; the text is what stands in its address.
pub fn of_link(db: &Db, text: &str) -> Result<Option<AccessPackage>, Error> {
    KIND.of_link(db, text)?.map(|id| get(db, AccessPackageId(id))).transpose()
}

fn record(tx: &Tx, action: &'static str, package: &AccessPackage) -> Result<(), Error> {
    audit::record(tx, Event::new(action).on(&package.person_kind, package.person_id).detail("package", package.id.0))
}

fn acting_member(origin: &Origin) -> Option<MemberId> {
    match origin.actor {
        Actor::Member(id) | Actor::Token(_, id) => Some(id),
        _ => None,
    }
}
