//! A backup disk that is full or read-only, and a clock that is decades off: told, survived, and nothing lost.

use std::io::Write;

use serde_json::json;

use super::luck::Luck;
use super::{facts, refusal, until};
use crate::durability::disk::SmallDisk;
use crate::support::{TestApp, server, shown};

const DAY: i64 = 24 * 60 * 60;

/// An installation whose backups lie on a disk of so many mebibytes; `None` where mounting is not permitted.
fn on_a_small_disk(mebibytes: u32) -> Option<(Luck, SmallDisk)> {
    let luck = Luck::without_backup();
    let disk = SmallDisk::try_mount(&luck.folder, mebibytes);
    if disk.is_none() {
        let _ = writeln!(std::io::stderr(), "skipped: mounting a tmpfs is not permitted here");
    }
    Some((luck, disk?))
}

fn contacts(app: &TestApp) -> i64 {
    app.workspace("alpha").query_row("SELECT count(*) FROM contacts", [], |row| row.get(0)).unwrap()
}

#[test]
fn a_backup_disk_that_is_full_or_read_only_is_told_and_nothing_is_lost() {
    let Some((luck, disk)) = on_a_small_disk(1) else { return };
    let (app, folder) = (&luck.app, luck.folder.display().to_string());
    // The first backup does not fit.
    let full = [&*folder, "the disk is full; make room"];
    let said = refusal(app, &["backup", "run"]);
    assert!(full.iter().all(|word| said.contains(word)), "{said}");
    luck.serves();
    luck.tells(&full);
    disk.remount("size=64m");
    facts(app, &["backup", "run"], 0);
    luck.mended();
    // Full later: changes wait in the live files, which goes on for as long as their own disk has room.
    let ballast = disk.fill_but(0);
    for _ in 0..5 {
        luck.serves();
    }
    until(|| refusal(app, &["backup", "run"]).contains("make room").then_some(()));
    luck.tells(&full);
    std::fs::remove_file(ballast).unwrap();
    facts(app, &["backup", "run"], 0);
    luck.mended();
    disk.remount("ro");
    let locked = [&*folder, "mounted read-only; mount it for writing"];
    for command in ["run", "verify"] {
        let said = refusal(app, &["backup", command]);
        assert!(locked.iter().all(|word| said.contains(word)), "{command}: {said}");
    }
    luck.serves();
    luck.tells(&locked);
    facts(app, &["backup", "list"], 0);
    disk.remount("rw");
    // What was changed meanwhile is carried over without another backup, at the latest when it stops; all of it comes back.
    luck.serves();
    let mut luck = luck;
    luck.app.server.stop();
    let target = luck.elsewhere.path().join("target");
    let key = luck.app.data().join("keys/master.key");
    let restore = ["restore", "--from", &folder, "--master-key-file", key.to_str().unwrap()];
    let restored = server::command(&target, &restore).output().unwrap();
    assert_eq!(restored.status.code(), Some(0), "{}", shown(&restored));
    std::fs::copy(&key, target.join("keys/master.key")).unwrap();
    let keys = crate::support::keys(&target);
    let id = crate::support::fixture::workspace_id(&luck.app.control(), "alpha");
    let file = target.join("workspaces").join(id.to_string()).join("data.db");
    let back: i64 = crate::support::open(&file, &keys.workspace(id).unwrap().database_key())
        .query_row("SELECT count(*) FROM contacts", [], |row| row.get(0))
        .unwrap();
    assert_eq!(back, contacts(&luck.app), "something that was acknowledged is not in the backups");
}

#[test]
fn a_clock_in_2099_or_1970_loses_no_copy_and_is_told() {
    let luck = Luck::new();
    let app = &luck.app;
    let copies = || facts(app, &["backup", "list"], 0)["backups"].as_array().map_or(0, Vec::len);
    app.advance(DAY);
    app.backup(&["backup", "run"]);
    let years = 73 * 365 * DAY;
    let before = copies();
    // 2099: the night is made up for, and its rule would let nearly everything go: it asks.
    app.advance(years);
    luck.serves();
    until(|| (copies() > before).then_some(()));
    app.run_job("backup.daily.run", "");
    assert!(copies() > before, "copies went because the clock was wrong");
    let page = app.session_of(crate::support::OPERATOR).get("/operator/backups").expect(200).text();
    assert!(page.contains("copies would go at once"), "{page}");
    // Back again: the newest copy is of the future.
    app.advance(-years);
    luck.tells(&["set the clock right", "2099"]);
    luck.serves();
    app.backup(&["backup", "run"]);
    luck.mended();
    // 1970: every copy is of the future.
    let since_1970 = app.now().0 / 1000 - DAY;
    app.advance(-since_1970);
    luck.serves();
    luck.tells(&["set the clock right", "1970"]);
    app.backup(&["backup", "run"]);
    app.advance(since_1970);
    luck.serves();
    app.backup(&["backup", "run"]);
    luck.mended();
    assert!(copies() >= before + 4, "copies went because the clock was wrong");
    assert_eq!(facts(app, &["backup", "verify", "--all"], 0)["faults"], json!([]));
}
