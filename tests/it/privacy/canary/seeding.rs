//! A row in every table of the workspace, with something in every column: markers where the row is about the person,
//! words that name them where it is about somebody else. Made of the data map and the schema; no table is named but
//! where the program itself treats it apart.

use std::collections::{BTreeMap, BTreeSet};

use holdfast::clock::Timestamp;
use holdfast::modules::{self, MODULES};
use holdfast::people::person::CONTACT;
use holdfast::privacy::data_map::{Column, Erasure, File, Holds, Reading, Subject, Table};
use holdfast::privacy::subject;
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use super::person::Canary;
use crate::support::{TestApp, fixture};

/// File, table, column.
pub type Seeded = BTreeSet<(&'static str, String, String)>;

pub struct Seeds {
    pub seeded: Seeded,
    /// Columns that a copy of the person's data shows, with what stands in them.
    pub exported: Vec<(String, String)>,
}

pub fn file_name(file: File) -> &'static str {
    match file {
        File::Control => "control.db",
        File::Workspace => "data.db",
    }
}

/// Declared columns that are not among these.
pub fn unseeded(seeded: &Seeded) -> Vec<String> {
    let declared = modules::tables().flat_map(|table| {
        table.columns.iter().map(|column| (file_name(table.file), table.name.to_owned(), column.name.to_owned()))
    });
    declared
        .filter(|column| !seeded.contains(column))
        .map(|(file, table, column)| format!("{file}: {table}.{column}"))
        .collect()
}

/// True for what an erasure takes out of a row about the person, or takes with the row.
pub fn goes(table: &Table, column: &Column) -> bool {
    match column.erased(table) {
        Erasure::DeleteRow => true,
        Erasure::Redact => column.is_personal() || column.erasure.is_some(),
        _ => false,
    }
}

impl Seeds {
    pub fn plant(app: &TestApp, canary: &Canary) -> Seeds {
        let conn = app.workspace("alpha");
        let mut seeder =
            Seeder { conn: &conn, canary, count: 0, seeds: Seeds { seeded: Seeded::new(), exported: Vec::new() } };
        conn.execute_batch("PRAGMA ignore_check_constraints = ON; PRAGMA foreign_keys = OFF; BEGIN").expect("pragmas");
        let mut about: Vec<&Table> = subject::tables(MODULES, &CONTACT).map(|(table, _)| table).collect();
        // Parents before their children.
        about.reverse();
        for table in &about {
            seeder.seed(table, true);
        }
        let others = modules::tables().filter(|table| table.file == File::Workspace);
        for table in others.filter(|table| !about.iter().any(|own| own.name == table.name)) {
            seeder.seed(table, false);
        }
        let seeds = seeder.seeds;
        conn.execute_batch("COMMIT").expect("written");
        in_control(app, canary);
        seeds
    }
}

/// What of the installation's file is about people of a workspace: a mail that waits, an entry of its log.
fn in_control(app: &TestApp, canary: &Canary) {
    let control = app.control();
    let id = fixture::workspace_id(&control, "alpha");
    let later = app.now().plus(Timestamp::DAY);
    let (email, words) = (canary.email(), canary.words());
    control
        .execute(
            "INSERT INTO outgoing_mail (workspace_id, purpose, recipient, title, body_text, body_html, message_id, state,
                 next_attempt_at, give_up_at, created_at, discard_after, last_error)
             VALUES (?1, 'test', ?2, ?3, ?3, ?3, ?4, 'queued', ?5, ?5, ?5, ?5, ?3)",
            (id, &email, &words, format!("<{}@test>", app.now().0), later),
        )
        .expect("a mail that waits");
    control
        .execute(
            "INSERT INTO audit (seq, at, actor, action, object, workspace_id, network, detail, commitment, personal, salt,
                 previous, hash)
             SELECT ifnull(max(seq), 0) + 1, 1, 'system', 'mail.message.failed', 'mail:1', ?1, '', '{}', randomblob(32),
                 json_object('to', ?2), randomblob(16), randomblob(32), randomblob(32) FROM audit",
            (id, &words),
        )
        .expect("an entry of the log");
}

struct Seeder<'a> {
    conn: &'a Connection,
    canary: &'a Canary,
    count: i64,
    seeds: Seeds,
}

impl Seeder<'_> {
    fn seed(&mut self, table: &'static Table, is_about: bool) {
        let types = types(self.conn, table.name);
        let mut row: BTreeMap<&str, Value> = BTreeMap::new();
        for column in table.columns {
            let kind = types.get(column.name).unwrap_or_else(|| panic!("{}.{} is no column", table.name, column.name));
            if let Some(value) =
                self.link(table, column, is_about).unwrap_or_else(|| self.value(table, column, kind, is_about))
            {
                row.insert(column.name, value);
            }
            self.seeds.seeded.insert(("data.db", table.name.to_owned(), column.name.to_owned()));
            self.expect(table, column, kind, is_about);
        }
        if table.name == CONTACT.table {
            // They are there already, with a name that others' notes call them by.
            row.retain(|name, value| matches!(value, Value::Text(_)) && *name != "display_name");
            self.update(table, row);
        } else {
            self.insert(table, &types, row);
        }
    }

    /// What a copy must show of it.
    fn expect(&mut self, table: &Table, column: &Column, kind: &str, is_about: bool) {
        let is_shown = is_about && column.export.is_some() && goes(table, column);
        if is_shown && kind == "TEXT" && column.reading == Reading::Plain && column.name != "display_name" {
            let name = format!("{}.{}", table.name, column.name);
            self.seeds.exported.push((name, self.canary.marker(table.name, column.name)));
        }
    }

    fn insert(&self, table: &Table, types: &BTreeMap<String, String>, row: BTreeMap<&str, Value>) {
        let places = vec!["?"; row.len()].join(", ");
        let names: Vec<String> = row.keys().map(|name| format!("\"{name}\"")).collect();
        let sql = format!("INSERT OR IGNORE INTO {} ({}) VALUES ({places})", table.name, names.join(", "));
        let done = self
            .conn
            .execute(&sql, params_from_iter(row.into_values()))
            .unwrap_or_else(|error| panic!("{}: {error}", table.name));
        // A table of numbers alone holds nobody, and some have one row only.
        assert!(done == 1 || types.values().all(|kind| kind == "INTEGER"), "{} was not seeded", table.name);
    }

    fn update(&self, table: &Table, row: BTreeMap<&str, Value>) {
        let set: Vec<String> = row.keys().map(|name| format!("\"{name}\" = ?")).collect();
        let sql = format!("UPDATE {} SET {} WHERE id = ?", table.name, set.join(", "));
        let values = row.into_values().chain([Value::Integer(self.canary.id)]);
        assert_eq!(self.conn.execute(&sql, params_from_iter(values)).expect(table.name), 1);
    }

    /// What makes the row the person's; the inner `None` leaves the column to the database.
    fn link(&self, table: &Table, column: &Column, is_about: bool) -> Option<Option<Value>> {
        let person = Value::Integer(self.canary.id);
        let name = column.name;
        match table.subject {
            _ if !is_about => None,
            Subject::Is(own) if own == name => Some(Some(person)),
            Subject::Via { column: own, table: parent } if own == name => {
                let newest = format!("SELECT max(id) FROM {parent}");
                let id = || self.conn.query_row(&newest, [], |row| row.get(0)).expect("a parent");
                Some(Some(if parent == CONTACT.table { person } else { Value::Integer(id()) }))
            }
            Subject::Polymorphic { kind, .. } if kind == name => Some(Some(Value::Text(CONTACT.word.into()))),
            Subject::Polymorphic { id, .. } if id == name => Some(Some(person)),
            Subject::Object(own) if own == name => {
                Some(Some(Value::Text(format!("{}:{}", CONTACT.word, self.canary.id))))
            }
            _ => None,
        }
    }

    fn value(&mut self, table: &Table, column: &Column, kind: &str, is_about: bool) -> Option<Value> {
        self.count += 1;
        let marker = self.canary.marker(table.name, column.name);
        let is_sought = if is_about { goes(table, column) } else { kind != "BLOB" || is_text(column) };
        let text = match column.reading {
            // The schema itself says that these words and no other stand there.
            _ if !is_about && allowed(self.conn, table, column).is_some() => {
                allowed(self.conn, table, column).unwrap_or_default()
            }
            // Others agreed to these words, and no row of them can be changed.
            _ if table.name == "purpose_wordings" => "We write once a month.".into(),
            _ if !is_about => self.canary.words(),
            _ if !is_sought => format!("kept{}", self.canary.prefix.len()),
            Reading::Image => self.image(&marker),
            Reading::Without(_) => format!(r#"{{"name":"{marker}"}}"#),
            _ => marker,
        };
        match kind {
            // A hold in force would keep everything.
            _ if column.name == "released_at" => Some(Value::Integer(4_102_444_800_000)),
            // One under way would be gone on with instead of ours.
            _ if table.name == "erasures" && column.name == "state" => Some(Value::Text("done".into())),
            // The log's chain is not what this is about; its last place is.
            _ if column.name == "seq" => self
                .conn
                .query_row("SELECT ifnull(max(seq), 0) + 1 FROM audit", [], |row| row.get(0))
                .map(Value::Integer)
                .ok(),
            _ if column.name == "id" && kind == "INTEGER" => None,
            "TEXT" | "ANY" => Some(Value::Text(text)),
            "BLOB" if is_sought && is_text(column) => Some(Value::Blob(text.into_bytes())),
            "BLOB" => Some(Value::Blob(self.bytes(table))),
            "REAL" => Some(Value::Real(0.5)),
            // Far from now, so that no rule takes it before we do.
            _ if column.is_moment() => Some(Value::Integer(4_102_444_800_000)),
            // Another one everywhere, for what must be unique.
            _ => Some(Value::Integer(self.canary.id * 10_000 + self.count)),
        }
    }

    /// Names of sealed files and links of chains are bytes of a certain length.
    fn bytes(&self, table: &Table) -> Vec<u8> {
        let mut bytes = vec![0; if table.name == "audit" { 32 } else { 16 }];
        bytes[..8].copy_from_slice(&(self.canary.id * 10_000 + self.count).to_be_bytes());
        bytes
    }

    /// A record as it once was: a note, and an address that it had then.
    fn image(&self, marker: &str) -> String {
        let former = self.canary.former_email();
        serde_json::json!({
            "tables": [
                { "table": "notes", "columns": ["body"], "rows": [[marker]] },
                { "table": "contact_identities", "columns": ["kind", "value", "normalised"], "rows": [["email", former, former]] },
            ],
            "links": [], "relations": { "table": "", "columns": [], "rows": [] },
        })
        .to_string()
    }
}

/// Bytes that may be words: all but names of files, hashes and sealed keys.
fn is_text(column: &Column) -> bool {
    column.is_personal() && column.holds != Holds::Credential
}

/// One of the words that a CHECK of the column allows, when it allows only some.
fn allowed(conn: &Connection, table: &Table, column: &Column) -> Option<String> {
    let sql = "SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = ?1";
    let schema: String = conn.query_row(sql, [table.name], |row| row.get(0)).expect("the schema reads");
    let list = schema.split(&format!("CHECK ({} IN (", column.name)).nth(1)?;
    list.split('\'').nth(1).map(str::to_owned)
}

/// Columns and their types.
pub fn types(conn: &Connection, table: &str) -> BTreeMap<String, String> {
    conn.prepare("SELECT name, type FROM pragma_table_info(?1)")
        .and_then(|mut query| query.query_map([table], |row| Ok((row.get(0)?, row.get(1)?)))?.collect())
        .expect("the schema reads")
}
