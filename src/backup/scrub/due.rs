//! Which backups are older than an erasure that was not looked for in them yet. Reads the ledger; opens nothing.

use crate::app::App;
use crate::backup::chain::Chain;
use crate::backup::restore::MARGIN_MS;
use crate::backup::run::living;
use crate::clock::Timestamp;
use crate::error::Error;
use crate::id::WorkspaceId;
use crate::privacy::ledger::{self, Entry, Kind};

/// A backup in which somebody may stand who was erased since.
pub struct Due {
    pub number: u64,
    /// When the first of those erasures was.
    pub since: Timestamp,
    pub workspaces: Vec<Wanted>,
}

/// What to look for in the copies of one workspace, and for its sake in that of the installation.
pub struct Wanted {
    pub id: WorkspaceId,
    pub entries: Vec<Entry>,
    /// The last entry of its ledger that then was looked for.
    pub through: i64,
}

/// The backups that are due, the oldest first.
pub fn due(app: &App, chain: &Chain) -> Result<Vec<Due>, Error> {
    let mut ledgers = Vec::new();
    for (id, _) in living(app)?.into_iter().filter(|(id, _)| *id != WorkspaceId::CONTROL) {
        let entries = app.read(|db| ledger::entries(db, id, 0))?;
        let erased: Vec<Entry> = entries.into_iter().filter(|entry| entry.kind == Kind::Erase.word()).collect();
        if !erased.is_empty() {
            ledgers.push((id, erased));
        }
    }
    let mut all = Vec::new();
    for (manifest, kept) in chain.manifests.iter().zip(&chain.kept) {
        let mut due = Due { number: manifest.number, since: app.now(), workspaces: Vec::new() };
        for (id, erased) in &ledgers {
            let (name, control) = (id.to_string(), WorkspaceId::CONTROL.to_string());
            let stands_in = |copy: &str| [name.as_str(), control.as_str()].contains(&copy);
            let copies = manifest.places.iter().filter(|copy| kept.places.contains(&copy.id) && stands_in(&copy.id));
            let Some(at) = copies.map(|copy| copy.at).min() else { continue };
            let through = kept.scrubbed.as_ref().and_then(|scrubbed| scrubbed.through.get(&name)).copied();
            // Where the ledger was when the backup was made; by the clock too, since that was after the copy.
            let seen = manifest.ledgers.iter().find(|head| head.id == name).map_or(0, |head| head.position);
            let is_new = |entry: &&Entry| {
                entry.position > through.unwrap_or(0) && (entry.position > seen || entry.at >= at.plus(-MARGIN_MS))
            };
            let entries: Vec<Entry> = erased.iter().filter(is_new).cloned().collect();
            let (Some(first), Some(last)) = (entries.first(), entries.last()) else { continue };
            due.since = due.since.min(first.at);
            due.workspaces.push(Wanted { id: *id, through: last.position, entries });
        }
        if !due.workspaces.is_empty() {
            all.push(due);
        }
    }
    Ok(all)
}
