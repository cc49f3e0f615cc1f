//! What one can do with exports: ask for one, look at it, take its file while it lasts.

use super::store::{self, NewRow};
use super::{Asked, Export};
use crate::clock::Timestamp;
use crate::db::{Db, Tx};
use crate::error::Error;
use crate::id::{ExportId, MemberId};
use crate::privacy::audit::{self, Event};

pub use super::store::list;

/// An export can be fetched for this long (promises.md, section 9).
const LASTS_MS: i64 = 7 * Timestamp::DAY;

/// The export with this id, when the member asked for it.
pub fn get(db: &Db, member: MemberId, id: ExportId) -> Result<Export, Error> {
    store::find(db, member, id)?.ok_or(Error::NotFound("export"))
}

/// Writes down what is to be taken out. `q` and `filter` have been read before, so that they are understood later.
pub fn create(tx: &Tx, member: MemberId, asked: &Asked) -> Result<ExportId, Error> {
    let Asked { object, format, q, filter, columns, purpose, with_consents } = *asked;
    let expires_at = tx.now.plus(LASTS_MS);
    let new =
        NewRow { object, format, q, filter, columns, purpose, with_consents, created_by: member, expires_at };
    let id = store::insert(tx, &new)?;
    let event = Event::new("people.export.created").on("export", id);
    audit::record(tx, event.detail("object", object).detail("format", format.word()).detail("purpose", purpose))?;
    Ok(id)
}

/// Notes that the file leaves, with the entry that says what is in it. Call it before the first byte.
pub fn take(tx: &Tx, export: &Export, event: Event) -> Result<(), Error> {
    store::count_taken(tx, export.id)?;
    audit::record(tx, event.on("export", export.id))
}

/// Writes down how many people a file for others left out, once its last line is written: restricted ones, those who
/// objected, and all who may not be used for its purpose.
pub fn note_left_out(tx: &Tx, export: Option<ExportId>, purpose: &str, people: i64) -> Result<(), Error> {
    let mut event = Event::new("people.export.people_left_out").detail("purpose", purpose).detail("people", people);
    if let Some(id) = export {
        store::set_left_out(tx, id, people)?;
        event = event.on("export", id);
    }
    audit::record(tx, event)
}
