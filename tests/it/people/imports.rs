//! Imports from file to finished records: what is taken, what is left out and why, and what a crash leaves.

use serde_json::{Value, json};

use super::{MEMBER, OWNER, audited, id, permit};
use crate::support::{Client, TestApp};

/// Uploads a file of contacts as a program and gives its id.
pub fn upload(program: &Client, mode: &str, file: &[u8]) -> i64 {
    let fields = [("object", "contact"), ("mode", mode)];
    let answer = program.upload("/api/v1/imports", &fields, ("file", "people.csv", file)).expect(201).json();
    assert_eq!(answer["state"], "mapping");
    id(&answer)
}

pub fn run(program: &Client, import: i64, dry: bool) {
    program.call("POST", &format!("/api/v1/imports/{import}/run"), &json!({ "dry_run": dry })).expect(202);
}

/// Waits for a pass to end.
pub fn ended(program: &Client, import: i64) -> Value {
    for _ in 0..600 {
        let found = program.get(&format!("/api/v1/imports/{import}")).expect(200).json();
        if !matches!(found["state"].as_str(), Some("checking" | "running")) {
            return found;
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    panic!("import {import} did not end");
}

pub fn counts(found: &Value) -> [i64; 5] {
    ["read", "created", "updated", "unchanged", "failed"].map(|key| found[key].as_i64().expect("a count"))
}

pub fn total(program: &Client) -> i64 {
    program.get("/api/v1/contacts?count=true&limit=1").expect(200).json()["total"].as_i64().expect("a total")
}

const MESSY: &str = "Vorname;Nachname;E-Mail;Telefon;Firma;Land;Tags\r\n\
    José;Ñandú;jose@nandu.example;+44 1632 960111;Ñandú y Cía;Germany;vip, north\r\n\
    ;;not-an-address;;;;\r\n\
    Ana;Zwei;jose@nandu.example;;;;\r\n\
    \r\n\
    Bo;Drei;bo@drei.example;;;Atlantis;\r\n\
    Cy;Vier;cy@vier.example;;;NO;;too;many\r\n\
    =SUM(1);Fünf;five@fuenf.example;;;;\r\n";

#[test]
fn a_messy_file_is_checked_and_then_taken_with_errors_by_line() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let before = total(&program);
    // As a spreadsheet of this region writes it.
    let (file, _, _) = encoding_rs::WINDOWS_1252.encode(MESSY);
    let import = upload(&program, "create", &file);

    run(&program, import, true);
    let checked = ended(&program, import);
    assert_eq!((checked["state"].as_str(), counts(&checked)), (Some("checked"), [6, 2, 0, 0, 4]));
    assert_eq!(total(&program), before, "a check writes nothing");

    run(&program, import, false);
    let done = ended(&program, import);
    assert_eq!((done["state"].as_str(), counts(&done)), (Some("done"), [6, 2, 0, 0, 4]));
    assert_eq!(total(&program), before + 2);
    let errors = program.get(&format!("/api/v1/imports/{import}/errors")).expect(200).text();
    let lines: Vec<&str> = errors.lines().skip(1).filter_map(|line| line.split(',').next()).collect();
    assert_eq!(lines, ["3", "4", "6", "7"], "{errors}");

    let jose = program.get("/api/v1/contacts?q=nandu").expect(200).json();
    let jose = &jose["data"][0];
    assert_eq!((jose["given_name"].as_str(), jose["company"]["name"].as_str()), (Some("José"), Some("Ñandú y Cía")));
    assert_eq!((jose["address"]["country"].as_str(), &jose["tags"]), (Some("DE"), &json!(["north", "vip"])));
    assert_eq!(jose["source"], "import");
    assert!(audited(&app, "people.import.batch_written") >= 1);
}

#[test]
fn known_people_are_changed_only_where_the_file_says_something() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let made = super::add(
        &program,
        &json!({ "given_name": "Ana", "family_name": "Ruiz", "job_title": "Warden", "emails": [{ "value": "ana@ruiz.example" }] }),
    );
    let file = b"Email,Job title,City\nANA@ruiz.example,Harbour master,\nnew@person.example,,Oslo\nana@ruiz.example,Harbour master,\n";
    let import = upload(&program, "update", file);
    run(&program, import, false);
    assert_eq!(counts(&ended(&program, import)), [3, 0, 1, 1, 1]);
    let ana = program.get(&format!("/api/v1/contacts/{}", id(&made))).expect(200).json();
    assert_eq!((ana["given_name"].as_str(), ana["job_title"].as_str()), (Some("Ana"), Some("Harbour master")));
}

#[test]
fn fil_3_a_crash_in_the_middle_leaves_no_half_contact_and_no_double() {
    const ROWS: usize = 12_000;
    let mut app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let before = total(&program);
    let mut file = String::from("Given name,Family name,Email,Phone\n");
    for row in 0..ROWS {
        file.push_str(&format!("Row,Number{row},row{row}@crash.example,\n"));
    }
    let import = upload(&program, "create", file.as_bytes());
    run(&program, import, false);
    for _ in 0..200 {
        let read = program.get(&format!("/api/v1/imports/{import}")).expect(200).json()["read"].as_i64().unwrap_or(0);
        if read > 0 {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    app.crash_and_restart();
    let program = app.program_of(OWNER, "alpha");
    let done = ended(&program, import);
    assert_eq!((done["state"].as_str(), counts(&done)), (Some("done"), [ROWS as i64, ROWS as i64, 0, 0, 0]));
    assert_eq!(total(&program), before + ROWS as i64);
    let nameless: i64 = app
        .workspace("alpha")
        .query_row(
            "SELECT count(*) FROM contacts c WHERE c.display_name LIKE 'Row Number%'
             AND NOT EXISTS (SELECT 1 FROM contact_identities i WHERE i.contact_id = c.id)",
            [],
            |row| row.get(0),
        )
        .expect("the file reads");
    assert_eq!(nameless, 0);
}

#[test]
fn what_is_no_csv_or_cannot_be_mapped_is_refused_by_name() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let refused = |fields: &[(&str, &str)], file: &[u8], pointer: &str| {
        let answer = program.upload("/api/v1/imports", fields, ("file", "people.csv", file)).expect(422).json();
        assert_eq!(answer["errors"][0]["pointer"], pointer, "{answer}");
    };
    let good: &[u8] = b"Email\na@b.example\n";
    let create = [("object", "contact"), ("mode", "create")];
    refused(&create, b"PK\x03\x04 a spreadsheet", "/file");
    refused(&create, b"", "/file");
    refused(&[("object", "boat"), ("mode", "create")], good, "/object");
    refused(&[("object", "contact"), ("mode", "eat")], good, "/mode");
    refused(&[("object", "contact"), ("mode", "create"), ("mapping", r#"{"Shoe":"email"}"#)], good, "/mapping/Shoe");
    let import = upload(&program, "create", b"Colour,Size\nred,7\n");
    program.call("POST", &format!("/api/v1/imports/{import}/run"), &json!({ "dry_run": true })).expect(422);
}

#[test]
fn fil_1_what_is_exported_comes_back_as_it_was() {
    let app = TestApp::start();
    let alpha = app.program_of(OWNER, "alpha");
    super::add(
        &alpha,
        &json!({
            "given_name": "=1+1", "family_name": "O'Brien, \"Quo\"", "job_title": "'=tis so", "company": { "name": "@Works" },
            "emails": [{ "value": "quo@brien.example" }], "phones": [{ "value": "+44 1632 960777" }],
            "address": { "street": "-3 Pier\nUpper deck", "city": "Łódź" }, "tags": ["+plus"],
        }),
    );
    let page = app.session_of(OWNER);
    let file = page.submit("/w/alpha/people/contacts/export", &[("format", "csv")]).expect(200);
    assert_eq!(file.header("content-disposition"), Some("attachment; filename=\"contacts.csv\""));
    let text = file.text();
    assert!(text.contains("'=1+1") && text.contains("'+441632960777"), "{text}");
    assert_eq!(audited(&app, "people.contacts.exported"), 1);

    let beta = app.program_of("owner@beta.example", "beta");
    let import = upload(&beta, "create_or_update", text.as_bytes());
    run(&beta, import, false);
    assert_eq!(ended(&beta, import)["failed"], 0);
    let shape = |program: &Client| {
        let mut found = program.get("/api/v1/contacts?q=quo@brien.example").expect(200).json()["data"][0].clone();
        for key in ["id", "version", "created_at", "updated_at", "owner", "source", "last_activity_at"] {
            found.as_object_mut().expect("a contact").remove(key);
        }
        found["company"] = found["company"]["name"].clone();
        found
    };
    assert_eq!(shape(&alpha), shape(&beta));
}

/// Its preview and its errors are people's data, and a run of it has the powers of its maker.
#[test]
fn an_import_is_for_its_maker_and_for_whoever_reaches_everything() {
    let app = TestApp::start();
    let own = json!({ "contacts.view": "own", "contacts.edit": "own", "contacts.import": "all" });
    permit(&app, "member", &own);
    let contacts = json!({ "contacts.view": "all", "contacts.edit": "all", "contacts.import": "all" });
    permit(&app, "viewer", &contacts);
    let (owner, member) = (app.program_of(OWNER, "alpha"), app.program_of(MEMBER, "alpha"));
    let viewer = app.program_of("viewer@alpha.example", "alpha");
    let file: &[u8] = b"Name,Email\nAna,ana@import.example\n";
    let (owners, members) = (upload(&owner, "create", file), upload(&member, "create", file));
    let fields = [("object", "company"), ("mode", "create")];
    let companies = id(&owner.upload("/api/v1/imports", &fields, ("file", "co.csv", b"Name\nCo\n")).expect(201).json());

    let ids = |program: &Client| -> Vec<i64> {
        let found = program.get("/api/v1/imports").expect(200).json();
        found["data"].as_array().expect("data").iter().map(id).collect()
    };
    assert_eq!(ids(&owner), [companies, members, owners]);
    assert_eq!(ids(&member), [members], "those of others are not there");
    assert_eq!(ids(&viewer), [members, owners], "who may not import companies sees none of theirs");
    for (program, import) in [(&member, owners), (&member, companies), (&viewer, companies)] {
        let path = format!("/api/v1/imports/{import}");
        program.get(&path).expect(404);
        program.get(&format!("{path}/errors")).expect(404);
        program.call("POST", &format!("{path}/run"), &json!({ "dry_run": false })).expect(404);
        program.call("POST", &format!("{path}/cancellation"), &json!({})).expect(404);
    }
    let page = app.session_of(MEMBER);
    page.get(&format!("/w/alpha/people/imports/{owners}")).expect(404);
    page.get(&format!("/w/alpha/people/imports/{members}")).expect(200);
    run(&viewer, owners, true);
}
