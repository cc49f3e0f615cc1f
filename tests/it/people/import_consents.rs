//! Columns of a file that say what people agreed to: what is taken, what never is, and the way back.

use serde_json::{Value, json};

use super::import_undo::take_back;
use super::imports::{ended, run, upload};
use super::{MEMBER, OWNER, add, id, permit};
use crate::support::{Ask, Client, TestApp};

const CONSENTS: &str = "/api/v1/consents";

fn known(program: &Client, email: &str) -> i64 {
    id(&add(program, &json!({ "given_name": "Known", "emails": [{ "value": email }] })))
}

fn say(program: &Client, contact: i64, action: &str) {
    let body = json!({
        "on": { "type": "contact", "id": contact }, "purpose": "newsletter", "action": action,
        "method": if action == "import" { "import" } else { "phone" }, "evidence": "Said so in a call.",
    });
    program.call("POST", CONSENTS, &body).expect(201);
}

/// What is written about the person with this address, newest first.
fn said(program: &Client, email: &str) -> Vec<Value> {
    let found = program.get(&format!("/api/v1/contacts?q={email}")).expect(200).json();
    let contact = id(&found["data"][0]);
    let events = program.get(&format!("{CONSENTS}?contact={contact}&purpose=newsletter")).expect(200).json();
    events["data"].as_array().expect("a list").clone()
}

/// Why the gate lets somebody through or not.
fn reason(program: &Client, email: &str) -> String {
    let found = program.get(&format!("/api/v1/contacts?q={email}")).expect(200).json();
    let path = format!("/api/v1/contacts/{}/permissions", id(&found["data"][0]));
    let all = program.get(&path).expect(200).json();
    let all = all["data"].as_array().cloned().unwrap_or_default();
    let newsletter = all.iter().find(|one| one["purpose"] == "newsletter").expect("the purpose");
    newsletter["reason"].as_str().unwrap_or_default().to_owned()
}

fn done(program: &Client, mode: &str, file: &str) -> (i64, Value) {
    let import = upload(program, mode, file.as_bytes());
    run(program, import, false);
    (import, ended(program, import))
}

fn reasons(program: &Client, import: i64) -> Vec<String> {
    let errors = program.get(&format!("/api/v1/imports/{import}/errors")).expect(200).text();
    errors.lines().skip(1).map(str::to_owned).collect()
}

const FILE: &str = "Email,consent/newsletter,consent/newsletter/at,consent/newsletter/method,consent/newsletter/evidence\n\
    new@said.example,Yes,2025-05-01,a form on paper,Fair list 12\n\
    bare@said.example,yes,,,\n\
    withdrew@said.example,yes,2026-10-01,form,Form 7\n\
    objected@said.example,yes,2026-10-01,form,Form 8\n\
    gone@said.example,yes,2026-10-01,form,Form 9\n\
    waits@said.example,yes,2026-10-01,form,Form 10\n\
    never@said.example,no,,,\n\
    silent@said.example,,2026-10-01,form,Form 11\n\
    listed@said.example,yes,2026-10-01,form,Form 12\n\
    agreed@said.example,no,2020-01-01,,\n";

#[test]
fn a_yes_needs_its_day_and_its_proof_and_brings_back_nobody() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    say(&program, known(&program, "withdrew@said.example"), "withdraw");
    say(&program, known(&program, "objected@said.example"), "object");
    say(&program, known(&program, "waits@said.example"), "grant");
    say(&program, known(&program, "agreed@said.example"), "import");
    // Withdrew, and was deleted: the proof is kept.
    let gone = known(&program, "gone@said.example");
    say(&program, gone, "withdraw");
    program.send(Ask::new("DELETE", &format!("/api/v1/contacts/{gone}"))).expect(204);

    let import = upload(&program, "create_or_update", FILE.as_bytes());
    run(&program, import, true);
    let checked = ended(&program, import);
    let told = |found: &Value| (found["consents_taken"].as_i64(), found["consents_refused"].as_i64());
    run(&program, import, false);
    let run_of_it = ended(&program, import);
    assert_eq!(told(&checked), told(&run_of_it), "the check says what the run does");
    assert_eq!((told(&run_of_it), run_of_it["failed"].as_i64()), ((Some(4), Some(5)), Some(0)), "{run_of_it}");

    let new = &said(&program, "new@said.example")[0];
    assert_eq!((&new["action"], &new["method"], &new["wording"]), (&json!("import"), &json!("import"), &json!(1)));
    assert!(new["at"].as_str().is_some_and(|at| at.starts_with("2025-05-01")), "{new}");
    let evidence = new["evidence"].as_str().unwrap_or_default();
    assert!(evidence.starts_with(&format!("Import {import}, line 2.")) && evidence.ends_with("Proof: Fair list 12"));
    for (email, expected) in [
        ("new@said.example", "consent"),
        ("bare@said.example", "never_asked"),
        ("withdrew@said.example", "withdrawn"),
        ("objected@said.example", "objected"),
        ("gone@said.example", "never_asked"),
        ("waits@said.example", "not_confirmed"),
        ("never@said.example", "withdrawn"),
        ("silent@said.example", "never_asked"),
        ("listed@said.example", "consent"),
        ("agreed@said.example", "withdrawn"),
    ] {
        assert_eq!(reason(&program, email), expected, "{email}");
    }
    let reasons = reasons(&program, import);
    let lines: Vec<&str> = reasons.iter().filter_map(|line| line.split(',').next()).collect();
    assert_eq!(lines, ["3", "4", "5", "6", "7"], "{reasons:?}");
    assert!(reasons[3].contains("withdrew or objected before") && reasons.iter().all(|line| !line.contains('@')));
    let page = app.session_of(OWNER).get(&format!("/w/alpha/people/imports/{import}")).expect(200).text();
    assert!(page.contains("Consents that were left alone") && page.contains("4 written down, 5 not taken"), "{page}");
    // A no outlives every later yes of a file.
    let again = "Email,consent/newsletter,consent/newsletter/at,consent/newsletter/evidence\n\
        never@said.example,yes,2026-11-01,Form 13\nnew@said.example,yes,2026-11-01,Form 14\n";
    let (_, found) = done(&program, "update", again);
    assert_eq!((told(&found), &found["unchanged"]), ((Some(0), Some(1)), &json!(2)), "{found}");
}

#[test]
fn bad_cells_leave_the_row_out_by_line_and_column() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let file = "Email,consent/newsletter,consent/newsletter/at,consent/newsletter/wording,consent/newsletter/evidence\n\
        a@bad.example,perhaps,2026-01-01,,Form\n\
        b@bad.example,yes,31/02/2026,,Form\n\
        c@bad.example,yes,2099-01-01,,Form\n\
        d@bad.example,yes,2026-01-01,9,Form\n\
        e@bad.example,yes,2026-01-01,1,Form\n";
    let (import, found) = done(&program, "create", file);
    assert_eq!((&found["created"], &found["failed"], &found["consents_taken"]), (&json!(1), &json!(4), &json!(1)));
    let reasons = reasons(&program, import).join("\n");
    for part in [
        "2,consent/newsletter,consent/newsletter: \"write yes",
        "3,consent/newsletter/at,",
        "4,consent/newsletter/at,consent/newsletter/at: this day lies in the future.",
        "5,consent/newsletter/wording,consent/newsletter/wording: there is no such version of these words.",
    ] {
        assert!(reasons.replace("\"consent/newsletter: ", "consent/newsletter: \"").contains(part), "{part}: {reasons}");
    }
    // A part without its answer, a column twice, and a member who may not write consents down.
    let refused = |program: &Client, mapping: &Value, pointer: &str, code: &str| {
        let fields = [("object", "contact"), ("mode", "create"), ("mapping", &*mapping.to_string())];
        let file = ("file", "x.csv", "Email,A,B\nx@bad.example,yes,2026-01-01\n".as_bytes());
        let answer = program.upload("/api/v1/imports", &fields, file).expect(422).json();
        assert_eq!((&answer["errors"][0]["pointer"], &answer["errors"][0]["code"]), (&json!(pointer), &json!(code)));
    };
    refused(&program, &json!({ "Email": "email", "B": "consent/newsletter/at" }), "/mapping/2", "required");
    let twice = json!({ "Email": "email", "A": "consent/newsletter", "B": "consent/newsletter" });
    refused(&program, &twice, "/mapping/2", "doubled");
    refused(&program, &json!({ "Email": "email", "A": "consent/accounts" }), "/mapping/1", "unknown_field");
    permit(&app, "member", &json!({ "contacts.view": "all", "contacts.edit": "all", "contacts.import": "all" }));
    let member = app.program_of(MEMBER, "alpha");
    refused(&member, &json!({ "Email": "email", "A": "consent/newsletter" }), "/mapping/1", "not_allowed");
}

#[test]
fn what_a_yes_without_proof_rests_on_is_said_with_the_file() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let file = ("file", "x.csv", "Email,consent/newsletter\nbare@rests.example,ja\n".as_bytes());
    let send = |ground: &str, reference: &str| {
        let fields = [
            ("object", "contact"),
            ("mode", "create"),
            ("consent_ground", ground),
            ("consent_reference", reference),
        ];
        program.upload("/api/v1/imports", &fields, file)
    };
    for (ground, reference, pointer) in
        [("paper", "", "/consent_reference"), ("", "Folder 7", "/consent_ground"), ("hearsay", "x", "/consent_ground")]
    {
        assert_eq!(send(ground, reference).expect(422).json()["errors"][0]["pointer"], pointer);
    }
    let import = id(&send("paper", "Folder 7").expect(201).json());
    run(&program, import, false);
    let found = ended(&program, import);
    assert_eq!((&found["consents_taken"], &found["consent_ground"]), (&json!(1), &json!("paper")), "{found}");
    let event = &said(&program, "bare@rests.example")[0];
    assert!(event["evidence"].as_str().is_some_and(|text| text.contains("They signed on paper; see: Folder 7.")));
    // On the page: the choice comes back with what is wrong.
    let import = upload(&program, "create", b"Email,consent/newsletter\nmore@rests.example,yes\n");
    let owner = app.session_of(OWNER);
    let path = format!("/w/alpha/people/imports/{import}");
    let form = |reference: &str| {
        let fields = [
            ("column_0", "email"),
            ("column_1", "consent/newsletter"),
            ("mode", "create"),
            ("encoding", "UTF-8"),
            ("delimiter", "comma"),
            ("has_header", "true"),
            ("consent_ground", "spoken"),
            ("consent_reference", reference),
            ("action", "check"),
        ];
        owner.submit(&format!("{path}/mapping"), &fields)
    };
    let refused = form("").expect(422).text();
    assert!(refused.contains("Say where it can be looked up"), "{refused}");
    form("The call list of May").expect(303);
    assert_eq!(ended(&program, import)["consents_taken"], 1);
}

#[test]
fn an_import_that_is_taken_back_takes_back_what_it_said() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    known(&program, "here@back.example");
    let agreed = known(&program, "agreed@back.example");
    say(&program, agreed, "import");
    let file = "Email,consent/newsletter,consent/newsletter/at,consent/newsletter/evidence\n\
        here@back.example,yes,2026-01-01,Form 1\n\
        made@back.example,no,,\n\
        agreed@back.example,objected,,\n";
    let (import, found) = done(&program, "create_or_update", file);
    assert_eq!(found["consents_taken"], 3, "{found}");
    assert_eq!(reason(&program, "here@back.example"), "consent");
    assert_eq!(reason(&program, "agreed@back.example"), "objected");
    take_back(&program, import);
    assert_eq!(reason(&program, "here@back.example"), "never_asked");
    assert_eq!(reason(&program, "agreed@back.example"), "consent", "the objection of the file counts no more");
    let both = said(&program, "here@back.example");
    assert_eq!(both.len(), 2, "both stay: {both:?}");
    assert_eq!((&both[0]["takes_back"], &both[1]["takes_back"]), (&both[1]["id"], &json!(null)));
    // The columns were mixed up; the right file is not stopped by what the wrong one said.
    let right = "Email,consent/newsletter,consent/newsletter/at,consent/newsletter/evidence\n\
        made@back.example,yes,2026-01-01,Form 2\n";
    let (_, found) = done(&program, "create_or_update", right);
    assert_eq!((&found["consents_taken"], &found["consents_refused"]), (&json!(1), &json!(0)), "{found}");
}

#[test]
fn what_is_exported_is_imported_as_it_was() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let (_, found) = done(&program, "create_or_update", FILE);
    assert_eq!(found["consents_taken"], 8, "{found}");
    say(&program, known(&program, "objected@more.example"), "object");
    say(&program, known(&program, "pending@more.example"), "grant");
    let export = |program: &Client| {
        let asked = json!({ "object": "contact", "format": "csv", "q": "", "consents": true });
        let export = program.call("POST", "/api/v1/exports", &asked).expect(201).json();
        program.get(export["file_url"].as_str().expect("a path")).expect(200).text()
    };
    let file = export(&program);
    let other = app.program_of("owner@beta.example", "beta");
    let import = upload(&other, "create_or_update", file.as_bytes());
    run(&other, import, false);
    assert_eq!(ended(&other, import)["state"], "done");
    // Answer, day and version of the words are the same; of people who had not confirmed, nothing arrives.
    let answers = |file: &str| {
        let mut reader = csv::Reader::from_reader(file.trim_start_matches('\u{feff}').as_bytes());
        let headings = reader.headers().expect("headings").clone();
        let at = |name: &str| headings.iter().position(|heading| heading == name).expect("the column");
        let places = ["emails", "consent/newsletter", "consent/newsletter/at", "consent/newsletter/wording"].map(at);
        let rows = reader.records().map(|row| row.expect("a row"));
        let mut rows: Vec<[String; 4]> = rows.map(|row| places.map(|place| row[place].to_owned())).collect();
        rows.retain(|row| (row[0].contains("@said") || row[0].contains("@more")) && row[1] != "pending");
        rows.retain(|row| !row[1].is_empty());
        rows.sort();
        rows
    };
    let (before, after) = (answers(&file), answers(&export(&other)));
    assert_eq!((before.len(), before), (9, after));
    // Into the workspace it came from, it changes nothing.
    let import = upload(&program, "create_or_update", file.as_bytes());
    run(&program, import, false);
    assert_eq!(ended(&program, import)["consents_taken"], 0);
    // As JSON beside the record; for who may not see privacy, not at all.
    let asked = json!({ "object": "contact", "format": "json", "q": "new@said.example", "consents": true });
    let export = program.call("POST", "/api/v1/exports", &asked).expect(201).json();
    let list = program.get(export["file_url"].as_str().expect("a path")).expect(200).json();
    assert_eq!((&list[0]["consents"][0]["purpose"], &list[0]["consents"][0]["answer"]), (&json!("newsletter"), &json!("yes")));
    permit(&app, "member", &json!({ "contacts.view": "all", "contacts.export": "all" }));
    app.program_of(MEMBER, "alpha").call("POST", "/api/v1/exports", &asked).expect(403);
}
