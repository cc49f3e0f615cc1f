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
    file.read(Timestamp(99), |db| verify(db, &[])).unwrap()
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

fn now_checkpoint(file: &DbFile) -> Checkpoint {
    file.read(Timestamp(50), |db| Checkpoint::of(db, crate::id::WorkspaceId::CONTROL)).unwrap().unwrap()
}

fn check_against(file: &DbFile, checkpoint: Checkpoint) -> Verdict {
    file.read(Timestamp(99), |db| verify(db, &[checkpoint])).unwrap()
}

#[test]
fn aud_2_a_log_whose_end_was_cut_off_is_found_by_its_checkpoint() {
    let (_folder, file) = fresh();
    write_entries(&file, 6);
    let checkpoint = now_checkpoint(&file);
    tamper(&file, "DELETE FROM audit WHERE seq > 4");
    assert!(matches!(check(&file), Verdict::Intact { entries: 4, .. }), "the chain alone cannot know");
    let Verdict::Broken { sequence, reason } = check_against(&file, checkpoint) else { panic!("not found") };
    assert_eq!(sequence, 5);
    assert!(reason.contains("saw 6 entries"), "{reason}");
}

#[test]
fn aud_2_a_log_that_was_written_anew_is_found_by_its_checkpoint() {
    let (_folder, file) = fresh();
    write_entries(&file, 6);
    let checkpoint = now_checkpoint(&file);
    tamper(&file, "DELETE FROM audit WHERE seq > 4");
    for n in 7..=9 {
        file.write(Timestamp(n), &origin(), |tx| record(tx, Event::new("people.contact.deleted").on("contact", n)))
            .unwrap();
    }
    assert!(matches!(check(&file), Verdict::Intact { entries: 7, .. }), "the chain alone cannot know");
    assert!(matches!(check_against(&file, checkpoint), Verdict::Broken { sequence: 6, .. }));
}

#[test]
fn p_111_old_entries_go_and_the_rest_proves_itself() {
    let (_folder, file) = fresh();
    write_entries(&file, 20);
    let checkpoint = now_checkpoint(&file);
    let purge_some =
        |before, most| file.write(Timestamp(99), &origin(), |tx| purge::purge(tx, before, "0", most)).unwrap();
    assert_eq!(purge_some(Timestamp(11), 4), 4);
    assert_eq!(purge_some(Timestamp(11), 100), 6);
    assert!(!file.read(Timestamp(99), |db| purge::is_due(db, Timestamp(11), "0")).unwrap());
    let verdict = check_against(&file, checkpoint);
    assert!(matches!(verdict, Verdict::Intact { entries: 12, first: 11, checkpoints: 1, .. }), "{verdict:?}");
    // Whoever cuts without a word is found, at the beginning as at the end.
    tamper(&file, "DELETE FROM audit WHERE seq <= 12");
    assert!(matches!(check(&file), Verdict::Broken { sequence: 13, .. }));
}

#[test]
fn p_111_a_log_of_nothing_but_old_entries_goes_on_where_it_was() {
    let (_folder, file) = fresh();
    write_entries(&file, 5);
    file.write(Timestamp(99), &origin(), |tx| purge::purge(tx, Timestamp(90), "0", 100)).unwrap();
    assert!(matches!(check(&file), Verdict::Intact { entries: 1, first: 6, .. }), "{:?}", check(&file));
}

#[test]
fn p_111_an_entry_from_a_wrong_clock_does_not_tear_a_hole() {
    let (_folder, file) = fresh();
    write_entries(&file, 4);
    for at in [90, 5, 6] {
        file.write(Timestamp(at), &origin(), |tx| record(tx, Event::new("people.contact.created"))).unwrap();
    }
    let gone = file.write(Timestamp(99), &origin(), |tx| purge::purge(tx, Timestamp(50), "0", 100)).unwrap();
    assert_eq!(gone, 4, "the entries behind the one of the future wait for it");
    assert!(matches!(check(&file), Verdict::Intact { entries: 4, first: 5, .. }));
}

/// The file as an export makes it.
fn exported(file: &DbFile, with_personal: bool) -> Vec<String> {
    let filter = EntryFilter { limit: 1_000, ..EntryFilter::default() };
    let entries = file.read(Timestamp(99), |db| list(db, &filter)).unwrap();
    entries.iter().map(|entry| lines::fact(entry, with_personal).unwrap().to_string()).collect()
}

fn verify_lines(lines: &[String], checkpoint: Option<&Checkpoint>) -> lines::FileVerdict {
    lines::verify(lines.join("\n").as_bytes(), checkpoint).unwrap()
}

#[test]
fn an_exported_file_is_checked_without_anything_else() {
    let (_folder, file) = fresh();
    write_entries(&file, 6);
    tamper(&file, "UPDATE audit SET personal = NULL, salt = NULL WHERE seq = 3");
    let checkpoint = now_checkpoint(&file);
    for with_personal in [true, false] {
        let all = exported(&file, with_personal);
        let found = verify_lines(&all, Some(&checkpoint));
        assert!(matches!(found.verdict, Verdict::Intact { entries: 6, checkpoints: 1, .. }), "{found:?}");
        let oldest_first: Vec<String> = all.iter().rev().cloned().collect();
        assert_eq!(verify_lines(&oldest_first, None).gaps, 0);
        for line in 0..6 {
            let mut changed = all.clone();
            changed[line] = changed[line].replace("people.contact.created", "people.contact.deleted");
            assert!(matches!(verify_lines(&changed, None).verdict, Verdict::Broken { .. }), "line {line}");
        }
        let mut shorter = all.clone();
        shorter.remove(0);
        assert!(matches!(verify_lines(&shorter, Some(&checkpoint)).verdict, Verdict::Broken { .. }));
        let mut doubled = all.clone();
        doubled.push(all[2].clone());
        assert!(matches!(verify_lines(&doubled, None).verdict, Verdict::Broken { .. }));
        let mut excerpt = all;
        excerpt.remove(3);
        let found = verify_lines(&excerpt, None);
        assert_eq!(found.gaps, 1);
        assert!(matches!(found.verdict, Verdict::Intact { entries: 5, .. }), "{found:?}");
    }
    let mut words = exported(&file, true);
    words[0] = words[0].replace("Ana", "Bob");
    assert!(matches!(verify_lines(&words, None).verdict, Verdict::Broken { sequence: 6, .. }));
}

#[test]
fn a_file_that_is_no_log_names_its_line() {
    let (_folder, file) = fresh();
    write_entries(&file, 2);
    let mut all = exported(&file, true);
    all.push("hello".into());
    let Err(Error::Invalid(errors)) = lines::verify(all.join("\n").as_bytes(), None) else { panic!("taken") };
    assert!(errors[0].message.contains("line 3"), "{errors:?}");
}
