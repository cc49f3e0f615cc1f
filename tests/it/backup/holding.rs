//! After a restore nothing goes out of the workspace and nothing is let go of, until an owner has looked (RST-5).

use serde_json::json;

use super::{back_up, ended, files_below};
use crate::support::{Start, TestApp, shown};

const OWNER: &str = "owner@alpha.example";

#[test]
fn rst_5_mail_and_retention_of_a_restored_workspace_wait_for_an_owner() {
    let folder = tempfile::tempdir().expect("a folder");
    let app = TestApp::start_with(Start {
        environment: [
            ("TRANSPORT", "folder".to_owned()),
            ("FROM", "holdfast@example.org".to_owned()),
            ("FOLDER", folder.path().display().to_string()),
        ]
        .map(|(name, value)| (format!("HOLDFAST_MAIL__{name}"), value))
        .into(),
        ..Start::default()
    });
    let sent = || files_below(folder.path(), ".eml").len();
    let program = app.program_of(OWNER, "alpha");
    back_up(&program);
    let name: String =
        app.control().query_row("SELECT name FROM workspaces WHERE slug = 'alpha'", [], |row| row.get(0)).unwrap();
    let asked = json!({ "into": "in_place", "until": app.now().rfc3339(), "name": name });
    let id = program.call("POST", "/api/v1/restores", &asked).expect(202).json()["id"].clone();
    assert_eq!(ended(&app, OWNER, "alpha", &id)["state"], "done");
    app.run_job("mail.outgoing.deliver", "");
    let before = sent();
    assert!(before >= 1, "that it came back is not held");
    // An invitation is mail of the workspace.
    let program = app.program_of(OWNER, "alpha");
    let roles = program.get("/api/v1/roles").expect(200).json();
    let viewer = roles["data"].as_array().unwrap().iter().find(|role| role["key"] == "viewer").unwrap()["id"].clone();
    for email in ["first@new.example", "second@new.example"] {
        program.call("POST", "/api/v1/invitations", &json!({ "email": email, "role": viewer })).expect(201);
    }
    app.run_job("mail.outgoing.deliver", "");
    assert_eq!(sent(), before, "nothing goes out of it");
    let held = program.get("/api/v1/outbound-hold").expect(200).json();
    assert_eq!((&held["is_held"], &held["mails"]), (&json!(true), &json!(2)), "{held}");
    // Retention waits too, by itself and by hand.
    app.run_job("privacy.retention.run", "alpha");
    let runs: i64 =
        app.workspace("alpha").query_row("SELECT count(*) FROM retention_runs", [], |row| row.get(0)).unwrap();
    assert_eq!(runs, 0);
    let output = app.command(&["retention", "run", "--workspace", "alpha"]);
    assert_eq!(output.status.code(), Some(3), "{}", shown(&output));
    assert!(String::from_utf8_lossy(&output.stderr).contains("until somebody has looked"), "{}", shown(&output));
    let looked = app.command(&["retention", "run", "--workspace", "alpha", "--dry-run"]);
    assert_eq!(looked.status.code(), Some(0), "{}", shown(&looked));
    assert_eq!(app.command(&["retention", "run", "--workspace", "beta"]).status.code(), Some(0), "beta is not held");
    // The owner sees both, takes one out, and lets the other go; an admin cannot.
    const HOLD: &str = "/w/alpha/settings/backups/hold";
    let admin = app.session_of("admin@alpha.example");
    admin.submit(&format!("{HOLD}/release"), &[]).expect(409);
    let owner = app.session_of(OWNER);
    let page = owner.get(HOLD).expect(200).text();
    assert!(page.contains("first@new.example") && page.contains("second@new.example"), "{page}");
    let first: i64 = app
        .control()
        .query_row("SELECT id FROM outgoing_mail WHERE recipient = 'first@new.example'", [], |row| row.get(0))
        .unwrap();
    owner.submit(&format!("{HOLD}/cancel"), &[("mail", &first.to_string())]).expect(303);
    owner.submit(&format!("{HOLD}/cancel"), &[("mail", &first.to_string())]).expect(409);
    owner.submit(&format!("{HOLD}/release"), &[]).expect(303);
    owner.submit(&format!("{HOLD}/release"), &[]).expect(409);
    app.run_job("mail.outgoing.deliver", "");
    assert_eq!(sent(), before + 1);
    assert_eq!(app.command(&["retention", "run", "--workspace", "alpha"]).status.code(), Some(0));
    let said: i64 = app
        .control()
        .query_row("SELECT count(*) FROM audit WHERE action = 'backup.workspace_hold.released'", [], |row| row.get(0))
        .unwrap();
    assert_eq!(said, 1);
}
