//! The standing drill: at least once a week each place is brought back from its backups into a scratch file, by the
//! code that brings it back when it matters, and compared with what is live at that very moment
//! (keys-and-backups 3.9).
//!
//! ```text
//! writer held for an instant: all that is committed is shipped, a read of the live file begins ─► its rows, hashed
//! newest verified base + segments up to there ─► scratch file ─► pages, references, audit log, its rows, hashed
//! ```
//!
//! A drill changes nothing but its own record. When the two differ the line of segments ends and a new base begins
//! another; whoever hosts is told, and so are the owners.

pub mod api;
mod attached;
pub mod data_map;
pub mod jobs;
mod rotation;
mod service;
mod standing;
mod store;

use crate::clock::Timestamp;
use crate::id::WorkspaceId;
use crate::permission::words;

pub use service::drill;
pub use standing::{OVERDUE_MS, Standing, Trouble, last_good, of_workspace, standing};

words! {
    /// What a drill found.
    Verdict {
        /// What came back is what was live, row by row.
        Ok = "ok",
        /// The base came back whole. No line of segments leads from it to the live file now.
        BaseOnly = "base_only",
        Failed = "failed",
    }
}

/// One drill that came to its end.
#[derive(Debug, Clone)]
pub struct Drill {
    pub id: i64,
    /// A workspace, or the installation itself.
    pub place: WorkspaceId,
    pub started_at: Timestamp,
    pub finished_at: Timestamp,
    /// How long the way back of the database took, its examination included.
    pub restore_ms: i64,
    /// The backup it began with.
    pub backup: i64,
    /// The line it was brought forward on, up to this segment; empty where there was none.
    pub line: String,
    pub segment: i64,
    /// The newest change that came back; none when nothing did.
    pub moment: Option<Timestamp>,
    /// Of the database that came back.
    pub bytes: i64,
    /// Rows that were compared with the live ones.
    pub rows: i64,
    /// Attached files that were read.
    pub files: i64,
    pub verdict: Verdict,
    /// What is wrong, each thing with its object. For whoever hosts: it names paths.
    pub words: String,
}

impl Drill {
    pub fn is_good(&self) -> bool {
        self.verdict != Verdict::Failed
    }

    /// How long the way back took, in words.
    pub fn took(&self) -> String {
        took(self.restore_ms)
    }

    /// Colour and word for a list.
    pub fn status(&self) -> (&'static str, &'static str) {
        match self.verdict {
            Verdict::Ok => ("kept", "The same"),
            Verdict::BaseOnly => ("kept", "Base whole"),
            Verdict::Failed => ("broken", "Failed"),
        }
    }
}

/// Milliseconds as people say them: "0.4 s", "12 s", "3 min 5 s".
pub fn took(ms: i64) -> String {
    let seconds = ms / Timestamp::SECOND;
    match ms {
        ms if ms < 10 * Timestamp::SECOND => format!("{}.{} s", seconds, ms % Timestamp::SECOND / 100),
        ms if ms < Timestamp::MINUTE => format!("{seconds} s"),
        _ => format!("{} min {} s", seconds / 60, seconds % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::took;

    #[test]
    fn a_time_is_said_as_people_say_it() {
        let said = [40, 3_250, 12_900, 60_000, 185_000].map(took);
        assert_eq!(said, ["0.0 s", "3.2 s", "12 s", "1 min 0 s", "3 min 5 s"]);
    }
}
