//! The backup folder once more: the same files, whatever happens on the way, and gone there what is gone here.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::Value;

use super::{copy_folder, facts, files_below, words_of};
use crate::support::{TestApp, digest, fixture, keys, open, server, shown};

const DAY: i64 = 24 * 60 * 60;
/// The installation's own place. What is written down of a run comes after it.
const CONTROL: &str = "data/00000000000000000000000000000000/segments/";

/// An installation that is not served, with these settings.
pub fn house(settings: &str) -> TestApp {
    let mut app = TestApp::start();
    app.server.stop();
    set(&app, settings);
    app
}

pub fn set(app: &TestApp, settings: &str) {
    std::fs::write(app.data().join("holdfast.toml"), settings).expect("settings");
}

fn to_folder(folder: &Path) -> TestApp {
    house(&format!("[mirror]\nfolder = \"{}\"\n", folder.display()))
}

#[track_caller]
pub fn mirror(app: &TestApp, more: &[&str], code: i32) -> Value {
    facts(app, &[&["backup", "mirror"], more].concat(), code)
}

#[track_caller]
pub fn mirror_refused(app: &TestApp, more: &[&str]) -> String {
    words_of(&app.command(&[&["backup", "mirror"], more].concat()), 3)
}

/// Every file below a folder by its name.
pub fn files(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let name = |path: &Path| path.strip_prefix(root).expect("below it").to_str().expect("a name").to_owned();
    files_below(root, "").iter().map(|path| (name(path), std::fs::read(path).expect("a file"))).collect()
}

/// Holds a mirror against the backup folder, byte for byte. What came into `control.db` since is not in it yet.
#[track_caller]
pub fn assert_same(app: &TestApp, mirror: &BTreeMap<String, Vec<u8>>) {
    let source = files(&app.data().join("backup"));
    for (name, bytes) in mirror.iter().filter(|(name, _)| *name != "MIRROR") {
        let own = source.get(name);
        assert!(own == Some(bytes) || *name == format!("{CONTROL}head.json"), "{name}: {:?}", own.map(Vec::len));
    }
    let missing = source.keys().filter(|name| !mirror.contains_key(*name) && !name.starts_with(CONTROL));
    let missing: Vec<&String> = missing.filter(|name| *name != "LOCK").collect();
    assert!(missing.is_empty(), "{missing:?}");
    assert!(mirror.contains_key("HEAD") && mirror.contains_key("INSTALLATION"));
}

/// Restores from a folder; what is in alpha then is what is in it here.
#[track_caller]
pub fn assert_restores(app: &TestApp, from: &Path) {
    let elsewhere = tempfile::tempdir().expect("a folder");
    let target = elsewhere.path().join("data");
    let (from, key) = (from.display().to_string(), app.data().join("keys/master.key"));
    let output: Output = server::command(&target, &["restore", "--from", &from, "--master-key-file"])
        .arg(&key)
        .env("HOLDFAST_TEST_CLOCK", app.data().with_file_name("clock"))
        .output()
        .expect("it runs");
    assert_eq!(output.status.code(), Some(0), "{}", shown(&output));
    std::fs::copy(&key, target.join("keys/master.key")).expect("the key");
    let id = fixture::workspace_id(&app.control(), "alpha");
    let file = target.join("workspaces").join(id.to_string()).join("data.db");
    let restored = open(&file, &keys(&target).workspace(id).expect("its key").database_key());
    let before = digest::of(&app.workspace("alpha"), false);
    assert!(before.len() > 20);
    let changed = digest::changed(&before, &digest::of(&restored, false));
    assert!(changed.is_empty(), "{changed:?}");
}

/// Mirrors until the process ends itself at a place.
#[track_caller]
pub fn killed_at(app: &TestApp, place: &str) {
    let output = server::command(&app.data(), &["backup", "mirror"])
        .env("HOLDFAST_TEST_CLOCK", app.data().with_file_name("clock"))
        .env("HOLDFAST_TEST_FAILPOINT", place)
        .output()
        .expect("it runs");
    assert_eq!(output.status.code(), None, "{place} was not reached: {}", shown(&output));
}

fn bases(root: &Path) -> Vec<PathBuf> {
    files_below(root, ".base")
}

#[test]
fn a_mirror_is_the_backup_folder_and_restores_whenever_the_process_ended() {
    let elsewhere = tempfile::tempdir().expect("a folder");
    let there = elsewhere.path().join("mirror");
    let app = to_folder(&there);
    let early = app.command(&["backup", "mirror"]);
    assert!(shown(&early).contains("There is no backup yet"), "{}", shown(&early));
    for _ in 0..3 {
        facts(&app, &["backup", "run"], 0);
    }
    let dry = mirror(&app, &["--dry-run"], 0);
    assert!(dry["copied"].as_u64() > Some(10) && !there.exists(), "{dry}");
    killed_at(&app, "mirror.copied");
    let first = mirror(&app, &[], 0);
    assert_eq!((&first["deleted"], &first["waits"]), (&0.into(), &false.into()), "{first}");
    assert_same(&app, &files(&there));
    assert_restores(&app, &there);
    let again = mirror(&app, &[], 0);
    assert!(again["copied_bytes"].as_u64() < Some(500_000), "only what came into control.db since: {again}");
    // One more backup of the day, after which all but the first and the last go: the process ends in the middle of it.
    facts(&app, &["backup", "run"], 0);
    facts(&app, &["backup", "prune", "--more-than-a-fifth"], 0);
    for place in ["mirror.copied", "mirror.head"] {
        killed_at(&app, place);
        assert_restores(&app, &there);
    }
    assert_eq!(bases(&there).len(), 12, "nothing went before HEAD");
    // More than a fifth would go: that asks first.
    let asks = mirror(&app, &[], 1);
    assert_eq!((&asks["waits"], &asks["deleted"]), (&true.into(), &0.into()), "{asks}");
    assert_eq!(bases(&there).len(), 12);
    let gone = mirror(&app, &["--more-than-a-fifth"], 0);
    assert!(gone["deleted"].as_u64() > Some(5), "{gone}");
    assert_same(&app, &files(&there));
    // A bit that turns by itself: neither length nor time of the file tells.
    let rotten = &bases(&there)[0];
    let (mut bytes, time) = (std::fs::read(rotten).unwrap(), std::fs::metadata(rotten).unwrap().modified().unwrap());
    bytes[1_000] ^= 1;
    std::fs::write(rotten, bytes).unwrap();
    std::fs::File::options().write(true).open(rotten).unwrap().set_modified(time).unwrap();
    assert!(mirror(&app, &[], 0)["copied_bytes"].as_u64() < Some(500_000), "it cannot be seen from outside");
    let verdict = mirror(&app, &["--verify"], 1);
    let fault = verdict["faults"][0].as_str().expect("a fault");
    assert!(fault.contains(rotten.file_name().unwrap().to_str().unwrap()) && fault.contains("was changed"), "{fault}");
    mirror(&app, &[], 0);
    assert_same(&app, &files(&there));
    let verdict = mirror(&app, &["--verify"], 0);
    assert!(verdict["objects"].as_u64() > Some(10), "{verdict}");
    // One that somebody took away.
    std::fs::remove_file(rotten).unwrap();
    mirror(&app, &[], 0);
    assert_same(&app, &files(&there));
}

#[test]
fn a_disk_that_is_not_there_and_a_place_of_somebody_else_cost_nothing() {
    let elsewhere = tempfile::tempdir().expect("a folder");
    let there = elsewhere.path().join("mirror");
    let app = to_folder(&there);
    let (backup, aside) = (app.data().join("backup"), elsewhere.path().join("aside"));
    facts(&app, &["backup", "run"], 0);
    mirror(&app, &[], 0);
    let before = files(&there);
    let old = elsewhere.path().join("old");
    fixture::copy_folder(&app.data(), &old);
    // The backup folder's disk is not mounted: its place is gone, then empty, then an older copy of it.
    std::fs::rename(&backup, &aside).unwrap();
    assert!(mirror_refused(&app, &[]).contains("mount the disk"));
    std::fs::create_dir(&backup).unwrap();
    assert!(mirror_refused(&app, &[]).contains("mount the disk"));
    assert!(files(&there) == before, "the mirror was touched");
    std::fs::remove_dir(&backup).unwrap();
    copy_folder(&aside, &backup);
    facts(&app, &["backup", "run"], 0);
    mirror(&app, &[], 0);
    let before = files(&there);
    std::fs::rename(&backup, elsewhere.path().join("newer")).unwrap();
    std::fs::rename(&aside, &backup).unwrap();
    assert!(mirror_refused(&app, &[]).contains("an older copy of the folder"));
    // The whole machine came back from yesterday: the mirror knows more than it does.
    let output = server::command(&old, &["backup", "mirror"]).output().expect("it runs");
    assert!(words_of(&output, 3).contains("it holds backup 2"), "{}", shown(&output));
    assert!(files(&there) == before, "the mirror was touched");
    std::fs::remove_dir_all(&backup).unwrap();
    std::fs::rename(elsewhere.path().join("newer"), &backup).unwrap();
    // The mirror's own disk is not mounted: nothing is written below its place.
    let away = elsewhere.path().join("away");
    std::fs::rename(&there, &away).unwrap();
    assert!(mirror_refused(&app, &[]).contains("--new-mirror") && !there.exists());
    std::fs::create_dir(&there).unwrap();
    assert!(mirror_refused(&app, &[]).contains("mount the disk"));
    assert_eq!(files(&there).len(), 0);
    mirror(&app, &["--new-mirror"], 0);
    assert_same(&app, &files(&there));
    // Places that belong to somebody, or to the original.
    let place = |name: &str, file: &str, text: &str| {
        let place = elsewhere.path().join(name);
        std::fs::create_dir(&place).unwrap();
        std::fs::write(place.join(file), text).unwrap();
        let words = mirror_refused(&app, &["--to", place.to_str().unwrap()]);
        assert_eq!(std::fs::read_dir(&place).unwrap().count(), 1, "{words}");
        words
    };
    let others = "{\"format\":1,\"installation\":\"00ff\"}";
    assert!(place("a", "INSTALLATION", others).contains("belongs to another installation"));
    assert!(place("b", "MIRROR", others).contains("belongs to another installation"));
    assert!(place("c", "photo.jpg", "x").contains("name an empty place"));
    for ours in [&backup, &app.data(), &backup.join("data"), &elsewhere.path().join("..")] {
        if app.data().starts_with(ours.canonicalize().unwrap()) || ours.starts_with(app.data()) {
            let words = mirror_refused(&app, &["--to", ours.to_str().unwrap()]);
            assert!(words.contains("cannot lie in"), "{words}");
        }
    }
    // Once more onto a disk that somebody takes along; the settings' own mirror knows nothing of it.
    let usb = elsewhere.path().join("usb");
    mirror(&app, &["--to", usb.to_str().unwrap()], 0);
    assert_same(&app, &files(&usb));
}

#[test]
fn era_1_nothing_of_a_deleted_workspace_stays_in_the_mirror() {
    const END: &str = "members.lifecycle.end";
    let elsewhere = tempfile::tempdir().expect("a folder");
    let there = elsewhere.path().join("mirror");
    let app = to_folder(&there);
    let id = fixture::workspace_id(&app.control(), "beta").to_string();
    let title: String =
        app.control().query_row("SELECT name FROM workspaces WHERE slug = 'beta'", [], |row| row.get(0)).unwrap();
    facts(&app, &["backup", "run"], 0);
    mirror(&app, &[], 0);
    let rings = || files_below(&there.join("keys"), ".aobj");
    let with_key = rings();
    assert!(there.join("data").join(&id).exists() && !with_key.is_empty());
    let delete = ["workspace", "delete", "beta", "--name", &title, "--grace-days", "0"];
    let deleted = app.command(&delete);
    assert!(deleted.status.success(), "{}", shown(&deleted));
    let clock = app.data().with_file_name("clock");
    for days in [1, 3, 24] {
        std::fs::write(&clock, (days * DAY + 60).to_string()).expect("the clock");
        app.control().execute("UPDATE jobs SET state = 'waiting'", []).expect("due again");
        let ended = app.command(&["job", "run", END]);
        assert!(ended.status.success(), "{}", shown(&ended));
        facts(&app, &["backup", "run"], 0);
        mirror(&app, &[], 0);
        assert_same(&app, &files(&there));
        assert_eq!(there.join("data").join(&id).exists(), app.data().join("backup/data").join(&id).exists());
    }
    assert!(!there.join("data").join(&id).exists(), "its copies stayed in the mirror");
    assert!(with_key.iter().all(|ring| !ring.exists()), "a keyring with its key stayed in the mirror");
    assert!(!rings().is_empty());
    let named: Vec<String> = files(&there).into_keys().filter(|name| name.contains(&id)).collect();
    assert!(named.iter().all(|name| name.starts_with("ledger/")), "{named:?}");
}
