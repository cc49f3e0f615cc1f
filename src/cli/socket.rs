//! The command socket: while the server has the data folder, other commands reach the data through it.
//!
//! One line of JSON with the command goes in, lines of JSON come back: progress, parts of the result, and
//! last the answer or why there is none. The server runs the very function that the command would run by itself.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::answer::{Answer, Failure, Listener, Progress};
use super::command::{self, DataCommand};
use crate::app::App;
use crate::error::Error;

const NAME: &str = "holdfast.sock";
/// No command is longer.
const LONGEST_COMMAND: u64 = 64 * 1024;
/// Who connects and says nothing is let go after this.
const PATIENCE: Duration = Duration::from_secs(10);
/// Who does not read what they asked for, a pager for one, is waited for this long.
const PATIENCE_FOR_READERS: Duration = Duration::from_secs(60);
/// The kernel takes no longer path for a socket (`sun_path`), end mark included.
const LONGEST_PATH: usize = 107;

/// What the client sends.
#[derive(Serialize, Deserialize)]
struct Question {
    /// The client's version: commands change between versions.
    version: String,
    command: DataCommand,
}

/// What the server sends, one on each line. The last one is `Answer` or `Failure`.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Message {
    Progress(Progress),
    Line(String),
    Answer(Answer),
    Failure(Failure),
}

/// The answering thread; stop it before the files are closed.
pub struct Commands {
    path: PathBuf,
    listener: UnixListener,
    stopping: Arc<AtomicBool>,
    thread: std::thread::JoinHandle<()>,
}

/// Makes the socket (0600) and answers on it. The caller holds the lock, so an old socket file is nobody's.
pub fn answer(app: Arc<App>) -> Result<Commands, Error> {
    let path = app.config.data.join(NAME);
    match std::fs::remove_file(&path) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => return Err(source.into()),
        _ => {}
    }
    let listener = by_short_path(&path, |path| UnixListener::bind(path))?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
    let stopping = Arc::new(AtomicBool::new(false));
    let (stop, accepting) = (stopping.clone(), listener.try_clone()?);
    let thread = std::thread::Builder::new().name("commands".into()).spawn(move || {
        // One at a time: commands are rare, and two of them would only wait for the same writer.
        while let Some(stream) = next(&accepting, &stop) {
            match serve(&app, &stream) {
                Ok(()) => {}
                Err(Error::Forbidden) => tracing::warn!("another user of this machine tried to give a command"),
                // A client that went away early is nothing to worry about.
                Err(error) => tracing::debug!(%error, "a command on the socket was not answered"),
            }
        }
    })?;
    Ok(Commands { path, listener, stopping, thread })
}

/// The next connection; `None` when there will be no more.
fn next(listener: &UnixListener, stop: &AtomicBool) -> Option<UnixStream> {
    loop {
        match listener.accept() {
            _ if stop.load(Ordering::Relaxed) => return None,
            Ok((stream, _)) => return Some(stream),
            Err(error) => {
                // Too many open files, for one: it passes.
                tracing::warn!(%error, "the command socket could not take a connection");
                std::thread::sleep(Duration::from_secs(1));
            }
        }
    }
}

impl Commands {
    /// Lets the command under way finish, then takes the socket away.
    pub fn stop(self) {
        self.stopping.store(true, Ordering::Relaxed);
        // Wakes the thread out of waiting for the next connection, whatever became of the file.
        if let Err(error) = rustix::net::shutdown(&self.listener, rustix::net::Shutdown::Both) {
            tracing::warn!(%error, "the command socket could not be closed");
            return;
        }
        let _ = self.thread.join();
        let _ = std::fs::remove_file(&self.path);
    }
}

fn serve(app: &Arc<App>, stream: &UnixStream) -> Result<(), Error> {
    let peer = rustix::net::sockopt::socket_peercred(stream).map_err(std::io::Error::from)?;
    if !peer.uid.is_root() && peer.uid != rustix::process::geteuid() {
        return Err(Error::Forbidden);
    }
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE_FOR_READERS))?;
    let mut line = String::new();
    BufReader::new(stream.take(LONGEST_COMMAND)).read_line(&mut line)?;
    let last = match serde_json::from_str::<Question>(&line) {
        Ok(question) if question.version == env!("CARGO_PKG_VERSION") => {
            // A command that panics is a failed command; the thread answers the next one.
            let mut far_end = FarEnd(stream);
            let run = std::panic::AssertUnwindSafe(|| command::run(app, question.command, &mut far_end));
            match std::panic::catch_unwind(run) {
                Ok(Ok(answer)) => Message::Answer(answer),
                Ok(Err(error)) => Message::Failure(error.into()),
                Err(_) => Message::Failure(Error::internal("the command panicked; see the server's log").into()),
            }
        }
        Ok(question) => Message::Failure(other_version(&question.version)),
        Err(_) => Message::Failure(other_version("another version")),
    };
    send(stream, &last)
}

fn other_version(theirs: &str) -> Failure {
    let ours = env!("CARGO_PKG_VERSION");
    Failure::refused(format!("the server is Holdfast {ours}, this command {theirs}: use the program the server runs"))
}

fn send(mut stream: &UnixStream, message: &Message) -> Result<(), Error> {
    let mut line = serde_json::to_vec(message)?;
    line.push(b'\n');
    Ok(stream.write_all(&line)?)
}

/// Hands on what a running command says.
struct FarEnd<'a>(&'a UnixStream);

impl Listener for FarEnd<'_> {
    fn progress(&mut self, progress: &Progress) {
        // The command goes on when its client has gone: what it began, it finishes.
        let _ = send(self.0, &Message::Progress(progress.clone()));
    }

    fn line(&mut self, line: &str) -> Result<(), Error> {
        send(self.0, &Message::Line(line.to_owned()))
    }
}

/// Has the server in `data` run a command; `None` when no server is there.
pub fn ask(data: &Path, command: &DataCommand, listener: &mut dyn Listener) -> Result<Option<Answer>, Failure> {
    let path = data.join(NAME);
    let stream = match by_short_path(&path, |path| UnixStream::connect(path)) {
        Ok(stream) => stream,
        Err(source) => {
            return match source.kind() {
                // No file, or one that a killed server left behind.
                std::io::ErrorKind::NotFound | std::io::ErrorKind::ConnectionRefused => Ok(None),
                std::io::ErrorKind::PermissionDenied => Err(Failure::refused(format!(
                    "{}: only the user the server runs as (or root) may give it commands",
                    path.display()
                ))),
                _ => Err(source.into()),
            };
        }
    };
    let question = Question { version: env!("CARGO_PKG_VERSION").to_owned(), command: command.clone() };
    let mut line = zeroize::Zeroizing::new(serde_json::to_string(&question).map_err(Error::from)?);
    line.push('\n');
    (&stream).write_all(line.as_bytes())?;
    for line in BufReader::new(&stream).lines() {
        match serde_json::from_str(&line?).map_err(Error::from)? {
            Message::Progress(progress) => listener.progress(&progress),
            Message::Line(line) => listener.line(&line)?,
            Message::Answer(answer) => return Ok(Some(answer)),
            Message::Failure(failure) => return Err(failure),
        }
    }
    Err(Failure::refused("the server stopped before it answered; look at its log, then ask again"))
}

/// Calls `work` with a path that is short enough for the kernel, through the open folder if need be.
fn by_short_path<T>(path: &Path, work: impl FnOnce(&Path) -> std::io::Result<T>) -> std::io::Result<T> {
    if path.as_os_str().len() <= LONGEST_PATH {
        return work(path);
    }
    let folder = std::fs::File::open(path.parent().unwrap_or(Path::new(".")))?;
    work(&PathBuf::from(format!("/proc/self/fd/{}/{NAME}", folder.as_raw_fd())))
}
