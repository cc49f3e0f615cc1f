//! What is decided between the check of an import and its run, for programs.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::service::{self, Values};
use super::{SHOWN, UnknownValue};
use crate::error::Error;
use crate::people::imports::api::accepted;
use crate::people::imports::mapping::column_name;
use crate::people::imports::treatment::Decision;
use crate::people::imports::wire::ImportWire;
use crate::people::imports::{self, Import, Resembling, jobs::RUN, sent};
use crate::people::list::api::Collection;
use crate::permission::{Action, Area};
use crate::web::{Access, Operation, Reply, Request, Route, idempotency, schema};

const ACCESS: Access = Access::may(Action::Import, Area::Contacts);

pub const ROUTES: &[Route] = &[
    Route::get("/api/v1/imports/{id}/values", ACCESS, values).api(&Operation {
        summary: "Lists values of the checked file that are no choice of the field they would go into, with the number of \
            rows that have each. At most 500 of a column.",
        query: &[],
        request: None,
        status: 200,
        response: Some(schema::<Collection<ValueWire>>),
    }),
    Route::post("/api/v1/imports/{id}/values", ACCESS, decide_values).api(&Operation {
        summary: "Decides what becomes of such values, and checks the file again.",
        query: &[],
        request: Some(schema::<ValuesBody>),
        status: 202,
        response: Some(schema::<ImportWire>),
    }),
    Route::get("/api/v1/imports/{id}/resembling", ACCESS, resembling).api(&Operation {
        summary: "Lists the first 100 rows of the checked file that resemble somebody who is there, or an earlier row.",
        query: &[],
        request: None,
        status: 200,
        response: Some(schema::<Collection<RowWire>>),
    }),
    Route::post("/api/v1/imports/{id}/resembling", ACCESS, decide_rows).api(&Operation {
        summary: "Decides what becomes of rows that resemble somebody. Without a decision they are added.",
        query: &[],
        request: Some(schema::<RowsBody>),
        status: 200,
        response: Some(schema::<ImportWire>),
    }),
];

/// A value that is no choice of its field.
#[derive(Serialize, JsonSchema)]
struct ValueWire {
    /// The heading of the column.
    column: String,
    field: String,
    value: String,
    rows: i64,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ValuesBody {
    /// Heading of a column → value → `"add"`, `"empty"`, `"reject"` or `{"map": "a choice"}`. Adding a choice needs
    /// the right to change fields.
    values: BTreeMap<String, BTreeMap<String, Decision>>,
}

/// A row that resembles somebody.
#[derive(Serialize, JsonSchema)]
struct RowWire {
    /// The line of the row.
    line: i64,
    name: String,
    /// The contact that it resembles; null for an earlier row.
    contact: Option<i64>,
    /// The earlier row that it resembles.
    other_line: Option<i64>,
    /// `same_name`, `close_name`, `same_company`.
    reasons: Vec<&'static str>,
    /// `create`, `skip` or `update`; null: as of all.
    decision: Option<&'static str>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RowsBody {
    /// Of all such rows: `create`, `skip` or `update`.
    all: String,
    /// Of single ones among the first 100.
    #[serde(default)]
    rows: Vec<RowBody>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RowBody {
    line: i64,
    /// `create`, `skip` or `update`; null: as of all.
    decision: Option<String>,
}

fn values(request: &Request) -> Result<Reply, Error> {
    let import = sent::find(request)?;
    let wire = |value: UnknownValue| ValueWire {
        column: column_name(&import.columns, value.position),
        field: import.mapping.get(&value.position).cloned().unwrap_or_default(),
        value: value.value,
        rows: value.rows,
    };
    let data = request.read(|db| service::values(db, import.id))?.into_iter().map(wire).collect();
    Reply::json(&Collection::<ValueWire> { data, next_cursor: None, total: None, total_is_floor: None })
}

fn decide_values(request: &Request) -> Result<Reply, Error> {
    let import = sent::find(request)?;
    let body: ValuesBody = request.json()?;
    let may_define = request.may(Action::Manage, Area::Settings);
    let values = by_position(&import, body.values)?;
    let reply = idempotency::write(request, |tx| {
        service::decide_values(tx, import.id, values, may_define)?;
        imports::service::start(tx, import.id, true)?;
        accepted(tx, import.id)
    })?;
    crate::jobs::ask(&request.app, &RUN, Some(request.member()?.workspace_id()))?;
    Ok(reply)
}

fn by_position(import: &Import, values: BTreeMap<String, BTreeMap<String, Decision>>) -> Result<Values, Error> {
    let position = |heading: &String| {
        let found = (0..import.columns.len()).find(|position| column_name(&import.columns, *position) == *heading);
        found.ok_or_else(|| {
            Error::field(format!("values/{heading}"), "unknown_column", format!("The file has no column {heading}."))
        })
    };
    values.into_iter().map(|(heading, values)| Ok((position(&heading)?, values))).collect()
}

fn resembling(request: &Request) -> Result<Reply, Error> {
    let import = sent::find(request)?;
    let rows = request.read(|db| service::between(db, import.id, 0, i64::MAX, SHOWN))?;
    let wire = |row: super::Resemblance| RowWire {
        line: row.line,
        name: row.name,
        contact: row.other,
        other_line: row.other_line,
        reasons: row.reasons.iter().map(|reason| reason.word()).collect(),
        decision: row.decision.map(Resembling::word),
    };
    let data = rows.into_iter().map(wire).collect();
    Reply::json(&Collection::<RowWire> { data, next_cursor: None, total: None, total_is_floor: None })
}

fn decide_rows(request: &Request) -> Result<Reply, Error> {
    let import = sent::find(request)?;
    let body: RowsBody = request.json()?;
    let read = |word: &str, pointer: &str| {
        Resembling::from_word(word).ok_or_else(|| {
            Error::field(pointer.to_owned(), "unknown_value", "This is one of create, skip and update.".to_owned())
        })
    };
    let all = read(&body.all, "all")?;
    let rows = body.rows.iter().enumerate().map(|(number, row)| {
        let decision =
            row.decision.as_deref().map(|word| read(word, &format!("rows/{number}/decision"))).transpose()?;
        Ok((row.line, decision))
    });
    let rows = rows.collect::<Result<Vec<_>, Error>>()?;
    idempotency::write(request, |tx| {
        service::decide_rows(tx, import.id, Some(all), &rows)?;
        Ok(accepted(tx, import.id)?.status(200))
    })
}
