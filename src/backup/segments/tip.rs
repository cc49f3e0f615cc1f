//! Where a line ends, and why it may have to.

use super::segment::Hash;
use crate::clock::Timestamp;
use crate::db::log::Sums;
use crate::error::Error;

/// The end of a line: what the next segment follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tip {
    pub(super) line: u64,
    pub(super) number: u64,
    pub(super) epoch: u64,
    pub(super) salts: [u8; 8],
    /// The last frame of the log that is in a segment.
    pub(super) frame: u32,
    pub(super) sums: Sums,
    pub(super) is_sealed: bool,
    pub(super) hash: Hash,
    pub(super) moment: Timestamp,
}

/// Why a log could not be shipped.
pub(super) enum Fault {
    /// The log does not follow what was shipped: the line has come to its end.
    Doubt(String),
    /// The folder, or the disk. It is tried again, and nothing is folded meanwhile.
    Error(Error),
}

impl From<Error> for Fault {
    fn from(error: Error) -> Fault {
        Fault::Error(error)
    }
}
