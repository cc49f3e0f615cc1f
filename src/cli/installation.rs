//! Opens an installation: its settings, its master key, its lock, its files.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use zeroize::Zeroizing;

use super::answer::Failure;
use super::terminal;
use crate::app::{App, Lock};
use crate::backup;
use crate::clock::Clock;
use crate::config::Config;
use crate::config::load::Values;
use crate::key_rotation;
use crate::keys::{Folders, Keys, RecoveryCode, SlotCost, Source};
use crate::members::workspaces;
use crate::modules::MODULES;

/// Where the data is and how its master key is reached. The same for every command.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Place {
    /// The data folder [default: ./holdfast-data]
    #[arg(long, global = true, env = "HOLDFAST_DATA", value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// The file with the master key, on another disk than the data
    #[arg(long, global = true, value_name = "FILE")]
    pub master_key_file: Option<PathBuf>,
    /// Ask for the recovery code instead of using the master key's own source
    #[arg(long, global = true)]
    pub recovery_code: bool,
    /// Print facts as JSON
    #[arg(long, global = true)]
    pub json: bool,
}

impl Place {
    /// The data folder, as an absolute path.
    pub fn folder(&self) -> Result<PathBuf, Failure> {
        let folder = self.data.clone().unwrap_or_else(|| PathBuf::from("holdfast-data"));
        Ok(std::path::absolute(folder)?)
    }

    /// The settings, with the command's own flags over file and environment.
    pub fn settings(&self, flags: &[(&str, Vec<String>)]) -> Result<(Config, Values), Failure> {
        let folder = self.folder()?;
        let mut flags = flags.to_vec();
        if let Some(path) = &self.master_key_file {
            // Typed in a shell, so relative to where the shell stands.
            let path = std::path::absolute(path)?;
            flags.push(("keys.master_key_file", vec![path.to_string_lossy().into_owned()]));
        }
        let environment =
            std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        let values = Values::load(&folder, environment, &flags)?;
        Ok((Config::new(&folder, &values)?, values))
    }
}

/// Where a first try keeps its key: beside the data, which protects nothing.
pub fn key_of_first_try(data: &Path) -> PathBuf {
    data.join("keys/master.key")
}

/// The folders a key file must lie outside of.
pub fn with_folders<T>(data: &Path, work: impl FnOnce(Folders<'_>) -> T) -> T {
    let backup = data.join("backup");
    work(Folders { data, backup: Some(&backup) })
}

/// Makes the data folder when it is missing, for this user alone.
pub fn make_folder(data: &Path) -> Result<(), Failure> {
    use std::os::unix::fs::DirBuilderExt;
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(data);
    made.map_err(|source| Failure::refused(format!("{}: the folder cannot be made: {source}", data.display())))
}

/// The source of the master key of an installation that exists: flags, systemd, settings, then what is there.
pub fn key_source(place: &Place, config: &Config) -> Result<Source, Failure> {
    if place.recovery_code {
        return Ok(Source::RecoveryCode(terminal::read_secret("Recovery code: ")?));
    }
    // What systemd hands over is meant for this very start; only a flag is meant more.
    if has_credential() && place.master_key_file.is_none() {
        return Ok(Source::Systemd);
    }
    if let Some(path) = &config.keys.master_key_file {
        return Ok(Source::File { path: path.clone(), may_lie_in_data: false });
    }
    let path = key_of_first_try(&config.data);
    if path.symlink_metadata().is_ok() {
        return Ok(Source::File { path, may_lie_in_data: true });
    }
    let slots = Keys::slots(&config.data)?;
    if slots.is_some_and(|slots| slots.has_passphrase()) {
        return Ok(Source::Passphrase(ask_passphrase()?));
    }
    Err(Failure::refused(format!(
        "{}: nothing says where the master key is; name its file with --master-key-file or in holdfast.toml as keys.master_key_file",
        config.data.display()
    )))
}

/// Whether systemd has handed over the credential `master.key`.
pub fn has_credential() -> bool {
    std::env::var_os("CREDENTIALS_DIRECTORY").is_some_and(|folder| Path::new(&folder).join("master.key").exists())
}

/// On the terminal, else through systemd, which asks on the console.
pub fn ask_passphrase() -> Result<Zeroizing<String>, Failure> {
    const QUESTION: &str = "Passphrase of the Holdfast master key: ";
    if terminal::is_interactive() || std::env::var_os("NOTIFY_SOCKET").is_none() {
        return terminal::read_secret(QUESTION);
    }
    let asked =
        std::process::Command::new("systemd-ask-password").args(["--id=holdfast", "--timeout=0", QUESTION]).output();
    let answer = asked.ok().filter(|output| output.status.success()).map(|output| Zeroizing::new(output.stdout));
    let text = answer.and_then(|bytes| {
        std::str::from_utf8(&bytes).ok().map(|text| Zeroizing::new(text.trim_end_matches('\n').to_owned()))
    });
    text.ok_or_else(|| Failure::refused("the passphrase was asked for by systemd-ask-password, and nobody answered"))
}

/// Sets up keys in the data folder itself, for a first try or a demonstration. Returns the recovery code.
pub fn create_first_try(data: &Path) -> Result<(Keys, RecoveryCode), Failure> {
    let source = Source::File { path: key_of_first_try(data), may_lie_in_data: true };
    let recovery = RecoveryCode::generate();
    let keys =
        with_folders(data, |folders| Keys::create(folders, &source, &recovery, SlotCost::STANDARD, Clock.now()))?;
    Ok((keys, recovery))
}

/// Opens the keys of an installation that exists.
pub fn open_keys(place: &Place, config: &Config) -> Result<Keys, Failure> {
    if !Keys::exist(&config.data) {
        return Err(Failure::refused(format!(
            "{} holds no installation; make one with holdfast init, or try one with holdfast serve or holdfast demo",
            config.data.display()
        )));
    }
    let source = key_source(place, config)?;
    Ok(with_folders(&config.data, |folders| Keys::open(folders, &source))?)
}

/// Takes the lock and opens everything.
pub fn open(config: Config, keys: Keys, lock: Lock) -> Result<Arc<App>, Failure> {
    let mailer = config.mailer()?;
    let app = App::open(config, keys, mailer, lock, MODULES)?;
    let cut_off = key_rotation::resume(&app)?;
    if cut_off > 0 {
        tracing::warn!(cut_off, "exchanges of keys that a crash cut off are settled");
    }
    let restores = backup::workspace::resume(&app)?;
    if restores > 0 {
        tracing::warn!(restores, "restores of workspaces that a crash cut off have come to an end");
    }
    let left = workspaces::clean_half_made(&app)?;
    if left > 0 {
        tracing::warn!(left, "workspaces that were being made when the process ended are cleared away");
    }
    Ok(app)
}

/// Opens an installation that exists, for a command that the server is not there to answer.
pub fn open_existing(place: &Place) -> Result<Arc<App>, Failure> {
    let (config, _) = place.settings(&[])?;
    if !config.data.is_dir() {
        return Err(Failure::refused(format!("{}: there is no such data folder", config.data.display())));
    }
    let lock = Lock::take(&config.data)?;
    let keys = open_keys(place, &config)?;
    open(config, keys, lock)
}
