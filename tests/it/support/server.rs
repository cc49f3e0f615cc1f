//! The real program in a process of its own, on a free port, with a folder of its own.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

use super::client::{Client, between};

/// The program that these tests test: the one built with them, unless `PROGRAM_UNDER_TEST` names another.
fn program() -> std::ffi::OsString {
    std::env::var_os("PROGRAM_UNDER_TEST").unwrap_or_else(|| env!("CARGO_BIN_EXE_holdfast").into())
}

/// How long a start may take on a busy machine before the test gives up.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running server. Killed when dropped.
pub struct Server {
    child: Child,
    /// Standard output and error, as they come.
    log: PathBuf,
    /// `https://localhost:41234`
    pub base: String,
}

/// How to start it, beyond the folder.
#[derive(Default, Clone)]
pub struct Start {
    /// Settings as environment variables: `("HOLDFAST_SESSION__IDLE_MINUTES", "5")`.
    pub environment: Vec<(String, String)>,
    /// Run under this, such as `["strace", "-f", …]`.
    pub under: Vec<String>,
    /// More arguments for `serve`.
    pub arguments: Vec<String>,
    /// What it reads on standard input: a passphrase.
    pub input: String,
}

/// A command of the program with an environment of its own: nothing of the developer's settings leaks in.
pub fn command(data: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(program());
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.arg("--data").arg(data).args(arguments).stdin(Stdio::null());
    command
}

/// Runs a command to its end.
pub fn run(data: &Path, arguments: &[&str]) -> Output {
    command(data, arguments).output().expect("the program runs")
}

impl Server {
    /// Starts `serve` and waits until it answers. Fails with the log when it ends instead.
    pub fn start(data: &Path, clock: &Path, start: &Start) -> Result<Server, String> {
        let log = data.with_extension("log");
        let output = std::fs::OpenOptions::new().create(true).append(true).open(&log).expect("a log file");
        let from = output.metadata().map_or(0, |meta| meta.len());
        let mut command = match start.under.split_first() {
            None => Command::new(program()),
            Some((first, rest)) => {
                let mut command = Command::new(first);
                command.args(rest).arg(program());
                command
            }
        };
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("HOLDFAST_TEST_CLOCK", clock).env("HOLDFAST_SECURITY__HASHING", "light");
        // Tests count backups; the one of the beginning has a test of its own.
        command.env("HOLDFAST_BACKUP__BEGIN_AT_ONCE", "false");
        command.envs(start.environment.iter().map(|(name, value)| (name, value)));
        command.arg("--data").arg(data).args(["serve", "--listen", "127.0.0.1:0"]).args(&start.arguments);
        let stdin = if start.input.is_empty() { Stdio::null() } else { Stdio::piped() };
        command.stdin(stdin).stdout(output.try_clone().expect("a second handle")).stderr(output);
        let mut child = command.spawn().map_err(|error| format!("{command:?}: {error}"))?;
        if let Some(mut stdin) = child.stdin.take() {
            stdin.write_all(start.input.as_bytes()).map_err(|error| error.to_string())?;
        }
        let waiting = Instant::now();
        loop {
            let text = std::fs::read(&log).unwrap_or_default();
            let text =
                String::from_utf8_lossy(&text[usize::try_from(from).unwrap_or(0).min(text.len())..]).into_owned();
            if let Some(base) = between(&text, "answers at ", "\n") {
                return Ok(Server { child, log, base: base.trim().to_owned() });
            }
            if let Ok(Some(status)) = child.try_wait() {
                return Err(format!("{status}\n{text}"));
            }
            if waiting.elapsed() > PATIENCE {
                let _ = child.kill();
                return Err(format!("did not start in time\n{text}"));
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    pub fn client(&self, data: &Path) -> Client {
        let authority = std::fs::read(data.join("tls/ca.pem")).expect("the authority's certificate");
        Client::new(&self.base, &authority)
    }

    /// Everything it printed and logged so far.
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(&self.log).unwrap_or_default()).into_owned()
    }

    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// `kill -9`: no chance to tidy up.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// SIGTERM, as systemd sends it; waits for the end.
    pub fn stop(&mut self) -> ExitStatus {
        let process = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(process, rustix::process::Signal::TERM).expect("it runs");
        self.wait(Duration::from_secs(40)).expect("it stops within its time")
    }

    /// Waits for the process to end by itself.
    pub fn wait(&mut self, patience: Duration) -> Option<ExitStatus> {
        let waiting = Instant::now();
        while waiting.elapsed() < patience {
            if let Ok(Some(status)) = self.child.try_wait() {
                return Some(status);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        None
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}
