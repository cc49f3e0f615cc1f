//! What a running server holds in memory, read from outside as whoever steals a memory image would (KEY-7).
//!
//! While it runs it must hold the keys it works with. What it must not hold is what opens more than that, or
//! what people typed: the master key, the root keys of workspaces, the keys of closed workspaces, passwords,
//! the passphrase. Needs root.

use std::collections::BTreeSet;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::{Duration, Instant};

use holdfast::crypto::Key;
use holdfast::crypto::aead::{self, NONCE};
use holdfast::crypto::derive::Root;
use holdfast::id::WorkspaceId;
use holdfast::keys::text::{self, Purpose};
use holdfast::keys::{Folders, Keys, SlotCost, Slots, Source};

use crate::members::{is_in, try_password};
use crate::support::{PASSWORD, Start, TestApp, fixture};

/// How long what was used may take to go: connections close, threads end.
const PATIENCE: Duration = Duration::from_secs(10);
const CHUNK: usize = 1 << 20;
const ZEROS: [u8; 4096] = [0; 4096];

/// Something to look for, and what it is called in a failure.
struct Secret {
    name: String,
    bytes: Vec<u8>,
}

fn secret(name: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Secret {
    let bytes = bytes.into();
    assert!(bytes.len() >= 8, "too short to be found by chance");
    Secret { name: name.into(), bytes }
}

/// The secrets that stand anywhere in the memory of a process, by name and kind of memory.
fn found_in(process: u32, secrets: &[Secret]) -> BTreeSet<String> {
    let memory = File::open(format!("/proc/{process}/mem")).expect("reading another process's memory needs root");
    let maps = std::fs::read_to_string(format!("/proc/{process}/maps")).expect("procfs");
    let mut begins: Vec<Vec<usize>> = vec![Vec::new(); 256];
    for (number, secret) in secrets.iter().enumerate() {
        begins[usize::from(secret.bytes[0])].push(number);
    }
    let longest = secrets.iter().map(|secret| secret.bytes.len()).max().unwrap_or(0);
    let (mut found, mut seen) = (BTreeSet::new(), 0_usize);
    let mut chunk = vec![0; CHUNK + longest];
    for line in maps.lines() {
        let mut words = line.split_whitespace();
        let (Some(range), Some(rights)) = (words.next(), words.next()) else { continue };
        if !rights.starts_with("rw") {
            continue;
        }
        let (from, to) = range.split_once('-').expect("a range");
        let number = |text| u64::from_str_radix(text, 16).expect("hexadecimal");
        let (mut at, to) = (number(from), number(to));
        while at < to {
            let wanted = usize::try_from(to - at).expect("it fits").min(chunk.len());
            // A mapping may go away between the list and the reading.
            let Ok(read) = memory.read_at(&mut chunk[..wanted], at) else { break };
            seen += read;
            look(&chunk[..read], secrets, &begins, line.split_whitespace().nth(5).unwrap_or("no file"), &mut found);
            if read <= longest {
                break;
            }
            at += u64::try_from(if read == wanted && at + (wanted as u64) < to { read - longest } else { read })
                .expect("it fits");
        }
    }
    assert!(seen > 4 << 20, "only {seen} bytes of memory could be read: too few to prove anything");
    found
}

fn look(bytes: &[u8], secrets: &[Secret], begins: &[Vec<usize>], place: &str, found: &mut BTreeSet<String>) {
    for (page, content) in bytes.chunks(ZEROS.len()).enumerate() {
        if *content == ZEROS[..content.len()] {
            continue;
        }
        for (offset, byte) in content.iter().enumerate() {
            for &number in &begins[usize::from(*byte)] {
                let secret = &secrets[number];
                if bytes[page * ZEROS.len() + offset..].starts_with(&secret.bytes) {
                    found.insert(format!("{} in {place}", secret.name));
                }
            }
        }
    }
}

/// Waits until none of `secrets` is found; fails with those that stay.
#[track_caller]
fn assert_gone(process: u32, secrets: &[Secret], when: &str) {
    let waiting = Instant::now();
    loop {
        let found = found_in(process, secrets);
        if found.is_empty() {
            return;
        }
        assert!(waiting.elapsed() < PATIENCE, "{when}, the memory still holds {found:?}");
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// Every form that a key may have: its bytes, and hexadecimal.
fn key(name: &str, key: &Key) -> [Secret; 2] {
    let hexadecimal = data_encoding::HEXLOWER.encode(key.as_slice());
    [secret(format!("{name}, bytes"), key.to_vec()), secret(format!("{name}, text"), hexadecimal)]
}

fn master(app: &TestApp) -> Key {
    let written = std::fs::read_to_string(app.data().join("keys/master.key")).expect("the master key");
    text::read(Purpose::MasterKey, &written).expect("it reads")
}

/// The root keys, unwrapped as keys-and-backups 2.3 says.
fn root_keys(data: &Path, master: &Key) -> Vec<(WorkspaceId, Key)> {
    let ring = std::fs::read(data.join("keys/keyring")).expect("the keyring");
    let (install, version) = (&ring[5..21], &ring[21..25]);
    let wrap = Root::extract(install, master).expand(&[b"holdfast/v1/kek-wrap", version]);
    let entries = ring[45..ring.len() - 32].chunks_exact(89);
    entries
        .map(|entry| {
            let bound = [b"holdfast/v1/wrap".as_slice(), install, &entry[..20], version, &entry[20..21]].concat();
            let (nonce, sealed) = entry[29..].split_first_chunk::<NONCE>().expect("a nonce");
            let opened = aead::open(&wrap, nonce, &bound, sealed).expect("it unwraps");
            let id = WorkspaceId(entry[..16].try_into().expect("16 bytes"));
            (id, Key::new(opened.as_slice().try_into().expect("32 bytes")))
        })
        .collect()
}

/// The master key in every form, and the root key of every workspace.
fn never_there(app: &TestApp) -> Vec<Secret> {
    let master = master(app);
    let written = std::fs::read_to_string(app.data().join("keys/master.key")).expect("the master key");
    let symbols = written.trim().trim_start_matches("HFMK1").replace('-', "");
    let mut secrets = vec![
        secret("the master key as it is written", &written.trim().as_bytes()[6..24]),
        secret("the master key, symbols", &symbols.as_bytes()[..16]),
    ];
    secrets.extend(key("the master key", &master));
    for (id, root) in root_keys(&app.data(), &master) {
        secrets.extend(key(&format!("the root key of {id}"), &root));
    }
    secrets
}

fn database_key(app: &TestApp, slug: &str) -> [Secret; 2] {
    let id = fixture::workspace_id(&app.control(), slug);
    let written = app.keys().workspace(id).expect("keys").database_key();
    let hexadecimal = written.trim_start_matches("x'").trim_end_matches('\'').to_owned();
    let bytes = data_encoding::HEXLOWER.decode(hexadecimal.as_bytes()).expect("hexadecimal");
    [secret(format!("the key of {slug}, bytes"), bytes), secret(format!("the key of {slug}, text"), hexadecimal)]
}

#[test]
fn key_7_memory_holds_no_master_key_and_no_key_of_a_closed_workspace() {
    let environment = vec![("HOLDFAST_DATABASE__OPEN_WORKSPACES".to_owned(), "1".to_owned())];
    let app = TestApp::start_with(Start { environment, ..Start::default() });
    let process = app.server.process();
    let never = never_there(&app);
    let (alpha, beta) = (database_key(&app, "alpha"), database_key(&app, "beta"));
    assert_gone(process, &never, "after the start");
    app.session_of("owner@alpha.example").get("/w/alpha/people/contacts").expect(200);
    // The search finds what is there: an open file cannot do without its key.
    assert_ne!(found_in(process, &alpha), BTreeSet::new(), "alpha is open, and its key is not found");
    app.session_of("owner@beta.example").get("/w/beta/people/contacts").expect(200);
    assert_ne!(found_in(process, &beta), BTreeSet::new(), "beta is open, and its key is not found");
    assert_gone(process, &alpha, "with alpha closed to make room for beta");
    assert_gone(process, &never, "after both were used");
    let made = app.command(&["workspace", "create", "gamma", "--name", "Gamma", "--owner", "owner@alpha.example"]);
    assert!(made.status.success(), "{}", crate::support::shown(&made));
    assert_gone(process, &never_there(&app), "after a workspace was made");
}

#[test]
fn key_7_memory_forgets_passwords_after_use() {
    const WRONG: &str = "seventeen wrong lanterns";
    const NEW: &str = "eighteen new lanterns out at sea";
    let app = TestApp::start();
    let typed = [secret("the password", PASSWORD), secret("a wrong password", WRONG), secret("a new password", NEW)];
    let encoded = typed.iter().map(|typed| {
        secret(format!("{}, as a form", typed.name), String::from_utf8_lossy(&typed.bytes).replace(' ', "+"))
    });
    let secrets: Vec<Secret> = encoded.collect::<Vec<_>>().into_iter().chain(typed).collect();
    {
        let client = app.stranger();
        try_password(&client, "owner@alpha.example", WRONG).expect(422);
        try_password(&client, "owner@alpha.example", PASSWORD).expect(303);
        assert!(is_in(&client));
        client.submit("/account/password", &[("password", NEW)]).expect(303);
        try_password(&app.stranger(), "owner@alpha.example", NEW).expect(303);
    }
    assert_gone(app.server.process(), &secrets, "after the connections were closed");
}

#[test]
fn key_7_memory_forgets_the_passphrase_after_the_start() {
    const PASSPHRASE: &str = "nineteen grey lanterns under the quay";
    let mut app = TestApp::start();
    app.server.stop();
    let never = never_there(&app);
    let (data, path) = (app.data(), app.data().join("keys/master.key"));
    let source = Source::File { path: path.clone(), may_lie_in_data: true };
    let (master, mut slots) = Keys::master(Folders { data: &data, backup: None }, &source).expect("the keys");
    slots.set_passphrase(&master, PASSPHRASE, SlotCost::FLOOR).expect("a slot");
    slots.write(&Keys::slots_path(&data)).expect("written");
    assert!(Slots::read(&Keys::slots_path(&data)).expect("it reads").is_some_and(|slots| slots.has_passphrase()));
    std::fs::rename(&path, data.with_extension("key")).expect("the key goes away");
    app.set_start(Start { input: format!("{PASSPHRASE}\n"), ..Start::default() });
    app.restart();
    let passphrase = [secret("the passphrase", PASSPHRASE)];
    assert_gone(app.server.process(), &passphrase, "after the start");
    assert_gone(app.server.process(), &never, "after the start");
    for file in ["cmdline", "environ"] {
        let text = std::fs::read(format!("/proc/{}/{file}", app.server.process())).expect("procfs");
        assert!(!String::from_utf8_lossy(&text).contains(PASSPHRASE), "{file} holds the passphrase");
    }
}
