//! `kill -9` while programs write (DUR-1, DUR-2).

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::{add, assert_audit_verifies, assert_sound, missing};
use crate::support::TestApp;

/// Enough to meet a commit, a checkpoint and an idle moment; the nightly figure is in benches.
const KILLS: usize = 15;
const WRITERS: usize = 3;

#[test]
fn dur_2_kill_9_under_load_loses_no_acknowledged_write() {
    let mut app = TestApp::start();
    let acknowledged = Mutex::new(Vec::new());
    let number = AtomicUsize::new(0);
    for kill in 0..KILLS {
        let program = app.program_of("owner@alpha.example", "alpha");
        std::thread::scope(|scope| {
            for _ in 0..WRITERS {
                scope.spawn(|| {
                    while let Some(id) = add(&program, number.fetch_add(1, Ordering::Relaxed)) {
                        acknowledged.lock().expect("no writer panics").push(id);
                    }
                });
            }
            // A different moment each time, from the first requests to the middle of the load.
            std::thread::sleep(Duration::from_millis(40 + (kill as u64 * 37) % 400));
            app.server.kill();
        });
        app.restart();
        let acknowledged = acknowledged.lock().expect("no writer panics");
        assert_eq!(missing(&app.workspace("alpha"), &acknowledged), Vec::<i64>::new(), "after kill {kill}");
    }
    let acknowledged = acknowledged.into_inner().expect("no writer panics");
    assert!(
        acknowledged.len() > KILLS * 3,
        "only {} writes were acknowledged: too few to prove anything",
        acknowledged.len()
    );
    assert_sound(&app.workspace("alpha"));
    assert_sound(&app.control());
    assert_audit_verifies(&app);
    // Nothing half done: a contact has its address and its audit entry, or there is no contact.
    let (contacts, entries): (i64, i64) = app
        .workspace("alpha")
        .query_row(
            "SELECT (SELECT count(*) FROM contacts), (SELECT count(*) FROM audit WHERE action = 'people.contact.created')",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .expect("counts");
    assert_eq!(contacts, entries, "every contact has the entry of its making");
}

/// SIGTERM finishes what is under way and leaves an empty WAL (OPS-5).
#[test]
fn ops_5_a_signal_stops_it_cleanly() {
    let mut app = TestApp::start();
    let program = app.program_of("owner@alpha.example", "alpha");
    let acknowledged: Vec<i64> = (0..20).filter_map(|number| add(&program, number)).collect();
    assert_eq!(acknowledged.len(), 20);
    let status = app.server.stop();
    assert!(status.success(), "{status}\n{}", app.server.log());
    let wal = std::fs::read_dir(app.data().join("workspaces"))
        .expect("workspaces")
        .flatten()
        .filter_map(|folder| std::fs::metadata(folder.path().join("data.db-wal")).ok())
        .map(|meta| meta.len())
        .max();
    assert!(wal.unwrap_or(0) == 0, "the WAL holds {wal:?} bytes after a clean stop");
    assert!(!app.data().join("holdfast.sock").exists(), "the command socket is left behind");
    app.restart();
    assert_eq!(missing(&app.workspace("alpha"), &acknowledged), Vec::<i64>::new());
}
