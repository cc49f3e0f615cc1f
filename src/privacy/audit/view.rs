//! What the pages and the API of the audit log share: which log, whose names, which entries.

use super::{Entry, EntryFilter, Verdict, chain, checkpoint, store};
use crate::db::{Db, Tx};
use crate::error::Error;
use crate::id::WorkspaceId;
use crate::members::directory::{self, Directory};
use crate::permission::{Action, Area, Level};
use crate::web::Request;

/// A workspace's two logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Log {
    /// The workspace's own chain: its records.
    Records,
    /// The entries of the installation's chain that are about this workspace: people and access.
    Access,
}

impl Log {
    /// The word in addresses and in the API.
    pub fn word(self) -> &'static str {
        match self {
            Log::Records => "records",
            Log::Access => "access",
        }
    }

    pub fn from_word(word: &str) -> Option<Log> {
        [Log::Records, Log::Access].into_iter().find(|log| log.word() == word)
    }

    /// The page of the list, below `/w/{slug}`.
    pub fn path(self) -> &'static str {
        match self {
            Log::Records => "/audit",
            Log::Access => "/audit/access",
        }
    }

    /// Reads the file that holds the log.
    pub fn read<T>(self, request: &Request, work: impl FnOnce(&Db) -> Result<T, Error>) -> Result<T, Error> {
        match self {
            Log::Records => request.read(work),
            Log::Access => request.read_control(work),
        }
    }

    /// Adds to the log. Works in a workspace that is read only too: looking into the log must stay possible there.
    pub fn write<T>(self, request: &Request, work: impl FnOnce(&Tx) -> Result<T, Error>) -> Result<T, Error> {
        match self {
            Log::Records => request.member()?.workspace.file.write(request.now(), &request.origin(), work),
            Log::Access => request.write_control(work),
        }
    }

    /// Keeps the filter to this workspace: the installation's chain holds those of all.
    pub fn scope(self, workspace: WorkspaceId, filter: EntryFilter) -> EntryFilter {
        match self {
            Log::Records => filter,
            Log::Access => EntryFilter { workspace: Some(workspace), ..filter },
        }
    }
}

/// What the reader may see of people in the log.
pub(super) struct Names {
    /// `None`: members stay numbers.
    pub people: Option<Directory>,
    may_see_records: bool,
}

impl Names {
    pub fn of(request: &Request) -> Result<Names, Error> {
        let member = request.member()?;
        let people = if request.may(Action::View, Area::Members) {
            Some(directory::directory(&request.app, member.workspace_id())?)
        } else {
            None
        };
        let sees_all = |area| member.level(Action::View, area) == Level::All;
        Ok(Names { people, may_see_records: sees_all(Area::Contacts) && sees_all(Area::Companies) })
    }

    /// Names, addresses and old values stand behind the same permission as what they are about (TEN-4).
    pub fn may_see_personal(&self, log: Log) -> bool {
        match log {
            Log::Records => self.may_see_records,
            Log::Access => self.people.is_some(),
        }
    }
}

/// One page of a log, newest first, with the cursor of the next.
pub(super) fn page(db: &Db, filter: &EntryFilter) -> Result<(Vec<Entry>, Option<i64>), Error> {
    let mut entries = store::list(db, &EntryFilter { limit: filter.limit + 1, ..filter.clone() })?;
    let limit = usize::try_from(filter.limit).unwrap_or(0);
    let has_more = entries.len() > limit;
    entries.truncate(limit);
    let next = entries.last().filter(|_| has_more).map(|last| last.sequence);
    Ok((entries, next))
}

/// One entry of a log. Another workspace's entry in the installation's chain is not there (TEN-1).
pub(super) fn find(request: &Request, log: Log, sequence: i64) -> Result<Entry, Error> {
    let workspace = request.member()?.workspace_id();
    let entry = log.read(request, |db| store::find(db, sequence))?;
    entry.filter(|entry| log == Log::Records || entry.workspace == Some(workspace)).ok_or(Error::NotFound("entry"))
}

/// Checks the whole file that holds the log.
pub(super) fn verify(request: &Request, log: Log) -> Result<Verdict, Error> {
    let file = match log {
        Log::Records => request.member()?.workspace_id(),
        Log::Access => WorkspaceId::CONTROL,
    };
    let journal = checkpoint::journal(&request.app.config.data, file, &request.app.control_keys.manifest)?;
    log.read(request, |db| chain::verify(db, &journal.checkpoints))
}
