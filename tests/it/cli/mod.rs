//! The command line as scripts use it: the same with a server and without one.

mod demo;

use std::io::Write;
use std::process::{Output, Stdio};

use serde_json::Value;

use crate::support::{PASSWORD, TestApp, fixture, server, shown};

#[track_caller]
fn json(output: &Output) -> Value {
    assert!(output.status.success(), "{}", shown(output));
    assert_eq!(
        String::from_utf8_lossy(&output.stdout).trim().lines().count(),
        1,
        "one line of JSON: {}",
        shown(output)
    );
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", shown(output)))
}

/// From an empty folder to a token that works, by commands alone.
fn set_up(app: &TestApp) {
    let mut create = server::command(
        &app.data(),
        &[
            "user",
            "create",
            "kit@delta.example",
            "--workspace",
            "delta",
            "--role",
            "member",
            "--password-stdin",
            "--json",
        ],
    );
    let made =
        app.command(&["workspace", "create", "delta", "--name", "Delta", "--owner", "owner@alpha.example", "--json"]);
    json(&made);
    let mut child =
        create.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it runs");
    child.stdin.take().expect("piped").write_all(format!("{PASSWORD}\n").as_bytes()).expect("a password");
    json(&child.wait_with_output().expect("it ends"));
    let listed = json(&app.command(&["workspace", "list", "--json"]));
    assert!(listed.to_string().contains("\"delta\""), "{listed}");
    assert!(json(&app.command(&["user", "list", "--json"])).to_string().contains("kit@delta.example"));
}

#[test]
fn commands_work_beside_a_running_server() {
    let app = TestApp::start();
    set_up(&app);
    let client = app.stranger();
    client.get("/sign-in").expect(200);
    let answer = client.submit("/sign-in", &[("email", "kit@delta.example"), ("password", PASSWORD), ("next", "/")]);
    assert_eq!(answer.status, 303, "{}", answer.text());
    let verified = app.command(&["audit", "verify", "--all"]);
    assert!(verified.status.success(), "{}", shown(&verified));
}

#[test]
fn commands_work_without_a_server() {
    let mut app = TestApp::start();
    app.server.stop();
    set_up(&app);
    let verified = app.command(&["audit", "verify", "--all"]);
    assert!(verified.status.success(), "{}", shown(&verified));
    app.restart();
    app.session_of("kit@delta.example").get("/w/delta").expect(200);
}

#[test]
fn wrong_use_is_told_with_exit_code_2() {
    let folder = fixture::copy();
    let data = folder.path().join("data");
    for wrong in [
        &["nonsense"][..],
        &["workspace", "show", "nowhere"],
        &["workspace", "create", "Not A Slug", "--name", "x", "--owner", "owner@alpha.example"],
        &["workspace", "create", "alpha", "--name", "Taken", "--owner", "owner@alpha.example"],
        &["user", "create", "no address"],
        &["user", "disable", "nobody@nowhere.example"],
        &["serve", "--listen"],
    ] {
        let output = server::run(&data, wrong);
        assert_eq!(output.status.code(), Some(2), "{wrong:?}: {}", shown(&output));
        assert!(output.stdout.is_empty(), "{wrong:?}: errors go to standard error");
    }
}

/// A changed entry is a "no", with the entry's number.
#[test]
fn aud_2_a_changed_audit_entry_is_found() {
    let mut app = TestApp::start();
    app.server.stop();
    let good = app.command(&["audit", "verify", "alpha"]);
    assert!(good.status.success(), "{}", shown(&good));
    for change in [
        "UPDATE audit SET actor = 'member:99' WHERE seq = ?1",
        "UPDATE audit SET action = 'people.contact.deleted' WHERE seq = ?1",
        "UPDATE audit SET at = at + 1 WHERE seq = ?1",
        "UPDATE audit SET personal = '{\"name\":\"somebody else\"}' WHERE seq = ?1",
        "DELETE FROM audit WHERE seq = ?1",
    ] {
        let alpha = app.workspace("alpha");
        let entry: i64 = alpha
            .query_row(
                "SELECT max(seq) FROM audit WHERE personal IS NOT NULL AND seq < (SELECT max(seq) FROM audit)",
                [],
                |row| row.get(0),
            )
            .expect("entries");
        assert_eq!(alpha.execute(change, [entry]).expect("a change"), 1);
        drop(alpha);
        let found = app.command(&["audit", "verify", "alpha"]);
        assert_eq!(found.status.code(), Some(1), "{change}: {}", shown(&found));
        put_back(&app);
    }
}

/// Puts the workspace's file back as the fixture has it.
fn put_back(app: &TestApp) {
    let fresh = fixture::copy();
    let id = fixture::workspace_id(&app.control(), "alpha").to_string();
    let folder = |data: &std::path::Path| data.join("workspaces").join(&id);
    for file in ["data.db", "data.db-wal", "data.db-shm"] {
        let to = folder(&app.data()).join(file);
        let _ = std::fs::remove_file(&to);
        let _ = std::fs::copy(folder(&fresh.path().join("data")).join(file), to);
    }
}

#[test]
fn doctor_finds_a_sound_installation_sound() {
    let app = TestApp::start();
    let output = app.command(&["doctor", "--json"]);
    // A first try keeps its key beside the data, which doctor may call a "no"; it must not fail otherwise.
    assert!(matches!(output.status.code(), Some(0 | 1)), "{}", shown(&output));
    serde_json::from_slice::<Value>(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", shown(&output)));
}

#[test]
fn the_openapi_document_is_the_same_on_the_command_line_and_over_http() {
    let app = TestApp::start();
    let printed = app.command(&["openapi"]);
    let printed: Value = serde_json::from_slice(&printed.stdout).expect("JSON");
    let served = app.stranger().get("/api/v1/openapi.json").expect(200).json();
    assert_eq!(printed, served);
    assert_eq!(printed["openapi"], "3.1.0");
}
