//! `/api/v1/exports`: contacts and companies as a file, for programs. What, then how far, then the file.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::kind::{Kind, Written, may_consents};
use super::{Asked, Export, Format, service};
use crate::error::Error;
use crate::id::{ExportId, ViewId};
use crate::people::list::api::{self, Collection};
use crate::people::list::tree::json;
use crate::people::list::{Counted, Cursor, Filter, Key};
use crate::people::views::{self, Looker};
use crate::permission::{Action, Area};
use crate::privacy::purposes::{self, Purpose};
use crate::web::{Access, Operation, QueryKind, QueryParameter, Reply, Request, Route, idempotency, schema};

pub const ROUTES: &[Route] = &[
    // Contacts and companies have permissions of their own; the handlers ask for that of the object.
    Route::get("/api/v1/exports", Access::Member, list).api(&Operation {
        summary: "Lists the exports that the token's member asked for, newest first.",
        query: &[
            QueryParameter {
                name: "limit",
                description: "How many.",
                kind: QueryKind::Integer { least: 1, most: api::MOST },
            },
            QueryParameter { name: "cursor", description: "next_cursor of the page before.", kind: QueryKind::Text },
        ],
        request: None,
        status: 200,
        response: Some(schema::<Collection<ExportWire>>),
    }),
    Route::post("/api/v1/exports", Access::Member, create).api(&Operation {
        summary: "Asks for contacts or companies as a file. Needs the permission to export them.",
        query: &[],
        request: Some(schema::<ExportBody>),
        status: 201,
        response: Some(schema::<ExportWire>),
    }),
    Route::get("/api/v1/exports/{id}", Access::Member, show).api(&Operation {
        summary: "Gives an export: whether it can be fetched, and how many records are in it now.",
        query: &[],
        request: None,
        status: 200,
        response: Some(schema::<ExportWire>),
    }),
    Route::get("/api/v1/exports/{id}/file", Access::Member, file).api(&Operation {
        summary: "Gives the file, with the records of this moment. Each time is in the audit log.",
        query: &[],
        request: None,
        status: 200,
        response: None,
    }),
];

/// An export that was asked for.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Export")]
struct ExportWire {
    id: ExportId,
    /// `contact` or `company`.
    object: String,
    /// `csv` or `json`.
    format: &'static str,
    q: String,
    filter: String,
    /// Keys of the columns of a CSV, as the view had them; none: all.
    columns: Vec<String>,
    /// The key of the purpose that the file is for; empty: for the workspace itself.
    purpose: String,
    /// With what people said about the use of their data.
    consents: bool,
    /// How many people the last file left out, because they may not be used for its purpose; null before the first.
    left_out: Option<i64>,
    /// `ready`, or `expired` seven days after it was asked for.
    state: &'static str,
    /// How many records are in it now, counted up to 10,000.
    total: i64,
    /// True when counting stopped, and there may be more than `total` says.
    total_is_floor: bool,
    /// Where the file is fetched, with the same token.
    file_url: String,
    /// How often it was fetched.
    taken: i64,
    created_at: String,
    expires_at: String,
}

/// What to take out.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ExportBody {
    /// `contact` or `company`.
    object: String,
    /// `csv` for spreadsheets, `json` for programs, in the shape of this API.
    format: String,
    /// Words to search for, as in the list.
    #[serde(default)]
    q: String,
    /// Conditions, as in the list.
    #[serde(default)]
    filter: String,
    /// The number of a saved view: its filter in the place of `filter`, and in a CSV its columns.
    #[serde(default)]
    view: Option<ViewId>,
    /// The key of what the file is for. People who may not be used for it are left out, restricted ones among them.
    /// Empty: for the workspace itself, with everybody.
    #[serde(default)]
    purpose: String,
    /// True: with what people said about the use of their data, in columns that an import reads, or as `consents` in
    /// JSON. For contacts, with the permission to edit privacy.
    #[serde(default)]
    consents: bool,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Query {
    limit: Option<i64>,
    cursor: String,
}

/// The kind of record, when the asker may export it.
fn kind(request: &Request, object: &str) -> Result<&'static Kind, Error> {
    let unknown = || Error::field("object", "unknown", "An export has the object contact or company.");
    let kind = Kind::from_word(object).ok_or_else(unknown)?;
    if request.may(Action::Export, kind.area) { Ok(kind) } else { Err(Error::Forbidden) }
}

/// The records that the asker may export, narrowed; `None` when nothing can be among them.
fn filter(request: &Request, kind: &Kind, q: &str, conditions: &str) -> Result<Option<Filter>, Error> {
    let (reach, me) = (kind.reach(request), request.member()?.id);
    request.read(|db| api::narrowed(db, kind.table, &reach, me, q, conditions))
}

fn describe(request: &Request, export: Export) -> Result<ExportWire, Error> {
    let kind = kind(request, &export.object)?;
    let filter = filter(request, kind, &export.q, &export.filter)?;
    let count = kind.counted(request, filter.as_ref())?;
    Ok(shown(request, export, count))
}

fn shown(request: &Request, export: Export, count: Counted) -> ExportWire {
    ExportWire {
        id: export.id,
        format: export.format.word(),
        state: if export.is_over(request.now()) { "expired" } else { "ready" },
        total: count.number,
        total_is_floor: count.is_floor,
        file_url: format!("/api/v1/exports/{}/file", export.id),
        purpose: export.purpose,
        consents: export.with_consents,
        left_out: export.left_out,
        taken: export.taken,
        created_at: export.created_at.rfc3339(),
        expires_at: export.expires_at.rfc3339(),
        object: export.object,
        q: export.q,
        filter: export.filter,
        columns: export.columns,
    }
}

fn list(request: &Request) -> Result<Reply, Error> {
    let query: Query = request.query()?;
    let (limit, me) = (api::limit(query.limit)?, request.member()?.id);
    let before = api::cursor(&query.cursor)?.map(|cursor| ExportId(cursor.id));
    let mut exports = request.read(|db| service::list(db, me, before, limit + 1))?;
    let is_more = exports.len() as i64 > limit;
    exports.truncate(usize::try_from(limit).unwrap_or(0));
    let next_cursor = exports
        .last()
        .filter(|_| is_more)
        .map(|last| Cursor { before: false, key: Key::Number(last.id.0), id: last.id.0, position: 1 }.encode());
    // What the member may no longer export is left out; its file would be refused too.
    let may = |export: &Export| kind(request, &export.object).is_ok();
    let data = exports.into_iter().filter(may).map(|export| describe(request, export)).collect::<Result<_, _>>()?;
    Reply::json(&Collection::<ExportWire> { data, next_cursor, total: None, total_is_floor: None })
}

fn create(request: &Request) -> Result<Reply, Error> {
    let body: ExportBody = request.json()?;
    let kind = kind(request, &body.object)?;
    let format = Format::from_word(&body.format)
        .ok_or_else(|| Error::field("format", "unknown", "An export has the format csv or json."))?;
    let me = request.member()?.id;
    purpose(request, kind, &body.purpose)?;
    demand_consents(request, kind, body.consents)?;
    let (conditions, columns) = of_view(request, kind, &body)?;
    let filter = filter(request, kind, &body.q, &conditions)?;
    let count = kind.counted(request, filter.as_ref())?;
    let asked = Asked {
        object: kind.word,
        format,
        q: &body.q,
        filter: &conditions,
        columns: &columns,
        purpose: &body.purpose,
        with_consents: body.consents,
    };
    idempotency::write_while_closing(request, |tx| {
        let id = service::create(tx, me, &asked)?;
        Reply::created(format!("/api/v1/exports/{id}"), &shown(request, service::get(tx, me, id)?, count))
    })
}

/// Fails for who may not take along what people said.
fn demand_consents(request: &Request, kind: &Kind, with_consents: bool) -> Result<(), Error> {
    if with_consents && !may_consents(request, kind) { Err(Error::Forbidden) } else { Ok(()) }
}

/// What a file is for: a purpose that is in use, for a file of people.
fn purpose(request: &Request, kind: &Kind, key: &str) -> Result<Option<Purpose>, Error> {
    if key.is_empty() {
        return Ok(None);
    }
    let found = request.read(|db| purposes::service::find_by_key(db, key))?;
    let usable = found.filter(|purpose| purpose.archived_at.is_none() && kind.area == Area::Contacts);
    let message = "Send the key of a purpose in use, for a file of contacts. Leave it empty for a file of your own.";
    usable.map(Some).ok_or_else(|| Error::field("purpose", "unknown", message))
}

/// The conditions and the columns that are asked for, those of the view as they are now.
fn of_view(request: &Request, kind: &Kind, body: &ExportBody) -> Result<(String, Vec<String>), Error> {
    let Some(id) = body.view else { return Ok((body.filter.clone(), Vec::new())) };
    if !body.filter.trim().is_empty() {
        return Err(Error::field("filter", "contradiction", "A view brings its own filter. Send one of the two."));
    }
    let looker = Looker::of(request)?;
    let unknown = || Error::field("view", "unknown", "There is no such view of these records.");
    match request.read(|db| views::service::get(db, id, &looker)) {
        Ok(view) if view.object == kind.object => Ok((json::text(&view.filter), view.columns)),
        Ok(_) | Err(Error::NotFound(_)) => Err(unknown()),
        Err(error) => Err(error),
    }
}

fn find(request: &Request) -> Result<Export, Error> {
    let (id, me) = (request.param("id")?, request.member()?.id);
    request.read(|db| service::get(db, me, id))
}

fn show(request: &Request) -> Result<Reply, Error> {
    Reply::json(&describe(request, find(request)?)?)
}

/// The permissions count that the token has now, not those of when the export was asked for.
fn file(request: &Request) -> Result<Reply, Error> {
    let export = find(request)?;
    if export.is_over(request.now()) {
        return Err(Error::NotFound("export"));
    }
    let kind = kind(request, &export.object)?;
    demand_consents(request, kind, export.with_consents)?;
    let filter = filter(request, kind, &export.q, &export.filter)?;
    let parts = [("q", &export.q), ("filter", &export.filter)];
    let narrowed_by = parts.into_iter().filter(|(_, text)| !text.trim().is_empty()).map(|(name, _)| name).collect();
    // A purpose that went out of use meanwhile lets nobody through.
    let only_for = match export.purpose.as_str() {
        "" => None,
        key => Some(request.read(|db| purposes::service::find_by_key(db, key))?.ok_or(Error::NotFound("purpose"))?),
    };
    let event = kind.event(export.format, narrowed_by, kind.counted(request, filter.as_ref())?);
    let event = if export.with_consents { event.detail("consents", true) } else { event };
    let file = &request.member()?.workspace.file;
    file.write(request.now(), &request.origin(), |tx| service::take(tx, &export, event))?;
    let (format, columns, with_consents) = (export.format, &*export.columns, export.with_consents);
    kind.reply(request, filter, only_for, &Written { format, columns, with_consents, export: Some(export.id) })
}
