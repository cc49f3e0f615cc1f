//! The canary suite: a marker in every declared column of both files and in every file that the program keeps, then the
//! person is erased, and each check looks in its own way for what is left of them (ERA-3, M4, M9).
//!
//! Nothing here names a table but where the program itself treats one apart: what is declared is seeded, and what is
//! declared and not seeded fails. `mutations` shows that each check can fail.

mod account;
mod looking;
mod mutations;
mod person;
mod seeding;

use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::people::{OWNER, id};
use crate::support::{Client, Start, TestApp};
pub use looking::{bytes, columns, pages};
pub use person::{Canary, sealed};
use seeding::Seeds;

/// One thing that is left of somebody, and which check found it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Left {
    check: &'static str,
    what: String,
}

/// A test for each check: it holds what one clean erasure left against nothing at all.
macro_rules! checks {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {
        /// The checks, as tests are called.
        const CHECKS: &[&str] = &[$(stringify!($name)),+];
        $($(#[$doc])* #[test] fn $name() { nothing_left(stringify!($name)); })+
    };
}

checks! {
    /// Decrypted pages, free ones too, write-ahead logs, every other file of the data folder, the temporary folder, the
    /// folder of outgoing mail, the program's own output.
    m4_no_byte_is_left_on_the_disk,
    /// Every text of every table, by name.
    m4_no_column_of_any_table_holds_them,
    /// Rows about the person are gone; those that are kept for a ground are there.
    m4_rows_go_or_stay_as_declared,
    /// No word of theirs is in a search index, and each index agrees with its table.
    m4_no_search_index_knows_their_words,
    /// Sealed files: attachments, previews, imports, copies of data.
    m4_no_sealed_file_is_left,
    /// Pseudonyms of each way to reach them stand in the list of those who must not come back.
    m4_nobody_brings_them_back_unawares,
    /// No mail that names them waits.
    m4_no_mail_to_them_waits,
    /// Salts go with the personal parts, so that nobody can try names against the chain.
    aud_3_the_log_forgets_them,
    /// What was looked for is not kept.
    m5_what_was_looked_for_is_forgotten,
    /// Begun and done, in the database and beside it.
    m5_the_ledger_and_its_journal_say_so,
    /// The program's own search of the disk came to the same end.
    m5_the_certificate_says_that_nothing_is_left,
}

/// An installation whose server reads which step to leave out, keeps its temporary files apart, and puts its mail
/// into a folder.
pub struct Place {
    pub app: TestApp,
    beside: tempfile::TempDir,
}

impl Place {
    pub fn new() -> Place {
        let beside = tempfile::tempdir().expect("a folder");
        let mut start = Start::default();
        for folder in ["temporary", "mail"] {
            std::fs::create_dir(beside.path().join(folder)).expect("a folder");
        }
        for (name, path) in
            [("TEST_ERASURE_LEAVE_OUT", "faults"), ("TMPDIR", "temporary"), ("HOLDFAST_MAIL__FOLDER", "mail")]
        {
            start.environment.push((name.into(), beside.path().join(path).display().to_string()));
        }
        for (name, value) in [("TRANSPORT", "folder"), ("FROM", "holdfast@example.org")] {
            start.environment.push((format!("HOLDFAST_MAIL__{name}"), value.into()));
        }
        Place { app: TestApp::start_with(start), beside }
    }

    /// Leaves out these steps from now on.
    fn leave_out(&self, steps: &str) {
        std::fs::write(self.beside.path().join("faults"), steps).expect("written");
    }

    /// Folders that the server writes to, beside its data.
    pub fn folders(&self) -> [PathBuf; 2] {
        ["temporary", "mail"].map(|name| self.beside.path().join(name))
    }
}

pub fn program(app: &TestApp) -> Client {
    app.program_of(OWNER, "alpha")
}

/// Erases and gives the certificate.
pub fn erase(app: &TestApp, person: i64) -> Value {
    let program = program(app);
    let erasure = id(&program.call("POST", "/api/v1/erasures", &json!({ "person": person })).expect(201).json());
    let waiting = Instant::now();
    loop {
        let found = program.get(&format!("/api/v1/erasures/{erasure}")).expect(200).json();
        if found["state"] == "done" {
            return found["certificate"]["certificate"].clone();
        }
        assert!(waiting.elapsed() < Duration::from_secs(60), "{found}\n{}", app.server.log());
        std::thread::sleep(Duration::from_millis(25));
    }
}

/// Everything once for one person: seeded, a copy of it made, erased, looked for. The steps are left out.
fn left_of(place: &mut Place, number: usize, steps: &str) -> Vec<Left> {
    place.leave_out("");
    let canary = Canary::settle(&place.app, number);
    let seeds = Seeds::plant(&place.app, &canary);
    if steps.is_empty() || steps == "packages" {
        super::access_package::made(&place.app, &program(&place.app), canary.id);
    }
    place.leave_out(steps);
    let certificate = erase(&place.app, canary.id);
    if steps.is_empty() {
        // Nothing is to be folded or emptied for us.
        place.app.server.kill();
    }
    looking::all(place, &canary, &seeds, &certificate)
}

/// What a clean erasure leaves; asked once for all checks.
fn clean() -> &'static [Left] {
    static CLEAN: OnceLock<Vec<Left>> = OnceLock::new();
    CLEAN.get_or_init(|| left_of(&mut Place::new(), 0, ""))
}

#[track_caller]
fn nothing_left(check: &str) {
    let left: Vec<String> = clean().iter().filter(|left| left.check == check).map(|left| left.what.clone()).collect();
    crate::tidy::none("Left of somebody who was erased:", &left);
}

/// What the person may have a copy of is in it, before it goes.
#[test]
fn m9_what_was_seeded_is_in_the_copy_of_their_data() {
    let place = Place::new();
    let canary = Canary::settle(&place.app, 0);
    let seeds = Seeds::plant(&place.app, &canary);
    let files = super::access_package::copy_of(&place.app, &program(&place.app), canary.id);
    let data = String::from_utf8_lossy(&files["data.json"]).into_owned();
    let missing: Vec<String> = seeds
        .exported
        .iter()
        .filter(|(_, marker)| !data.contains(marker.as_str()))
        .map(|(name, _)| name.clone())
        .collect();
    assert!(seeds.exported.len() > 30, "only {} columns are looked for", seeds.exported.len());
    crate::tidy::none("Seeded and not in the copy:", &missing);
}

/// A column that is declared and that the suite does not seed would be proven by nothing.
#[test]
fn m9_every_declared_column_is_seeded() {
    let place = Place::new();
    let canary = Canary::settle(&place.app, 0);
    let mut seeded = Seeds::plant(&place.app, &canary).seeded;
    seeded.extend(account::seeded(&place.app));
    crate::tidy::none("Declared, and not seeded by the canary suite:", &seeding::unseeded(&seeded));
    // The list is not empty by itself: without a table it names each of its columns.
    seeded.retain(|(_, table, _)| table != "notes");
    assert!(seeding::unseeded(&seeded).contains(&"data.db: notes.body".to_owned()));
}
