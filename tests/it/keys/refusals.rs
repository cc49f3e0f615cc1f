//! Wrong, misplaced and outdated keys are refused with the reason, and nothing is changed (KEY-1, KEY-2, KEY-4).

use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};
use std::process::Output;

use tempfile::TempDir;

use crate::support::server;
use crate::support::{Server, Start, TestApp, fixture, shown};

/// An installation whose master key lies elsewhere, as it should.
struct Apart {
    folder: TempDir,
}

impl Apart {
    fn new() -> Apart {
        let folder = fixture::copy();
        let key = folder.path().join("master.key");
        std::fs::rename(folder.path().join("data/keys/master.key"), &key).expect("the key moves out");
        Apart { folder }
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn key(&self) -> PathBuf {
        self.folder.path().join("master.key")
    }

    /// `doctor` opens everything and ends: a start without a listener.
    fn open_with(&self, key: &Path) -> Output {
        let key = key.to_str().expect("a path");
        server::run(&self.data(), &["--master-key-file", key, "workspace", "list"])
    }

    /// Refused for safety, in one line that holds these words.
    #[track_caller]
    fn refuses(&self, key: &Path, words: &str) {
        let output = self.open_with(key);
        assert_eq!(output.status.code(), Some(3), "{words}: {}", shown(&output));
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains(words), "expected {words:?}, but: {said}");
        assert_eq!(said.lines().count(), 1, "one line: {said}");
    }
}

fn mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("permissions");
}

#[test]
fn key_1_a_key_file_that_others_can_reach_is_refused() {
    let apart = Apart::new();
    let key = apart.key();
    let good = apart.open_with(&key);
    assert!(good.status.success(), "{}", shown(&good));
    for open in [0o440, 0o404, 0o644, 0o420] {
        mode(&key, open);
        apart.refuses(&key, "mode");
    }
    mode(&key, 0o400);
    let link = apart.folder.path().join("link.key");
    symlink(&key, &link).expect("a link");
    apart.refuses(&link, "symbolic link");
    apart.refuses(&apart.folder.path().join("nowhere.key"), "no such file");
    for inside in ["copy.key", "keys/copy.key", "backup/copy.key"] {
        let path = apart.data().join(inside);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::copy(&key, &path).expect("a copy");
        mode(&path, 0o400);
        apart.refuses(&path, "folder");
        std::fs::remove_file(&path).expect("gone again");
    }
    if std::fs::metadata(&key).expect("the key").uid() == 0 {
        let foreign = apart.folder.path().join("foreign.key");
        std::fs::copy(&key, &foreign).expect("a copy");
        mode(&foreign, 0o400);
        chown(&foreign, Some(12_345), None).expect("root gives it away");
        apart.refuses(&foreign, "12345");
    }
    for (name, content) in [("empty", &b""[..]), ("short", b"abc"), ("text", b"HFMK1-AAAA"), ("long", &[7; 9_000])] {
        let path = apart.folder.path().join(name);
        std::fs::write(&path, content).expect("a file");
        mode(&path, 0o400);
        apart.refuses(&path, "refused");
    }
}

#[test]
fn rst_2_the_key_of_another_installation_is_told_as_such() {
    let (apart, other) = (Apart::new(), tempfile::tempdir().expect("a folder"));
    fixture::empty(other.path());
    let before = std::fs::read(apart.data().join("keys/keyring")).expect("a keyring");
    apart.refuses(&other.path().join("keys/master.key"), "another installation");
    assert_eq!(before, std::fs::read(apart.data().join("keys/keyring")).expect("a keyring"), "nothing may change");
}

#[test]
fn key_2_systemd_hands_over_the_same_key() {
    let apart = Apart::new();
    let credentials = tempfile::tempdir().expect("a folder");
    std::fs::copy(apart.key(), credentials.path().join("master.key")).expect("a credential");
    let folder = credentials.path().display().to_string();
    let start = Start { environment: vec![("CREDENTIALS_DIRECTORY".into(), folder)], ..Start::default() };
    let server = Server::start(&apart.data(), &apart.folder.path().join("clock"), &start)
        .unwrap_or_else(|error| panic!("{error}"));
    server.client(&apart.data()).get("/healthz").expect(200);
    // Nobody who lists processes sees a key.
    let process = PathBuf::from(format!("/proc/{}", server.process()));
    let key = std::fs::read_to_string(apart.key()).expect("the key");
    for file in ["cmdline", "environ"] {
        let text = String::from_utf8_lossy(&std::fs::read(process.join(file)).expect("procfs")).into_owned();
        assert!(!text.contains(key.trim()), "{file} holds the master key");
    }
    let limits = std::fs::read_to_string(process.join("limits")).expect("procfs");
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap_or_default();
    assert!(core.split_whitespace().nth(4) == Some("0"), "core dumps are possible: {core}");
}

#[test]
fn key_2_a_missing_source_is_told() {
    let apart = Apart::new();
    let output = server::run(&apart.data(), &["workspace", "list"]);
    assert_eq!(output.status.code(), Some(3), "{}", shown(&output));
    assert!(String::from_utf8_lossy(&output.stderr).contains("--master-key-file"), "{}", shown(&output));
}

#[test]
fn key_4_a_changed_keyring_is_refused_at_every_byte() {
    let apart = Apart::new();
    let path = apart.data().join("keys/keyring");
    let good = std::fs::read(&path).expect("a keyring");
    let step = (good.len() / 24).max(1);
    for at in (0..good.len()).step_by(step) {
        let mut changed = good.clone();
        changed[at] ^= 0x10;
        std::fs::write(&path, &changed).expect("a changed keyring");
        let output = apart.open_with(&apart.key());
        assert_eq!(output.status.code(), Some(3), "byte {at}: {}", shown(&output));
    }
    for length in [0, 4, 44, good.len() - 1] {
        std::fs::write(&path, &good[..length]).expect("a shorter keyring");
        assert_eq!(apart.open_with(&apart.key()).status.code(), Some(3), "cut to {length}");
    }
    std::fs::write(&path, &good).expect("the good one");
    assert!(apart.open_with(&apart.key()).status.success());
}

/// A copy of the keyring from before a workspace was made opens with the same key, and must not be taken.
#[test]
fn key_4_an_older_keyring_is_refused() {
    let mut app = TestApp::start();
    app.server.stop();
    let path = app.data().join("keys/keyring");
    let old = std::fs::read(&path).expect("a keyring");
    let made = app.command(&["workspace", "create", "gamma", "--name", "Gamma", "--owner", "owner@alpha.example"]);
    assert!(made.status.success(), "{}", shown(&made));
    std::fs::write(&path, old).expect("the older one");
    let refused = app.command(&["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(refused.status.code(), Some(3), "{}", shown(&refused));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("older"), "{}", shown(&refused));
}
