//! Erasing a person: nothing of any declared column is left on the disk, what must stay stays, nobody comes back, and a
//! crash finishes or never began (ERA-2, ERA-3, ERA-5, M4, M5, P-087).

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::time::{Duration, Instant};

use holdfast::clock::Timestamp;
use holdfast::db::DbFile;
use holdfast::db::open::RawKey;
use holdfast::modules::MODULES;
use holdfast::people::person::CONTACT;
use holdfast::privacy::data_map::{Erasure, Subject, Table};
use holdfast::privacy::subject;
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::people::{OWNER, id};
use crate::support::{Start, TestApp, fixture};

const ERASURES: &str = "/api/v1/erasures";
const EMAIL: &str = "quillon.vexworth@canary.example";
const NAME: &str = "Quillon Vexworth";
const PHONE: &str = "+441632960777";

fn program(app: &TestApp) -> crate::support::Client {
    app.program_of(OWNER, "alpha")
}

/// The person whom everything is about, made as programs make them.
fn add_person(app: &TestApp) -> i64 {
    let body = json!({ "given_name": "Quillon", "family_name": "Vexworth", "emails": [{ "value": EMAIL }],
        "phones": [{ "value": PHONE }], "job_title": "Lampwright" });
    id(&program(app).call("POST", "/api/v1/contacts", &body).expect(201).json())
}

fn erase(app: &TestApp, person: i64) -> i64 {
    id(&program(app).call("POST", ERASURES, &json!({ "person": person })).expect(201).json())
}

/// Waits for the certificate.
fn wait(app: &TestApp, erasure: i64) -> Value {
    let waiting = Instant::now();
    loop {
        let found = program(app).get(&format!("{ERASURES}/{erasure}")).expect(200).json();
        if found["state"] == "done" {
            return found["certificate"].clone();
        }
        assert!(waiting.elapsed() < Duration::from_secs(60), "{found}\n{}", app.server.log());
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// How often each text stands in the decrypted pages of the workspace and the installation, and in every other file.
/// The server must be dead, so that nothing is folded or emptied for us.
pub fn on_disk(app: &TestApp, needles: &[String]) -> Vec<String> {
    let id = fixture::workspace_id(&app.control(), "alpha");
    let folder = app.data().join("workspaces").join(id.to_string());
    let keys = app.keys();
    let mut found = Vec::new();
    let mut look = |place: &str, bytes: &[u8]| {
        let bytes = bytes.to_ascii_lowercase();
        for needle in needles {
            let needle = needle.to_ascii_lowercase();
            if bytes.windows(needle.len()).any(|part| part == needle.as_bytes()) {
                found.push(format!("{needle} in {place}"));
            }
        }
    };
    let control = keys.control().expect("keys").workspace.database_key();
    for (place, path, key) in [
        ("data.db", folder.join("data.db"), keys.workspace(id).expect("keys").database_key()),
        ("control.db", app.data().join("control.db"), control),
    ] {
        pages(&path, key, &mut |page| look(place, page));
    }
    for part in ["blobs", "uploads", "packages"] {
        each_file(&folder.join(part), &mut |path, bytes| look(&path.display().to_string(), bytes));
    }
    for part in ["backup", "logs"] {
        each_file(&app.data().join(part), &mut |path, bytes| look(&path.display().to_string(), bytes));
    }
    look("the program's own log", app.server.log().as_bytes());
    found.sort();
    found.dedup();
    found
}

/// The pages of a copy, so that opening it changes nothing here.
fn pages(path: &Path, key: RawKey, each: &mut dyn FnMut(&[u8])) {
    let copy = tempfile::tempdir().expect("a folder");
    let target = copy.path().join("copy.db");
    std::fs::copy(path, &target).expect("the file");
    let log = path.with_file_name(format!("{}-wal", path.file_name().expect("a name").to_string_lossy()));
    let _ = std::fs::copy(log, copy.path().join("copy.db-wal"));
    let file = DbFile::open(&target, key, Arc::new(AtomicI64::new(512))).expect("it opens");
    file.each_page(&mut |page| {
        each(page);
        Ok(())
    })
    .expect("every page is read");
}

fn each_file(folder: &Path, each: &mut dyn FnMut(&Path, &[u8])) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.path().is_dir() {
            each_file(&entry.path(), each);
        } else {
            each(&entry.path(), &std::fs::read(entry.path()).expect("readable"));
        }
    }
}

/// A word that stands nowhere else.
fn marker(table: &str, column: &str) -> String {
    format!("canary{}{}zz", table.replace('_', ""), column.replace('_', ""))
}

/// What a seeded column holds: the marker, in the form that the column must have.
fn seeded(table: &Table, column: &str) -> String {
    let marker = marker(table.name, column);
    match column {
        "image" => format!(
            r#"{{"tables":[{{"table":"notes","columns":["body"],"rows":[["{marker}"]]}}],"links":[],"relations":{{"table":"","columns":[],"rows":[]}}}}"#
        ),
        "personal" => format!(r#"{{"name":"{marker}"}}"#),
        _ => marker,
    }
}

/// Puts a row with a marker in every text column that erasure must clear, into every table about people. Gives the
/// markers. Checks of words are off: a marker is no word of ours.
fn seed(workspace: &Connection, person: i64) -> Vec<String> {
    workspace.execute_batch("PRAGMA ignore_check_constraints = ON; PRAGMA foreign_keys = OFF").expect("pragmas");
    let mut markers = Vec::new();
    // Parents before their children.
    let mut tables: Vec<&Table> = subject::tables(MODULES, &CONTACT).map(|(table, _)| table).collect();
    tables.reverse();
    // What erasures write about themselves is asked for apart, in `unproven`.
    tables.retain(|table| !table.name.starts_with("erasure"));
    for table in tables {
        let clears = |column: &str| {
            let declared = table.columns.iter().find(|known| known.name == column);
            declared.is_some_and(|c| c.is_personal() && matches!(c.erased(table), Erasure::DeleteRow | Erasure::Redact))
        };
        let columns: Vec<(String, String, bool, Option<String>)> = workspace
            .prepare("SELECT name, type, \"notnull\", dflt_value FROM pragma_table_info(?1)")
            .and_then(|mut query| {
                query.query_map([table.name], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?.collect()
            })
            .expect("columns");
        let texts: Vec<&str> = columns
            .iter()
            .filter(|(name, kind, ..)| kind == "TEXT" && clears(name))
            .map(|(name, ..)| name.as_str())
            .collect();
        if table.name == "contacts" {
            // The name they go by stays what others' notes call them; it is looked for as itself.
            for column in texts.iter().filter(|column| **column != "display_name") {
                let sql = format!("UPDATE contacts SET {column} = ?1, words = words || ' ' || ?1 WHERE id = ?2");
                workspace
                    .execute(&sql, (seeded(table, column), person))
                    .unwrap_or_else(|error| panic!("{sql}: {error}"));
                markers.push(marker(table.name, column));
            }
            continue;
        }
        let mut names = Vec::new();
        let mut values: Vec<String> = Vec::new();
        for (name, kind, needed, default) in &columns {
            let value = match table.subject {
                Subject::Via { column, table: parent } if column == name => match parent {
                    "contacts" => person.to_string(),
                    parent => format!("(SELECT max(id) FROM {parent})"),
                },
                Subject::Polymorphic { kind, .. } if kind == name => "'contact'".into(),
                Subject::Polymorphic { id, .. } if id == name => person.to_string(),
                Subject::Object(column) if column == name => format!("'contact:{person}'"),
                _ if texts.contains(&name.as_str()) => {
                    markers.push(marker(table.name, name));
                    format!("'{}'", seeded(table, name))
                }
                // A hold in force would keep everything.
                _ if name == "released_at" => "1".into(),
                // The log's chain is not what this is about; its last place is.
                _ if name == "seq" => "(SELECT max(seq) + 1 FROM audit)".into(),
                _ if name == "id" && kind == "INTEGER" || !needed && name != "salt" || default.is_some() => continue,
                _ => match kind.as_str() {
                    "TEXT" => format!("'x{}'", table.name),
                    // The next entry of the log builds on its hash.
                    "BLOB" if table.name == "audit" && name != "salt" => "randomblob(32)".into(),
                    "BLOB" => "randomblob(16)".into(),
                    "ANY" => format!("'{}'", marker(table.name, "value")),
                    _ => "4102444800000".into(),
                },
            };
            names.push(name.as_str());
            values.push(value);
        }
        let sql = format!("INSERT INTO {} ({}) VALUES ({})", table.name, names.join(", "), values.join(", "));
        workspace.execute(&sql, []).unwrap_or_else(|error| panic!("{sql}: {error}"));
    }
    markers
}

/// Everything that other people's records say of the person.
fn mention(app: &TestApp) -> i64 {
    let program = program(app);
    let other =
        json!({ "given_name": "Ada", "family_name": "Overbrook", "emails": [{ "value": "ada@overbrook.example" }] });
    let other = id(&program.call("POST", "/api/v1/contacts", &other).expect(201).json());
    let note = json!({ "on": { "type": "contact", "id": other }, "body": format!("Met {NAME} ({EMAIL}), call +44 1632 960777") });
    program.call("POST", "/api/v1/notes", &note).expect(201);
    let company = json!({ "name": format!("{NAME} Lamps"), "emails": [{ "value": EMAIL }] });
    program.call("POST", "/api/v1/companies", &company).expect(201);
    other
}

/// The whole of it, once: seed, erase, look. What is left of whom is the answer.
fn left_after(leave_out: &str) -> Vec<String> {
    let mut start = Start::default();
    if !leave_out.is_empty() {
        start.environment.push(("TEST_ERASURE_LEAVE_OUT".into(), leave_out.into()));
    }
    let mut app = TestApp::start_with(start);
    let person = add_person(&app);
    mention(&app);
    let mut markers = seed(&app.workspace("alpha"), person);
    assert!(markers.len() > 40, "only {} columns were seeded", markers.len());
    queue_mail(&app);
    let erasure = erase(&app, person);
    let certificate = wait(&app, erasure);
    app.server.kill();
    markers.extend([EMAIL.to_owned(), NAME.to_owned(), "1632960777".to_owned()]);
    let mut left = on_disk(&app, &markers);
    if certificate["certificate"]["scan"]["clean"] != true {
        left.push("the certificate itself says so".into());
    }
    left.extend(unproven(&app, person));
    left
}

/// What proves that it was done, and keeps it done.
fn unproven(app: &TestApp, person: i64) -> Vec<String> {
    let mut missing = Vec::new();
    let workspace = app.workspace("alpha");
    let count = |sql: &str| workspace.query_row(sql, [], |row| row.get::<_, i64>(0)).expect("a count");
    if count("SELECT count(*) FROM suppressions WHERE reason = 'erased'") < 2 {
        missing.push("no suppression".into());
    }
    if count(&format!(
        "SELECT count(*) FROM audit WHERE object = 'contact:{person}' AND personal IS NULL AND salt IS NOT NULL AND action NOT LIKE 'privacy.erasure.%'"
    )) > 0
    {
        missing.push("a salt is left".into());
    }
    if count("SELECT count(*) FROM erasures WHERE sealed_values IS NOT NULL") > 0 {
        missing.push("what was looked for is kept".into());
    }
    let control = app.control();
    let entries: i64 = control.query_row("SELECT count(*) FROM erasure_ledger", [], |row| row.get(0)).expect("a count");
    if entries != 2 {
        missing.push(format!("{entries} entries in the ledger"));
    }
    let id = fixture::workspace_id(&control, "alpha");
    let journal = std::fs::read_to_string(holdfast::privacy::ledger::path(&app.data(), id)).unwrap_or_default();
    if journal.lines().count() != 2 {
        missing.push("no journal".into());
    }
    missing
}

/// A mail to the person that waits.
fn queue_mail(app: &TestApp) {
    let control = app.control();
    let id = fixture::workspace_id(&control, "alpha");
    let later = app.now().plus(Timestamp::DAY);
    control
        .execute(
            "INSERT INTO outgoing_mail (workspace_id, purpose, recipient, title, body_text, message_id, state, next_attempt_at,
                 give_up_at, created_at, discard_after) VALUES (?1, 'test', ?2, 'Hello', ?3, '<canary@test>', 'queued', ?4, ?4, ?4, ?4)",
            (id, EMAIL, format!("Dear {NAME}"), later),
        )
        .expect("a queued mail");
}

#[test]
fn m4_nothing_of_any_declared_column_is_left_on_the_disk() {
    assert_eq!(left_after(""), Vec::<String>::new());
}

/// Each step of an erasure switched off, one at a time: the suite must notice every one of them.
#[test]
fn m4_every_seeded_fault_is_noticed() {
    let faults = [
        "ownrows",
        "table:contacts",
        "table:trash",
        "table:change_images",
        "redaction",
        "mentions",
        "suppression",
        "auditpersonal",
        "auditsalt",
        "sealedvalues",
        "mail",
        "checkpoint",
        "ledger",
        "journal",
    ];
    let unnoticed: Vec<&str> = faults.into_iter().filter(|fault| left_after(fault).is_empty()).collect();
    assert_eq!(unnoticed, Vec::<&str>::new());
}

/// What hangs on a contact goes twice: by name, and by the keys and triggers of the database. Without the first the
/// second still leaves nothing, so these are no faults; should a trigger be lost, this says so.
#[test]
fn m4_what_hangs_on_a_contact_also_goes_with_it() {
    let doubled = ["contact_identities", "notes", "merged_records", "attachments", "custom_values", "timeline_entries"];
    let fault = doubled.map(|table| format!("table:{table}")).join(",");
    assert_eq!(left_after(&fault), Vec::<String>::new());
}

#[test]
fn era_2_a_crash_at_any_point_is_finished_after_the_next_start() {
    for point in ["before_destroying", "after_destroying", "before_scanning", "before_certifying"] {
        let mut start = Start::default();
        start.environment.push(("TEST_PRIVACY_DIE_AT".into(), point.into()));
        let mut app = TestApp::start_with(start);
        let person = add_person(&app);
        mention(&app);
        let erasure = erase(&app, person);
        assert!(app.server.wait(Duration::from_secs(60)).is_some(), "it did not die at {point}");
        app.set_start(Start::default());
        app.restart();
        // Nobody asks: the job looks by itself.
        app.advance(6 * 60);
        let certificate = wait(&app, erasure);
        assert_eq!(certificate["certificate"]["scan"]["clean"], true, "{point}: {certificate}");
        app.server.kill();
        let wanted = [EMAIL.to_owned(), NAME.to_owned(), "1632960777".to_owned()];
        assert_eq!(on_disk(&app, &wanted), Vec::<String>::new(), "{point}");
        assert_eq!(unproven(&app, person), Vec::<String>::new(), "{point}");
    }
}

/// Whoever has only the file and the key can tell an altered certificate.
#[test]
fn m5_a_certificate_is_checked_without_a_data_folder() {
    let app = TestApp::start();
    let person = add_person(&app);
    let erasure = erase(&app, person);
    let certificate = wait(&app, erasure);
    let text = certificate.to_string();
    for value in ["Quillon", "Vexworth", EMAIL, "960777"] {
        assert!(!text.contains(value), "the certificate names them: {value}");
    }
    let key = program(&app).get("/api/v1/certificate-key").expect(200).json()["public_key"].clone();
    let key = key.as_str().expect("a key");
    let folder = tempfile::tempdir().expect("a folder");
    let (good, bad) = (folder.path().join("good.json"), folder.path().join("bad.json"));
    std::fs::write(&good, &text).expect("written");
    std::fs::write(&bad, text.replace("\"hits\":0", "\"hits\":1")).expect("written");
    let verify = |file: &Path, key: &str| {
        let nowhere = folder.path().join("nowhere");
        let arguments = ["certificate", "verify", &file.display().to_string(), "--public-key", key].map(str::to_owned);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let output = crate::support::server::run(&nowhere, &arguments);
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let (code, words) = verify(&good, key);
    assert_eq!((code, words.trim()), (Some(0), "valid"));
    let (code, words) = verify(&bad, key);
    assert_eq!(code, Some(1));
    assert!(words.starts_with("altered"), "{words}");
    assert_eq!(verify(&good, "ed25519:AAAA").0, Some(1));
    let shown = app.command(&["certificate", "public-key"]);
    assert_eq!(String::from_utf8_lossy(&shown.stdout).trim(), key);
}
