//! The mirror in a real storage that speaks S3, looked at by another program: what arrives, what goes, what is told
//! when it does not work.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpListener;

use super::mirroring::{assert_restores, assert_same, house, killed_at, mirror, mirror_refused, set};
use super::{facts, words_of};
use crate::support::s3::{self, PREFIX, S3};
use crate::support::{TestApp, fixture, server, shown};

/// Larger than one part.
const LARGE: usize = 20 * 1024 * 1024;

/// The bucket's objects under the names of the backup folder.
fn objects(storage: &S3) -> BTreeMap<String, Vec<u8>> {
    let name = |key: String| key.strip_prefix(&format!("{PREFIX}/")).expect("below the prefix").to_owned();
    storage.all().into_iter().map(|(key, body)| (name(key), body)).collect()
}

#[test]
fn a_bucket_is_the_backup_folder_and_a_large_object_goes_on_where_it_was() {
    let storage = S3::start();
    let app = house(&storage.settings());
    facts(&app, &["backup", "run"], 0);
    // A sealed file of this size, as attachments are: bytes that nobody has seen before.
    let place = app.data().join("backup/data").join(fixture::workspace_id(&app.control(), "alpha").to_string());
    let large = place.join("blobs/ab").join(format!("ab{}", "7".repeat(30)));
    std::fs::create_dir_all(large.parent().unwrap()).unwrap();
    let mut state = 1_u32;
    let noise: Vec<u8> = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state.to_le_bytes()[0]
    })
    .take(LARGE)
    .collect();
    std::fs::write(&large, &noise).unwrap();
    storage.begin(&format!("{PREFIX}/data/left-by-somebody"));
    killed_at(&app, "mirror.part");
    assert_eq!(storage.uploads().len(), 1, "the stray one ended, ours waits");
    let note = crate::backup::files_below(&app.data().join("mirror"), ".upload");
    let begun: serde_json::Value = serde_json::from_slice(&std::fs::read(&note[0]).unwrap()).unwrap();
    assert_eq!(begun["parts"].as_array().map(Vec::len), Some(1));
    killed_at(&app, "mirror.part");
    let begun: serde_json::Value = serde_json::from_slice(&std::fs::read(&note[0]).unwrap()).unwrap();
    assert_eq!(begun["parts"].as_array().map(Vec::len), Some(2), "the first part was sent once");
    let first = mirror(&app, &[], 0);
    assert_eq!(storage.uploads(), Vec::<String>::new());
    assert!(!note[0].exists(), "{first}");
    let there = objects(&storage);
    assert_same(&app, &there);
    // Nothing in it can be read, and nothing of it opens anything.
    let key = std::fs::read(app.data().join("keys/master.key")).unwrap();
    let key = String::from_utf8_lossy(&key).trim().to_owned();
    for marker in ["Marram", "alpha.example", "alpha Works", "SQLite format", &key, &storage.secret_key] {
        for (name, body) in &there {
            assert!(!body.windows(marker.len()).any(|bytes| bytes == marker.as_bytes()), "{marker} is in {name}");
        }
    }
    // An object that somebody wrote over is found by reading it, and by the next run.
    let base = there.keys().find(|name| name.ends_with(".base")).unwrap();
    let spoil = || {
        let mut body = there[base].clone();
        body[500] ^= 1;
        storage.put(&format!("{PREFIX}/{base}"), &body);
    };
    spoil();
    let verdict = mirror(&app, &["--verify"], 1);
    assert!(verdict["faults"][0].as_str().unwrap().contains(base.as_str()), "{verdict}");
    mirror(&app, &[], 0);
    assert_same(&app, &objects(&storage));
    assert_eq!(mirror(&app, &["--verify"], 0)["faults"], serde_json::json!([]));
    spoil();
    mirror(&app, &[], 0);
    assert_same(&app, &objects(&storage));
    // What is known of the mirror is lost: everything is compared, nothing is sent twice.
    for list in crate::backup::files_below(&app.data().join("mirror"), ".list") {
        std::fs::remove_file(list).unwrap();
    }
    let compared = mirror(&app, &[], 0);
    assert!(compared["copied_bytes"].as_u64() < Some(500_000), "{compared}");
    // Gone here, gone there.
    std::fs::remove_file(&large).unwrap();
    storage.keep_versions();
    let gone = mirror(&app, &[], 0);
    assert_eq!(gone["deleted"], 1, "{gone}");
    assert!(gone["remark"].as_str().unwrap().contains("keeps versions"), "{gone}");
    assert_same(&app, &objects(&storage));
    fetched(&app, &storage);
}

/// A machine with the program and the settings: the mirror comes back, and an installation from it.
fn fetched(app: &TestApp, storage: &S3) {
    let elsewhere = tempfile::tempdir().expect("a folder");
    let (data, into) = (elsewhere.path().join("data"), elsewhere.path().join("fetched"));
    std::fs::create_dir(&data).unwrap();
    std::fs::write(data.join("holdfast.toml"), storage.settings()).unwrap();
    let fetch = |code| {
        let into = into.to_str().unwrap();
        let output = server::command(&data, &["--json", "backup", "mirror", "--fetch", into]).output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{}", shown(&output));
        output
    };
    let said: serde_json::Value = serde_json::from_slice(&fetch(0).stdout).unwrap();
    assert_eq!((&said["backups"], &said["faults"]), (&1.into(), &serde_json::json!([])), "{said}");
    assert_same(app, &super::mirroring::files(&into));
    assert_eq!(std::fs::read_dir(&data).unwrap().count(), 1, "nothing but the settings is needed");
    assert_restores(app, &into);
    // Once more into the same folder is fine; what was spoiled there meanwhile is named.
    let base = &crate::backup::files_below(&into, ".base")[0];
    let mut bytes = std::fs::read(base).unwrap();
    bytes[700] ^= 1;
    std::fs::write(base, bytes).unwrap();
    assert!(shown(&fetch(1)).contains("missing or damaged"));
    std::fs::write(into.join("letter.txt"), "mine").unwrap();
    assert!(words_of(&fetch(3), 3).contains("letter.txt"));
}

#[test]
fn every_trouble_with_a_storage_has_its_words_and_none_says_the_secret() {
    let storage = S3::start_encrypted();
    let app = house(&storage.settings());
    facts(&app, &["backup", "run"], 0);
    let good = mirror(&app, &[], 0);
    assert!(good["to"].as_str().unwrap().starts_with("localhost:"), "{good}");
    assert_same(&app, &objects(&storage));
    let refused = |settings: &str, expected: &str| {
        set(&app, settings);
        let words = mirror_refused(&app, &[]);
        assert!(words.contains(expected), "{expected}: {words}");
        assert!(!words.contains(&storage.secret_key) && !words.contains("AWS4"), "{words}");
    };
    let settings = storage.settings();
    let without = |name: &str| -> String {
        settings.lines().filter(|line| !line.starts_with(name)).map(|line| format!("{line}\n")).collect()
    };
    refused(&without("ca_file"), "could not be encrypted to");
    let other = storage.secret_file("another secret key than the storage knows");
    refused(
        &format!("{}secret_key_file = \"{other}\"\n", without("secret_key_file")),
        "look at mirror.secret_key_file",
    );
    refused(&format!("{}access_key = \"AKIANOBODYKNOWSTHIS0\"\n", without("access_key")), "look at mirror.access_key");
    refused(&format!("{}bucket = \"nobodys-bucket\"\n", without("bucket")), "there is no bucket nobodys-bucket");
    let plain = settings.replace("https://", "http://");
    refused(&format!("{plain}allow_plain = \"localhost\"\n"), "localhost");
    // Another storage than was meant, and none at all.
    let at = |port: u16| {
        let secret = storage.secret_file(&storage.secret_key);
        let common = s3::settings(&format!("http://localhost:{port}"), &storage.access_key);
        format!("{common}secret_key_file = \"{secret}\"\nallow_plain = \"localhost\"\n")
    };
    let page = "<html>Not here</html>";
    let says = |status: &str, body: &str| {
        answering(format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len()))
    };
    refused(&at(says("404 Not Found", page)), "no storage that speaks S3");
    refused(&at(says("200 OK", page)), "no storage that speaks S3");
    refused(&at(says("500 Oh", "")), "it cannot do that now (500");
    refused(&at(says("307 Elsewhere", "")), "another region");
    refused(&at(answering(String::new())), "no answer came in time");
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    refused(&at(nobody), "cannot be reached");
    // Settings that cannot be right stop every command, and are shown without the secret.
    let secret = storage.secret_file(&storage.secret_key);
    std::fs::set_permissions(&secret, std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
    set(&app, &settings);
    let output = app.command(&["backup", "list"]);
    assert!(shown(&output).contains("others may read it"), "{}", shown(&output));
    assert!(!shown(&output).contains(&storage.secret_key));
}

/// A server that says one thing to everybody; with nothing to say it keeps them waiting.
fn answering(words: String) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("bound").port();
    std::thread::spawn(move || {
        let mut waiting = Vec::new();
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 16 * 1024]);
            match words.is_empty() {
                true => waiting.push(stream),
                false => drop(stream.write_all(words.as_bytes())),
            }
        }
    });
    port
}
