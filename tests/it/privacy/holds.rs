//! What a legal hold keeps from being deleted by any way, who looked at it, and what a person is told of it.

use serde_json::{Value, json};

use super::access_package::{copy_of, text_of};
use super::erasure_held::{place, release};
use crate::people::attachments::attach;
use crate::people::{OWNER, id, imports};
use crate::support::{Answer, Ask, Client, TestApp};

fn add(program: &Client, path: &str, body: &Value) -> i64 {
    id(&program.call("POST", path, body).expect(201).json())
}

fn contact(program: &Client, name: &str) -> i64 {
    add(program, "/api/v1/contacts", &json!({ "given_name": name, "family_name": "Tester" }))
}

fn note(program: &Client, on: &str, on_id: i64) -> i64 {
    add(program, "/api/v1/notes", &json!({ "on": { "type": on, "id": on_id }, "body": "Evidence" }))
}

fn delete(program: &Client, path: &str) -> Answer {
    let version = program.get(path).expect(200).header("etag").unwrap_or_default().to_owned();
    program.send(Ask::new("DELETE", path).header("if-match", version))
}

/// Waits for a change of many records, and gives it.
fn ended(program: &Client, path: &str) -> Value {
    for _ in 0..300 {
        let found = program.get(path).expect(200).json();
        if !matches!(found["state"].as_str(), Some("running" | "undoing" | "waiting")) {
            return found;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    panic!("{path} did not end");
}

#[test]
fn a_single_note_or_file_that_is_held_keeps_its_record_from_every_way_to_delete_it() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let refused = |answer: Answer, matter: &str| {
        let text = answer.expect(409).text();
        assert!(text.contains(matter), "{text}");
    };
    // By hand: the note, the contact under it, the company under one.
    let (person, other) = (contact(&program, "Held"), contact(&program, "Other"));
    let (kept, free) = (note(&program, "contact", person), note(&program, "contact", person));
    let hold = place(&program, json!({ "scope": "record", "on_type": "notes", "on_id": kept, "matter": "Quay 7" }));
    refused(delete(&program, &format!("/api/v1/notes/{kept}")), "Quay 7");
    delete(&program, &format!("/api/v1/notes/{free}")).expect(204);
    refused(delete(&program, &format!("/api/v1/contacts/{person}")), "Quay 7");
    let merge = json!({ "other": person });
    refused(program.call("POST", &format!("/api/v1/contacts/{other}/merge"), &merge), "Quay 7");
    let company = add(&program, "/api/v1/companies", &json!({ "name": "Held Works" }));
    let on_company = note(&program, "company", company);
    place(&program, json!({ "scope": "record", "on_type": "notes", "on_id": on_company, "matter": "Quay 8" }));
    refused(delete(&program, &format!("/api/v1/companies/{company}")), "Quay 8");
    // A file.
    let with_file = contact(&program, "Filed");
    let file = id(&attach(&program, with_file, "contract.txt", b"signed"));
    place(&program, json!({ "scope": "record", "on_type": "attachments", "on_id": file, "matter": "Quay 9" }));
    refused(delete(&program, &format!("/api/v1/contacts/{with_file}")), "Quay 9");
    refused(delete(&program, &format!("/api/v1/attachments/{file}")), "Quay 9");
    // Many at once: those are left out, and it says why.
    let bulk = json!({ "object": "contact", "ids": [person, with_file, other], "action": "delete" });
    let bulk = program.call("POST", "/api/v1/bulk-edits", &bulk).expect(202).json();
    let done = ended(&program, &format!("/api/v1/bulk-edits/{}", bulk["id"]));
    assert_eq!((&done["changed"], &done["left_out"]), (&json!(1), &json!(2)), "{done}");
    assert!(done.to_string().contains("Quay"), "{done}");
    // Released, it goes as any other.
    release(&program, &hold);
    delete(&program, &format!("/api/v1/contacts/{person}")).expect(204);
}

#[test]
fn taking_an_import_or_a_merge_back_leaves_what_is_held() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let import = imports::upload(&program, "create", b"Given name;Family name\r\nIma;Held\r\nUna;Free\r\n");
    imports::run(&program, import, false);
    let made = imports::ended(&program, import);
    assert_eq!(made["created"], 2, "{made}");
    let found = |name: &str| -> i64 {
        let sql = format!("SELECT id FROM contacts WHERE given_name = '{name}'");
        app.workspace("alpha").query_row(&sql, [], |row| row.get(0)).unwrap_or(0)
    };
    let held = note(&program, "contact", found("Ima"));
    place(&program, json!({ "scope": "record", "on_type": "notes", "on_id": held, "matter": "Quay 7" }));
    program.send(Ask::new("POST", &format!("/api/v1/imports/{import}/undo"))).expect(202);
    app.run_job("people.changes.undo", "alpha");
    assert!(found("Ima") > 0 && found("Una") == 0);
    // Two that are one now, and held as one.
    let (one, two) = (contact(&program, "One"), contact(&program, "Two"));
    let merged = program.call("POST", &format!("/api/v1/contacts/{one}/merge"), &json!({ "other": two }));
    let change = merged.expect(200).json()["change"].clone();
    let hold = place(&program, json!({ "scope": "person", "on_type": "contact", "on_id": one, "matter": "Quay 8" }));
    let undo =
        |status: u16| program.call("POST", &format!("/api/v1/changes/{change}/undo"), &json!({})).expect(status).text();
    assert!(undo(409).contains("Quay 8"));
    release(&program, &hold);
    undo(202);
}

#[test]
fn reads_of_held_people_are_audited_and_their_copy_says_that_there_is_a_hold_and_not_why() {
    let app = TestApp::start();
    let (program, owner) = (app.program_of(OWNER, "alpha"), app.session_of(OWNER));
    let (held, free) = (contact(&program, "Held"), contact(&program, "Free"));
    let viewed = || -> Vec<String> {
        let file = app.workspace("alpha");
        let sql = "SELECT object || ' ' || (detail ->> '$.place') FROM audit WHERE action = 'privacy.held.viewed' ORDER BY seq";
        let mut statement = file.prepare(sql).expect("a statement");
        statement.query_map([], |row| row.get(0)).and_then(Iterator::collect).expect("rows")
    };
    let on_note = note(&program, "contact", held);
    let of_note =
        place(&program, json!({ "scope": "record", "on_type": "notes", "on_id": on_note, "matter": "Quay 7" }));
    for person in [held, free] {
        owner.get(&format!("/w/alpha/people/contacts/{person}")).expect(200);
        program.get(&format!("/api/v1/contacts/{person}")).expect(200);
    }
    assert_eq!(viewed(), [format!("contact:{held} page"), format!("contact:{held} api")]);
    release(&program, &of_note);
    owner.get(&format!("/w/alpha/people/contacts/{held}")).expect(200);
    assert_eq!(viewed().len(), 2);
    // The copy of their own data.
    let person = json!({ "scope": "person", "on_type": "contact", "on_id": held, "matter": "Secret inquiry" });
    place(&program, person);
    let told = json!({ "scope": "person", "on_type": "contact", "on_id": held, "matter": "Hidden words",
        "told": "The dispute about invoice 12" });
    place(&program, told);
    let copy = copy_of(&app, &program, held);
    let page = text_of(&copy, "index.html");
    assert!(page.contains("The dispute about invoice 12") && page.contains("Kept under a legal hold since"), "{page}");
    for (name, file) in &copy {
        for secret in ["Secret inquiry", "Hidden words", "A claim"] {
            assert!(!String::from_utf8_lossy(file).contains(secret), "{name} gives the matter away: {secret}");
        }
    }
}

#[test]
fn a_hold_keeps_log_entries_past_their_year_and_those_behind_them_name_nobody() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let held = contact(&program, "Held");
    let free = contact(&program, "Free");
    place(&program, json!({ "scope": "person", "on_type": "contact", "on_id": held, "matter": "Quay 7" }));
    let hold = program.get("/api/v1/legal-holds").expect(200).json()["data"][0].clone();
    let count = |sql: &str| app.workspace("alpha").query_row(sql, [], |row| row.get::<_, i64>(0)).expect("a count");
    let named = |person: i64| {
        count(&format!("SELECT count(*) FROM audit WHERE object = 'contact:{person}' AND personal IS NOT NULL"))
    };
    let before = count(&format!("SELECT min(seq) FROM audit WHERE object = 'contact:{held}'"));
    assert!(named(held) > 0 && named(free) > 0);
    app.advance(366 * 86_400);
    app.run_job("privacy.audit.purge", "alpha");
    assert_eq!(count("SELECT min(seq) FROM audit"), before, "up to the held one, all went");
    assert_eq!((named(held) > 0, named(free)), (true, 0), "what follows it stays as a link of the chain");
    assert!(app.command(&["audit", "verify", "--all"]).status.success());
    let program = app.program_of(OWNER, "alpha");
    release(&program, &hold);
    app.run_job("privacy.audit.purge", "alpha");
    assert_eq!(
        count(&format!("SELECT count(*) FROM audit WHERE object = 'contact:{held}' AND at < 0 OR seq = {before}")),
        0
    );
    assert!(app.command(&["audit", "verify", "--all"]).status.success());
}

#[test]
fn a_hold_on_everything_says_what_it_does_not_cover() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let hold = place(&program, json!({ "scope": "workspace", "matter": "All of it" }));
    let page = app.session_of(OWNER).get(&format!("/w/alpha/privacy/holds/{}", hold["id"])).expect(200).text();
    for words in
        ["What it does not cover", "The audit log", "365 days after the entry", "Address and device of sign-ins"]
    {
        assert!(page.contains(words), "{words}: {page}");
    }
}
