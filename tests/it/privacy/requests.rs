//! Requests of people about their data, from receipt to answer (P-082 to P-096, DSR-1, DSR-5, trap 22).

use serde_json::{Value, json};

use crate::people::{OWNER, audited, id};
use crate::support::{Answer, Client, TestApp};

pub const REQUESTS: &str = "/api/v1/subject-requests";

/// A contact of the fixture.
pub fn contact(app: &TestApp) -> i64 {
    app.workspace("alpha").query_row("SELECT min(id) FROM contacts", [], |row| row.get(0)).expect("a contact")
}

pub fn enter(program: &Client, kind: &str, person: i64) -> i64 {
    let body = json!({ "kind": kind, "person": { "type": "contact", "id": person } });
    id(&program.call("POST", REQUESTS, &body).expect(201).json())
}

pub fn read(program: &Client, request: i64) -> Value {
    program.get(&format!("{REQUESTS}/{request}")).expect(200).json()
}

pub fn post(program: &Client, request: i64, place: &str, body: &Value) -> Answer {
    program.call("POST", &format!("{REQUESTS}/{request}/{place}"), body)
}

pub fn step(program: &Client, request: i64, step: &str) -> Answer {
    let body =
        json!({ "step": step, "note": "Said so.", "ground": "unfounded", "reason": "Why.", "done": "It was done." });
    post(program, request, "steps", &body)
}

pub fn check(program: &Client, request: i64, check: &str, passed: bool) -> Answer {
    let method = match (check, passed) {
        ("identity", true) => "known_address",
        ("identity", false) => "not_shown",
        ("ownership", true) => "own_data",
        ("ownership", false) => "not_theirs",
        _ => "everything",
    };
    post(program, request, "checks", &json!({ "check": check, "passed": passed, "method": method }))
}

pub fn check_all(program: &Client, request: i64) {
    for kind in ["identity", "ownership", "scope"] {
        check(program, request, kind, true).expect(200);
    }
}

pub fn letter(program: &Client, request: i64, kind: &str) -> Answer {
    post(program, request, "letters", &json!({ "kind": kind, "way": "print", "reason": "Many records." }))
}

pub fn state(program: &Client, request: i64) -> String {
    read(program, request)["state"].as_str().expect("a state").to_owned()
}

/// Sets how the workspace works on requests.
pub fn settings(app: &TestApp, fields: &[(&str, &str)]) {
    let said = |name: &str| fields.iter().any(|(known, _)| *known == name);
    let usual = [("profile", "gdpr"), ("time_zone", "UTC")].into_iter().filter(|(name, _)| !said(name));
    let all: Vec<(&str, &str)> = usual.chain(fields.iter().copied()).collect();
    app.session_of(OWNER).submit("/w/alpha/privacy/requests/settings", &all).expect(303);
}

#[test]
fn p_083_each_of_the_seven_kinds_goes_from_receipt_to_answer() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let person = contact(&app);
    for kind in ["access", "portability", "rectification", "objection", "withdrawal", "restriction", "erasure"] {
        let request = enter(&program, kind, person);
        let due = read(&program, request)["due_at"].clone();
        check_all(&program, request);
        assert_eq!(state(&program, request), "verified");
        if kind == "rectification" {
            let wanted = json!({ "corrections": [{ "field": "job_title", "value": "Harbour master" }] });
            post(&program, request, "corrections", &wanted).expect(200);
        }
        step(&program, request, "approve").expect(200);
        step(&program, request, "start").expect(200);
        if kind == "erasure" {
            step(&program, request, "complete").expect(409);
            let refused = step(&program, request, "erase").expect(409).text();
            assert!(refused.contains("answer first"), "{refused}");
            letter(&program, request, "done").expect(201);
            step(&program, request, "erase").expect(200);
            app.run_job("privacy.erasures.finish", "alpha");
            app.run_job("privacy.requests.settle", "alpha");
            let closed = read(&program, request);
            assert_eq!(
                (&closed["state"], &closed["name"], &closed["answer_to"]),
                (&json!("receipt"), &json!(""), &json!(""))
            );
            assert_eq!(closed["due_at"], due, "fixed at receipt");
            assert_eq!(closed["letters"][0]["body"], "");
            assert_eq!(closed["letters"][0]["hash"].as_str().map(str::len), Some(64), "the proof stays");
            program.get(&format!("/api/v1/contacts/{person}")).expect(404);
            continue;
        }
        if state(&program, request) == "processing" {
            step(&program, request, "ask").expect(200);
            step(&program, request, "resume").expect(200);
            step(&program, request, "complete").expect(200);
        }
        assert_eq!(state(&program, request), "complete", "{kind}");
        letter(&program, request, "done").expect(201);
        let answered = read(&program, request);
        assert_eq!(answered["state"], "receipt");
        assert_eq!(answered["due_at"], due, "fixed at receipt");
        assert!(answered["closed_at"].is_string());
    }
    for action in ["received", "checked", "verified", "approved", "started", "completed", "letter_sent", "closed"] {
        assert!(audited(&app, &format!("privacy.request.{action}")) >= 7, "{action}");
    }
}

#[test]
fn p_089_a_correction_reaches_fields_that_no_form_shows() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let person = contact(&app);
    let request = enter(&program, "rectification", person);
    check_all(&program, request);
    let fields =
        [("source", "by letter"), ("address/city", "Skelwick"), ("emails", "new@alpha.example, second@alpha.example")];
    let wanted: Vec<Value> = fields.iter().map(|(field, value)| json!({ "field": field, "value": value })).collect();
    post(&program, request, "corrections", &json!({ "corrections": wanted })).expect(200);
    let rows = read(&program, request)["corrections"].clone();
    assert_eq!(rows.as_array().map(Vec::len), Some(3));
    assert_eq!(rows[2]["before"], "quill1@alpha.example");
    let odd = json!({ "corrections": [{ "field": "shoe_size", "value": "44" }] });
    post(&program, request, "corrections", &odd).expect(422);
    step(&program, request, "approve").expect(200);
    post(&program, request, "corrections", &json!({ "corrections": wanted })).expect(409);
    step(&program, request, "start").expect(200);
    let now = program.get(&format!("/api/v1/contacts/{person}")).expect(200).json();
    assert_eq!((&now["source"], &now["address"]["city"]), (&json!("by letter"), &json!("Skelwick")));
    assert_eq!(now["emails"].as_array().map(Vec::len), Some(2));
    assert_eq!(audited(&app, "people.contact.changed"), 1, "one change, with its entry");
    let done = read(&program, request);
    assert!(done["done"].as_str().is_some_and(|done| done.contains("City") && done.contains("Source")), "{done}");
    assert!(done["corrections"][0]["applied_at"].is_string());
}

#[test]
fn p_095_nothing_happens_before_all_three_checks_stand() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let request = enter(&program, "access", contact(&app));
    step(&program, request, "approve").expect(409);
    check(&program, request, "identity", true).expect(200);
    let refused = step(&program, request, "approve").expect(409).text();
    assert!(
        refused.contains("ownership, scope") && !refused.contains("identity,"),
        "says which are missing: {refused}"
    );
    check(&program, request, "ownership", true).expect(200);
    check(&program, request, "scope", false).expect(200);
    step(&program, request, "approve").expect(409);
    check(&program, request, "scope", true).expect(200);
    step(&program, request, "approve").expect(200);
    let checks = read(&program, request)["checks"].clone();
    assert_eq!(checks.as_array().map(Vec::len), Some(4), "each try is kept");
    for row in checks.as_array().into_iter().flatten() {
        assert!(row["method"].is_string() && row["member_id"].is_i64() && row["at"].is_string());
    }
    check(&program, request, "scope", false).expect(409);
}

#[test]
fn p_094_somebody_unverified_is_never_executed() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let body = json!({ "kind": "erasure", "name": "Somebody else", "answer_to": "stranger@elsewhere.example" });
    let request = id(&program.call("POST", REQUESTS, &body).expect(201).json());
    // Verified, but not whose data it is.
    check_all(&program, request);
    step(&program, request, "approve").expect(409);
    let linked = json!({ "person": { "type": "contact", "id": contact(&app) } });
    let version = read(&program, request)["version"].as_i64().expect("a version");
    program.change("PATCH", &format!("{REQUESTS}/{request}"), version, &linked).expect(200);
    // They do not own it after all.
    check(&program, request, "ownership", false).expect(200);
    assert_eq!(state(&program, request), "identity_unverified");
    for wanted in ["approve", "start", "complete", "resume"] {
        step(&program, request, wanted).expect(409);
    }
    step(&program, request, "deny").expect(200);
    let refused = letter(&program, request, "refused").expect(201).json();
    assert!(refused["body"].as_str().is_some_and(|body| body.contains("complain")), "{refused}");
    assert_eq!(state(&program, request), "receipt");
}

/// Every request by every step, through the whole program: no answer but those the table allows, and no error.
#[test]
fn every_step_in_every_state_is_taken_or_refused_in_words() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let person = contact(&app);
    let ways: [(&str, &[&str]); 8] = [
        ("received", &[]),
        ("verified", &["checks"]),
        ("approved", &["checks", "approve"]),
        ("processing", &["checks", "approve", "start"]),
        ("needs_input", &["checks", "approve", "start", "ask"]),
        ("complete", &["checks", "approve", "start", "complete"]),
        ("denied", &["checks", "deny"]),
        ("cancelled", &["cancel"]),
    ];
    let allowed = |state: &str| -> &'static [&'static str] {
        match state {
            "received" => &["cancel"],
            "verified" => &["approve", "deny", "cancel"],
            "approved" => &["start", "cancel"],
            "processing" => &["ask", "complete"],
            "needs_input" => &["resume", "cancel"],
            _ => &[],
        }
    };
    for (wanted, way) in ways {
        for tried in ["approve", "deny", "start", "ask", "resume", "complete", "cancel"] {
            let request = enter(&program, "objection", person);
            for one in way {
                match *one {
                    "checks" => check_all(&program, request),
                    one => drop(step(&program, request, one).expect(200)),
                }
            }
            assert_eq!(state(&program, request), wanted);
            let expected = if allowed(wanted).contains(&tried) { 200 } else { 409 };
            assert_eq!(step(&program, request, tried).status, expected, "{wanted} by {tried}");
            // Out of the way, so that the next one is no duplicate.
            app.workspace("alpha")
                .execute("UPDATE subject_requests SET closed_at = 1, identity_hash = NULL WHERE id = ?1", [request])
                .expect("closed");
        }
    }
}

#[test]
fn two_people_decide_where_the_workspace_wants_it() {
    let app = TestApp::start();
    settings(&app, &[("two_person", "true")]);
    let owner = app.program_of(OWNER, "alpha");
    let admin = app.program_of("admin@alpha.example", "alpha");
    let request = enter(&owner, "access", contact(&app));
    check_all(&owner, request);
    let refused = step(&owner, request, "approve").expect(409).text();
    assert!(refused.contains("Somebody else"), "{refused}");
    step(&admin, request, "approve").expect(200);
    // Whoever checked one thing has worked on it as well.
    let request = enter(&owner, "erasure", contact(&app));
    check(&admin, request, "identity", true).expect(200);
    check(&owner, request, "ownership", true).expect(200);
    check(&owner, request, "scope", true).expect(200);
    step(&admin, request, "approve").expect(409);
}

#[test]
fn trap_22_the_same_asked_twice_is_linked_and_not_repeated() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let person = contact(&app);
    let first = enter(&program, "erasure", person);
    let second = enter(&program, "erasure", person);
    let linked = read(&program, second);
    assert_eq!((&linked["state"], &linked["duplicate_of"]), (&json!("duplicate"), &json!(first)));
    assert_eq!(state(&program, first), "received");
    assert_eq!(state(&program, enter(&program, "access", person)), "received", "another right is another request");
    // By the address alone, in another spelling, while nobody is found.
    let by = |address: &str| {
        let body = json!({ "kind": "objection", "name": "Nobody", "answer_to": address });
        program.call("POST", REQUESTS, &body).expect(201).json()
    };
    let stranger = id(&by("new.person@elsewhere.example"));
    assert_eq!(by("New.Person@Elsewhere.example")["duplicate_of"], json!(stranger));
    // Found later to be somebody who has asked already.
    let body = json!({ "kind": "erasure", "name": "Q", "answer_to": "q@elsewhere.example" });
    let late = program.call("POST", REQUESTS, &body).expect(201).json();
    let linked = json!({ "person": { "type": "contact", "id": person } });
    let version = late["version"].as_i64().expect("a version");
    let answer = program.change("PATCH", &format!("{REQUESTS}/{}", id(&late)), version, &linked).expect(200).json();
    assert_eq!((&answer["state"], &answer["duplicate_of"]), (&json!("duplicate"), &json!(first)));
}
