//! What one backup holds, as a signed file: canonical JSON with an HMAC, chained to the backup before it.

use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::hex;
use super::segments::Point;
use crate::clock::Timestamp;
use crate::crypto::{Key, constant_time_eq, derive};
use crate::error::Error;
use crate::id::WorkspaceId;
use crate::privacy::certificate::canonical;

/// One backup.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    pub format: u32,
    pub install: String,
    /// Backups are numbered from 1, without a gap.
    pub number: u64,
    #[serde(deserialize_with = "moment")]
    pub started: Timestamp,
    #[serde(deserialize_with = "moment")]
    pub finished: Timestamp,
    /// SHA-256 of the file before this one; empty for the first.
    pub previous: String,
    /// Of the program.
    pub version: String,
    /// The keyring's generation at that time.
    pub keyring: u64,
    /// `control.db` first, then each workspace.
    pub places: Vec<Place>,
    /// What could not be backed up.
    pub failed: Vec<Failed>,
    pub ledgers: Vec<LedgerHead>,
}

/// One database with its files.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// 32 hex digits; zeros for the installation itself.
    pub id: String,
    pub key_version: u32,
    pub schema: i64,
    /// The moment that it holds.
    #[serde(deserialize_with = "moment")]
    pub at: Timestamp,
    pub object: String,
    /// Of the sealed object.
    pub size: u64,
    pub sha256: String,
    /// Over the rows, see `db::digest`.
    pub digest: String,
    /// A checkpoint of the audit log; empty while it has no entry.
    pub audit: String,
    pub files: u64,
    pub files_size: u64,
    /// Of the list of files.
    pub files_sha256: String,
    /// When the stored object was opened again and found whole.
    #[serde(deserialize_with = "moment_or_none")]
    pub verified: Option<Timestamp>,
    /// Why it was not found whole; empty otherwise.
    pub fault: String,
    /// Where on its line of segments it stands; none in backups of a program that shipped no segments.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub segments: Option<Point>,
}

impl Place {
    /// Whose database it is. What no workspace could be called counts as nobody's.
    pub fn workspace(&self) -> Option<WorkspaceId> {
        self.id.parse().ok()
    }

    /// The newest moment that is in it: the copy begins at `at`, and what was committed until its file stood still is
    /// in it too.
    pub fn holds_until(&self) -> Timestamp {
        self.segments.as_ref().map_or(self.at, |point| self.at.max(Timestamp(point.moment)))
    }
}

/// A place that a backup does not hold, and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Failed {
    pub id: String,
    pub reason: String,
}

/// How long the erasure ledger of a workspace was.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LedgerHead {
    pub id: String,
    pub position: i64,
    pub hash: String,
}

fn moment<'de, D: Deserializer<'de>>(from: D) -> Result<Timestamp, D::Error> {
    let text = String::deserialize(from)?;
    Timestamp::parse(&text).ok_or_else(|| D::Error::custom("no moment"))
}

pub(super) fn moment_or_none<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Timestamp>, D::Error> {
    let text = Option::<String>::deserialize(from)?;
    text.map(|text| Timestamp::parse(&text).ok_or_else(|| D::Error::custom("no moment"))).transpose()
}

/// What is signed, so that one kind of file never passes for another.
pub trait Signed: Serialize + DeserializeOwned {
    const DOMAIN: &'static str;
    /// What it is called in a refusal.
    const NAME: &'static str;

    /// The file's bytes.
    fn sign(&self, key: &Key) -> Result<Vec<u8>, Error> {
        let mut value = serde_json::to_value(self)?;
        let mac = mac::<Self>(key, &value);
        if let Value::Object(fields) = &mut value {
            fields.insert("mac".into(), hex(&mac).into());
        }
        Ok(canonical(&value).into_bytes())
    }

    /// Reads a file whose signature is ours, to the last byte.
    fn parse(bytes: &[u8], key: &Key) -> Result<Self, Error> {
        let refused = |why: &str| Error::Refused(format!("the {} {why}", Self::NAME));
        let mut value: Value = serde_json::from_slice(bytes).map_err(|_| refused("is damaged"))?;
        let found = value.as_object_mut().and_then(|fields| fields.remove("mac"));
        let found =
            found.as_ref().and_then(Value::as_str).and_then(|mac| data_encoding::HEXLOWER.decode(mac.as_bytes()).ok());
        if !found.is_some_and(|found| constant_time_eq(&found, &mac::<Self>(key, &value))) {
            return Err(refused("was changed, or is another installation's: its signature is not ours"));
        }
        let read: Self = serde_json::from_value(value).map_err(|_| refused("is a newer version's"))?;
        // Bytes that say the same in another way were not written by us.
        if read.sign(key)? != bytes {
            return Err(refused("was changed"));
        }
        Ok(read)
    }
}

fn mac<S: Signed>(key: &Key, value: &Value) -> [u8; 32] {
    derive::mac(key, &[S::DOMAIN.as_bytes(), canonical(value).as_bytes()])
}

impl Signed for Manifest {
    const DOMAIN: &'static str = "holdfast/manifest/v1\n";
    const NAME: &'static str = "manifest";
}

/// SHA-256 in hex, as manifests name one another.
pub fn hash_of(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest() -> Manifest {
        Manifest {
            format: 1,
            install: "ab".into(),
            number: 1,
            started: Timestamp(1_000),
            finished: Timestamp(2_000),
            previous: String::new(),
            version: "1".into(),
            keyring: 3,
            places: Vec::new(),
            failed: vec![Failed { id: "0a".into(), reason: "a \"quote\"".into() }],
            ledgers: Vec::new(),
        }
    }

    #[test]
    fn a_manifest_reads_back_and_every_changed_byte_is_refused() {
        let key = crate::crypto::random_key();
        let bytes = manifest().sign(&key).unwrap();
        assert_eq!(Manifest::parse(&bytes, &key).unwrap(), manifest());
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            assert!(Manifest::parse(&changed, &key).is_err(), "byte {at}");
        }
        assert!(Manifest::parse(&bytes[..bytes.len() - 1], &key).is_err());
        assert!(Manifest::parse(&[&bytes[..], b"\n"].concat(), &key).is_err());
        let error = Manifest::parse(&bytes, &crate::crypto::random_key()).unwrap_err().to_string();
        assert!(error.contains("signature is not ours"), "{error}");
    }
}
