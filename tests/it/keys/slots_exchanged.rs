//! Another passphrase and another recovery code: `kill -9` at any step leaves exactly one that works, a wrong one
//! changes nothing and costs the whole derivation (KEY-3, KEY-6).

use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

use holdfast::keys::{Folders, Keys, RecoveryCode, SlotCost, Slots, Source};
use tempfile::TempDir;

use super::rotation::with_new_code;
use crate::support::{fixture, server, shown};

/// Where the exchange can end, and whether the new one is in force by then.
const PLACES: [(&str, bool); 5] = [("begun", false), ("replaced", true), ("copied", true), ("noted", true), ("", true)];

/// An installation whose master key lies apart, with a passphrase, a recovery code and a backup.
struct House {
    folder: TempDir,
    key: PathBuf,
}

impl House {
    fn new(passphrase: &str, code: &RecoveryCode) -> House {
        let folder = fixture::copy();
        let (data, key) = (folder.path().join("data"), folder.path().join("master.key"));
        std::fs::rename(data.join("keys/master.key"), &key).expect("moved");
        let source = Source::File { path: key.clone(), may_lie_in_data: false };
        let (master, mut slots) = Keys::master(Folders { data: &data, backup: None }, &source).expect("keys");
        slots.set_passphrase(&master, passphrase, SlotCost::FLOOR).expect("a slot");
        slots.set_recovery_code(&master, code);
        slots.write(&Keys::slots_path(&data)).expect("written");
        let house = House { folder, key };
        let made = house.with_key(&["backup", "run"]);
        assert!(made.status.success(), "{}", shown(&made));
        house
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn with_key(&self, arguments: &[&str]) -> Output {
        let key = self.key.to_str().expect("a path");
        server::run(&self.data(), &[&["--master-key-file", key], arguments].concat())
    }

    /// Runs a command that asks, and types these lines.
    fn typed(&self, arguments: &[&str], place: &str, lines: &[&str]) -> Output {
        let mut child = server::command(&self.data(), arguments)
            .env("HOLDFAST_TEST_FAILPOINT", format!("slots.{place}"))
            .env("HOLDFAST_TEST_LIGHT_SLOTS", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it runs");
        let _ = child.stdin.take().expect("piped").write_all((lines.join("\n") + "\n").as_bytes());
        child.wait_with_output().expect("it ends")
    }

    fn slots(&self) -> Slots {
        Slots::read(&Keys::slots_path(&self.data())).expect("it reads").expect("there are slots")
    }

    fn copy(&self) -> Slots {
        Slots::read(&self.data().join("backup/keys/slots")).expect("it reads").expect("there is a copy")
    }

    /// Lines of the log about it.
    fn notes(&self, action: &str) -> i64 {
        let source = Source::File { path: self.key.clone(), may_lie_in_data: false };
        let keys = Keys::open(Folders { data: &self.data(), backup: None }, &source).expect("the keys open");
        let key = keys.control().expect("the control key").workspace.database_key();
        let sql = "SELECT count(*) FROM audit WHERE action = ?1";
        let control = crate::support::open(&self.data().join("control.db"), &key);
        control.query_row(sql, [action], |row| row.get(0)).expect("a count")
    }
}

fn killed(output: &Output) -> bool {
    output.status.signal() == Some(9)
}

fn leaves_no_half_file(data: &Path) {
    let left: Vec<_> =
        std::fs::read_dir(data.join("keys")).expect("keys").flatten().map(|one| one.file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().ends_with(".next")), "{left:?}");
}

#[test]
fn key_6_another_passphrase_survives_kill_9_at_every_step() {
    let mut current = "eighteen lanterns out at sea".to_owned();
    let house = House::new(&current, &RecoveryCode::generate());
    for (number, (place, in_force)) in PLACES.into_iter().enumerate() {
        let next = format!("lanterns over the harbour wall, {number} of them");
        let output = house.typed(&["key", "change-passphrase"], place, &[&current, &next, &current]);
        assert_eq!(killed(&output), !place.is_empty(), "{place}: {}", shown(&output));
        let (right, wrong) = if in_force { (&next, &current) } else { (&current, &next) };
        let slots = house.slots();
        assert!(slots.open_with_passphrase(right).is_ok(), "{place}: the one in force does not open");
        assert!(slots.open_with_passphrase(wrong).is_err(), "{place}: both open");
        leaves_no_half_file(&house.data());
        if in_force {
            current = next;
        }
    }
    // Done: the old one opens nothing beside the backups either, and the log says so.
    assert!(house.copy().open_with_passphrase(&current).is_ok());
    assert!(house.slots().open_with_passphrase("eighteen lanterns out at sea").is_err());
    let opened = house.typed(&["key", "status"], "", &[&current]);
    assert!(opened.status.success(), "{}", shown(&opened));
}

#[test]
fn key_3_a_wrong_passphrase_changes_nothing_and_costs_the_whole_derivation() {
    let right = "eighteen lanterns out at sea";
    let house = House::new(right, &RecoveryCode::generate());
    let before = house.slots().to_bytes();
    let wrong = house.typed(&["key", "change-passphrase"], "", &["eighteen lanterns", "a new lantern over the quay"]);
    assert_eq!(wrong.status.code(), Some(3), "{}", shown(&wrong));
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("this is not the passphrase"), "{}", shown(&wrong));
    // One that is too weak is refused by its rule, in words.
    let weak = house.typed(&["key", "change-passphrase"], "", &[right, "short", right]);
    assert_eq!(weak.status.code(), Some(2), "{}", shown(&weak));
    assert_eq!(house.slots().to_bytes(), before, "the slots were changed");
    // 64 MiB three times over: no machine does that in less, and a shortcut would take microseconds.
    let (slots, begun) = (house.slots(), Instant::now());
    assert!(slots.open_with_passphrase("eighteen lanterns").is_err());
    assert!(begun.elapsed() >= Duration::from_millis(15), "told after {:?}, without the work", begun.elapsed());
}

#[test]
fn key_6_another_recovery_code_survives_kill_9_at_every_step() {
    let first = RecoveryCode::generate();
    let house = House::new("eighteen lanterns out at sea", &first);
    let mut current = first.text().to_string();
    let opens =
        |slots: &Slots, code: &str| slots.open_with_recovery_code(&RecoveryCode::parse(code).expect("a code")).is_ok();
    let key = house.key.to_str().expect("a path").to_owned();
    for (place, in_force) in PLACES {
        let arguments = ["--master-key-file", &*key, "key", "new-recovery-code"];
        let (output, next) = with_new_code(&house.data(), &arguments, &format!("slots.{place}"));
        assert_eq!(killed(&output), !place.is_empty(), "{place}: {}", shown(&output));
        let slots = house.slots();
        assert_eq!((opens(&slots, &next), opens(&slots, &current)), (in_force, !in_force), "{place}");
        leaves_no_half_file(&house.data());
        if in_force {
            current = next;
        }
    }
    assert!(opens(&house.copy(), &current) && !opens(&house.copy(), &first.text()), "the copy beside the backups");
    assert!(house.notes("key_rotation.recovery_code.renewed") > 0, "the log says nothing of it");
    let opened = house.typed(&["--recovery-code", "key", "status"], "", &[&current]);
    assert!(opened.status.success(), "{}", shown(&opened));
}
