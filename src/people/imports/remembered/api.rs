//! `/api/v1/import-mappings`: the mappings that are remembered.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::pages::find;
use super::{Remembered, service};
use crate::db::Db;
use crate::error::Error;
use crate::id::ImportMappingId;
use crate::people::imports::fields::Fields;
use crate::people::imports::sent;
use crate::people::imports::treatment::Treatment;
use crate::people::list::api::Collection;
use crate::people::record::Object;
use crate::permission::{Action, Area};
use crate::web::{Access, Operation, Reply, Request, Route, schema};

const ACCESS: Access = Access::may(Action::Import, Area::Contacts);

pub const ROUTES: &[Route] = &[
    Route::get("/api/v1/import-mappings", ACCESS, list).api(&Operation {
        summary: "Lists the mappings that were used and are remembered, those last used first.",
        query: &[],
        request: None,
        status: 200,
        response: Some(schema::<Collection<MappingWire>>),
    }),
    Route::patch("/api/v1/import-mappings/{id}", ACCESS, rename).api(&Operation {
        summary: "Gives a remembered mapping another name.",
        query: &[],
        request: Some(schema::<NameBody>),
        status: 200,
        response: Some(schema::<MappingWire>),
    }),
    Route::delete("/api/v1/import-mappings/{id}", ACCESS, forget).api(&Operation {
        summary: "Forgets a mapping. Imports that used it stay as they are.",
        query: &[],
        request: None,
        status: 204,
        response: None,
    }),
];

/// A mapping that was used. The next file with the same headings is mapped by it.
#[derive(Serialize, JsonSchema)]
struct MappingWire {
    id: ImportMappingId,
    version: i64,
    /// `contact` or `company`.
    object: &'static str,
    name: String,
    columns: Vec<ColumnWire>,
    /// Runs that used it.
    uses: i64,
    used_at: String,
}

#[derive(Serialize, JsonSchema)]
struct ColumnWire {
    heading: String,
    /// Null for a column that is left out.
    field: Option<String>,
    /// The field is gone by now, so the column is left out.
    is_gone: bool,
    treatment: Treatment,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NameBody {
    name: String,
}

fn wire(db: &Db, known: Remembered) -> Result<MappingWire, Error> {
    let fields = Fields::load(db, known.object, known.object == Object::Contact, true)?;
    let columns = known.columns.into_iter().map(|column| ColumnWire {
        is_gone: !column.field.is_empty() && !fields.is_known(&column.field),
        field: Some(column.field).filter(|field| !field.is_empty()),
        heading: column.heading,
        treatment: column.treatment,
    });
    Ok(MappingWire {
        id: known.id,
        version: known.version,
        object: known.object.word(),
        name: known.name,
        columns: columns.collect(),
        uses: known.uses,
        used_at: known.used_at.rfc3339(),
    })
}

fn list(request: &Request) -> Result<Reply, Error> {
    let data = request.read(|db| {
        let seen = service::all(db)?.into_iter().filter(|known| sent::may_import(request, known.object));
        seen.map(|known| wire(db, known)).collect::<Result<Vec<_>, Error>>()
    })?;
    Reply::json(&Collection { data, next_cursor: None, total: None, total_is_floor: None })
}

fn rename(request: &Request) -> Result<Reply, Error> {
    let known = find(request)?;
    let version = request.if_match()?;
    let body: NameBody = request.json()?;
    let changed = request.write(|tx| {
        service::rename(tx, known.id, Some(version), &body.name)?;
        wire(tx, service::get(tx, known.id)?)
    })?;
    Reply::json(&changed)
}

fn forget(request: &Request) -> Result<Reply, Error> {
    let known = find(request)?;
    request.write(|tx| service::forget(tx, known.id))?;
    Ok(Reply::nothing())
}
