//! `holdfast workspace restore`: for whoever has a shell, beside a running server and without one.

use serde_json::{Value, json};

use super::{facts, refusal, words_of};
use crate::support::{Start, TestApp};

const OWNER: &str = "owner@alpha.example";

fn add(app: &TestApp, name: &str) -> Value {
    let made = app.program_of(OWNER, "alpha").call("POST", "/api/v1/contacts", &json!({ "given_name": name }));
    made.expect(201).json()["id"].clone()
}

fn is_there(app: &TestApp, slug: &str, person: &Value) -> bool {
    let sql = format!("SELECT count(*) FROM contacts WHERE id = {person}");
    app.workspace(slug).query_row(&sql, [], |row| row.get::<_, i64>(0)).expect("a count") == 1
}

#[test]
fn a_workspace_comes_back_from_the_command_line_and_each_refusal_is_told() {
    let elsewhere = tempfile::tempdir().expect("a folder");
    let folder = elsewhere.path().join("backups");
    let environment = vec![("HOLDFAST_BACKUP__FOLDER".to_owned(), folder.display().to_string())];
    let mut app = TestApp::start_with(Start { environment, ..Start::default() });
    let name: String =
        app.control().query_row("SELECT name FROM workspaces WHERE slug = 'alpha'", [], |row| row.get(0)).unwrap();
    let restore = |more: &[&str]| {
        [&["workspace", "restore", "alpha"], more].concat().into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    let says = |app: &TestApp, more: &[&str], words: &str| {
        let arguments = restore(more);
        let said = words_of(&app.command(&arguments.iter().map(String::as_str).collect::<Vec<_>>()), 2);
        assert!(said.contains(words), "{words}: {said}");
    };
    let now = app.now().rfc3339();
    says(&app, &["--at", &now, "--as", "past", "--name", "Past"], "There is no verified backup of this workspace yet");
    facts(&app, &["backup", "run"], 0);
    let stays = add(&app, "Stays");
    let moment = app.now().rfc3339();
    app.advance(2);
    let late = add(&app, "Late");
    says(&app, &["--at", "yesterday", "--as", "past", "--name", "Past"], "--at takes a moment");
    says(&app, &["--at", "2020-01-01T00:00:00Z", "--as", "past", "--name", "Past"], "The oldest backup is of");
    says(&app, &["--at", "2098-01-01T00:00:00Z", "--as", "past", "--name", "Past"], "Choose a moment that has passed");
    says(&app, &["--at", &moment, "--as", "beta", "--name", "Past"], "Another workspace has this address");
    says(&app, &["--at", &moment, "--in-place", "--name", "Another"], "Type the name as it stands");
    says(&app, &["--at", &moment, "--name", "Past"], "--as");
    says(&app, &["--at", &moment, "--as", "past", "--in-place", "--name", "Past"], "--in-place");
    let unknown =
        words_of(&app.command(&["workspace", "restore", "gamma", "--at", &moment, "--as", "past", "--name", "P"]), 2);
    assert!(unknown.contains("gamma") || unknown.contains("workspace"), "{unknown}");
    // The disk is away: nothing begins.
    let away = elsewhere.path().join("away");
    std::fs::rename(&folder, &away).unwrap();
    let said = refusal(&app, &["workspace", "restore", "alpha", "--at", &moment, "--as", "past", "--name", "Past"]);
    assert!(said.contains("mount the disk") && said.contains(&folder.display().to_string()), "{said}");
    std::fs::rename(&away, &folder).unwrap();
    let rows: i64 = app.control().query_row("SELECT count(*) FROM workspace_restores", [], |row| row.get(0)).unwrap();
    assert_eq!(rows, 0, "a refusal left something to do");
    // As a new one, beside the server: the old one stays as it is.
    let report = facts(&app, &["workspace", "restore", "alpha", "--at", &moment, "--as", "past", "--name", "Past"], 0);
    assert!(report["at"].as_str().is_some(), "{report}");
    assert!(is_there(&app, "past", &stays) && !is_there(&app, "past", &late) && is_there(&app, "alpha", &late));
    app.session_of(OWNER).get("/w/past/people/contacts").expect(200);
    // In place, beside the server.
    facts(&app, &["workspace", "restore", "alpha", "--at", &moment, "--in-place", "--name", &name], 0);
    assert!(is_there(&app, "alpha", &stays) && !is_there(&app, "alpha", &late));
    app.session_of(OWNER).get("/w/alpha/settings/backups/hold").expect(200);
    // And without one: this process does it.
    app.server.stop();
    let output =
        crate::support::server::command(&app.data(), &["--json", "workspace", "restore", "alpha", "--at", &moment])
            .args(["--as", "older", "--name", "Older"])
            .env("HOLDFAST_BACKUP__FOLDER", &folder)
            .env("HOLDFAST_TEST_CLOCK", app.data().with_file_name("clock"))
            .output()
            .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", crate::support::shown(&output));
    assert!(is_there(&app, "older", &stays) && !is_there(&app, "older", &late));
}
