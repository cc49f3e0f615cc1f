//! Digests of a file's content: equal before and after means that nothing was changed.

use std::collections::BTreeMap;

use rusqlite::Connection;
use rusqlite::types::ValueRef;
use sha2::{Digest, Sha256};

/// One hash for each table.
pub type Digests = BTreeMap<String, String>;

/// Tables of machinery that move by themselves, or because somebody was looked at: when a session was
/// last seen, which job ran, how often somebody failed to sign in, and the audit log's account of a refusal.
const MOVING: &[&str] = &[
    "operator_tokens",
    "sessions",
    "workspace_entries",
    "jobs",
    "job_runs",
    "throttles",
    "api_tokens",
    "outgoing_mail",
    "installation",
];

/// Hashes every table but the moving ones; with the audit log only when `with_audit`.
pub fn of(conn: &Connection, with_audit: bool) -> Digests {
    let mut names = conn
        .prepare(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'
             AND name NOT LIKE '%\\_data' ESCAPE '\\' AND name NOT LIKE '%\\_idx' ESCAPE '\\'
             AND name NOT LIKE '%\\_docsize' ESCAPE '\\' AND name NOT LIKE '%\\_config' ESCAPE '\\'
             AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY name",
        )
        .expect("a schema");
    let names: Vec<String> =
        names.query_map([], |row| row.get(0)).expect("names").map(|name| name.expect("a name")).collect();
    names
        .into_iter()
        .filter(|name| !MOVING.contains(&name.as_str()) && (with_audit || name != "audit"))
        .map(|name| {
            let digest = table(conn, &name);
            (name, digest)
        })
        .collect()
}

fn table(conn: &Connection, name: &str) -> String {
    let mut statement = conn.prepare(&format!("SELECT * FROM \"{name}\"")).expect("a table");
    let columns = statement.column_count();
    let mut rows = statement.query([]).expect("rows");
    let mut all = Vec::new();
    while let Some(row) = rows.next().expect("a row") {
        let mut hash = Sha256::new();
        for column in 0..columns {
            match row.get_ref(column).expect("a value") {
                ValueRef::Null => hash.update(b"n"),
                ValueRef::Integer(number) => hash.update(number.to_be_bytes()),
                ValueRef::Real(number) => hash.update(number.to_be_bytes()),
                ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
                    hash.update((bytes.len() as u64).to_be_bytes());
                    hash.update(bytes);
                }
            }
            hash.update(b"|");
        }
        all.push(hash.finalize());
    }
    all.sort();
    let mut whole = Sha256::new();
    for row in &all {
        whole.update(row);
    }
    format!("{} rows, {}", all.len(), data_encoding::HEXLOWER.encode(&whole.finalize()[..8]))
}

/// The tables that differ.
pub fn changed(before: &Digests, after: &Digests) -> Vec<String> {
    before
        .iter()
        .filter(|(name, digest)| after.get(*name) != Some(digest))
        .map(|(name, digest)| format!("{name}: {digest} became {:?}", after.get(name)))
        .collect()
}
