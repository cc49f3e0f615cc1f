//! `/api/v1/duplicates`, and `merge` of contacts and companies.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::service::{self, Merge};
use super::{Candidate, jobs};
use crate::error::Error;
use crate::id::{CandidateId, ChangeId};
use crate::people::asker;
use crate::people::list::api::Collection;
use crate::people::record::{Object, Record};
use crate::permission::{Action, Area};
use crate::web::{Access, Operation, QueryKind, QueryParameter, Reply, Request, Route, idempotency, schema};

const CONTACTS: Access = Access::may(Action::Edit, Area::Contacts);
const COMPANIES: Access = Access::may(Action::Edit, Area::Companies);

pub const ROUTES: &[Route] = &[
    // Which pairs a program sees hangs on the records it may see.
    Route::get("/api/v1/duplicates", Access::Member, list).api(&Operation {
        summary: "Lists pairs of records that may be the same, the surest first.",
        query: &[QueryParameter {
            name: "object",
            description: "contact (the default) or company.",
            kind: QueryKind::Text,
        }],
        request: None,
        status: 200,
        response: Some(schema::<Collection<PairWire>>),
    }),
    Route::post("/api/v1/duplicates/search", CONTACTS, search).api(&Operation {
        summary: "Looks for duplicates now, instead of at night.",
        query: &[],
        request: None,
        status: 202,
        response: None,
    }),
    Route::post("/api/v1/duplicates/{id}/dismissal", Access::Member, dismiss).api(&Operation {
        summary: "Says that two records are not the same: they are not offered again.",
        query: &[],
        request: None,
        status: 204,
        response: None,
    }),
    Route::post("/api/v1/contacts/{id}/merge", CONTACTS, merge_contacts).api(&Operation {
        summary: "Lets another contact go into this one. Can be taken back for seven days.",
        query: &[],
        request: Some(schema::<MergeBody>),
        status: 200,
        response: Some(schema::<MergedWire>),
    }),
    Route::post("/api/v1/companies/{id}/merge", COMPANIES, merge_companies).api(&Operation {
        summary: "Lets another company go into this one. Can be taken back for seven days.",
        query: &[],
        request: Some(schema::<MergeBody>),
        status: 200,
        response: Some(schema::<MergedWire>),
    }),
];

const SHOWN: i64 = 200;

/// Two records that may be the same.
#[derive(Serialize, JsonSchema)]
struct PairWire {
    id: CandidateId,
    object: &'static str,
    /// The ids of both, the older first.
    records: [i64; 2],
    /// How sure, from 0 to 100.
    score: i64,
    /// `same_name`, `close_name`, `same_company`, `same_domain`, `same_address`, `same_phone`.
    reasons: Vec<&'static str>,
    found_at: String,
}

impl From<Candidate> for PairWire {
    fn from(candidate: Candidate) -> PairWire {
        PairWire {
            id: candidate.id,
            object: candidate.object.word(),
            records: [candidate.one, candidate.other],
            score: candidate.score,
            reasons: candidate.reasons.iter().map(|reason| reason.word()).collect(),
            found_at: candidate.found_at.rfc3339(),
        }
    }
}

/// Which record goes, and what of it stays.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct MergeBody {
    /// The id of the record that goes into this one.
    other: i64,
    /// Fields whose value comes from the other, such as `job_title` or `custom/size`. Empty fields are filled
    /// from it in any case; addresses, numbers and tags are added together.
    #[serde(default)]
    take: BTreeSet<String>,
    /// What was read of both, to be refused when one of them changed since.
    #[serde(default)]
    version: Option<i64>,
    #[serde(default)]
    other_version: Option<i64>,
}

impl MergeBody {
    fn merge(self) -> Merge {
        Merge { takes: self.take, versions: self.version.zip(self.other_version) }
    }
}

/// What a merge came to.
#[derive(Serialize, JsonSchema)]
struct MergedWire {
    /// The record that stays.
    id: i64,
    /// For `POST /api/v1/changes/{id}/undo`.
    change: ChangeId,
}

fn list(request: &Request) -> Result<Reply, Error> {
    #[derive(Deserialize, Default)]
    #[serde(deny_unknown_fields, default)]
    struct Query {
        object: Option<String>,
    }
    let query: Query = request.query()?;
    let object = Object::from_word(query.object.as_deref().unwrap_or("contact"))
        .ok_or_else(|| Error::field("object", "unknown", "There are duplicates of contact and of company."))?;
    let view = request.reach(Action::View, object.area());
    let candidates = request.read(|db| service::open(db, object, &view, SHOWN))?;
    let data = candidates.into_iter().map(PairWire::from).collect();
    Reply::json(&Collection { data, next_cursor: None, total: None, total_is_floor: None })
}

fn search(request: &Request) -> Result<Reply, Error> {
    request.no_body()?;
    let reply = idempotency::write_unaudited(request, |_| Ok(Reply::nothing().status(202)))?;
    crate::jobs::ask(&request.app, &jobs::FIND, Some(request.member()?.workspace_id()))?;
    Ok(reply)
}

fn dismiss(request: &Request) -> Result<Reply, Error> {
    request.no_body()?;
    let id: CandidateId = request.param("id")?;
    idempotency::write(request, |tx| {
        service::dismiss(tx, id, |object| request.reach(Action::Edit, object.area()))?;
        Ok(Reply::nothing())
    })
}

fn merge_contacts(request: &Request) -> Result<Reply, Error> {
    merge(request, Record::Contact(request.param("id")?))
}

fn merge_companies(request: &Request) -> Result<Reply, Error> {
    merge(request, Record::Company(request.param("id")?))
}

fn merge(request: &Request, stays: Record) -> Result<Reply, Error> {
    let body: MergeBody = request.json()?;
    let goes = stays.object().record(body.other);
    let access = asker::access(request, stays.area());
    let merge = body.merge();
    idempotency::write(request, |tx| {
        let change = service::merge(tx, stays, goes, &merge, &access)?;
        Reply::json(&MergedWire { id: stays.id(), change })
    })
}
