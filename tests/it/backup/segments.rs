//! Segments of one file without a server: every kind of change, crashes between them, every moment brought back, and
//! every doubt about the file recognised.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicI64;

use holdfast::backup::segments::Goal;
use holdfast::clock::{Clock, Timestamp};
use holdfast::db::{DbFile, check_pages, digest};
use holdfast::error::Error;

use super::bench::{Bench, Harm, origin, rows};
use super::copy_folder;

/// Random steps of the model test; more when more kills are asked for.
const STEPS: usize = 250;
/// `kill -9`s of the loop against the program; `HOLDFAST_TEST_KILLS=200` runs the full loop and as much more of the rest.
pub const KILLS: usize = 8;

/// Numbers that look random and are the same each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

/// How many kills were asked for.
pub fn kills() -> usize {
    std::env::var("HOLDFAST_TEST_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(KILLS)
}

fn change(bench: &Bench, dice: &mut Dice, step: usize) {
    match dice.roll(9) {
        0..=2 => bench.write("INSERT INTO t (b) VALUES (randomblob(700))"),
        3 => bench.write(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300)
             INSERT INTO t (b) SELECT randomblob(200) FROM n",
        ),
        4 => bench.write("DELETE FROM t WHERE id % 3 <> 0"),
        5 => bench.write("INSERT INTO f (words) VALUES ('harbour ' || hex(randomblob(8)))"),
        6 => bench.write(&format!("CREATE TABLE d{step} (a TEXT) STRICT")),
        7 => {
            // Larger than the page cache: its frames reach the log before it is rolled back.
            let failed = bench.file().write_unaudited(Timestamp(0), &origin(), |tx| {
                for _ in 0..40 {
                    tx.execute("INSERT INTO t (b) VALUES (randomblob(60000))", &[])?;
                }
                Err::<(), _>(Error::NotFound("reason to keep it"))
            });
            assert!(failed.is_err());
        }
        _ => {
            let outside = crate::support::open(&bench.data(), &bench.keys().database_key());
            outside.execute_batch("VACUUM").unwrap();
            // What somebody else committed is heard of with the next commit of the file's own.
            bench.write("INSERT INTO t (b) VALUES (NULL)");
        }
    }
}

/// T-B and the model of T-O: after every step what lies in the folder is one of the states that were committed, never
/// an older one than was shipped, and no line ends without a reason.
#[test]
fn pit_2_every_kind_of_change_and_a_crash_at_any_step() {
    let (mut bench, mut dice) = (Bench::new(), Dice(20_261_121));
    bench.take_base();
    let line = bench.bases[0].point.line.clone();
    let mut states = vec![bench.digest()];
    let mut shipped = 0;
    let mut crashes = 0;
    for step in 0..STEPS * kills() / KILLS {
        match dice.roll(8) {
            0..=3 => {
                change(&bench, &mut dice, step);
                states.push(bench.digest());
            }
            4 => {
                bench.shipping().ship().unwrap();
                shipped = states.len() - 1;
            }
            5 => {
                assert!(bench.file().fold().unwrap());
                shipped = states.len() - 1;
            }
            6 => {
                bench = bench.crash();
                crashes += 1;
                assert_eq!(bench.digest(), states[states.len() - 1], "step {step}: the file itself lost a commit");
            }
            _ => {
                bench.take_base();
                shipped = states.len() - 1;
            }
        }
        if dice.roll(3) == 0 {
            let (file, _) = bench.restored(&Goal::default());
            let found = file.read(Timestamp(0), digest::content).unwrap();
            let at = states.iter().rposition(|state| *state == found);
            assert!(at.is_some_and(|at| at >= shipped), "step {step}: {at:?} of {}, shipped {shipped}", states.len());
            assert_eq!(file.read(Timestamp(0), check_pages).unwrap(), Vec::<String>::new(), "step {step}");
        }
        assert!(!bench.shipping().is_on() || bench.shipping().line().as_ref() == Some(&line), "step {step}");
    }
    assert!(crashes > 5, "too few crashes to prove anything");
    bench.shipping().ship().unwrap();
    assert_eq!(bench.shipping().line(), Some(line), "the line ended, and nothing was wrong");
    let (file, _) = bench.restored(&Goal::default());
    assert_eq!(file.read(Timestamp(0), digest::content).unwrap(), bench.digest());
}

/// T-C: the state of a moment holds exactly what was committed until then.
#[test]
fn pit_3_each_moment_holds_exactly_what_was_committed_by_then() {
    let mut bench = Bench::new();
    bench.take_base();
    let mut moments = Vec::new();
    for number in 0..50 {
        bench.write("INSERT INTO t (b) VALUES (randomblob(300))");
        let moment = Clock.now();
        while Clock.now() == moment {}
        moments.push((moment, bench.rows()));
        match number % 9 {
            3 => drop(bench.shipping().ship().unwrap()),
            7 => assert!(bench.file().fold().unwrap()),
            _ => {}
        }
    }
    bench.shipping().ship().unwrap();
    for (index, (moment, expected)) in moments.iter().enumerate() {
        let (file, reached) = bench.restored(&Goal { until: Some(*moment), ..Goal::default() });
        assert_eq!(rows(&file), *expected, "{}", moment.rfc3339());
        assert!(reached.moment <= *moment);
        assert_eq!(reached.next.is_some(), index + 1 < moments.len());
        assert!(reached.next.is_none_or(|next| next > *moment));
    }
}

/// Nobody ships, and the file is as ever.
#[test]
fn without_a_base_nothing_is_shipped_and_the_log_is_folded_in() {
    let bench = Bench::new();
    bench.write("INSERT INTO t (b) VALUES (randomblob(300))");
    assert!(!bench.shipping().ship().unwrap() && bench.shipping().wants_base());
    assert!(bench.file().fold().unwrap());
    assert_eq!(bench.segments(), Vec::<PathBuf>::new());
}

fn log(data: &Path) -> PathBuf {
    data.with_file_name("data.db-wal")
}

fn mark(data: &Path) -> PathBuf {
    data.with_file_name("data.db-shipped")
}

/// T-G: the file does not follow what was shipped. The line ends, and the next one holds what the file holds.
#[test]
fn pit_7_a_fork_and_a_gap_end_the_line_and_are_never_restored_wrongly() {
    let cut = |data: &Path, _: &Bench| {
        let log = std::fs::OpenOptions::new().write(true).open(log(data)).unwrap();
        log.set_len(log.metadata().unwrap().len() / 2).unwrap();
    };
    let delete = |data: &Path, _: &Bench| std::fs::remove_file(log(data)).unwrap();
    let fold_elsewhere = |data: &Path, bench: &Bench| {
        let before = std::fs::read(mark(data)).unwrap();
        let key = bench.keys().database_key();
        drop(DbFile::open(data, key, Arc::new(AtomicI64::new(512))).unwrap());
        // One of ours takes the mark away; another program knows nothing of it.
        assert!(!mark(data).exists());
        std::fs::write(mark(data), before).unwrap();
    };
    let unmark = |data: &Path, bench: &Bench| {
        drop(DbFile::open(data, bench.keys().database_key(), Arc::new(AtomicI64::new(512))).unwrap());
    };
    let spoil_last = |_: &Path, bench: &Bench| {
        let last = bench.segments().pop().unwrap();
        let bytes = std::fs::read(&last).unwrap();
        std::fs::write(&last, &bytes[..bytes.len() - 1]).unwrap();
    };
    let take_list = |_: &Path, bench: &Bench| {
        std::fs::remove_file(super::files_below(&bench.backup(), "head.json").pop().unwrap()).unwrap();
    };
    let harms: [(&str, &Harm); 6] = [
        ("cut", &cut),
        ("delete", &delete),
        ("fold elsewhere", &fold_elsewhere),
        ("fold by ours", &unmark),
        ("spoil the last segment", &spoil_last),
        ("take the list away", &take_list),
    ];
    for (name, harm) in harms {
        let mut bench = Bench::new();
        bench.take_base();
        let line = bench.bases[0].point.line.clone();
        for _ in 0..6 {
            bench.write("INSERT INTO t (b) VALUES (randomblob(3000))");
            bench.shipping().ship().unwrap();
        }
        let mut bench = bench.crash_with(harm);
        bench.shipping().ship().unwrap();
        assert!(!bench.shipping().is_on() && bench.shipping().wants_base(), "{name}");
        bench.take_base();
        assert_ne!(bench.bases.last().unwrap().point.line, line, "{name}");
        bench.write("INSERT INTO t (b) VALUES (randomblob(3000))");
        bench.shipping().ship().unwrap();
        let (file, _) = bench.restored(&Goal::default());
        assert_eq!(file.read(Timestamp(0), digest::content).unwrap(), bench.digest(), "{name}");
    }
}

/// A whole data folder put back from elsewhere, closed cleanly: nothing in its log shows it.
#[test]
fn pit_7_a_file_put_back_from_elsewhere_is_recognised() {
    let mut bench = Bench::new();
    bench.take_base();
    bench.write("INSERT INTO t (b) VALUES (randomblob(3000))");
    bench.close();
    let (live, kept) = (bench.folder.path().join("live"), bench.folder.path().join("kept"));
    copy_folder(&live, &kept);
    bench.open();
    bench.write("INSERT INTO t (b) VALUES (randomblob(3000))");
    bench.close();
    std::fs::remove_dir_all(&live).unwrap();
    std::fs::rename(&kept, &live).unwrap();
    bench.open();
    bench.write("INSERT INTO t (b) VALUES (randomblob(9))");
    bench.shipping().ship().unwrap();
    assert!(bench.shipping().wants_base());
    // A clean end and a clean start go on.
    bench.take_base();
    let line = bench.shipping().line();
    bench.close();
    bench.open();
    bench.write("INSERT INTO t (b) VALUES (randomblob(9))");
    assert!(bench.shipping().ship().unwrap());
    assert_eq!(bench.shipping().line(), line);
}
