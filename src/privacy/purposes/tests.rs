//! Rules of purposes that need no database, and the hashes that came with the schema.

use super::{Basis, NewPurpose, hash};
use crate::error::Error;

fn good() -> NewPurpose {
    NewPurpose {
        title: "Tide tables by email".into(),
        description: "Sending tide tables.".into(),
        basis: "consent".into(),
        channels: vec!["email".into()],
        wording: "Send me tide tables.".into(),
        ..NewPurpose::default()
    }
}

fn faults(new: &NewPurpose) -> Vec<String> {
    match new.checked() {
        Ok(_) => Vec::new(),
        Err(Error::Invalid(errors)) => errors.iter().map(|error| format!("{} {}", error.field, error.code)).collect(),
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn a_key_is_made_of_the_title() {
    assert_eq!(good().checked().unwrap().key, "tide_tables_by_email");
    assert_eq!(faults(&NewPurpose { key: "Tide tables".into(), ..good() }), ["key invalid_key"]);
    assert_eq!(faults(&NewPurpose { title: "潮汐表".into(), ..good() }), ["key invalid_key"]);
}

#[test]
fn p_097_legitimate_interests_need_an_assessment() {
    let new = NewPurpose { basis: "legitimate_interests".into(), ..good() };
    assert_eq!(faults(&new), ["assessment required"]);
    let written = NewPurpose { assessment: "We must know our suppliers.".into(), ..new };
    assert_eq!(written.checked().unwrap().assessment, "We must know our suppliers.");
    // Of another basis it would be read as its ground, so it is not kept.
    let other = NewPurpose { basis: "contract".into(), ..written };
    assert_eq!(other.checked().unwrap().assessment, "");
}

#[test]
fn everything_that_is_missing_is_told_at_once() {
    assert_eq!(
        faults(&NewPurpose::default()),
        ["title required", "description required", "basis unknown", "wording required"]
    );
    let wrong = NewPurpose { channels: vec!["pigeon".into()], double_opt_in: true, basis: "contract".into(), ..good() };
    assert_eq!(faults(&wrong), ["channels unknown", "double_opt_in contradiction"]);
}

#[test]
fn only_some_bases_can_be_objected_to_and_hold_for_minors() {
    let objected: Vec<&str> = Basis::ALL.iter().filter(|b| b.can_be_objected_to()).map(|b| b.word()).collect();
    assert_eq!(objected, ["consent", "public_task", "legitimate_interests"]);
    let minors: Vec<&str> = Basis::ALL.iter().filter(|b| b.holds_for_minors()).map(|b| b.word()).collect();
    assert_eq!(minors, ["contract", "legal_obligation", "vital_interests", "public_task"]);
}

/// The migration cannot compute a hash, so it carries them.
#[test]
fn the_hashes_of_what_came_with_the_workspace_are_those_of_its_words() {
    let migration = include_str!("../../../migrations/workspace/privacy/V0080__purposes.sql");
    let title = regex_free_pairs(migration);
    assert_eq!(title.len(), 4);
    for (key, text, kept) in title {
        let row = migration.lines().find(|line| line.starts_with(&format!("    ('{key}', '"))).unwrap();
        let title = row.split("', '").nth(1).unwrap();
        assert_eq!(hash(title, &text), kept, "{key}");
    }
}

/// Key, text and hash of each line that inserts a wording.
fn regex_free_pairs(migration: &str) -> Vec<(String, String, String)> {
    let lines = migration.lines().filter(|line| line.contains("SELECT id, 1, title, '"));
    let parts = lines.map(|line| line.split('\'').map(str::to_owned).collect::<Vec<_>>());
    parts.map(|parts| (parts[5].clone(), parts[1].clone(), parts[3].clone())).collect()
}
