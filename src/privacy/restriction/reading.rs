//! Whoever looks at the record of a person whose data is restricted or held leaves an entry in the audit log
//! (promises.md, section 11).

use super::store;
use crate::error::Error;
use crate::privacy::audit::{self, Event};
use crate::privacy::holds;
use crate::privacy::subject::{self, Person};
use crate::web::Request;

/// Writes down that the record of a person was looked at, when their data is restricted or under a legal hold; `place`
/// names the place, such as `page` or `api`. Call it when the record is shown, before the answer leaves.
pub fn note(request: &Request, kind: &str, id: i64, place: &'static str) -> Result<(), Error> {
    let modules = request.app.modules;
    let (is_restricted, held) = request.read(|db| {
        let held = match subject::kind(modules, kind) {
            Some(kind) if holds::service::count_in_force(db)? > 0 => {
                holds::of_person(db, modules, &Person::of(db, kind, id)?)?
            }
            _ => Vec::new(),
        };
        Ok((store::is_on(db, kind, id)?, held))
    })?;
    if !is_restricted && held.is_empty() {
        return Ok(());
    }
    let numbers: Vec<i64> = held.iter().map(|hold| hold.id.0).collect();
    // Looking stays possible while a workspace is being closed, and is written down then too: so not `request.write`.
    request.member()?.workspace.file.write(request.now(), &request.origin(), |tx| {
        if is_restricted {
            let event = Event::new("privacy.restricted.viewed").on(kind, id);
            audit::record(tx, event.detail("place", place))?;
        }
        if !numbers.is_empty() {
            let event = Event::new("privacy.held.viewed").on(kind, id).detail("place", place);
            audit::record(tx, event.detail("holds", serde_json::json!(numbers)))?;
        }
        Ok(())
    })
}
