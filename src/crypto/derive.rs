//! Key derivation: HKDF-SHA-256, and the subkeys of a workspace and of the installation.

use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::Key;
use crate::id::WorkspaceId;

/// The extracted half of HKDF (RFC 5869): subkeys are expanded from it by label.
pub struct Root(Key);

impl Root {
    /// HKDF-Extract. The salt keeps equal keys of two installations or workspaces apart.
    pub fn extract(salt: &[u8], key: &Key) -> Root {
        let (mut extracted, _) = Hkdf::<Sha256>::extract(Some(salt), key.as_slice());
        let mut root = Key::default();
        root.copy_from_slice(&extracted);
        zeroize::Zeroize::zeroize(&mut extracted[..]);
        Root(root)
    }

    /// HKDF-Expand to 256 bits under a label; the parts are joined as they are.
    pub fn expand(&self, label: &[&[u8]]) -> Key {
        let mut key = Key::default();
        // 32 bytes are always a possible key and output length.
        Hkdf::<Sha256>::from_prk(self.0.as_slice())
            .expect("a root of 32 bytes")
            .expand_multi_info(label, key.as_mut_slice())
            .expect("an output of 32 bytes");
        key
    }

    /// HMAC under the root itself. Only for check values that may be seen.
    pub fn mac(&self, message: &[u8]) -> [u8; 32] {
        mac(&self.0, &[message])
    }
}

/// HMAC-SHA-256 over the parts, joined as they are: callers put lengths or fixed sizes between them.
pub fn mac(key: &Key, parts: &[&[u8]]) -> [u8; 32] {
    // HMAC takes keys of every length.
    let mut hmac = Hmac::<Sha256>::new_from_slice(key.as_slice()).expect("HMAC takes any key");
    for part in parts {
        hmac.update(part);
    }
    hmac.finalize().into_bytes().into()
}

/// What one workspace's root key gives. Labels and salt are frozen in `tests/vectors/derive.json`.
pub struct WorkspaceKeys {
    /// The workspace these keys belong to; bound into everything sealed with them.
    pub workspace: WorkspaceId,
    /// The version of the root key, written beside what is sealed so that it can be found again.
    pub version: u32,
    /// SQLCipher's raw key.
    database: Key,
    /// Parent key of base snapshots.
    pub base: Key,
    /// Parent key of write-ahead log segments.
    pub segment: Key,
    /// Parent key of exports.
    pub export: Key,
    /// Seals single fields: second-factor seeds, connector secrets.
    pub field: Key,
    /// Pseudonyms in the erasure ledger, hashes on the suppression list.
    pub blind_index: Key,
}

impl WorkspaceKeys {
    pub fn derive(workspace: WorkspaceId, version: u32, root_key: &Key) -> WorkspaceKeys {
        WorkspaceKeys::from_root(workspace, version, &Root::extract(&workspace.0, root_key))
    }

    fn from_root(workspace: WorkspaceId, version: u32, root: &Root) -> WorkspaceKeys {
        WorkspaceKeys {
            workspace,
            version,
            database: root.expand(&[b"holdfast/ws/v1/sqlcipher"]),
            base: root.expand(&[b"holdfast/ws/v1/base"]),
            segment: root.expand(&[b"holdfast/ws/v1/wal-seg"]),
            export: root.expand(&[b"holdfast/ws/v1/export"]),
            field: root.expand(&[b"holdfast/ws/v1/field"]),
            blind_index: root.expand(&[b"holdfast/ws/v1/blind-index"]),
        }
    }

    /// The database key as SQLCipher reads a raw key: `x'` and 64 hex digits and `'`.
    ///
    /// Hand it to `sqlite3_key()`, never to SQL text, where traces and error messages could keep it.
    pub fn database_key(&self) -> Zeroizing<String> {
        // Made at its full size at once: growing would leave copies of the key behind.
        let mut text = Zeroizing::new(String::with_capacity(67));
        text.push_str("x'");
        data_encoding::HEXLOWER.encode_append(self.database.as_slice(), &mut text);
        text.push('\'');
        text
    }
}

/// What the control file's root key gives beyond the keys of any workspace.
///
/// These hang under the control root and not under the master key, so that changing the master key
/// leaves old manifests and every password valid.
pub struct ControlKeys {
    /// The keys of the control file itself, under [`WorkspaceId::CONTROL`].
    pub workspace: WorkspaceKeys,
    /// Authenticates backup manifests, heads and audit checkpoints.
    pub manifest: Key,
    /// Keyed hash over a password before argon2id; also over recovery codes.
    pub pepper: Key,
    /// Form tokens are keyed hashes of the session under this.
    pub csrf: Key,
    /// Seed of the Ed25519 key that signs certificates of erasure and the erasure ledger's journal.
    pub certificate: Key,
}

impl ControlKeys {
    pub fn derive(version: u32, root_key: &Key) -> ControlKeys {
        let root = Root::extract(&WorkspaceId::CONTROL.0, root_key);
        ControlKeys {
            workspace: WorkspaceKeys::from_root(WorkspaceId::CONTROL, version, &root),
            manifest: root.expand(&[b"ctl/v1/manifest-mac"]),
            pepper: root.expand(&[b"ctl/v1/pw-pepper"]),
            csrf: root.expand(&[b"ctl/v1/csrf"]),
            certificate: root.expand(&[b"ctl/v1/certificate-ed25519"]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(value: &serde_json::Value) -> Vec<u8> {
        data_encoding::HEXLOWER.decode(value.as_str().unwrap().as_bytes()).unwrap()
    }

    /// The vectors were made by `tests/oracles/vectors.py`, which shares no code with this file.
    #[test]
    fn agrees_with_the_frozen_vectors() {
        let vectors: serde_json::Value = serde_json::from_str(include_str!("../../tests/vectors/derive.json")).unwrap();
        for case in vectors["workspaces"].as_array().unwrap() {
            let mut root_key = Key::default();
            root_key.copy_from_slice(&bytes(&case["root_key"]));
            let workspace: WorkspaceId = case["workspace"].as_str().unwrap().parse().unwrap();
            let keys = WorkspaceKeys::derive(workspace, 1, &root_key);
            assert_eq!(*keys.database_key(), case["database"].as_str().unwrap());
            for (name, key) in [
                ("base", &keys.base),
                ("segment", &keys.segment),
                ("export", &keys.export),
                ("field", &keys.field),
                ("blind_index", &keys.blind_index),
            ] {
                assert_eq!(key.as_slice(), bytes(&case[name]), "{name}");
            }
            if workspace == WorkspaceId::CONTROL {
                let control = ControlKeys::derive(1, &root_key);
                assert_eq!(control.workspace.base.as_slice(), keys.base.as_slice());
                for (name, key) in
                    [("manifest", &control.manifest), ("pepper", &control.pepper), ("csrf", &control.csrf)]
                {
                    assert_eq!(key.as_slice(), bytes(&case[name]), "{name}");
                }
            }
        }
    }

    /// RFC 5869 test case 1, cut to the 32 bytes used here.
    #[test]
    fn is_hkdf() {
        let mut key = Key::default();
        key.copy_from_slice(&[0x0b; 32]);
        let (root, _) = Hkdf::<Sha256>::extract(Some(b"salt"), key.as_slice());
        assert_eq!(Root::extract(b"salt", &key).0.as_slice(), root.as_slice());
    }
}
