//! Every declared rule at its edges, the forecast against what really goes, holds, clocks that jump, and size.

mod ahead;
mod edges;
mod planting;

use std::collections::{BTreeSet, HashMap};

use planting::{Dice, plant};

use super::engine::Term;
use super::{Action, Done, Rule, Run, guard, rules, service, store};
use crate::clock::{Stopwatch, Timestamp};
use crate::db::open::RawKey;
use crate::db::{Actor, DbFile, Origin, Tx, Workspace, Workspaces, open_control};
use crate::error::Error;
use crate::id::WorkspaceId;
use crate::modules::MODULES;
use crate::privacy::data_map::{File, Table};
use crate::privacy::holds::{self, NewHold};

/// A day in the middle of things.
const NOW: Timestamp = Timestamp(1_800_000_000_000);

struct Place {
    _folder: tempfile::TempDir,
    control: DbFile,
    workspace: std::sync::Arc<Workspace>,
}

fn origin() -> Origin {
    Origin::local(Actor::CommandLine)
}

fn key() -> RawKey {
    RawKey::new(format!("x'{}'", "5c".repeat(32)))
}

impl Place {
    fn new() -> Place {
        let folder = tempfile::tempdir().unwrap();
        let control = open_control(&folder.path().join("control.db"), key()).unwrap();
        let all = Workspaces::new(folder.path().join("workspaces"), 2, 16);
        let id = WorkspaceId([7; 16]);
        all.create(id, key()).unwrap();
        let workspace = all.open(id, &|| Ok(key())).unwrap();
        Place { _folder: folder, control, workspace }
    }

    fn file(&self, file: File) -> &DbFile {
        if file == File::Control { &self.control } else { &self.workspace.file }
    }

    fn write<T>(&self, file: File, now: Timestamp, work: impl FnOnce(&Tx) -> Result<T, Error>) -> T {
        self.file(file).write_unaudited(now, &origin(), work).unwrap()
    }

    fn try_run(&self, file: File, now: Timestamp, is_stopping: &dyn Fn() -> bool) -> Result<Done, Error> {
        Run {
            modules: MODULES,
            file: self.file(file),
            workspace: (file == File::Workspace).then_some(&*self.workspace),
            now,
            origin: origin(),
            is_stopping,
            tell: &|_| Ok(()),
        }
        .work()
    }

    fn run(&self, file: File, now: Timestamp) -> Done {
        self.try_run(file, now, &|| false).unwrap()
    }

    fn count(&self, file: File, sql: &str) -> i64 {
        self.file(file).read(NOW, |db| db.count(sql, &[])).unwrap()
    }
}

/// Rules that the engine applies itself.
fn governed(file: File) -> impl Iterator<Item = (&'static Table, &'static Rule)> {
    rules(MODULES, file).filter(|(_, rule)| !matches!(rule.action, Action::Elsewhere { .. }))
}

const FILES: [File; 2] = [File::Control, File::Workspace];

#[test]
fn every_rule_says_what_why_and_from_when() {
    let mut keys = BTreeSet::new();
    for (table, rule) in FILES.into_iter().flat_map(|file| rules(MODULES, file)) {
        assert!(keys.insert((table.file == File::Control, rule.key)), "{} is there twice", rule.key);
        assert!(rule.least <= rule.days && rule.days <= rule.most, "{}", rule.key);
        assert!(!rule.from.is_empty() && !rule.source.is_empty(), "{} says too little", rule.key);
        assert!(!rule.is_editable() || !rule.because.is_empty(), "{} does not say why", rule.key);
    }
    assert!(keys.len() > 20, "{} rules", keys.len());
}

/// What a row is called in the file, for comparing.
fn names(place: &Place, file: File, table: &Table, rule: &Rule) -> BTreeSet<String> {
    let columns: Vec<String> = rule.row.split(", ").map(|column| format!("quote({column})")).collect();
    let sql = format!("SELECT {} FROM {}", columns.join(" || ' ' || "), table.name);
    place.file(file).read(NOW, |db| db.rows(&sql, &[], |row| row.get(0))).unwrap().into_iter().collect()
}

/// The column behind a rule's moment, for those that are a column.
fn moment_column(rule: &Rule) -> Option<&'static str> {
    rule.moment.chars().all(|c| c.is_ascii_lowercase() || c == '_').then_some(rule.moment)
}

#[test]
fn a_row_stays_to_the_last_moment_of_its_term_and_goes_then() {
    let mut tried = 0;
    for file in FILES {
        for (table, rule) in governed(file) {
            let (Some(moment), true) = (moment_column(rule), rule.takes_rows()) else { continue };
            if Term::from(rule, None).is_none() {
                continue;
            }
            let place = Place::new();
            let term = i64::from(rule.days) * Timestamp::DAY;
            let found = |at: Timestamp| {
                let question = |db: &crate::db::Db| {
                    let question = store::Question { table, rule, days: rule.days, at, held: None, person: None };
                    question.count(db)
                };
                place.file(file).read(at, question).unwrap().0
            };
            // Until the dice give one that the rule is about.
            let mut dice = Dice(0x5eed + u64::from(rule.days));
            let is_about = (0..200).any(|_| {
                place.write(file, NOW, |tx| {
                    plant(tx, &mut dice, table.name, &HashMap::from([(moment, NOW.0)]));
                    Ok(())
                });
                found(NOW.plus(term)) > 0
            });
            assert!(is_about, "no row was planted that {} is about", rule.key);
            assert_eq!(found(NOW.plus(term - 1)), 0, "{} goes too early", rule.key);
            assert_eq!(found(NOW.plus(term - Timestamp::DAY)), 0, "{}", rule.key);
            let planted = found(NOW.plus(term));
            assert_eq!(found(NOW.plus(term + Timestamp::DAY)), planted, "{}", rule.key);
            let before = names(&place, file, table, rule);
            place.write(file, NOW.plus(term), |tx| store::begin(tx).and_then(|run| store::finish(tx, run)));
            place.run(file, NOW.plus(term + 1));
            let gone = before.difference(&names(&place, file, table, rule)).count();
            assert!(gone as i64 >= planted, "{} let too little go", rule.key);
            assert_eq!(found(NOW.plus(term + 1)), 0, "{} left something", rule.key);
            tried += 1;
        }
    }
    assert!(tried > 12, "only {tried} rules were tried");
}

#[test]
fn a_released_hold_gives_nothing_a_new_term() {
    let place = Place::new();
    let trashed = |on_id: i64| {
        place.write(File::Workspace, NOW, |tx| {
            tx.execute(
                "INSERT INTO trash (on_type, on_id, name, image, deleted_at) VALUES ('company', :id, 'N', '{}', :now)",
                &[(":id", &on_id), (":now", &tx.now)],
            )
        })
    };
    trashed(1);
    trashed(2);
    let hold = place.write(File::Workspace, NOW, |tx| {
        let id = tx.count("SELECT id FROM trash WHERE on_id = 1", &[])?;
        let new = NewHold {
            scope: "record".into(),
            on_type: "trash".into(),
            on_id: Some(id),
            matter: "The quay".into(),
            reason: "A claim".into(),
            ..NewHold::default()
        };
        holds::service::place(tx, MODULES, new)
    });
    let later = NOW.plus(31 * Timestamp::DAY);
    let done = place.run(File::Workspace, later);
    // Exactly the one that is held stayed.
    assert_eq!((done.acted, done.held), (1, 1));
    assert_eq!(place.count(File::Workspace, "SELECT on_id FROM trash"), 1);
    place.write(File::Workspace, later, |tx| holds::service::release(tx, hold, None, "It is settled."));
    assert_eq!(place.run(File::Workspace, later.plus(1)).acted, 1);
    assert_eq!(place.count(File::Workspace, "SELECT count(*) FROM trash"), 0);
}

#[test]
fn a_clock_that_jumps_lets_nothing_go() {
    let place = Place::new();
    place.write(File::Control, NOW, |tx| {
        plant(tx, &mut Dice(5), "throttles", &HashMap::from([("blocked_until", NOW.0)]));
        Ok(())
    });
    assert_eq!(place.run(File::Control, NOW.plus(1)).acted, 0);
    let far =
        [Timestamp(0), NOW.plus(-2 * Timestamp::HOUR), NOW.plus(401 * Timestamp::DAY), Timestamp(4_080_000_000_000)];
    for wrong in far {
        match place.try_run(File::Control, wrong, &|| false) {
            Err(Error::Conflict(words)) => assert!(words.contains("until"), "{words}"),
            other => panic!("{wrong:?}: {other:?}"),
        }
    }
    assert_eq!(place.count(File::Control, "SELECT count(*) FROM throttles"), 1);
    // Somebody looks, and says that the clock is right.
    let far = NOW.plus(401 * Timestamp::DAY);
    place.control.write(far, &origin(), service::confirm_clock).unwrap();
    assert!(place.control.read(far, guard::doubt).unwrap().is_none());
    // The counter, and the run of so long ago.
    assert_eq!(place.run(File::Control, far).acted, 2);
    assert_eq!(place.count(File::Control, "SELECT count(*) FROM throttles"), 0);
}

#[test]
fn a_choice_below_the_floor_is_refused_and_names_it() {
    let place = Place::new();
    let (_, rule) = super::find(MODULES, "consent_events").unwrap();
    let refused = place.workspace.file.write(NOW, &origin(), |tx| service::choose(tx, rule, 30, true, None));
    match refused {
        Err(Error::Invalid(errors)) => {
            assert_eq!(errors[0].code, "below_floor");
            assert!(errors[0].message.contains("1096") && errors[0].message.contains("three years"), "{errors:?}");
        }
        other => panic!("{other:?}"),
    }
    let off = place.workspace.file.write(NOW, &origin(), |tx| service::choose(tx, rule, 1_096, false, None));
    assert!(matches!(off, Err(Error::Invalid(errors)) if errors[0].code == "always_on"));
    let (_, trash) = super::find(MODULES, "trash").unwrap();
    let chosen = place.workspace.file.write(NOW, &origin(), |tx| service::choose(tx, trash, 7, true, Some(1))).unwrap();
    assert_eq!((chosen.days, chosen.version), (7, 2));
    let stale = place.workspace.file.write(NOW, &origin(), |tx| service::choose(tx, trash, 8, true, Some(1)));
    assert!(matches!(stale, Err(Error::Stale(2))));
}

/// Stopped in the middle, as a kill would: the next run goes on, and its numbers are those of both.
#[test]
fn a_run_that_was_cut_short_is_gone_on_with() {
    let place = Place::new();
    fill(&place, 2_000);
    let asked = std::cell::Cell::new(0);
    let stop = || {
        asked.set(asked.get() + 1);
        asked.get() > 8
    };
    let done = place.try_run(File::Workspace, NOW.plus(400 * Timestamp::DAY - 1), &stop).unwrap();
    assert!(!done.is_whole);
    let left = place.count(File::Workspace, "SELECT count(*) FROM notifications");
    let done = place.run(File::Workspace, NOW.plus(400 * Timestamp::DAY - 1));
    assert_eq!((done.acted, done.is_whole), (2_000, true), "{left} were left");
    assert_eq!(place.count(File::Workspace, "SELECT count(*) FROM retention_runs"), 1);
    assert_eq!(place.count(File::Workspace, "SELECT count(*) FROM audit WHERE action = 'privacy.retention.ran'"), 1);
}

fn fill(place: &Place, rows: i64) {
    place.write(File::Workspace, NOW, |tx| {
        tx.execute(
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :rows)
             INSERT INTO notifications (member_id, kind, about_type, about_id, in_app, mail, at)
             SELECT 1, 'mentioned', 'contact', i, 1, 'never', :now FROM n",
            &[(":rows", &rows), (":now", &tx.now)],
        )
    });
}

#[test]
fn a_hundred_thousand_rows_go_in_short_steps() {
    let place = Place::new();
    fill(&place, 100_000);
    let watch = Stopwatch::start();
    let longest = std::cell::Cell::new(std::time::Duration::ZERO);
    let last = std::cell::Cell::new(Stopwatch::start());
    let look = || {
        longest.set(longest.get().max(last.get().elapsed()));
        last.set(Stopwatch::start());
        false
    };
    let done = place.try_run(File::Workspace, NOW.plus(366 * Timestamp::DAY), &look).unwrap();
    assert_eq!(done.acted, 100_000);
    assert!(watch.elapsed() < std::time::Duration::from_secs(60), "it took {:?}", watch.elapsed());
    assert!(longest.get() < std::time::Duration::from_secs(2), "a step held the file for {:?}", longest.get());
    assert_eq!(
        std::fs::metadata(place.workspace.folder.join("data.db-wal")).map_or(0, |meta| meta.len()) / (8 << 20),
        0
    );
}
