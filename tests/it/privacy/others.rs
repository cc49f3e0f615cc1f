//! What touches a person beside their own rows: holds on kinds of records, files of others, words that others agreed to,
//! and the list of those who do not want to be written to.

use serde_json::json;

use super::erasure_held::{place, release, wait};
use super::requests::{check_all, contact, enter, letter, read, step};
use crate::people::attachments::attach;
use crate::people::{OWNER, add, id};
use crate::support::{Ask, TestApp};

#[test]
fn p_096_a_closed_request_says_which_part_a_hold_keeps_why_and_until_when() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let person = contact(&app);
    let note = json!({ "on": { "type": "contact", "id": person }, "body": "Signed the contract" });
    let note = id(&program.call("POST", "/api/v1/notes", &note).expect(201).json());
    let hold = place(&program, json!({ "scope": "record", "on_type": "notes", "on_id": note, "matter": "Quay 7" }));
    let request = enter(&program, "erasure", person);
    check_all(&program, request);
    step(&program, request, "approve").expect(200);
    step(&program, request, "start").expect(200);
    letter(&program, request, "done").expect(201);
    step(&program, request, "erase").expect(200);
    app.run_job("privacy.erasures.finish", "alpha");
    app.run_job("privacy.requests.settle", "alpha");
    let closed = read(&program, request);
    assert_eq!(closed["state"], "receipt");
    let held = &closed["held"][0];
    assert_eq!((&held["item"], &held["rows"], &held["hold"]), (&json!("Notes"), &json!(1), &hold["id"]), "{closed}");
    assert_eq!((&held["until"], &held["mentions"]), (&json!(null), &json!(false)));
    assert!(held["ground"].as_str().is_some_and(|ground| ground.contains("Art. 17(3)(e)")));
    let page = app.session_of(OWNER).get(&format!("/w/alpha/privacy/requests/{request}")).expect(200).text();
    for words in ["Until the hold is released", "Notes: 1", "the hold “Quay 7”"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    release(&program, &hold);
    app.run_job("privacy.erasures.finish", "alpha");
    assert_eq!(read(&program, request)["held"], json!([]), "nothing is kept any more");
}

#[test]
fn a_hold_on_a_kind_of_record_reaches_what_lies_in_the_trash() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let with_note = id(&add(&program, &json!({ "given_name": "Noted" })));
    let note = json!({ "on": { "type": "contact", "id": with_note }, "body": "Evidence" });
    program.call("POST", "/api/v1/notes", &note).expect(201);
    let without = id(&add(&program, &json!({ "given_name": "Bare" })));
    for contact in [with_note, without] {
        program.send(Ask::new("DELETE", &format!("/api/v1/contacts/{contact}"))).expect(204);
    }
    let hold = place(&program, json!({ "scope": "category", "category": "notes", "matter": "Quay 7" }));
    let trashed = |name: &str| {
        let all = app.program_of(OWNER, "alpha").get("/api/v1/trash").expect(200).json();
        all["data"].as_array().into_iter().flatten().find(|one| one["name"] == name).map(id)
    };
    let noted = trashed("Noted").expect("in the trash");
    let refused = program.send(Ask::new("DELETE", &format!("/api/v1/trash/{noted}"))).expect(409).text();
    assert!(refused.contains("Quay 7") && refused.contains("notes"), "{refused}");
    app.advance(31 * 86_400);
    app.run_job("privacy.retention.run", "alpha");
    assert!(trashed("Bare").is_none(), "what holds no note goes");
    assert!(trashed("Noted").is_some(), "the note in it is held");
    release(&app.program_of(OWNER, "alpha"), &hold);
    app.run_job("privacy.retention.run", "alpha");
    assert!(trashed("Noted").is_none());
}

/// Trap 9: only a person can say whether a word may be cut out of somebody else's file.
#[test]
fn files_of_others_that_name_the_erased_person_are_listed_and_left() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let body = json!({ "given_name": "Zelda", "family_name": "Quill", "emails": [{ "value": "zelda@quill.example" }] });
    let person = id(&add(&program, &body));
    let other = id(&add(&program, &json!({ "given_name": "Ada", "family_name": "Overbrook" })));
    let quiet = id(&add(&program, &json!({ "given_name": "Bo", "family_name": "Lund" })));
    attach(&program, person, "own.txt", b"Zelda Quill signed");
    let names = id(&attach(&program, other, "minutes.txt", b"Present: Ada, and ZELDA@quill.example by phone"));
    attach(&program, quiet, "menu.txt", b"Soup, fish, tea");
    let page = app.session_of(OWNER);
    let plan = json!({ "person": person, "dry_run": true });
    let planned = program.call("POST", "/api/v1/erasures", &plan).expect(201).json();
    assert_eq!(planned["plan"]["others_files"], 2, "those of others are read: {planned}");
    let erasure = id(&program.call("POST", "/api/v1/erasures", &json!({ "person": person })).expect(201).json());
    let done = wait(&app, &program, erasure, "done");
    let expected = json!([{ "table": "attachments", "row": names, "on_type": "contact", "on_id": other }]);
    assert_eq!(done["others_files"], expected, "{done}");
    let text = page.get(&format!("/w/alpha/privacy/erasures/{erasure}")).expect(200).text();
    assert!(text.contains("Files of others that named them") && text.contains("Ada Overbrook"), "{text}");
    assert!(!text.contains("Bo Lund"));
    program.get(&format!("/api/v1/attachments/{names}")).expect(200);
    // Once somebody has decided and the record is gone, nothing is left to look at.
    program.send(Ask::new("DELETE", &format!("/api/v1/contacts/{other}"))).expect(204);
    let text = page.get(&format!("/w/alpha/privacy/erasures/{erasure}")).expect(200).text();
    assert!(!text.contains("Files of others"), "{text}");
}

#[test]
fn words_that_people_agree_to_name_nobody() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let body = json!({
        "given_name": "Zelda", "family_name": "Quill", "emails": [{ "value": "zelda@quill.example" }],
        "phones": [{ "value": "+44 1632 960145" }],
    });
    add(&program, &body);
    let purpose = |title: &str, wording: &str| {
        json!({
            "title": title, "description": "Asking for help.", "basis": "consent", "channels": ["email"],
            "marketing": false, "double_opt_in": false, "wording": wording,
        })
    };
    for (title, wording, field, named) in [
        ("Surveys", "Zelda Quill may write to me.", "wording", "Zelda Quill"),
        ("Surveys", "To stop, write to ZELDA@quill.example.", "wording", "ZELDA@quill.example"),
        ("Surveys", "To stop, call +44 1632 960145, at any time.", "wording", "960145"),
        ("Zelda Quill", "You may write to me.", "title", "Zelda Quill"),
    ] {
        let refused = program.call("POST", "/api/v1/purposes", &purpose(title, wording)).expect(422).json();
        assert_eq!(refused["errors"][0]["pointer"], format!("/{field}"), "{refused}");
        assert!(refused["errors"][0]["detail"].as_str().is_some_and(|words| words.contains(named)), "{refused}");
    }
    let made = program.call("POST", "/api/v1/purposes", &purpose("Surveys", "You may ask me.")).expect(201).json();
    let path = format!("/api/v1/purposes/{}", made["id"]);
    let patch = json!({ "wording": "Zelda Quill may ask me." });
    program.change("PATCH", &path, made["version"].as_i64().expect("a version"), &patch).expect(422);
}

#[test]
fn whoever_unsubscribes_is_not_brought_back_by_a_record_that_is_made_later() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let body = json!({ "given_name": "Zelda", "emails": [{ "value": "zelda@quill.example" }] });
    let person = id(&add(&program, &body));
    let say = |contact: i64, action: &str| {
        let mut body = json!({
            "on": { "type": "contact", "id": contact }, "purpose": "newsletter", "action": action,
            "method": "portal", "address": "192.0.2.7", "evidence": "In the portal.",
        });
        if action == "import" {
            body["method"] = json!("import");
        }
        program.call("POST", "/api/v1/consents", &body).expect(201)
    };
    let reason = |contact: i64| {
        let all = program.get(&format!("/api/v1/contacts/{contact}/permissions")).expect(200).json();
        let all = all["data"].as_array().cloned().unwrap_or_default();
        all.into_iter().find(|one| one["purpose"] == "newsletter").map(|one| one["reason"].clone())
    };
    say(person, "import");
    assert_eq!(reason(person), Some(json!("consent")));
    say(person, "withdraw");
    assert_eq!(reason(person), Some(json!("withdrawn")), "what they said is told before the list");
    let listed = || -> i64 {
        let sql = "SELECT count(*) FROM suppressions WHERE reason = 'unsubscribe' AND scope = 'newsletter'";
        app.workspace("alpha").query_row(sql, [], |row| row.get(0)).expect("a count")
    };
    let noted = || -> i64 {
        let sql = "SELECT count(*) FROM erasure_ledger WHERE kind = 'unsubscribe'";
        app.control().query_row(sql, [], |row| row.get(0)).expect("a count")
    };
    assert_eq!(listed(), 1);
    app.run_job("privacy.ledger.carry", "alpha");
    assert_eq!(noted(), 1, "a restore goes by it");
    // Deleted, and made anew by hand: a purpose that asks for nothing is closed to advertising all the same.
    program.send(Ask::new("DELETE", &format!("/api/v1/contacts/{person}"))).expect(204);
    let again = id(&add(&program, &body));
    assert_eq!(reason(again), Some(json!("never_asked")));
    let import = crate::people::imports::upload(
        &program,
        "update",
        b"Email,consent/newsletter,consent/newsletter/at,consent/newsletter/evidence\nzelda@quill.example,yes,2026-01-01,Form\n",
    );
    crate::people::imports::run(&program, import, false);
    assert_eq!(crate::people::imports::ended(&program, import)["consents_refused"], 1);
    // Their own yes, face to face, opens it again.
    let own = json!({
        "on": { "type": "contact", "id": again }, "purpose": "newsletter", "action": "import", "method": "import",
        "evidence": "Asked us in the shop to begin again.",
    });
    program.call("POST", "/api/v1/consents", &own).expect(201);
    assert_eq!((listed(), reason(again)), (0, Some(json!("consent"))));
}
