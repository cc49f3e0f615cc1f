//! The master key: its sources and what they must look like (KEY-1, KEY-2).

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;
use zeroize::Zeroizing;

use super::recovery::RecoveryCode;
use super::slots::Slots;
use super::text::{self, Purpose};
use crate::crypto::derive::Root;
use crate::crypto::{Key, file, random_key};
use crate::error::Error;

/// Name of the credential that a systemd unit loads.
const CREDENTIAL: &str = "master.key";
/// No key file is longer; anything beyond was pointed at by mistake.
const LONGEST_FILE: u64 = 4096;

/// The one secret that opens everything. Never used itself, only what [`MasterKey::subkeys`] derives.
pub struct MasterKey(pub(super) Key);

/// What is derived from the master key for one installation.
pub struct MasterSubkeys {
    /// Wraps the root keys of workspaces.
    pub wrap: Key,
    /// Authenticates the keyring file.
    pub ring: Key,
    /// Parent key of sealed keyring copies in the backup.
    pub ring_copy: Key,
}

impl MasterKey {
    pub fn generate() -> MasterKey {
        MasterKey(random_key())
    }

    pub(super) fn subkeys(&self, install: &[u8; 16], version: u32) -> MasterSubkeys {
        let root = Root::extract(install, &self.0);
        let version = version.to_be_bytes();
        MasterSubkeys {
            wrap: root.expand(&[b"holdfast/v1/kek-wrap", &version]),
            ring: root.expand(&[b"holdfast/v1/keyring-mac", &version]),
            ring_copy: root.expand(&[b"holdfast/v1/keyring-backup", &version]),
        }
    }

    /// Eight bytes that tell whether this is the right key, and nothing about it.
    pub(super) fn check_value(&self, install: &[u8; 16]) -> [u8; 8] {
        let whole = Root::extract(install, &self.0).mac(b"holdfast/v1/kcv");
        std::array::from_fn(|at| whole[at])
    }
}

/// Where the program keeps its files: a key file must lie outside of them.
#[derive(Debug, Clone, Copy)]
pub struct Folders<'a> {
    pub data: &'a Path,
    pub backup: Option<&'a Path>,
}

/// Where the master key comes from; exactly one at a start.
pub enum Source {
    /// `--master-key-file`.
    File {
        path: PathBuf,
        /// Allows `keys/` in the data folder, for demonstrations and first tries: then whoever has the data has the key.
        may_lie_in_data: bool,
    },
    /// `LoadCredential=master.key:…` or `LoadCredentialEncrypted=` in the unit.
    Systemd,
    /// Typed at the terminal. Never from the environment or the command line, where others can read it.
    Passphrase(Zeroizing<String>),
    /// Typed from paper.
    RecoveryCode(Zeroizing<String>),
}

impl Source {
    /// The master key, or in which way the source falls short.
    pub(super) fn load(&self, folders: Folders<'_>, slots: Option<&Slots>) -> Result<MasterKey, Error> {
        let slots = || {
            slots.ok_or_else(|| {
                Error::Refused("the file keys/slots is missing, and only it knows passphrase and recovery code".into())
            })
        };
        match self {
            Source::File { path, may_lie_in_data } => read_file(path, folders, *may_lie_in_data),
            Source::Systemd => read_credential(std::env::var_os("CREDENTIALS_DIRECTORY")),
            Source::Passphrase(passphrase) => slots()?.open_with_passphrase(passphrase),
            Source::RecoveryCode(typed) => slots()?.open_with_recovery_code(&RecoveryCode::parse(typed)?),
        }
    }

    /// For a new installation: the key that is already there, or a new one where the source can hold it.
    pub(super) fn load_or_generate(&self, folders: Folders<'_>) -> Result<MasterKey, Error> {
        match self {
            Source::File { path, may_lie_in_data } => match path.symlink_metadata() {
                Err(source) if source.kind() == io::ErrorKind::NotFound => {
                    refuse_place(path, folders, *may_lie_in_data)?;
                    let master = MasterKey::generate();
                    let mut text = text::write(Purpose::MasterKey, &master.0);
                    text.push('\n');
                    file::replace(path, text.as_bytes(), 0o400)?;
                    Ok(master)
                }
                _ => read_file(path, folders, *may_lie_in_data),
            },
            Source::Systemd => read_credential(std::env::var_os("CREDENTIALS_DIRECTORY")),
            Source::Passphrase(_) => Ok(MasterKey::generate()),
            Source::RecoveryCode(_) => {
                Err(Error::Refused("a recovery code belongs to an installation that exists".into()))
            }
        }
    }
}

fn refused(path: &Path, reason: impl std::fmt::Display) -> Error {
    Error::Refused(format!("the master key file {} is refused: {reason}", path.display()))
}

/// The rules for a file: no link, ours or root's, closed to others, outside what is backed up.
fn read_file(path: &Path, folders: Folders<'_>, may_lie_in_data: bool) -> Result<MasterKey, Error> {
    // Checked on the open file, so that it cannot be exchanged between the check and the reading.
    let opened =
        OpenOptions::new().read(true).custom_flags((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits() as i32).open(path);
    let key_file = opened.map_err(|source| match source.kind() {
        io::ErrorKind::NotFound => refused(path, "there is no such file"),
        _ if source.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error()) => {
            refused(path, "it is a symbolic link; give the path of the file itself")
        }
        io::ErrorKind::PermissionDenied => refused(path, "this user may not read it"),
        _ => Error::from(source),
    })?;
    let about = key_file.metadata()?;
    if !about.is_file() {
        return Err(refused(path, "it is not a regular file"));
    }
    let user = rustix::process::geteuid().as_raw();
    if about.uid() != 0 && about.uid() != user {
        return Err(refused(
            path,
            format!("it belongs to user {}, not to root or to the user of this service ({user})", about.uid()),
        ));
    }
    let mode = about.permissions().mode() & 0o7777;
    if mode & 0o077 != 0 {
        return Err(refused(path, format!("others may read or change it (mode {mode:04o}); run chmod 0400 on it")));
    }
    refuse_place(path, folders, may_lie_in_data)?;
    parse(&key_file).map_err(|reason| refused(path, reason))
}

/// A key inside the data or the backup would travel with what it protects.
fn refuse_place(path: &Path, folders: Folders<'_>, may_lie_in_data: bool) -> Result<(), Error> {
    let name = path.file_name().ok_or_else(|| refused(path, "it is not a file"))?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let real = folder.canonicalize().map_err(|_| refused(path, "its folder does not exist"))?.join(name);
    let inside = |folder: &Path| folder.canonicalize().is_ok_and(|folder| real.starts_with(folder));
    if folders.backup.is_some_and(inside) {
        return Err(refused(path, "it lies in the backup folder, so every stolen backup would open"));
    }
    let allowed = may_lie_in_data && inside(&folders.data.join("keys"));
    if inside(folders.data) && !allowed {
        return Err(refused(path, "it lies in the data folder; keep it on another disk or use a systemd credential"));
    }
    Ok(())
}

/// A credential's permissions are systemd's business: it grants access by ACL, which looks like group bits.
pub(super) fn read_credential(folder: Option<OsString>) -> Result<MasterKey, Error> {
    let folder = folder.ok_or_else(|| {
        Error::Refused("there is no $CREDENTIALS_DIRECTORY: start by systemd with LoadCredential=master.key:…".into())
    })?;
    let path = Path::new(&folder).join(CREDENTIAL);
    let refused = |reason: String| Error::Refused(format!("the systemd credential {CREDENTIAL} is refused: {reason}"));
    let opened =
        OpenOptions::new().read(true).custom_flags((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits() as i32).open(&path);
    let credential = opened.map_err(|source| refused(source.to_string()))?;
    if !credential.metadata()?.is_file() {
        return Err(refused("it is not a regular file".into()));
    }
    parse(&credential).map_err(refused)
}

/// 32 raw bytes, or `HFMK1-…`.
fn parse(key_file: &File) -> Result<MasterKey, String> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(LONGEST_FILE as usize + 1));
    key_file.take(LONGEST_FILE + 1).read_to_end(&mut bytes).map_err(|source| source.to_string())?;
    if let Ok(raw) = <&[u8; 32]>::try_from(bytes.as_slice()) {
        let mut key = Key::default();
        key.copy_from_slice(raw);
        return Ok(MasterKey(key));
    }
    let neither = || "it holds neither 32 bytes nor a text that begins with HFMK1".to_owned();
    let text = str::from_utf8(&bytes).map_err(|_| neither())?;
    text::read(Purpose::MasterKey, text).map(MasterKey).map_err(|reason| match reason {
        text::NotAKey::Prefix(_) => neither(),
        other => other.to_string(),
    })
}
