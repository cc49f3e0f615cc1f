//! T-I: calls to the disk that fail at the program itself. One that fails under a database ends the process, and the
//! next start finds everything that was acknowledged; one that fails under the backups is tried again, and no more.
//!
//! `HOLDFAST_TEST_FAULTS=200` fails each call in its 1st to 200th place. Needs root and strace.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::{add, assert_sound, missing};
use crate::support::{TestApp, fixture};

const OWNER: &str = "owner@alpha.example";
const ENDED: &str = "a line of segments ends";

/// strace on a process or one thread of it, which makes calls fail.
struct Failing(Child);

impl Failing {
    fn on(whom: &[&str], inject: &str) -> Failing {
        let mut strace = Command::new("strace")
            .args(["-e", &format!("trace={}", inject.split(':').next().unwrap_or_default())])
            .args(["-e", &format!("inject={inject}")])
            .args(whom)
            .stderr(Stdio::piped())
            .stdin(Stdio::null())
            .spawn()
            .expect("strace is installed");
        let mut said = BufReader::new(strace.stderr.take().expect("piped"));
        let mut line = String::new();
        while !line.contains("attached") {
            assert!(said.read_line(&mut line).expect("strace speaks") > 0, "{line}");
        }
        // strace must never wait for somebody to read what it says.
        std::thread::spawn(move || std::io::copy(&mut said, &mut std::io::sink()));
        Failing(strace)
    }
}

impl Drop for Failing {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The places in which a call fails; a few of them unless more are asked for.
fn places(few: &[u32]) -> Vec<u32> {
    let asked = std::env::var("HOLDFAST_TEST_FAULTS").ok().and_then(|text| text.parse().ok());
    asked.map_or_else(|| few.to_vec(), |most: u32| (1..=most).collect())
}

fn alpha(app: &TestApp) -> String {
    fixture::workspace_id(&app.control(), "alpha").to_string()
}

/// A call may fail in any of the server's threads, each of which counts for itself.
const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn dur_3_a_call_that_fails_under_a_database_ends_the_process_and_nothing_acknowledged_is_lost() {
    let mut app = TestApp::start();
    let mut acknowledged = Vec::new();
    let mut aborted = 0;
    for (turn, place) in places(&[1, 4]).into_iter().enumerate() {
        let call = ["fdatasync,fsync", "write,pwrite64"][turn % 2];
        acknowledged.extend(add(&app.program_of(OWNER, "alpha"), acknowledged.len()));
        let data = app.data().join("workspaces").join(alpha(&app)).join("data.db");
        let paths = [data.clone(), data.with_file_name("data.db-wal")].map(|path| path.display().to_string());
        let process = app.server.process().to_string();
        let whom = ["-f", "-P", &paths[0], "-P", &paths[1], "-p", &process];
        let failing = Failing::on(&whom, &format!("{call}:error=EIO:when={place}"));
        let program = app.program_of(OWNER, "alpha");
        let mut status = None;
        let begun = Instant::now();
        while status.is_none() {
            acknowledged.extend(add(&program, 1_000 + acknowledged.len()));
            status = app.server.wait(Duration::from_millis(1));
            assert!(begun.elapsed() < PATIENCE, "{call} {place} was never reached\n{}", app.server.log());
        }
        drop(failing);
        assert!(!status.is_some_and(|status| status.success()), "it ended as if nothing were wrong");
        aborted += 1;
        app.restart();
        assert_eq!(missing(&app.workspace("alpha"), &acknowledged), Vec::<i64>::new(), "{call} {place}");
        assert_sound(&app.workspace("alpha"));
    }
    assert!(aborted > 0 && !acknowledged.is_empty());
}

/// The thread of the server that ships.
fn shipper(process: u32) -> String {
    let tasks = std::fs::read_dir(format!("/proc/{process}/task")).expect("it runs");
    let is_shipper =
        |task: &Path| std::fs::read_to_string(task.join("comm")).is_ok_and(|name| name.trim() == "shipper");
    let found = tasks.flatten().map(|task| task.path()).find(|task| is_shipper(task)).expect("it ships");
    found.file_name().and_then(|name| name.to_str()).expect("a number").to_owned()
}

#[test]
fn pit_8_a_call_that_fails_under_the_backups_is_tried_again_and_holds_nobody_up() {
    let app = TestApp::start();
    assert!(app.command(&["backup", "run"]).status.success());
    let backup = app.data().join("backup");
    let program = app.program_of(OWNER, "alpha");
    let (mut acknowledged, mut survived) = (Vec::new(), 0);
    let calls = ["fsync", "write", "openat", "rename", "unlink"];
    for place in places(&[1, 2]) {
        for (call, error) in calls.iter().flat_map(|call| [(call, "EIO"), (call, "ENOSPC")]) {
            if places(&[1, 2]).len() == 2 && (place == 1) == (error == "ENOSPC") {
                continue;
            }
            let thread = shipper(app.server.process());
            let failing = Failing::on(&["-p", &thread], &format!("{call}:error={error}:when={place}"));
            for _ in 0..3 {
                acknowledged.push(add(&program, acknowledged.len()).expect("nobody is held up"));
                // A round of the shipper for each.
                std::thread::sleep(Duration::from_millis(60));
            }
            drop(failing);
            survived += 1;
        }
    }
    let last = add(&program, 999_999).expect("it serves");
    crate::backup::segments_served::until_shipped(&app, &backup, last);
    let (conn, _, _place) = crate::backup::segments_served::brought(&app, &backup, &Default::default());
    assert_eq!(missing(&conn, &acknowledged), Vec::<i64>::new());
    assert!(!app.server.log().contains(ENDED), "{}", app.server.log());
    assert!(survived >= calls.len());
}
