//! Tests of the sources of the master key.

use std::os::unix::fs::{PermissionsExt, symlink};

use zeroize::Zeroizing;

use super::*;
use crate::crypto::Key;
use crate::keys::master::read_credential;
use crate::keys::text::{Purpose, write};

fn chmod(path: &Path, mode: u32) {
    std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
}

#[test]
fn key_1_a_key_file_others_can_reach_is_refused() {
    let place = Place::new();
    place.create();
    let file = place.file("outside/master.key");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o7777, 0o400);
    for mode in [0o440, 0o404, 0o420, 0o402, 0o410, 0o401, 0o644, 0o777] {
        chmod(&file, mode);
        let reason = refusal(place.open());
        assert!(reason.contains("chmod 0400") && reason.contains(&format!("{mode:04o}")), "{reason}");
    }
    for mode in [0o400, 0o600] {
        chmod(&file, mode);
        place.open().unwrap();
    }
}

#[test]
fn key_1_links_folders_and_strangers_files_are_refused() {
    let place = Place::new();
    place.create();
    let file = place.file("outside/master.key");
    let real = place.file("outside/real.key");
    std::fs::rename(&file, &real).unwrap();
    assert!(refusal(place.open()).contains("there is no such file"));
    symlink(&real, &file).unwrap();
    assert!(refusal(place.open()).contains("symbolic link"));
    std::fs::remove_file(&file).unwrap();
    std::fs::create_dir(&file).unwrap();
    assert!(refusal(place.open()).contains("not a regular file"));
    std::fs::remove_dir(&file).unwrap();
    std::fs::rename(&real, &file).unwrap();
    if rustix::process::geteuid().is_root() {
        // Only root can give a file away; elsewhere this part of the rule cannot be set up.
        std::os::unix::fs::chown(&file, Some(12_345), None).unwrap();
        assert!(refusal(place.open()).contains("belongs to user 12345"));
        std::os::unix::fs::chown(&file, Some(0), None).unwrap();
    }
    place.open().unwrap();
}

#[test]
fn key_1_a_key_beside_what_it_protects_is_refused() {
    let place = Place::new();
    symlink(place.file("backup"), place.file("outside/way-in")).unwrap();
    let attempt = |path: &str, may_lie_in_data| {
        let source = Source::File { path: place.file(path), may_lie_in_data };
        place.with(|folders| Keys::create(folders, &source, &RecoveryCode::generate(), SlotCost::FLOOR, NOW))
    };
    assert!(refusal(attempt("data/master.key", false)).contains("data folder"));
    assert!(refusal(attempt("data/keys/master.key", false)).contains("data folder"));
    assert!(refusal(attempt("data/../data/keys/master.key", false)).contains("data folder"));
    assert!(refusal(attempt("data/master.key", true)).contains("data folder"), "the flag allows data/keys only");
    assert!(refusal(attempt("backup/master.key", true)).contains("backup folder"));
    assert!(refusal(attempt("outside/way-in/master.key", true)).contains("backup folder"));
    assert!(refusal(attempt("elsewhere/master.key", true)).contains("does not exist"));
    assert!(names_in(&place.file("data/keys")).is_empty(), "a refusal leaves nothing behind");
    attempt("data/keys/master.key", true).unwrap();
    let denied = Source::File { path: place.file("data/keys/master.key"), may_lie_in_data: false };
    assert!(refusal(place.with(|folders| Keys::open(folders, &denied))).contains("data folder"));
}

#[test]
fn a_key_file_is_32_bytes_or_text_and_nothing_else() {
    let place = Place::new();
    let file = place.file("outside/master.key");
    let key = Key::new([b'k'; 32]);
    std::fs::write(&file, key.as_slice()).unwrap();
    chmod(&file, 0o400);
    let (keys, _) = place.create();
    let csrf = keys.control().unwrap().csrf;
    let text = write(Purpose::MasterKey, &key);
    for content in [text.as_bytes(), text.to_lowercase().replace('-', "").as_bytes(), format!("{}\n", *text).as_bytes()]
    {
        std::fs::remove_file(&file).unwrap();
        std::fs::write(&file, content).unwrap();
        chmod(&file, 0o600);
        assert_eq!(place.open().unwrap().control().unwrap().csrf, csrf);
    }
    let mut slip = text.to_string();
    slip.replace_range(11..12, if &slip[11..12] == "7" { "8" } else { "7" });
    for (content, words) in [
        (slip.as_bytes(), "checksum"),
        (&text.as_bytes()[..60], "not whole"),
        (b"".as_slice(), "neither"),
        (&[1; 31], "neither"),
        (&[255; 33], "neither"),
        (&[b'x'; 10_000], "neither"),
    ] {
        std::fs::write(&file, content).unwrap();
        let reason = refusal(place.open());
        assert!(reason.contains(words), "{reason}");
        assert!(!reason.contains(&slip[6..]), "a message never repeats a key");
    }
}

#[test]
fn rst_2_a_wrong_master_key_is_told_before_anything_is_unwrapped() {
    let place = Place::new();
    place.create();
    let file = place.file("outside/master.key");
    std::fs::write(&file, [7; 32]).ok();
    std::fs::remove_file(&file).unwrap();
    std::fs::write(&file, [7; 32]).unwrap();
    chmod(&file, 0o400);
    let before = std::fs::read(place.file("data/keys/keyring")).unwrap();
    assert!(refusal(place.open()).contains("belongs to another installation"));
    assert_eq!(std::fs::read(place.file("data/keys/keyring")).unwrap(), before);
}

#[test]
fn key_2_every_source_gives_the_same_key() {
    let place = Place::new();
    let (keys, recovery) = place.create();
    let csrf = keys.control().unwrap().csrf;
    place.with(|folders| {
        let (master, mut slots) = Keys::master(folders, &place.source()).unwrap();
        slots.set_passphrase(&master, "nine grey geese walk home", SlotCost::FLOOR).unwrap();
        slots.write(&Keys::slots_path(folders.data)).unwrap();
        for source in [
            place.source(),
            Source::Passphrase(Zeroizing::new("nine grey geese walk home".into())),
            Source::RecoveryCode(recovery.text()),
        ] {
            assert_eq!(Keys::open(folders, &source).unwrap().control().unwrap().csrf, csrf);
        }
    });

    let credentials = place.file("outside/credentials");
    std::fs::create_dir(&credentials).unwrap();
    std::fs::copy(place.file("outside/master.key"), credentials.join("master.key")).unwrap();
    chmod(&credentials.join("master.key"), 0o440);
    let from_systemd = read_credential(Some(credentials.clone().into())).unwrap();
    let slots = Slots::read(&Keys::slots_path(&place.data())).unwrap().unwrap();
    assert!(slots.is_right(&from_systemd), "systemd grants access by ACL, so group bits do not count");
    std::fs::remove_file(credentials.join("master.key")).unwrap();
    assert!(refusal(read_credential(Some(credentials.into()))).contains("master.key"));
    assert!(refusal(read_credential(None)).contains("$CREDENTIALS_DIRECTORY"));
}

#[test]
fn an_installation_is_set_up_once() {
    let place = Place::new();
    place.create();
    let again =
        place.with(|folders| Keys::create(folders, &place.source(), &RecoveryCode::generate(), SlotCost::FLOOR, NOW));
    assert!(refusal(again).contains("already holds an installation"));
    assert!(Keys::exist(&place.data()));
    std::fs::remove_file(place.file("data/keys/keyring")).unwrap();
    let half =
        place.with(|folders| Keys::create(folders, &place.source(), &RecoveryCode::generate(), SlotCost::FLOOR, NOW));
    assert!(refusal(half).contains("without a keyring"));
    let empty = Place::new();
    let by_code = empty.with(|folders| {
        let code = RecoveryCode::generate();
        Keys::create(folders, &Source::RecoveryCode(code.text()), &code, SlotCost::FLOOR, NOW)
    });
    assert!(refusal(by_code).contains("an installation that exists"));
    assert!(!Keys::exist(&empty.data()));
}

/// The vectors were made by `tests/oracles/vectors.py`.
#[test]
fn subkeys_agree_with_the_frozen_vectors() {
    let vectors: serde_json::Value = serde_json::from_str(include_str!("../../../tests/vectors/derive.json")).unwrap();
    let bytes = |value: &serde_json::Value| data_encoding::HEXLOWER.decode(value.as_str().unwrap().as_bytes()).unwrap();
    for case in vectors["masters"].as_array().unwrap() {
        let master = MasterKey(Key::new(bytes(&case["master"]).try_into().unwrap()));
        let install = bytes(&case["install"]).try_into().unwrap();
        let subkeys = master.subkeys(&install, case["version"].as_u64().unwrap() as u32);
        assert_eq!(subkeys.wrap.as_slice(), bytes(&case["wrap"]));
        assert_eq!(subkeys.ring.as_slice(), bytes(&case["ring"]));
        assert_eq!(subkeys.ring_copy.as_slice(), bytes(&case["ring_copy"]));
        assert_eq!(master.check_value(&install).as_slice(), bytes(&case["check_value"]));
    }
}
