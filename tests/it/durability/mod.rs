//! What happens when the process, the disk or the machine fails.

mod crash;
pub mod disk;
mod faults;
mod leaks;
mod many;
mod power_cut;
mod start;
mod stop;
mod upgrade;

use rusqlite::Connection;
use serde_json::{Value, json};

use crate::support::{Client, TestApp};

/// A contact that a test can find again by its number.
pub fn contact(number: usize) -> Value {
    json!({
        "given_name": "Writer", "family_name": format!("Number {number}"),
        "emails": [{ "value": format!("writer{number}@load.example"), "primary": true }],
    })
}

/// Adds a contact; its id when the server said that it is kept.
pub fn add(program: &Client, number: usize) -> Option<i64> {
    let answer = program.try_send(crate::support::Ask::new("POST", "/api/v1/contacts").json(&contact(number))).ok()?;
    (answer.status == 201).then(|| answer.json()["id"].as_i64().expect("an id"))
}

/// Every page fits its checksum, and the structure holds.
#[track_caller]
pub fn assert_sound(conn: &Connection) {
    let damaged: Vec<String> = conn
        .prepare("PRAGMA cipher_integrity_check")
        .and_then(|mut statement| statement.query_map([], |row| row.get(0))?.collect())
        .expect("the check runs");
    assert_eq!(damaged, Vec::<String>::new(), "pages are damaged");
    let answer: String = conn.query_row("PRAGMA integrity_check", [], |row| row.get(0)).expect("the check runs");
    assert_eq!(answer, "ok");
}

/// What was acknowledged and is not there.
pub fn missing(conn: &Connection, acknowledged: &[i64]) -> Vec<i64> {
    let known: std::collections::HashSet<i64> = conn
        .prepare("SELECT id FROM contacts")
        .and_then(|mut statement| statement.query_map([], |row| row.get(0))?.collect())
        .expect("contacts");
    acknowledged.iter().copied().filter(|id| !known.contains(id)).collect()
}

/// The audit chain of the workspace and of the installation verifies.
#[track_caller]
pub fn assert_audit_verifies(app: &TestApp) {
    let output = app.command(&["audit", "verify", "--all"]);
    assert!(output.status.success(), "{}", crate::support::shown(&output));
}
