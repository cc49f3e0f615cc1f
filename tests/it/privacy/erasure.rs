//! Erasing a person: a crash finishes or never began, and the certificate is checked by whoever has only the key (ERA-2,
//! ERA-5, M5). What is left on the disk is asked in `canary`.

use std::path::Path;
use std::time::{Duration, Instant};

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
        assert_eq!(super::canary::bytes(&app, &[], &wanted), Vec::<String>::new(), "{point}");
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
