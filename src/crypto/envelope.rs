//! Sealed fields: small secrets inside a database that open only in the row they were written to.

use zeroize::Zeroizing;

use super::aead::{self, DoesNotOpen, NONCE};
use super::{Key, random};
use crate::id::WorkspaceId;

/// Where a sealed value stands. Moved to any other place it no longer opens.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    pub workspace: WorkspaceId,
    pub table: &'a str,
    pub column: &'a str,
    pub row: i64,
    /// Version of the root key that the sealing key came from.
    pub key_version: u32,
}

impl Place<'_> {
    /// Names are preceded by their length, so that no two places give the same bytes.
    fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(64);
        bytes.extend_from_slice(b"holdfast/field/v1");
        bytes.extend_from_slice(&self.workspace.0);
        for name in [self.table, self.column] {
            bytes.extend_from_slice(&(name.len() as u64).to_be_bytes());
            bytes.extend_from_slice(name.as_bytes());
        }
        bytes.extend_from_slice(&self.row.to_be_bytes());
        bytes.extend_from_slice(&self.key_version.to_be_bytes());
        bytes
    }
}

/// Seals a small secret: nonce (12 bytes), ciphertext, tag (16 bytes).
///
/// The nonce is random. At most 2³² values may be sealed under one key; a workspace holds far fewer.
pub fn seal(key: &Key, place: &Place<'_>, secret: &[u8]) -> Vec<u8> {
    let nonce = random::<NONCE>();
    let mut sealed = nonce.to_vec();
    sealed.extend_from_slice(&aead::seal(key, &nonce, &place.bytes(), secret));
    sealed
}

/// Opens what [`seal`] made for the same place.
pub fn open(key: &Key, place: &Place<'_>, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, DoesNotOpen> {
    let (nonce, sealed) = sealed.split_first_chunk::<NONCE>().ok_or(DoesNotOpen)?;
    aead::open(key, nonce, &place.bytes(), sealed)
}

impl From<DoesNotOpen> for crate::error::Error {
    /// A sealed field that does not open is a damaged database or a bug, not something a visitor can mend.
    fn from(source: DoesNotOpen) -> crate::error::Error {
        crate::error::Error::Internal(Box::new(source))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::crypto::random_key;

    const PLACE: Place<'static> =
        Place { workspace: WorkspaceId([7; 16]), table: "second_factor", column: "seed", row: 41, key_version: 1 };

    #[test]
    fn opens_only_where_it_was_sealed() {
        let key = random_key();
        let sealed = seal(&key, &PLACE, b"a seed");
        assert_eq!(open(&key, &PLACE, &sealed).unwrap().as_slice(), b"a seed");
        assert_ne!(sealed, seal(&key, &PLACE, b"a seed"), "the nonce is new each time");
        for elsewhere in [
            Place { workspace: WorkspaceId([8; 16]), ..PLACE },
            Place { table: "second_facto", column: "rseed", ..PLACE },
            Place { column: "seeds", ..PLACE },
            Place { row: 42, ..PLACE },
            Place { key_version: 2, ..PLACE },
        ] {
            assert_eq!(open(&key, &elsewhere, &sealed), Err(DoesNotOpen), "{elsewhere:?}");
        }
        assert_eq!(open(&random_key(), &PLACE, &sealed), Err(DoesNotOpen));
    }

    proptest! {
        #[test]
        fn every_change_is_noticed(secret in proptest::collection::vec(any::<u8>(), 0..80), at in any::<prop::sample::Index>(), bit in 0_u8..8) {
            let key = random_key();
            let sealed = seal(&key, &PLACE, &secret);
            let mut changed = sealed.clone();
            changed[at.index(sealed.len())] ^= 1 << bit;
            prop_assert_eq!(open(&key, &PLACE, &changed), Err(DoesNotOpen));
            prop_assert_eq!(open(&key, &PLACE, &sealed[..at.index(sealed.len())]), Err(DoesNotOpen));
            let opened = open(&key, &PLACE, &sealed).unwrap();
            prop_assert_eq!(opened.as_slice(), secret.as_slice());
        }
    }
}
