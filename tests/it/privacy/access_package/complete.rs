//! The generated suite: something is put into every declared column that a copy shows, for one person and for
//! another. The copy of the one holds every piece, and none of the other's.
//!
//! Nothing here names a table but those that others are named by. A new table is covered on the day it is declared.

use std::collections::BTreeMap;

use holdfast::modules::MODULES;
use holdfast::people::person::CONTACT;
use holdfast::privacy::data_map::{Column, Reading, Subject, Table};
use holdfast::privacy::subject;
use rusqlite::types::Value as Stored;
use rusqlite::{Connection, params_from_iter};
use serde_json::{Value, json};

use super::{OWNER, copy_of, json_of, text_of};
use crate::support::TestApp;
use crate::tidy::none;

/// The two persons; every row about one of them has this id too.
const ONE: i64 = 41_001;
const OTHER: i64 = 52_002;

/// Puts something into every column of a table, for one person.
struct Seeder<'a> {
    conn: &'a Connection,
    person: i64,
    word: &'static str,
    count: i64,
}

/// What must be found: table, key, value.
type Expected = Vec<(&'static str, &'static str, Value)>;

impl Seeder<'_> {
    /// `moved` keeps the two persons' numbers and moments apart.
    fn number(&mut self) -> i64 {
        self.count += 1;
        self.person * 1_000 + self.count
    }

    fn seed(&mut self, table: &'static Table, expected: &mut Expected) {
        let types: BTreeMap<String, String> = self
            .conn
            .prepare("SELECT name, type FROM pragma_table_info(?1)")
            .and_then(|mut statement| {
                statement.query_map([table.name], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
            })
            .expect("the schema reads");
        let mut values = Vec::new();
        for column in table.columns {
            let (stored, shown) = self.value(table, column, &types[column.name]);
            if let (Some(key), Some(shown)) = (column.export, shown) {
                expected.push((table.name, key, shown));
            }
            values.push(stored);
        }
        let names: Vec<String> = table.columns.iter().map(|column| format!("\"{}\"", column.name)).collect();
        let places = vec!["?"; names.len()].join(", ");
        let sql = format!("INSERT INTO \"{}\" ({}) VALUES ({places})", table.name, names.join(", "));
        self.conn
            .execute(&sql, params_from_iter(values))
            .unwrap_or_else(|error| panic!("{} cannot be seeded: {error}", table.name));
    }

    /// A value for a column, and how a copy shows it; `None` for what it leaves out.
    fn value(&mut self, table: &Table, column: &Column, kind: &str) -> (Stored, Option<Value>) {
        let word = format!("{}{}{}", self.word, table.name.replace('_', ""), column.name.replace('_', ""));
        let is_the_person = |name: &str| match table.subject {
            Subject::Is(id) | Subject::Via { column: id, .. } | Subject::Polymorphic { id, .. } => id == name,
            _ => false,
        };
        let as_number = |shown: i64| (Stored::Integer(shown), Some(json!(shown)));
        match (table.subject, column.reading) {
            (Subject::Polymorphic { kind, .. }, _) if kind == column.name => {
                return (Stored::Text("contact".into()), None);
            }
            (Subject::Object(object), _) if object == column.name => {
                let object = format!("contact:{}", self.person);
                return (Stored::Text(object.clone()), Some(json!(object)));
            }
            _ if is_the_person(column.name) || column.name == "id" => return (Stored::Integer(self.person), None),
            (_, Reading::Named { table: named, column: name }) => {
                // Several tables may name the same row.
                let word = format!("{}{}{name}", self.word, named.replace('_', ""));
                self.name(named, name, &word);
                return (Stored::Integer(self.person), Some(json!(word)));
            }
            (_, Reading::Actor | Reading::OfActor) if kind == "INTEGER" => return (Stored::Integer(1), None),
            (_, Reading::Actor | Reading::OfActor) => return (Stored::Text("member:1".into()), None),
            (_, Reading::Without(keys)) => {
                let own = json!({ "told": word, keys[0]: "of whoever did it" });
                return (Stored::Text(own.to_string()), Some(json!({ "told": word })));
            }
            (_, Reading::Image) => {
                let image = json!({ "tables": [{ "table": "notes", "columns": ["id", "body"], "rows": [[7, word]] }],
                                    "links": [], "relations": { "table": "", "columns": [], "rows": [] } });
                return (Stored::Text(image.to_string()), None);
            }
            _ => {}
        }
        match kind {
            "INTEGER" if column.is_flag() => (Stored::Integer(1), Some(json!(true))),
            "INTEGER" if column.is_moment() => {
                let at = 1_700_000_000_000 + self.number();
                (Stored::Integer(at), Some(json!(holdfast::clock::Timestamp(at).rfc3339())))
            }
            "INTEGER" | "ANY" => as_number(self.number()),
            "REAL" => (Stored::Real(0.5), Some(json!(0.5))),
            // A fingerprint of the audit log's chain, for one: the next entry stands on it.
            "BLOB" if !column.is_personal() && column.export.is_none() => {
                let mut bytes = vec![7; 32];
                bytes[..8].copy_from_slice(&self.number().to_be_bytes());
                (Stored::Blob(bytes), None)
            }
            "BLOB" => {
                let bytes = word.into_bytes();
                let hex = data_encoding::HEXLOWER.encode(&bytes);
                (Stored::Blob(bytes), Some(json!(hex)))
            }
            _ => (Stored::Text(word.clone()), Some(json!(word))),
        }
    }

    /// A row elsewhere that is named by `word`, under the person's id.
    fn name(&self, table: &str, column: &str, word: &str) {
        let needed: Vec<(String, String)> = self
            .conn
            .prepare(
                "SELECT name, type FROM pragma_table_info(?1) WHERE \"notnull\" = 1 AND dflt_value IS NULL AND pk = 0",
            )
            .and_then(|mut statement| statement.query_map([table], |row| Ok((row.get(0)?, row.get(1)?)))?.collect())
            .expect("the schema reads");
        let filler = |(name, kind): &(String, String)| match kind.as_str() {
            _ if name == column => Stored::Text(word.to_owned()),
            _ if name == "kind" => Stored::Text("text".into()),
            // One of its own for each person: such rows may be unique by it.
            "INTEGER" => Stored::Integer(self.person),
            "BLOB" => Stored::Blob(word.as_bytes().to_vec()),
            _ => Stored::Text(word.to_owned()),
        };
        let names: Vec<&str> = needed.iter().map(|(name, _)| name.as_str()).chain(["id"]).collect();
        let values: Vec<Stored> = needed.iter().map(filler).chain([Stored::Integer(self.person)]).collect();
        let places = vec!["?"; names.len()].join(", ");
        let sql = format!("INSERT OR REPLACE INTO \"{table}\" ({}) VALUES ({places})", names.join(", "));
        self.conn.execute(&sql, params_from_iter(values)).unwrap_or_else(|error| panic!("{table}: {error}"));
    }
}

fn seed(conn: &Connection, person: i64, word: &'static str) -> Expected {
    let mut expected = Vec::new();
    let mut tables: Vec<&'static Table> = subject::tables(MODULES, &CONTACT).map(|(table, _)| table).collect();
    // Parents before children.
    tables.reverse();
    let mut seeder = Seeder { conn, person, word, count: 0 };
    for table in tables {
        seeder.seed(table, &mut expected);
    }
    expected
}

#[test]
fn dsr_2_every_declared_column_is_in_the_copy_and_nothing_of_anybody_else() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let conn = app.workspace("alpha");
    conn.execute_batch("PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON").expect("pragmas");
    let expected = seed(&conn, ONE, "mine");
    seed(&conn, OTHER, "strangers");
    assert!(expected.len() > 60, "only {} columns were seeded", expected.len());
    let files = copy_of(&app, &program, ONE);
    let data = json_of(&files, "data.json");
    let mut missing = Vec::new();
    for (table, key, value) in &expected {
        let items = data["tables"][table]["items"].as_array().into_iter().flatten();
        let mut found = items.filter(|item| item["held_in"].is_null()).map(|item| &item["values"][key]);
        if !found.any(|found| found == value) {
            missing.push(format!("{table}.{key}: {value}"));
        }
    }
    none("Put in and not in the copy:", &missing);
    // What an image of the record holds is told as what it is.
    let images: Vec<String> = expected_images();
    let notes = data["tables"]["notes"]["items"].to_string();
    none("An image was not opened:", &images.into_iter().filter(|word| !notes.contains(word)).collect::<Vec<_>>());

    let mut foreign = Vec::new();
    for name in files.keys().filter(|name| !name.ends_with(".css") && !name.ends_with("schema.json")) {
        let text = text_of(&files, name);
        for piece in
            ["strangers", &OTHER.to_string(), "of whoever did it", &data_encoding::HEXLOWER.encode(b"strangers")]
        {
            if text.contains(piece) {
                foreign.push(format!("{name} holds {piece}"));
            }
        }
    }
    none("Somebody else's:", &foreign);
}

/// The words that stand in images, which [`Seeder::value`] wrote.
fn expected_images() -> Vec<String> {
    let tables = subject::tables(MODULES, &CONTACT).map(|(table, _)| table);
    let images = tables.flat_map(|table| {
        let columns = table.columns.iter().filter(|column| column.reading == Reading::Image);
        columns.map(|column| format!("mine{}{}", table.name.replace('_', ""), column.name.replace('_', "")))
    });
    images.collect()
}

/// A secret in a copy would be worse than a gap in it.
#[test]
fn no_secret_is_in_the_copy() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let conn = app.workspace("alpha");
    conn.execute_batch("PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON").expect("pragmas");
    seed(&conn, ONE, "mine");
    let secrets: Vec<String> = subject::tables(MODULES, &CONTACT)
        .flat_map(|(table, _)| {
            let secrets = table.columns.iter().filter(|column| column.export.is_none() && column.is_personal());
            secrets.map(|column| format!("mine{}{}", table.name.replace('_', ""), column.name.replace('_', "")))
        })
        .collect();
    assert!(secrets.len() > 1, "there are secrets to look for");
    let files = copy_of(&app, &program, ONE);
    let mut found = Vec::new();
    for (name, content) in &files {
        let text = String::from_utf8_lossy(content);
        for secret in &secrets {
            if text.contains(secret) || text.contains(&data_encoding::HEXLOWER.encode(secret.as_bytes())) {
                found.push(format!("{name}: {secret}"));
            }
        }
    }
    none("Secrets in the copy:", &found);
}
