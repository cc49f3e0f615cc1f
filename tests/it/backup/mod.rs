//! Backups: made, read back, refused where they must be, and brought back.

mod alerts;
mod bench;
mod command_line;
mod disaster;
mod drilling;
mod holding;
mod luck;
mod luck_disks;
mod making;
mod mirroring;
mod mirroring_bucket;
mod mirroring_served;
mod restoring;
mod scrubbing;
mod segments;
mod segments_damage;
mod segments_fallback;
mod segments_killed;
mod segments_merged;
mod segments_model;
pub mod segments_served;
mod workspace_restore;

use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::Value;

use crate::support::{Ask, Client, TestApp, shown};

/// Runs a command that ends with this code; gives its facts. Work on the backups that began by itself is waited for.
#[track_caller]
fn facts(app: &TestApp, arguments: &[&str], code: i32) -> Value {
    let output = app.command_in_turn(&[&["--json"], arguments].concat());
    assert_eq!(output.status.code(), Some(code), "{arguments:?} {}", shown(&output));
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", shown(&output)))
}

/// Runs a command that is refused with exit code 3; gives its words.
#[track_caller]
fn refusal(app: &TestApp, arguments: &[&str]) -> String {
    words_of(&app.command(arguments), 3)
}

#[track_caller]
fn words_of(output: &Output, code: i32) -> String {
    assert_eq!(output.status.code(), Some(code), "{}", shown(output));
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Has a workspace backed up by its owner's program, and waits until the copy was read back.
fn back_up(program: &Client) {
    let copies = || program.get("/api/v1/backups").expect(200).json()["data"].as_array().map_or(0, Vec::len);
    let before = copies();
    program.send(Ask::new("POST", "/api/v1/backups")).expect(202);
    until(|| (copies() > before).then_some(()));
}

/// The restore of an owner's session once it is over. Sessions that it ended are replaced.
fn ended(app: &TestApp, owner: &str, slug: &str, id: &Value) -> Value {
    until(|| {
        let restore = app.program_of(owner, slug).try_send(Ask::new("GET", &format!("/api/v1/restores/{id}"))).ok()?;
        // 503 while the workspace is worked on.
        let restore = (restore.status == 200).then(|| restore.json())?;
        matches!(restore["state"].as_str(), Some("done" | "failed" | "cancelled")).then_some(restore)
    })
}

fn until<T>(look: impl Fn() -> Option<T>) -> T {
    let waiting = std::time::Instant::now();
    while waiting.elapsed().as_secs() < 60 {
        if let Some(found) = look() {
            return found;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    panic!("nothing came of it");
}

/// Every file below a folder whose name ends so.
pub fn files_below(folder: &Path, end: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files_below(&path, end));
        } else if path.to_string_lossy().ends_with(end) {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().flatten() {
        let target = to.join(entry.file_name());
        match entry.path().is_dir() {
            true => copy_folder(&entry.path(), &target),
            false => std::fs::copy(entry.path(), target).map(drop).unwrap(),
        }
    }
}
