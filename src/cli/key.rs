//! `holdfast key`: what protects this installation, exchanging it, and whether the paper is still right.

use std::path::PathBuf;
use std::sync::Arc;

use data_encoding::BASE64;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::answer::{Answer, Failure};
use super::installation::{self, Place};
use super::{init, terminal};
use crate::app::App;
use crate::crypto::password;
use crate::db::{Actor, Origin};
use crate::error::Error;
use crate::failpoint;
use crate::key_rotation::{self, Kind};
use crate::keys::{Keys, RecoveryCode, SlotCost, Source};

#[derive(Debug, Clone, clap::Subcommand, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Where the master key comes from, and which keys it opens
    #[command(after_help = "Example:\n  holdfast key status --json")]
    Status,
    /// Exchange the master key; prints a new recovery code. The old key, passphrase and code stop working
    #[command(
        after_help = "Examples:\n  holdfast key rotate-master --new-master-key-file /etc/holdfast/master-2.key\n  holdfast key rotate-master --new-passphrase"
    )]
    RotateMaster {
        /// Where the new key is to be: a file that does not exist yet, on another disk than the data
        #[arg(
            long,
            value_name = "FILE",
            conflicts_with = "new_passphrase",
            required_unless_present = "new_passphrase"
        )]
        new_master_key_file: Option<PathBuf>,
        /// Protect the new key with a passphrase, asked for now and at every start
        #[arg(long)]
        new_passphrase: bool,
        /// Asked for, never given on the command line
        #[arg(skip)]
        passphrase: String,
        #[arg(skip)]
        recovery_code: String,
    },
    /// Move a workspace to a new key: copied, compared, exchanged. It is out of reach meanwhile
    #[command(after_help = "Example:\n  holdfast key rotate-workspace saltmere-instruments")]
    RotateWorkspace { slug: String },
    /// Change the passphrase of the master key
    #[command(after_help = "Example:\n  holdfast key change-passphrase")]
    ChangePassphrase {
        #[arg(skip)]
        slots: String,
    },
    /// Print a new recovery code; the one before stops working
    #[command(after_help = "Example:\n  holdfast key new-recovery-code")]
    NewRecoveryCode {
        #[arg(skip)]
        slots: String,
    },
    /// Check a written-down recovery code without changing anything; ends with 1 when it does not fit
    #[command(after_help = "Example:\n  holdfast key verify-recovery --data /srv/holdfast")]
    VerifyRecovery,
}

impl Command {
    /// Asks here for what must not travel on a command line: the server has no terminal.
    pub fn ask(&mut self, place: &Place) -> Result<(), Failure> {
        match self {
            Command::RotateMaster { new_master_key_file, new_passphrase, passphrase, recovery_code } => {
                if let Some(path) = new_master_key_file {
                    *path = std::path::absolute(&*path)?;
                }
                if *new_passphrase {
                    *passphrase = new_passphrase_of_master()?;
                }
                let recovery = RecoveryCode::generate();
                init::have_it_written_down(&recovery)?;
                *recovery_code = recovery.text().to_string();
            }
            Command::ChangePassphrase { slots } => {
                let (master, mut next) = master(place)?;
                if !next.has_passphrase() {
                    return Err(Failure::refused(
                        "the master key has no passphrase; holdfast key rotate-master --new-passphrase gives it one",
                    ));
                }
                next.set_passphrase(&master, &new_passphrase_of_master()?, slot_cost())?;
                *slots = BASE64.encode(&next.to_bytes());
            }
            Command::NewRecoveryCode { slots } => {
                let (master, mut next) = master(place)?;
                let recovery = RecoveryCode::generate();
                init::have_it_written_down(&recovery)?;
                next.set_recovery_code(&master, &recovery);
                *slots = BASE64.encode(&next.to_bytes());
            }
            Command::Status | Command::RotateWorkspace { .. } | Command::VerifyRecovery => {}
        }
        Ok(())
    }
}

fn master(place: &Place) -> Result<(crate::keys::MasterKey, crate::keys::Slots), Failure> {
    let (config, _) = place.settings(&[])?;
    let source = installation::key_source(place, &config)?;
    Ok(installation::with_folders(&config.data, |folders| Keys::master(folders, &source))?)
}

fn new_passphrase_of_master() -> Result<String, Failure> {
    let passphrase = terminal::read_new_secret("New passphrase for the master key")?;
    password::check("passphrase", &passphrase, false, &[]).map_err(|broken| Error::Invalid(vec![broken]))?;
    Ok(passphrase.to_string())
}

pub fn run(app: &Arc<App>, command: &Command) -> Result<Answer, Error> {
    let origin = Origin::local(Actor::CommandLine);
    match command {
        // Verified where it was typed: see `verify_recovery`.
        Command::Status | Command::VerifyRecovery => status(app),
        Command::RotateMaster { new_master_key_file, passphrase, recovery_code, .. } => {
            let recovery = RecoveryCode::parse(recovery_code)?;
            let source = match new_master_key_file {
                Some(path) => Source::File { path: path.clone(), may_lie_in_data: false },
                None => Source::Passphrase(passphrase.clone().into()),
            };
            let version = key_rotation::rotate_master(app, &origin, &source, &recovery, SlotCost::STANDARD)?;
            let next = match new_master_key_file {
                Some(path) => format!(
                    "The next start needs {}: name it in holdfast.toml as keys.master_key_file, or hand it over as the \
                     systemd credential. The old key opens nothing any more but old copies of the keyring; destroy it.",
                    path.display()
                ),
                None => {
                    "The next start asks for the new passphrase: remove keys.master_key_file from holdfast.toml and \
                         destroy the old key file, if there is one."
                        .to_owned()
                }
            };
            let facts = json!({ "master_version": version, "keyring_generation": app.keys.ring_seq(), "file": new_master_key_file });
            Ok(Answer::new(facts, format!("The master key is exchanged; it is version {version} now.\n{next}")))
        }
        Command::RotateWorkspace { slug } => {
            let id = super::command::workspace(app, slug)?;
            let version = key_rotation::rotate_workspace(app, &origin, id)?;
            let words = format!(
                "{slug} lies under version {version} of its key now. The old one is kept while a backup needs it, then destroyed."
            );
            Ok(Answer::new(json!({ "workspace": slug, "key_version": version }), words))
        }
        Command::ChangePassphrase { slots } => {
            let copy = exchange_slots(app, &origin, Kind::Passphrase, slots)?;
            let words = with_fault("The passphrase is changed; the old one opens nothing.", copy.as_deref());
            Ok(Answer::new(json!({ "changed": "passphrase", "copy_beside_backups": copy }), words))
        }
        Command::NewRecoveryCode { slots } => {
            let copy = exchange_slots(app, &origin, Kind::RecoveryCode, slots)?;
            let words = with_fault("The new recovery code is in force; the old one opens nothing.", copy.as_deref());
            Ok(Answer::new(json!({ "changed": "recovery_code", "copy_beside_backups": copy }), words))
        }
    }
}

/// Replaces the file as a whole, if the new slots belong to the master key in use.
fn exchange_slots(app: &App, origin: &Origin, kind: Kind, encoded: &str) -> Result<Option<String>, Error> {
    let bytes = BASE64.decode(encoded.as_bytes()).map_err(|_| Error::BadRequest("these are no slots".into()))?;
    let slots =
        Keys::slots(&app.config.data)?.ok_or_else(|| Error::Refused("the file keys/slots is missing".into()))?;
    key_rotation::exchange_slots(app, origin, kind, &slots.like(&bytes)?)
}

fn with_fault(done: &str, fault: Option<&str>) -> String {
    match fault {
        None => done.to_owned(),
        Some(fault) => format!(
            "{done} Not so beside the backups, whose copy could not be renewed: the next backup renews it. {fault}"
        ),
    }
}

/// What deriving a key from a passphrase costs. Tests pay the least that is allowed.
fn slot_cost() -> SlotCost {
    match failpoint::number("HOLDFAST_TEST_LIGHT_SLOTS") {
        Some(_) => SlotCost::FLOOR,
        None => SlotCost::STANDARD,
    }
}

fn status(app: &Arc<App>) -> Result<Answer, Error> {
    let data = &app.config.data;
    let has_passphrase = Keys::slots(data)?.is_some_and(|slots| slots.has_passphrase());
    let source = match &app.config.keys.master_key_file {
        _ if installation::has_credential() => "a systemd credential".to_owned(),
        Some(path) => path.display().to_string(),
        None if installation::key_of_first_try(data).exists() => {
            format!("{} (beside the data: for a first try only)", installation::key_of_first_try(data).display())
        }
        None => "a passphrase".to_owned(),
    };
    let (generation, workspaces) = (app.keys.ring_seq(), app.keys.workspaces().len());
    let version = app.keys.master_version();
    let words = format!(
        "Master key      {source}, version {version}\nPassphrase      {}\nKeyring         generation {generation}, authentic\nWorkspace keys  {workspaces}",
        if has_passphrase { "set" } else { "none" }
    );
    let facts = json!({
        "source": source, "has_passphrase": has_passphrase, "keyring_generation": generation,
        "workspace_keys": workspaces, "master_version": version,
    });
    Ok(Answer::new(facts, words))
}

/// Asks for the code and tries it on `keys/slots`. Works beside a running server and without the master key.
pub fn verify_recovery(place: &Place) -> Result<Answer, Failure> {
    let data = place.folder()?;
    let slots = Keys::slots(&data)?.ok_or_else(|| {
        let path = Keys::slots_path(&data);
        Failure::refused(format!("{}: there is no such file, so there is no recovery code", path.display()))
    })?;
    let typed = terminal::read_secret("Recovery code: ")?;
    let opened = RecoveryCode::parse(&typed).and_then(|code| slots.open_with_recovery_code(&code).map(drop));
    Ok(match opened {
        Ok(()) => Answer::new(json!({ "fits": true }), "This recovery code opens the master key."),
        Err(error) => {
            let reason = Failure::from(error).message;
            Answer::new(json!({ "fits": false, "reason": reason }), reason.clone()).or_no(true)
        }
    })
}
