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
    #[error("the request is larger than the {0} bytes allowed here")]
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

/// `SQLITE_IOERR` codes that only say "no room" when the disk is full: the shared-memory file could not grow.
const SHARED_MEMORY_NO_ROOM: [i32; 2] = [rusqlite::ffi::SQLITE_IOERR_SHMSIZE, rusqlite::ffi::SQLITE_IOERR_SHMMAP];

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
            if code & 0xff == rusqlite::ffi::SQLITE_IOERR && code != rusqlite::ffi::SQLITE_IOERR {
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
