//! Keys are exchanged in service, and `kill -9` at any step leaves one that works (KEY-6, T-N).

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use holdfast::id::WorkspaceId;
use holdfast::keys::keyring::State;
use rusqlite::Connection;

use crate::support::client::between;
use crate::support::{Ask, TestApp, fixture, keys, server, shown};

const FAILPOINT: &str = "HOLDFAST_TEST_FAILPOINT";

fn killed(output: &Output) -> bool {
    output.status.signal() == Some(9)
}

fn counts(conn: &Connection) -> (i64, i64, i64) {
    conn.query_row(
        "SELECT (SELECT count(*) FROM contacts), (SELECT count(*) FROM audit), (SELECT count(*) FROM attachments)",
        [],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
    )
    .expect("counts")
}

fn states(data: &Path, id: WorkspaceId) -> Vec<(u32, State)> {
    let of_it = keys(data).versions().into_iter().filter(|version| version.workspace == id);
    let mut states: Vec<_> = of_it.map(|version| (version.version, version.state)).collect();
    states.sort_by_key(|(version, _)| *version);
    states
}

fn opens(path: &Path, key: &str) -> bool {
    let conn = Connection::open(path).expect("a file");
    conn.pragma_update(None, "key", key).expect("a key");
    conn.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0)).is_ok()
}

#[test]
fn key_6_a_workspaces_key_survives_kill_9_at_every_step() {
    let mut app = TestApp::start();
    let program = app.program_of("owner@beta.example", "beta");
    let contact = program.get("/api/v1/contacts?limit=1").expect(200).json()["data"][0]["id"].clone();
    let on = format!("contact:{contact}");
    let file = program.upload("/api/v1/attachments", &[("on", &on)], ("file", "paper.txt", b"sealed words"));
    let content = format!("/api/v1/attachments/{}/content", file.expect(201).json()["id"]);
    app.server.stop();
    let data = app.data();
    let id = fixture::workspace_id(&app.control(), "beta");
    let path = data.join("workspaces").join(id.to_string()).join("data.db");
    let (before, first) = (counts(&app.workspace("beta")), keys(&data).workspace(id).expect("its key"));
    let rotate = ["key", "rotate-workspace", "beta"];
    let places = ["pending", "copied", "resealed", "verified", "renamed", "uploads", "promoted"];
    let mut version = 1;
    for place in places {
        let died = server::command(&data, &rotate).env(FAILPOINT, format!("rotate.{place}")).output().expect("it runs");
        assert!(killed(&died), "{place}: {}", shown(&died));
        let listed = app.command(&["key", "status", "--json"]);
        assert!(listed.status.success(), "after {place}: {}", shown(&listed));
        let moved = matches!(place, "renamed" | "uploads" | "promoted");
        version += u32::from(moved);
        if moved && version == 2 {
            app.backup(&["backup", "run"]);
        }
        let states = states(&data, id);
        let active: Vec<u32> =
            states.iter().filter(|(_, state)| *state == State::Active).map(|(version, _)| *version).collect();
        assert_eq!(active, [version], "after {place}: {states:?}");
        assert!(!states.iter().any(|(_, state)| *state == State::Pending), "after {place}: {states:?}");
        assert_eq!(counts(&app.workspace("beta")), before, "after {place}");
        let left: Vec<_> = std::fs::read_dir(path.parent().expect("a folder")).expect("it").flatten().collect();
        assert!(!left.iter().any(|entry| entry.file_name().to_string_lossy().contains("rekeyed")), "{place}: {left:?}");
    }
    assert_eq!(version, 4);
    assert!(!opens(&path, &first.database_key()), "the file opens with its first key");
    app.restart();
    let program = app.program_of("owner@beta.example", "beta");
    let operator = app.operator_program();
    let moved = operator.send(Ask::new("POST", "/api/v1/operator/keys/beta/rotate"));
    assert_eq!(moved.expect(200).json()["version"], 5);
    assert_eq!(program.get(&content).expect(200).bytes, b"sealed words");
    assert_eq!(counts(&app.workspace("beta")).0, before.0);
    let last = keys(&data).workspace(id).expect("its key");
    assert_eq!(last.blind_index.as_slice(), first.blind_index.as_slice(), "pseudonyms must stay the same");
    // The backup under version 2 keeps that key, and no other.
    app.run_job("key_rotation.retired.destroy", "");
    assert_eq!(states(&data, id), [(2, State::Retired), (5, State::Active)]);
    app.server.stop();
    std::fs::remove_dir_all(data.join("backup/data")).expect("the backup goes");
    std::fs::remove_dir_all(data.join("backup/manifests")).expect("the backup goes");
    std::fs::remove_file(data.join("backup/HEAD")).expect("the backup goes");
    app.backup(&["backup", "run", "--new-folder"]);
    app.restart();
    app.run_job("key_rotation.retired.destroy", "");
    assert_eq!(states(&data, id), [(5, State::Active)]);
    let page = app.session_of(crate::support::OPERATOR).get("/operator/keys").expect(200).text();
    assert!(page.contains("Version 5") && page.contains("was destroyed"), "{page}");
    let verified = app.command(&["audit", "verify", "--all"]);
    assert!(verified.status.success(), "{}", shown(&verified));
}

/// Runs a command that prints a recovery code and has two of its groups typed back. Returns the code too.
pub fn with_new_code(data: &Path, arguments: &[&str], place: &str) -> (Output, String) {
    let mut child = server::command(data, arguments)
        .env(FAILPOINT, place)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it runs");
    let mut printed = BufReader::new(child.stdout.take().expect("piped"));
    let mut code = String::new();
    while !code.trim().starts_with("HFRC1-") {
        code.clear();
        assert!(printed.read_line(&mut code).expect("it prints") > 0, "no code was printed");
    }
    let code = code.trim().to_owned();
    let (mut asked, mut input) = (child.stderr.take().expect("piped"), child.stdin.take().expect("piped"));
    let mut said = String::new();
    for _ in 0..2 {
        let mut question = String::new();
        let mut byte = [0];
        while !question.ends_with("counted): ") {
            assert_eq!(asked.read(&mut byte).expect("it asks"), 1, "{question}");
            question.push(char::from(byte[0]));
        }
        let number: usize = between(&question, "Group ", " ").and_then(|text| text.parse().ok()).expect("a number");
        writeln!(input, "{}", code.split('-').nth(number).expect("a group")).expect("it listens");
    }
    asked.read_to_string(&mut said).expect("the rest");
    let mut rest = Vec::new();
    printed.read_to_end(&mut rest).expect("the rest");
    let status = child.wait().expect("it ends");
    (Output { status, stdout: rest, stderr: said.into_bytes() }, code)
}

#[test]
fn key_6_the_master_key_survives_kill_9_at_every_step() {
    let folder = fixture::copy();
    let data = folder.path().join("data");
    let opens_with = |file: &Path| {
        let file = file.to_str().expect("a path").to_owned();
        server::run(&data, &["--master-key-file", &file, "key", "status", "--json"])
    };
    // The fixture's key lies beside the data, as in a first try; a real one does not.
    let mut current: PathBuf = folder.path().join("first.key");
    std::fs::rename(data.join("keys/master.key"), &current).expect("moved");
    std::fs::create_dir_all(data.join("backup/keys")).expect("a folder");
    let ring = data.join("backup/keys/ring-1.aobj");
    let places =
        ["key_written", "slots_written", "ring_written", "ring_renamed", "slots_renamed", "copies_renewed", ""];
    let mut version = 1;
    for (number, place) in places.into_iter().enumerate() {
        std::fs::write(&ring, b"under the master key of before").expect("a copy of the keyring");
        let next = folder.path().join(format!("next-{number}.key"));
        let (old, new) = (current.to_str().expect("a path").to_owned(), next.to_str().expect("a path").to_owned());
        let arguments = ["--master-key-file", &old, "key", "rotate-master", "--new-master-key-file", &new];
        let (output, code) = with_new_code(&data, &arguments, &format!("master.{place}"));
        assert_eq!(killed(&output), !place.is_empty(), "{place}: {}", shown(&output));
        let moved = number >= 3;
        version += u64::from(moved);
        let (right, wrong) = if moved { (&next, &current) } else { (&current, &next) };
        let refused = opens_with(wrong);
        assert_eq!(refused.status.code(), Some(3), "{place}: {}", shown(&refused));
        let opened = opens_with(right);
        assert!(opened.status.success(), "{place}: {}", shown(&opened));
        let facts: serde_json::Value = serde_json::from_slice(&opened.stdout).expect("JSON");
        assert_eq!(facts["master_version"], version, "{place}");
        if moved {
            current = next;
            assert!(!ring.exists(), "{place}: a copy under the old key is left");
            let mut verify = server::command(&data, &["key", "verify-recovery"]);
            let verify = verify.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
            let mut typed = verify.spawn().expect("it runs");
            writeln!(typed.stdin.take().expect("piped"), "{code}").expect("it listens");
            assert!(typed.wait().expect("it ends").success(), "{place}: the new code does not fit");
        }
        let left: Vec<_> = std::fs::read_dir(data.join("keys")).expect("keys").flatten().collect();
        assert!(!left.iter().any(|entry| entry.path().extension().is_some_and(|end| end == "rotating")), "{left:?}");
    }
    // Another code, and the one before stops working; nothing else changes.
    let file = current.to_str().expect("a path").to_owned();
    let (output, _) = with_new_code(&data, &["--master-key-file", &file, "key", "new-recovery-code"], "");
    assert!(output.status.success(), "{}", shown(&output));
    assert!(opens_with(&current).status.success());
}
