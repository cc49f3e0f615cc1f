//! Whoever looks at the record of a restricted person leaves an entry in the audit log (promises.md, section 11).

use super::store;
use crate::error::Error;
use crate::privacy::audit::{self, Event};
use crate::web::Request;

/// Writes down that the record of a person was looked at, when their data is restricted; `place` names the place, such as
/// `page` or `api`. Call it when the record is shown, before the answer leaves.
pub fn note(request: &Request, kind: &str, id: i64, place: &'static str) -> Result<(), Error> {
    if !request.read(|db| store::is_on(db, kind, id))? {
        return Ok(());
    }
    // Looking stays possible while a workspace is being closed, and is written down then too: so not `request.write`.
    let event = Event::new("privacy.restricted.viewed").on(kind, id).detail("place", place);
    request.member()?.workspace.file.write(request.now(), &request.origin(), |tx| audit::record(tx, event))
}
