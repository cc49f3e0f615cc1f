//! A backup that fails or is late is heard of once, the console says why, and people go on working.

use serde_json::json;

use super::{back_up, facts, refusal};
use crate::support::{Start, TestApp};

const OWNER: &str = "owner@alpha.example";
const DAY: i64 = 24 * 60 * 60;
const ALERT: &str = "backup.health.alert";

/// Who was told how often.
fn told(app: &TestApp) -> Vec<(String, i64)> {
    let control = app.control();
    let sql =
        "SELECT recipient, count(*) FROM outgoing_mail WHERE purpose = 'backup_trouble' GROUP BY recipient ORDER BY 1";
    let mut statement = control.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    rows.map(Result::unwrap).collect()
}

fn health(app: &TestApp) -> String {
    app.session_of(crate::support::OPERATOR).get("/operator/health").expect(200).text()
}

#[test]
fn a_trouble_is_mailed_once_and_again_only_after_it_was_mended() {
    let elsewhere = tempfile::tempdir().expect("a folder");
    let folder = elsewhere.path().join("backup");
    let app = TestApp::start_with(Start {
        environment: vec![("HOLDFAST_BACKUP__FOLDER".into(), folder.display().to_string())],
        ..Start::default()
    });
    facts(&app, &["backup", "run"], 0);
    app.run_job(ALERT, "");
    assert_eq!(told(&app), [], "all is well");
    // The disk is gone: the operator hears of it once, and members work on.
    let away = elsewhere.path().join("away");
    std::fs::rename(&folder, &away).unwrap();
    assert!(refusal(&app, &["backup", "run"]).contains("mount the disk"));
    app.run_job(ALERT, "");
    app.run_job(ALERT, "");
    assert_eq!(told(&app), [("operator@holdfast.example".to_owned(), 1)]);
    assert!(health(&app).contains("mount the disk"));
    let program = app.program_of(OWNER, "alpha");
    let made = program.call("POST", "/api/v1/contacts", &json!({ "given_name": "Quillon" })).expect(201).json();
    let page = app.session_of(OWNER).get("/w/alpha/settings/backups").expect(200).text();
    assert!(page.contains("out of reach") && !page.contains(&folder.display().to_string()), "{page}");
    program.get("/api/v1/backups").expect(503);
    // Somebody is erased meanwhile: that waits for nothing, and is heard of.
    let erasure = json!({ "person": made["id"] });
    let id = program.call("POST", "/api/v1/erasures", &erasure).expect(201).json()["id"].clone();
    super::until(|| {
        (program.get(&format!("/api/v1/erasures/{id}")).expect(200).json()["state"] == "done").then_some(())
    });
    std::fs::rename(&away, &folder).unwrap();
    let journals = || super::files_below(&folder.join("ledger"), ".jsonl").len();
    assert_eq!(journals(), 0);
    facts(&app, &["backup", "run"], 0);
    app.run_job("privacy.ledger.carry", "alpha");
    assert_eq!(journals(), 1);
    app.run_job(ALERT, "");
    // Gone once more: a new incident.
    std::fs::rename(&folder, &away).unwrap();
    app.run_job(ALERT, "");
    assert_eq!(told(&app), [("operator@holdfast.example".to_owned(), 2)], "a new incident");
    std::fs::rename(&away, &folder).unwrap();
}

#[test]
fn a_late_workspace_is_told_to_its_owners_and_erasures_reach_another_disk_at_once() {
    let elsewhere = tempfile::tempdir().expect("a folder");
    let folder = elsewhere.path().join("backup");
    let app = TestApp::start_with(Start {
        environment: vec![("HOLDFAST_BACKUP__FOLDER".into(), folder.display().to_string())],
        ..Start::default()
    });
    facts(&app, &["backup", "run"], 0);
    let program = app.program_of(OWNER, "alpha");
    let erased = program.call("POST", "/api/v1/contacts", &json!({ "given_name": "Quillon" })).expect(201).json();
    let id =
        program.call("POST", "/api/v1/erasures", &json!({ "person": erased["id"] })).expect(201).json()["id"].clone();
    super::until(|| {
        (program.get(&format!("/api/v1/erasures/{id}")).expect(200).json()["state"] == "done").then_some(())
    });
    assert_eq!(super::files_below(&folder.join("ledger"), ".jsonl").len(), 1, "before any other backup");
    // Its copies cannot be written, those of the others can.
    let place = folder.join("data").join(crate::support::fixture::workspace_id(&app.control(), "alpha").to_string());
    let aside = elsewhere.path().join("aside");
    std::fs::rename(&place, &aside).unwrap();
    std::fs::write(&place, b"no folder").unwrap();
    app.advance(2 * DAY);
    // The night's run is caught up, and fails.
    super::until(|| health(&app).contains("the last run failed: alpha").then_some(()));
    app.run_job(ALERT, "");
    app.run_job(ALERT, "");
    let expected = [("operator@holdfast.example".to_owned(), 1), ("owner@alpha.example".to_owned(), 1)];
    assert_eq!(told(&app), expected);
    app.program_of(OWNER, "alpha").get("/api/v1/contacts").expect(200);
    std::fs::remove_file(&place).unwrap();
    std::fs::rename(&aside, &place).unwrap();
    back_up(&app.program_of(OWNER, "alpha"));
    app.run_job(ALERT, "");
    assert_eq!(told(&app), expected, "mended");
    assert!(!health(&app).contains("the last run failed"));
}
