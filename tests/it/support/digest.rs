//! Digests of a file's content: equal before and after means that nothing was changed.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::Connection;
use rusqlite::types::{Value, ValueRef};
use sha2::{Digest, Sha256};

/// One hash for each table.
pub type Digests = BTreeMap<String, String>;

/// Tables of machinery that move by themselves, or because somebody was looked at: when a session was
/// last seen, which job ran, how often somebody failed to sign in, how often a page was opened, the audit log's account of a refusal,
/// and what an exchange of the workspace's key seals so that pseudonyms stay what they are.
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
    "usage_views",
    "pseudonym_key",
];

/// Hashes every table but the moving ones; with the audit log only when `with_audit`.
pub fn of(conn: &Connection, with_audit: bool) -> Digests {
    names(conn, with_audit).into_iter().map(|name| (name.clone(), table(conn, &name))).collect()
}

/// The rows of each table as text, without the audit log and without the columns that `leave_out` names.
pub fn rows(conn: &Connection, leave_out: &dyn Fn(&str, &str) -> bool) -> BTreeMap<String, BTreeSet<String>> {
    let read = |name: &str| -> BTreeSet<String> {
        let mut statement = conn.prepare(&format!("SELECT * FROM \"{name}\"")).expect("a table");
        let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
        let kept: Vec<usize> = (0..columns.len()).filter(|at| !leave_out(name, &columns[*at])).collect();
        let text = |row: &rusqlite::Row| -> rusqlite::Result<String> {
            let cells = kept.iter().map(|at| Ok(format!("{}={:?}", columns[*at], row.get::<_, Value>(*at)?)));
            Ok(cells.collect::<rusqlite::Result<Vec<String>>>()?.join(" "))
        };
        statement.query_map([], text).expect("rows").map(|row| row.expect("a row")).collect()
    };
    names(conn, false).into_iter().map(|name| (name.clone(), read(&name))).collect()
}

/// The tables, the moving ones and those of the search aside.
fn names(conn: &Connection, with_audit: bool) -> Vec<String> {
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
    names.into_iter().filter(|name| !MOVING.contains(&name.as_str()) && (with_audit || name != "audit")).collect()
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
