//! `/api/v1/bulk-edits`: the same edit on many records.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::pages::find;
use super::{BulkEdit, Edit, MOST, jobs, service};
use crate::error::Error;
use crate::id::{BulkEditId, ChangeId};
use crate::people::asker;
use crate::people::list::filter::{COMPANIES, CONTACTS};
use crate::people::list::{self, Filter, Sort, SortKey, language};
use crate::people::record::Object;
use crate::people::search;
use crate::permission::Action;
use crate::web::{Access, Operation, Reply, Request, Route, idempotency, schema};

/// The right hangs on what is done to which records; the handler asks.
pub const ROUTES: &[Route] = &[
    Route::post("/api/v1/bulk-edits", Access::Member, create).api(&Operation {
        summary: "Starts an edit of many records. Can be stopped, and taken back for seven days.",
        query: &[],
        request: Some(schema::<BulkBody>),
        status: 202,
        response: Some(schema::<BulkWire>),
    }),
    Route::get("/api/v1/bulk-edits/{id}", Access::Member, show).api(&Operation {
        summary: "Says how far an edit of many records is.",
        query: &[],
        request: None,
        status: 200,
        response: Some(schema::<BulkWire>),
    }),
    Route::post("/api/v1/bulk-edits/{id}/cancel", Access::Member, cancel).api(&Operation {
        summary: "Stops an edit after the batch at hand. What was changed stays, and can be taken back.",
        query: &[],
        request: None,
        status: 202,
        response: Some(schema::<BulkWire>),
    }),
];

/// What is to be done to which records.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct BulkBody {
    /// `contact` or `company`.
    object: String,
    /// `tag`, `untag`, `assign`, `archive`, `unarchive`, `delete` or `set`.
    action: String,
    /// For `set`: a field such as `source`, or `custom/key` for one of the workspace's own.
    #[serde(default)]
    field: String,
    /// The tag, the id of the new owner (empty: nobody), or the text to put into the field.
    #[serde(default)]
    value: String,
    /// The records. Or leave it out, and say which by `filter` and `q` as the list takes them.
    #[serde(default)]
    ids: Option<Vec<i64>>,
    #[serde(default)]
    filter: String,
    #[serde(default)]
    q: String,
}

/// How far an edit is.
#[derive(Serialize, JsonSchema)]
struct BulkWire {
    id: BulkEditId,
    object: &'static str,
    action: &'static str,
    /// `running`, `done` or `cancelled`.
    state: &'static str,
    total: i64,
    /// Records looked at so far.
    done: i64,
    changed: i64,
    /// Records that are gone, not the program's to change, or would break a rule.
    left_out: i64,
    /// The rule that was broken last.
    fault: String,
    /// For `POST /api/v1/changes/{id}/undo`.
    change: Option<ChangeId>,
    created_at: String,
    finished_at: Option<String>,
}

impl From<BulkEdit> for BulkWire {
    fn from(bulk: BulkEdit) -> BulkWire {
        BulkWire {
            id: bulk.id,
            object: bulk.object.word(),
            action: bulk.edit.verb().word(),
            state: bulk.state.word(),
            total: bulk.total,
            done: bulk.done,
            changed: bulk.changed,
            left_out: bulk.left_out,
            fault: bulk.fault,
            change: bulk.change,
            created_at: bulk.created_at.rfc3339(),
            finished_at: bulk.finished_at.map(|at| at.rfc3339()),
        }
    }
}

fn create(request: &Request) -> Result<Reply, Error> {
    let body: BulkBody = request.json()?;
    let object = Object::from_word(&body.object)
        .ok_or_else(|| Error::field("object", "unknown", "Edit records of contact or of company."))?;
    let edit = Edit::read(object, &body.action, &body.field, &body.value)?;
    if !request.may(edit.needs(), object.area()) {
        return Err(Error::Forbidden);
    }
    if let Edit::Assign(Some(owner)) = edit {
        asker::demand_active(request, owner)?;
    }
    let access = asker::access(request, object.area());
    let ids = match body.ids {
        Some(mut ids) => {
            ids.sort_unstable();
            ids.dedup();
            ids
        }
        None => matching(request, object, &body.filter, &body.q)?,
    };
    let reply = idempotency::write(request, |tx| {
        let id = service::start(tx, object, &edit, &ids, &access)?;
        Ok(Reply::json(&BulkWire::from(service::get(tx, id)?))?.status(202))
    })?;
    crate::jobs::ask(&request.app, &jobs::RUN, Some(request.member()?.workspace_id()))?;
    Ok(reply)
}

/// The records in sight that a list with this filter would show.
fn matching(request: &Request, object: Object, text: &str, q: &str) -> Result<Vec<i64>, Error> {
    let table = if object == Object::Contact { &CONTACTS } else { &COMPANIES };
    let reach = request.reach(Action::View, object.area());
    let me = request.member()?.id;
    request.read(|db| {
        let mut filter = Filter::within(&reach);
        let mut possible = language::apply(db, table, text, me, &mut filter)?;
        if !q.trim().is_empty() {
            filter.matching = search::matching(db, table.index, q)?;
            possible &= filter.matching.is_some();
        }
        if !possible {
            return Ok(Vec::new());
        }
        Ok(list::page(db, table, &filter, Sort::up(SortKey::Created), None, MOST as i64)?.ids)
    })
}

fn show(request: &Request) -> Result<Reply, Error> {
    Reply::json(&BulkWire::from(find(request)?))
}

fn cancel(request: &Request) -> Result<Reply, Error> {
    request.no_body()?;
    let bulk = find(request)?;
    idempotency::write(request, |tx| {
        service::cancel(tx, bulk.id)?;
        Ok(Reply::json(&BulkWire::from(service::get(tx, bulk.id)?))?.status(202))
    })
}
