//! T-A: `kill -9` under load, again and again, and at every step of shipping and folding; what lies in the folder is
//! always a beginning of what the file holds, and the line never ends. With the seal left out the same check fails.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use holdfast::backup::segments::Goal;

use super::segments::kills;
use super::segments_served::{OWNER, brought, contacts, until_shipped};
use super::{facts, files_below};
use crate::durability::{add, assert_audit_verifies, assert_sound, missing};
use crate::support::{Start, TestApp, fixture};

const WRITERS: usize = 3;
const ENDED: &str = "a line of segments ends";

/// The highest number of a segment of the workspace, which is on the disk by then.
fn shipped(app: &TestApp, alpha: &str) -> u64 {
    let names = files_below(&app.data().join("backup/data").join(alpha), ".seg");
    let number = |path: &std::path::PathBuf| {
        path.file_stem().and_then(|name| name.to_str()?.rsplit('-').next()?.parse().ok()).unwrap_or(0)
    };
    names.iter().map(number).max().unwrap_or(0)
}

/// Writes from several sides, then ends the process at some moment; every second time soon after a segment was made.
/// What was acknowledged is added. Gives what was shipped.
fn load_and_kill(app: &mut TestApp, number: &AtomicUsize, acknowledged: &Mutex<Vec<i64>>, kill: usize) -> u64 {
    let program = app.program_of(OWNER, "alpha");
    let alpha = fixture::workspace_id(&app.control(), "alpha").to_string();
    let before = shipped(app, &alpha);
    std::thread::scope(|scope| {
        for _ in 0..WRITERS {
            scope.spawn(|| {
                while let Some(id) = add(&program, number.fetch_add(1, Ordering::Relaxed)) {
                    acknowledged.lock().expect("no writer panics").push(id);
                }
            });
        }
        let waiting = Instant::now();
        while kill % 2 == 1 && shipped(app, &alpha) <= before && waiting.elapsed() < Duration::from_secs(20) {
            std::thread::sleep(Duration::from_millis(5));
        }
        std::thread::sleep(Duration::from_millis(30 + (kill as u64 * 97) % 500));
        let shipped = shipped(app, &alpha);
        app.server.kill();
        shipped
    })
}

#[test]
fn pit_2_kill_9_under_load_leaves_a_beginning_of_the_file_and_nothing_shipped_is_lost() {
    let mut app = TestApp::start();
    facts(&app, &["backup", "run"], 0);
    let (acknowledged, number) = (Mutex::new(Vec::new()), AtomicUsize::new(0));
    let backup = app.data().join("backup");
    let mut commits = 0;
    for kill in 0..kills() {
        let durable = load_and_kill(&mut app, &number, &acknowledged, kill);
        let (conn, found, _place) = brought(&app, &backup, &Goal::default());
        let reached = found.reached.expect("segments");
        assert!(reached.number + 1 >= durable, "kill {kill}: {durable} was shipped, {} restored", reached.number);
        commits = commits.max(reached.number);
        assert_sound(&conn);
        // A beginning: every contact from the first to the last of them, each with its entry in the audit log.
        let (count, last): (i64, i64) = conn
            .query_row("SELECT count(*), max(id) FROM contacts", [], |row| Ok((row.get(0)?, row.get(1)?)))
            .expect("contacts");
        let primary = app.workspace("alpha");
        let upto: i64 = primary
            .query_row("SELECT count(*) FROM contacts WHERE id <= ?1", [last], |row| row.get(0))
            .expect("contacts");
        assert_eq!(count, upto, "kill {kill}");
        let head: String = conn
            .query_row("SELECT hex(hash) FROM audit ORDER BY seq DESC LIMIT 1", [], |row| row.get(0))
            .expect("an entry");
        let same: i64 = primary
            .query_row("SELECT count(*) FROM audit WHERE hex(hash) = ?1", [head], |row| row.get(0))
            .expect("the audit log");
        assert_eq!(same, 1, "kill {kill}: the restored log is not a beginning of the file's");
        drop(primary);
        app.restart();
        let acknowledged = acknowledged.lock().expect("no writer panics");
        assert_eq!(missing(&app.workspace("alpha"), &acknowledged), Vec::<i64>::new(), "kill {kill}");
    }
    assert!(commits > 3, "only {commits} segments: too few to prove anything");
    let last = add(&app.program_of(OWNER, "alpha"), 1_000_000).expect("it serves");
    until_shipped(&app, &backup, last);
    let (conn, _, _place) = brought(&app, &backup, &Goal::default());
    assert_eq!(contacts(&conn), contacts(&app.workspace("alpha")));
    assert_eq!(missing(&conn, &acknowledged.into_inner().expect("no writer panics")), Vec::<i64>::new());
    assert!(!app.server.log().contains(ENDED), "a line ended without a reason\n{}", app.server.log());
    assert_audit_verifies(&app);
}

/// The control: were the seal left out, a fold would lose what was not shipped, and the next start must see it.
#[test]
fn pit_4_without_the_seal_the_gap_is_noticed() {
    let mut app = TestApp::start();
    facts(&app, &["backup", "run"], 0);
    let backup = app.data().join("backup");
    let first = add(&app.program_of(OWNER, "alpha"), 1).expect("it serves");
    until_shipped(&app, &backup, first);
    let skip = ("HOLDFAST_TEST_SKIP".to_owned(), "segments.seal".to_owned());
    app.server.kill();
    app.set_start(Start { environment: vec![skip], ..Start::default() });
    app.restart();
    let second = add(&app.program_of(OWNER, "alpha"), 2).expect("it serves");
    until_shipped(&app, &backup, second);
    app.server.stop();
    app.set_start(Start::default());
    app.restart();
    let third = add(&app.program_of(OWNER, "alpha"), 3).expect("it serves");
    // A new line with a base of its own: found by itself, and restored to the last change.
    until_shipped(&app, &backup, third);
    assert!(app.server.log().contains(ENDED), "nobody noticed");
}

/// PIT-4: each step between a commit and an empty log, and the process ends there.
#[test]
fn pit_4_an_end_at_every_step_of_shipping_and_folding_is_survived() {
    let mut app = TestApp::start();
    facts(&app, &["backup", "run"], 0);
    let backup = app.data().join("backup");
    for (number, place) in
        ["segments.written", "segments.named", "segments.sealed", "segments.marked"].into_iter().enumerate()
    {
        app.server.kill();
        let failpoint = ("HOLDFAST_TEST_FAILPOINT".to_owned(), place.to_owned());
        app.set_start(Start { environment: vec![failpoint], ..Start::default() });
        let mut last = None;
        match crate::support::Server::start(&app.data(), &app.data().with_file_name("clock"), app.start_settings()) {
            Ok(server) => {
                app.server = server;
                last = add(&app.program_of(OWNER, "alpha"), 100 + number);
                let status = match number {
                    0 | 1 => app.server.wait(Duration::from_secs(30)).expect("the place was never reached"),
                    _ => app.server.stop(),
                };
                assert!(!status.success(), "{place}: {status}");
            }
            Err(error) => assert!(error.contains("signal: 9"), "{error}"),
        }
        app.set_start(Start::default());
        app.restart();
        let next = add(&app.program_of(OWNER, "alpha"), 200 + number).expect("it serves");
        until_shipped(&app, &backup, next);
        let (conn, _, _place) = brought(&app, &backup, &Goal::default());
        assert_eq!(contacts(&conn), contacts(&app.workspace("alpha")), "{place}");
        assert_eq!(missing(&conn, &last.into_iter().collect::<Vec<_>>()), Vec::<i64>::new(), "{place}");
        assert!(files_below(&backup, ".next").is_empty(), "{place}: what was begun is still there");
    }
    assert!(!app.server.log().contains(ENDED), "{}", app.server.log());
}
