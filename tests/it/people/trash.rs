//! Deleted records: out of everything, kept for a while, brought back whole.

use serde_json::{Value, json};

use super::{MEMBER, OWNER, add, audited, id};
use crate::support::{Ask, Client, TestApp, digest};

fn delete(program: &Client, contact: &Value) {
    program.send(Ask::new("DELETE", &format!("/api/v1/contacts/{}", contact["id"]))).expect(204);
}

fn trash(program: &Client, object: &str) -> Vec<Value> {
    let list = program.get(&format!("/api/v1/trash?object={object}")).expect(200).json();
    list["data"].as_array().expect("data").clone()
}

#[test]
fn what_is_deleted_comes_back_as_it_was() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    program.call("POST", "/api/v1/custom-fields", &json!({ "object": "contact", "label": "Boss", "kind": "relation", "target": "contact", "personal": true, "category": "identity" })).expect(201);
    program
        .call(
            "POST",
            "/api/v1/custom-fields",
            &json!({ "object": "contact", "label": "Size", "kind": "number", "personal": true, "category": "content" }),
        )
        .expect(201);
    let ada = add(
        &program,
        &json!({ "given_name": "Ada", "emails": [{ "value": "ada@trash.example" }], "tags": ["VIP"], "custom": { "size": 5 } }),
    );
    add(&program, &json!({ "given_name": "Pupil", "custom": { "boss": { "id": ada["id"] } } }));
    program
        .call(
            "POST",
            "/api/v1/notes",
            &json!({ "on": { "type": "contact", "id": ada["id"] }, "body": "Likes quokkas." }),
        )
        .expect(201);
    let on = format!("contact:{}", ada["id"]);
    let file =
        program.upload("/api/v1/attachments", &[("on", &on)], ("file", "plan.txt", b"a plan")).expect(201).json();
    let before = digest::of(&app.workspace("alpha"), false);
    delete(&program, &ada);
    for words in ["ada", "quokkas", "plan"] {
        let found = app.session_of(OWNER).get(&format!("/w/alpha/search?q={words}")).expect(200).text();
        assert!(!found.contains("Likes quokkas") && !found.contains("plan.txt") && !found.contains(">Ada<"), "{found}");
    }
    // No table but the trash holds a row of it.
    let workspace = app.workspace("alpha");
    for (table, column) in [("contacts", "id"), ("contact_identities", "contact_id"), ("contact_tags", "contact_id")] {
        let sql = format!("SELECT count(*) FROM {table} WHERE {column} = ?1");
        assert_eq!(workspace.query_row(&sql, [id(&ada)], |row| row.get::<_, i64>(0)).expect("a count"), 0, "{table}");
    }
    for table in holdfast::modules::tables().filter(|table| !["trash", "audit"].contains(&table.name)) {
        if let holdfast::privacy::data_map::Subject::Polymorphic { kind, id: column } = table.subject {
            let sql = format!("SELECT count(*) FROM {} WHERE {kind} = 'contact' AND {column} = ?1", table.name);
            let rows: i64 = workspace.query_row(&sql, [id(&ada)], |row| row.get(0)).expect("a count");
            assert!(rows == 0 || table.name == "attachment_remains", "{} still has {rows} rows", table.name);
        }
    }
    drop(workspace);
    // Its address is free meanwhile, and taken again when it is back.
    let trashed = trash(&program, "contact");
    assert_eq!((trashed.len(), trashed[0]["name"].as_str()), (1, Some("Ada")));
    let answer =
        program.call("POST", &format!("/api/v1/trash/{}/restore", trashed[0]["id"]), &json!({})).expect(200).json();
    assert_eq!(answer, json!({ "object": "contact", "id": ada["id"] }));
    let changed = digest::changed(&before, &digest::of(&app.workspace("alpha"), false));
    let allowed = ["contacts:", "timeline_entries:", "idempotent_answers:"];
    assert!(changed.iter().all(|line| allowed.iter().any(|table| line.starts_with(table))), "{changed:?}");
    let content = program.get(&format!("/api/v1/attachments/{}/content", file["id"])).expect(200);
    assert_eq!(content.text(), "a plan");
    assert_eq!(audited(&app, "people.contact.restored"), 1);
    assert!(trash(&program, "contact").is_empty());
}

#[test]
fn an_address_that_is_somebody_elses_by_now_is_named_and_nothing_comes_back() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let ada = add(&program, &json!({ "given_name": "Ada", "emails": [{ "value": "one@trash.example" }] }));
    delete(&program, &ada);
    add(&program, &json!({ "given_name": "Bea", "emails": [{ "value": "one@trash.example" }] }));
    let trashed = trash(&program, "contact");
    let answer = program.call("POST", &format!("/api/v1/trash/{}/restore", trashed[0]["id"]), &json!({})).expect(422);
    assert!(answer.text().contains("one@trash.example belongs to another contact"), "{}", answer.text());
    assert_eq!(trash(&program, "contact").len(), 1);
    let page = app.session_of(OWNER).submit(&format!("/w/alpha/people/trash/{}/restore", trashed[0]["id"]), &[]);
    assert!(page.expect(422).text().contains("belongs to another contact"));
}

#[test]
fn the_trash_empties_itself_in_the_time_that_the_workspace_chose() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let ada = add(&program, &json!({ "given_name": "Ada" }));
    delete(&program, &ada);
    app.session_of(OWNER)
        .submit("/w/alpha/settings/people", &[("default_country", ""), ("trash_days", "7")])
        .expect(303);
    app.session_of(OWNER)
        .submit("/w/alpha/settings/people", &[("default_country", ""), ("trash_days", "8")])
        .expect(422);
    app.advance(6 * 86_400);
    app.run_job("privacy.retention.run", "alpha");
    let program = app.program_of(OWNER, "alpha");
    assert_eq!(trash(&program, "contact").len(), 1);
    app.advance(2 * 86_400);
    app.run_job("privacy.retention.run", "alpha");
    let program = app.program_of(OWNER, "alpha");
    assert!(trash(&program, "contact").is_empty());
    assert_eq!(audited(&app, "privacy.retention.ran"), 1);
}

#[test]
fn who_may_not_delete_sees_no_trash() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let ada = add(&program, &json!({ "given_name": "Ada" }));
    delete(&program, &ada);
    let trashed = trash(&program, "contact")[0]["id"].clone();
    let viewer = app.program_of("viewer@alpha.example", "alpha");
    assert!(trash(&viewer, "contact").is_empty());
    for client in [&viewer, &app.program_of(MEMBER, "alpha")] {
        let answer = client.call("POST", &format!("/api/v1/trash/{trashed}/restore"), &json!({}));
        assert!(matches!(answer.status, 403 | 404), "{}", answer.status);
    }
    program.send(Ask::new("DELETE", &format!("/api/v1/trash/{trashed}"))).expect(204);
    assert!(trash(&program, "contact").is_empty());
}
