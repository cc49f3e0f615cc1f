//! What a command has to say: facts for programs, words for people, and the exit code.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::Error;

/// The result of a command, the same whether the server ran it or this process.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// What `--json` prints, on one line.
    pub facts: Value,
    /// What is printed otherwise.
    pub words: String,
    /// Exit code 1: the question was answered with "no".
    pub is_no: bool,
}

impl Answer {
    pub fn new(facts: Value, words: impl Into<String>) -> Answer {
        Answer { facts, words: words.into(), is_no: false }
    }

    /// The same answer, as a "no" when `is_no`.
    pub fn or_no(self, is_no: bool) -> Answer {
        Answer { is_no, ..self }
    }
}

/// How far a command is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// What is being done, in a few words.
    pub words: String,
    pub done: u64,
    /// How much there is in all; `None` while nobody knows.
    pub of: Option<u64>,
}

impl Progress {
    pub fn begun(words: impl Into<String>) -> Progress {
        Progress { words: words.into(), done: 0, of: None }
    }

    pub fn of(words: impl Into<String>, done: u64, of: u64) -> Progress {
        Progress { words: words.into(), done, of: Some(of) }
    }
}

/// Who listens while a command runs: the terminal, or the other end of the command socket.
pub trait Listener {
    /// How far it is. Shown, never part of the result.
    fn progress(&mut self, progress: &Progress);
    /// A line of a result that is too long to be collected. An error ends the command.
    fn line(&mut self, line: &str) -> Result<(), Error>;
}

/// Why the process ends with a code other than 0.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    pub exit: u8,
    /// One line: what is wrong, where, and what to do.
    pub message: String,
}

impl Failure {
    /// The command was used wrongly.
    pub fn usage(message: impl Into<String>) -> Failure {
        Failure { exit: 2, message: message.into() }
    }

    /// Refused for safety.
    pub fn refused(message: impl Into<String>) -> Failure {
        Failure { exit: 3, message: message.into() }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        let exit = match &error {
            Error::Invalid(_)
            | Error::BadRequest(_)
            | Error::NotFound(_)
            | Error::Conflict(_)
            | Error::Stale(_)
            | Error::PreconditionRequired
            | Error::TooLarge(_) => 2,
            Error::Refused(_) | Error::DiskFull | Error::QuotaReached(_) | Error::Unavailable(_) => 3,
            _ => 1,
        };
        let message = match &error {
            Error::Invalid(fields) => {
                fields.iter().map(|field| field.message.trim_end_matches('.')).collect::<Vec<_>>().join("; ")
            }
            // Whoever sits at this terminal is the one who can mend the machine.
            Error::Internal(source) => format!("internal error: {source}"),
            error => error.to_string(),
        };
        Failure { exit, message: message.replace('\n', " ") }
    }
}

impl From<std::io::Error> for Failure {
    fn from(source: std::io::Error) -> Failure {
        Failure::from(Error::from(source))
    }
}

/// Rows under their headings, in columns as wide as they need.
pub fn table(headings: &[&str], rows: &[Vec<String>]) -> String {
    let width = |column: usize| {
        rows.iter().map(|row| row[column].chars().count()).chain([headings[column].chars().count()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..headings.len()).map(width).collect();
    let line = |cells: Vec<&str>| {
        let padded = cells
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell}{}", " ".repeat(width.saturating_sub(cell.chars().count()))));
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    let head = line(headings.to_vec());
    let body = rows.iter().map(|row| line(row.iter().map(String::as_str).collect()));
    std::iter::once(head).chain(body).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exit_codes_say_whose_turn_it_is() {
        for (error, exit) in [
            (Error::field("slug", "taken", "x"), 2),
            (Error::NotFound("workspace"), 2),
            (Error::Refused("wrong key".into()), 3),
            (Error::DiskFull, 3),
            (Error::internal("x"), 1),
        ] {
            assert_eq!(Failure::from(error).exit, exit);
        }
        let two = vec![
            crate::error::FieldError::new("a", "x", "Enter a name"),
            crate::error::FieldError::new("b", "x", "Enter an\naddress"),
        ];
        assert_eq!(Failure::from(Error::Invalid(two)).message, "Enter a name; Enter an address");
    }

    #[test]
    fn a_table_lines_up() {
        let rows = vec![vec!["saltmere".into(), "active".into()], vec!["ł".into(), "x".into()]];
        assert_eq!(table(&["NAME", "STATE"], &rows), "NAME      STATE\nsaltmere  active\nł         x");
    }
}
