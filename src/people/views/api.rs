//! `/api/v1/views`: saved lists, the member's own and those that others share with them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Looker, NewView, SavedView, Sharing, service, shape};
use crate::db::Db;
use crate::error::{Error, FieldError};
use crate::id::{MemberId, ViewId};
use crate::members::directory::Directory;
use crate::people::asker;
use crate::people::list::api::Collection;
use crate::people::list::tree::json::{self, FilterTree};
use crate::people::list::tree::{self, Group};
use crate::people::record::Object;
use crate::people::wire::{self, Named};
use crate::permission::Action;
use crate::web::{Access, Operation, QueryKind, QueryParameter, Reply, Request, Route, idempotency, schema};

/// A view shows records of one kind, and the handlers ask whether the member may see those.
pub const ROUTES: &[Route] = &[
    Route::get("/api/v1/views", Access::Member, list).api(&Operation {
        summary: "Lists the views that the token's member sees, their own first.",
        query: &[QueryParameter {
            name: "object",
            description: "Only those of contact or company.",
            kind: QueryKind::Text,
        }],
        request: None,
        status: 200,
        response: Some(schema::<Collection<ViewWire>>),
    }),
    Route::post("/api/v1/views", Access::Member, create).api(&Operation {
        summary: "Saves a view.",
        query: &[],
        request: Some(schema::<ViewBody>),
        status: 201,
        response: Some(schema::<ViewWire>),
    }),
    Route::get("/api/v1/views/{id}", Access::Member, show).api(&Operation {
        summary: "Gives a view, with what of its filter cannot be answered any more.",
        query: &[],
        request: None,
        status: 200,
        response: Some(schema::<ViewWire>),
    }),
    Route::patch("/api/v1/views/{id}", Access::Member, change).api(&Operation {
        summary: "Changes the parts of a view that are sent. Its owner may, and who manages settings for shared ones.",
        query: &[],
        request: Some(schema::<ViewPatch>),
        status: 200,
        response: Some(schema::<ViewWire>),
    }),
    Route::delete("/api/v1/views/{id}", Access::Member, delete).versioned().api(&Operation {
        summary: "Takes a view away. The records in it stay.",
        query: &[],
        request: None,
        status: 204,
        response: None,
    }),
];

/// A saved list.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "View")]
struct ViewWire {
    id: ViewId,
    version: i64,
    /// `contact` or `company`.
    object: &'static str,
    name: String,
    /// Null: everything.
    filter: Option<FilterTree>,
    /// Keys of columns in their order; none: those that each reader chose.
    columns: Vec<String>,
    /// As in the list; empty: by name.
    sort: String,
    /// `own`, `team` (who shares a team with the owner) or `everybody`.
    sharing: &'static str,
    owner: Option<Named<MemberId>>,
    /// The member of the token may change it.
    may_change: bool,
    /// What of the filter cannot be answered any more. Such a view shows nothing.
    problems: Vec<ViewProblem>,
    created_at: String,
    updated_at: String,
}

/// A condition that cannot be answered.
#[derive(Serialize, JsonSchema)]
struct ViewProblem {
    /// A JSON pointer into the view: `/filter/and/0/field`.
    pointer: String,
    code: &'static str,
    detail: String,
}

impl From<FieldError> for ViewProblem {
    fn from(error: FieldError) -> ViewProblem {
        ViewProblem { pointer: format!("/{}", error.field), code: error.code, detail: error.message }
    }
}

impl ViewWire {
    fn new(db: &Db, view: SavedView, directory: &Directory, looker: &Looker) -> Result<ViewWire, Error> {
        let has_filter = !view.filter.of.is_empty();
        let problems = match has_filter {
            true => match tree::read(db, view.object, &view.filter, &looker.asking, "filter") {
                Err(Error::Invalid(errors)) => errors.into_iter().map(ViewProblem::from).collect(),
                other => other.map(|_| Vec::new())?,
            },
            false => Vec::new(),
        };
        Ok(ViewWire {
            id: view.id,
            version: view.version,
            object: view.object.word(),
            filter: has_filter.then(|| FilterTree(json::value(&view.filter))),
            sharing: view.sharing.word(),
            owner: wire::owner(directory, view.owner),
            may_change: looker.may_change(&view),
            problems,
            created_at: view.created_at.rfc3339(),
            updated_at: view.updated_at.rfc3339(),
            name: view.name,
            columns: view.columns,
            sort: view.sort,
        })
    }
}

/// A view to save.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ViewBody {
    /// `contact` or `company`.
    object: String,
    name: String,
    /// Absent or null: everything.
    #[serde(default)]
    filter: Option<FilterTree>,
    #[serde(default)]
    columns: Vec<String>,
    #[serde(default)]
    sort: String,
    /// `own` when absent.
    #[serde(default)]
    sharing: Option<String>,
}

/// What can change. Absent parts stay as they are.
#[derive(Deserialize, JsonSchema, Default)]
#[serde(deny_unknown_fields, default)]
struct ViewPatch {
    name: Option<String>,
    /// Null: everything.
    #[serde(deserialize_with = "wire::present")]
    filter: Option<Option<FilterTree>>,
    columns: Option<Vec<String>>,
    sort: Option<String>,
    sharing: Option<String>,
}

fn filter(sent: Option<FilterTree>) -> Result<Group, Error> {
    sent.map_or_else(|| Ok(Group::default()), |sent| json::from_value(&sent.0, "filter"))
}

fn sharing(word: &str) -> Result<Sharing, Error> {
    let unknown = || Error::field("sharing", "unknown", "A view is shared with own, team or everybody.");
    Sharing::from_word(word).ok_or_else(unknown)
}

/// The kind of record; fails on `object` for another word.
fn object(word: &str) -> Result<Object, Error> {
    Object::from_word(word)
        .ok_or_else(|| Error::field("object", "unknown", "There are views of contact and of company."))
}

fn list(request: &Request) -> Result<Reply, Error> {
    #[derive(Deserialize, Default)]
    #[serde(deny_unknown_fields, default)]
    struct Query {
        object: String,
    }
    let query: Query = request.query()?;
    let objects = match query.object.as_str() {
        "" => Object::ALL.to_vec(),
        word => vec![object(word)?],
    };
    let (looker, directory) = (Looker::of(request)?, asker::directory(request)?);
    let data = request.read(|db| {
        let mut data = Vec::new();
        for object in objects.into_iter().filter(|object| request.may(Action::View, shape(*object).area)) {
            for view in service::visible(db, object, &looker)? {
                data.push(ViewWire::new(db, view, &directory, &looker)?);
            }
        }
        Ok(data)
    })?;
    Reply::json(&Collection { data, next_cursor: None, total: None, total_is_floor: None })
}

fn create(request: &Request) -> Result<Reply, Error> {
    let body: ViewBody = request.json()?;
    let object = object(&body.object)?;
    if !request.may(Action::View, object.area()) {
        return Err(Error::Forbidden);
    }
    let new = NewView {
        object,
        name: body.name,
        filter: filter(body.filter)?,
        columns: body.columns,
        sort: body.sort,
        sharing: sharing(body.sharing.as_deref().unwrap_or("own"))?,
    };
    let (looker, directory) = (Looker::of(request)?, asker::directory(request)?);
    idempotency::write(request, |tx| {
        let id = service::create(tx, &new, &looker)?;
        let view = service::get(tx, id, &looker)?;
        Reply::created(format!("/api/v1/views/{id}"), &ViewWire::new(tx, view, &directory, &looker)?)
    })
}

/// The view of the address, when the member sees it and the records in it.
fn find(request: &Request, looker: &Looker) -> Result<SavedView, Error> {
    let id: ViewId = request.param("id")?;
    let view = request.read(|db| service::get(db, id, looker))?;
    if request.may(Action::View, view.object.area()) { Ok(view) } else { Err(Error::NotFound("view")) }
}

fn show(request: &Request) -> Result<Reply, Error> {
    let looker = Looker::of(request)?;
    let view = find(request, &looker)?;
    answer(request, view, &looker)
}

fn change(request: &Request) -> Result<Reply, Error> {
    let version = request.if_match()?;
    let body: ViewPatch = request.json()?;
    let looker = Looker::of(request)?;
    let before = find(request, &looker)?;
    let mut new = NewView::of(&before);
    if let Some(sent) = body.filter {
        new.filter = filter(sent)?;
    }
    if let Some(word) = body.sharing {
        new.sharing = sharing(&word)?;
    }
    new.name = body.name.unwrap_or(new.name);
    new.columns = body.columns.unwrap_or(new.columns);
    new.sort = body.sort.unwrap_or(new.sort);
    let view = request.write(|tx| {
        service::update(tx, before.id, version, &new, &looker)?;
        service::get(tx, before.id, &looker)
    })?;
    answer(request, view, &looker)
}

fn delete(request: &Request) -> Result<Reply, Error> {
    let looker = Looker::of(request)?;
    let view = find(request, &looker)?;
    let version = wire::version_if_sent(request)?;
    request.write(|tx| service::delete(tx, view.id, version, &looker))?;
    Ok(Reply::nothing())
}

fn answer(request: &Request, view: SavedView, looker: &Looker) -> Result<Reply, Error> {
    let tag = wire::entity_tag(view.version);
    let directory = asker::directory(request)?;
    let wire = request.read(|db| ViewWire::new(db, view, &directory, looker))?;
    Ok(Reply::json(&wire)?.header("ETag", tag))
}
