//! An upgrade of a file: a copy before it, the copy back after a failure, and nothing half done after `kill -9` (OPS-4).

use std::path::PathBuf;

use regex::Regex;
use rusqlite::Connection;

use super::{assert_audit_verifies, assert_sound};
use crate::support::{Start, TestApp, fixture, keys, open, shown};

/// The file of a workspace and the copies from before upgrades beside it.
fn files(app: &TestApp, slug: &str) -> (PathBuf, Vec<PathBuf>) {
    let id = fixture::workspace_id(&app.control(), slug);
    let folder = app.data().join("workspaces").join(id.to_string());
    let copies = std::fs::read_dir(&folder).expect("its folder").flatten().map(|entry| entry.path());
    let copies = copies.filter(|path| path.to_string_lossy().contains("data.db.before-")).collect();
    (folder.join("data.db"), copies)
}

fn schema(conn: &Connection) -> i64 {
    conn.query_row("SELECT max(version) FROM refinery_schema_history", [], |row| row.get(0)).expect("a version")
}

fn contacts(conn: &Connection) -> i64 {
    conn.query_row("SELECT count(*) FROM contacts", [], |row| row.get(0)).expect("a count")
}

/// Forgets that the newest migration ran. What it made is still there, so that it fails when it runs again.
fn plant_failing_upgrade(app: &TestApp, slug: &str) -> i64 {
    let conn = app.workspace(slug);
    let newest = schema(&conn);
    conn.execute("DELETE FROM refinery_schema_history WHERE version = ?1", [newest]).expect("forgotten");
    newest
}

/// The same, and takes away what it made: the file of the program from before.
fn plant_upgrade(app: &TestApp, slug: &str) -> i64 {
    let newest = plant_failing_upgrade(app, slug);
    let conn = app.workspace(slug);
    conn.pragma_update(None, "foreign_keys", "OFF").expect("off");
    let text = migration(newest);
    let made = Regex::new(r"CREATE (?:VIRTUAL )?TABLE (\w+)").expect("a pattern");
    for made in made.captures_iter(&text) {
        conn.execute_batch(&format!("DROP TABLE {}", &made[1])).expect("a table of the newest migration");
    }
    let added = Regex::new(r"ALTER TABLE (\w+) ADD COLUMN (\w+)").expect("a pattern");
    for added in added.captures_iter(&text) {
        let drop = format!("ALTER TABLE {} DROP COLUMN {}", &added[1], &added[2]);
        conn.execute_batch(&drop).expect("a column of the newest migration");
    }
    newest
}

fn migration(version: i64) -> String {
    let folders = std::fs::read_dir("migrations/workspace").expect("migrations");
    let files = folders.flatten().flat_map(|folder| std::fs::read_dir(folder.path()).expect("a folder").flatten());
    let found = files.map(|file| file.path()).find(|path| {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        name.starts_with(&format!("V{version:04}__"))
    });
    std::fs::read_to_string(found.expect("the newest migration")).expect("it reads")
}

#[test]
fn ops_4_a_failing_upgrade_is_undone_and_the_others_go_on() {
    let mut app = TestApp::start();
    let before = contacts(&app.workspace("beta"));
    app.server.stop();
    let newest = plant_failing_upgrade(&app, "beta");
    app.restart();
    app.session_of("owner@alpha.example").get("/w/alpha/people/contacts").expect(200);
    let beta = app.session_of("owner@beta.example");
    for _ in 0..2 {
        let page = beta.get("/w/beta/people/contacts").expect(503).text();
        assert!(page.contains("Nothing is lost") && !page.contains("data.db"), "{page}");
    }
    let (_, copies) = files(&app, "beta");
    assert_eq!(copies, Vec::<PathBuf>::new(), "the copy is back in its place");
    assert_eq!((schema(&app.workspace("beta")) < newest, contacts(&app.workspace("beta"))), (true, before));
    let health = app.session_of(crate::support::OPERATOR).get("/operator/health").expect(200).text();
    // What the newest migration makes a second time, a table or a column, is there already.
    let is_named = health.contains("already exists") || health.contains("duplicate column");
    assert!(health.contains("failed and was undone") && is_named, "{health}");
    let doctor = app.command(&["doctor"]);
    assert_eq!(doctor.status.code(), Some(1), "{}", shown(&doctor));
    assert!(String::from_utf8_lossy(&doctor.stdout).contains("failed and was undone"), "{}", shown(&doctor));
    app.server.stop();
    let output = app.command(&["workspace", "export", "beta", "--out", "/tmp/never-written.json"]);
    assert_eq!(output.status.code(), Some(3), "{}", shown(&output));
    assert_sound(&app.workspace("beta"));
}

#[test]
fn ops_4_an_upgrade_survives_kill_9_and_its_copy_goes_after_a_week() {
    let mut app = TestApp::start();
    app.server.stop();
    let newest = plant_upgrade(&app, "beta");
    let before = contacts(&app.workspace("beta"));
    for place in ["upgrade.copied", "upgrade.migrated"] {
        let at = vec![("HOLDFAST_TEST_FAILPOINT".to_owned(), place.to_owned())];
        app.set_start(Start { environment: at, ..Start::default() });
        app.restart_towards_death("beta");
    }
    app.set_start(Start::default());
    app.restart();
    app.session_of("owner@beta.example").get("/w/beta/people/contacts").expect(200);
    assert_eq!((schema(&app.workspace("beta")), contacts(&app.workspace("beta"))), (newest, before));
    assert_audit_verifies(&app);
    let (file, copies) = files(&app, "beta");
    assert_eq!(copies.len(), 1, "{copies:?}");
    let id = fixture::workspace_id(&app.control(), "beta");
    let key = keys(&app.data()).workspace(id).expect("its key").database_key();
    let copy = file.with_file_name("opened-copy.db");
    std::fs::copy(&copies[0], &copy).expect("a copy of the copy");
    let copied = open(&copy, &key);
    assert!(schema(&copied) < newest, "it was taken before the upgrade");
    assert_eq!(contacts(&copied), before);
    app.run_job("operator.upgrades.prune", "");
    assert_eq!(files(&app, "beta").1.len(), 1, "it stays for a week");
    app.advance(8 * 24 * 60 * 60);
    app.run_job("operator.upgrades.prune", "");
    assert_eq!(files(&app, "beta").1, Vec::<PathBuf>::new());
}

#[test]
fn ops_4_a_workspace_of_a_newer_program_is_refused_and_the_others_go_on() {
    let mut app = TestApp::start();
    app.server.stop();
    let later = "INSERT INTO refinery_schema_history (version, name, applied_on, checksum)
                 VALUES (9000, 'later', '2030-01-01T00:00:00Z', '1')";
    app.workspace("beta").execute(later, []).expect("a later migration");
    let refused = app.command(&["workspace", "export", "beta", "--out", "/tmp/never-written.json"]);
    assert_eq!(refused.status.code(), Some(3), "{}", shown(&refused));
    app.restart();
    app.session_of("owner@beta.example").get("/w/beta/people/contacts").expect(503);
    app.session_of("owner@alpha.example").get("/w/alpha/people/contacts").expect(200);
    let doctor = app.command(&["doctor"]);
    let words = String::from_utf8_lossy(&doctor.stdout).into_owned();
    assert!(words.contains("schema 9000") && words.contains("newer Holdfast"), "{words}");
}
