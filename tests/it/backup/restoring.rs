//! An installation back from its backups: what returns, what stays gone, and every refusal.

use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::{Value, json};

use super::{copy_folder, facts, files_below, words_of};
use crate::support::{OPERATOR, PASSWORD, TestApp, fixture, keys, open, server, shown};

const OWNER: &str = "owner@alpha.example";

/// Restores from `from` into `target` with a key file.
fn restore(app: &TestApp, from: &Path, target: &Path, key: &Path, more: &[&str]) -> Output {
    let (from, key) = (from.display().to_string(), key.display().to_string());
    let arguments = ["--json", "restore", "--from", &from, "--master-key-file", &key];
    server::command(target, &[&arguments, more].concat())
        .env("HOLDFAST_TEST_CLOCK", app.data().with_file_name("clock"))
        .output()
        .expect("the program runs")
}

fn key_of(app: &TestApp) -> PathBuf {
    app.data().join("keys/master.key")
}

fn add(app: &TestApp, name: &str) -> i64 {
    let person = json!({ "given_name": name, "emails": [{ "value": format!("{name}@quay.example") }] });
    let made = app.program_of(OWNER, "alpha").call("POST", "/api/v1/contacts", &person).expect(201).json();
    made["id"].as_i64().expect("an id")
}

fn erase(app: &TestApp, person: i64) {
    let program = app.program_of(OWNER, "alpha");
    let erasure = program.call("POST", "/api/v1/erasures", &json!({ "person": person })).expect(201).json();
    let path = format!("/api/v1/erasures/{}", erasure["id"]);
    let waiting = std::time::Instant::now();
    while program.get(&path).expect(200).json()["state"] != "done" {
        assert!(waiting.elapsed().as_secs() < 60, "the erasure did not end");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
}

#[test]
fn rst_4_rst_5_era_4_who_was_erased_stays_gone_and_nothing_from_before_opens() {
    let mut app = TestApp::start();
    let (gone, stays) = (add(&app, "quillon"), add(&app, "merrow"));
    let head = facts(&app, &["backup", "run"], 0)["head"].as_str().expect("a head").to_owned();
    let then = app.now().rfc3339();
    erase(&app, gone);
    let late = add(&app, "afterwards");
    let session = app.session_of(OWNER);
    session.get("/w/alpha").expect(200);
    app.server.stop();
    let elsewhere = tempfile::tempdir().expect("a folder");
    let target = elsewhere.path().join("data");
    let more = ["--expect-head", &head[..20], "--at", &then];
    let output = restore(&app, &app.data().join("backup"), &target, &key_of(&app), &more);
    assert_eq!(output.status.code(), Some(0), "{}", shown(&output));
    let report: Value = serde_json::from_slice(&output.stdout).expect("facts");
    assert_eq!(report["places"].as_array().map(Vec::len), Some(3), "{report}");
    assert_eq!(
        (&report["replayed"][0]["id"], &report["replayed"][0]["state"]),
        (&json!(gone), &json!("done")),
        "{report}"
    );
    let kept: Value = serde_json::from_slice(&std::fs::read(target.join("restore-report.json")).unwrap()).unwrap();
    assert_eq!(kept, report);
    // The restored installation: read from outside, with its own keys.
    std::fs::copy(key_of(&app), target.join("keys/master.key")).unwrap();
    let keys = crate::support::keys(&target);
    let control = open(&target.join("control.db"), &keys.control().unwrap().workspace.database_key());
    let alpha = crate::support::fixture::workspace_id(&control, "alpha");
    let file = target.join("workspaces").join(alpha.to_string()).join("data.db");
    let workspace = open(&file, &keys.workspace(alpha).unwrap().database_key());
    let count = |sql: &str| workspace.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(count(&format!("SELECT count(*) FROM contacts WHERE id = {gone}")), 0);
    assert_eq!(count(&format!("SELECT count(*) FROM contacts WHERE id = {stays}")), 1);
    assert_eq!(count(&format!("SELECT count(*) FROM contacts WHERE id = {late}")), 0, "that moment is older");
    assert!(count("SELECT count(*) FROM suppressions WHERE reason = 'erased'") > 0);
    let alive = |sql: &str| control.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(alive("SELECT count(*) FROM sessions WHERE ended_at IS NULL"), 0);
    assert_eq!(alive("SELECT count(*) FROM api_tokens WHERE revoked_at IS NULL"), 0);
    assert_eq!(alive("SELECT count(*) FROM operator_tokens WHERE revoked_at IS NULL"), 0);
    assert_eq!(alive("SELECT count(*) FROM one_time_secrets"), 0);
    assert_eq!(alive("SELECT count(*) FROM installation WHERE key = 'outbound_hold'"), 1);
    drop((control, workspace));
    // It serves: the old cookie is worth nothing, the operator signs in and lets things go out.
    let clock = app.data().with_file_name("clock");
    let served = server::Server::start(&target, &clock, &crate::support::Start::default()).expect("it starts");
    let old = served.client(&target).with_cookie(&session.cookie().expect("a cookie"));
    assert_ne!(old.get("/w/alpha").status, 200);
    let operator = served.client(&target);
    operator.get("/sign-in").expect(200);
    let signed = operator.submit("/sign-in", &[("email", OPERATOR), ("password", PASSWORD)]);
    assert!((300..400).contains(&signed.status), "{signed:?}");
    assert!(operator.get("/operator/hold").expect(200).text().contains("On hold since the restore"));
    operator.submit("/operator/hold/release", &[]).expect(303);
    assert!(!operator.get("/operator/hold").expect(200).text().contains("On hold since the restore"));
}

#[test]
fn rst_2_rst_3_every_refusal_says_why_and_writes_nothing() {
    let mut app = TestApp::start();
    let gone = add(&app, "quillon");
    let first = facts(&app, &["backup", "run"], 0)["head"].as_str().expect("a head").to_owned();
    erase(&app, gone);
    facts(&app, &["backup", "run"], 0);
    app.server.stop();
    let elsewhere = tempfile::tempdir().expect("a folder");
    let (key, from) = (key_of(&app), app.data().join("backup"));
    let mut number = 0;
    let mut refused = |spoil: &dyn Fn(&Path), key: &Path, more: &[&str], expected: &str| {
        number += 1;
        let (copy, target) = (elsewhere.path().join(format!("b{number}")), elsewhere.path().join(format!("t{number}")));
        copy_folder(&from, &copy);
        spoil(&copy);
        let words = words_of(&restore(&app, &copy, &target, key, more), 3);
        assert!(words.contains(expected), "{expected}: {words}");
        assert!(!target.exists() && !elsewhere.path().join(format!(".t{number}.restoring")).exists(), "{expected}");
        std::fs::remove_dir_all(&copy).unwrap();
    };
    let nothing = |_: &Path| {};
    let other = elsewhere.path().join("other.key");
    std::fs::write(&other, [7_u8; 32]).unwrap();
    std::fs::set_permissions(&other, std::os::unix::fs::PermissionsExt::from_mode(0o400)).unwrap();
    refused(&nothing, &other, &[], "belongs to another installation");
    refused(
        &|from| files_below(&from.join("keys"), ".aobj").iter().for_each(|path| std::fs::remove_file(path).unwrap()),
        &key,
        &[],
        "no copy of the keyring",
    );
    refused(
        &|from| files_below(&from.join("keys"), ".aobj").iter().for_each(|path| std::fs::write(path, "x").unwrap()),
        &key,
        &[],
        "no copy of the keyring opens",
    );
    refused(&|from| std::fs::remove_file(from.join("INSTALLATION")).unwrap(), &key, &[], "no backups of Holdfast");
    refused(&nothing, &key, &["--expect-head", &first], "not the expected");
    refused(&nothing, &key, &["--at", "2020-01-01T00:00:00Z"], "no verified backup of the installation");
    refused(
        &|from| std::fs::remove_file(files_below(&from.join("manifests"), ".json").pop().unwrap()).unwrap(),
        &key,
        &[],
        "was taken out of the folder",
    );
    refused(
        &|from| files_below(&from.join("ledger"), ".jsonl").iter().for_each(|path| std::fs::remove_file(path).unwrap()),
        &key,
        &[],
        "erased people would come back",
    );
    let spoil_bases = |from: &Path| {
        for path in files_below(&from.join("data"), ".base") {
            let mut bytes = std::fs::read(&path).unwrap();
            bytes[9_000] ^= 1;
            std::fs::write(&path, bytes).unwrap();
        }
    };
    refused(&spoil_bases, &key, &[], "a part of it does not open");
    // Three days later it is stale, until somebody says that this is known.
    std::fs::write(app.data().with_file_name("clock"), (3 * 86_400).to_string()).unwrap();
    refused(&nothing, &key, &[], "newer ones may have been taken away");
    let target = elsewhere.path().join("known");
    let output = restore(&app, &from, &target, &key, &["--accept-stale"]);
    assert_eq!(output.status.code(), Some(0), "{}", shown(&output));
    assert!(words_of(&restore(&app, &from, &target, &key, &["--accept-stale"]), 3).contains("not empty"));
}

/// Ends the server and restores its backups as of a moment, with no other word; which of these people came back.
#[track_caller]
fn people_at(app: &mut TestApp, moment: &str, people: &[i64]) -> Vec<bool> {
    app.server.stop();
    let elsewhere = tempfile::tempdir().expect("a folder");
    let target = elsewhere.path().join("data");
    let output = restore(app, &app.data().join("backup"), &target, &key_of(app), &["--at", moment]);
    assert_eq!(output.status.code(), Some(0), "{}", shown(&output));
    std::fs::copy(key_of(app), target.join("keys/master.key")).unwrap();
    let id = fixture::workspace_id(&app.control(), "alpha");
    let file = target.join("workspaces").join(id.to_string()).join("data.db");
    let back = open(&file, &keys(&target).workspace(id).unwrap().database_key());
    let sql = "SELECT EXISTS (SELECT 1 FROM contacts WHERE id = ?1)";
    people.iter().map(|person| back.query_row(sql, [person], |row| row.get(0)).unwrap()).collect()
}

/// Exchanging a key ends a line. Weeks later its segments are gone, and the copies on it are as good as others.
#[test]
fn rst_1_a_copy_on_a_line_that_ended_weeks_ago_is_verified_and_comes_back() {
    let mut app = TestApp::start();
    let old = add(&app, "quillon");
    app.backup(&["backup", "run"]);
    let then = app.now().rfc3339();
    app.advance(86_400);
    app.backup(&["backup", "run"]);
    let late = add(&app, "afterwards");
    let lines = || {
        let alpha = fixture::workspace_id(&app.control(), "alpha").to_string();
        let segments = files_below(&app.data().join("backup/data").join(alpha).join("segments"), ".seg");
        let line = |path: &PathBuf| path.file_name().unwrap().to_string_lossy()[..16].to_owned();
        segments.iter().map(line).collect::<std::collections::BTreeSet<_>>()
    };
    let before = super::until(|| Some(lines()).filter(|lines| !lines.is_empty()));
    let rotated = app.command(&["key", "rotate-workspace", "alpha"]);
    assert_eq!(rotated.status.code(), Some(0), "{}", shown(&rotated));
    app.backup(&["backup", "run"]);
    app.advance(20 * 86_400);
    app.backup(&["backup", "run"]);
    app.backup(&["backup", "prune", "--more-than-a-fifth"]);
    assert!(before.is_disjoint(&lines()), "the line that ended is past the window");
    let verdict = facts(&app, &["backup", "verify", "--all"], 0);
    assert_eq!(verdict["faults"], json!([]));
    assert_eq!(people_at(&mut app, &then, &[old, late]), [true, false]);
}

/// The newest copy of a day is kept for good, the one before it for as long as moments are reached from it.
#[test]
fn rst_1_moments_between_two_backups_of_the_first_day_come_back() {
    let mut app = TestApp::start();
    app.backup(&["backup", "run"]);
    let first = add(&app, "quillon");
    let then = app.now().rfc3339();
    let late = add(&app, "afterwards");
    for _ in 0..3 {
        app.backup(&["backup", "run"]);
    }
    app.backup(&["backup", "prune", "--more-than-a-fifth"]);
    let kept = facts(&app, &["backup", "list"], 0)["backups"].clone();
    assert_eq!(kept.as_array().map(Vec::len), Some(2), "{kept}");
    assert_eq!(people_at(&mut app, &then, &[first, late]), [true, false]);
}

#[test]
fn bkp_1_a_run_that_is_killed_is_finished_by_the_next() {
    let mut app = TestApp::start();
    app.server.stop();
    let clock = app.data().with_file_name("clock");
    for pause in [20_u64, 90, 160, 230, 300] {
        let mut command = server::command(&app.data(), &["backup", "run"]);
        let mut child = command.env("HOLDFAST_TEST_CLOCK", &clock).spawn().expect("it starts");
        std::thread::sleep(std::time::Duration::from_millis(pause));
        let _ = child.kill();
        let _ = child.wait();
    }
    facts(&app, &["backup", "run"], 0);
    assert_eq!(facts(&app, &["backup", "verify", "--all"], 0)["faults"], json!([]));
    // What the killed ones left is nobody's, and goes a day later.
    std::fs::write(&clock, (2 * 86_400).to_string()).unwrap();
    facts(&app, &["backup", "prune", "--more-than-a-fifth"], 0);
    assert!(files_below(&app.data().join("backup/data"), ".part").is_empty());
    let list = facts(&app, &["backup", "list"], 0);
    let copies: i64 = list["backups"].as_array().into_iter().flatten().filter_map(|one| one["copies"].as_i64()).sum();
    assert_eq!(files_below(&app.data().join("backup/data"), ".base").len() as i64, copies);
    assert_eq!(facts(&app, &["backup", "verify", "--all"], 0)["faults"], json!([]));
}
