//! Where on a line somebody stands, and whether an object follows there.

use super::segment::Hash;
use crate::clock::Timestamp;

/// The end of what was taken of a line.
pub(super) struct Position {
    pub(super) number: u64,
    /// Of the segment of that number, as it was shipped.
    pub(super) hash: Hash,
    pub(super) epoch: u64,
    pub(super) salts: [u8; 8],
    pub(super) frame: u32,
    pub(super) is_sealed: bool,
    pub(super) moment: Timestamp,
}

/// How an object says that it goes on from the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Beginning {
    pub(super) line: u64,
    pub(super) number: u64,
    pub(super) previous: Hash,
    pub(super) epoch: u64,
    pub(super) salts: [u8; 8],
    pub(super) frame: u32,
    /// Of its first commit; `None` when it has none.
    pub(super) moment: Option<Timestamp>,
}

impl Position {
    /// Why an object does not follow; `None` when it does.
    pub(super) fn fault_of(&self, line: u64, begins: &Beginning) -> Option<String> {
        if (begins.line, begins.number) != (line, self.number + 1) {
            return Some("it is another segment under its name".into());
        }
        if begins.previous != self.hash {
            return Some("it does not follow the segment before it".into());
        }
        let goes_on = begins.epoch == self.epoch && begins.salts == self.salts && begins.frame == self.frame + 1;
        let begins_anew = begins.epoch == self.epoch + 1 && self.is_sealed && begins.frame == 1;
        let is_later = begins.moment.is_none_or(|moment| moment >= self.moment);
        (!(goes_on || begins_anew) || !is_later).then(|| "its frames do not follow those of the one before it".into())
    }
}
