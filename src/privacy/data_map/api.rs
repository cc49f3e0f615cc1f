//! `/api/v1/data-map` and `/api/v1/processing-record`: the inventory and the record of processing, for programs.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Part;
use super::inventory::{self, Entry, Wanted};
use super::record::{self, Activity};
use crate::error::Error;
use crate::permission::{Action, Area};
use crate::web::{Access, Operation, QueryKind, QueryParameter, Reply, Request, Route, schema};

const VIEW: Access = Access::may(Action::View, Area::Privacy);

/// The words of [`Part`], for the description of the parameter.
const PARTS: &[&str] = &[
    "account_profiles",
    "company_details",
    "workspace_settings",
    "login_events",
    "device_metadata",
    "support_messages",
    "usage_telemetry",
    "connected_channels",
    "operational_records",
];

pub const ROUTES: &[Route] = &[
    Route::get("/api/v1/data-map", VIEW, list).api(&Operation {
        summary: "Gives the inventory: every column with what it holds, why, how long, and who may receive it.",
        query: &[
            QueryParameter { name: "q", description: "Words that occur in the entry.", kind: QueryKind::Text },
            QueryParameter { name: "part", description: "One part of the inventory.", kind: QueryKind::OneOf(PARTS) },
            QueryParameter {
                name: "personal",
                description: "Only columns that say something about a person.",
                kind: QueryKind::Boolean,
            },
        ],
        request: None,
        status: 200,
        response: Some(schema::<DataMap>),
    }),
    Route::get("/api/v1/processing-record", VIEW, processing).api(&Operation {
        summary: "Gives the record of processing (GDPR Art. 30), one entry for each purpose.",
        query: &[],
        request: None,
        status: 200,
        response: Some(schema::<ProcessingRecord>),
    }),
];

/// Columns of the inventory, table by table.
#[derive(Serialize, JsonSchema)]
struct DataMap {
    data: Vec<Entry>,
}

#[derive(Serialize, JsonSchema)]
struct ProcessingRecord {
    data: Vec<Activity>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Query {
    q: String,
    part: String,
    personal: bool,
}

fn list(request: &Request) -> Result<Reply, Error> {
    let query: Query = request.query()?;
    let part = match query.part.as_str() {
        "" => None,
        word => Some(Part::from_word(word).ok_or_else(|| Error::field("part", "unknown", "There is no such part."))?),
    };
    let wanted = Wanted::new(&query.q, part, query.personal);
    let entries = request.read(|db| inventory::entries(db, request.app.modules))?;
    Reply::json(&DataMap { data: entries.into_iter().filter(|entry| wanted.fits(entry)).collect() })
}

fn processing(request: &Request) -> Result<Reply, Error> {
    Reply::json(&ProcessingRecord { data: record::activities(&request.app) })
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_part_can_be_asked_for() {
        let words: Vec<&str> = super::Part::ALL.iter().map(|part| part.word()).collect();
        assert_eq!(words, super::PARTS);
    }
}
