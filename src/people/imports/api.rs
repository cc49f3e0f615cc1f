//! `/api/v1/imports`: the same import, for programs.

use std::cell::Cell;
use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::consents::Rests;
use super::jobs::RUN;
use super::pages::{self, FILE_LIMIT};
use super::service::Wanted;
use super::treatment::{Decision, Treatment};
use super::wire::{ImportWire, wire};
use super::{Import, State, rejected, remembered, sent, service, store};
use crate::db::{Db, Tx};
use crate::error::Error;
use crate::id::{ImportId, ImportMappingId};
use crate::jobs;
use crate::people::undo::api::ChangeWire;
use crate::people::{asker, undo};
use crate::permission::{Action, Area};
use crate::web::{Access, CSV, Operation, QueryKind, QueryParameter, Reply, Request, Route, idempotency, schema};

const ACCESS: Access = Access::may(Action::Import, Area::Contacts);

pub const ROUTES: &[Route] = &[
    Route::get("/api/v1/imports", ACCESS, list).api(&LIST),
    Route::post("/api/v1/imports", ACCESS, create).upload(FILE_LIMIT).api(&CREATE),
    Route::get("/api/v1/imports/{id}", ACCESS, show).api(&SHOW),
    Route::post("/api/v1/imports/{id}/run", ACCESS, run).api(&RUN_ROUTE),
    Route::post("/api/v1/imports/{id}/cancellation", ACCESS, cancel).api(&CANCEL),
    Route::post("/api/v1/imports/{id}/undo", ACCESS, undo).api(&UNDO),
    Route::get("/api/v1/imports/{id}/errors", ACCESS, errors).api(&ERRORS),
    Route::get("/api/v1/imports/{id}/rejected", ACCESS, left_out).api(&REJECTED),
];

const LIST: Operation = Operation {
    summary: "Lists imports, newest first.",
    query: &[
        QueryParameter { name: "limit", description: "How many.", kind: QueryKind::Integer { least: 1, most: 200 } },
        QueryParameter { name: "cursor", description: "Where the last page ended.", kind: QueryKind::Text },
    ],
    request: None,
    status: 200,
    response: Some(schema::<ImportList>),
};
const CREATE: Operation = Operation {
    summary: "Uploads a CSV file, an Excel workbook (.xlsx) or vCards, and says how it would be read.",
    query: &[],
    request: Some(schema::<NewImportForm>),
    status: 201,
    response: Some(schema::<NewImportAnswer>),
};
const SHOW: Operation = Operation {
    summary: "Gives an import and how far it is.",
    query: &[],
    request: None,
    status: 200,
    response: Some(schema::<ImportWire>),
};
const RUN_ROUTE: Operation = Operation {
    summary: "Starts an import, or a dry run that writes nothing.",
    query: &[],
    request: Some(schema::<RunBody>),
    status: 202,
    response: Some(schema::<ImportWire>),
};
const CANCEL: Operation = Operation {
    summary: "Stops an import after the rows at hand.",
    query: &[],
    request: None,
    status: 202,
    response: Some(schema::<ImportWire>),
};
const UNDO: Operation = Operation {
    summary: "Takes an import back within seven days. Records that somebody changed since are left alone and counted.",
    query: &[],
    request: None,
    status: 202,
    response: Some(schema::<ChangeWire>),
};
const REJECTED: Operation = Operation {
    summary: "Gives rows that were left out as they stood in the file, each with its reason, as CSV to mend and \
        upload again. The first 10,000 of them, while the file is kept.",
    query: &[],
    request: None,
    status: 200,
    response: None,
};
const ERRORS: Operation = Operation {
    summary: "Says why rows were left out, and which consents were not taken, as CSV: line, field, message.",
    query: &[],
    request: None,
    status: 200,
    response: None,
};

/// The parts of the multipart body.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "describes the form; the parts are read one by one")]
struct NewImportForm {
    /// The file: what it is shows from what is in it, not from its name.
    #[schemars(extend("format" = "binary"))]
    file: String,
    /// `contact` or `company`.
    object: String,
    /// `create`, `update` or `create_or_update`.
    mode: String,
    /// JSON: heading → field. Left out, the headings go where they went the last time, or are guessed.
    mapping: Option<String>,
    /// JSON: heading → what is done to the texts of the column, with the members of a treatment as remembered
    /// mappings show them: `{"Born": {"dates": "day_first"}}`.
    treatments: Option<String>,
    /// The id of a remembered mapping to map by.
    remembered: Option<String>,
    /// What a yes without its day or its proof rests on: `form`, `paper`, `confirmed` or `spoken`. Left out, such a yes
    /// is not taken.
    consent_ground: Option<String>,
    /// Where that can be looked up.
    consent_reference: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewImportFields {
    object: String,
    mode: String,
    #[serde(default)]
    mapping: Option<String>,
    #[serde(default)]
    treatments: Option<String>,
    #[serde(default)]
    remembered: Option<ImportMappingId>,
    #[serde(default)]
    consent_ground: String,
    #[serde(default)]
    consent_reference: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RunBody {
    /// True to check every row without writing.
    dry_run: bool,
}

#[derive(Serialize, JsonSchema)]
struct ImportList {
    data: Vec<ImportWire>,
    next_cursor: Option<String>,
}

/// A new import, with what was found in the file.
#[derive(Serialize, JsonSchema)]
struct NewImportAnswer {
    id: ImportId,
    state: &'static str,
    columns: Vec<String>,
    /// Heading → field.
    mapping: BTreeMap<String, String>,
    /// Heading → what is done to the texts of the column.
    treatments: BTreeMap<String, Treatment>,
    /// The remembered mapping it was mapped by.
    remembered: Option<ImportMappingId>,
    /// Headings of that mapping whose field is gone.
    gone: Vec<String>,
    /// The first twenty rows.
    preview: Vec<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Page {
    #[serde(default)]
    limit: Option<i64>,
    #[serde(default)]
    cursor: Option<ImportId>,
}

fn list(request: &Request) -> Result<Reply, Error> {
    let page: Page = request.query()?;
    let limit = page.limit.unwrap_or(50);
    if !(1..=200).contains(&limit) {
        return Err(Error::field("limit", "out_of_range", "limit is a number from 1 to 200."));
    }
    let mut imports = sent::list(request, page.cursor, limit + 1)?;
    let has_more = imports.len() as i64 > limit;
    imports.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let next_cursor = imports.last().filter(|_| has_more).map(|last| last.id.to_string());
    Reply::json(&ImportList { data: imports.iter().map(wire).collect(), next_cursor })
}

fn create(request: &Request) -> Result<Reply, Error> {
    let fields: NewImportFields = request.form()?;
    let sent = sent::sent(request, &fields.object, &fields.mode)?;
    let is_taken = Cell::new(false);
    let reply = idempotency::write(request, |tx| {
        let id = sent.take(tx)?;
        apply(request, tx, id, &fields)?;
        let import = service::get(tx, id)?;
        let look = pages::look(request, &import, Some(&import.format))?;
        let named = |position: &usize| look.columns.get(*position).cloned().unwrap_or_default();
        let answer = NewImportAnswer {
            id,
            state: import.state.word(),
            mapping: import.mapping.iter().map(|(position, field)| (named(position), field.clone())).collect(),
            treatments: import.treatments.iter().map(|(position, done)| (named(position), done.clone())).collect(),
            remembered: import.remembered,
            gone: gone(tx, &import)?,
            columns: look.columns.clone(),
            preview: look.preview,
        };
        is_taken.set(true);
        Reply::created(format!("/api/v1/imports/{id}"), &answer)
    })?;
    // The file that came with a repeated request goes: its import has the one that came first.
    if is_taken.get() {
        sent.keep();
    }
    Ok(reply)
}

/// Headings of the remembered mapping whose field is gone.
fn gone(db: &Db, import: &Import) -> Result<Vec<String>, Error> {
    let Some(id) = import.remembered else { return Ok(Vec::new()) };
    let missing = remembered::service::get(db, id)?.missing(&service::fields(db, import)?);
    Ok(missing.into_iter().map(|(heading, _)| heading).collect())
}

/// What a program says about the columns, in place of what would be guessed.
fn apply(request: &Request, tx: &Tx, id: ImportId, sent: &NewImportFields) -> Result<(), Error> {
    let rests = Rests::read(&sent.consent_ground, &sent.consent_reference)?;
    if sent.mapping.is_none() && sent.treatments.is_none() && sent.remembered.is_none() && rests.ground.is_none() {
        return Ok(());
    }
    let import = service::get(tx, id)?;
    let columns = pages::look(request, &import, Some(&import.format))?.columns;
    let mut wanted = Wanted { columns, rests, ..Wanted::of(&import) };
    if let Some(id) = sent.remembered {
        let known = remembered::service::get(tx, id).ok().filter(|known| known.object == import.object);
        let known = known.ok_or_else(|| {
            Error::field("remembered", "unknown", "There is no mapping with this id for such records.")
        })?;
        (wanted.mapping, wanted.treatments) = known.applied(&service::fields(tx, &import)?, &wanted.columns);
        wanted.remembered = Some(id);
    }
    if let Some(text) = &sent.mapping {
        wanted.mapping = by_heading(text, "mapping", "heading → field", &wanted.columns)?;
        wanted.remembered = None;
        wanted.treatments.retain(|position, _| import.mapping.get(position) == wanted.mapping.get(position));
    }
    if let Some(text) = &sent.treatments {
        wanted.treatments = by_heading(text, "treatments", "heading → what is done", &wanted.columns)?;
        let adds = |treatment: &Treatment| treatment.values.values().any(|decision| *decision == Decision::Add);
        if wanted.treatments.values().any(adds) && !request.may(Action::Manage, Area::Settings) {
            let message = "You may not change fields, so no choice can be added.";
            return Err(Error::field("treatments", "not_allowed", message));
        }
    }
    service::set_mapping(tx, id, wanted)
}

/// A JSON object by headings, as one by the places of the columns.
fn by_heading<T: DeserializeOwned>(
    text: &str,
    part: &'static str,
    shape: &str,
    columns: &[String],
) -> Result<BTreeMap<usize, T>, Error> {
    let sent: BTreeMap<String, T> = serde_json::from_str(text)
        .map_err(|error| Error::field(part, "wrong_type", format!("{part} is a JSON object: {shape} ({error}).")))?;
    let mut found = BTreeMap::new();
    for (heading, value) in sent {
        let position = columns.iter().position(|column| *column == heading).ok_or_else(|| {
            Error::field(format!("{part}/{heading}"), "unknown_column", format!("The file has no column {heading}."))
        })?;
        found.insert(position, value);
    }
    Ok(found)
}

fn show(request: &Request) -> Result<Reply, Error> {
    Reply::json(&wire(&sent::find(request)?))
}

fn run(request: &Request) -> Result<Reply, Error> {
    let body: RunBody = request.json()?;
    let import = sent::find(request)?;
    let id = import.id;
    if !body.dry_run {
        sent::demand_fields(request, &import)?;
    }
    let reply = idempotency::write(request, |tx| {
        service::start(tx, id, body.dry_run)?;
        accepted(tx, id)
    })?;
    jobs::ask(&request.app, &RUN, Some(request.member()?.workspace_id()))?;
    Ok(reply)
}

fn cancel(request: &Request) -> Result<Reply, Error> {
    let id = sent::find(request)?.id;
    idempotency::write(request, |tx| {
        service::cancel(tx, id)?;
        accepted(tx, id)
    })
}

/// 202 with the import as it is now: the work goes on in a job.
pub(super) fn accepted(db: &Db, id: ImportId) -> Result<Reply, Error> {
    Ok(Reply::json(&wire(&service::get(db, id)?))?.status(202))
}

fn undo(request: &Request) -> Result<Reply, Error> {
    let import = sent::find(request)?;
    let directory = asker::directory(request)?;
    let reply = idempotency::write(request, |tx| {
        let change = service::change(&import)?;
        undo::pages::demand_undo(request, &undo::service::get(tx, change)?)?;
        undo::service::start(tx, change)?;
        Ok(Reply::json(&ChangeWire::new(undo::service::get(tx, change)?, &directory))?.status(202))
    })?;
    jobs::ask(&request.app, &undo::jobs::RUN, Some(request.member()?.workspace_id()))?;
    Ok(reply)
}

fn left_out(request: &Request) -> Result<Reply, Error> {
    let import = sent::find(request)?;
    demand_errors(&import)?;
    rejected::reply(request, &import)
}

fn demand_errors(import: &Import) -> Result<(), Error> {
    match import.state {
        State::Mapping => Err(Error::Conflict("this import has not been checked or run yet".into())),
        _ => Ok(()),
    }
}

fn errors(request: &Request) -> Result<Reply, Error> {
    let import = sent::find(request)?;
    demand_errors(&import)?;
    let errors = request.read(|db| store::errors_and_remarks(db, import.id))?;
    Ok(Reply::download(&format!("import-{}-errors.csv", import.id), CSV, super::errors_csv(errors)))
}
