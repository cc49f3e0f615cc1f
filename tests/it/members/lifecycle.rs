//! How a workspace ends: every clock of it, and `kill -9` at each step of the destruction (ERA-1, ERA-2, P-115 to P-121).

use std::collections::BTreeSet;
use std::path::PathBuf;

use holdfast::keys::Keys;
use serde_json::{Value, json};

use crate::support::{Ask, OPERATOR, TestApp, fixture, keys, server, shown};

const DAY: i64 = 24 * 60 * 60;
const END: &str = "members.lifecycle.end";

fn name(app: &TestApp, slug: &str) -> String {
    app.control().query_row("SELECT name FROM workspaces WHERE slug = ?1", [slug], |row| row.get(0)).expect("a name")
}

fn the_end(app: &TestApp) -> Value {
    app.operator_program().get("/api/v1/operator/workspace-ends").expect(200).json()["data"][0].clone()
}

/// Runs the job until something has happened: a nightly backup that is under way makes it wait for its next run.
fn end_until(app: &TestApp, happened: &dyn Fn() -> bool) {
    let begun = std::time::Instant::now();
    while !happened() {
        assert!(begun.elapsed().as_secs() < 30, "it does not come to its end");
        app.run_job(END, "");
    }
}

#[test]
fn era_1_a_workspace_goes_on_time_from_everywhere_and_is_certified() {
    let app = TestApp::start();
    let id = fixture::workspace_id(&app.control(), "beta");
    let (owner, program) = (app.session_of("owner@beta.example"), app.program_of("owner@beta.example", "beta"));
    let operator = app.operator_program();
    // Closed: read, not written; brought back.
    owner.submit("/w/beta/settings/closing/close", &[]).expect(303);
    owner.get("/w/beta/people/contacts").expect(200);
    program.call("POST", "/api/v1/contacts", &json!({ "given_name": "Late" })).expect(409);
    owner.submit("/w/beta/settings/closing/reopen", &[]).expect(303);
    program.call("POST", "/api/v1/contacts", &json!({ "given_name": "Kim" })).expect(201);
    // A wrong name deletes nothing, and the page shows what was typed.
    let page = owner.submit("/w/beta/settings/closing", &[("name", "Another"), ("grace_days", "7")]).expect(422).text();
    assert!(page.contains("value=\"Another\""), "{page}");
    let admin = app.session_of("admin@beta.example");
    assert!(admin.get("/w/beta/settings/closing").expect(200).text().contains("Only an owner"));
    admin.submit("/w/beta/settings/closing/close", &[]).expect(409);
    let folder = app.data().join("workspaces").join(id.to_string());
    let (saved, key) = (std::fs::read(folder.join("data.db")).expect("a copy"), keys(&app.data()).workspace(id));
    let backup = app.data().join("backup");
    let data = backup.join("data").join(id.to_string());
    app.backup(&["backup", "run"]);
    assert!(data.exists());
    let rings = || -> BTreeSet<PathBuf> {
        std::fs::read_dir(backup.join("keys"))
            .expect("copies of the keyring")
            .map(|one| one.expect("one").path())
            .collect()
    };
    let with_key: BTreeSet<PathBuf> =
        rings().into_iter().filter(|path| path.extension().is_some_and(|end| end == "aobj")).collect();
    assert_eq!(with_key.len(), 1);
    drop(key.expect("its key"));
    let fields = [("name", &*name(&app, "beta")), ("grace_days", "7")];
    owner.submit("/w/beta/settings/closing", &fields).expect(303);
    // At once: no member, no token, no job.
    owner.get("/w/beta/people/contacts").expect(404);
    program.get("/api/v1/contacts").expect(401);
    app.advance(6 * DAY);
    app.run_job(END, "");
    assert!(folder.exists() && the_end(&app)["purged_at"].is_null());
    let reopen = operator.send(Ask::new("POST", "/api/v1/operator/workspaces/beta/reopen"));
    reopen.expect(204);
    app.program_of("owner@beta.example", "beta").get("/api/v1/contacts").expect(200);
    let asked =
        operator.call("POST", "/api/v1/operator/workspaces/beta/delete", &json!({ "name": name(&app, "beta") }));
    asked.expect(200);
    app.advance(7 * DAY + 60);
    app.run_job(END, "");
    assert!(!folder.exists() && !the_end(&app)["purged_at"].is_null());
    assert!(keys(&app.data()).workspace(id).is_err(), "its key is gone");
    let rows: i64 = app
        .control()
        .query_row(
            "SELECT (SELECT count(*) FROM workspaces WHERE id = ?1) + (SELECT count(*) FROM memberships WHERE workspace_id = ?1)
                  + (SELECT count(*) FROM api_tokens WHERE workspace_id = ?1) + (SELECT count(*) FROM jobs WHERE workspace_id = ?1)
                  + (SELECT count(*) FROM audit WHERE workspace_id = ?1 AND personal IS NOT NULL)",
            [&id.0[..]],
            |row| row.get(0),
        )
        .expect("a count");
    assert_eq!(rows, 0, "rows or names of it are left");
    operator.send(Ask::new("POST", "/api/v1/operator/workspaces/beta/reopen")).expect(404);
    assert!(data.exists(), "backups go with the next cycle");
    app.advance(DAY);
    end_until(&app, &|| !data.exists());
    assert!(with_key.is_subset(&rings()), "the copies of the keyring have a clock of their own");
    // The other backups are whole, and rotation goes on without the one that is gone.
    app.backup(&["backup", "verify", "--all"]);
    app.advance(13 * DAY);
    end_until(&app, &|| !the_end(&app)["certificate"].is_null());
    assert!(with_key.is_disjoint(&rings()), "a copy of its key is left after 21 days");
    app.backup(&["backup", "prune"]);
    let certificate = the_end(&app)["certificate"].as_str().expect("a certificate").to_owned();
    let file = app.data().join("certificate.json");
    std::fs::write(&file, &certificate).expect("written");
    let verified = app.command(&["certificate", "verify", file.to_str().expect("a path")]);
    assert!(verified.status.success(), "{}", shown(&verified));
    assert!(!certificate.contains("beta"), "it names the workspace: {certificate}");
    // What somebody saved opens with no key that is left.
    let control = keys(&app.data()).control().expect("keys").workspace.database_key();
    let copy = app.data().join("saved.db");
    std::fs::write(&copy, saved).expect("the copy");
    let opened = crate::support::open(&copy, &control);
    assert!(opened.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0)).is_err());
    app.stranger().get("/healthz").expect(200);
    let doctor = app.command(&["audit", "verify", "--all"]);
    assert!(doctor.status.success(), "{}", shown(&doctor));
}

#[test]
fn era_2_the_destruction_survives_kill_9_at_every_step() {
    let mut app = TestApp::start();
    let id = fixture::workspace_id(&app.control(), "beta");
    let title = name(&app, "beta");
    app.server.stop();
    // The end of a closing begins the deletion by itself, and only the clock makes it late.
    let closed = app.command(&["workspace", "close", "beta", "--days", "1"]);
    assert!(closed.status.success(), "{}", shown(&closed));
    let deleted = app.command(&["workspace", "delete", "beta", "--name", &title, "--grace-days", "0"]);
    assert!(deleted.status.success(), "{}", shown(&deleted));
    let clock = app.data().with_file_name("clock");
    std::fs::write(&clock, (DAY + 60).to_string()).expect("the clock");
    let run = |place: &str| {
        // As the next start of the server does: a run that was cut short is due again.
        app.control().execute("UPDATE jobs SET state = 'waiting'", []).expect("due again");
        let mut command = server::command(&app.data(), &["job", "run", END]);
        command.env("HOLDFAST_TEST_CLOCK", &clock).env("HOLDFAST_TEST_FAILPOINT", place).output().expect("it runs")
    };
    for place in ["key_destroyed", "key_noted", "files_removed", "files_noted", "rows_removed"] {
        let died = run(&format!("purge.{place}"));
        assert_eq!(died.status.code(), None, "{place}: {}", shown(&died));
        assert!(keys(&app.data()).workspace(id).is_err(), "{place}: the key is back");
    }
    std::fs::write(&clock, (3 * DAY).to_string()).expect("the clock");
    let died = run("purge.backups_removed");
    assert_eq!(died.status.code(), None, "{}", shown(&died));
    assert!(run("").status.success());
    std::fs::write(&clock, (16 * DAY).to_string()).expect("the clock");
    let died = run("purge.key_copies_removed");
    assert_eq!(died.status.code(), None, "{}", shown(&died));
    assert!(run("").status.success());
    assert!(Keys::exist(&app.data()));
    let ends = app.command(&["workspace", "ends", "--json"]);
    assert!(ends.status.success() && String::from_utf8_lossy(&ends.stdout).contains("signature"), "{}", shown(&ends));
    app.restart();
    app.session_of("owner@alpha.example").get("/w/alpha/people/contacts").expect(200);
}

/// A deletion that does not happen is not kept quiet (OPS-1).
#[test]
fn ops_1_nothing_is_well_while_a_deletion_is_late() {
    let app = TestApp::start();
    let end = "INSERT INTO workspace_ends (workspace_id, requested_at, step, purged_at) VALUES (randomblob(16), 0, 3, 9000000000000)";
    app.control().execute(end, []).expect("an end of long ago");
    app.stranger().get("/healthz").expect(503);
    let health = app.session_of(OPERATOR).get("/operator/health").expect(200).text();
    assert!(health.contains("90 days after the request"), "{health}");
    let metrics = app.operator_program().get("/metrics").expect(200).text();
    assert!(metrics.contains("holdfast_workspace_ends_late 1"), "{metrics}");
    assert_eq!(app.command(&["workspace", "ends"]).status.code(), Some(1));
}
