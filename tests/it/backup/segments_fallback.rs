//! What happens while no line can be had: whole copies at once and then only so often, told on the operator's page and
//! in the metrics, and a line again as soon as one can be begun.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use holdfast::backup::chain::Chain;
use holdfast::backup::folder::Folder;
use holdfast::backup::segments::Goal;

use super::segments_served::{OWNER, brought, until_shipped};
use super::{facts, files_below, until};
use crate::durability::{add, missing};
use crate::support::{OPERATOR, Start, TestApp, fixture};

const WARNING: &str = "Not every moment can be restored now";

/// A folder that can be read, and not be written, by nobody.
struct ReadOnly(PathBuf);

impl ReadOnly {
    fn make(folder: &Path) -> ReadOnly {
        let run = |arguments: &[&str]| {
            let done = Command::new("mount").args(arguments).arg(folder).status().expect("mount runs");
            assert!(done.success(), "mounting needs root");
        };
        run(&["--bind", folder.to_str().unwrap()]);
        run(&["-o", "remount,bind,ro"]);
        ReadOnly(folder.to_owned())
    }
}

impl Drop for ReadOnly {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

fn start(bounds: &[(&str, i64)]) -> TestApp {
    let environment = bounds.iter().map(|(name, bound)| (format!("HOLDFAST_TEST_{name}"), bound.to_string())).collect();
    let app = TestApp::start_with(Start { environment, ..Start::default() });
    facts(&app, &["backup", "run"], 0);
    app
}

fn backups(app: &TestApp) -> u64 {
    let head_key = app.keys().control().unwrap().manifest;
    let chain = Chain::read(&Folder::at(&app.data().join("backup")), &head_key).unwrap();
    chain.newest().map_or(0, |newest| newest.number)
}

fn metric(app: &TestApp, name: &str) -> f64 {
    let text = app.operator_program().get("/metrics").expect(200).text();
    let line = text.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("{name}"));
    line.rsplit(' ').next().unwrap().parse().unwrap()
}

fn warns(app: &TestApp) -> bool {
    app.session_of(OPERATOR).get("/operator/backups").expect(200).text().contains(WARNING)
}

/// Waits until what can be restored holds a contact.
fn until_kept(app: &TestApp, id: i64) {
    until(|| {
        let (conn, _, _place) = brought(app, &app.data().join("backup"), &Goal::default());
        missing(&conn, &[id]).is_empty().then_some(())
    });
}

fn segments_of(app: &TestApp) -> PathBuf {
    let alpha = fixture::workspace_id(&app.control(), "alpha").to_string();
    app.data().join("backup/data").join(alpha).join("segments")
}

#[test]
fn where_no_segment_can_be_written_whole_copies_stand_in_while_something_changes() {
    let app = start(&[("BASE_EVERY_MS", 700), ("GIVE_UP_MS", 300)]);
    let program = app.program_of(OWNER, "alpha");
    let first = add(&program, 1).expect("it serves");
    until_shipped(&app, &app.data().join("backup"), first);
    assert_eq!((metric(&app, "holdfast_segments_lines_ended_total"), warns(&app)), (0.0, false));
    let closed = ReadOnly::make(&segments_of(&app));
    let second = add(&program, 2).expect("nobody is held up");
    until_kept(&app, second);
    assert!(warns(&app), "the operator is not told");
    assert_eq!(metric(&app, "holdfast_segments_lines_ended_total"), 1.0);
    assert_eq!(metric(&app, "holdfast_segments_files_without"), 1.0);
    // Nothing changes, nothing is made; it changes, and one copy holds it.
    let before = backups(&app);
    std::thread::sleep(Duration::from_millis(1_500));
    assert_eq!(backups(&app), before, "a copy was made of what was copied");
    let third = add(&program, 3).expect("nobody is held up");
    until_kept(&app, third);
    assert!(backups(&app) > before);
    // The folder comes back: the next copy begins a line, and it is told no more.
    drop(closed);
    let fourth = add(&program, 4).expect("it serves");
    until(|| (!warns(&app)).then_some(()));
    let fifth = add(&program, 5).expect("it serves");
    until_kept(&app, fifth);
    let copies = backups(&app);
    let sixth = add(&program, 6).expect("it serves");
    until_kept(&app, sixth);
    assert_eq!(backups(&app), copies, "segments carry it again");
    let (conn, _, _place) = brought(&app, &app.data().join("backup"), &Goal::default());
    assert_eq!(missing(&conn, &[first, second, third, fourth, fifth, sixth]), Vec::<i64>::new());
}

/// A line that ends again and again is no reason to copy without end.
#[test]
fn after_a_second_doubt_the_next_copy_waits_its_time() {
    let every = Duration::from_millis(2_500);
    let app = start(&[("BASE_EVERY_MS", 2_500)]);
    let program = app.program_of(OWNER, "alpha");
    let mut made = Vec::new();
    for number in 0..2 {
        let id = add(&program, number).expect("it serves");
        until_shipped(&app, &app.data().join("backup"), id);
        let before = backups(&app);
        let last = files_below(&segments_of(&app), ".seg")
            .into_iter()
            .max_by_key(|path| std::fs::metadata(path).and_then(|meta| meta.modified()).expect("a time"));
        std::fs::remove_file(last.expect("a segment")).unwrap();
        let next = add(&program, 10 + number).expect("it serves");
        until(|| (backups(&app) > before).then_some(()));
        made.push(Instant::now());
        until_kept(&app, next);
    }
    assert_eq!(metric(&app, "holdfast_segments_lines_ended_total"), 2.0);
    // Asked for that long apart; how long each took is not counted.
    assert!(made[1] - made[0] > every / 2, "{:?}", made[1] - made[0]);
}
