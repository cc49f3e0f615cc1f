//! The history of contacts and companies for programs.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Place;
use super::lines::{self, Line};
use crate::error::Error;
use crate::id::{CompanyId, ContactId, MemberId, NoteId};
use crate::people::form::source_words;
use crate::people::list::api::{self, Collection};
use crate::people::record::Record;
use crate::people::wire::{self, Named};
use crate::people::{asker, companies, contacts, mentions};
use crate::permission::{Action, Area};
use crate::web::{Access, Operation, QueryKind, QueryParameter, Reply, Request, Route, schema};

const QUERY: &[QueryParameter] = &[
    QueryParameter {
        name: "kind",
        description: "Only lines of this kind, such as noted, or of this group: changes, notes.",
        kind: QueryKind::Text,
    },
    QueryParameter { name: "limit", description: "How many.", kind: QueryKind::Integer { least: 1, most: api::MOST } },
    QueryParameter { name: "cursor", description: "next_cursor of the page before.", kind: QueryKind::Text },
];

pub const ROUTES: &[Route] = &[
    Route::get("/api/v1/contacts/{id}/timeline", Access::may(Action::View, Area::Contacts), of_contact).api(
        &Operation {
            summary: "Lists what happened to a contact, newest first.",
            query: QUERY,
            request: None,
            status: 200,
            response: Some(schema::<Collection<EntryWire>>),
        },
    ),
    Route::get("/api/v1/companies/{id}/timeline", Access::may(Action::View, Area::Companies), of_company).api(
        &Operation {
            summary: "Lists what happened to a company, newest first.",
            query: QUERY,
            request: None,
            status: 200,
            response: Some(schema::<Collection<EntryWire>>),
        },
    ),
];

/// A line in the history of a record.
#[derive(Serialize, JsonSchema)]
struct EntryWire {
    /// Null for the line that the record came in.
    id: Option<i64>,
    at: String,
    kind: String,
    group: String,
    /// Who did it; null when Holdfast did by itself.
    member: Option<Named<MemberId>>,
    /// What they did, in words: "changed email addresses and tags".
    text: String,
    /// Names of the fields that changed.
    fields: Vec<String>,
    /// What else the line is about.
    about: Option<AboutWire>,
    /// The note, when the line is about one.
    note: Option<NoteLine>,
}

/// Something a line is about.
#[derive(Serialize, JsonSchema)]
struct AboutWire {
    #[serde(rename = "type")]
    kind: String,
    id: i64,
}

/// The words of a note.
#[derive(Serialize, JsonSchema)]
struct NoteLine {
    id: NoteId,
    version: i64,
    body: String,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Query {
    kind: String,
    limit: Option<i64>,
    cursor: String,
}

fn of_contact(request: &Request) -> Result<Reply, Error> {
    let id: ContactId = request.param("id")?;
    let view = request.reach(Action::View, Area::Contacts);
    let contact = request.read(|db| contacts::service::get(db, id, &view))?;
    answer(
        request,
        &lines::Of {
            record: Record::Contact(id),
            name: &contact.display_name,
            source: source_words(&contact.source),
            created_at: contact.created_at,
            created_by: contact.created_by,
            label: contacts::form::field_label,
        },
    )
}

fn of_company(request: &Request) -> Result<Reply, Error> {
    let id: CompanyId = request.param("id")?;
    let view = request.reach(Action::View, Area::Companies);
    let company = request.read(|db| companies::service::get(db, id, &view))?;
    answer(
        request,
        &lines::Of {
            record: Record::Company(id),
            name: &company.name,
            source: source_words(&company.source),
            created_at: company.created_at,
            created_by: company.created_by,
            label: companies::form::field_label,
        },
    )
}

fn answer(request: &Request, of: &lines::Of) -> Result<Reply, Error> {
    let query: Query = request.query()?;
    let limit = api::limit(query.limit)?;
    let unknown = || Error::field("cursor", "unknown_cursor", "Send next_cursor of the page before, as it was.");
    let before = match query.cursor.as_str() {
        "" => None,
        text => Some(Place::decode(text).ok_or_else(unknown)?),
    };
    let known = |word: &str| lines::all(request.app.modules).any(|kind| kind.word == word || kind.group.word == word);
    if !query.kind.is_empty() && !known(&query.kind) {
        let kinds: Vec<&str> = lines::all(request.app.modules).map(|kind| kind.word).collect();
        return Err(Error::field("kind", "unknown_kind", format!("Choose one of {}.", kinds.join(", "))));
    }
    let read = request.read(|db| lines::read(request, db, of.record, &query.kind, before, limit))?;
    let next_cursor = read.older.map(Place::encode);
    let directory = asker::directory(request)?;
    let wire = |line: Line| EntryWire {
        id: line.id,
        at: line.at.rfc3339(),
        kind: line.kind.word.to_owned(),
        group: line.kind.group.word.to_owned(),
        member: wire::owner(&directory, line.member),
        text: line.pieces.into_iter().map(|piece| piece.text).collect(),
        fields: line.fields,
        about: line.about.map(|(kind, id)| AboutWire { kind, id }),
        note: line.note.map(|note| NoteLine {
            id: note.id,
            version: note.version,
            body: mentions::plain(&note.body, &directory),
        }),
    };
    let data = read.lines(of).into_iter().map(wire).collect();
    Reply::json(&Collection { data, next_cursor, total: None, total_is_floor: None })
}
