//! What is checked before anything is served (DUR-5, DUR-7, OPS-4).

use crate::support::server::{self, Server};
use crate::support::{Start, TestApp, fixture, shown};

#[test]
fn dur_5_a_second_process_is_refused() {
    let app = TestApp::start();
    let second = app.command(&["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(second.status.code(), Some(3), "{}", shown(&second));
    let words = String::from_utf8_lossy(&second.stderr);
    assert!(words.contains(app.data().to_str().expect("a path")), "it does not name the folder: {words}");
    assert_eq!(words.lines().count(), 1, "one line: {words}");
    app.stranger().get("/healthz").expect(200);
}

/// A file from a newer program is refused with both numbers, and left as it is.
#[test]
fn ops_4_a_newer_schema_is_refused() {
    let mut app = TestApp::start();
    app.server.stop();
    app.control()
        .execute(
            "INSERT INTO refinery_schema_history (version, name, applied_on, checksum) VALUES (9000, 'later', '2030-01-01T00:00:00Z', '1')",
            [],
        )
        .expect("a later migration");
    let refused = app.command(&["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(refused.status.code(), Some(3), "{}", shown(&refused));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("9000"), "{}", shown(&refused));
}

#[test]
fn ops_4_a_misspelt_setting_stops_the_start_and_names_the_nearest() {
    let folder = fixture::copy();
    let data = folder.path().join("data");
    std::fs::write(data.join("holdfast.toml"), "[server]\nlisen = [\"127.0.0.1:0\"]\n").expect("a settings file");
    let refused = server::run(&data, &["serve"]);
    assert_eq!(refused.status.code(), Some(2), "{}", shown(&refused));
    let words = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(words.contains("lisen") && words.contains("server.listen"), "{words}");
    std::fs::remove_file(data.join("holdfast.toml")).expect("gone again");
    let start = Start { environment: vec![("HOLDFAST_SERVER__LISEN".into(), "x".into())], ..Start::default() };
    let refused = Server::start(&data, &folder.path().join("clock"), &start).err().unwrap_or_default();
    assert!(refused.contains("server.listen"), "{refused}");
}

/// Printed settings name where each comes from and show no secret.
#[test]
fn the_settings_are_shown_with_where_they_come_from() {
    let folder = fixture::copy();
    let data = folder.path().join("data");
    std::fs::write(data.join("holdfast.toml"), "[session]\nidle_minutes = 30\n").expect("a settings file");
    let shown_settings = server::command(&data, &["serve", "--print-config"])
        .env("HOLDFAST_LOG__LEVEL", "warn")
        .output()
        .expect("it runs");
    let words = String::from_utf8_lossy(&shown_settings.stdout).into_owned();
    assert!(shown_settings.status.success(), "{}", shown(&shown_settings));
    assert!(words.contains("idle_minutes") && words.contains("30"), "{words}");
    let level = words.lines().find(|line| line.starts_with("level")).unwrap_or_default();
    assert!(level.contains("warn") && level.contains("environment"), "{level}");
}

#[test]
fn dur_5_a_damaged_file_is_told_and_nothing_else_suffers() {
    let mut app = TestApp::start();
    app.server.stop();
    let id = fixture::workspace_id(&app.control(), "alpha");
    let path = app.data().join("workspaces").join(id.to_string()).join("data.db");
    let mut bytes = std::fs::read(&path).expect("data.db");
    bytes[100] ^= 1;
    std::fs::write(&path, bytes).expect("damaged");
    app.restart();
    let (damaged, other) = (app.session_of("owner@alpha.example"), app.session_of("owner@beta.example"));
    let answer = damaged.get("/w/alpha/people/contacts");
    assert!(answer.status >= 500, "a damaged file is not served: {}", answer.status);
    other.get("/w/beta/people/contacts").expect(200);
}

/// An empty file in the place of a lost one would be taken for an empty workspace, or for a new installation.
#[test]
fn a_file_that_is_gone_is_told_and_never_made_anew() {
    let mut app = TestApp::start();
    app.server.stop();
    let id = fixture::workspace_id(&app.control(), "alpha").to_string();
    let folder = app.data().join("workspaces").join(id);
    for name in ["data.db", "data.db-wal", "data.db-shm"] {
        let _ = std::fs::rename(folder.join(name), app.data().join(name));
    }
    app.restart();
    let answer = app.program_of("owner@alpha.example", "alpha").get("/api/v1/contacts");
    assert_eq!(answer.status, 503, "{}", answer.text());
    assert!(!answer.text().contains(app.data().to_str().expect("a path")), "it names folders: {}", answer.text());
    assert!(!folder.join("data.db").exists(), "a new file was made");
    app.program_of("owner@beta.example", "beta").get("/api/v1/contacts").expect(200);

    app.server.stop();
    for name in ["control.db", "control.db-wal", "control.db-shm"] {
        let _ = std::fs::rename(app.data().join(name), app.data().join("keys").join(name));
    }
    let refused = app.command(&["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(refused.status.code(), Some(3), "{}", shown(&refused));
    let words = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(words.contains("control.db is missing") && words.lines().count() == 1, "{words}");
    assert!(!app.data().join("control.db").exists());
}

/// Whoever read the log may go: a pipe that breaks is no reason to stop serving.
#[test]
fn a_log_that_nobody_reads_any_more_stops_nothing() {
    let folder = fixture::copy();
    let mut serving = server::command(&folder.path().join("data"), &["serve", "--listen", "127.0.0.1:0"])
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("it starts");
    drop(serving.stderr.take());
    std::thread::sleep(std::time::Duration::from_secs(3));
    let ended = serving.try_wait().expect("its state");
    let _ = serving.kill();
    let _ = serving.wait();
    assert_eq!(ended, None, "the first line of the log ended it");
}
