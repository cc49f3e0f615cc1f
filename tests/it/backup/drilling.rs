//! Restore drills: the same under writes, every planted difference noticed once and mended, each place within a week,
//! and nothing left behind.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use holdfast::backup::chain::Chain;
use holdfast::backup::folder::Folder;
use holdfast::id::WorkspaceId;
use serde_json::Value;

use super::segments_served::{OWNER, until_shipped};
use super::{facts, files_below, until};
use crate::durability::add;
use crate::support::{OPERATOR, Start, TestApp, digest, fixture, open, shown};

const DRILL: [&str; 4] = ["backup", "drill", "--workspace", "alpha"];
const ALERT: &str = "backup.health.alert";
const DAY: i64 = 86_400;

/// The one drill of a command that ends with this code.
#[track_caller]
fn drilled(app: &TestApp, code: i32) -> Value {
    facts(app, &DRILL, code)["drills"][0].clone()
}

fn alpha(app: &TestApp) -> WorkspaceId {
    fixture::workspace_id(&app.control(), "alpha")
}

fn scratch(app: &TestApp) -> Vec<PathBuf> {
    files_below(&app.data().join("scratch"), "")
}

/// How many mails about backups an account got.
fn told(app: &TestApp, who: &str) -> i64 {
    let sql = "SELECT count(*) FROM outgoing_mail WHERE purpose = 'backup_trouble' AND recipient = ?1";
    app.control().query_row(sql, [who], |row| row.get(0)).unwrap()
}

fn health(app: &TestApp) -> String {
    app.session_of(OPERATOR).get("/operator/health").expect(200).text()
}

#[test]
fn rst_6_a_drill_under_writes_finds_the_same_and_changes_nothing() {
    let app = TestApp::start();
    facts(&app, &["backup", "run"], 0);
    let program = app.program_of(OWNER, "alpha");
    let file = ("file", "plan.txt", b"quay plan".as_slice());
    program.upload("/api/v1/attachments", &[("on", "contact:1")], (file.0, file.1, file.2)).expect(201);
    let (is_over, written) = (AtomicBool::new(false), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                add(&program, written.fetch_add(1, Ordering::Relaxed)).expect("it is taken");
                // Many moments, not many changes: each has to be applied again.
                std::thread::sleep(std::time::Duration::from_millis(10));
            }
        });
        let mut last = 0;
        for _ in 0..3 {
            let before = written.load(Ordering::Relaxed);
            let drill = drilled(&app, 0);
            assert_eq!((&drill["verdict"], &drill["fault"]), (&"ok".into(), &"".into()), "{drill}");
            assert!(drill["rows"].as_i64() > Some(100) && drill["files"] == 1, "{drill}");
            let segment = drill["segment"].as_i64().unwrap();
            assert!(segment > last, "the moment moves on: {drill}");
            last = segment;
            assert!(written.load(Ordering::Relaxed) > before, "nobody wrote meanwhile");
        }
        is_over.store(true, Ordering::Relaxed);
    });
    // With nobody at work: every table of the workspace is as it was, and of the installation all but its record.
    let tables = |app: &TestApp| (digest::of(&app.workspace("alpha"), true), digest::of(&app.control(), false));
    let before = tables(&app);
    let all = facts(&app, &["backup", "drill"], 0);
    assert_eq!(all["drills"].as_array().map(Vec::len), Some(3), "{all}");
    let after = tables(&app);
    assert_eq!(before.0, after.0);
    let moved: Vec<&String> = after.1.keys().filter(|name| before.1.get(*name) != after.1.get(*name)).collect();
    assert_eq!(moved, ["backup_drills"]);
    assert_eq!(scratch(&app), Vec::<PathBuf>::new());
    // It is shown to the operator, to the owner, and to their programs.
    let page = app.session_of(OPERATOR).get("/operator/backups").expect(200).text();
    assert!(page.contains("The same") && page.contains("4 of the last 4 came back whole"), "{page}");
    let page = app.session_of(OWNER).get("/w/alpha/settings/backups").expect(200).text();
    assert!(page.contains("row by row: the same"), "{page}");
    let copies = app.program_of(OWNER, "alpha").get("/api/v1/backups").expect(200).json();
    assert_eq!(copies["data"][0]["drill"]["verdict"], "ok", "{copies}");
    let operator = app.operator_program();
    let list = operator.get("/api/v1/operator/drills?limit=2&count=true").expect(200).json();
    assert_eq!((list["total"].as_i64(), list["data"].as_array().map(Vec::len)), (Some(6), Some(2)), "{list}");
    assert_eq!(list["data"][0]["workspace"], "alpha");
    let rest = format!("/api/v1/operator/drills?cursor={}", list["next_cursor"].as_str().unwrap());
    let rest = operator.get(&rest).expect(200).json();
    assert!(rest["data"].as_array().unwrap().iter().any(|one| one["workspace"].is_null()), "{rest}");
    let metrics = operator.get("/metrics").expect(200).text();
    assert!(metrics.contains("\nholdfast_backup_drill_last_success_timestamp_seconds 1"), "{metrics}");
    assert!(health(&app).contains("3 of 3 places came back whole"));
    let unknown = app.command(&["backup", "drill", "--workspace", "nowhere"]);
    assert_eq!(unknown.status.code(), Some(2), "{}", shown(&unknown));
}

/// A row of the live file changed as nobody who commits could: pages of a copy, sealed under the right key, over its own.
fn plant(app: &TestApp, id: i64) {
    let live = app.data().join("workspaces").join(alpha(app).to_string()).join("data.db");
    let elsewhere = tempfile::tempdir().unwrap();
    let copy = elsewhere.path().join("data.db");
    // Until the log is folded in the file alone does not say how things are.
    facts(app, &["backup", "run"], 0);
    std::fs::copy(&live, &copy).unwrap();
    let conn = open(&copy, &app.keys().workspace(alpha(app)).unwrap().database_key());
    assert_eq!(conn.execute("UPDATE contacts SET region = 'Else' WHERE id = ?1", [id]).unwrap(), 1);
    conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    drop(conn);
    let (was, is) = (std::fs::read(&live).unwrap(), std::fs::read(&copy).unwrap());
    assert_eq!(was.len(), is.len());
    let file = std::fs::OpenOptions::new().write(true).open(&live).unwrap();
    let mut planted = 0;
    for (at, (was, is)) in was.chunks(4096).zip(is.chunks(4096)).enumerate().skip(1) {
        if was != is {
            std::os::unix::fs::FileExt::write_all_at(&file, is, at as u64 * 4096).unwrap();
            planted += 1;
        }
    }
    assert!(planted > 0);
}

/// The newest base of the workspace in the backup folder.
fn newest_base(app: &TestApp) -> PathBuf {
    let folder = Folder::at(&app.data().join("backup"));
    let chain = Chain::read(&folder, &app.keys().control().unwrap().manifest).unwrap();
    let (_, copy) = chain.copies_of(alpha(app)).next_back().expect("a copy");
    folder.base(alpha(app), &copy.object)
}

/// As bytes that nobody else has under another name.
fn rewrite(path: &Path, change: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let before = std::fs::read(path).unwrap();
    let mut bytes = before.clone();
    change(&mut bytes);
    std::fs::remove_file(path).unwrap();
    std::fs::write(path, bytes).unwrap();
    before
}

/// A drill fails and names this; it is told once, seen on the page, and once it is mended it is over.
fn noticed_and_mended(app: &TestApp, named: &str, times: i64, mend: impl FnOnce()) {
    let drill = drilled(app, 1);
    let fault = drill["fault"].as_str().unwrap();
    assert!(drill["verdict"] == "failed" && fault.contains(named), "{named}: {drill}");
    let seen = health(app);
    assert!(seen.contains("the restore drill of alpha failed") && seen.contains("Broken"), "{named}: {seen}");
    // An alarm waits for the backup that follows.
    until(|| {
        app.run_job(ALERT, "");
        (told(app, OPERATOR) >= times).then_some(())
    });
    app.run_job(ALERT, "");
    assert_eq!((told(app, OPERATOR), told(app, OWNER)), (times, times), "{named}");
    let page = app.session_of(OWNER).get("/w/alpha/settings/backups").expect(200).text();
    assert!(page.contains("not all of it came back whole") && !page.contains("/data/"), "{page}");
    mend();
    app.run_job("backup.daily.run", "");
    let drill = drilled(app, 0);
    assert_eq!(drill["verdict"], "ok", "{named}: {drill}");
    app.run_job(ALERT, "");
    assert!(!health(app).contains("the restore drill of alpha failed"), "{named}");
    assert_eq!(told(app, OPERATOR), times, "mended: {named}");
}

#[test]
fn rst_6_every_planted_difference_alarms_once_and_the_next_drill_after_it_is_mended_is_good() {
    let app = TestApp::start();
    let backup = app.data().join("backup");
    let program = app.program_of(OWNER, "alpha");
    let file = ("file", "plan.txt", b"quay plan".as_slice());
    program.upload("/api/v1/attachments", &[("on", "contact:1")], (file.0, file.1, file.2)).expect(201);
    let contact = add(&program, 1).unwrap();
    facts(&app, &["backup", "run"], 0);
    assert_eq!(drilled(&app, 0)["verdict"], "ok");
    plant(&app, contact);
    noticed_and_mended(&app, "contacts", 1, || {});
    let base = newest_base(&app);
    rewrite(&base, |bytes| bytes[5_000] ^= 1);
    noticed_and_mended(&app, base.file_name().unwrap().to_str().unwrap(), 2, || {});
    // Two pieces of what was committed since, and the first is gone. The check of what lies there names it too.
    let known = files_below(&backup.join("data").join(alpha(&app).to_string()), ".seg");
    for number in 2..4 {
        until_shipped(&app, &backup, add(&program, number).unwrap());
    }
    let verdict = facts(&app, &["backup", "verify"], 0);
    assert!(verdict["segments"].as_i64() >= Some(2), "{verdict}");
    let segments = files_below(&backup.join("data").join(alpha(&app).to_string()), ".seg");
    let gone = segments.into_iter().find(|path| !known.contains(path)).unwrap();
    std::fs::remove_file(&gone).unwrap();
    let name = gone.file_name().unwrap().to_str().unwrap();
    let faults = facts(&app, &["backup", "verify"], 1)["faults"].to_string();
    assert!(faults.contains(name), "{faults}");
    noticed_and_mended(&app, name, 3, || {});
    // The line that was left stays damaged; only a look at everything says so. Its base is damaged too.
    let faults = facts(&app, &["backup", "verify", "--all"], 1)["faults"].to_string();
    assert!(faults.contains(name), "{faults}");
    // An attached file, on a disk of its own.
    let blob = files_below(&backup.join("data"), "").into_iter().find(|path| path.extension().is_none()).unwrap();
    let before = rewrite(&blob, |bytes| bytes[80] ^= 1);
    let name = blob.file_name().unwrap().to_str().unwrap();
    noticed_and_mended(&app, name, 4, || std::fs::write(&blob, before).unwrap());
    assert_eq!(scratch(&app), Vec::<PathBuf>::new());
}

#[test]
fn a_kill_in_a_drill_leaves_nothing_that_reads_and_no_record() {
    let failpoint = ("HOLDFAST_TEST_FAILPOINT".to_owned(), "drill.restored".to_owned());
    let mut app = TestApp::start_with(Start { environment: vec![failpoint], ..Start::default() });
    facts(&app, &["backup", "run"], 0);
    let output = app.command(&DRILL);
    assert!(!output.status.success(), "{}", shown(&output));
    assert!(app.server.wait(std::time::Duration::from_secs(30)).is_some(), "the place was never reached");
    let left = scratch(&app);
    assert!(!left.is_empty(), "it was killed in the middle of it");
    for path in left {
        let bytes = std::fs::read(&path).unwrap();
        assert!(!bytes.starts_with(b"SQLite format 3") && !bytes.windows(8).any(|part| part == b"contacts"));
    }
    app.set_start(Start::default());
    app.restart();
    let count = |app: &TestApp| -> i64 {
        app.control().query_row("SELECT count(*) FROM backup_drills", [], |row| row.get(0)).unwrap()
    };
    assert_eq!(count(&app), 0);
    assert_eq!(drilled(&app, 0)["verdict"], "ok");
    assert_eq!((count(&app), scratch(&app)), (1, Vec::new()));
    // Its record goes with the workspace.
    let conn = app.control();
    conn.execute("DELETE FROM workspaces WHERE id = ?1", [alpha(&app).0]).unwrap();
    assert_eq!(count(&app), 0);
}

/// The control: were one segment's frames left out, the drill must notice.
#[test]
fn rst_6_a_way_back_that_leaves_one_segment_out_is_noticed() {
    let mut app = TestApp::start();
    facts(&app, &["backup", "run"], 0);
    let backup = app.data().join("backup");
    until_shipped(&app, &backup, add(&app.program_of(OWNER, "alpha"), 1).unwrap());
    assert_eq!(drilled(&app, 0)["verdict"], "ok");
    app.server.kill();
    let segments = files_below(&backup.join("data").join(alpha(&app).to_string()), ".seg");
    let last = segments.last().and_then(|path| path.file_stem()?.to_str()?.rsplit('-').next()).unwrap();
    let skip = ("HOLDFAST_TEST_UNAPPLIED".to_owned(), last.trim_start_matches('0').to_owned());
    app.set_start(Start { environment: vec![skip], ..Start::default() });
    app.restart();
    // All places: those that follow wait for the backup that begins anew.
    let all = facts(&app, &["backup", "drill"], 1);
    let drills = all["drills"].as_array().unwrap();
    let drill = drills.iter().find(|one| one["workspace"] == "alpha").unwrap();
    assert!(drill["fault"].as_str().unwrap().contains("is not what is live"), "{drill}");
    assert_eq!(drills.len(), 3, "{all}");
}

#[test]
fn each_place_has_its_turn_within_a_week_and_missed_nights_are_caught_up() {
    let app = TestApp::start();
    facts(&app, &["backup", "run"], 0);
    let drills = || -> Vec<(Option<[u8; 16]>, i64)> {
        let control = app.control();
        let mut statement = control.prepare("SELECT workspace_id, finished_at FROM backup_drills ORDER BY id").unwrap();
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        rows.map(Result::unwrap).collect()
    };
    let began = app.now().0;
    // Nobody has a turn in the first nights: a copy that was just made was just read back.
    let mut nights = 2;
    app.advance(2 * DAY);
    app.run_job("backup.daily.run", "");
    assert_eq!(drills(), []);
    while drills().len() < 3 {
        nights += 1;
        assert!(nights <= 7, "{:?}", drills());
        let before = drills().len();
        app.advance(DAY);
        app.run_job("backup.daily.run", "");
        until(|| (drills().len() > before).then_some(()));
    }
    let seen = drills();
    let places: std::collections::BTreeSet<_> = seen.iter().map(|(place, _)| *place).collect();
    assert_eq!((places.len(), seen.len()), (3, 3), "each once: {seen:?}");
    assert!(seen.iter().all(|(_, at)| at - began <= 7 * DAY * 1_000));
    assert!(nights >= 5, "they are spread over the nights: {seen:?}");
    // The machine was off for ten days: all of them, in the night that follows.
    app.advance(10 * DAY);
    app.run_job("backup.daily.run", "");
    until(|| (drills().len() >= 6).then_some(()));
    let caught_up: std::collections::BTreeSet<_> = drills()[3..].iter().map(|(place, _)| *place).collect();
    assert_eq!(caught_up.len(), 3);
    assert!(health(&app).contains("3 of 3 places came back whole"));
    // The owners' mail of the day says so.
    app.run_job("privacy.audit.digest", "alpha");
    let sql = "SELECT body_text FROM outgoing_mail WHERE purpose = 'audit_digest' ORDER BY id DESC LIMIT 1";
    let mail: String = app.control().query_row(sql, [], |row| row.get(0)).unwrap();
    assert!(mail.contains("Restored from its backups as a drill and compared, row by row: the same, in "), "{mail}");
}
