//! How long things stay and what holds them, from outside: pages, API and command line.

use serde_json::{Value, json};

use crate::support::{Ask, Client, TestApp, shown};

const OWNER: &str = "owner@alpha.example";

fn added(program: &Client, name: &str) -> Value {
    program.call("POST", "/api/v1/contacts", &json!({ "given_name": name })).expect(201).json()
}

fn delete(program: &Client, contact: &Value) -> crate::support::Answer {
    let version = format!("\"{}\"", contact["version"]);
    program.send(Ask::new("DELETE", &format!("/api/v1/contacts/{}", contact["id"])).header("if-match", version))
}

#[test]
fn every_page_of_retention_opens_and_says_what_it_is_for() {
    let app = TestApp::start();
    let (page, program) = (app.session_of(OWNER), app.program_of(OWNER, "alpha"));
    delete(&program, &added(&program, "Leaving")).expect(204);
    for (path, words) in [
        ("/w/alpha/privacy/retention", "Deleted records"),
        ("/w/alpha/privacy/retention/forecast", "By rule"),
        ("/w/alpha/privacy/retention/forecast?until=now", "If the rules ran now"),
        ("/w/alpha/privacy/retention/runs", "No run yet"),
        ("/w/alpha/privacy/retention/rules/trash", "1 to 90 days"),
        ("/w/alpha/privacy/holds", "Nothing is held"),
        ("/w/alpha/privacy/holds/new", "Place the hold"),
    ] {
        let text = page.get(path).expect(200).text();
        assert!(text.contains(words), "{path} does not say “{words}”: {text}");
    }
    let csv = page.get("/w/alpha/privacy/retention/forecast.csv").expect(200).text();
    assert!(csv.starts_with("goes_at,rule,what,table,row,held\r\n") && csv.contains(",trash,"), "{csv}");
    assert!(!csv.contains("Leaving"));
}

#[test]
fn a_shorter_term_says_first_what_goes() {
    let app = TestApp::start();
    let before = app.program_of(OWNER, "alpha");
    delete(&before, &added(&before, "Leaving")).expect(204);
    app.advance(5 * 86_400);
    let (page, program) = (app.session_of(OWNER), app.program_of(OWNER, "alpha"));
    let path = "/w/alpha/privacy/retention/rules/trash";
    let asked = page.submit(path, &[("version", "1"), ("days", "3")]).expect(200).text();
    assert!(asked.contains("1 row is") && asked.contains("Save, and let them go"), "{asked}");
    assert_eq!(program.get("/api/v1/retention-rules/trash").expect(200).json()["days"], 30);
    page.submit(path, &[("version", "1"), ("days", "3"), ("confirmed", "true")]).expect(303);
    assert_eq!(program.get("/api/v1/retention-rules/trash").expect(200).json()["days"], 3);
    let refused = page.submit(path, &[("version", "2"), ("days", "0"), ("confirmed", "true")]).expect(422).text();
    assert!(refused.contains("Enter 1 days or more"), "{refused}");
    let floor = json!({ "days": 30 });
    let answer = program.change("PATCH", "/api/v1/retention-rules/legal_holds", 1, &floor).expect(422).json();
    assert!(answer["errors"][0]["detail"].as_str().is_some_and(|words| words.contains("1096")), "{answer}");
    app.run_job("privacy.retention.run", "alpha");
    assert!(program.get("/api/v1/trash").expect(200).json()["data"].as_array().is_some_and(Vec::is_empty));
    let run = program.get("/api/v1/retention-runs").expect(200).json()["data"][0].clone();
    assert_eq!((&run["acted"], &run["rules"][0]["rule"]), (&json!(1), &json!("trash")), "{run}");
}

/// Trap 11: what is held stays, and nothing else of it; the release lets the old clock go on.
#[test]
fn a_held_record_cannot_be_deleted_merged_or_forgotten_until_it_is_released() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let (held, free) = (added(&program, "Held"), added(&program, "Free"));
    let hold = json!({ "scope": "person", "on_type": "contact", "on_id": held["id"], "matter": "Quay 7", "reason": "A claim" });
    let hold = program.call("POST", "/api/v1/legal-holds", &hold).expect(201).json();
    let refused = delete(&program, &held).expect(409).text();
    assert!(refused.contains("Quay 7"), "{refused}");
    let merge =
        program.call("POST", &format!("/api/v1/contacts/{}/merge", free["id"]), &json!({ "other": held["id"] }));
    assert!(merge.expect(409).text().contains("Quay 7"));
    let note = json!({ "on": { "type": "contact", "id": held["id"] }, "body": "Evidence" });
    let note = program.call("POST", "/api/v1/notes", &note).expect(201).json();
    program.send(Ask::new("DELETE", &format!("/api/v1/notes/{}", note["id"]))).expect(409);
    delete(&program, &free).expect(204);
    let page = app.session_of(OWNER).get(&format!("/w/alpha/privacy/holds/{}", hold["id"])).expect(200).text();
    assert!(page.contains("Quay 7") && page.contains("Held"), "{page}");
    let release = format!("/api/v1/legal-holds/{}/release", hold["id"]);
    program.call("POST", &release, &json!({ "reason": "" })).expect(422);
    program.call("POST", &release, &json!({ "reason": "Settled" })).expect(200);
    program.call("POST", &release, &json!({ "reason": "Settled again" })).expect(409);
    let now = program.get(&format!("/api/v1/contacts/{}", held["id"])).expect(200).json();
    delete(&program, &now).expect(204);
}

#[test]
fn the_command_says_what_would_go_and_lets_it_go() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    delete(&program, &added(&program, "Leaving")).expect(204);
    let until = app.now().plus(40 * 86_400_000).rfc3339();
    let dry = app.command(&["retention", "run", "--dry-run", "--until", &until, "--workspace", "alpha"]);
    assert!(dry.status.success() && shown(&dry).contains("Deleted records"), "{}", shown(&dry));
    assert_eq!(program.get("/api/v1/trash").expect(200).json()["data"].as_array().map(Vec::len), Some(1));
    app.advance(31 * 86_400);
    let run = app.command(&["retention", "run", "--workspace", "alpha"]);
    assert!(run.status.success() && shown(&run).contains("Deleted records"), "{}", shown(&run));
    let program = app.program_of(OWNER, "alpha");
    assert!(program.get("/api/v1/trash").expect(200).json()["data"].as_array().is_some_and(Vec::is_empty));
}
