//! AES-256-GCM on whole buffers; envelopes, the keyring and the slots are made of it.

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use zeroize::Zeroizing;

use super::Key;

/// Bytes of a nonce (NIST SP 800-38D, section 5.2.1.1: 96 bits).
pub const NONCE: usize = 12;
/// Bytes of a tag: the full 128 bits.
pub const TAG: usize = 16;

/// The bytes do not open: another key, another place, or they were changed. Which one cannot be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the sealed bytes do not open with this key")]
pub struct DoesNotOpen;

/// A cipher under `key`, for callers that seal many chunks.
pub fn cipher(key: &Key) -> Aes256Gcm {
    Aes256Gcm::new((&**key).into())
}

/// Ciphertext and tag of `plaintext`.
///
/// The caller answers for the nonce: it must never meet the same key twice (PIT-9).
pub fn seal(key: &Key, nonce: &[u8; NONCE], bound: &[u8], plaintext: &[u8]) -> Vec<u8> {
    // Fails only above 64 GiB; everything sealed here is small.
    cipher(key).encrypt(&Nonce::from(*nonce), Payload { msg: plaintext, aad: bound }).expect("a small plaintext")
}

/// The plaintext of what [`seal`] gave, when key, nonce and bound data are the same.
pub fn open(key: &Key, nonce: &[u8; NONCE], bound: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, DoesNotOpen> {
    cipher(key)
        .decrypt(&Nonce::from(*nonce), Payload { msg: sealed, aad: bound })
        .map(Zeroizing::new)
        .map_err(|_| DoesNotOpen)
}
