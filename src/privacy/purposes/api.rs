//! `/api/v1/purposes`: what people's data is used for, with every version of the words that people read.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{NewPurpose, Purpose, Wording, service};
use crate::db::Db;
use crate::error::Error;
use crate::id::PurposeId;
use crate::permission::{Action, Area};
use crate::web::{Access, Operation, Reply, Request, Route, idempotency, schema};

const VIEW: Access = Access::may(Action::View, Area::Privacy);
const MANAGE: Access = Access::may(Action::Manage, Area::Privacy);

pub const ROUTES: &[Route] = &[
    Route::get("/api/v1/purposes", VIEW, list).api(&Operation {
        summary: "Lists what people's data is used for, archived purposes last.",
        query: &[],
        request: None,
        status: 200,
        response: Some(schema::<Purposes>),
    }),
    Route::post("/api/v1/purposes", MANAGE, create).api(&Operation {
        summary: "Adds a purpose.",
        query: &[],
        request: Some(schema::<PurposeBody>),
        status: 201,
        response: Some(schema::<PurposeWire>),
    }),
    Route::get("/api/v1/purposes/{id}", VIEW, show).api(&Operation {
        summary: "Gives a purpose with every version of its words.",
        query: &[],
        request: None,
        status: 200,
        response: Some(schema::<PurposeWire>),
    }),
    Route::patch("/api/v1/purposes/{id}", MANAGE, change).api(&Operation {
        summary: "Changes a purpose. Other words make a new version; the old ones stay.",
        query: &[],
        request: Some(schema::<PurposePatch>),
        status: 200,
        response: Some(schema::<PurposeWire>),
    }),
];

/// Every purpose.
#[derive(Serialize, JsonSchema)]
struct Purposes {
    data: Vec<PurposeWire>,
    /// Always null: there are few purposes.
    next_cursor: Option<String>,
}

/// What people's data is used for.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Purpose")]
struct PurposeWire {
    id: PurposeId,
    version: i64,
    key: String,
    title: String,
    description: String,
    /// `consent`, `contract`, `legal_obligation`, `vital_interests`, `public_task` or `legitimate_interests`.
    basis: &'static str,
    /// `email`, `phone`, `post`; none where nobody is contacted.
    channels: Vec<&'static str>,
    /// An objection to it is absolute.
    marketing: bool,
    double_opt_in: bool,
    /// Why legitimate interests weigh more than the person's.
    assessment: String,
    /// The words that people read, newest first. In a list only the newest.
    wordings: Vec<WordingWire>,
    archived: bool,
    /// Null for those that came with the workspace.
    created_at: Option<String>,
    updated_at: Option<String>,
}

/// One version of the words that people read.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Wording")]
struct WordingWire {
    number: i64,
    title: String,
    text: String,
    /// SHA-256 of title, an empty line and text, in hexadecimal.
    hash: String,
    created_at: Option<String>,
}

impl From<Wording> for WordingWire {
    fn from(wording: Wording) -> WordingWire {
        WordingWire {
            number: wording.number,
            title: wording.title,
            text: wording.text,
            hash: wording.hash,
            created_at: wording.created_at.map(|at| at.rfc3339()),
        }
    }
}

impl PurposeWire {
    fn new(purpose: Purpose, wordings: Vec<Wording>) -> PurposeWire {
        PurposeWire {
            id: purpose.id,
            version: purpose.version,
            basis: purpose.basis.word(),
            channels: purpose.channels.iter().map(|channel| channel.word()).collect(),
            marketing: purpose.is_marketing,
            double_opt_in: purpose.double_opt_in,
            wordings: wordings.into_iter().map(WordingWire::from).collect(),
            archived: purpose.archived_at.is_some(),
            created_at: purpose.created_at.map(|at| at.rfc3339()),
            updated_at: purpose.updated_at.map(|at| at.rfc3339()),
            key: purpose.key,
            title: purpose.title,
            description: purpose.description,
            assessment: purpose.assessment,
        }
    }
}

/// A purpose to add.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct PurposeBody {
    /// Absent: made of the title.
    #[serde(default)]
    key: String,
    title: String,
    description: String,
    basis: String,
    #[serde(default)]
    channels: Vec<String>,
    #[serde(default)]
    marketing: bool,
    #[serde(default)]
    double_opt_in: bool,
    /// Needed for legitimate interests.
    #[serde(default)]
    assessment: String,
    /// What people read when they are asked or told.
    wording: String,
}

/// What of a purpose can change; what is absent stays.
#[derive(Deserialize, JsonSchema, Default)]
#[serde(deny_unknown_fields, default)]
struct PurposePatch {
    title: Option<String>,
    description: Option<String>,
    /// Fixed once somebody said something about the purpose.
    basis: Option<String>,
    channels: Option<Vec<String>>,
    marketing: Option<bool>,
    double_opt_in: Option<bool>,
    assessment: Option<String>,
    wording: Option<String>,
    archived: Option<bool>,
}

fn list(request: &Request) -> Result<Reply, Error> {
    let purposes = request.read(service::all)?;
    let wire = |purpose: Purpose| {
        let newest = purpose.wording.clone();
        PurposeWire::new(purpose, vec![newest])
    };
    Reply::json(&Purposes { data: purposes.into_iter().map(wire).collect(), next_cursor: None })
}

fn whole(db: &Db, id: PurposeId) -> Result<PurposeWire, Error> {
    Ok(PurposeWire::new(service::get(db, id)?, service::wordings(db, id)?))
}

fn show(request: &Request) -> Result<Reply, Error> {
    let id: PurposeId = request.param("id")?;
    answer(&request.read(|db| whole(db, id))?)
}

fn create(request: &Request) -> Result<Reply, Error> {
    let body: PurposeBody = request.json()?;
    let new = NewPurpose {
        key: body.key,
        title: body.title,
        description: body.description,
        basis: body.basis,
        channels: body.channels,
        is_marketing: body.marketing,
        double_opt_in: body.double_opt_in,
        assessment: body.assessment,
        wording: body.wording,
    };
    idempotency::write(request, |tx| {
        let id = service::create(tx, request.app.modules, &new)?;
        Reply::created(format!("/api/v1/purposes/{id}"), &whole(tx, id)?)
    })
}

fn change(request: &Request) -> Result<Reply, Error> {
    let id: PurposeId = request.param("id")?;
    let version = request.if_match()?;
    let body: PurposePatch = request.json()?;
    answer(&request.write(|tx| {
        let mut new = NewPurpose::of(&service::get(tx, id)?);
        set(&mut new.title, body.title);
        set(&mut new.description, body.description);
        set(&mut new.basis, body.basis);
        set(&mut new.channels, body.channels);
        set(&mut new.is_marketing, body.marketing);
        set(&mut new.double_opt_in, body.double_opt_in);
        set(&mut new.assessment, body.assessment);
        set(&mut new.wording, body.wording);
        service::update(tx, request.app.modules, id, version, &new)?;
        if let Some(archived) = body.archived {
            service::set_archived(tx, id, service::get(tx, id)?.version, archived)?;
        }
        whole(tx, id)
    })?)
}

fn set<T>(place: &mut T, sent: Option<T>) {
    if let Some(sent) = sent {
        *place = sent;
    }
}

fn answer(purpose: &PurposeWire) -> Result<Reply, Error> {
    Ok(Reply::json(purpose)?.header("ETag", format!("\"{}\"", purpose.version)))
}
