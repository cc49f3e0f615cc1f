//! Does again, in a file that came back, what was promised since its moment (keys-and-backups 2.6, 2.8).
//!
//! The newest entry about a person and a matter counts: somebody whose restriction was placed and lifted since then is
//! free, whatever stands in the file. What the file knows already is left alone, so all of it may be done twice.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::store;
use crate::app::App;
use crate::clock::Timestamp;
use crate::db::{Origin, Tx, Workspace};
use crate::error::Error;
use crate::privacy::audit::{self, Event};
use crate::privacy::consent::{self, Method, NewEvent};
use crate::privacy::erasure;
use crate::privacy::ledger::{Entry, Kind};
use crate::privacy::purposes;
use crate::privacy::restriction::{self, Ground};
use crate::privacy::subject::{self, Person};
use crate::privacy::suppression::{self, Reason};

/// Entries from so long before the moment count as later: a request may have begun before the copy was made.
pub const MARGIN_MS: i64 = Timestamp::DAY;

/// What stands where a reason or a proof was written after the moment that came back.
const EVIDENCE: &str = "Repeated from the erasure ledger after a restore; what was written then is gone.";

/// Something that was done again.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Replayed {
    pub workspace: String,
    /// `erase`, `restrict` and the other words of the ledger.
    pub what: &'static str,
    /// Empty for an address that belongs to nobody there.
    pub kind: String,
    pub id: i64,
    /// `done`, or `held` when a legal hold of the restored state keeps an erasure waiting.
    pub state: String,
}

/// An entry with its numbers read.
struct Promise<'a> {
    kind: Kind,
    subject: &'a str,
    ids: Vec<i64>,
    pseudonyms: Vec<[u8; 32]>,
    detail: Value,
    /// When it was promised; its entry may have come later.
    at: Timestamp,
}

impl<'a> Promise<'a> {
    /// `None` for kinds that are not about a person's data in this file.
    fn read(entry: &'a Entry) -> Result<Option<Promise<'a>>, Error> {
        let Some(kind) = Kind::from_word(&entry.kind).filter(|kind| *kind != Kind::WorkspacePurged) else {
            return Ok(None);
        };
        let detail: Value = serde_json::from_str(&entry.detail)?;
        let at = detail["done_at"].as_str().and_then(Timestamp::parse).unwrap_or(entry.at);
        let ids = serde_json::from_str(&entry.subject_ids)?;
        Ok(Some(Promise { kind, subject: &entry.subject_kind, ids, pseudonyms: entry.pseudonyms()?, detail, at }))
    }

    fn purpose(&self) -> &str {
        self.detail["purpose"].as_str().unwrap_or("")
    }
}

/// Applies every promise since `since` to a workspace's file. Entries are those of its ledger, the oldest first.
pub fn obey(
    app: &App,
    origin: &Origin,
    workspace: &Workspace,
    slug: &str,
    entries: &[Entry],
    since: Timestamp,
) -> Result<Vec<Replayed>, Error> {
    let promises: Vec<Promise> =
        entries.iter().map(Promise::read).filter_map(Result::transpose).collect::<Result<_, _>>()?;
    let work = Work { app, origin, workspace, slug };
    work.raise_counters(&promises)?;
    let newer: Vec<&Promise> = promises.iter().filter(|one| one.at >= since.plus(-MARGIN_MS)).collect();
    let mut replayed = work.suppress(&newer)?;
    replayed.extend(work.erase(&newer)?);
    replayed.extend(work.restrict(&newer)?);
    replayed.extend(work.say(&newer)?);
    Ok(replayed)
}

struct Work<'a> {
    app: &'a App,
    origin: &'a Origin,
    workspace: &'a Workspace,
    slug: &'a str,
}

impl Work<'_> {
    fn done(&self, what: Kind, kind: &str, id: i64, state: &str) -> Replayed {
        Replayed {
            workspace: self.slug.to_owned(),
            what: what.word(),
            kind: kind.to_owned(),
            id,
            state: state.to_owned(),
        }
    }

    fn write<T>(&self, work: impl FnOnce(&Tx) -> Result<T, Error>) -> Result<T, Error> {
        self.workspace.file.write(self.app.now(), self.origin, work)
    }

    /// The person an entry is about, when they are in the file.
    fn person(&self, promise: &Promise) -> Result<Option<Person>, Error> {
        let (Some(kind), Some(id)) = (subject::kind(self.app.modules, promise.subject), promise.ids.first()) else {
            return Ok(None);
        };
        self.workspace.file.read(self.app.now(), |db| match (kind.name)(db, *id)? {
            Some(_) => Person::of(db, kind, *id).map(Some),
            None => Ok(None),
        })
    }

    /// A number that the ledger knows is not given to anybody else: the next restore would take them for the first.
    fn raise_counters(&self, promises: &[Promise]) -> Result<(), Error> {
        let mut last: BTreeMap<&str, i64> = BTreeMap::new();
        let mut seen = |table: &'static str, number: Option<i64>| {
            let known = last.entry(table).or_default();
            *known = (*known).max(number.unwrap_or(0));
        };
        for promise in promises {
            if let Some(kind) = subject::kind(self.app.modules, promise.subject) {
                seen(kind.table, promise.ids.iter().copied().max());
            }
            for (table, name) in [
                ("erasures", "erasure"),
                ("restrictions", "restriction"),
                ("consent_events", "event"),
                ("ledger_outbox", "note"),
            ] {
                seen(table, promise.detail[name].as_i64());
            }
        }
        last.retain(|_, number| *number > 0);
        self.workspace.file.write_unaudited(self.app.now(), self.origin, |tx| {
            last.iter().try_for_each(|(table, number)| store::raise_counter(tx, table, *number))
        })
    }

    /// Addresses that must not be used, or not come back. Nothing is taken off the list here: it never goes backwards.
    fn suppress(&self, newer: &[&Promise]) -> Result<Vec<Replayed>, Error> {
        let mut listed: Vec<([u8; 32], Reason, &str)> = Vec::new();
        let mut replayed = Vec::new();
        for promise in newer {
            let (reason, scope) = match promise.kind {
                Kind::Erase => (Reason::Erased, ""),
                Kind::Unsubscribe => (Reason::Unsubscribe, promise.purpose()),
                _ => continue,
            };
            listed.extend(promise.pseudonyms.iter().map(|pseudonym| (*pseudonym, reason, scope)));
            if promise.kind == Kind::Unsubscribe {
                replayed.push(self.done(promise.kind, "", 0, "done"));
            }
        }
        for (promise, is_objecting) in newest_of(newer, Kind::Object, Kind::ObjectionLifted) {
            // Whoever is in the file objects in their own words, below.
            if is_objecting && self.person(promise)?.is_none() {
                let scope = promise.purpose();
                listed.extend(promise.pseudonyms.iter().map(|pseudonym| (*pseudonym, Reason::Objected, scope)));
            }
        }
        if !listed.is_empty() {
            self.write(|tx| {
                for (pseudonym, reason, scope) in &listed {
                    suppression::add_pseudonym(tx, pseudonym, *reason, scope)?;
                }
                audit::record(tx, Event::new("backup.suppressions.completed").detail("addresses", listed.len()))
            })?;
        }
        Ok(replayed)
    }

    fn erase(&self, newer: &[&Promise]) -> Result<Vec<Replayed>, Error> {
        let erased = newer.iter().filter(|promise| promise.kind == Kind::Erase);
        let named = erased.map(|promise| (promise.subject, promise.ids.clone()));
        let mut replayed = Vec::new();
        for person in erasure::copies::people_of(self.app.modules, named) {
            let (standing, open) = self.workspace.file.read(self.app.now(), |db| {
                let open = person.ids.iter().map(|id| erasure::service::open_of(db, person.kind.word, *id));
                let open = open.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().next();
                Ok((erasure::copies::standing_in(db, &person)?, open))
            })?;
            let begun = match (standing, open) {
                (_, Some(open)) => open.id,
                (None, None) => continue,
                (Some(standing), None) => self.write(|tx| erasure::begin(tx, &standing, None))?,
            };
            let erasure = erasure::execute(self.app, self.workspace, self.origin, begun)?;
            replayed.push(self.done(Kind::Erase, person.kind.word, erasure.person_id, erasure.state.word()));
        }
        Ok(replayed)
    }

    fn restrict(&self, newer: &[&Promise]) -> Result<Vec<Replayed>, Error> {
        let mut replayed = Vec::new();
        for (promise, is_placed) in newest_of(newer, Kind::Restrict, Kind::RestrictionLifted) {
            let Some(person) = self.person(promise)? else { continue };
            let is_on =
                self.workspace.file.read(self.app.now(), |db| restriction::service::is_restricted(db, &person))?;
            if is_on == is_placed {
                continue;
            }
            let ground = promise.detail["ground"].as_str().and_then(Ground::from_word).unwrap_or(Ground::Accuracy);
            self.write(|tx| match is_placed {
                true => restriction::service::restrict(tx, &person, ground, EVIDENCE).map(drop),
                false => restriction::service::lift_again(tx, &person),
            })?;
            replayed.push(self.done(promise.kind, promise.subject, person.id(), "done"));
        }
        Ok(replayed)
    }

    /// Objections, their end, and withdrawals, in the order in which they were said.
    fn say(&self, newer: &[&Promise]) -> Result<Vec<Replayed>, Error> {
        let mut replayed = Vec::new();
        for promise in newer {
            let action = match promise.kind {
                Kind::Object => consent::Action::Object,
                Kind::ObjectionLifted => consent::Action::Lift,
                Kind::ConsentWithdrawn => consent::Action::Withdraw,
                _ => continue,
            };
            let Some(person) = self.person(promise)? else { continue };
            let purpose = Some(promise.purpose()).filter(|purpose| !purpose.is_empty());
            let is_needed = self.workspace.file.read(self.app.now(), |db| {
                let event = promise.detail["event"].as_i64().unwrap_or(0);
                let is_known = consent::service::was_said(db, event, &person, promise.at)?;
                // What serves a purpose that is not there yet serves nothing.
                let exists = match purpose {
                    Some(key) => purposes::service::find_by_key(db, key)?.is_some(),
                    None => true,
                };
                Ok(!is_known && exists)
            })?;
            if !is_needed {
                continue;
            }
            self.write(|tx| {
                let new = NewEvent::about("", action, Method::Admin).with_evidence(EVIDENCE).at(promise.at.min(tx.now));
                let key = tx.blind_index()?.clone();
                consent::service::record(tx, &key, &person, &NewEvent { purpose, ..new })
            })?;
            replayed.push(self.done(promise.kind, promise.subject, person.id(), "done"));
        }
        Ok(replayed)
    }
}

/// For each person and purpose the newest of two kinds that undo one another, and whether it is the first of them.
fn newest_of<'a, 'b>(newer: &[&'a Promise<'b>], on: Kind, off: Kind) -> Vec<(&'a Promise<'b>, bool)> {
    let mut newest: BTreeMap<(&str, i64, &str), (&'a Promise<'b>, bool)> = BTreeMap::new();
    for promise in newer.iter().filter(|promise| promise.kind == on || promise.kind == off) {
        let id = promise.ids.first().copied().unwrap_or(0);
        newest.insert((promise.subject, id, promise.purpose()), (promise, promise.kind == on));
    }
    newest.into_values().collect()
}
