//! The traps of erasure that others fell into, each by its number (beyond.md, section 3).

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::people::{OWNER, id};
use crate::support::{Client, TestApp};

const EMAIL: &str = "ottoline.gravesend@canary.example";

fn program(app: &TestApp) -> Client {
    app.program_of(OWNER, "alpha")
}

fn person() -> Value {
    json!({ "given_name": "Ottoline", "family_name": "Gravesend", "emails": [{ "value": EMAIL }] })
}

fn add(app: &TestApp, body: &Value) -> i64 {
    id(&program(app).call("POST", "/api/v1/contacts", body).expect(201).json())
}

/// Erases and waits for the certificate's own part.
fn erase(app: &TestApp, person: i64) -> Value {
    let program = program(app);
    let erasure = id(&program.call("POST", "/api/v1/erasures", &json!({ "person": person })).expect(201).json());
    let waiting = Instant::now();
    loop {
        let found = program.get(&format!("/api/v1/erasures/{erasure}")).expect(200).json();
        if found["state"] == "done" {
            return found["certificate"]["certificate"].clone();
        }
        assert!(waiting.elapsed() < Duration::from_secs(60), "{found}\n{}", app.server.log());
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn count(app: &TestApp, sql: &str) -> i64 {
    app.workspace("alpha").query_row(sql, [], |row| row.get(0)).expect("a count")
}

#[test]
fn trap_01_the_audit_log_forgets_old_values_and_its_chain_holds() {
    let app = TestApp::start();
    let person = add(&app, &person());
    let before = program(&app).get(&format!("/api/v1/contacts/{person}")).expect(200);
    let version = before.header("etag").expect("a version").to_owned();
    let path = format!("/api/v1/contacts/{person}");
    let ask = crate::support::Ask::new("PATCH", &path)
        .json(&json!({ "emails": [{ "value": "other@canary.example" }] }))
        .header("If-Match", &version);
    program(&app).send(ask).expect(200);
    assert_eq!(count(&app, "SELECT count(*) FROM audit WHERE personal LIKE '%ottoline.gravesend%'"), 1);
    // The old address leads to them as much as the new one.
    assert_eq!(erase(&app, person)["scan"]["clean"], true);
    assert_eq!(
        count(&app, "SELECT count(*) FROM audit WHERE personal LIKE '%gravesend%' OR personal LIKE '%canary.example%'"),
        0
    );
    let output = app.command(&["audit", "verify", "--all"]);
    assert!(output.status.success(), "{}", crate::support::shown(&output));
}

#[test]
fn trap_04_what_a_change_kept_of_them_goes_too_and_cannot_be_taken_back() {
    let app = TestApp::start();
    let person = add(&app, &person());
    let edit = json!({ "object": "contact", "ids": [person], "action": "tag", "value": "gravesend-list" });
    let edit = id(&program(&app).call("POST", "/api/v1/bulk-edits", &edit).expect(202).json());
    app.run_job("people.bulk.run", "alpha");
    let change = program(&app).get(&format!("/api/v1/bulk-edits/{edit}")).expect(200).json()["change"].clone();
    let kept = format!("SELECT count(*) FROM change_images WHERE on_type = 'contact' AND on_id = {person}");
    assert_eq!(count(&app, &kept), 1);
    assert_eq!(erase(&app, person)["scan"]["clean"], true);
    assert_eq!(count(&app, &kept), 0);
    let _ = program(&app).call("POST", &format!("/api/v1/changes/{change}/undo"), &json!({}));
    app.run_job("people.changes.undo", "alpha");
    program(&app).get(&format!("/api/v1/contacts/{person}")).expect(404);
}

#[test]
fn trap_05_search_finds_none_of_their_words() {
    let app = TestApp::start();
    let person = add(&app, &person());
    let found = |app: &TestApp| program(app).get("/api/v1/search?q=gravesend").expect(200).text();
    assert!(found(&app).contains("Gravesend"));
    erase(&app, person);
    assert!(!found(&app).contains("Gravesend"), "{}", found(&app));
    for index in ["contact_search", "note_search", "attachment_search"] {
        app.workspace("alpha")
            .execute(&format!("INSERT INTO {index} ({index}, rank) VALUES ('integrity-check', 1)"), [])
            .unwrap_or_else(|error| panic!("{index}: {error}"));
    }
}

#[test]
fn trap_07_and_08_a_known_address_does_not_come_back_unless_somebody_says_so() {
    let app = TestApp::start();
    let erased = add(&app, &person());
    erase(&app, erased);
    let refused = program(&app).call("POST", "/api/v1/contacts", &person()).expect(422).json();
    assert_eq!(refused["errors"][0]["pointer"], "/emails/0", "{refused}");
    assert_eq!(refused["errors"][0]["code"], "erased", "{refused}");
    // Case and a name around it make no difference.
    let shouted = json!({ "given_name": "O", "emails": [{ "value": EMAIL.to_uppercase() }] });
    program(&app).call("POST", "/api/v1/contacts", &shouted).expect(422);
    let mut body = person();
    body["came_back"] = true.into();
    program(&app).call("POST", "/api/v1/contacts", &body).expect(201);
    assert_eq!(count(&app, "SELECT count(*) FROM audit WHERE action = 'privacy.suppression.lifted'"), 1);
    assert_eq!(count(&app, "SELECT count(*) FROM suppressions WHERE reason = 'erased'"), 0);
}

#[test]
fn trap_09_others_records_lose_what_names_them_and_namesakes_keep_theirs() {
    let app = TestApp::start();
    let erased = add(&app, &person());
    let namesake = json!({ "given_name": "Joan", "family_name": "Ottoline", "emails": [{ "value": "x.ottoline.gravesend@canary.example" }] });
    let namesake = add(&app, &namesake);
    let note = json!({ "on": { "type": "contact", "id": namesake }, "body": format!("Ottoline GRAVESEND said: write to {EMAIL}.") });
    let note = id(&program(&app).call("POST", "/api/v1/notes", &note).expect(201).json());
    let certificate = erase(&app, erased);
    let body: String = app
        .workspace("alpha")
        .query_row("SELECT body FROM notes WHERE id = ?1", [note], |row| row.get(0))
        .expect("the note stays");
    assert_eq!(body, "[erased] said: write to [erased].");
    let kept = program(&app).get(&format!("/api/v1/contacts/{namesake}")).expect(200).text();
    assert!(kept.contains("x.ottoline.gravesend@canary.example"), "{kept}");
    assert_eq!(certificate["scan"]["clean"], true, "{certificate}");
    assert_eq!(certificate["scan"]["checked_by_row"], 1, "{certificate}");
}

#[test]
fn trap_17_whoever_was_merged_into_them_goes_with_them() {
    let app = TestApp::start();
    let first = add(&app, &person());
    let second = add(
        &app,
        &json!({ "given_name": "Lina", "family_name": "Gravesend-Pike", "emails": [{ "value": "lina.pike@canary.example" }] }),
    );
    let merge = json!({ "other": second });
    let answer = program(&app).call("POST", &format!("/api/v1/contacts/{first}/merge"), &merge);
    assert!(answer.status < 300, "{answer:?}");
    let certificate = erase(&app, first);
    assert_eq!(certificate["scan"]["clean"], true, "{certificate}");
    let again = json!({ "given_name": "L", "emails": [{ "value": "lina.pike@canary.example" }] });
    program(&app).call("POST", "/api/v1/contacts", &again).expect(422);
}

#[test]
fn trap_22_a_second_erasure_of_the_same_person_is_refused_while_one_is_under_way_and_afterwards_nobody_is_found() {
    let app = TestApp::start();
    let erased = add(&app, &person());
    erase(&app, erased);
    program(&app).call("POST", "/api/v1/erasures", &json!({ "person": erased })).expect(404);
}

/// A dry run shows the same and changes nothing.
#[test]
fn p_087_a_plan_says_what_goes_and_what_stays() {
    let app = TestApp::start();
    let planned = add(&app, &person());
    let plan = program(&app)
        .call("POST", "/api/v1/erasures", &json!({ "person": planned, "dry_run": true }))
        .expect(201)
        .json();
    assert_eq!(plan["state"], "planned");
    let goes = plan["plan"]["goes"].as_array().expect("a list");
    assert!(goes.iter().any(|row| row["table"] == "contacts" && row["rows"] == 1), "{plan}");
    let stays = plan["plan"]["stays"].as_array().expect("a list");
    assert!(stays.iter().any(|row| row["table"] == "audit" && row["days"] == 365), "{plan}");
    program(&app).get(&format!("/api/v1/contacts/{planned}")).expect(200);
    let page = app.session_of(OWNER).get(&format!("/w/alpha/privacy/erasures/new?person={planned}")).expect(200).text();
    assert!(page.contains("What stays, and why"), "{page}");
}
