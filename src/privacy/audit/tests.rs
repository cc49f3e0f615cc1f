//! The chain under honest use and under tampering.

use std::sync::Arc;
use std::sync::atomic::AtomicI64;

use proptest::prelude::*;

use super::*;
use crate::clock::Timestamp;
use crate::db::{Actor, DbFile, Origin};
use crate::error::Error;

fn fresh() -> (tempdir::Folder, DbFile) {
    let folder = tempdir::Folder::new();
    let key = zeroize::Zeroizing::new(format!("x'{}'", "ab".repeat(32)));
    let file = DbFile::open(&folder.path().join("audit.db"), key, Arc::new(AtomicI64::new(1024))).unwrap();
    let schema = include_str!("../../../migrations/workspace/privacy/V0001__audit.sql");
    for statement in schema.split_inclusive(";\n") {
        file.write_unaudited(Timestamp(0), &origin(), |tx| tx.execute(statement, &[])).unwrap();
    }
    (folder, file)
}

/// A scratch folder that goes when the test ends.
mod tempdir {
    pub struct Folder(std::path::PathBuf);
    impl Folder {
        pub fn new() -> Folder {
            let name = data_encoding::HEXLOWER.encode(&crate::crypto::random::<8>());
            let path = std::env::temp_dir().join(format!("holdfast-audit-{name}"));
            std::fs::create_dir_all(&path).unwrap();
            Folder(path)
        }
        pub fn path(&self) -> &std::path::Path {
            &self.0
        }
    }
    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }
}

fn origin() -> Origin {
    Origin { actor: Actor::CommandLine, address: "203.0.113.9".parse().ok(), user_agent: Some("test".into()) }
}

fn write_entries(file: &DbFile, count: i64) {
    for n in 1..=count {
        file.write(Timestamp(n), &origin(), |tx| {
            record(tx, Event::new("people.contact.created").on("contact", n).detail("n", n).personal("name", "Ana"))
        })
        .unwrap();
    }
}

fn check(file: &DbFile) -> Verdict {
    file.read(Timestamp(99), verify).unwrap()
}

fn tamper(file: &DbFile, sql: &str) {
    file.write_unaudited(Timestamp(99), &origin(), |tx| tx.execute(sql, &[])).unwrap();
}

#[test]
fn aud_3_erasing_the_personal_part_keeps_the_chain_valid() {
    let (_folder, file) = fresh();
    write_entries(&file, 5);
    assert!(matches!(check(&file), Verdict::Intact { entries: 5, erased: 0, first: 1, .. }));
    tamper(&file, "UPDATE audit SET personal = NULL, salt = NULL WHERE seq = 3");
    assert!(matches!(check(&file), Verdict::Intact { entries: 5, erased: 1, .. }));
}

#[test]
fn aud_1_a_change_without_an_entry_is_rolled_back() {
    let (_folder, file) = fresh();
    write_entries(&file, 2);
    let result = file.write(Timestamp(3), &origin(), |tx| tx.execute("DELETE FROM audit WHERE seq = 2", &[]));
    assert!(matches!(result, Err(Error::Internal(_))));
    assert!(matches!(check(&file), Verdict::Intact { entries: 2, .. }));
}

#[test]
fn aud_1_an_error_after_the_entry_leaves_no_entry() {
    let (_folder, file) = fresh();
    write_entries(&file, 2);
    let result: Result<(), Error> = file.write(Timestamp(3), &origin(), |tx| {
        record(tx, Event::new("people.contact.created"))?;
        Err(Error::Conflict("no".into()))
    });
    assert!(result.is_err());
    assert!(matches!(check(&file), Verdict::Intact { entries: 2, .. }));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Any edit, removal or swap of any entry is found.
    #[test]
    fn aud_2_tampering_is_found(seq in 1i64..6, kind in 0usize..7) {
        let (_folder, file) = fresh();
        write_entries(&file, 6);
        let sql = match kind {
            0 => format!("UPDATE audit SET action = 'people.contact.deleted' WHERE seq = {seq}"),
            1 => format!("UPDATE audit SET at = at + 1 WHERE seq = {seq}"),
            2 => format!("UPDATE audit SET personal = '{{\"name\":\"Bo\"}}' WHERE seq = {seq}"),
            3 => format!("UPDATE audit SET network = '' WHERE seq = {seq}"),
            4 if seq > 1 => format!("DELETE FROM audit WHERE seq = {seq}"),
            5 => format!("UPDATE audit SET seq = seq + 100 WHERE seq = {seq}"),
            _ => format!("UPDATE audit SET previous = zeroblob(32), hash = randomblob(32) WHERE seq = {seq}"),
        };
        tamper(&file, &sql);
        prop_assert!(matches!(check(&file), Verdict::Broken { .. }), "{}", sql);
    }
}
