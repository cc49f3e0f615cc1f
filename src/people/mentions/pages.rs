//! The members that fit what is being typed after an @, as options of a list.

use askama::Template;
use serde::Deserialize;

use super::{Audience, unambiguous};
use crate::error::Error;
use crate::members::directory::Person;
use crate::people::record::Record;
use crate::people::text::fold;
use crate::people::{asker, notes};
use crate::web::ui;
use crate::web::{Access, Reply, Request, Route};

/// Who may see the record may name members on it.
pub const ROUTES: &[Route] = &[Route::get("/w/{slug}/people/mentions", Access::Member, suggest)];

/// Options at a time: more are found by typing on.
const SHOWN: usize = 7;

#[derive(Template)]
#[template(path = "people/mentions/options.html")]
struct Options {
    options: Vec<Suggestion>,
}

/// Somebody who can be named.
struct Suggestion {
    name: String,
    /// What goes into the text, after the @.
    insert: String,
    /// The record is not theirs to see: naming them tells them nothing.
    is_blind: bool,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Query {
    q: String,
    /// The record that the note is on: `contact:7`.
    on: String,
}

fn suggest(request: &Request) -> Result<Reply, Error> {
    let query: Query = request.query()?;
    let on = query.on.split_once(':').and_then(|(kind, id)| Record::new(kind, id.parse().ok()?));
    let on = on.ok_or(Error::NotFound("record"))?;
    let owner = request.read(|db| notes::service::owner(db, on))?;
    asker::access(request, on.area()).demand_view(owner, on.kind())?;
    let audience = Audience::of(&request.app, request.member()?.workspace_id())?;
    let wanted = fold(&query.q);
    let suggestion = |person: &Person| Suggestion {
        name: person.name.clone(),
        insert: unambiguous(person, &audience.directory).to_owned(),
        is_blind: !audience.sees(person.id, on, owner),
    };
    let me = request.member()?.id;
    // Nobody is told what they wrote themselves.
    let fitting = audience.directory.active().filter(|person| person.id != me && fits(person, &wanted));
    request.fragment(&Options { options: fitting.take(SHOWN).map(suggestion).collect() })
}

/// What was typed begins the name, one of its words, or the address.
fn fits(person: &Person, wanted: &str) -> bool {
    let name = fold(&person.name);
    name.starts_with(wanted)
        || name.split(' ').any(|word| word.starts_with(wanted))
        || fold(&person.email).starts_with(wanted)
}
