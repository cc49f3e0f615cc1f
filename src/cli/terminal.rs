//! The terminal: the one place that prints and asks.

#![allow(clippy::print_stdout, clippy::print_stderr)] // Everything that is printed is printed here.

use std::io::{IsTerminal, Write};
use std::time::Duration;

use zeroize::Zeroizing;

use super::answer::{Answer, Failure, Listener, Progress};
use super::bar;
use crate::clock::Stopwatch;
use crate::error::Error;

/// Without a terminal, progress is a line this often.
const PROGRESS_EVERY: Duration = Duration::from_secs(10);
/// The bar moves this often at most: more is only work for the terminal.
const DRAW_EVERY: Duration = Duration::from_millis(50);
/// The width of a terminal that does not say how wide it is.
const COLUMNS: usize = 80;

/// Prints a line of the result. A closed pipe is not an error: whoever reads has enough.
pub fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{}", harmless(line)).and_then(|()| out.flush());
}

/// Prints a line that is not part of the result.
pub fn note(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{}", harmless(line));
}

/// What people called themselves may be shown here: nothing of it commands the terminal or reorders the line (AUD-5).
fn harmless(text: &str) -> String {
    let commands = |c: char| c.is_control() && c != '\n' && c != '\t';
    let reorders = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().map(|c| if commands(c) || reorders(c) { '\u{fffd}' } else { c }).collect()
}

/// Prints an answer as JSON on one line, or as words.
pub fn show(answer: &Answer, json: bool) {
    if json {
        say(&answer.facts.to_string());
    } else if !answer.words.is_empty() {
        say(&answer.words);
    }
}

/// Whether a person can answer questions here.
pub fn is_interactive() -> bool {
    std::io::stdin().is_terminal()
}

/// Longest line that is read: longer than every key, code and passphrase.
const LONGEST_LINE: usize = 4096;

/// Reads one line of standard input, without its end; a Refused failure when there is none.
///
/// Byte by byte into one buffer that is wiped: what reads ahead would keep the passphrase in memory for as long
/// as the process lives (KEY-7).
pub fn read_line(prompt: &str) -> Result<Zeroizing<String>, Failure> {
    let mut err = std::io::stderr().lock();
    let _ = write!(err, "{prompt}").and_then(|()| err.flush());
    drop(err);
    let mut line = Zeroizing::new(Vec::with_capacity(LONGEST_LINE));
    loop {
        let mut byte = Zeroizing::new([0; 1]);
        match rustix::io::retry_on_intr(|| rustix::io::read(rustix::stdio::stdin(), byte.as_mut_slice())) {
            Ok(0) if line.is_empty() => {
                return Err(Failure::refused("the input ended before the question was answered"));
            }
            Ok(0) => break,
            Ok(_) if byte[0] == b'\n' => break,
            Ok(_) if line.len() == LONGEST_LINE => return Err(Failure::usage("the line is too long")),
            Ok(_) => line.push(byte[0]),
            Err(error) => return Err(std::io::Error::from(error).into()),
        }
    }
    let text = std::str::from_utf8(&line).map_err(|_| Failure::usage("the line is not UTF-8"))?;
    Ok(Zeroizing::new(text.trim_end_matches('\r').to_owned()))
}

/// Asks for a secret: on the terminal without showing it, else the next line of standard input.
pub fn read_secret(prompt: &str) -> Result<Zeroizing<String>, Failure> {
    if is_interactive() {
        return Ok(Zeroizing::new(rpassword::prompt_password(prompt)?));
    }
    read_line(prompt)
}

/// Asks for a new secret; a person types it twice.
pub fn read_new_secret(what: &str) -> Result<Zeroizing<String>, Failure> {
    let first = read_secret(&format!("{what}: "))?;
    if is_interactive() && *read_secret(&format!("{what}, once more: "))? != *first {
        return Err(Failure::usage("the two do not match; nothing was changed"));
    }
    Ok(first)
}

/// Shows progress: a bar on a terminal, else a line now and then.
pub struct Terminal {
    since: Stopwatch,
    is_live: bool,
    is_drawn: bool,
    /// What the bar is about.
    words: String,
    /// Nobody reads standard output any more: a pager was left, `head` has its lines.
    pub is_closed: bool,
}

impl Terminal {
    pub fn new() -> Terminal {
        Terminal {
            since: Stopwatch::start(),
            is_live: std::io::stderr().is_terminal(),
            is_drawn: false,
            words: String::new(),
            is_closed: false,
        }
    }

    /// Takes the changing line away before something else is printed.
    pub fn clear(&mut self) {
        if self.is_drawn {
            let _ = write!(std::io::stderr().lock(), "\r\x1b[2K");
            self.is_drawn = false;
        }
    }
}

/// One less than there are: a full line would wrap on some terminals.
fn columns() -> usize {
    let size = rustix::termios::tcgetwinsize(std::io::stderr());
    size.ok().map(|size| usize::from(size.ws_col)).filter(|columns| *columns > 0).unwrap_or(COLUMNS) - 1
}

impl Default for Terminal {
    fn default() -> Terminal {
        Terminal::new()
    }
}

impl Listener for Terminal {
    fn progress(&mut self, progress: &Progress) {
        if self.is_live {
            // The first and the last step of a thing are always shown.
            let is_step = self.words == progress.words && progress.of.is_some_and(|of| progress.done < of);
            if self.is_drawn && is_step && self.since.elapsed() < DRAW_EVERY {
                return;
            }
            self.since = Stopwatch::start();
            self.words.clone_from(&progress.words);
            let mut err = std::io::stderr().lock();
            let _ = write!(err, "\r\x1b[2K{}", bar::line(progress, columns())).and_then(|()| err.flush());
            self.is_drawn = true;
        } else if self.since.elapsed() >= PROGRESS_EVERY {
            self.since = Stopwatch::start();
            note(&bar::words(progress));
        }
    }

    fn line(&mut self, line: &str) -> Result<(), Error> {
        self.clear();
        let mut out = std::io::stdout().lock();
        match writeln!(out, "{}", harmless(line)) {
            Err(source) if source.kind() == std::io::ErrorKind::BrokenPipe => {
                self.is_closed = true;
                Err(Error::Unavailable("nobody reads the output any more".into()))
            }
            other => Ok(other?),
        }
    }
}
