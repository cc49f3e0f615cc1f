//! Making backups, looking at them again, and the folder in every bad state.

use std::os::unix::fs::PermissionsExt;

use serde_json::json;

use super::{copy_folder, facts, files_below, refusal};
use crate::support::{Start, TestApp};

const OWNER: &str = "owner@alpha.example";
const MARKER: &str = "Quillonmarker";

fn attach(app: &TestApp) {
    let file = ("file", "plan.txt", b"quay plan".as_slice());
    app.program_of(OWNER, "alpha")
        .upload("/api/v1/attachments", &[("on", "contact:1")], (file.0, file.1, file.2))
        .expect(201);
}

#[test]
fn bkp_2_a_backup_is_read_back_listed_and_names_nobody() {
    let app = TestApp::start();
    let person = json!({ "given_name": MARKER, "family_name": "Harbour" });
    app.program_of(OWNER, "alpha").call("POST", "/api/v1/contacts", &person).expect(201);
    attach(&app);
    let made = facts(&app, &["backup", "run"], 0);
    assert_eq!((&made["number"], &made["verified"], &made["files"]), (&json!(1), &json!(3), &json!(1)), "{made}");
    let folder = app.data().join("backup");
    // BKP-6: no name of a person, a workspace or a user; sealed objects, and no key among them.
    for path in files_below(&folder, "") {
        // A segment has another name until it is whole.
        let Ok(bytes) = std::fs::read(&path) else { continue };
        let shown = path.display().to_string();
        for word in [MARKER, "quay plan", "alpha", "SQLite format 3"] {
            assert!(!bytes.windows(word.len()).any(|part| part == word.as_bytes()), "{word} in {shown}");
        }
        assert!(!shown.trim_start_matches(&folder.display().to_string()).contains("alpha"), "{shown}");
        let Ok(meta) = std::fs::metadata(&path) else { continue };
        assert_eq!(meta.permissions().mode() & 0o077, 0, "{shown}");
    }
    assert_eq!(files_below(&folder.join("data"), ".base").len(), 3);
    assert!(files_below(&folder, ".part").is_empty() && !app.data().join("scratch").join("x").exists());
    let list = facts(&app, &["backup", "list"], 0);
    assert_eq!(list["backups"][0]["verified"], 3, "{list}");
    assert_eq!(list["head"], made["head"]);
    let looked = facts(&app, &["backup", "verify", "--all"], 0);
    assert_eq!((&looked["copies"], &looked["files"]), (&json!(3), &json!(1)));
    // The next one takes the file over without a second copy, and follows the first.
    let second = facts(&app, &["backup", "run"], 0);
    assert_eq!(second["number"], 2);
    assert_eq!(files_below(&folder.join("data"), "").iter().filter(|path| path.extension().is_none()).count(), 1);
    assert_eq!(facts(&app, &["backup", "verify", "--all"], 0)["copies"], 6);
}

#[test]
fn bkp_2_every_kind_of_damage_is_named() {
    let app = TestApp::start();
    attach(&app);
    facts(&app, &["backup", "run"], 0);
    let folder = app.data().join("backup");
    let flip = |path: &std::path::Path, at: usize| {
        let mut bytes = std::fs::read(path).unwrap();
        bytes[at] ^= 1;
        // A second name of a live file must not be changed through the backup.
        std::fs::remove_file(path).unwrap();
        std::fs::write(path, bytes).unwrap();
    };
    let spoil = |path: &std::path::Path, spoil: &dyn Fn(&std::path::Path), expected: &str| {
        let before = std::fs::read(path).unwrap();
        spoil(path);
        let verdict = facts(&app, &["backup", "verify"], 1);
        let faults = verdict["faults"].to_string();
        assert!(faults.contains(expected) && faults.contains("backup 1"), "{expected}: {faults}");
        let _ = std::fs::remove_file(path);
        std::fs::write(path, before).unwrap();
    };
    let bases = files_below(&folder.join("data"), ".base");
    for (base, at) in bases.iter().zip([10, 70, 5_000]) {
        spoil(base, &|path| flip(path, at), "");
    }
    for base in bases.into_iter().take(1) {
        spoil(&base, &|path| std::fs::remove_file(path).unwrap(), "the object is missing");
    }
    let blob = files_below(&folder.join("data"), "").into_iter().find(|path| path.extension().is_none()).unwrap();
    spoil(&blob, &|path| flip(path, 80), "the file was changed");
    spoil(&blob, &|path| std::fs::remove_file(path).unwrap(), "the file is missing");
    let list = files_below(&folder.join("data"), ".files").pop().unwrap();
    spoil(&list, &|path| std::fs::write(path, "0 0 0\n").unwrap(), "not the list that the manifest names");
    facts(&app, &["backup", "verify"], 0);
    // The chain itself: refused before anything is opened.
    let manifest = files_below(&folder.join("manifests"), ".json").pop().unwrap();
    let before = std::fs::read(&manifest).unwrap();
    flip(&manifest, 30);
    assert!(refusal(&app, &["backup", "verify"]).contains("not the file that HEAD lists"));
    std::fs::remove_file(&manifest).unwrap();
    assert!(refusal(&app, &["backup", "list"]).contains("was taken out of the folder"));
    std::fs::write(&manifest, before).unwrap();
    flip(&folder.join("HEAD"), 30);
    assert!(refusal(&app, &["backup", "run"]).contains("HEAD"));
    app.session_of(OWNER).get("/w/alpha").expect(200);
}

#[test]
fn a_folder_that_is_gone_foreign_newer_or_closed_is_told_and_serving_goes_on() {
    let elsewhere = tempfile::tempdir().unwrap();
    let target = elsewhere.path().join("target");
    let environment = vec![("HOLDFAST_BACKUP__FOLDER".to_owned(), target.display().to_string())];
    let app = TestApp::start_with(Start { environment, ..Start::default() });
    facts(&app, &["backup", "run"], 0);
    // Unmounted: the place is there and empty.
    let kept = elsewhere.path().join("kept");
    std::fs::rename(&target, &kept).unwrap();
    assert!(refusal(&app, &["backup", "run"]).contains("mount the disk"));
    std::fs::create_dir(&target).unwrap();
    assert!(refusal(&app, &["backup", "list"]).contains("mount the disk"));
    assert_eq!(std::fs::read_dir(&target).unwrap().count(), 0, "nothing was written to the place of the disk");
    // An older copy of it.
    std::fs::remove_dir(&target).unwrap();
    copy_folder(&kept, &target);
    facts(&app, &["backup", "run"], 0);
    std::fs::remove_dir_all(&target).unwrap();
    copy_folder(&kept, &target);
    let refused = refusal(&app, &["backup", "run"]);
    assert!(refused.contains("backup 2 was made, but the newest one here is 1"), "{refused}");
    facts(&app, &["backup", "run", "--new-folder"], 0);
    // Another installation's, and a newer program's.
    let mark = std::fs::read_to_string(target.join("INSTALLATION")).unwrap();
    std::fs::write(target.join("INSTALLATION"), mark.replace("\"format\":1", "\"format\":9")).unwrap();
    assert!(refusal(&app, &["backup", "run"]).contains("a newer version of Holdfast"));
    std::fs::write(target.join("INSTALLATION"), r#"{"format":1,"installation":"00112233445566778899aabbccddeeff"}"#)
        .unwrap();
    assert!(refusal(&app, &["backup", "run"]).contains("belong to another installation"));
    std::fs::write(target.join("INSTALLATION"), "{").unwrap();
    assert!(refusal(&app, &["backup", "run"]).contains("damaged"));
    std::fs::write(target.join("INSTALLATION"), &mark).unwrap();
    // A file where the folder should be.
    std::fs::remove_dir_all(&target).unwrap();
    std::fs::write(&target, "x").unwrap();
    assert!(refusal(&app, &["backup", "run"]).contains("this is no folder"));
    app.session_of(OWNER).get("/w/alpha").expect(200);
    assert_eq!(app.stranger().get("/healthz").expect(200).text(), "ok\n");
}

#[test]
fn bkp_1_a_missed_night_is_caught_up() {
    let mut app = TestApp::start();
    app.server.stop();
    let clock = app.data().with_file_name("clock");
    // The machine was off for two nights.
    std::fs::write(&clock, (2 * 86_400).to_string()).unwrap();
    app.restart();
    let backups = || facts(&app, &["backup", "list"], 0)["backups"].as_array().map_or(0, Vec::len);
    let waiting = std::time::Instant::now();
    while backups() == 0 {
        assert!(waiting.elapsed().as_secs() < 30, "the night was not caught up");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    // Today's is there: nothing is due.
    app.run_job("backup.daily.run", "");
    assert_eq!(backups(), 1);
}

#[test]
fn the_first_backup_does_not_wait_for_the_night() {
    let environment = vec![("HOLDFAST_BACKUP__BEGIN_AT_ONCE".to_owned(), "true".to_owned())];
    let app = TestApp::start_with(Start { environment, ..Start::default() });
    let operator = app.session_of(crate::support::OPERATOR);
    let made = super::until(|| {
        let list = facts(&app, &["backup", "list"], 0)["backups"].clone();
        (list.as_array().map_or(0, Vec::len) > 0).then_some(list)
    });
    assert_eq!(made[0]["verified"], 3, "{made}");
    assert!(!operator.get("/operator/backups").expect(200).text().contains("No backup yet"));
    // From then on every change is carried over.
    app.program_of(OWNER, "alpha").call("POST", "/api/v1/contacts", &json!({ "given_name": "Early" })).expect(201);
    let data = app.data().join("backup/data");
    super::until(|| files_below(&data, ".seg").iter().any(|path| path.is_file()).then_some(()));
    assert_eq!(facts(&app, &["backup", "list"], 0)["backups"].as_array().map(Vec::len), Some(1), "only one");
}
