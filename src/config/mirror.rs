//! From the section `mirror` to the place where the backup folder lies once more.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::Config;
use crate::backup::mirror::{Account, Place};
use crate::error::Error;
use crate::outbound::address::Host;

/// The credential that systemd hands over with the secret key.
const CREDENTIAL: &str = "holdfast.mirror";

/// The settings of section `mirror` as they were given; [`Config::mirror_place`] makes sense of them.
#[derive(Debug, Clone)]
pub struct Mirror {
    pub folder: Option<PathBuf>,
    pub endpoint: String,
    pub bucket: String,
    pub prefix: String,
    pub region: String,
    pub access_key: String,
    pub secret_key_file: Option<PathBuf>,
    pub ca_file: Option<PathBuf>,
    /// The host of the endpoint once more, when plain text to it is meant.
    pub allow_plain: String,
    /// How often the mirror is brought up to date.
    pub every_minutes: i64,
}

impl Mirror {
    /// Whether the settings name a mirror, right or wrong.
    pub fn is_set(&self) -> bool {
        self.folder.is_some() || self.is_bucket()
    }

    fn is_bucket(&self) -> bool {
        let named = [&self.endpoint, &self.bucket, &self.prefix, &self.access_key];
        named.iter().any(|text| !text.is_empty()) || self.secret_key_file.is_some()
    }
}

impl Config {
    /// Where the mirror lies; `None` when there is none. Reads the file with the secret key.
    ///
    /// Fails with [`Error::Invalid`] on the option that is missing or wrong.
    pub fn mirror_place(&self) -> Result<Option<Place>, Error> {
        let mirror = &self.mirror;
        match (&mirror.folder, mirror.is_bucket()) {
            (None, false) => Ok(None),
            (None, true) => Ok(Some(Place::Bucket(Box::new(self.mirror_account()?)))),
            (Some(folder), false) => {
                let (data, backups) = (&self.data, &self.backup.folder);
                let is_ours = [data, backups].iter().any(|ours| folder.starts_with(ours) || ours.starts_with(folder));
                match is_ours {
                    false => Ok(Some(Place::Folder(folder.clone()))),
                    true => Err(wrong(
                        "mirror.folder",
                        "cannot lie in the data folder or the backup folder, or around one: name a folder on another disk",
                    )),
                }
            }
            (Some(_), true) => Err(wrong(
                "mirror.folder",
                "and mirror.endpoint are both set: the mirror is a folder or a storage, so take one of them out",
            )),
        }
    }

    fn mirror_account(&self) -> Result<Account, Error> {
        let mirror = &self.mirror;
        let required = |option: &'static str, value: &str, what: &str| match value.is_empty() {
            true => Err(Error::field(option, "required", format!("{option} is missing: it is {what}"))),
            false => Ok(()),
        };
        required("mirror.endpoint", &mirror.endpoint, "the address of the storage, like https://s3.example.org")?;
        required("mirror.bucket", &mirror.bucket, "the bucket, which has to be there already")?;
        required("mirror.access_key", &mirror.access_key, "the name that the storage knows this installation by")?;
        let endpoint = mirror.endpoint.trim_end_matches('/');
        let (scheme, host) = endpoint.split_once("://").unwrap_or(("", endpoint));
        let name = match host.rsplit_once(':') {
            Some((name, port)) if !port.ends_with(']') => match port.parse::<u16>() {
                Ok(port) if port > 0 => name,
                _ => return Err(wrong("mirror.endpoint", "has a port that is no number from 1 to 65535")),
            },
            _ => host,
        };
        if !matches!(scheme, "https" | "http") || host.contains('/') || Host::parse(name).is_err() {
            return Err(wrong("mirror.endpoint", "must be https:// and a host, like https://s3.example.org"));
        }
        if scheme == "http" && mirror.allow_plain != name {
            return Err(wrong(
                "mirror.endpoint",
                "has to begin with https://; if plain text is meant, set mirror.allow_plain to the same host",
            ));
        }
        let is_plain = |text: &str, more: &str| {
            text.bytes().all(|byte| byte.is_ascii_alphanumeric() || more.bytes().any(|one| one == byte))
        };
        if !is_plain(&mirror.bucket, ".-_") || mirror.bucket.len() > 63 {
            return Err(wrong("mirror.bucket", "is a name of letters, digits, dots and dashes, 63 at most"));
        }
        let prefix = mirror.prefix.trim_matches('/');
        if !is_plain(prefix, "._-/") || prefix.len() > 200 || prefix.split('/').any(|part| part == "..") {
            return Err(wrong(
                "mirror.prefix",
                "is a name of letters, digits, dots, dashes and slashes, 200 at most, without a part “..”",
            ));
        }
        // As the client sends it: what is signed is the host without a usual port.
        let usual = if scheme == "http" { ":80" } else { ":443" };
        Ok(Account {
            endpoint: endpoint.strip_suffix(usual).unwrap_or(endpoint).to_owned(),
            bucket: mirror.bucket.clone(),
            prefix: prefix.to_owned(),
            region: mirror.region.clone(),
            access_key: mirror.access_key.clone(),
            secret_key: secret_key(mirror.secret_key_file.as_deref())?,
            ca_file: mirror.ca_file.clone(),
        })
    }
}

fn wrong(option: &'static str, rule: &str) -> Error {
    Error::field(option, "wrong_value", format!("{option} {rule}"))
}

/// The first line of the file of the settings, else of what systemd hands over. Never shown.
fn secret_key(file: Option<&Path>) -> Result<Zeroizing<String>, Error> {
    const OPTION: &str = "mirror.secret_key_file";
    let handed = || std::env::var_os("CREDENTIALS_DIRECTORY").map(|folder| Path::new(&folder).join(CREDENTIAL));
    let (path, is_ours) = match file {
        Some(path) => (path.to_owned(), true),
        None => match handed().filter(|path| path.exists()) {
            Some(path) => (path, false),
            None => {
                let message = format!(
                    "{OPTION} is missing: it is a file with the secret key, readable by this service only, or systemd \
                     hands it over with LoadCredential={CREDENTIAL}:FILE"
                );
                return Err(Error::field(OPTION, "required", message));
            }
        },
    };
    let refused = |why: String| Error::field(OPTION, "unreadable", format!("{OPTION}, {}: {why}", path.display()));
    let mode = std::fs::metadata(&path).map_err(|error| refused(error.to_string()))?.permissions().mode();
    if is_ours && mode & 0o077 != 0 {
        return Err(refused(format!("others may read it (mode {:03o}): chmod 400 it", mode & 0o777)));
    }
    let text = std::fs::read_to_string(&path).map(Zeroizing::new).map_err(|error| refused(error.to_string()))?;
    match text.lines().next() {
        Some(line) if !line.is_empty() => Ok(Zeroizing::new(line.to_owned())),
        _ => Err(refused("its first line is empty".to_owned())),
    }
}
