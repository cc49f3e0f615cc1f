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
            "id": { "type": "integer", "description": "Of the row that names the file." },
            "bytes": { "type": "integer", "minimum": 0 },
            "base64": { "type": "string" },
            "damaged": { "type": "boolean", "description": "It could not be read, so it is not here." },
        },
    });
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Holdfast: a whole workspace",
        "type": "object",
        "required": ["format", "version", "exported_at", "workspace", "control", "tables", "files"],
        "additionalProperties": false,
        "properties": {
            "format": { "type": "string" },
            "version": { "type": "integer", "minimum": 1 },
            "exported_at": { "type": "string" },
            "workspace": {
                "type": "object", "required": ["slug", "name", "created_at"],
                "properties": { "slug": { "type": "string" }, "name": { "type": "string" },
                                "created_at": { "type": "string" } },
            },
            "control": { "type": "object", "additionalProperties": { "$ref": "#/$defs/table" },
                         "description": "Rows of the installation about this workspace." },
            "tables": { "type": "object", "additionalProperties": { "$ref": "#/$defs/table" } },
            "files": { "type": "object", "additionalProperties": { "type": "array", "items": file } },
        },
        "$defs": { "table": table },
    })
}
