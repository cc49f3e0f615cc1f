//! What one can do with erasures: plan one, begin one, have it done.

use super::finish;
use super::{Erasure, Plan, plan as planning, store};
use crate::app::App;
use crate::crypto::derive;
use crate::db::{Db, Origin, Tx, Workspace};
use crate::error::Error;
use crate::id::ErasureId;
use crate::privacy::audit::{self, Event};
use crate::privacy::purposes::service::acting_member;
use crate::privacy::subject::Person;

pub use super::store::{certificates, list, of_request, open, open_of};

/// The erasure with this id.
pub fn get(db: &Db, id: ErasureId) -> Result<Erasure, Error> {
    store::find(db, id)?.ok_or(Error::NotFound("erasure"))
}

/// What erasing the person would do now. Changes nothing.
pub fn plan(app: &App, workspace: &Workspace, person: &Person) -> Result<Plan, Error> {
    planning::with_files(app, workspace, person)
}

/// Writes down that a person is to be erased. From here on it happens: ask for the job [`super::jobs::FINISH`] after
/// the commit, or call [`execute`]. What is under a legal hold then waits for its release.
///
/// Fails with [`Error::NotFound`] when nothing is held of them, and with [`Error::Conflict`] when it is under way.
pub fn begin(tx: &Tx, person: &Person, request: Option<i64>) -> Result<ErasureId, Error> {
    if (person.kind.name)(tx, person.id())?.is_none() {
        return Err(Error::NotFound("person"));
    }
    if let Some(open) = store::open_of(tx, person.kind.word, person.id())? {
        return Err(Error::Conflict(format!("erasure {} of this person is under way already", open.id)));
    }
    let id = store::insert(
        tx,
        &store::NewRow { person, subject_hash: subject_hash(tx, person)?, request, asked_by: acting_member(tx.origin) },
    )?;
    let event = Event::new("privacy.erasure.begun").on(person.kind.word, person.id());
    audit::record(tx, event.detail("erasure", id.0))?;
    Ok(id)
}

/// The person in certificates: the same in each, and nobody without the workspace's key.
fn subject_hash(db: &Db, person: &Person) -> Result<String, Error> {
    let id = person.id().to_be_bytes();
    let hash = derive::mac(db.blind_index()?, &[b"holdfast/subject/v1\0", person.kind.word.as_bytes(), b"\0", &id]);
    Ok(data_encoding::HEXLOWER.encode(&hash))
}

/// Does what [`begin`] wrote down, to the end: rows, files, mails, the scan, the certificate. Gives the erasure as it
/// is then: done, or held. May be called again after any failure.
pub fn execute(app: &App, workspace: &Workspace, origin: &Origin, id: ErasureId) -> Result<Erasure, Error> {
    finish::finish(app, workspace, origin, id)
}
