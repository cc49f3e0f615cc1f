//! Tests of the keyring: its life, tampering, crashes, the frozen vector.

use super::*;
use crate::crypto::derive::mac;
use crate::crypto::{Key, random_key};
use crate::error::Error;
use crate::id::WorkspaceId;
use crate::keys::keyring::Keyring;

const HEADER: usize = 45;
const ENTRY: usize = 89;
const ONE: WorkspaceId = WorkspaceId([1; 16]);
const TWO: WorkspaceId = WorkspaceId([2; 16]);

#[test]
fn workspaces_get_keys_that_stay_and_go() {
    let place = Place::new();
    let (keys, _) = place.create();
    assert_eq!((keys.ring_seq(), keys.workspaces()), (1, vec![]));
    let made = keys.create_workspace_key(ONE, NOW).unwrap().database_key();
    keys.create_workspace_key(TWO, NOW).unwrap();
    assert!(matches!(keys.create_workspace_key(ONE, NOW), Err(Error::Conflict(_))));
    assert!(matches!(keys.create_workspace_key(WorkspaceId::CONTROL, NOW), Err(Error::Conflict(_))));

    let again = place.open().unwrap();
    assert_eq!((again.ring_seq(), again.workspaces()), (3, vec![ONE, TWO]));
    assert_eq!(again.workspace(ONE).unwrap().database_key(), made);
    assert_eq!(again.workspace_version(ONE, 1).unwrap().database_key(), made);
    assert_ne!(again.workspace(TWO).unwrap().database_key(), made);
    assert!(refusal(again.workspace_version(ONE, 2)).contains("holds no key"));

    assert!(again.destroy_workspace_key(ONE, NOW).unwrap());
    assert!(!again.destroy_workspace_key(ONE, NOW).unwrap(), "a purge may be repeated");
    assert!(again.destroy_workspace_key(WorkspaceId::CONTROL, NOW).is_err());
    assert!(refusal(again.workspace(ONE)).contains("holds no key"));
    assert!(refusal(place.open().unwrap().workspace(ONE)).contains("holds no key"));
    assert_eq!(names_in(&place.file("data/keys")), ["keyring", "slots"], "no older generation is left");
    for name in ["keyring", "slots"] {
        let bytes = std::fs::read(place.file("data/keys").join(name)).unwrap();
        assert!(!bytes.windows(16).any(|window| window == ONE.0), "{name}");
    }
}

#[test]
fn many_threads_may_make_keys_at_once() {
    let place = Place::new();
    let (keys, _) = place.create();
    std::thread::scope(|scope| {
        for thread in 1..=4_u8 {
            let keys = &keys;
            scope.spawn(move || {
                for number in 0..5 {
                    let mut id = [thread; 16];
                    id[15] = number;
                    keys.create_workspace_key(WorkspaceId(id), NOW).unwrap();
                }
            });
        }
    });
    let again = place.open().unwrap();
    assert_eq!((again.ring_seq(), again.workspaces().len()), (21, 20));
}

#[test]
fn key_4_an_older_keyring_is_refused() {
    let place = Place::new();
    let (keys, _) = place.create();
    let older = std::fs::read(place.file("data/keys/keyring")).unwrap();
    keys.create_workspace_key(ONE, NOW).unwrap();
    keys.refuse_older_than(2).unwrap();
    keys.refuse_older_than(0).unwrap();
    std::fs::write(place.file("data/keys/keyring"), older).unwrap();
    let reason = refusal(place.open().unwrap().refuse_older_than(2));
    assert!(reason.contains("generation 1, but 2"), "{reason}");
}

#[test]
fn key_4_every_byte_and_every_cut_of_the_file_is_noticed() {
    let (master, install) = (MasterKey::generate(), [9; 16]);
    let subkeys = master.subkeys(&install, 1);
    let mut ring = Keyring::new(install, 1);
    ring.add(&subkeys, ONE, &random_key()).unwrap();
    ring.add(&subkeys, TWO, &random_key()).unwrap();
    let bytes = ring.bytes(&subkeys);
    assert_eq!(bytes.len(), HEADER + 2 * ENTRY + 32);
    assert_eq!(Keyring::parse(&bytes, &master).unwrap().0, ring);
    for at in 0..bytes.len() {
        for bit in 0..8 {
            let mut changed = bytes.clone();
            changed[at] ^= 1 << bit;
            refusal(Keyring::parse(&changed, &master));
        }
        refusal(Keyring::parse(&bytes[..at], &master));
    }
    refusal(Keyring::parse(&[bytes.as_slice(), &[0]].concat(), &master));
    refusal(Keyring::parse(&bytes, &MasterKey::generate()));
}

/// Even with the key of the file's MAC, an entry serves only the place it was wrapped for.
#[test]
fn key_4_wrapped_keys_do_not_move() {
    let (master, install) = (MasterKey::generate(), [9; 16]);
    let subkeys = master.subkeys(&install, 1);
    let mut ring = Keyring::new(install, 1);
    ring.add(&subkeys, ONE, &random_key()).unwrap();
    ring.add(&subkeys, TWO, &random_key()).unwrap();
    let genuine = ring.bytes(&subkeys);
    let forge = |change: &dyn Fn(&mut [u8])| {
        let mut forged = genuine[..genuine.len() - 32].to_vec();
        change(&mut forged);
        // A changed installation or version changes the keys as well; sign with those.
        let install = forged[5..21].try_into().unwrap();
        let version = u32::from_be_bytes(forged[21..25].try_into().unwrap());
        let tag = mac(&master.subkeys(&install, version).ring, &[&forged]);
        forged.extend(tag);
        let (ring, subkeys) = Keyring::parse(&forged, &master).unwrap();
        [ONE, TWO].map(|workspace| {
            ring.version(&subkeys, workspace, 1).or_else(|_| ring.version(&subkeys, workspace, 2)).is_ok()
        })
    };
    let (first, second) = (HEADER, HEADER + ENTRY);
    assert_eq!(forge(&|_| {}), [true, true]);
    assert_eq!(forge(&|ring| ring[25..33].fill(0)), [true, true], "seq is not part of the wrap, only of the MAC");
    assert_eq!(
        forge(&|ring| {
            let (left, right) = ring.split_at_mut(second);
            left[first + 29..first + ENTRY].swap_with_slice(&mut right[29..ENTRY]);
        }),
        [false, false],
        "keys exchanged between workspaces"
    );
    assert_eq!(forge(&|ring| ring[first + 19] = 2), [false, true], "another version");
    assert_eq!(forge(&|ring| ring[first + 20] = 3), [false, true], "another state");
    assert_eq!(forge(&|ring| ring[5] ^= 1), [false, false], "another installation");
    assert_eq!(forge(&|ring| ring[24] = 2), [false, false], "another master key version");
}

/// What a crash can leave at each step of writing a generation.
#[test]
fn a_crash_while_writing_leaves_a_keyring_that_opens() {
    let place = Place::new();
    let (keys, _) = place.create();
    let (ring, previous) = (place.file("data/keys/keyring"), place.file("data/keys/keyring.previous"));
    let old = std::fs::read(&ring).unwrap();
    keys.create_workspace_key(ONE, NOW).unwrap();
    let new = std::fs::read(&ring).unwrap();
    let state = |ring_bytes: Option<&[u8]>, previous_bytes: Option<&[u8]>| {
        for (path, bytes) in [(&ring, ring_bytes), (&previous, previous_bytes)] {
            let _ = std::fs::remove_file(path);
            if let Some(bytes) = bytes {
                std::fs::write(path, bytes).unwrap();
            }
        }
        let opened = place.open().map(|keys| keys.ring_seq());
        (opened, previous.exists())
    };
    std::fs::write(place.file("data/keys/keyring.next"), &new[..40]).unwrap();
    assert!(matches!(state(Some(&old), None), (Ok(1), false)), "before the rename");
    assert!(matches!(state(Some(&old), Some(&old)), (Ok(1), false)), "the link was made");
    assert!(matches!(state(Some(&new), Some(&old)), (Ok(2), false)), "after the rename: the old one goes");
    assert!(matches!(state(Some(&new[..50]), Some(&old)), (Ok(1), false)), "the new one is torn");
    assert_eq!(std::fs::read(&ring).unwrap(), old, "and is replaced by the one before");
    assert!(matches!(state(None, Some(&old)), (Ok(1), false)));
    assert!(matches!(state(Some(&new[..50]), Some(&old[..50])), (Err(Error::Refused(_)), true)), "nothing is deleted");
    assert!(matches!(state(None, None), (Err(Error::Refused(_)), false)));
    std::fs::write(&ring, &new).unwrap();
    place.open().unwrap().create_workspace_key(TWO, NOW).unwrap();
    assert_eq!(names_in(&place.file("data/keys")), ["keyring", "slots"]);
}

/// The file was made by `tests/oracles/vectors.py`.
#[test]
fn key_4_agrees_with_the_frozen_vector() {
    let vector: serde_json::Value = serde_json::from_str(include_str!("../../../tests/vectors/keyring.json")).unwrap();
    let bytes = |value: &serde_json::Value| data_encoding::HEXLOWER.decode(value.as_str().unwrap().as_bytes()).unwrap();
    let master = MasterKey(Key::new(bytes(&vector["master"]).try_into().unwrap()));
    let file = bytes(&vector["file"]);
    let (ring, subkeys) = Keyring::parse(&file, &master).unwrap();
    assert_eq!(ring.bytes(&subkeys), file);
    assert_eq!(ring.seq(), vector["seq"].as_u64().unwrap());
    for entry in vector["entries"].as_array().unwrap() {
        let workspace: WorkspaceId = entry["workspace"].as_str().unwrap().parse().unwrap();
        let version = entry["version"].as_u64().unwrap() as u32;
        let key = ring.version(&subkeys, workspace, version).unwrap();
        assert_eq!(key.as_slice(), bytes(&entry["root_key"]));
        if entry["state"] == 1 {
            assert_eq!(ring.active(&subkeys, workspace).unwrap(), (version, key));
        }
    }
}
