//! A server in a process of its own: the product, or the thin one it is measured against.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::ClientConfig;

use crate::Outcome;
use crate::client::{self, Connection};

/// The program under test, built like a release.
const PROGRAM: &str = env!("CARGO_BIN_EXE_holdfast");

/// Linux counts processor time in hundredths of a second wherever it tells it.
const TICKS: f64 = 100.0;

/// A running server; ended when dropped.
pub struct Server {
    child: Child,
    log: PathBuf,
    pub address: SocketAddr,
    pub trust: Arc<ClientConfig>,
    /// From the start of the process to its first answer.
    pub started_in: Duration,
}

impl Server {
    /// Starts `holdfast serve` on an installation, with default settings and a log in JSON.
    pub fn product(data: &Path) -> Outcome<Server> {
        let mut command = Command::new(PROGRAM);
        command.env_clear().env("HOLDFAST_LOG__FORMAT", "json").arg("--data").arg(data);
        let address = free_address()?;
        command.args(["serve", "--listen", &address.to_string()]);
        Server::start(command, address, &data.join("tls/ca.pem"), data.with_extension("log"))
    }

    /// Starts `holdfast demo` on a folder that it fills first.
    pub fn demo(data: &Path) -> Outcome<Server> {
        let mut command = Command::new(PROGRAM);
        let address = free_address()?;
        command.env_clear().arg("--data").arg(data).args(["demo", "--listen", &address.to_string()]);
        Server::start(command, address, &data.join("tls/ca.pem"), data.with_extension("log"))
    }

    /// Starts this program again as something else.
    pub fn own(arguments: &[&str], certificate: &Path, log: PathBuf) -> Outcome<Server> {
        let mut command = Command::new(std::env::current_exe()?);
        let address = free_address()?;
        command.args(arguments).arg(address.to_string());
        Server::start(command, address, certificate, log)
    }

    fn start(mut command: Command, address: SocketAddr, certificate: &Path, log: PathBuf) -> Outcome<Server> {
        let output = std::fs::File::create(&log)?;
        command.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output);
        let watch = Instant::now();
        let mut child = command.spawn()?;
        loop {
            if let Ok(trust) = client::trust(certificate)
                && let Ok(status) = Connection::open(address, &trust)
                    .and_then(|mut c| c.send(&client::program("GET", "/healthz", "", "")))
            {
                if status != 200 {
                    return Err(format!("/healthz answers {status}").into());
                }
                return Ok(Server { child, log, address, trust, started_in: watch.elapsed() });
            }
            if let Some(status) = child.try_wait()? {
                return Err(format!("{status}: {}", std::fs::read_to_string(&log)?).into());
            }
            if watch.elapsed() > Duration::from_secs(120) {
                let _ = child.kill();
                return Err(format!("no answer: {}", std::fs::read_to_string(&log)?).into());
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    pub fn connect(&self) -> Outcome<Connection> {
        Connection::open(self.address, &self.trust)
    }

    /// Resident memory now, in MiB.
    pub fn resident(&self) -> Outcome<f64> {
        self.status("VmRSS:")
    }

    /// The most resident memory since the start, in MiB.
    pub fn peak(&self) -> Outcome<f64> {
        self.status("VmHWM:")
    }

    fn status(&self, name: &str) -> Outcome<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix(name)).ok_or("no such line in /proc")?;
        Ok(line.trim().trim_end_matches(" kB").parse::<f64>()? / 1024.0)
    }

    /// Seconds that its threads have kept a processor busy since its start.
    pub fn busy(&self) -> Outcome<f64> {
        processor_seconds(&self.child.id().to_string(), [13, 14])
    }

    /// How long the log is: what comes after belongs to requests that come after.
    pub fn log_length(&self) -> Outcome<usize> {
        Ok(usize::try_from(std::fs::metadata(&self.log)?.len())?)
    }

    /// The server's own times of the requests answered since the log had this length, in milliseconds and in order.
    pub fn times(&self, since: usize) -> Outcome<Vec<f64>> {
        let log = std::fs::read(&self.log)?;
        let log = String::from_utf8_lossy(&log[since.min(log.len())..]).into_owned();
        let lines = log.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
        Ok(lines.filter(|line| line["message"] == "answered").filter_map(|line| line["ms"].as_f64()).collect())
    }
}

impl Drop for Server {
    /// As systemd ends it, so that files are closed with nothing left in their WAL.
    fn drop(&mut self) {
        let process = rustix::process::Pid::from_child(&self.child);
        let _ = rustix::process::kill_process(process, rustix::process::Signal::TERM);
        let watch = Instant::now();
        while watch.elapsed() < Duration::from_secs(40) {
            if let Ok(Some(_)) = self.child.try_wait() {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Two numbers of `/proc/PROCESS/stat` together, counted from 0, in seconds: 13 and 14 are the process's own
/// time, 15 and 16 that of the children it has waited for.
pub fn processor_seconds(process: &str, places: [usize; 2]) -> Outcome<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    // The name in brackets may hold spaces; behind it comes number 2.
    let numbers: Vec<&str> = stat.rsplit(") ").next().unwrap_or_default().split(' ').collect();
    let at = |place: usize| numbers.get(place - 2).and_then(|number| number.parse::<f64>().ok()).ok_or("a short stat");
    let [one, other] = places;
    Ok((at(one)? + at(other)?) / TICKS)
}

fn free_address() -> Outcome<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}
