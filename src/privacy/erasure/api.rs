//! `/api/v1/erasures`: planning and doing erasures by a program, and their certificates.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Erasure, State, jobs, service};
use crate::error::Error;
use crate::id::ErasureId;
use crate::permission::{Action, Area};
use crate::privacy::ledger;
use crate::privacy::person::seen;
use crate::web::{Access, Operation, QueryKind, QueryParameter, Reply, Request, Route, idempotency, schema};

const VIEW: Access = Access::may(Action::View, Area::Privacy);
const DELETE: Access = Access::may(Action::Delete, Area::Privacy);
/// The largest page.
const MOST: i64 = 200;

pub const ROUTES: &[Route] = &[
    Route::get("/api/v1/erasures", VIEW, list).api(&Operation {
        summary: "Lists erasures, newest first.",
        query: &[
            QueryParameter {
                name: "limit",
                description: "How many.",
                kind: QueryKind::Integer { least: 1, most: MOST },
            },
            QueryParameter { name: "cursor", description: "next_cursor of the page before.", kind: QueryKind::Text },
        ],
        request: None,
        status: 200,
        response: Some(schema::<Erasures>),
    }),
    Route::post("/api/v1/erasures", DELETE, create).api(&Operation {
        summary: "Erases a person, but for what legal holds cover. With dry_run it only says what would go, what would stay and why.",
        query: &[],
        request: Some(schema::<ErasureBody>),
        status: 201,
        response: Some(schema::<ErasureWire>),
    }),
    Route::get("/api/v1/erasures/{id}", VIEW, show).api(&Operation {
        summary: "Gives an erasure; once it is done, with its signed certificate.",
        query: &[],
        request: None,
        status: 200,
        response: Some(schema::<ErasureWire>),
    }),
    Route::get("/api/v1/certificate-key", VIEW, key).api(&Operation {
        summary: "Gives the public key with which certificates are checked.",
        query: &[],
        request: None,
        status: 200,
        response: Some(schema::<KeyWire>),
    }),
];

#[derive(Serialize, JsonSchema)]
struct Erasures {
    data: Vec<ErasureWire>,
    next_cursor: Option<String>,
}

/// An erasure, or what one would do.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Erasure")]
struct ErasureWire {
    /// Null in a dry run.
    id: Option<ErasureId>,
    /// `begun`, `erased`, `done`; `held`: finished but for what legal holds keep; `planned` in a dry run.
    state: String,
    /// The person in certificates: a keyed hash.
    subject: Option<String>,
    request: Option<i64>,
    asked_at: Option<String>,
    finished_at: Option<String>,
    /// What goes, what is taken out of others' records, what stays and why. In a dry run only.
    plan: Option<Value>,
    /// What legal holds keep: rows of each table, by the number of the hold, and until when. Its release takes them.
    held: Option<Value>,
    /// Files on records of others that held a value of the person: `table`, `row`, `on_type`, `on_id` of each. Nobody
    /// changed them; somebody decides about each.
    others_files: Value,
    /// The newest signed document. `holdfast certificate verify` checks it anywhere.
    certificate: Option<Value>,
    /// Every signed document, the oldest first: one for each time that something went. Empty in lists.
    certificates: Vec<Value>,
}

/// The key of this installation.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "CertificateKey")]
struct KeyWire {
    public_key: String,
}

/// Whom to erase.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ErasureBody {
    /// The contact's id.
    person: i64,
    /// The request it answers.
    #[serde(default)]
    request: Option<i64>,
    #[serde(default)]
    dry_run: bool,
}

impl ErasureWire {
    fn new(erasure: Erasure) -> Result<ErasureWire, Error> {
        Ok(ErasureWire {
            id: Some(erasure.id),
            state: erasure.state.word().into(),
            subject: Some(erasure.subject_hash),
            request: erasure.request,
            asked_at: Some(erasure.asked_at.rfc3339()),
            finished_at: erasure.finished_at.map(|at| at.rfc3339()),
            plan: None,
            held: (erasure.state == State::Held).then(|| serde_json::from_str(&erasure.kept)).transpose()?,
            others_files: serde_json::from_str(&erasure.others_files)?,
            certificate: erasure.certificate.map(|text| serde_json::from_str(&text)).transpose()?,
            certificates: Vec::new(),
        })
    }
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Query {
    limit: Option<i64>,
    cursor: String,
}

fn list(request: &Request) -> Result<Reply, Error> {
    let query: Query = request.query()?;
    let limit = query.limit.unwrap_or(50);
    if !(1..=MOST).contains(&limit) {
        return Err(Error::field("limit", "out_of_range", format!("Choose a limit from 1 to {MOST}.")));
    }
    let before = match query.cursor.as_str() {
        "" => None,
        text => {
            let wrong = |_| Error::field("cursor", "unknown", "Use the next_cursor of the page before.");
            Some(ErasureId(text.parse::<i64>().map_err(wrong)?))
        }
    };
    let mut found = request.read(|db| service::list(db, before, limit + 1))?;
    let has_more = i64::try_from(found.len()).unwrap_or(0) > limit;
    found.truncate(usize::try_from(limit).unwrap_or(0));
    let next_cursor = found.last().filter(|_| has_more).map(|last| last.id.to_string());
    let data = found.into_iter().map(ErasureWire::new).collect::<Result<_, _>>()?;
    Reply::json(&Erasures { data, next_cursor })
}

fn show(request: &Request) -> Result<Reply, Error> {
    let id: ErasureId = request.param("id")?;
    let (erasure, documents) = request.read(|db| Ok((service::get(db, id)?, service::certificates(db, id)?)))?;
    let mut wire = ErasureWire::new(erasure)?;
    wire.certificates =
        documents.iter().map(|(_, text)| Ok(serde_json::from_str(text)?)).collect::<Result<_, Error>>()?;
    Reply::json(&wire)
}

fn key(request: &Request) -> Result<Reply, Error> {
    Reply::json(&KeyWire { public_key: ledger::signer(&request.app)?.public_key() })
}

fn create(request: &Request) -> Result<Reply, Error> {
    let body: ErasureBody = request.json()?;
    let seen = seen(request, "contact", body.person)?;
    let workspace = &request.member()?.workspace;
    if body.dry_run {
        let plan = service::plan(&request.app, workspace, &seen.person)?;
        let planned = ErasureWire {
            id: None,
            state: "planned".into(),
            subject: None,
            request: body.request,
            asked_at: None,
            finished_at: None,
            plan: Some(plan.json()),
            held: None,
            others_files: Value::Array(Vec::new()),
            certificate: None,
            certificates: Vec::new(),
        };
        return Ok(Reply::json(&planned)?.status(201));
    }
    let answer = idempotency::write(request, |tx| {
        let id = service::begin(tx, &seen.person, body.request)?;
        Reply::created(format!("/api/v1/erasures/{id}"), &ErasureWire::new(service::get(tx, id)?)?)
    })?;
    crate::jobs::ask(&request.app, &jobs::FINISH, Some(workspace.id))?;
    Ok(answer)
}
