//! People whose data is kept and not used, from outside (P-109).

use serde_json::json;

use crate::support::{Ask, Client, TestApp};

const OWNER: &str = "owner@alpha.example";

fn restrict(program: &Client, contact: i64) -> i64 {
    let body =
        json!({ "on": { "type": "contact", "id": contact }, "ground": "accuracy", "reason": "The address is wrong" });
    program.call("POST", "/api/v1/restrictions", &body).expect(201).json()["id"].as_i64().expect("an id")
}

fn reason(program: &Client, contact: i64) -> (bool, String) {
    let answer = program.get(&format!("/api/v1/contacts/{contact}/permissions")).expect(200).json();
    let service = answer["data"].as_array().into_iter().flatten().find(|one| one["purpose"] == "customer_service");
    let service = service.expect("a purpose");
    (service["allowed"] == true, service["reason"].as_str().unwrap_or("").to_owned())
}

#[test]
fn p_109_a_restriction_stops_every_use_and_ends_after_the_person_was_told() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let id = restrict(&program, 1);
    assert_eq!(reason(&program, 1), (false, "restricted".into()));
    assert_eq!(program.get("/api/v1/contacts/1").expect(200).json()["restricted"], true);
    let again = json!({ "on": { "type": "contact", "id": 1 }, "ground": "claims", "reason": "x" });
    program.call("POST", "/api/v1/restrictions", &again).expect(409);
    let notice = json!({ "method": "letter", "reference": "Letter of 2 May" });
    let path = format!("/api/v1/restrictions/{id}");
    program.call("POST", &format!("{path}/notice"), &notice).expect(409);
    program.call("POST", &format!("{path}/lifting"), &json!({ "reason": "" })).expect(422);
    let lifting = program.call("POST", &format!("{path}/lifting"), &json!({ "reason": "Mended" })).expect(200).json();
    assert_eq!(lifting["stage"], "lifting");
    assert_eq!(reason(&program, 1), (false, "restricted".into()), "it holds until they are told");
    program.call("POST", &format!("{path}/notice"), &json!({ "method": "letter", "reference": " " })).expect(422);
    program.call("POST", &format!("{path}/notice"), &json!({ "method": "owl", "reference": "x" })).expect(422);
    let lifted = program.call("POST", &format!("{path}/notice"), &notice).expect(200).json();
    assert_eq!(lifted["stage"], "lifted");
    assert_eq!(reason(&program, 1), (true, "contract".into()));
    assert_eq!(program.get("/api/v1/contacts/1").expect(200).json()["restricted"], false);
}

#[test]
fn reads_of_restricted_people_are_audited_and_others_are_not() {
    let app = TestApp::start();
    let (program, owner) = (app.program_of(OWNER, "alpha"), app.session_of(OWNER));
    let viewed = || -> Vec<String> {
        let file = app.workspace("alpha");
        let mut statement = file
            .prepare("SELECT json_extract(detail, '$.place') FROM audit WHERE action = 'privacy.restricted.viewed' ORDER BY seq")
            .expect("a statement");
        statement.query_map([], |row| row.get(0)).and_then(Iterator::collect).expect("rows")
    };
    owner.get("/w/alpha/people/contacts/1").expect(200);
    program.get("/api/v1/contacts/1").expect(200);
    assert_eq!(viewed(), Vec::<String>::new());
    restrict(&program, 1);
    let page = owner.get("/w/alpha/people/contacts/1").expect(200).text();
    assert!(page.contains("asked us to restrict") && !page.contains("The address is wrong"));
    owner.get("/w/alpha/people/contacts/1/edit").expect(200);
    program.get("/api/v1/contacts/1").expect(200);
    owner.get("/w/alpha/privacy/people/1").expect(200);
    assert_eq!(viewed(), ["page", "form", "api", "privacy"]);
    // Why is for those who work on people's rights.
    let member = app.session_of("member@alpha.example");
    assert!(!member.get("/w/alpha/privacy/people/1").expect(200).text().contains("The address is wrong"));
    assert!(owner.get("/w/alpha/privacy/people/1").expect(200).text().contains("The address is wrong"));
}

#[test]
fn bulk_edits_and_imports_leave_restricted_people_as_they_are_and_say_so() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    restrict(&program, 1);
    let edit = json!({ "object": "contact", "action": "tag", "value": "Harbour", "ids": [1, 2] });
    let id = program.call("POST", "/api/v1/bulk-edits", &edit).expect(202).json()["id"].clone();
    let done = until(|| {
        let edit = program.get(&format!("/api/v1/bulk-edits/{id}")).expect(200).json();
        (edit["state"] == "done").then_some(edit)
    });
    assert_eq!((done["changed"].as_i64(), done["left_out"].as_i64()), (Some(1), Some(1)), "{done}");
    assert!(done["fault"].as_str().is_some_and(|fault| fault.contains("kept and not used")), "{done}");
    let tags =
        |contact: i64| program.get(&format!("/api/v1/contacts/{contact}")).expect(200).json()["tags"].to_string();
    assert!(!tags(1).contains("Harbour") && tags(2).contains("Harbour"));

    let fields = [("object", "contact"), ("mode", "create_or_update")];
    let rows = b"email,job_title\nquill1@alpha.example,Pilot\nquill2@alpha.example,Pilot\n";
    let upload = program.upload("/api/v1/imports", &fields, ("file", "jobs.csv", rows)).expect(201).json();
    let path = format!("/api/v1/imports/{}", upload["id"]);
    for dry_run in [true, false] {
        program.call("POST", &format!("{path}/run"), &json!({ "dry_run": dry_run })).expect(202);
        let state = if dry_run { "checked" } else { "done" };
        let import = until(|| {
            let import = program.get(&path).expect(200).json();
            (import["state"] == state).then_some(import)
        });
        assert_eq!((import["updated"].as_i64(), import["failed"].as_i64()), (Some(1), Some(1)), "{import}");
    }
    let errors = program.get(&format!("{path}/errors")).expect(200).text();
    assert!(errors.contains("kept and not used") && errors.contains('2'), "{errors}");
    let title =
        |contact: i64| program.get(&format!("/api/v1/contacts/{contact}")).expect(200).json()["job_title"].clone();
    assert_eq!((title(1), title(2)), (json!(""), json!("Pilot")));
}

/// A file for others holds only people who may be used for its purpose.
#[test]
fn p_109_a_file_for_others_leaves_out_whom_the_gate_does_not_let_through() {
    let app = TestApp::start();
    let (program, owner) = (app.program_of(OWNER, "alpha"), app.session_of(OWNER));
    restrict(&program, 1);
    let agreed = json!({ "on": { "type": "contact", "id": 2 }, "purpose": "phone_offers", "action": "grant", "method": "phone", "evidence": "x" });
    program.call("POST", "/api/v1/consents", &agreed).expect(201);
    let file = |purpose: &str| {
        let fields = [("format", "csv"), ("purpose", purpose)];
        owner.submit("/w/alpha/people/contacts/export", &fields).expect(200).text()
    };
    let people = |text: &str| [1, 2, 3].map(|number| text.contains(&format!("quill{number}@alpha.example")));
    assert_eq!(people(&file("")), [true, true, true], "the workspace's own file has everybody, with the mark");
    assert_eq!(people(&file("customer_service")), [false, true, true]);
    assert_eq!(people(&file("phone_offers")), [false, true, false]);
    let fields = [("format", "csv"), ("purpose", "fishing")];
    owner.submit("/w/alpha/people/contacts/export", &fields).expect(422);
}

#[test]
fn a_merge_keeps_the_restriction_and_its_record() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let id = restrict(&program, 2);
    program.call("POST", "/api/v1/contacts/1/merge", &json!({ "other": 2 })).expect(200);
    assert_eq!(reason(&program, 1), (false, "restricted".into()));
    assert_eq!(program.get(&format!("/api/v1/restrictions/{id}")).expect(200).json()["on"]["id"], 1);
    program.call("POST", &format!("/api/v1/restrictions/{id}/lifting"), &json!({ "reason": "Mended" })).expect(200);
    let notice = json!({ "method": "phone", "reference": "Ines, 14:05" });
    program.call("POST", &format!("/api/v1/restrictions/{id}/notice"), &notice).expect(200);
    assert_eq!(program.get("/api/v1/contacts/1").expect(200).json()["restricted"], false);
    // Deleted with the record, and back with it.
    let again = restrict(&program, 1);
    program.send(Ask::new("DELETE", "/api/v1/contacts/1")).expect(204);
    program.get(&format!("/api/v1/restrictions/{again}")).expect(404);
    let trash = program.get("/api/v1/trash").expect(200).json()["data"][0]["id"].clone();
    program.send(Ask::new("POST", &format!("/api/v1/trash/{trash}/restore"))).expect(200);
    assert_eq!(program.get(&format!("/api/v1/restrictions/{again}")).expect(200).json()["stage"], "in_force");
}

fn until<T>(look: impl Fn() -> Option<T>) -> T {
    for _ in 0..300 {
        if let Some(found) = look() {
            return found;
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    panic!("nothing came of it");
}
