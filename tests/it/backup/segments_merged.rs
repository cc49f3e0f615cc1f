//! Merged segments: the same file comes back, byte for byte; a crash at any step loses nothing; damage is named.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use holdfast::backup::segments::{self, Goal};
use holdfast::clock::{Clock, Timestamp};
use holdfast::error::Error;

use super::bench::{Base, Bench, rows};
use super::segments_served::{OWNER, brought, contacts, until_shipped};
use super::{copy_folder, facts, files_below};
use crate::durability::{add, assert_sound};
use crate::support::{Ask, Start, TestApp, fixture};

/// Several epochs with a base amid them, a file that grows and shrinks, and an end that is still open.
fn line() -> Bench {
    let mut bench = Bench::new();
    bench.take_base();
    for round in 0..3 {
        for _ in 0..6 {
            bench.write("INSERT INTO t (b) VALUES (randomblob(3000))");
            bench.shipping().ship().unwrap();
        }
        match round {
            0 => bench.take_base(),
            1 => {
                bench.write("DELETE FROM t WHERE id % 2 = 0");
                let outside = crate::support::open(&bench.data(), &bench.keys().database_key());
                outside.execute_batch("VACUUM").unwrap();
                bench.write("INSERT INTO t (b) VALUES (NULL)");
                assert!(bench.file().fold().unwrap());
            }
            _ => {}
        }
    }
    bench
}

fn bytes(bench: &Bench, base: &Base, goal: &Goal) -> Vec<u8> {
    std::fs::read(bench.restore_from(base, goal).unwrap().0).unwrap()
}

fn merged(bench: &Bench) -> Vec<PathBuf> {
    let is_merged = |path: &PathBuf| name(path).matches('-').count() == 2;
    bench.segments().into_iter().filter(is_merged).collect()
}

fn name(path: &Path) -> &str {
    path.file_name().and_then(|name| name.to_str()).unwrap()
}

/// The number of a segment; the first and the last of a merged object.
fn numbers(path: &Path) -> (u64, Option<u64>) {
    let mut parts = path.file_stem().and_then(|stem| stem.to_str()).unwrap().split('-').skip(1);
    let mut next = || parts.next().map(|number| number.parse().unwrap());
    (next().unwrap(), next())
}

#[test]
fn merged_segments_give_the_same_file_byte_for_byte_and_the_line_goes_on() {
    let bench = line();
    let all = Goal::default();
    let before: Vec<_> = bench.bases.iter().map(|base| bytes(&bench, base, &all)).collect();
    let commits = bench.restore_from(&bench.bases[0], &all).unwrap().1;
    let raw = bench.segments().len() as u64;
    let done = bench.merge_all();
    // The end stays, and the base amid the line parts it.
    assert_eq!((done.segments, merged(&bench).len() as u64), (raw - 1, done.objects));
    assert!(done.objects >= 2 && bench.segments().len() as u64 == done.objects + 1, "{done:?}");
    assert!(done.bytes_after * 2 < done.bytes_before, "{done:?}");
    for (base, before) in bench.bases.iter().zip(&before) {
        assert!(bytes(&bench, base, &all) == *before, "another file comes back");
    }
    assert_eq!(bench.restore_from(&bench.bases[0], &all).unwrap().1, commits);
    // Again there is nothing to do.
    assert_eq!(bench.merge_all().segments, 0);
    // The line goes on, also after a crash, and what comes then is merged too.
    let line = bench.shipping().line();
    let mut bench = bench.crash();
    for _ in 0..4 {
        bench.write("INSERT INTO t (b) VALUES (randomblob(900))");
        bench.shipping().ship().unwrap();
    }
    assert_eq!(bench.shipping().line(), line);
    bench.merge_all();
    for base in &bench.bases {
        let (path, _) = bench.restore_from(base, &all).unwrap();
        assert_eq!(std::fs::metadata(path).unwrap().len() % 4096, 0);
    }
    assert_eq!(rows(&bench.restored(&all).0), bench.rows());
    bench.close();
}

#[test]
fn a_moment_within_a_merged_hour_comes_back_as_the_end_of_what_lies_before() {
    let mut bench = Bench::new();
    bench.take_base();
    let mut moments = Vec::new();
    for _ in 0..6 {
        bench.write("INSERT INTO t (b) VALUES (randomblob(300))");
        let moment = Clock.now();
        while Clock.now() == moment {}
        moments.push(moment);
        bench.shipping().ship().unwrap();
    }
    let point = bench.bases[0].point.clone();
    let reach = |until| segments::reach(&bench.target(), &point, until, true).unwrap();
    assert_eq!(reach(moments[2]), moments[2]);
    assert!(bench.merge_all().objects >= 1);
    // Five commits became one, so within it there is only the base.
    let (file, reached) = bench.restored(&Goal { until: Some(moments[2]), ..Goal::default() });
    assert_eq!((rows(&file), reached.commits), (0, 0));
    assert!(reached.moment < moments[0] && reached.next.is_some_and(|next| next <= moments[0]));
    let said = reach(moments[2]);
    assert!(said < moments[0] && said >= Timestamp(point.moment), "{}", said.rfc3339());
    let (file, reached) = bench.restored(&Goal { until: Some(moments[4]), ..Goal::default() });
    assert_eq!((rows(&file), reached.commits), (5, 5));
    assert!(reached.next.is_some_and(|next| next > moments[4]));
    assert_eq!(reach(moments[4]), moments[4]);
}

#[test]
fn what_a_crash_leaves_of_a_merge_is_read_rightly_and_tidied_by_the_next() {
    let bench = line();
    let all = Goal::default();
    let folder = bench.segments()[0].parent().unwrap().to_owned();
    let kept = bench.folder.path().join("kept");
    copy_folder(&folder, &kept);
    let before: Vec<_> = bench.bases.iter().map(|base| bytes(&bench, base, &all)).collect();
    bench.merge_all();
    let whole = bench.segments();
    let raw: Vec<PathBuf> =
        files_below(&kept, ".seg").into_iter().filter(|path| !folder.join(name(path)).exists()).collect();
    // Named, and all or some of what it stands for is still there; or begun, and not named yet.
    for left in [raw.len(), 7, 1] {
        for path in raw.iter().rev().take(left) {
            std::fs::copy(path, folder.join(name(path))).unwrap();
        }
        std::fs::write(folder.join("g0000000000000001-000000000001-000000000002.merging"), b"half").unwrap();
        for (base, before) in bench.bases.iter().zip(&before) {
            assert!(bytes(&bench, base, &all) == *before, "{left} left");
        }
        assert_eq!(bench.merge_all().segments, 0);
        assert_eq!((bench.segments(), files_below(&folder, ".merging")), (whole.clone(), Vec::new()), "{left} left");
    }
    // A merged object that is damaged is no reason to let anything go.
    std::fs::copy(&raw[0], folder.join(name(&raw[0]))).unwrap();
    let victim = &merged(&bench)[0];
    let mut spoilt = std::fs::read(victim).unwrap();
    let last = spoilt.len() - 1;
    spoilt[last] ^= 1;
    std::fs::write(victim, spoilt).unwrap();
    let refused = bench.merge(Clock.now().plus(2 * Timestamp::HOUR)).unwrap_err().to_string();
    assert!(refused.contains(name(victim)) && folder.join(name(&raw[0])).exists(), "{refused}");
}

#[test]
fn pit_5_a_merged_object_that_is_damaged_missing_or_foreign_is_named() {
    let bench = line();
    bench.merge_all();
    let objects = merged(&bench);
    let victim = &objects[objects.len() - 1];
    let whole = std::fs::read(victim).unwrap();
    let refused = |expected: &str| {
        let words = bench.restore(&Goal::default()).expect_err("it must be refused").to_string();
        assert!(words.contains(expected), "{expected}: {words}");
    };
    for length in (0..whole.len()).step_by(4093) {
        std::fs::write(victim, &whole[..length]).unwrap();
        refused(name(victim));
    }
    for at in (0..64).step_by(4).chain((64..whole.len()).step_by(2039)).chain([whole.len() - 1]) {
        let mut changed = whole.clone();
        changed[at] ^= 1 << (at % 8);
        std::fs::write(victim, changed).unwrap();
        refused(name(victim));
    }
    // Under the name of another, as a raw one, one of another line, none at all.
    std::fs::copy(&objects[0], victim).unwrap();
    refused(name(victim));
    let other = line();
    other.merge_all();
    std::fs::copy(merged(&other).last().unwrap(), victim).unwrap();
    refused(name(victim));
    std::fs::remove_file(victim).unwrap();
    refused("later ones are there");
    let number = name(victim).split('-').nth(1).unwrap();
    let raw = victim.with_file_name(format!("{}-{number}.seg", &name(victim)[..17]));
    std::fs::write(&raw, &whole).unwrap();
    refused(name(&raw));
    std::fs::remove_file(&raw).unwrap();
    std::fs::write(victim, &whole).unwrap();
    assert_eq!(rows(&bench.restored(&Goal::default()).0), bench.rows());
    // A backup that ends amid them cannot be brought forward, and says why.
    let mut point = bench.bases[0].point.clone();
    point.number = 2;
    let words = segments::apply(&bench.target(), &point, &Goal::default(), &bench.restore(&Goal::default()).unwrap().0);
    assert!(words.unwrap_err().to_string().contains("amid the segments merged"));
}

#[test]
fn a_damaged_segment_is_never_merged_and_nothing_goes() {
    let bench = line();
    let victim = &bench.segments()[3];
    let mut bytes = std::fs::read(victim).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(victim, bytes).unwrap();
    let before = bench.segments();
    let error = bench.merge(Clock.now().plus(2 * Timestamp::HOUR)).unwrap_err();
    assert!(matches!(&error, Error::Refused(words) if words.contains(name(victim))), "{error}");
    assert_eq!(bench.segments(), before);
    std::fs::remove_file(victim).unwrap();
    // Around a hole it is merged, and the hole is named as ever.
    bench.merge_all();
    let words = bench.restore_from(&bench.bases[0], &Goal::default()).unwrap_err().to_string();
    assert!(words.contains("later ones are there"), "{words}");
}

/// Younger than two days, or amid an hour: as it was.
#[test]
fn only_hours_that_are_over_are_merged() {
    let bench = line();
    let hour = Timestamp(Clock.now().0.div_euclid(Timestamp::HOUR) * Timestamp::HOUR);
    let before = bench.segments();
    // The test may have begun in the hour before.
    for not_over in [hour.plus(-Timestamp::HOUR), hour.plus(-1)] {
        assert_eq!(bench.merge(not_over).unwrap().objects, 0);
    }
    assert_eq!(bench.segments(), before);
}

const MERGE: &str = "backup.segments.merge";

/// A backup that is under way puts the job off, so it is asked for again.
fn ask_until_it_ends(app: &mut TestApp, place: &str) {
    let (program, asking) = (app.operator_program(), Instant::now());
    loop {
        if let Some(status) = app.server.wait(Duration::from_millis(50)) {
            assert!(!status.success(), "{place}");
            return;
        }
        let list = program.try_send(Ask::new("GET", "/api/v1/operator/jobs?limit=200")).ok().map(|list| list.json());
        let jobs = list.as_ref().and_then(|list| list["data"].as_array());
        if let Some(job) = jobs.into_iter().flatten().find(|job| job["name"] == MERGE) {
            let path = format!("/api/v1/operator/jobs/{}/run", job["id"]);
            let _ = program.try_send(Ask::new("POST", &path).json(&serde_json::json!({})));
        }
        assert!(asking.elapsed() < Duration::from_secs(30), "{place} was never reached\n{}", app.server.log());
    }
}

/// The job in the program, ended at each of its steps; hours stay apart, and every promise of the line holds.
#[test]
fn the_hours_are_merged_by_the_job_and_an_end_at_every_step_is_survived() {
    let mut app = TestApp::start();
    facts(&app, &["backup", "run"], 0);
    let backup = app.data().join("backup");
    let alpha = fixture::workspace_id(&app.control(), "alpha").to_string();
    let of_alpha = || files_below(&backup.join("data").join(&alpha), ".seg");
    let mut ends = Vec::new();
    for hour in 0..2 {
        let program = app.program_of(OWNER, "alpha");
        for number in 0..2 {
            let id = add(&program, hour * 10 + number).expect("it serves");
            until_shipped(&app, &backup, id);
        }
        // Something else may be written later in the hour, of which only the end is left.
        let over = (app.now().0.div_euclid(Timestamp::HOUR) + 1) * Timestamp::HOUR;
        ends.push((Timestamp(over - 1), contacts(&app.workspace("alpha"))));
        app.advance(3_600);
    }
    app.server.kill();
    app.advance(50 * 3_600);
    for place in ["merge.written", "merge.named", "merge.deleting"] {
        app.server.kill();
        let failpoint = ("HOLDFAST_TEST_FAILPOINT".to_owned(), place.to_owned());
        app.set_start(Start { environment: vec![failpoint], ..Start::default() });
        // The job is due at once: days have gone by since it ran.
        let clock = app.data().with_file_name("clock");
        if let Ok(server) = crate::support::Server::start(&app.data(), &clock, app.start_settings()) {
            app.server = server;
            ask_until_it_ends(&mut app, place);
        }
        let (moment, count) = ends[0];
        let (conn, _, _place) = brought(&app, &backup, &Goal { until: Some(moment), ..Goal::default() });
        assert_eq!(contacts(&conn), count, "{place}");
    }
    app.set_start(Start::default());
    app.restart();
    let next = add(&app.program_of(OWNER, "alpha"), 100).expect("it serves");
    until_shipped(&app, &backup, next);
    super::until(|| {
        app.run_job(MERGE, "");
        let (objects, raw): (Vec<_>, Vec<_>) =
            of_alpha().iter().map(|path| numbers(path)).partition(|(_, last)| last.is_some());
        let is_left = |number: u64| objects.iter().any(|(first, last)| (*first..=last.unwrap_or(0)).contains(&number));
        let is_tidy = files_below(&backup, ".merging").is_empty() && !raw.iter().any(|(number, _)| is_left(*number));
        (is_tidy && !objects.is_empty()).then_some(())
    });
    for (moment, count) in &ends {
        let (conn, found, _place) = brought(&app, &backup, &Goal { until: Some(*moment), ..Goal::default() });
        assert_eq!(contacts(&conn), *count, "{}", moment.rfc3339());
        assert!(found.at <= *moment);
        assert_sound(&conn);
    }
    assert!(!app.server.log().contains("a line of segments ends"), "{}", app.server.log());
}
