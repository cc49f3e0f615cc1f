//! The one error type: what went wrong, in words the person asking may read.

use std::borrow::Cow;

/// One field that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// Where: a form field name, or a JSON pointer without its first slash (`emails/0`).
    pub field: Cow<'static, str>,
    /// The rule, as a stable word for programs: `required`, `too_long`, `invalid_email`.
    pub code: &'static str,
    /// What is wrong and how to mend it, for people.
    pub message: String,
}

impl FieldError {
    pub fn new(field: impl Into<Cow<'static, str>>, code: &'static str, message: impl Into<String>) -> FieldError {
        FieldError { field: field.into(), code, message: message.into() }
    }
}

/// Why an operation failed.
///
/// Everything but [`Error::Internal`] may be shown to whoever asked. The HTTP status of each
/// variant stands in `web/error.rs`, the exit code of each in `cli/mod.rs`.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The input breaks a rule; one entry for each field at fault (422).
    #[error("{} field(s) need attention: {}", .0.len(), .0.iter().map(|e| e.message.as_str()).collect::<Vec<_>>().join("; "))]
    Invalid(Vec<FieldError>),
    /// The request cannot be read at all: broken JSON, a wrong content type (400).
    #[error("{0}")]
    BadRequest(String),
    /// The thing is not here, or not for this person; both look the same (404).
    #[error("{0} not found")]
    NotFound(&'static str),
    /// The state of things forbids it (409).
    #[error("{0}")]
    Conflict(String),
    /// The record changed since it was read; holds the version it has now (412).
    #[error("this record has changed since you opened it")]
    Stale(i64),
    /// `If-Match` is missing where it is demanded (428).
    #[error("send If-Match with the version you read")]
    PreconditionRequired,
    #[error("sign in first")]
    Unauthenticated,
    /// Signed in, but the action needs a fresh proof of who asks (AUT-7).
    #[error("confirm that it is you first")]
    StepUp,
    /// The role demands a second factor that this account has not set up yet.
    #[error("set up two-step sign-in first: your role in this workspace asks for it")]
    EnrolSecondFactor,
    #[error("you may not do this")]
    Forbidden,
    #[error("the request is larger than the {} allowed here", bytes(*.0))]
    TooLarge(u64),
    /// Too many tries; holds the seconds to wait (429).
    #[error("too many attempts; wait {0} seconds")]
    TooMany(u64),
    /// The workspace or the installation cannot serve this now (503).
    #[error("{0}")]
    Unavailable(String),
    /// The disk has no room; nothing was changed (507, DUR-4).
    #[error("the disk is full, so nothing was changed")]
    DiskFull,
    /// The files of the workspace would take up more than these bytes (507).
    #[error("the files of this workspace may take up {}, and there is no room left for this", bytes(*.0))]
    QuotaReached(u64),
    /// Refused for safety at start or on the command line: wrong key, locked, newer schema (exit 3).
    #[error("{0}")]
    Refused(String),
    /// A bug or a broken machine. The person sees only these two words.
    #[error("internal error")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Error {
    /// One field at fault.
    pub fn field(field: impl Into<Cow<'static, str>>, code: &'static str, message: impl Into<String>) -> Error {
        Error::Invalid(vec![FieldError::new(field, code, message)])
    }

    /// A broken assumption, said in words for the log.
    pub fn internal(what: impl Into<String>) -> Error {
        Error::Internal(what.into().into())
    }
}

/// Bytes for people: limits are round numbers, so they are said in the largest unit that keeps them whole.
fn bytes(number: u64) -> String {
    match number {
        n if n > 0 && n % 1_000_000_000 == 0 => format!("{} GB", n / 1_000_000_000),
        n if n > 0 && n % 1_000_000 == 0 => format!("{} MB", n / 1_000_000),
        n => format!("{n} bytes"),
    }
}

/// `SQLITE_IOERR` codes that only say "no room" when the disk is full: the shared-memory file could not grow.
const SHARED_MEMORY_NO_ROOM: [i32; 2] = [rusqlite::ffi::SQLITE_IOERR_SHMSIZE, rusqlite::ffi::SQLITE_IOERR_SHMMAP];

/// `SQLITE_IOERR` codes of a read: nothing was being written, so nothing unsure can be acknowledged. One
/// damaged file must not take the others down (TEN-6).
const READING: [i32; 6] = [
    rusqlite::ffi::SQLITE_IOERR_READ,
    rusqlite::ffi::SQLITE_IOERR_SHORT_READ,
    rusqlite::ffi::SQLITE_IOERR_FSTAT,
    rusqlite::ffi::SQLITE_IOERR_ACCESS,
    rusqlite::ffi::SQLITE_IOERR_DATA,
    rusqlite::ffi::SQLITE_IOERR_CORRUPTFS,
];

impl From<rusqlite::Error> for Error {
    /// Sorts SQLite's failures: no room is told, a failed write or fsync ends the process (DUR-3).
    ///
    /// After `fsync` reported an error the kernel may have dropped the pages, and the frame of the
    /// failed transaction can still reach the file: trying again would acknowledge a lost write.
    /// So the process aborts and the next start reads what the disk really holds.
    fn from(source: rusqlite::Error) -> Error {
        if let rusqlite::Error::SqliteFailure(failure, _) = &source {
            let code = failure.extended_code;
            if code & 0xff == rusqlite::ffi::SQLITE_FULL || SHARED_MEMORY_NO_ROOM.contains(&code) {
                return Error::DiskFull;
            }
            if code & 0xff == rusqlite::ffi::SQLITE_IOERR
                && code != rusqlite::ffi::SQLITE_IOERR
                && !READING.contains(&code)
            {
                tracing::error!(
                    code,
                    "the disk failed under a database; stopping so that nothing unsure is acknowledged"
                );
                std::process::abort();
            }
        }
        Error::Internal(Box::new(source))
    }
}

impl From<std::io::Error> for Error {
    fn from(source: std::io::Error) -> Error {
        match source.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => Error::DiskFull,
            _ => Error::Internal(Box::new(source)),
        }
    }
}

impl From<serde_json::Error> for Error {
    fn from(source: serde_json::Error) -> Error {
        Error::Internal(Box::new(source))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The other half, that a failed write ends the process, is shown by `durability::disk`.
    #[test]
    fn ten_6_a_failed_read_is_told_and_does_not_end_the_process() {
        for code in READING {
            let failure = rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(code), None);
            assert!(matches!(Error::from(failure), Error::Internal(_)), "{code}");
        }
    }
}
