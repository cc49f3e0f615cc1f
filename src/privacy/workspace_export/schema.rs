//! The published JSON Schema of a whole workspace.

use serde_json::{Value, json};

/// What [`super::write`] writes. Kept short: tables differ by their columns only, and each names its own.
pub fn schema() -> Value {
    let cell = json!({ "type": ["null", "integer", "string", "object"] });
    let table = json!({
        "type": "object", "required": ["columns", "rows", "count", "sha256"], "additionalProperties": false,
        "properties": {
            "columns": { "type": "array", "items": { "type": "string" } },
            "rows": { "type": "array", "items": { "type": "array", "items": cell } },
            "count": { "type": "integer", "minimum": 0,
                       "description": "How many rows there are." },
            "sha256": { "type": "string",
                        "description": "Over each row as compact JSON with a line feed after it, in hex." },
        },
    });
    let file = json!({
        "type": "object", "required": ["id"], "additionalProperties": false,
        "properties": {
            "id": { "type": "integer", "description": "Of the row that names the file, in its table or in the image of a deleted record." },
            "bytes": { "type": "integer", "minimum": 0 },
            "base64": { "type": "string" },
            "damaged": { "type": "boolean", "description": "It could not be read, so it is not here." },
        },
    });
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Holdfast: a whole workspace",
        "type": "object",
        "required": ["format", "version", "schema", "exported_at", "workspace", "pseudonym_key", "members_through",
                     "control", "sequences", "tables", "files"],
        "additionalProperties": false,
        "properties": {
            "format": { "type": "string" },
            "version": { "type": "integer", "minimum": 2 },
            "schema": { "type": "integer", "minimum": 1, "description": "The version of the tables." },
            "exported_at": { "type": "string" },
            "workspace": {
                "type": "object", "required": ["slug", "name", "created_at"],
                "properties": { "slug": { "type": "string" }, "name": { "type": "string" },
                                "created_at": { "type": "string" } },
            },
            "pseudonym_key": {
                "type": "string",
                "description": "Base64: what the keyed hashes of addresses were made with. With it an import goes on \
                                knowing whoever was erased or objected.",
            },
            "members_through": { "type": "integer", "description": "No member had a higher number." },
            "sequences": { "type": "object", "additionalProperties": { "type": "integer" },
                           "description": "The highest number that a row of each table ever had." },
            "control": { "type": "object", "additionalProperties": { "$ref": "#/$defs/table" },
                         "description": "Rows of the installation about this workspace." },
            "tables": { "type": "object", "additionalProperties": { "$ref": "#/$defs/table" } },
            "files": { "type": "object", "additionalProperties": { "type": "array", "items": file } },
        },
        "$defs": { "table": table },
    })
}
