//! What the files of a package hold, as types: their JSON Schema is published, and in every package.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value as Json;

use super::gather::Held;
use super::redact::Redacted;
use crate::clock::Timestamp;
use crate::module::KnownIdentity;
use crate::privacy::controller::Controller;
use crate::privacy::data_map::{Recipient, Table};
use crate::privacy::subject::Person;

/// The format of `data.json`; grows when something in it changes its meaning.
const VERSION: u32 = 1;

/// All that is held of one person: the file `data.json`.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "Holdfast: the data held of one person")]
pub struct Data {
    /// Always `holdfast-access-package`.
    pub format: &'static str,
    pub version: u32,
    /// When it was made (RFC 3339, UTC).
    pub made_at: String,
    pub workspace: Workspace,
    pub person: Subject,
    /// By the name of the table.
    pub tables: BTreeMap<&'static str, TableData>,
    pub files: Vec<FileData>,
    /// Places where others are named, which are masked.
    pub redacted: Redacted,
}

#[derive(Serialize, JsonSchema)]
pub struct Workspace {
    pub name: String,
    /// Its public privacy page.
    pub page: String,
}

#[derive(Serialize, JsonSchema)]
pub struct Subject {
    /// `contact`.
    pub kind: &'static str,
    pub id: i64,
    pub name: String,
    pub identities: Vec<Identity>,
}

#[derive(Serialize, JsonSchema)]
pub struct Identity {
    /// `email` or `phone`.
    pub kind: &'static str,
    pub value: String,
}

#[derive(Serialize, JsonSchema)]
pub struct TableData {
    /// What people call its rows.
    pub label: &'static str,
    pub items: Vec<ItemData>,
}

#[derive(Serialize, JsonSchema)]
pub struct ItemData {
    /// By the names of the data map. Moments are RFC 3339 in UTC.
    pub values: BTreeMap<&'static str, Json>,
    /// The table that holds it when it is not its own: `trash`, for one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held_in: Option<&'static str>,
    /// Where it came from.
    pub source: String,
    /// When it goes, when that is a day already.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub goes_at: Option<String>,
    /// How long it stays.
    pub goes: String,
    /// The path of its file in the package.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
}

#[derive(Serialize, JsonSchema, Clone)]
pub struct FileData {
    /// Its path in the package.
    pub path: String,
    pub bytes: u64,
    /// Why it is not in the package; absent for one that is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub damaged: Option<String>,
}

/// Why each thing is held, and what becomes of it: the file `processing.json`.
#[derive(Serialize, JsonSchema)]
pub struct Processing {
    pub workspace: Workspace,
    /// Who answers for the data; empty where the workspace has not said it.
    pub controller: Controller,
    pub processing: Vec<Purpose>,
    pub automated_decisions: &'static str,
    pub rights: Vec<Right>,
    pub complaint: &'static str,
}

#[derive(Serialize, JsonSchema)]
pub struct Purpose {
    pub table: &'static str,
    pub label: &'static str,
    pub purpose: &'static str,
    pub lawful_basis: &'static str,
    /// `processor` or `controller`: in whose name it is done.
    pub role: &'static str,
    /// Categories of personal data.
    pub categories: Vec<&'static str>,
    /// Categories of processors that may receive it.
    pub recipients: Vec<&'static str>,
    pub retention: String,
    /// What erasing the person does to it.
    pub erasure: String,
    pub items: usize,
}

#[derive(Serialize, JsonSchema, Clone, Copy)]
pub struct Right {
    pub name: &'static str,
    pub article: &'static str,
    pub meaning: &'static str,
}

pub const NO_AUTOMATED_DECISIONS: &str =
    "None. No decision about you is made by a machine alone, and no profile of you is drawn.";
pub const COMPLAINT: &str = "You may complain to the data protection authority where you live, where you work, or \
                             where you think the law was broken (Art. 77).";

/// What a person may ask for, in plain words.
pub const RIGHTS: [Right; 7] = [
    Right { name: "Access", article: "Art. 15", meaning: "Know what is held of you, and get a copy. This is it." },
    Right {
        name: "Correction",
        article: "Art. 16",
        meaning: "Have what is wrong put right, and what is missing added.",
    },
    Right {
        name: "Erasure",
        article: "Art. 17",
        meaning: "Have it erased, unless the law demands that it stays. You are told what stays, why, and until when.",
    },
    Right {
        name: "Restriction",
        article: "Art. 18",
        meaning: "Have it kept but not used, while a question about it is open.",
    },
    Right {
        name: "Moving it",
        article: "Art. 20",
        meaning: "Take it with you in a form that programs read: data.json and the tables beside it.",
    },
    Right { name: "Objection", article: "Art. 21", meaning: "Object to a use. Advertising stops at once, always." },
    Right {
        name: "Withdrawal",
        article: "Art. 7(3)",
        meaning: "Take back what you agreed to, at any time, as easily as you gave it.",
    },
];

/// The JSON Schema of `data.json`.
pub fn schema() -> Json {
    schemars::schema_for!(Data).to_value()
}

impl Data {
    /// `file_of` gives the path in the package of an item's file.
    pub fn new(
        held: &Held,
        person: &Person,
        identities: Vec<KnownIdentity>,
        workspace: Workspace,
        made_at: Timestamp,
        files: Vec<FileData>,
        file_of: impl Fn(&'static Table, i64) -> Option<String>,
    ) -> Data {
        let tables = held.sections.iter().map(|section| {
            let items = section.items.iter().map(|item| ItemData {
                values: item.values.iter().map(|value| (value.key, value.json.clone())).collect(),
                held_in: item.held_in.map(|table| table.name),
                source: item.source.clone(),
                goes_at: item.goes_at.map(Timestamp::rfc3339),
                goes: item.goes.clone(),
                file: item.id.and_then(|id| file_of(section.table, id)),
            });
            (section.table.name, TableData { label: section.table.label, items: items.collect() })
        });
        Data {
            format: "holdfast-access-package",
            version: VERSION,
            made_at: made_at.rfc3339(),
            workspace,
            person: Subject {
                kind: person.kind.word,
                id: person.id(),
                name: held.name.clone(),
                identities: identities
                    .into_iter()
                    .map(|identity| Identity { kind: identity.kind.word(), value: identity.value })
                    .collect(),
            },
            tables: tables.collect(),
            files,
            redacted: held.redacted,
        }
    }
}

impl Processing {
    pub fn new(held: &Held, workspace: Workspace, controller: Controller) -> Processing {
        let processing = held.sections.iter().map(|section| Purpose::of(section.table, section.items.len()));
        Processing {
            workspace,
            controller,
            processing: processing.collect(),
            automated_decisions: NO_AUTOMATED_DECISIONS,
            rights: RIGHTS.to_vec(),
            complaint: COMPLAINT,
        }
    }
}

impl Purpose {
    pub fn of(table: &'static Table, items: usize) -> Purpose {
        Purpose {
            table: table.name,
            label: table.label,
            purpose: table.purpose,
            lawful_basis: table.lawful_basis.label(),
            role: table.role.word(),
            categories: table.categories().iter().map(|holds| holds.label()).collect(),
            recipients: table.recipients().into_iter().map(Recipient::label).collect(),
            retention: table.retention.label(),
            erasure: table.erasure.label(),
            items,
        }
    }
}
