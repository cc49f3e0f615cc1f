//! Imports taken back: what they made goes, what they changed is as it was, what people changed since stays.

use rusqlite::types::Value as Cell;
use serde_json::{Value, json};

use super::imports::{ended, run, total, upload};
use super::{MEMBER, OWNER, add, audited, id, version};
use crate::support::{Ask, Client, TestApp, digest};

const DAY: i64 = 86_400;

/// Uploads, writes and gives the id.
fn imported(program: &Client, mode: &str, file: &str) -> i64 {
    let import = upload(program, mode, file.as_bytes());
    run(program, import, false);
    let done = ended(program, import);
    assert_eq!((done["state"].as_str(), done["failed"].as_i64()), (Some("done"), Some(0)), "{done}");
    import
}

/// Takes an import back and waits for the end of it.
pub fn take_back(program: &Client, import: i64) -> Value {
    let path = format!("/api/v1/imports/{import}/undo");
    undone(program, id(&program.send(Ask::new("POST", &path)).expect(202).json()))
}

fn undone(program: &Client, change: i64) -> Value {
    for _ in 0..600 {
        let found = program.get(&format!("/api/v1/changes/{change}")).expect(200).json();
        if found["state"] == "undone" {
            return found;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    panic!("change {change} is not taken back");
}

fn told(change: &Value) -> (i64, i64, i64) {
    let number = |key: &str| change[key].as_i64().expect("a number");
    (number("records"), number("restored"), number("kept"))
}

/// Every value of every row but the version and the moment of the last change, which never go back.
fn rows(app: &TestApp, table: &str) -> Vec<Vec<Cell>> {
    let workspace = app.workspace("alpha");
    let sql = format!("SELECT name FROM pragma_table_info('{table}') WHERE name NOT IN ('version', 'updated_at')");
    let mut statement = workspace.prepare(&sql).expect("a table");
    let columns: Vec<String> = statement.query_map([], |row| row.get(0)).expect("names").map(Result::unwrap).collect();
    let mut statement =
        workspace.prepare(&format!("SELECT {} FROM {table} ORDER BY id", columns.join(", "))).expect("rows");
    let all = statement.query_map([], |row| (0..columns.len()).map(|place| row.get(place)).collect()).expect("rows");
    all.map(|row: rusqlite::Result<Vec<Cell>>| row.expect("a row")).collect()
}

fn find(program: &Client, words: &str) -> Vec<Value> {
    let found = program.get(&format!("/api/v1/contacts?q={words}")).expect(200).json();
    found["data"].as_array().expect("data").clone()
}

#[test]
fn what_an_import_made_goes_and_what_it_changed_is_as_it_was() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let seats = json!({ "object": "contact", "label": "Seats", "kind": "number", "personal": false });
    program.call("POST", "/api/v1/custom-fields", &seats).expect(201);
    add(
        &program,
        &json!({
            "given_name": "Ana", "job_title": "Warden", "company": { "name": "Old Quay Works" }, "tags": ["North"],
            "emails": [{ "value": "ana@undo.example" }], "custom": { "seats": 4 },
        }),
    );
    program.call("POST", "/api/v1/tags", &json!({ "name": "Undone" })).expect(201);
    let before = (digest::of(&app.workspace("alpha"), false), rows(&app, "contacts"), rows(&app, "companies"));

    // A known one, a new one at a new company, and a new one that a later row changes.
    let import = imported(
        &program,
        "create_or_update",
        "Email,Given name,Job title,City,custom/seats,Note,Company,Tags\n\
         ana@undo.example,,Harbour master,Oslo,7,Seen at the quay,New Quay Works,Undone\n\
         bo@undo.example,Bo,Pilot,,3,Came by boat,New Quay Works,Undone\n\
         cy@undo.example,Cy,,,,,Third Quay Works,\n\
         cy@undo.example,,Captain,,9,Came twice,,Undone\n",
    );
    let ana = &find(&program, "ana@undo.example")[0];
    assert_eq!((ana["job_title"].as_str(), &ana["custom"]), (Some("Harbour master"), &json!({ "seats": 7 })));
    assert_eq!(find(&program, "cy@undo.example")[0]["job_title"], "Captain");
    let page = app.session_of(OWNER).get(&format!("/w/alpha/people/imports/{import}")).expect(200).text();
    let shown = program.get(&format!("/api/v1/imports/{import}")).expect(200).json();
    assert!(page.contains(&format!("/w/alpha/people/changes/{}", shown["change"])), "{page}");

    let change = take_back(&program, import);
    assert_eq!(told(&change), (5, 5, 0), "two people and two companies made, one changed: {change}");
    assert_eq!((rows(&app, "contacts"), rows(&app, "companies")), (before.1, before.2));
    let changed = digest::changed(&before.0, &digest::of(&app.workspace("alpha"), false));
    // Versions rise; the history, the import, and who asked for what are told. How columns were mapped stays known.
    let allowed = [
        "contacts:",
        "timeline_entries:",
        "imports:",
        "changes:",
        "notifications:",
        "idempotent_answers:",
        "import_mappings:",
    ];
    assert!(changed.iter().all(|line| allowed.iter().any(|table| line.starts_with(table))), "{changed:?}");
    assert!(find(&program, "quay").len() == 1 && find(&program, "captain").is_empty(), "search forgets them too");
    assert_eq!(audited(&app, "people.change.undone"), 1);
}

#[test]
fn what_somebody_worked_on_since_stays_and_is_counted() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    for (given, email) in [("Ana", "ana@since.example"), ("Bea", "bea@since.example")] {
        add(&program, &json!({ "given_name": given, "emails": [{ "value": email }] }));
    }
    let import = imported(
        &program,
        "create_or_update",
        "Email,Given name,Job title,Company\nana@since.example,,Pilot,\nbea@since.example,,Pilot,\n\
         cy@since.example,Cy,,Since Works\ndi@since.example,Di,,\neve@since.example,Eve,,\n",
    );
    let one = |email: &str| find(&program, email).remove(0);
    for email in ["ana@since.example", "cy@since.example"] {
        let contact = one(email);
        let path = format!("/api/v1/contacts/{}", contact["id"]);
        program.change("PATCH", &path, version(&contact), &json!({ "job_title": "Cook" })).expect(200);
    }
    let note = json!({ "on": { "type": "contact", "id": one("di@since.example")["id"] }, "body": "She called." });
    program.call("POST", "/api/v1/notes", &note).expect(201);

    let change = take_back(&program, import);
    assert_eq!(told(&change), (6, 2, 4), "{change}");
    assert_eq!(one("ana@since.example")["job_title"], "Cook");
    assert_eq!(one("bea@since.example")["job_title"], "");
    assert_eq!(one("cy@since.example")["company"]["name"], "Since Works", "a company with people stays");
    assert_eq!(one("di@since.example")["given_name"], "Di", "nobody's note is taken away");
    assert!(find(&program, "eve@since.example").is_empty());
}

#[test]
fn an_import_of_companies_is_taken_back_too() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let seats = json!({ "object": "company", "label": "Seats", "kind": "number", "personal": false });
    program.call("POST", "/api/v1/custom-fields", &seats).expect(201);
    let known = json!({ "name": "Known Works", "domain": "known.example", "custom": { "seats": 4 } });
    let known = program.call("POST", "/api/v1/companies", &known).expect(201).json();
    let person = json!({ "given_name": "Ada", "company": { "id": known["id"] } });
    add(&program, &person);
    let before = (rows(&app, "companies"), rows(&app, "contacts"), rows(&app, "notes"));
    let fields = [("object", "company"), ("mode", "create_or_update")];
    let file =
        b"Name,Website,City,Seats,Note\nKnown Works,,Oslo,9,Moved\nNew Works,new.example,Bergen,,Met at the fair\n\
        Used Works,,,,\n";
    let import = id(&program.upload("/api/v1/imports", &fields, ("file", "co.csv", file)).expect(201).json());
    run(&program, import, false);
    assert_eq!(ended(&program, import)["created"], 2);
    let found = program.get("/api/v1/companies?q=used").expect(200).json()["data"][0].clone();
    add(&program, &json!({ "given_name": "Bo", "company": { "id": found["id"] } }));

    assert_eq!(told(&take_back(&program, import)), (3, 2, 1));
    let used = program.get("/api/v1/companies?q=used").expect(200).json();
    assert_eq!(used["data"].as_array().map(Vec::len), Some(1), "somebody works there by now");
    let after = (rows(&app, "companies"), rows(&app, "contacts"), rows(&app, "notes"));
    assert_eq!(after.0[..before.0.len()], before.0);
    assert_eq!((after.0.len(), after.1.len()), (before.0.len() + 1, before.1.len() + 1));
    assert_eq!((&after.1[..before.1.len()], after.2), (&before.1[..], before.2));
}

#[test]
fn an_import_is_taken_back_once_within_seven_days_by_who_may_change_records() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let undo =
        |program: &Client, import: i64| program.send(Ask::new("POST", &format!("/api/v1/imports/{import}/undo")));
    let waiting = upload(&program, "create", b"Email\nnobody@undo.example\n");
    assert!(undo(&program, waiting).expect(409).text().contains("nothing that could be taken back"));
    run(&program, waiting, true);
    ended(&program, waiting);
    undo(&program, waiting).expect(409);

    let import = imported(&program, "create", "Email,Given name\none@undo.example,One\n");
    assert!(matches!(undo(&app.program_of("viewer@alpha.example", "alpha"), import).status, 403 | 404));
    assert!(matches!(undo(&app.program_of(MEMBER, "alpha"), import).status, 403 | 404));
    assert_eq!(take_back(&program, import)["restored"], 1);
    assert!(undo(&program, import).expect(409).text().contains("already"));

    let late = imported(&program, "create", "Email,Given name\ntwo@undo.example,Two\n");
    app.advance(7 * DAY);
    let program = app.program_of(OWNER, "alpha");
    assert!(undo(&program, late).expect(409).text().contains("seven days"));
    assert_eq!(find(&program, "two@undo.example").len(), 1);
}

#[test]
fn a_crash_while_an_import_is_taken_back_leaves_the_rest_to_the_next_start() {
    const ROWS: usize = 8_000;
    let mut app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let before = (total(&program), rows(&app, "contacts"));
    let mut file = String::from("Given name,Family name,Email,Company\n");
    for row in 0..ROWS {
        file.push_str(&format!("Row,Number{row},row{row}@back.example,Back Works {}\n", row / 100));
    }
    let import = upload(&program, "create", file.as_bytes());
    run(&program, import, false);
    let shown = || program.get(&format!("/api/v1/imports/{import}")).expect(200).json();
    let begun = (0..600).find_map(|_| {
        std::thread::sleep(std::time::Duration::from_millis(10));
        shown()["change"].as_i64()
    });
    let change = begun.expect("a change with the first batch");
    let early = program.send(Ask::new("POST", &format!("/api/v1/imports/{import}/undo")));
    assert!(shown()["state"] == "done" || early.status == 409, "what is still written cannot be taken back");
    if early.status == 409 {
        assert_eq!(ended(&program, import)["created"], ROWS);
        program.send(Ask::new("POST", &format!("/api/v1/imports/{import}/undo"))).expect(202);
    }
    let restored = || program.get(&format!("/api/v1/changes/{change}")).expect(200).json()["restored"].as_i64();
    let seen = (0..2_000).find_map(|_| {
        std::thread::sleep(std::time::Duration::from_millis(5));
        restored().filter(|restored| *restored > 0)
    });
    assert!(seen.is_some_and(|seen| seen < ROWS as i64), "the crash comes in the middle: {seen:?}");
    app.crash_and_restart();
    let program = app.program_of(OWNER, "alpha");
    let records = ROWS as i64 + ROWS.div_ceil(100) as i64;
    assert_eq!(told(&undone(&program, change)), (records, records, 0));
    assert_eq!((total(&program), rows(&app, "contacts")), before);
    assert_eq!(audited(&app, "people.change.undone"), 1);
}
