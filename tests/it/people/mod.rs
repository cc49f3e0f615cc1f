//! Contacts, companies, notes, tags and search, as people and programs use them.

mod api;
pub mod attachments;
mod bulk;
mod companies;
mod contacts;
mod custom_fields;
mod custom_lists;
mod exports;
mod finding;
mod import_deciding;
mod import_fields;
mod import_formats;
mod import_hostile;
mod import_plans;
mod import_consents;
mod import_undo;
pub mod imports;
mod mentions;
mod merging;
mod merging_generated;
mod missed;
mod notes;
mod notifications;
mod search;
mod tags;
mod timeline;
mod trash;
mod views;

use serde_json::{Value, json};

use crate::support::{Answer, Client, TestApp};

pub const OWNER: &str = "owner@alpha.example";
pub const MEMBER: &str = "member@alpha.example";

/// Adds a contact by the API and gives back what was answered.
pub fn add(program: &Client, body: &Value) -> Value {
    program.call("POST", "/api/v1/contacts", body).expect(201).json()
}

/// Adds somebody of this name.
pub fn add_named(program: &Client, given: &str, family: &str) -> i64 {
    id(&add(program, &json!({ "given_name": given, "family_name": family })))
}

pub fn id(record: &Value) -> i64 {
    record["id"].as_i64().expect("an id")
}

pub fn version(record: &Value) -> i64 {
    record["version"].as_i64().expect("a version")
}

/// How often something is in the audit log of the workspace `alpha`.
pub fn audited(app: &TestApp, action: &str) -> i64 {
    app.workspace("alpha")
        .query_row("SELECT count(*) FROM audit WHERE action = ?1", [action], |row| row.get(0))
        .expect("the audit log reads")
}

/// Gives a role of `alpha` other permissions.
pub fn permit(app: &TestApp, role: &str, permissions: &Value) {
    let changed = app
        .control()
        .execute(
            "UPDATE roles SET permissions = ?1 WHERE key = ?2 AND workspace_id = (SELECT id FROM workspaces WHERE slug = 'alpha')",
            [permissions.to_string().as_str(), role],
        )
        .expect("the role is there");
    assert_eq!(changed, 1);
}

/// The names in a collection, in order.
pub fn names(answer: &Answer) -> Vec<String> {
    let body = answer.json();
    let data = body["data"].as_array().expect("data");
    data.iter()
        .map(|record| record["display_name"].as_str().or(record["name"].as_str()).unwrap_or("").to_owned())
        .collect()
}

/// The member id of somebody in `alpha`.
pub fn member_id(app: &TestApp, email: &str) -> i64 {
    app.control()
        .query_row(
            "SELECT m.id FROM memberships m JOIN accounts a ON a.id = m.account_id WHERE a.email = ?1",
            [email],
            |row| row.get(0),
        )
        .expect("a member")
}

/// Waits until a change is taken back.
pub fn undone(program: &Client, change: i64) -> Value {
    for _ in 0..200 {
        let found = program.get(&format!("/api/v1/changes/{change}")).expect(200).json();
        if found["state"] == "undone" {
            return found;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    panic!("change {change} is not taken back");
}
