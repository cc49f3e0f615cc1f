//! `/api/v1/search`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::asking::{self, Question, kind};
use super::finding::{self, Hit, POOL};
use super::marking::Piece;
use super::pages::asker;
use crate::error::Error;
use crate::people::list::api::{self, MOST};
use crate::people::list::{Cursor, Key};
use crate::web::{Access, Operation, QueryKind, QueryParameter, Reply, Request, Route, schema};

const QUERY: &[QueryParameter] = &[
    QueryParameter { name: "q", description: asking::DESCRIPTION, kind: QueryKind::Text },
    QueryParameter {
        name: "type",
        description: "Only contact, company, note or file; the same as type: in q.",
        kind: QueryKind::Text,
    },
    QueryParameter { name: "limit", description: "How many.", kind: QueryKind::Integer { least: 1, most: MOST } },
    QueryParameter { name: "cursor", description: "next_cursor of the page before.", kind: QueryKind::Text },
];

/// What is found is what the token may see of each kind: no right of its own is needed.
pub const ROUTES: &[Route] = &[Route::get("/api/v1/search", Access::Member, search).api(&Operation {
    summary: "Finds contacts, companies, notes and files by words, the likeliest 200 of each kind.",
    query: QUERY,
    request: None,
    status: 200,
    response: Some(schema::<FoundWire>),
})];

/// What was found: contacts, then companies, notes and files.
#[derive(Serialize, JsonSchema)]
struct FoundWire {
    data: Vec<HitWire>,
    /// For `cursor`; null on the last page.
    next_cursor: Option<String>,
    /// Words a slip away from those of `q`, which were looked for since `q` found little.
    instead: Vec<String>,
}

/// A hit.
#[derive(Serialize, JsonSchema)]
struct HitWire {
    /// contact, company, note or file.
    #[serde(rename = "type")]
    kind: String,
    id: i64,
    /// The name, or the part of a note around the first hit.
    text: String,
    /// The same, cut at what was found.
    pieces: Vec<PieceWire>,
    /// The company of a contact, the domain of a company, or the name of the record a note or file is on.
    more: String,
    /// The record itself, or the one that a note or file is on.
    on: OnWire,
    archived: bool,
    /// Found by one of the words in `instead`.
    corrected: bool,
}

/// Part of a text.
#[derive(Serialize, JsonSchema)]
struct PieceWire {
    text: String,
    marked: bool,
}

/// A record by its id.
#[derive(Serialize, JsonSchema)]
struct OnWire {
    /// contact or company.
    #[serde(rename = "type")]
    kind: String,
    id: i64,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Query {
    q: String,
    #[serde(rename = "type")]
    kind: String,
    limit: Option<i64>,
    cursor: String,
}

fn search(request: &Request) -> Result<Reply, Error> {
    let query: Query = request.query()?;
    let limit = api::limit(query.limit)?;
    // The order is made anew for every page, so a page begins after as many hits as were shown.
    let shown = api::cursor(&query.cursor)?.map_or(0, |cursor| cursor.position - 1);
    let mut q = query.q;
    if !query.kind.is_empty() {
        let kind = kind(&query.kind)
            .ok_or_else(|| Error::field("type", "unknown_type", "Choose contact, company, note or file."))?;
        q.push_str(&format!(" type:{}", kind.word()));
    }
    let asker = asker(request)?;
    let found = request.read(|db| {
        let question = Question::read(db, &asker, &q)?;
        finding::find(db, &asker, &question, usize::try_from(POOL).unwrap_or(usize::MAX))
    })?;
    let all = found.hits.len() as i64;
    let until = shown.saturating_add(limit);
    let next =
        (all > until).then(|| Cursor { before: false, key: Key::Number(0), id: until, position: until + 1 }.encode());
    let at = |place: i64| usize::try_from(place).unwrap_or(usize::MAX);
    Reply::json(&FoundWire {
        data: found.hits.into_iter().skip(at(shown)).take(at(limit)).map(HitWire::from).collect(),
        next_cursor: next,
        instead: found.instead,
    })
}

impl From<Hit> for HitWire {
    fn from(hit: Hit) -> HitWire {
        HitWire {
            kind: hit.kind.word().to_owned(),
            id: hit.id,
            text: joined(&hit.label),
            more: joined(&hit.more),
            on: OnWire { kind: hit.on.kind().to_owned(), id: hit.on.id() },
            archived: hit.is_archived,
            corrected: hit.is_corrected,
            pieces: hit
                .label
                .into_iter()
                .map(|piece| PieceWire { text: piece.text, marked: piece.is_marked })
                .collect(),
        }
    }
}

fn joined(pieces: &[Piece]) -> String {
    pieces.iter().map(|piece| piece.text.as_str()).collect()
}
