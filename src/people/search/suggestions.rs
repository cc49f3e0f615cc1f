//! The records that fit what is being typed into a field that names one, as options of a list.

use askama::Template;
use serde::Deserialize;

use super::asking::{Kind, Question};
use super::finding::{self, Hit};
use super::marking::Piece;
use super::pages::asker;
use crate::error::Error;
use crate::people::record::Object;
use crate::web::{Access, Reply, Request, Route};

/// What may not be seen is not found, so that every member may ask.
pub const ROUTES: &[Route] = &[Route::get("/w/{slug}/search/suggestions", Access::Member, suggest)];

/// Options at a time: more are found by typing on.
const SHOWN: usize = 7;

#[derive(Template)]
#[template(path = "people/search/suggestions.html")]
struct Options {
    options: Vec<Suggestion>,
}

struct Suggestion {
    label: Vec<Piece>,
    more: Vec<Piece>,
    /// What the field holds when this one is taken.
    insert: String,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Query {
    q: String,
    /// `contact` or `company`.
    object: String,
    /// The number goes with the name, because several may have it.
    is_numbered: bool,
}

fn suggest(request: &Request) -> Result<Reply, Error> {
    let query: Query = request.query()?;
    let object = Object::from_word(&query.object).ok_or(Error::NotFound("kind of record"))?;
    let kind = match object {
        Object::Contact => Kind::Contact,
        Object::Company => Kind::Company,
    };
    // Words only: what looks like a condition of a search is part of a name here.
    let question = Question { words: query.q, kind: Some(kind), ..Question::default() };
    let asker = asker(request)?;
    let found = request.read(|db| finding::find(db, &asker, &question, SHOWN))?;
    let is_asked = !question.words.trim().is_empty();
    let options = found.hits.into_iter().filter(|hit| is_asked && !hit.is_archived);
    request.fragment(&Options { options: options.map(|hit| suggestion(hit, query.is_numbered)).collect() })
}

fn suggestion(hit: Hit, is_numbered: bool) -> Suggestion {
    let name: String = hit.label.iter().map(|piece| piece.text.as_str()).collect();
    let insert = if is_numbered { format!("{name} #{}", hit.id) } else { name };
    Suggestion { label: hit.label, more: hit.more, insert }
}
