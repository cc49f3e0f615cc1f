//! `TestApp`: an installation of its own, served by the real program, and ways to look into it.

pub mod client;
pub mod crawler;
pub mod digest;
pub mod fixture;
pub mod forms;
pub mod postfix;
pub mod s3;
pub mod sample;
pub mod schema;
pub mod server;
pub mod smtp;
pub mod wire;

use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::Duration;

use holdfast::clock::{Clock, Timestamp};
use holdfast::keys::{Folders, Keys, Source};
use holdfast::permission::OperatorScope;
use rusqlite::Connection;
use tempfile::TempDir;

pub use self::client::{Answer, Ask, Client};
pub use self::server::{Server, Start};

/// Both workspaces of the fixture.
pub const WORKSPACES: [&str; 2] = ["alpha", "beta"];
/// The roles that every workspace begins with.
pub const ROLES: [&str; 5] = ["owner", "admin", "member", "viewer", "privacy_officer"];
/// Everyone in the fixture signs in with this.
pub const PASSWORD: &str = "a lantern over the harbour wall";
/// Whoever hosts the installation.
pub const OPERATOR: &str = "operator@holdfast.example";

/// An installation that nobody else uses, and its server.
pub struct TestApp {
    folder: TempDir,
    pub server: Server,
    start: Start,
}

impl TestApp {
    /// A copy of the fixture, served.
    pub fn start() -> TestApp {
        TestApp::start_with(Start::default())
    }

    /// A copy of the fixture, served with other settings.
    pub fn start_with(start: Start) -> TestApp {
        let folder = fixture::copy();
        let server = Server::start(&folder.path().join("data"), &folder.path().join("clock"), &start)
            .unwrap_or_else(|error| panic!("the server did not start: {error}"));
        TestApp { folder, server, start }
    }

    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn clock_file(&self) -> PathBuf {
        self.folder.path().join("clock")
    }

    /// Somebody who has not signed in.
    pub fn stranger(&self) -> Client {
        self.server.client(&self.data())
    }

    /// Somebody with a live session, made without the sign-in pages: for tests of everything behind them.
    ///
    /// `owner@alpha.example`, `viewer@beta.example`, [`OPERATOR`], …
    pub fn session_of(&self, email: &str) -> Client {
        let cookie = fixture::plant_session(&self.control(), email, self.now());
        self.stranger().with_cookie(&cookie)
    }

    /// A program with a fresh token that may do all that its member may.
    pub fn program_of(&self, email: &str, workspace: &str) -> Client {
        let token = fixture::plant_token(&self.control(), email, workspace, self.now());
        self.stranger().with_token(&token)
    }

    /// A program of the operator with a fresh token that has every scope.
    pub fn operator_program(&self) -> Client {
        self.operator_program_with(OperatorScope::ALL)
    }

    /// A program of the operator with a fresh token that has these scopes and no other.
    pub fn operator_program_with(&self, scopes: &[OperatorScope]) -> Client {
        let token = fixture::plant_operator_token(&self.control(), OPERATOR, scopes, self.now());
        self.stranger().with_token(&token)
    }

    /// The moment that the server takes for now.
    pub fn now(&self) -> Timestamp {
        let offset: i64 =
            std::fs::read_to_string(self.clock_file()).ok().and_then(|text| text.trim().parse().ok()).unwrap_or(0);
        Clock.now().plus(offset * Timestamp::SECOND)
    }

    /// Moves the server's clock and waits until it has looked at it again.
    pub fn advance(&self, seconds: i64) {
        let before: i64 =
            std::fs::read_to_string(self.clock_file()).ok().and_then(|text| text.trim().parse().ok()).unwrap_or(0);
        std::fs::write(self.clock_file(), (before + seconds).to_string()).expect("the clock file");
        std::thread::sleep(Duration::from_millis(150));
    }

    /// `kill -9`, then a fresh start on the same folder.
    pub fn crash_and_restart(&mut self) {
        self.server.kill();
        self.restart();
    }

    /// Other settings for the next start.
    pub fn set_start(&mut self, start: Start) {
        self.start = start;
    }

    /// How it is started.
    pub fn start_settings(&self) -> &Start {
        &self.start
    }

    /// Starts again on the same folder; the server must have ended.
    pub fn restart(&mut self) {
        self.server = Server::start(&self.data(), &self.clock_file(), &self.start)
            .unwrap_or_else(|error| panic!("the server did not start again: {error}"));
    }

    /// Starts with a place set where the process ends (`HOLDFAST_TEST_FAILPOINT`), opens a workspace, and waits for the end.
    pub fn restart_towards_death(&mut self, slug: &str) {
        match Server::start(&self.data(), &self.clock_file(), &self.start) {
            Ok(server) => {
                self.server = server;
                let path = format!("/w/{slug}/people/contacts");
                let _ = self.session_of(&format!("owner@{slug}.example")).try_send(Ask::new("GET", &path));
                assert!(self.server.wait(Duration::from_secs(30)).is_some(), "the place was never reached");
            }
            // A job was quicker than the first request.
            Err(error) => assert!(error.contains("signal: 9"), "{error}"),
        }
    }

    /// Has a job of a workspace, or with an empty name of the installation, run now, by the operator's wish, and
    /// waits for the end of that run.
    pub fn run_job(&self, name: &str, workspace: &str) {
        const JOBS: &str = "/api/v1/operator/jobs";
        let program = self.operator_program();
        let place = if workspace.is_empty() { serde_json::Value::Null } else { workspace.into() };
        let job = || {
            let list = program.get(&format!("{JOBS}?limit=200")).expect(200).json();
            let found = list["data"].as_array().into_iter().flatten();
            found.into_iter().find(|job| job["name"] == name && job["workspace"] == place).cloned()
        };
        let waiting = std::time::Instant::now();
        let mut last_run = None;
        let mut is_asked = false;
        while waiting.elapsed() < Duration::from_secs(60) {
            if let Some(job) = job() {
                let run = job["last_run"]["id"].clone();
                if !is_asked {
                    last_run = Some(run);
                    program.call("POST", &format!("{JOBS}/{}/run", job["id"]), &serde_json::json!({})).expect(202);
                    is_asked = true;
                } else if Some(&run) != last_run.as_ref() && job["state"] != "running" {
                    return;
                }
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("the job {name} did not run: {:?}\n{}", job(), self.server.log());
    }

    /// Runs a command on the backups, which has to succeed.
    pub fn backup(&self, arguments: &[&str]) {
        let output = self.command_in_turn(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", shown(&output));
    }

    /// Runs a command on the backups after work on them that began by itself.
    pub fn command_in_turn(&self, arguments: &[&str]) -> Output {
        let begun = std::time::Instant::now();
        let mut output = self.command(arguments);
        while shown(&output).contains("Another backup is under way") && begun.elapsed() < Duration::from_secs(60) {
            output = self.command(arguments);
        }
        output
    }

    /// Runs a command of the program on this installation, while the server runs or not.
    pub fn command(&self, arguments: &[&str]) -> Output {
        server::command(&self.data(), arguments)
            .env("HOLDFAST_TEST_CLOCK", self.clock_file())
            .output()
            .expect("the program runs")
    }

    /// `control.db`, from outside: what the program says, the file must say too.
    pub fn control(&self) -> Connection {
        open(&self.data().join("control.db"), &self.keys().control().expect("the control key").workspace.database_key())
    }

    /// The file of one workspace, from outside.
    pub fn workspace(&self, slug: &str) -> Connection {
        let id = fixture::workspace_id(&self.control(), slug);
        let key = self.keys().workspace(id).expect("the workspace's key").database_key();
        open(&self.data().join("workspaces").join(id.to_string()).join("data.db"), &key)
    }

    pub fn keys(&self) -> Keys {
        keys(&self.data())
    }
}

/// The keys of a fixture's folder.
pub fn keys(data: &Path) -> Keys {
    let source = Source::File { path: data.join("keys/master.key"), may_lie_in_data: true };
    Keys::open(Folders { data, backup: None }, &source).expect("the keys open")
}

/// Opens a file beside the server. SQLite's own locks keep the two apart.
pub fn open(path: &Path, key: &str) -> Connection {
    let conn = Connection::open(path).expect("the file is there");
    conn.pragma_update(None, "key", key).expect("the key is taken");
    conn.busy_timeout(Duration::from_secs(10)).expect("a timeout");
    conn.pragma_update(None, "foreign_keys", "ON").expect("foreign keys");
    // Only the server folds the WAL into the file.
    conn.pragma_update(None, "wal_autocheckpoint", 0).expect("no checkpoints from here");
    conn.set_db_config(rusqlite::config::DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)
        .expect("none on close either");
    conn
}

/// What a command printed, for failing tests.
pub fn shown(output: &Output) -> String {
    format!("{}\n{}{}", output.status, String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}
