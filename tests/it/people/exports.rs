//! Exports for programs: asked for, looked at, fetched, and forgotten.

use serde_json::json;

use super::{MEMBER, OWNER, add, audited, id, permit};
use crate::support::{Ask, TestApp};

#[test]
fn a_program_asks_for_an_export_and_fetches_what_is_there_then() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let body = json!({ "object": "contact", "format": "csv", "filter": "tag:alpha-friends" });
    let asked = program.call("POST", "/api/v1/exports", &body).expect(201);
    let export = asked.json();
    let path = format!("/api/v1/exports/{}", id(&export));
    assert_eq!(asked.header("location"), Some(path.as_str()));
    assert_eq!((export["state"].as_str(), export["total"].as_i64()), (Some("ready"), Some(3)));
    assert_eq!(export["total_is_floor"], false);
    assert_eq!(export["file_url"], format!("{path}/file"));
    // What came since is in the file; the audit log says how many left, and by which conditions.
    add(&program, &json!({ "given_name": "=Late", "tags": ["alpha-friends"] }));
    add(&program, &json!({ "given_name": "Stranger" }));
    let file = program.get(&format!("{path}/file")).expect(200);
    assert_eq!(file.header("content-type"), Some("text/csv; charset=utf-8"));
    assert_eq!(file.header("content-disposition"), Some("attachment; filename=\"contacts.csv\""));
    let text = file.text();
    assert_eq!(text.lines().count(), 5, "{text}");
    assert!(text.starts_with("\u{feff}id,") && text.contains("'=Late") && !text.contains("Stranger"), "{text}");
    let detail: String = app
        .workspace("alpha")
        .query_row("SELECT detail FROM audit WHERE action = 'people.contacts.exported'", [], |row| row.get(0))
        .expect("an entry");
    assert_eq!(
        detail, r#"{"format":"csv","narrowed_by":["filter"],"count":4,"count_is_a_floor":false}"#,
        "what and how many (P-068)"
    );
    assert_eq!(program.get(&path).expect(200).json()["taken"], 1);
    assert_eq!(program.get("/api/v1/exports").expect(200).json()["data"][0]["id"], export["id"]);

    let body = json!({ "object": "company", "format": "json", "q": "works" });
    let companies = program.call("POST", "/api/v1/exports", &body).expect(201).json();
    let list = program.get(companies["file_url"].as_str().expect("a place")).expect(200).json();
    let mut names: Vec<&str> = list.as_array().expect("a list").iter().filter_map(|one| one["name"].as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["alpha Works 1", "alpha Works 2", "alpha Works 3"]);
    assert_eq!((audited(&app, "people.export.created"), audited(&app, "people.companies.exported")), (2, 1));
}

#[test]
fn an_export_needs_the_permission_when_it_is_asked_for_and_when_it_is_fetched() {
    let app = TestApp::start();
    let member = app.program_of(MEMBER, "alpha");
    let body = json!({ "object": "contact", "format": "json" });
    member.call("POST", "/api/v1/exports", &body).expect(403);
    permit(&app, "member", &json!({ "contacts.view": "all", "contacts.export": "own", "companies.view": "all" }));
    member.call("POST", "/api/v1/exports", &json!({ "object": "company", "format": "json" })).expect(403);
    let export = member.call("POST", "/api/v1/exports", &body).expect(201).json();
    assert_eq!(export["total"], 0, "only what is theirs");
    let path = format!("/api/v1/exports/{}", id(&export));
    // It is theirs alone.
    let owner = app.program_of(OWNER, "alpha");
    owner.get(&path).expect(404);
    owner.get(&format!("{path}/file")).expect(404);
    assert_eq!(owner.get("/api/v1/exports").json()["data"], json!([]));
    permit(&app, "member", &json!({ "contacts.view": "all" }));
    member.get(&format!("{path}/file")).expect(403);
    assert_eq!(member.get("/api/v1/exports").json()["data"], json!([]));
}

#[test]
fn what_cannot_be_exported_is_told_before_anything_is_kept() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    for (field, body) in [
        ("object", json!({ "object": "note", "format": "csv" })),
        ("format", json!({ "object": "contact", "format": "xlsx" })),
        ("filter", json!({ "object": "contact", "format": "csv", "filter": "size:large" })),
    ] {
        let refused = program.call("POST", "/api/v1/exports", &body).expect(422).json();
        assert_eq!(refused["errors"][0]["pointer"], format!("/{field}"), "{refused}");
    }
    assert_eq!(audited(&app, "people.export.created"), 0);
}

#[test]
fn an_export_ends_after_seven_days_and_works_while_the_workspace_is_closed() {
    let app = TestApp::start();
    app.control().execute("UPDATE workspaces SET state = 'read_only' WHERE slug = 'alpha'", []).expect("it closes");
    let program = app.program_of(OWNER, "alpha");
    let body = json!({ "object": "contact", "format": "csv" });
    let ask = || Ask::new("POST", "/api/v1/exports").header("idempotency-key", "once").json(&body);
    let export = program.send(ask()).expect(201).json();
    assert_eq!(program.send(ask()).expect(201).json(), export);
    let path = format!("/api/v1/exports/{}", id(&export));
    program.get(&format!("{path}/file")).expect(200);
    app.advance(7 * 24 * 3_600 + 1);
    program.get(&format!("{path}/file")).expect(404);
    let run = app.command(&["job", "run", "privacy.retention.run", "--workspace", "alpha"]);
    assert!(run.status.success(), "{}", crate::support::shown(&run));
    program.get(&path).expect(404);
    assert_eq!(audited(&app, "privacy.retention.ran"), 1);
}

/// Downloads that nobody reads on, on a bad line or paused, must not keep everybody else from the workspace.
#[test]
fn whoever_takes_a_file_slowly_holds_up_nobody() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    // Far more than what the machine keeps for a connection: about 30 MB.
    app.workspace("alpha")
        .execute_batch(
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
             INSERT INTO contacts (display_name, sort_name, company_sort, street, words, created_at, updated_at)
             SELECT 'Large ' || i, 'large ' || i, char(0x10ffff), hex(zeroblob(5000)), '', 1, 1 FROM n",
        )
        .expect("many large records");
    let body = json!({ "object": "contact", "format": "json" });
    let export = program.call("POST", "/api/v1/exports", &body).expect(201).json();
    let path = export["file_url"].as_str().expect("a place").to_owned();
    let stalled: Vec<_> = (0..6)
        .map(|_| {
            let client = app.program_of(OWNER, "alpha");
            let answer = client.begin(Ask::new("GET", &path)).expect("it begins");
            assert_eq!(answer.status(), 200);
            (client, answer)
        })
        .collect();
    std::thread::sleep(std::time::Duration::from_secs(1));
    let (send, receive) = std::sync::mpsc::channel();
    std::thread::spawn(move || send.send(program.get("/api/v1/contacts?limit=1").status));
    let status = receive.recv_timeout(std::time::Duration::from_secs(20));
    drop(stalled);
    assert_eq!(status, Ok(200), "the workspace was held up");
}
