//! The mirror while the program serves: the console, the job, the API, and who hears of trouble.

use super::mirroring::{files, house, set};
use super::{facts, until};
use crate::support::s3::{S3, write_secret};
use crate::support::{OPERATOR, TestApp};

const ALERT: &str = "backup.health.alert";
const MIRROR: &str = "/api/v1/operator/backup-mirror";

fn told(app: &TestApp) -> i64 {
    let sql = "SELECT count(*) FROM outgoing_mail WHERE purpose = 'backup_trouble'";
    app.control().query_row(sql, [], |row| row.get(0)).unwrap()
}

/// Presses the button, and waits for the end of that run.
fn bring(app: &TestApp) {
    let tried = || app.operator_program().get(MIRROR).expect(200).json()["tried_at"].clone();
    let before = tried();
    app.session_of(OPERATOR).submit("/operator/backups/mirror/run", &[]).expect(303);
    until(|| (tried() != before).then_some(()));
}

fn events(app: &TestApp) -> Vec<String> {
    let control = app.control();
    let mut statement =
        control.prepare("SELECT action FROM audit WHERE action LIKE 'backup.mirror.%' ORDER BY seq").unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

#[test]
fn the_console_shows_the_mirror_starts_it_and_tells_of_trouble_once() {
    let elsewhere = tempfile::tempdir().expect("a folder");
    let there = elsewhere.path().join("mirror");
    let mut app = house("");
    app.restart();
    let page = |app: &TestApp| app.session_of(OPERATOR).get("/operator/backups").expect(200).text();
    assert!(page(&app).contains("No mirror yet") && page(&app).contains("mirror.folder"), "it teaches");
    let api = |app: &TestApp| app.operator_program().get(MIRROR).expect(200).json();
    assert!(api(&app)["to"].is_null());
    app.session_of(OPERATOR).submit("/operator/backups/mirror/run", &[]).expect(409);
    app.server.stop();
    set(&app, &format!("[mirror]\nfolder = \"{}\"\n", there.display()));
    app.restart();
    // Nothing is copied before the first backup; that brings the mirror along.
    app.run_job("backup.mirror.run", "");
    assert!(!there.exists() && page(&app).contains("Not made yet"));
    facts(&app, &["backup", "run"], 0);
    until(|| there.join("HEAD").exists().then_some(()));
    until(|| (!api(&app)["complete_at"].is_null()).then_some(()));
    let state = api(&app);
    assert_eq!((&state["backup"], &state["trouble"]), (&1.into(), &serde_json::Value::Null), "{state}");
    assert!(page(&app).contains("Complete") && page(&app).contains(&there.display().to_string()));
    bring(&app);
    let seen = events(&app);
    assert!(seen.contains(&"backup.mirror.asked".into()) && seen.contains(&"backup.mirror.updated".into()), "{seen:?}");
    app.run_job(ALERT, "");
    assert_eq!(told(&app), 0);
    // Its disk is gone: somebody has to do something, so it is told at once, and once.
    let away = elsewhere.path().join("away");
    std::fs::rename(&there, &away).unwrap();
    bring(&app);
    assert!(page(&app).contains("mount the disk"), "{}", page(&app));
    let health = app.session_of(OPERATOR).get("/operator/health").expect(200).text();
    assert!(health.contains("the mirror is not brought up to date"), "{health}");
    app.run_job(ALERT, "");
    app.run_job(ALERT, "");
    assert_eq!(told(&app), 1, "one mail for one incident");
    std::fs::rename(&away, &there).unwrap();
    // More than a fifth would go: that waits for the button.
    let many = there.join("data/00000000000000000000000000000000");
    for number in 0..60 {
        std::fs::write(many.join(format!("{number}.base")), "old").unwrap();
    }
    bring(&app);
    assert!(page(&app).contains("more than a fifth") && page(&app).contains("mirror-let-go"));
    assert!(many.join("7.base").exists());
    app.session_of(OPERATOR).submit("/operator/backups/mirror/let-go", &[]).expect(303);
    until(|| (!many.join("7.base").exists()).then_some(()));
    until(|| (api(&app)["waiting"].is_null()).then_some(()));
    app.run_job(ALERT, "");
    assert_eq!(told(&app), 1, "mended");
    assert!(events(&app).contains(&"backup.mirror.agreed".into()));
    assert!(files(&there).contains_key("HEAD"));
}

#[test]
fn a_storage_that_fails_is_told_when_it_lasts_and_its_secret_is_shown_nowhere() {
    let storage = S3::start();
    let app = house(&storage.settings());
    facts(&app, &["backup", "run"], 0);
    let mut app = app;
    app.restart();
    bring(&app);
    let page = |app: &TestApp| app.session_of(OPERATOR).get("/operator/backups").expect(200).text();
    assert!(page(&app).contains("Complete"), "{}", page(&app));
    let settings = storage.settings();
    let port = storage.port;
    let (secret, access) = (storage.secret_key.clone(), storage.access_key.clone());
    drop(storage);
    // The file with the secret went with the storage's own folder; the service needs it still.
    let kept = app.data().with_file_name("secret");
    write_secret(&kept, &secret);
    let line = |line: &str| match line.starts_with("secret_key_file") {
        true => format!("secret_key_file = \"{}\"\n", kept.display()),
        false => format!("{line}\n"),
    };
    set(&app, &settings.lines().map(line).collect::<String>());
    app.server.stop();
    app.restart();
    bring(&app);
    let words = page(&app);
    assert!(words.contains("cannot be reached") && words.contains(&format!("localhost:{port}")), "{words}");
    app.run_job(ALERT, "");
    assert_eq!(told(&app), 0, "a line may be down for a while");
    app.advance(7 * 60 * 60);
    // Where a night lies between, the alert waits for its backup.
    super::until(|| {
        app.run_job(ALERT, "");
        (told(&app) > 0).then_some(())
    });
    app.run_job(ALERT, "");
    assert_eq!(told(&app), 1);
    let metrics = app.operator_program().get("/metrics").expect(200).text();
    assert!(metrics.contains("holdfast_outbound_calls_total{purpose=\"mirror\"}"), "{metrics}");
    let printed = app.command(&["serve", "--print-config"]);
    let api = app.operator_program().get(MIRROR).expect(200).text();
    let jobs = app.operator_program().get("/api/v1/operator/jobs?limit=200").expect(200).text();
    let log = app.server.log();
    for text in [&words, &metrics, &api, &jobs, &log, &crate::support::shown(&printed)] {
        assert!(!text.contains(&secret), "the secret is shown: {text}");
    }
    assert!(!words.contains(&access) && !log.contains(&access) && !log.contains("Signature="));
}
