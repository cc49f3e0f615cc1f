//! Two people at one record: the program and the page with an old copy are told what the other changed.

use serde_json::{Value, json};

use super::{MEMBER, OWNER, add, id, member_id, undone, version};
use crate::support::{Ask, Client, TestApp};

/// The changes of a refusal: pointer, value, who.
fn changes(refused: &Value) -> Vec<(String, Value, Option<i64>)> {
    let changes = refused["changes"].as_array().cloned().unwrap_or_default();
    let text = |change: &Value| change["pointer"].as_str().expect("a pointer").to_owned();
    changes.iter().map(|change| (text(change), change["value"].clone(), change["by"]["id"].as_i64())).collect()
}

fn own_field(program: &Client, object: &str, label: &str, kind: &str) {
    let field = json!({ "object": object, "label": label, "kind": kind, "personal": true, "category": "content" });
    program.call("POST", "/api/v1/custom-fields", &field).expect(201);
}

#[test]
fn a_program_with_an_old_version_is_told_each_field_its_value_and_who() {
    let app = TestApp::start();
    let (ana, bo) = (app.program_of(OWNER, "alpha"), app.program_of(MEMBER, "alpha"));
    own_field(&ana, "contact", "Shoe size", "number");
    own_field(&ana, "contact", "Nickname", "text");
    let made = add(&bo, &json!({ "given_name": "Yelena", "job_title": "Diver", "custom": { "nickname": "Yel" } }));
    let path = format!("/api/v1/contacts/{}", id(&made));
    bo.change("PATCH", &path, 1, &json!({ "job_title": "Pilot", "custom": { "shoe_size": 41 } })).expect(200);
    ana.change("PATCH", &path, 2, &json!({ "tags": ["North"], "custom": { "nickname": null } })).expect(200);
    bo.change("PATCH", &path, 3, &json!({ "archived": true })).expect(200);

    let refused = ana.change("PATCH", &path, 1, &json!({ "job_title": "Cook" })).expect(412);
    assert_eq!(refused.header("etag"), Some("\"4\""));
    assert_eq!(refused.header("content-type"), Some("application/problem+json; charset=utf-8"));
    let refused = refused.json();
    let (owner, member) = (Some(member_id(&app, OWNER)), Some(member_id(&app, MEMBER)));
    let mut told = changes(&refused);
    told.sort_by(|one, other| one.0.cmp(&other.0));
    let expected = [
        ("/archived", json!(true), member),
        ("/custom/nickname", Value::Null, owner),
        ("/custom/shoe_size", json!(41), member),
        ("/job_title", json!("Pilot"), member),
        ("/tags", json!(["North"]), owner),
    ];
    assert_eq!(told, expected.map(|(pointer, value, who)| (pointer.to_owned(), value, who)));
    assert_eq!((refused["version"].as_i64(), refused["status"].as_i64()), (Some(4), Some(412)));
    assert!(refused["changes"].as_array().unwrap().iter().all(|change| change["at"].as_str().unwrap().ends_with('Z')));
    // From the version between: only what came after it.
    let refused = ana.send(Ask::new("DELETE", &path).header("if-match", "\"3\"")).expect(412).json();
    assert_eq!(changes(&refused), [("/archived".to_owned(), json!(true), member)]);
    // A version that never was has missed nothing.
    let refused = ana.change("PATCH", &path, 9, &json!({})).expect(412).json();
    assert_eq!((changes(&refused), refused["version"].as_i64()), (Vec::new(), Some(4)));
    // What is told is enough to go on.
    assert_eq!(ana.change("PATCH", &path, 4, &json!({ "job_title": "Cook" })).expect(200).json()["version"], 5);
}

#[test]
fn companies_notes_files_and_tags_tell_it_too() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let me = Some(member_id(&app, OWNER));
    let company = program.call("POST", "/api/v1/companies", &json!({ "name": "Skelwick" })).expect(201).json();
    let path = format!("/api/v1/companies/{}", company["id"]);
    program.change("PATCH", &path, 1, &json!({ "domain": "skelwick.example" })).expect(200);
    let refused = program.change("PATCH", &path, 1, &json!({ "name": "Kelwick" })).expect(412).json();
    assert_eq!(changes(&refused), [("/domain".to_owned(), json!("skelwick.example"), me)]);

    let on = json!({ "type": "company", "id": company["id"] });
    let note = program.call("POST", "/api/v1/notes", &json!({ "on": on, "body": "By boat" })).expect(201).json();
    let path = format!("/api/v1/notes/{}", note["id"]);
    program.change("PATCH", &path, 1, &json!({ "body": "By train" })).expect(200);
    let refused = program.change("PATCH", &path, 1, &json!({ "body": "On foot" })).expect(412).json();
    assert_eq!(changes(&refused), [("/body".to_owned(), json!("By train"), me)]);
    program.send(Ask::new("DELETE", &path).header("if-match", "\"1\"")).expect(412);

    let tag = program.call("POST", "/api/v1/tags", &json!({ "name": "Norht" })).expect(201).json();
    let path = format!("/api/v1/tags/{}", tag["id"]);
    program.change("PATCH", &path, 1, &json!({ "name": "North" })).expect(200);
    let refused = program.change("PATCH", &path, 1, &json!({ "name": "Nord" })).expect(412).json();
    assert_eq!(changes(&refused), [("/name".to_owned(), json!("North"), None)]);
    program.send(Ask::new("DELETE", &path).header("if-match", "\"1\"")).expect(412);

    let file = super::attachments::send(&program, &format!("company:{}", company["id"]), "a.txt", b"words");
    let path = format!("/api/v1/attachments/{}", file.expect(201).json()["id"]);
    program.change("PATCH", &path, 1, &json!({ "name": "b.txt" })).expect(200);
    let refused = program.change("PATCH", &path, 1, &json!({ "name": "c.txt" })).expect(412).json();
    assert_eq!(changes(&refused), [("/name".to_owned(), json!("b.txt"), None)]);
}

#[test]
fn what_an_undo_changed_back_was_missed_too() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let made = add(&program, &json!({ "given_name": "Yelena", "job_title": "Diver", "tags": ["South"] }));
    let path = format!("/api/v1/contacts/{}", id(&made));
    let edit =
        json!({ "object": "contact", "action": "set", "field": "job_title", "value": "Pilot", "ids": [made["id"]] });
    let bulk = program.call("POST", "/api/v1/bulk-edits", &edit).expect(202).json();
    let change = bulk["change"].as_i64().unwrap_or_else(|| panic!("{bulk}"));
    let now = || program.get(&path).expect(200).json();
    for _ in 0..200 {
        if now()["job_title"] == "Pilot" {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    let read = now();
    program.call("POST", &format!("/api/v1/changes/{change}/undo"), &json!({})).expect(202);
    undone(&program, change);
    let refused = program.change("PATCH", &path, version(&read), &json!({ "job_title": "Cook" })).expect(412).json();
    let who = Some(member_id(&app, OWNER));
    assert_eq!(changes(&refused), [("/job_title".to_owned(), json!("Diver"), who)]);
    let lines = program.get(&format!("{path}/timeline")).expect(200).json();
    assert_eq!(lines["data"][0]["text"], "took a change back: job title as before");
    // A history that an earlier release left without the line: then anything may have changed.
    app.workspace("alpha").execute("DELETE FROM timeline_entries WHERE kind = 'undone'", []).expect("a table");
    let refused = program.change("PATCH", &path, version(&read), &json!({ "job_title": "Cook" })).expect(412).json();
    let told = changes(&refused);
    for pointer in ["/job_title", "/tags", "/emails", "/owner"] {
        assert!(told.iter().any(|(told, _, who)| told == pointer && who.is_none()), "{pointer}: {told:?}");
    }
    assert!(!told.iter().any(|(told, ..)| ["/id", "/version", "/updated_at"].contains(&told.as_str())), "{told:?}");
}

#[test]
fn the_history_names_the_fields_of_the_workspaces_own() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    own_field(&program, "contact", "IBAN", "text");
    own_field(&program, "contact", "Shoe size", "number");
    let made = add(&program, &json!({ "given_name": "Yelena" }));
    let path = format!("/api/v1/contacts/{}", id(&made));
    let both = json!({ "job_title": "Diver", "custom": { "iban": "DE02", "shoe_size": 41 } });
    program.change("PATCH", &path, 1, &both).expect(200);
    let line = program.get(&format!("{path}/timeline")).expect(200).json()["data"][0].clone();
    assert_eq!(line["text"], "changed job title, IBAN and Shoe size");
    assert_eq!(line["fields"], json!(["job_title", "custom/iban", "custom/shoe_size"]));
}

#[test]
fn a_form_takes_over_what_only_the_other_changed_and_asks_about_the_rest() {
    let app = TestApp::start();
    let (ana, bo) = (app.session_of(OWNER), app.session_of(MEMBER));
    let program = app.program_of(OWNER, "alpha");
    own_field(&program, "contact", "Member since", "date");
    own_field(&program, "contact", "Next call", "date_time");
    let made = add(
        &program,
        &json!({ "given_name": "Noor", "job_title": "Diver", "emails": [{ "value": "noor@quill.example" }] }),
    );
    let edit = format!("/w/alpha/people/contacts/{}/edit", made["id"]);
    // Both open the form; each sends all of it, as a browser does.
    let fields = |session: &Client| -> Vec<(String, String)> {
        let page = session.get(&edit).expect(200).text();
        let form = crate::support::forms::forms(&page, &edit).into_iter().find(|form| form.action == edit);
        form.expect("the form").fields.into_iter().collect()
    };
    let with = |mut fields: Vec<(String, String)>, changes: &[(&str, &str)]| {
        for (name, value) in changes {
            let field = fields.iter_mut().find(|(known, _)| known == name).unwrap_or_else(|| panic!("no field {name}"));
            (*value).clone_into(&mut field.1);
        }
        fields
    };
    let (hers, his) = (fields(&ana), fields(&bo));
    let theirs = [
        ("job_title", "Pilot"),
        ("language", "sv"),
        ("emails/0/label", "home"),
        ("custom/member_since", "2026-11-28"),
        ("custom/next_call", "2026-12-01T09:30"),
    ];
    bo.submit_pairs("POST", &edit, &with(his, &theirs)).expect(303);
    let mine = with(hers, &[("job_title", "Captain"), ("custom/member_since", "2026-11-20")]);
    let page = ana.submit_pairs("POST", &edit, &mine).expect(409).text();
    for words in
        ["while you were writing", "Pilot", "28 Nov 2026", "20 Nov 2026", "1 Dec 2026", "noor@quill.example (home)"]
    {
        assert!(page.contains(words), "{words} is not in {page}");
    }
    let summary =
        page.split("class=\"error-summary\"").nth(1).and_then(|rest| rest.split("</div>").next()).expect("a summary");
    assert!(!summary.contains("2026-11"), "days as people read them: {summary}");
    // What stands in the form by now: hers where she typed, his where she had not.
    let form =
        crate::support::forms::forms(&page, &edit).into_iter().find(|form| form.action == edit).expect("the form");
    let value = |name: &str| form.fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    for (name, expected) in [
        ("job_title", "Captain"),
        ("language", "sv"),
        ("emails/0/label", "home"),
        ("custom/member_since", "2026-11-20"),
        ("custom/next_call", "2026-12-01T09:30"),
        ("version", "2"),
    ] {
        assert_eq!(value(name), Some(expected), "{name}");
    }
    let again: Vec<(String, String)> = form.fields.to_vec();
    ana.submit_pairs("POST", &edit, &again).expect(303);
    let now = program.get(&format!("/api/v1/contacts/{}", made["id"])).expect(200).json();
    assert_eq!((now["job_title"].as_str(), now["language"].as_str()), (Some("Captain"), Some("sv")), "nothing is lost");
    assert_eq!(now["emails"][0]["label"], "home");
    assert_eq!(now["custom"]["member_since"], "2026-11-20");
}
