//! The checks: each looks for what is left in its own way, and knows nothing of how an erasure works.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;

use aho_corasick::AhoCorasick;
use holdfast::db::DbFile;
use holdfast::db::open::RawKey;
use holdfast::modules::{self, MODULES};
use holdfast::people::person::CONTACT;
use holdfast::privacy::data_map::{Erasure, File};
use holdfast::privacy::subject;
use rusqlite::Connection;
use serde_json::Value;

use super::person::{self, Canary, Counts, count, walk};
use super::seeding::{Seeds, types};
use super::{Left, Place};
use crate::support::{TestApp, fixture};

/// Every check, one after the other.
pub fn all(place: &Place, canary: &Canary, seeds: &Seeds, certificate: &Value) -> Vec<Left> {
    let (app, mut left) = (&place.app, Vec::new());
    let needles = canary.needles();
    let mut add = |check: &'static str, found: Vec<String>| {
        assert!(super::CHECKS.contains(&check), "{check} is no test");
        left.extend(found.into_iter().map(|what| Left { check, what }));
    };
    let folders = place.folders();
    add("m4_no_byte_is_left_on_the_disk", bytes(app, &folders.each_ref().map(|path| path.as_path()), &needles));
    let workspace = app.workspace("alpha");
    add("m4_no_column_of_any_table_holds_them", columns(&workspace, File::Workspace, &needles));
    add("m4_no_column_of_any_table_holds_them", columns(&app.control(), File::Control, &needles));
    add("m4_rows_go_or_stay_as_declared", rows(&workspace, canary, seeds));
    add("m4_no_search_index_knows_their_words", indexes(&workspace, &needles));
    let files = person::sealed(app);
    let kept = files.difference(&canary.files).filter(|path| !is_journal(path));
    add("m4_no_sealed_file_is_left", kept.map(|path| path.display().to_string()).collect());
    add("m4_no_mail_to_them_waits", mails(&app.control(), &needles));
    add("aud_3_the_log_forgets_them", salts(&workspace, canary));
    let kept =
        format!("SELECT count(*) FROM erasures WHERE id = {} AND sealed_values IS NOT NULL", certificate["erasure"]);
    add("m5_what_was_looked_for_is_forgotten", some(count(&workspace, &kept), "sealed values"));
    let (before, now) = (&canary.counts, Counts::now(app));
    let added = now.suppressions - before.suppressions;
    // The address, the number, and the address before.
    add("m4_nobody_brings_them_back_unawares", some(3 - added.min(3), "ways to reach them that are not suppressed"));
    add(
        "m5_the_ledger_and_its_journal_say_so",
        some(2 - (now.ledger - before.ledger), "entries missing in the ledger"),
    );
    let lines = i64::try_from(now.journal - before.journal).unwrap_or(0);
    add("m5_the_ledger_and_its_journal_say_so", some(2 - lines, "lines missing in the journal"));
    let scan = &certificate["scan"];
    let is_clean = scan["clean"] == true && scan["log_emptied"] == true && scan["kept_by_installation"] == 0;
    let said = if is_clean { Vec::new() } else { vec![scan.to_string()] };
    add("m5_the_certificate_says_that_nothing_is_left", said);
    left.sort();
    left.dedup();
    left
}

fn some(number: i64, what: &str) -> Vec<String> {
    if number == 0 { Vec::new() } else { vec![format!("{number} {what}")] }
}

fn is_journal(path: &Path) -> bool {
    path.extension().is_some_and(|end| end == "journal" || end == "jsonl")
}

/// Values of theirs in the decrypted pages of both databases and in the bytes of every other file.
pub fn bytes(app: &TestApp, beside: &[&Path], needles: &[String]) -> Vec<String> {
    let automaton = AhoCorasick::builder().ascii_case_insensitive(true).build(needles).expect("an automaton");
    let mut found = Vec::new();
    let mut look = |place: &str, bytes: &[u8]| {
        for hit in automaton.find_iter(bytes) {
            let around = &bytes[hit.start()..bytes.len().min(hit.end() + 40)];
            found.push(format!("{place}: {}", String::from_utf8_lossy(around).escape_debug()));
        }
    };
    let id = fixture::workspace_id(&app.control(), "alpha");
    let keys = app.keys();
    let own = person::folder(app).join("data.db");
    pages(&own, keys.workspace(id).expect("keys").database_key(), &mut |page| look("data.db", page));
    let control = keys.control().expect("keys").workspace.database_key();
    pages(&app.data().join("control.db"), control, &mut |page| look("control.db", page));
    for folder in beside.iter().copied().chain([app.data().as_path()]) {
        walk(folder, &mut |path| {
            look(&path.display().to_string(), &std::fs::read(path).unwrap_or_default());
            look("the name of a file", path.file_name().unwrap_or_default().as_encoded_bytes());
        });
    }
    look("the program's own output", app.server.log().as_bytes());
    found
}

/// The pages of a copy, so that opening it changes nothing here.
pub fn pages(path: &Path, key: RawKey, each: &mut dyn FnMut(&[u8])) {
    let copy = tempfile::tempdir().expect("a folder");
    let target = copy.path().join("copy.db");
    std::fs::copy(path, &target).expect("the file");
    let log = path.with_file_name(format!("{}-wal", path.file_name().expect("a name").to_string_lossy()));
    let _ = std::fs::copy(log, copy.path().join("copy.db-wal"));
    let file = DbFile::open(&target, key, Arc::new(AtomicI64::new(512))).expect("it opens");
    file.each_page(&mut |page| {
        each(page);
        Ok(())
    })
    .expect("every page is read");
}

/// Columns in which one of the words stands.
pub fn columns(conn: &Connection, file: File, needles: &[String]) -> Vec<String> {
    let mut found = Vec::new();
    for table in modules::tables().filter(|table| table.file == file) {
        let types = types(conn, table.name);
        let texts = types.iter().filter(|(_, kind)| ["TEXT", "ANY", "BLOB"].contains(&kind.as_str()));
        for (column, _) in texts {
            let stands: Vec<String> = needles
                .iter()
                .map(|needle| format!("instr(lower(CAST(\"{column}\" AS TEXT)), '{needle}') > 0"))
                .collect();
            let sql = format!("SELECT count(*) FROM {} WHERE {}", table.name, stands.join(" OR "));
            if count(conn, &sql) > 0 {
                found.push(format!("{}.{column}", table.name));
            }
        }
    }
    found
}

/// Rows about the person that should be gone and are there, or should be there and are gone.
fn rows(workspace: &Connection, canary: &Canary, seeds: &Seeds) -> Vec<String> {
    let ids = format!("[{}]", canary.id);
    let mut wrong = Vec::new();
    for (table, condition) in subject::tables(MODULES, &CONTACT) {
        assert!(seeds.seeded.iter().any(|(_, name, _)| name == table.name), "{} was not seeded", table.name);
        let condition = condition.replace(":kind", &format!("'{}'", CONTACT.word)).replace(":ids", &format!("'{ids}'"));
        let rows = count(workspace, &format!("SELECT count(*) FROM {} WHERE {condition}", table.name));
        match table.erasure {
            Erasure::DeleteRow if rows > 0 => wrong.push(format!("{rows} rows of {} are left", table.name)),
            Erasure::Keep { .. } if rows == 0 => wrong.push(format!("{} should be kept, and is gone", table.name)),
            _ => {}
        }
    }
    wrong
}

/// Full-text indexes that know one of the words, or say something else than their table.
fn indexes(workspace: &Connection, needles: &[String]) -> Vec<String> {
    let names: Vec<String> = workspace
        .prepare("SELECT name FROM sqlite_schema WHERE sql LIKE 'CREATE VIRTUAL TABLE%USING fts5 (%'")
        .and_then(|mut query| query.query_map([], |row| row.get(0))?.collect())
        .expect("the schema reads");
    assert!(names.len() > 3, "indexes: {names:?}");
    let mut wrong = Vec::new();
    for name in names {
        workspace
            .execute_batch(&format!(
                "CREATE VIRTUAL TABLE IF NOT EXISTS temp.words_of_{name} USING fts5vocab (main, {name}, row)"
            ))
            .expect("a vocabulary");
        for needle in needles {
            let sql = format!("SELECT count(*) FROM temp.words_of_{name} WHERE instr(term, '{needle}') > 0");
            wrong.extend(some(count(workspace, &sql), &format!("words in {name}")));
        }
        let agrees = format!("INSERT INTO {name} ({name}, rank) VALUES ('integrity-check', 1)");
        if let Err(error) = workspace.execute(&agrees, []) {
            wrong.push(format!("{name}: {error}"));
        }
    }
    wrong
}

fn mails(control: &Connection, needles: &[String]) -> Vec<String> {
    let named: Vec<String> =
        needles.iter().map(|needle| format!("instr(lower(recipient || body_text), '{needle}') > 0")).collect();
    let sql =
        format!("SELECT count(*) FROM outgoing_mail WHERE state IN ('queued', 'sending') AND ({})", named.join(" OR "));
    some(count(control, &sql), "mails wait")
}

fn salts(workspace: &Connection, canary: &Canary) -> Vec<String> {
    let sql = format!(
        "SELECT count(*) FROM audit WHERE object = 'contact:{}' AND (salt IS NOT NULL OR personal IS NOT NULL)
             AND action NOT LIKE 'privacy.erasure.%'",
        canary.id
    );
    some(count(workspace, &sql), "entries can still be tried")
}
