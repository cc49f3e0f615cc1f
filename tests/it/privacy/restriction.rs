//! People whose data is kept and not used, from outside (P-109).

use serde_json::json;

use crate::support::smtp::MailServer;
use crate::support::{Ask, Client, Start, TestApp};

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
    assert_eq!((&lifting["stage"], &lifting["wait_days"]), (&json!("lifting"), &json!(7)));
    assert_eq!(reason(&program, 1), (false, "restricted".into()), "it holds until they are told");
    program.call("POST", &format!("{path}/notice"), &json!({ "method": "letter", "reference": " " })).expect(422);
    program.call("POST", &format!("{path}/notice"), &json!({ "method": "owl", "reference": "x" })).expect(422);
    let told = program.call("POST", &format!("{path}/notice"), &notice).expect(200).json();
    assert_eq!(told["stage"], "told");
    app.run_job("privacy.restriction.settle", "alpha");
    assert_eq!(reason(&program, 1), (false, "restricted".into()), "they have seven days");
    app.advance(7 * 86_400 + 1);
    app.run_job("privacy.restriction.settle", "alpha");
    assert_eq!(program.get(&path).expect(200).json()["stage"], "lifted");
    assert_eq!(reason(&program, 1), (true, "contract".into()));
    assert_eq!(program.get("/api/v1/contacts/1").expect(200).json()["restricted"], false);
}

/// How far the mail is that told the person.
fn notice_mail(app: &TestApp) -> Option<String> {
    let sql = "SELECT state FROM outgoing_mail WHERE purpose = 'letter' ORDER BY id DESC LIMIT 1";
    app.control().query_row(sql, [], |row| row.get(0)).ok()
}

/// Notice, waiting time, then lifted: by mail when the person has an address, else on paper.
#[test]
fn p_109_the_letter_goes_before_the_restriction_does() {
    let server = MailServer::start();
    let setting = |name: &str, value: &str| (format!("HOLDFAST_MAIL__{name}"), value.to_owned());
    let environment = vec![
        setting("TRANSPORT", "smtp"),
        setting("HOST", "127.0.0.1"),
        setting("PORT", &server.port.to_string()),
        setting("TLS", "none"),
        setting("ALLOW_PLAIN", "127.0.0.1"),
        setting("FROM", "holdfast@house.example"),
    ];
    let app = TestApp::start_with(Start { environment, ..Start::default() });
    let (program, owner) = (app.program_of(OWNER, "alpha"), app.session_of(OWNER));
    let id = restrict(&program, 1);
    let stage = |id: i64| program.get(&format!("/api/v1/restrictions/{id}")).expect(200).json()["stage"].clone();
    let begin = |id: i64, days: &str| {
        let version = program.get(&format!("/api/v1/restrictions/{id}")).expect(200).json()["version"].to_string();
        let fields = [("version", version.as_str()), ("reason", "The address is mended"), ("wait_days", days)];
        owner.submit(&format!("/w/alpha/privacy/restrictions/{id}/lifting"), &fields)
    };
    // Nobody to mail to: a letter for printing, and no other way to send it.
    let made = program.call("POST", "/api/v1/contacts", &json!({ "given_name": "Paper", "family_name": "Only" }));
    let paper = restrict(&program, made.expect(201).json()["id"].as_i64().expect("an id"));
    let page = format!("/w/alpha/privacy/restrictions/{paper}");
    begin(paper, "0").expect(303);
    let write = owner.get(&format!("{page}/letter")).expect(200).text();
    assert!(!write.contains("Send it by email") && write.contains("Print it"), "{write}");
    let version = program.get(&format!("/api/v1/restrictions/{paper}")).expect(200).json()["version"].to_string();
    let letter = |way| [("version", version.as_str()), ("title", "It ends"), ("body", "Dear Paper"), ("way", way)];
    owner.submit(&format!("{page}/letter"), &letter("mail")).expect(422);
    owner.submit(&format!("{page}/letter"), &letter("print")).expect(303);
    assert!(owner.get(&format!("{page}/letter/sent")).expect(200).text().contains("Dear Paper"));
    assert_eq!(stage(paper), "lifted");

    let page = format!("/w/alpha/privacy/restrictions/{id}");
    begin(id, "91").expect(422);
    begin(id, "3").expect(303);
    let write = owner.get(&format!("{page}/letter")).expect(200).text();
    assert!(write.contains("The address is mended") && write.contains("quill1@alpha.example"), "{write}");
    let version = program.get(&format!("/api/v1/restrictions/{id}")).expect(200).json()["version"].to_string();
    let letter =
        [("version", version.as_str()), ("title", "It ends"), ("body", "Dear Quill, it ends."), ("way", "mail")];
    owner.submit(&format!("{page}/letter"), &letter).expect(303);
    app.run_job("privacy.restriction.settle", "alpha");
    assert_eq!(stage(id), "told");
    assert!(server.wait_for("quill1@alpha.example", "it ends.").text.contains("Dear Quill"));
    until(|| notice_mail(&app).filter(|state| state == "sent"));
    app.run_job("privacy.restriction.settle", "alpha");
    assert_eq!(stage(id), "told", "they have three days to object");
    app.advance(3 * 86_400 + 1);
    app.run_job("privacy.restriction.settle", "alpha");
    assert_eq!(stage(id), "lifted");
}

/// A mail that no server took tells nobody, and whoever objects in time keeps the restriction.
#[test]
fn p_109_a_notice_that_did_not_leave_lifts_nothing() {
    let app = TestApp::start();
    let (program, owner) = (app.program_of(OWNER, "alpha"), app.session_of(OWNER));
    let id = restrict(&program, 1);
    let path = format!("/api/v1/restrictions/{id}");
    program.call("POST", &format!("{path}/lifting"), &json!({ "reason": "Mended", "wait_days": 1 })).expect(200);
    // As after a mail whose server is gone: the letter is there, and nothing ever took it.
    let file = app.workspace("alpha");
    let planted = "INSERT INTO restriction_notices (restriction_id, way, address, title, body, message_id, mail_id, at)
        VALUES (?1, 'mail', 'quill1@alpha.example', 't', 'b', 'x@y', NULL, 5)";
    file.execute(planted, [id]).expect("a letter");
    let hash = data_encoding::HEXLOWER.encode(&holdfast::privacy::requests::letters::hash("t", "b"));
    let told = "UPDATE restrictions SET notice_method = 'email', notified_at = 6,
        notice_reference = 'Letter ' || (SELECT max(id) FROM restriction_notices) || ', fingerprint ' || ?2 WHERE id = ?1";
    file.execute(told, rusqlite::params![id, hash]).expect("told");
    drop(file);
    app.run_job("privacy.restriction.settle", "alpha");
    assert_eq!(program.get(&path).expect(200).json()["stage"], "told");
    let version = program.get(&path).expect(200).json()["version"].to_string();
    owner.submit(&format!("/w/alpha/privacy/restrictions/{id}/kept"), &[("version", &version)]).expect(303);
    let kept = program.get(&path).expect(200).json();
    assert_eq!((&kept["stage"], &kept["notice"]), (&json!("in_force"), &json!(null)));
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
    // The same for programs, and whoever was left out is counted: in the export, and in the log.
    let ask = |object: &str, purpose: &str| {
        let body = json!({ "object": object, "format": "csv", "purpose": purpose });
        program.call("POST", "/api/v1/exports", &body)
    };
    ask("contact", "fishing").expect(422);
    ask("company", "phone_offers").expect(422);
    let object = json!({ "on": { "type": "contact", "id": 3 }, "purpose": "customer_service", "action": "object" });
    assert_eq!(program.call("POST", "/api/v1/consents", &object).json()["errors"][0]["code"], "no_objection");
    let object = json!({ "on": { "type": "contact", "id": 2 }, "action": "object" });
    let export = ask("contact", "phone_offers").expect(201).json();
    assert_eq!((&export["purpose"], &export["left_out"]), (&json!("phone_offers"), &json!(null)));
    let path = format!("/api/v1/exports/{}", export["id"]);
    assert_eq!(people(&program.get(&format!("{path}/file")).expect(200).text()), [false, true, false]);
    let all = program.get(&path).expect(200).json()["total"].as_i64().expect("a number");
    assert_eq!(program.get(&path).expect(200).json()["left_out"], json!(all - 1));
    program.call("POST", "/api/v1/consents", &object).expect(201);
    assert_eq!(people(&program.get(&format!("{path}/file")).expect(200).text()), [false, false, false]);
    assert_eq!(program.get(&path).expect(200).json()["left_out"], json!(all), "who objects is left out from then on");
    let sql = "SELECT count(*) FROM audit WHERE action = 'people.export.people_left_out'";
    let counted: i64 = app.workspace("alpha").query_row(sql, [], |row| row.get(0)).expect("a count");
    assert_eq!(counted, 4, "every file for others");
}

#[test]
fn a_merge_keeps_the_restriction_and_its_record() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let id = restrict(&program, 2);
    program.call("POST", "/api/v1/contacts/1/merge", &json!({ "other": 2 })).expect(200);
    assert_eq!(reason(&program, 1), (false, "restricted".into()));
    assert_eq!(program.get(&format!("/api/v1/restrictions/{id}")).expect(200).json()["on"]["id"], 1);
    program
        .call("POST", &format!("/api/v1/restrictions/{id}/lifting"), &json!({ "reason": "Mended", "wait_days": 0 }))
        .expect(200);
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
