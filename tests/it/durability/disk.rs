//! A disk that fails, and a disk that is full (DUR-3, DUR-4). Needs root, strace and tmpfs.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::{add, assert_sound, contact, missing};
use crate::support::{Ask, Server, Start, TestApp, fixture, keys, open};

/// Makes fsync and fdatasync of a running process fail from the `n`th call of each thread on.
struct FailingDisk(Child);

impl FailingDisk {
    fn under(process: u32, from: u32) -> FailingDisk {
        let inject = format!("inject=fsync,fdatasync:error=EIO:when={from}+");
        let mut strace = Command::new("strace")
            .args(["-f", "-e", "trace=fsync,fdatasync", "-e", &inject, "-p", &process.to_string()])
            .stderr(Stdio::piped())
            .stdin(Stdio::null())
            .spawn()
            .expect("strace is installed");
        let mut said = BufReader::new(strace.stderr.take().expect("piped"));
        let mut line = String::new();
        said.read_line(&mut line).expect("strace speaks");
        assert!(line.contains("attached"), "{line}");
        // strace must never wait for somebody to read what it says.
        std::thread::spawn(move || std::io::copy(&mut said, &mut std::io::sink()));
        FailingDisk(strace)
    }
}

impl Drop for FailingDisk {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn dur_3_a_failed_fsync_ends_the_process_and_acknowledges_nothing() {
    for from in [1, 2, 3, 5] {
        let mut app = TestApp::start();
        let program = app.program_of("owner@alpha.example", "alpha");
        let mut acknowledged: Vec<i64> = (0..3).filter_map(|number| add(&program, number)).collect();
        let disk = FailingDisk::under(app.server.process(), from);
        let failing = Instant::now();
        let mut number = 3;
        // Each thread of the server counts for itself, so several writes may still succeed.
        let status = loop {
            acknowledged.extend(add(&program, number));
            number += 1;
            if let Some(status) = app.server.wait(Duration::from_millis(1)) {
                break status;
            }
            assert!(
                failing.elapsed() < Duration::from_secs(60),
                "the disk fails (from {from}), and the server goes on:\n{}",
                app.server.log()
            );
        };
        drop(disk);
        assert!(!status.success(), "it must end with a failure, not {status}");
        assert_eq!(add(&program, number), None, "nothing answers any more");
        app.restart();
        assert_eq!(
            missing(&app.workspace("alpha"), &acknowledged),
            Vec::<i64>::new(),
            "acknowledged, then lost (from {from})"
        );
        assert_sound(&app.workspace("alpha"));
        assert!(
            add(&app.program_of("owner@alpha.example", "alpha"), 9_999).is_some(),
            "writing goes on after the restart"
        );
    }
}

/// A small file system in memory; unmounted when dropped.
pub struct SmallDisk(PathBuf);

impl SmallDisk {
    pub fn mount(at: &Path, mebibytes: u32) -> SmallDisk {
        SmallDisk::try_mount(at, mebibytes).expect("mounting a tmpfs needs root")
    }

    /// `None` where mounting is not permitted.
    pub fn try_mount(at: &Path, mebibytes: u32) -> Option<SmallDisk> {
        std::fs::create_dir_all(at).expect("a mount point");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={mebibytes}m,mode=700"), "tmpfs"])
            .arg(at)
            .status()
            .expect("mount runs");
        mounted.success().then(|| SmallDisk(at.to_owned()))
    }

    /// Mounted in another way from now on: `ro`, `size=64m`.
    pub fn remount(&self, options: &str) {
        let mut command = Command::new("mount");
        command.args(["-o", &format!("remount,{options}")]).arg(&self.0);
        // Refused for as long as somebody has a file open for writing.
        let waiting = std::time::Instant::now();
        while !command.status().expect("mount runs").success() {
            assert!(waiting.elapsed() < std::time::Duration::from_secs(20), "remount {options}");
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
    }

    /// Takes all the room but `bytes`.
    pub fn fill_but(&self, bytes: u64) -> PathBuf {
        let path = self.0.join("ballast");
        let mut file = std::fs::File::create(&path).expect("a file");
        let block = vec![1; 64 * 1024];
        while file.write_all(&block).is_ok() {}
        let length = file.metadata().expect("its length").len();
        file.set_len(length.saturating_sub(bytes)).expect("shorter");
        path
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[test]
fn dur_4_a_full_disk_is_told_and_reading_goes_on() {
    let folder = fixture::copy();
    let disk = SmallDisk::mount(&folder.path().join("disk"), 64);
    let data = folder.path().join("disk/data");
    fixture::copy_folder(&folder.path().join("data"), &data);
    let server =
        Server::start(&data, &folder.path().join("clock"), &Start::default()).unwrap_or_else(|error| panic!("{error}"));
    let control = open(&data.join("control.db"), &keys(&data).control().expect("keys").workspace.database_key());
    let token = fixture::plant_token(&control, "owner@alpha.example", "alpha", holdfast::clock::Clock.now());
    let page = server.client(&data).with_cookie(&fixture::plant_session(
        &control,
        "owner@alpha.example",
        holdfast::clock::Clock.now(),
    ));
    let program = server.client(&data).with_token(&token);
    let mut acknowledged = vec![add(&program, 0).expect("there is room")];
    page.get("/w/alpha").expect(200);
    let ballast = disk.fill_but(256 * 1024);
    let mut number = 1;
    let full = loop {
        let answer = program.send(Ask::new("POST", "/api/v1/contacts").json(&contact(number)));
        match answer.status {
            201 => acknowledged.push(answer.json()["id"].as_i64().expect("an id")),
            _ => break answer,
        }
        number += 1;
        assert!(number < 20_000, "the disk never filled up");
    };
    assert_eq!(full.status, 507, "{}", full.text());
    assert_eq!(full.header("content-type").map(|kind| kind.starts_with("application/problem+json")), Some(true));
    for _ in 0..3 {
        assert_eq!(
            program.send(Ask::new("POST", "/api/v1/contacts").json(&contact(number))).status,
            507,
            "it stays told"
        );
    }
    // Reading goes on, in the browser and through the API, and says why writing does not.
    program.get(&format!("/api/v1/contacts/{}", acknowledged[0])).expect(200);
    program.get("/api/v1/contacts").expect(200);
    let list = page.get("/w/alpha/people/contacts").expect(200);
    assert!(list.text().contains("full"), "the page does not say that the disk is full");
    // Room returns: so does writing, without a restart.
    std::fs::remove_file(ballast).expect("the ballast goes");
    let after = program.send(Ask::new("POST", "/api/v1/contacts").json(&contact(number)));
    assert_eq!(after.status, 201, "{}", after.text());
    acknowledged.push(after.json()["id"].as_i64().expect("an id"));
    drop((program, page));
    let alpha_id = fixture::workspace_id(&control, "alpha");
    let key = keys(&data).workspace(alpha_id).expect("a key").database_key();
    let alpha = open(&data.join("workspaces").join(alpha_id.to_string()).join("data.db"), &key);
    assert_eq!(missing(&alpha, &acknowledged), Vec::<i64>::new());
    assert_sound(&alpha);
    drop((alpha, control, server, disk));
}
