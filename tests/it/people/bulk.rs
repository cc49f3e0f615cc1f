//! The same edit on many records: done, stopped, cut off, taken back.

use serde_json::{Value, json};

use super::{MEMBER, OWNER, add, audited, id};
use crate::support::{Client, TestApp, digest};

fn start(program: &Client, body: &Value) -> Value {
    program.call("POST", "/api/v1/bulk-edits", body).expect(202).json()
}

/// Waits for an edit to end.
fn ended(program: &Client, edit: &Value) -> Value {
    for _ in 0..600 {
        let found = program.get(&format!("/api/v1/bulk-edits/{}", edit["id"])).expect(200).json();
        if found["state"] != "running" {
            return found;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    panic!("the edit did not end");
}

fn take_back(program: &Client, edit: &Value) -> Value {
    program.call("POST", &format!("/api/v1/changes/{}/undo", edit["change"]), &json!({})).expect(202);
    for _ in 0..600 {
        let found = program.get(&format!("/api/v1/changes/{}", edit["change"])).expect(200).json();
        if found["state"] == "undone" {
            return found;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    panic!("the edit was not taken back");
}

/// A thousand people by a file.
fn fill(program: &Client, people: usize) {
    let file = (0..people)
        .fold(String::from("given_name,email\n"), |file, row| file + &format!("Bulky,bulky{row}@rows.example\n"));
    let import = program
        .upload("/api/v1/imports", &[("object", "contact"), ("mode", "create")], ("file", "p.csv", file.as_bytes()))
        .expect(201)
        .json();
    program.call("POST", &format!("/api/v1/imports/{}/run", import["id"]), &json!({ "dry_run": false })).expect(202);
    for _ in 0..600 {
        if program.get(&format!("/api/v1/imports/{}", import["id"])).expect(200).json()["state"] == "done" {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    panic!("the import did not end");
}

/// What differs between two states of the workspace beyond what says that something happened.
fn differences(before: &digest::Digests, after: &digest::Digests) -> Vec<String> {
    let apart =
        ["contacts:", "changes:", "bulk_edits:", "timeline_entries:", "idempotent_answers:", "tags:", "notifications:"];
    digest::changed(before, after)
        .into_iter()
        .filter(|line| !apart.iter().any(|table| line.starts_with(table)))
        .collect()
}

fn versions(app: &TestApp) -> i64 {
    app.workspace("alpha")
        .query_row("SELECT count(*) FROM contacts WHERE version <> 1", [], |row| row.get(0))
        .expect("a count")
}

#[test]
fn every_kind_of_edit_is_done_and_taken_back() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    program.call("POST", "/api/v1/custom-fields", &json!({ "object": "contact", "label": "Tier", "kind": "choice", "choices": ["Gold", "Tin"], "personal": false })).expect(201);
    fill(&program, 450);
    let before = digest::of(&app.workspace("alpha"), false);
    for (body, probe) in [
        (json!({ "action": "tag", "value": "Spring" }), "tag:Spring"),
        (json!({ "action": "assign", "value": super::member_id(&app, MEMBER).to_string() }), ""),
        (json!({ "action": "archive" }), "archived:true"),
        (json!({ "action": "set", "field": "source", "value": "fair" }), "source:fair"),
        (json!({ "action": "set", "field": "custom/tier", "value": "gold" }), ""),
    ] {
        let mut body = body;
        body["object"] = "contact".into();
        body["q"] = "bulky".into();
        let edit = ended(&program, &start(&program, &body));
        assert_eq!(
            (edit["state"].as_str(), edit["changed"].as_i64(), edit["left_out"].as_i64()),
            (Some("done"), Some(450), Some(0)),
            "{edit}"
        );
        if !probe.is_empty() {
            let found = program.get(&format!("/api/v1/contacts?count=true&limit=1&filter={probe}")).expect(200).json();
            assert_eq!(found["total"], 450, "{probe}");
        }
        let told = take_back(&program, &edit);
        assert_eq!((told["restored"].as_i64(), told["kept"].as_i64()), (Some(450), Some(0)), "{told}");
        assert_eq!(differences(&before, &digest::of(&app.workspace("alpha"), false)), Vec::<String>::new(), "{body}");
    }
    assert_eq!(audited(&app, "people.bulk_edit.ended"), 5);
}

#[test]
fn what_is_deleted_in_bulk_comes_back_from_the_trash() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    fill(&program, 300);
    let before = digest::of(&app.workspace("alpha"), false);
    let edit = ended(&program, &start(&program, &json!({ "object": "contact", "action": "delete", "q": "bulky" })));
    assert_eq!(edit["changed"], 300);
    let left = program.get("/api/v1/contacts?count=true&limit=1&q=bulky").expect(200).json();
    assert_eq!(left["total"], 0);
    let told = take_back(&program, &edit);
    assert_eq!((told["restored"].as_i64(), told["kept"].as_i64()), (Some(300), Some(0)), "{told}");
    assert_eq!(differences(&before, &digest::of(&app.workspace("alpha"), false)), Vec::<String>::new());
}

#[test]
fn records_that_somebody_changed_since_keep_what_they_hold() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let ids: Vec<Value> =
        (0..3).map(|n| add(&program, &json!({ "given_name": format!("Kept{n}") }))["id"].clone()).collect();
    let edit = ended(
        &program,
        &start(
            &program,
            &json!({ "object": "contact", "action": "set", "field": "source", "value": "fair", "ids": ids }),
        ),
    );
    let path = format!("/api/v1/contacts/{}", ids[1]);
    let now = program.get(&path).expect(200).json();
    program.change("PATCH", &path, super::version(&now), &json!({ "job_title": "Pilot" })).expect(200);
    let told = take_back(&program, &edit);
    assert_eq!((told["restored"].as_i64(), told["kept"].as_i64()), (Some(2), Some(1)));
    let source = |id: &Value| program.get(&format!("/api/v1/contacts/{id}")).expect(200).json()["source"].clone();
    assert_eq!([source(&ids[0]), source(&ids[1])], [json!("api"), json!("fair")]);
}

#[test]
fn an_edit_goes_on_after_a_crash_and_can_be_stopped() {
    let mut app = TestApp::start();
    fill(&app.program_of(OWNER, "alpha"), 3_000);
    let untouched = versions(&app);
    let program = app.program_of(OWNER, "alpha");
    let edit = start(&program, &json!({ "object": "contact", "action": "tag", "value": "Crash", "q": "bulky" }));
    std::thread::sleep(std::time::Duration::from_millis(150));
    app.crash_and_restart();
    let program = app.program_of(OWNER, "alpha");
    let done = ended(&program, &edit);
    assert_eq!((done["changed"].as_i64(), done["done"].as_i64()), (Some(3_000), Some(3_000)));
    assert_eq!(versions(&app), untouched + 3_000, "each record was touched once");
    let edit = start(&program, &json!({ "object": "contact", "action": "untag", "value": "Crash", "q": "bulky" }));
    // What is under way cannot be taken back: it would go on touching records behind it.
    let early = program.call("POST", &format!("/api/v1/changes/{}/undo", edit["change"]), &json!({})).expect(409);
    assert!(early.text().contains("still under way"), "{}", early.text());
    program.call("POST", &format!("/api/v1/bulk-edits/{}/cancel", edit["id"]), &json!({})).expect(202);
    let stopped = ended(&program, &edit);
    assert_eq!(stopped["state"], "cancelled");
    assert!(stopped["done"].as_i64() < Some(3_000), "{stopped}");
    let told = take_back(&program, &stopped);
    assert_eq!(told["restored"], stopped["changed"]);
}

#[test]
fn an_edit_that_cannot_be_is_refused_and_changes_nothing() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let ada = add(&program, &json!({ "given_name": "Ada" }));
    let before = digest::of(&app.workspace("alpha"), true);
    for (body, status) in [
        (json!({ "object": "ship", "action": "tag", "value": "x", "ids": [1] }), 422),
        (json!({ "object": "contact", "action": "paint", "value": "x", "ids": [1] }), 422),
        (json!({ "object": "contact", "action": "tag", "ids": [1] }), 422),
        (json!({ "object": "contact", "action": "tag", "value": "x", "ids": [] }), 422),
        (json!({ "object": "contact", "action": "set", "field": "given_name", "value": "x", "ids": [1] }), 422),
        (json!({ "object": "contact", "action": "set", "field": "custom/nothing", "value": "x", "ids": [1] }), 422),
        (json!({ "object": "contact", "action": "assign", "value": "999999", "ids": [1] }), 422),
        (json!({ "object": "contact", "action": "tag", "value": "x", "filter": "shoe:1" }), 422),
    ] {
        program.call("POST", "/api/v1/bulk-edits", &body).expect(status);
    }
    let viewer = app.program_of("viewer@alpha.example", "alpha");
    viewer
        .call(
            "POST",
            "/api/v1/bulk-edits",
            &json!({ "object": "contact", "action": "tag", "value": "x", "ids": [id(&ada)] }),
        )
        .expect(403);
    let changed = digest::changed(&before, &digest::of(&app.workspace("alpha"), true));
    assert_eq!(changed, Vec::<String>::new());
    // A broken rule of one record leaves that one out, and says which rule.
    let edit = ended(
        &program,
        &start(
            &program,
            &json!({ "object": "contact", "action": "set", "field": "language", "value": "klingon please", "ids": [id(&ada)] }),
        ),
    );
    assert_eq!((edit["changed"].as_i64(), edit["left_out"].as_i64()), (Some(0), Some(1)));
    assert!(edit["fault"].as_str().is_some_and(|fault| !fault.is_empty()));
}

#[test]
fn a_page_of_a_list_edits_all_that_the_list_holds() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    fill(&program, 260);
    let ana = app.session_of(OWNER);
    let back = "/w/alpha/people/contacts?q=bulky";
    assert!(ana.get(back).expect(200).text().contains("not only this page"));
    let one = program.get("/api/v1/contacts?q=bulky&limit=1").expect(200).json()["data"][0]["id"].to_string();
    let form = [("action", "tag"), ("tag", "Whole"), ("all", "true"), ("id", one.as_str()), ("back", back)];
    let answer = ana.submit("/w/alpha/people/contacts/bulk", &form).expect(303);
    let page = ana.follow(answer).expect(200).text();
    assert!(page.contains("Add the tag Whole"), "{page}");
    for _ in 0..200 {
        let found = program.get("/api/v1/contacts?count=true&limit=1&filter=tag:Whole").expect(200).json();
        if found["total"] == 260 {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    panic!("the edit did not reach all of them");
}
