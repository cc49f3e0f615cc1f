//! The page that asks before a record goes into the trash, and what its answer does.

use askama::Template;
use serde::Deserialize;

use super::record::Record;
use super::{asker, attachments, notes, trash};
use crate::db::Tx;
use crate::error::Error;
use crate::people::record::Access;
use crate::web::ui;
use crate::web::{Reply, Request};

#[derive(Template)]
#[template(path = "people/delete.html")]
struct Ask {
    name: String,
    version: i64,
    path: String,
    notes: usize,
    is_contacts: bool,
    is_stale: bool,
    /// How long it waits in the trash.
    days: i64,
}

/// A record that its kind has found in sight.
pub struct Asked {
    pub record: Record,
    pub name: String,
    pub version: i64,
}

/// The question. `above` is the list it is in. The caller has asked whether the reader may delete it.
pub fn ask(request: &Request, above: (&str, &str), asked: Asked, is_stale: bool) -> Result<Reply, Error> {
    let Asked { record, name, version } = asked;
    let (notes, days) =
        request.read(|db| Ok((notes::service::of(db, record, None, 10_000)?.len(), trash::service::days(db)?)))?;
    let is_contacts = matches!(record, Record::Contact(_));
    let page = Ask { name, version, path: request.url(&record.path()), notes, is_contacts, is_stale, days };
    let reply = request.page_below("Delete", &[above, (&page.name, &record.path())], &page)?;
    // Somebody worked on it meanwhile: the question is asked again, about what it is now.
    Ok(if is_stale { reply.status(409) } else { reply })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    version: i64,
}

/// What was answered; `None` when the record is another by now, and the question stands again.
pub fn answer(
    request: &Request,
    record: Record,
    list: &str,
    delete: impl Fn(&Tx, i64, &Access) -> Result<(), Error>,
) -> Result<Option<Reply>, Error> {
    let form: Form = request.form()?;
    let access = asker::access(request, record.area());
    match request.write(|tx| delete(tx, form.version, &access)) {
        Err(Error::Stale(_)) => return Ok(None),
        deleted => deleted?,
    }
    attachments::pages::clear(request)?;
    Ok(Some(Reply::see_other(request.url(list)).toast("deleted")))
}
