//! The installation, open: built once at start, shared by every request and job.

use std::sync::Arc;

use crate::backup::segments::{self, Shipments};
use crate::clock::{Clock, Timestamp};
use crate::config::Config;
use crate::crypto::derive::ControlKeys;
use crate::crypto::password::Passwords;
use crate::db::{self, Actor, Db, DbFile, Origin, Tx, Workspaces};
use crate::error::Error;
use crate::jobs::Wake;
use crate::keys::Keys;
use crate::mail::Mailer;
use crate::members::directory;
use crate::meter::Meter;
use crate::module::Module;
use crate::usage::Usage;
use crate::web::limit::ApiLimit;

/// The generation of the keyring that setting up an installation leaves.
const FIRST_GENERATION: u64 = 1;

/// Everything a request or a job may need.
pub struct App {
    pub config: Config,
    pub clock: Clock,
    pub keys: Keys,
    /// The installation's own keys, derived once.
    pub control_keys: ControlKeys,
    /// `control.db`: accounts, memberships, sessions, workspaces, jobs.
    pub control: DbFile,
    /// The workspaces' files. Reached through `gate` alone.
    pub workspaces: Workspaces,
    /// The open files whose logs are carried to the backup folder.
    pub shipments: Shipments,
    /// Hashes and checks passwords, two at a time.
    pub passwords: Passwords,
    /// Sends the installation's own mail.
    pub mailer: Mailer,
    pub modules: &'static [&'static Module],
    /// Rings the job runner when something is due at once.
    pub wake: Arc<Wake>,
    pub api_limit: ApiLimit,
    /// Names of members, as they were last read.
    pub directories: directory::Kept,
    /// What this process has done, for `/metrics`.
    pub meter: Meter,
    /// Which pages were looked at since it was last written down.
    pub usage: Usage,
    /// Held for the life of the process: one process owns a data folder.
    _lock: Lock,
}

/// The lock on the data folder.
pub struct Lock {
    /// Closing it would unlock.
    _held: std::fs::File,
}

impl Lock {
    /// Takes `LOCK` in the data folder, or says who has it.
    pub fn take(folder: &std::path::Path) -> Result<Lock, Error> {
        let path = folder.join("LOCK");
        let file = std::fs::OpenOptions::new().create(true).truncate(false).read(true).write(true).open(&path)?;
        match rustix::fs::flock(&file, rustix::fs::FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Lock { _held: file }),
            Err(rustix::io::Errno::WOULDBLOCK) => Err(Error::Refused(format!(
                "another Holdfast process uses {}: stop it first, or let it answer this command",
                folder.display()
            ))),
            Err(error) => Err(std::io::Error::from(error).into()),
        }
    }
}

impl App {
    /// Opens an installation that `init` (or `demo`) has made.
    ///
    /// Fails with [`Error::Refused`] when another process has the folder, the key is wrong, the keyring
    /// is older than the one last seen, or a file is newer than this program.
    pub fn open(
        config: Config,
        keys: Keys,
        mailer: Mailer,
        lock: Lock,
        modules: &'static [&'static Module],
    ) -> Result<Arc<App>, Error> {
        let data = config.data.clone();
        let control_keys = keys.control()?;
        let control_path = data.join("control.db");
        // The first generation of the keyring is that of an installation just made: later ones know workspaces.
        if keys.ring_seq() > FIRST_GENERATION {
            db::refuse_without(&control_path)?;
        }
        let control = db::open_control(&control_path, control_keys.workspace.database_key())?;
        let shipments = Shipments::default();
        segments::watch_in(
            &shipments,
            &config.backup.folder,
            &control_keys.manifest,
            &control,
            &control_keys.workspace,
        );
        let workspaces =
            Workspaces::new(data.join("workspaces"), config.database.open_workspaces, config.database.cache_mib);
        let passwords = Passwords::new(&control_keys.pepper, config.security.password_cost())?;
        let app = App {
            config,
            clock: Clock,
            keys,
            control_keys,
            control,
            workspaces,
            shipments,
            passwords,
            mailer,
            modules,
            wake: Arc::default(),
            api_limit: ApiLimit::default(),
            directories: directory::Kept::default(),
            meter: Meter::default(),
            usage: Usage::default(),
            _lock: lock,
        };
        let seen = app.read(db::installation::keyring_generation)?;
        app.keys.refuse_older_than(seen)?;
        app.remember_keyring()?;
        Ok(Arc::new(app))
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Reads `control.db`.
    pub fn read<T>(&self, work: impl FnOnce(&Db) -> Result<T, Error>) -> Result<T, Error> {
        self.control.read(self.now(), work)
    }

    /// Changes `control.db` in one transaction, which must record an audit entry.
    pub fn write<T>(&self, origin: &Origin, work: impl FnOnce(&Tx) -> Result<T, Error>) -> Result<T, Error> {
        self.control.write(self.now(), origin, work)
    }

    /// Writes down the keyring's generation, so that an older copy of it is refused from now on (KEY-4).
    /// Call it after the key of a workspace was made or destroyed.
    pub fn remember_keyring(&self) -> Result<(), Error> {
        let generation = self.keys.ring_seq();
        if self.read(db::installation::keyring_generation)? == generation {
            return Ok(());
        }
        self.control.write_unaudited(self.now(), &Origin::local(Actor::Job("keys.keyring.remember")), |tx| {
            db::installation::set_keyring_generation(tx, generation)
        })
    }

    /// The address people reach this installation at, for links in mails. From the configuration, never from `Host` (AUT-8).
    pub fn public_url(&self, path: &str) -> String {
        format!("{}{path}", self.config.public_url())
    }
}
