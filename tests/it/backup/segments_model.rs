//! T-O: random histories of one file against a model that keeps the rows after every commit.
//!
//! `HOLDFAST_TEST_CASES=10000` runs as many histories.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;

use holdfast::backup::segments::Goal;
use holdfast::clock::{Clock, Timestamp};
use holdfast::db::check_pages;
use holdfast::error::Error;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::bench::{Bench, origin};

/// Histories of one run.
const CASES: u32 = 24;

#[derive(Debug, Clone, Copy)]
enum Step {
    Commit,
    /// Many rows at once.
    Large,
    /// Fewer rows, and a shorter file.
    Shrink,
    Rollback,
    /// Larger than the page cache, then rolled back: its frames are in the log.
    Spill,
    Ship,
    Fold,
    /// A checkpoint while a reader holds the file: sealed, and not folded in.
    Busy,
    Crash,
    Restart,
    Base,
    Merge,
    /// To one of the commits, in hundredths of the history.
    Restore(u8),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    use Step::*;
    let step = prop_oneof![
        8 => Just(Commit),
        2 => Just(Large),
        1 => Just(Shrink),
        1 => Just(Rollback),
        1 => Just(Spill),
        4 => Just(Ship),
        2 => Just(Fold),
        1 => Just(Busy),
        2 => Just(Crash),
        1 => Just(Restart),
        1 => Just(Base),
        2 => Just(Merge),
        3 => (0_u8..=100).prop_map(Restore),
    ];
    prop::collection::vec(step, 5..30)
}

/// A commit of the model.
struct Kept {
    rows: Vec<i64>,
    /// It had been made by then.
    by: Timestamp,
    /// Nobody heard of it when it was shipped: its moment is that of the log.
    is_vague: bool,
}

struct Model {
    bench: Bench,
    line: String,
    /// The rows after each commit; the first are those of the first base.
    history: Vec<Kept>,
    rows: Vec<i64>,
    next: i64,
    /// How much of the history is in segments, in merged objects, and in each base.
    shipped: usize,
    merged: usize,
    bases: Vec<usize>,
}

impl Model {
    fn new() -> Model {
        let mut bench = Bench::new();
        bench.take_base();
        let line = bench.bases[0].point.line.clone();
        let first = Kept { rows: Vec::new(), by: passed(), is_vague: false };
        Model { bench, line, history: vec![first], rows: Vec::new(), next: 1, shipped: 0, merged: 0, bases: vec![0] }
    }

    fn newest(&self) -> usize {
        self.history.len() - 1
    }

    fn commit(&mut self, statements: &[String], change: impl FnOnce(&mut Vec<i64>)) {
        let written = self.bench.file().write_unaudited(Timestamp(0), &origin(), |tx| {
            statements.iter().try_for_each(|sql| tx.execute(sql, &[]).map(drop))
        });
        written.unwrap();
        change(&mut self.rows);
        self.history.push(Kept { rows: self.rows.clone(), by: passed(), is_vague: false });
    }

    fn take(&mut self, step: Step) {
        let next = self.next;
        match step {
            Step::Commit => {
                self.next += 1;
                self.commit(&[insert(next, 1, 900)], |rows| rows.push(next));
            }
            Step::Large => {
                self.next += 40;
                self.commit(&[insert(next, 40, 2_000)], |rows| rows.extend(next..next + 40));
            }
            Step::Shrink => {
                self.next += 2;
                // Each state has a row of its own, so that no two are alike.
                let all_but_one = ["DELETE FROM t", &insert(next, 1, 9)].map(str::to_owned);
                self.commit(&all_but_one, |rows| *rows = vec![next]);
                let outside = crate::support::open(&self.bench.data(), &self.bench.keys().database_key());
                outside.execute_batch("VACUUM").unwrap();
                self.commit(&[insert(next + 1, 1, 9)], |rows| rows.push(next + 1));
            }
            Step::Rollback | Step::Spill => {
                let (count, bytes) = if matches!(step, Step::Spill) { (30, 60_000) } else { (1, 90) };
                let failed = self.bench.file().write_unaudited(Timestamp(0), &origin(), |tx| {
                    tx.execute(&insert(next + 1_000_000, count, bytes), &[])?;
                    Err::<(), _>(Error::NotFound("reason to keep it"))
                });
                assert!(failed.is_err());
            }
            Step::Ship => {
                self.bench.shipping().ship().unwrap();
                self.shipped = self.newest();
            }
            Step::Fold => {
                assert!(self.bench.file().fold().unwrap());
                self.shipped = self.newest();
            }
            Step::Busy => {
                self.next += 1;
                let file = self.bench.file();
                file.read(Timestamp(0), |db| {
                    assert_eq!(db.count("SELECT count(*) FROM t", &[])?, self.rows.len() as i64);
                    self.bench.write(&insert(next, 1, 900));
                    file.empty_log()
                })
                .unwrap();
                self.rows.push(next);
                self.history.push(Kept { rows: self.rows.clone(), by: passed(), is_vague: false });
                self.shipped = self.newest();
            }
            Step::Crash => {
                self.bench.crash_here(&|_, _| {});
                let now = passed();
                for kept in &mut self.history[self.shipped + 1..] {
                    (kept.by, kept.is_vague) = (now, true);
                }
            }
            Step::Restart => {
                self.bench.close();
                self.bench.open();
                self.shipped = self.newest();
            }
            Step::Base => {
                self.bench.take_base();
                self.shipped = self.newest();
                self.bases.push(self.newest());
            }
            Step::Merge => {
                if self.bench.merge_all().objects > 0 {
                    self.merged = self.shipped;
                }
            }
            Step::Restore(hundredths) => self.restore_to(self.newest() * usize::from(hundredths) / 100),
        }
        let line = self.bench.shipping().line();
        assert!(line.is_none() || line.as_ref() == Some(&self.line), "the line ended");
    }

    /// A moment of the history, from the newest base that is not younger.
    fn restore_to(&self, wanted: usize) {
        let until = self.history[wanted].by;
        let low = self.history.iter().rposition(|kept| kept.by <= until).unwrap();
        let vague = self.history[low + 1..].iter().take_while(|kept| kept.is_vague);
        let high = low + vague.count();
        let from = self.bases.iter().rposition(|base| *base <= wanted).unwrap();
        let goal = Goal { until: Some(until), ..Goal::default() };
        let (path, reached) = self.bench.restore_from(&self.bench.bases[from], &goal).unwrap();
        let found = self.find(&path);
        assert!(found <= high, "{found} holds what came after {wanted}");
        // Merged hours have only their ends, what was not shipped is nowhere, and what nobody heard of may have got the
        // moment of the next commit.
        let sure = self.history[..=low].iter().rposition(|kept| !kept.is_vague).unwrap();
        let lowest = if sure <= self.merged { self.bases[from] } else { sure.min(self.shipped) };
        assert!(found >= lowest, "{found} instead of {wanted}: shipped {}, merged {}", self.shipped, self.merged);
        assert!(reached.moment <= until.max(Timestamp(self.bench.bases[from].point.moment)));
        assert!(reached.next.is_none_or(
            |next| next > self.history[found].by || self.history.get(found + 1).is_some_and(|kept| kept.is_vague)
        ));
    }

    fn restore_newest(&self) {
        for (base, held) in self.bench.bases.iter().zip(&self.bases) {
            let (path, _) = self.bench.restore_from(base, &Goal::default()).unwrap();
            let found = self.find(&path);
            assert!(found >= self.shipped.max(*held), "{found} instead of {}", self.shipped);
        }
    }

    /// Which state of the history a file holds; nothing else may ever come back.
    fn find(&self, path: &Path) -> usize {
        let key = self.bench.keys().database_key();
        let file = holdfast::db::DbFile::open(path, key, Arc::new(AtomicI64::new(512))).unwrap();
        let rows: Vec<i64> =
            file.read(Timestamp(0), |db| db.rows("SELECT id FROM t ORDER BY id", &[], |row| row.get(0))).unwrap();
        assert_eq!(file.read(Timestamp(0), check_pages).unwrap(), Vec::<String>::new());
        let found = self.history.iter().rposition(|kept| kept.rows == rows);
        found.unwrap_or_else(|| panic!("{} rows that never were together", rows.len()))
    }
}

fn insert(first: i64, count: i64, bytes: i64) -> String {
    format!(
        "WITH RECURSIVE n(i) AS (SELECT {first} UNION ALL SELECT i + 1 FROM n WHERE i < {first} + {count} - 1)
         INSERT INTO t (id, b) SELECT i, randomblob({bytes}) FROM n"
    )
}

/// The clock, once it shows another moment than before.
fn passed() -> Timestamp {
    let before = Clock.now();
    while Clock.now() == before {}
    before
}

#[test]
fn pit_2_3_4_random_histories_agree_with_a_model() {
    let cases = std::env::var("HOLDFAST_TEST_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(CASES);
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 200, ..Config::default() };
    let outcome = TestRunner::new(config).run(&steps(), |steps| {
        let mut model = Model::new();
        for step in steps {
            model.take(step);
        }
        model.bench.shipping().ship().unwrap();
        model.shipped = model.newest();
        model.restore_newest();
        assert_eq!(model.bench.shipping().line().as_ref(), Some(&model.line), "the line ended");
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
}
