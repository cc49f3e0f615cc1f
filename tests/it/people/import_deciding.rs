//! What is decided between the check of a file and its run: values that are no choice, rows that resemble somebody.

use serde_json::{Value, json};

use super::custom_fields::define;
use super::import_undo::take_back;
use super::imports::{counts, ended, run, total, upload};
use super::{MEMBER, OWNER, add, add_named, audited, permit};
use crate::support::{Client, TestApp};

const PATH: &str = "/api/v1/imports";

fn status(program: &Client) -> Value {
    let field = json!({ "object": "contact", "label": "Status", "kind": "choice", "personal": false, "choices": ["Customer", "Lead"] });
    define(program, &field)
}

const STATUSES: &str = "Name,Status\nAna Ruiz,Kunde\nBo Li,kunde\nCy Su,Lead\nDi Vo,Partner\nEd Wu,?\nFay Xu,Nie\n";

fn checked(program: &Client, import: i64) -> Value {
    run(program, import, true);
    let found = ended(program, import);
    assert_eq!(found["state"], "checked", "{found}");
    found
}

fn custom_of(program: &Client, name: &str) -> Value {
    let found = program.get(&format!("/api/v1/contacts?q={}", name.replace(' ', "+"))).expect(200).json();
    found["data"][0]["custom"].clone()
}

#[test]
fn values_that_are_no_choice_are_counted_and_decided() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    status(&program);
    let import = upload(&program, "create", STATUSES.as_bytes());
    let path = format!("{PATH}/{import}/values");
    let decide = |values: Value| program.call("POST", &path, &json!({ "values": { "Status": values } }));
    decide(json!({ "Kunde": "empty" })).expect(409);
    assert_eq!(counts(&checked(&program, import)), [6, 1, 0, 0, 5]);
    let found = program.get(&path).expect(200).json();
    let found: Vec<(&str, i64)> = found["data"]
        .as_array()
        .expect("data")
        .iter()
        .map(|value| (value["value"].as_str().unwrap_or_default(), value["rows"].as_i64().unwrap_or_default()))
        .collect();
    assert_eq!(found, [("Kunde", 2), ("?", 1), ("Nie", 1), ("Partner", 1)]);

    let refused = decide(json!({ "Kunde": { "map": "Client" } })).expect(422).json();
    let message = refused["errors"][0]["detail"].as_str().unwrap_or_default().to_owned();
    assert_eq!(message, "Status: Kunde cannot become Client, which is no choice of Status.");
    program.call("POST", &path, &json!({ "values": { "Name": { "Ana": "empty" } } })).expect(422);
    decide(json!({ "KUNDE": { "map": "customer" }, "Partner": "add", "?": "empty", "Nie": "reject" })).expect(202);
    let again = ended(&program, import);
    assert_eq!((again["state"].as_str(), counts(&again)), (Some("checked"), [6, 5, 0, 0, 1]));
    assert_eq!(program.get(&path).expect(200).json()["data"], json!([]), "all is decided");
    let choices =
        || program.get("/api/v1/custom-fields?object=contact").expect(200).json()["data"][0]["choices"].clone();
    assert_eq!(choices(), json!(["Customer", "Lead"]), "a check adds no choice");

    run(&program, import, false);
    assert_eq!(counts(&ended(&program, import)), [6, 5, 0, 0, 1]);
    assert_eq!(choices(), json!(["Customer", "Lead", "Partner"]));
    assert_eq!(custom_of(&program, "Bo Li"), json!({ "status": "Customer" }));
    assert_eq!(custom_of(&program, "Di Vo"), json!({ "status": "Partner" }));
    assert_eq!(custom_of(&program, "Ed Wu"), json!({}));
    let errors = program.get(&format!("{PATH}/{import}/errors")).expect(200).text();
    assert!(errors.contains("Status: Rows with \u{201c}Nie\u{201d} are left out"), "{errors}");
    assert_eq!(audited(&app, "people.import.values_decided"), 1);

    // What was decided is remembered with the mapping.
    let next = upload(&program, "create", b"Name,Status\nGus Yi,Kunde\n");
    assert_eq!(counts(&checked(&program, next)), [1, 1, 0, 0, 0]);

    // The choice that the import made goes with it.
    take_back(&program, import);
    assert_eq!(choices(), json!(["Customer", "Lead"]));
}

#[test]
fn the_page_lists_values_and_adds_choices_only_for_who_may() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    status(&program);
    let rights = json!({ "contacts.view": "all", "contacts.edit": "all", "contacts.import": "all" });
    permit(&app, "member", &rights);
    let member = app.program_of(MEMBER, "alpha");
    let import = upload(&member, "create", STATUSES.as_bytes());
    checked(&member, import);
    let (page, path) = (app.session_of(MEMBER), format!("/w/alpha/people/imports/{import}"));
    let text = page.get(&path).expect(200).text();
    assert!(text.contains("that are no choice of Status") && !text.contains("Add it as a new choice"), "{text}");
    let sent = [("value_1_0", "Kunde"), ("to_1_0", "map:Customer"), ("value_1_1", "Partner"), ("to_1_1", "add")];
    let refused = page.submit(&format!("{path}/values"), &sent).expect(422).text();
    assert!(refused.contains("Status: you may not change fields"), "{refused}");
    assert!(refused.contains("value=\"map:Customer\" selected"), "what was chosen stays");
    let add = json!({ "values": { "Status": { "Partner": "add" } } });
    member.call("POST", &format!("{PATH}/{import}/values"), &add).expect(422);
    // Decided by somebody who may, and still not run by somebody who may not.
    program.call("POST", &format!("{PATH}/{import}/values"), &add).expect(202);
    ended(&program, import);
    member.call("POST", &format!("{PATH}/{import}/run"), &json!({ "dry_run": false })).expect(403);
    page.submit(&format!("{path}/run"), &[]).expect(403);
    page.submit(&format!("{path}/values"), &sent[..2]).expect(303);
    assert_eq!(counts(&ended(&member, import)), [6, 4, 0, 0, 2]);
}

const ALIKE: &str = "Name,Email,Job title\n\
    Ana Ruiz,ana.new@alike.example,Pilot\n\
    Freja Castellan,freja@alike.example,Warden\n\
    Tobi Ekwall,tobi@alike.example,Mate\n\
    Tobi Ekwall,tobi2@alike.example,Master\n\
    Nobody Else,else@alike.example,Cook\n";

/// Ana is there by name; the file has one name twice.
fn alike(program: &Client) -> (i64, i64) {
    let ana = add_named(program, "Ana", "Ruiz");
    add(program, &json!({ "given_name": "Freya", "family_name": "Castellan", "company": { "name": "Works" } }));
    (ana, upload(program, "create", ALIKE.as_bytes()))
}

#[test]
fn rows_that_resemble_somebody_are_found_and_decided_before_the_run() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let (ana, import) = alike(&program);
    let before = total(&program);
    let found = checked(&program, import);
    assert_eq!((found["resembling"].as_i64(), counts(&found)), (Some(2), [5, 5, 0, 0, 0]));
    let path = format!("{PATH}/{import}/resembling");
    let rows = program.get(&path).expect(200).json();
    assert_eq!((&rows["data"][0]["line"], &rows["data"][0]["contact"]), (&json!(2), &json!(ana)));
    assert_eq!((&rows["data"][1]["line"], &rows["data"][1]["other_line"]), (&json!(5), &json!(4)));
    assert_eq!(rows["data"][0]["reasons"], json!(["same_name"]));
    for (body, status) in [
        (json!({ "all": "eat" }), 422),
        (json!({ "all": "skip", "rows": [{ "line": 3, "decision": "skip" }] }), 422),
        (json!({ "all": "skip", "rows": [{ "line": 2, "decision": "eat" }] }), 422),
        (json!({ "all": "skip", "rows": [{ "line": 2, "decision": "update" }] }), 200),
    ] {
        program.call("POST", &path, &body).expect(status);
    }
    run(&program, import, false);
    let done = ended(&program, import);
    assert_eq!(counts(&done), [5, 3, 1, 0, 0], "{done}");
    let told = |key: &str| done[key].as_i64();
    assert_eq!((told("skipped"), told("resembling_updated"), told("resembling_created")), (Some(1), Some(1), Some(0)));
    assert_eq!(total(&program), before + 3);
    let known = program.get(&format!("/api/v1/contacts/{ana}")).expect(200).json();
    assert_eq!((&known["job_title"], &known["emails"][0]["value"]), (&json!("Pilot"), &json!("ana.new@alike.example")));
    let page = app.session_of(OWNER).get(&format!("/w/alpha/people/imports/{import}")).expect(200).text();
    assert!(page.contains("2 rows resembled somebody: 0 added anyway, 1 skipped, 1 put over the known one."), "{page}");
    assert_eq!(audited(&app, "people.import.resembling_decided"), 1);

    take_back(&program, import);
    assert_eq!(total(&program), before);
    let known = program.get(&format!("/api/v1/contacts/{ana}")).expect(200).json();
    assert_eq!((known["job_title"].as_str().unwrap_or_default(), &known["emails"]), ("", &json!([])));
}

#[test]
fn rows_that_resemble_one_another_become_one_when_that_is_decided() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let (_, import) = alike(&program);
    let before = total(&program);
    checked(&program, import);
    let page = app.session_of(OWNER);
    let path = format!("/w/alpha/people/imports/{import}");
    let text = page.get(&path).expect(200).text();
    assert!(text.contains("2 rows resemble somebody") && text.contains("Line 4 of this file"), "{text}");
    // Nothing is written before somebody said what becomes of them.
    assert!(page.submit(&format!("{path}/run"), &[]).expect(422).text().contains("Say first what becomes"));
    let refused =
        page.submit(&format!("{path}/resembling"), &[("row_2", "skip"), ("action", "run")]).expect(422).text();
    assert!(refused.contains("value=\"skip\" selected"), "what was chosen stays");
    page.submit(&format!("{path}/resembling"), &[("all", "update"), ("row_2", "create"), ("action", "run")])
        .expect(303);
    let done = ended(&program, import);
    assert_eq!((counts(&done), total(&program)), ([5, 4, 1, 0, 0], before + 4), "{done}");
    let tobi = program.get("/api/v1/contacts?q=tobi@alike.example").expect(200).json()["data"][0].clone();
    assert_eq!((tobi["emails"].as_array().map(Vec::len), &tobi["job_title"]), (Some(2), &json!("Master")));
}

#[test]
fn without_a_decision_a_program_adds_them_and_nobody_out_of_sight_is_told_of() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let own = json!({ "contacts.view": "own", "contacts.edit": "own", "contacts.import": "all" });
    permit(&app, "member", &own);
    let (_, import) = alike(&program);
    let member = app.program_of(MEMBER, "alpha");
    let theirs = upload(&member, "create", ALIKE.as_bytes());
    assert_eq!(checked(&member, theirs)["resembling"], 1, "only the row of their own file");
    checked(&program, import);
    run(&program, import, false);
    let done = ended(&program, import);
    assert_eq!((counts(&done), done["resembling_created"].as_i64()), ([5, 5, 0, 0, 0], Some(2)), "{done}");
    let later = upload(&program, "create", ALIKE.as_bytes());
    let path = format!("{PATH}/{later}/resembling");
    program.call("POST", &path, &json!({ "all": "skip" })).expect(409);
}
