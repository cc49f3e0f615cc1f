//! The recovery code: printed once at setup, it unlocks the master key when its source is lost.

use zeroize::Zeroizing;

use super::text::{self, Purpose};
use crate::crypto::{Key, constant_time_eq, random_key};
use crate::error::Error;

/// 256 random bits for paper.
pub struct RecoveryCode(pub(super) Key);

impl RecoveryCode {
    pub fn generate() -> RecoveryCode {
        RecoveryCode(random_key())
    }

    /// Reads what somebody typed; the error says what is wrong with it, without repeating it.
    pub fn parse(typed: &str) -> Result<RecoveryCode, Error> {
        text::read(Purpose::RecoveryCode, typed)
            .map(RecoveryCode)
            .map_err(|reason| Error::Refused(format!("this is not a recovery code: {reason}")))
    }

    /// The whole code as printed: `HFRC1`, 13 groups, the checksum.
    pub fn text(&self) -> Zeroizing<String> {
        text::write(Purpose::RecoveryCode, &self.0)
    }

    /// How many groups can be asked for, from 1 on: all between the prefix and the checksum.
    pub const GROUPS: usize = 13;

    /// Whether `typed` is the group with this number, counted from 1. Setup asks for two of them.
    pub fn is_group(&self, number: usize, typed: &str) -> bool {
        let printed = self.text();
        (1..=RecoveryCode::GROUPS).contains(&number)
            && printed
                .split('-')
                .nth(number)
                .is_some_and(|group| constant_time_eq(group.as_bytes(), text::as_printed(typed).as_bytes()))
    }
}
