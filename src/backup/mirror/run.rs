//! Brings the mirror up to date: copies what is new, and lets go what the backup folder no longer has.

use std::collections::{BTreeMap, HashSet};

use serde::Serialize;

use super::index::{Entry, Index};
use super::source::{CHANGING, Source};
use super::{From, MARK, Mark, PART, Place, Seen, Store, owner, state};
use crate::app::App;
use crate::backup::chain::{Chain, Head};
use crate::backup::files::hash_file;
use crate::backup::folder::{FORMAT, Folder};
use crate::backup::manifest::{Signed, hash_of};
use crate::backup::rotation::must_ask;
use crate::backup::run::living;
use crate::backup::{Watch, hex};
use crate::db::Origin;
use crate::error::Error;
use crate::privacy::audit::{self, Event};

/// The folder is read again so often when something of it went while it was copied.
const PASSES: usize = 3;

/// What a run is to do.
#[derive(Debug, Clone, Copy, Default)]
pub struct Asked {
    /// Only say what would be done.
    pub dry: bool,
    /// Somebody looked: more than a fifth may go.
    pub is_right: bool,
    /// The mirror that was made is lost for good: begin another in its place.
    pub new_mirror: bool,
}

/// What a run did, or would do.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Outcome {
    pub to: String,
    pub copied: usize,
    pub copied_bytes: u64,
    pub deleted: usize,
    /// More than a fifth would go, and nobody said that this is right: nothing went.
    pub waits: bool,
    pub going: usize,
    /// What the mirror holds now.
    pub objects: usize,
    pub bytes: u64,
    /// The newest backup in it.
    pub backup: u64,
    /// What to know of the place though it works.
    pub remark: Option<String>,
}

impl Outcome {
    /// How many of how many wait to go; empty when none do.
    pub(super) fn waiting(&self) -> String {
        if self.waits { format!("{} of {}", self.going, self.objects) } else { String::new() }
    }

    /// Why nothing was let go.
    pub fn waits_words(&self) -> Option<String> {
        self.waits.then(|| {
            format!(
                "{} of {} files would go from it, more than a fifth: nothing goes until somebody says so",
                self.going, self.objects
            )
        })
    }
}

/// Copies and lets go, and writes down how it went.
///
/// Fails with [`Error::Refused`] when the backup folder is gone or rolled back, or the place is another
/// installation's, is not empty, or does not take what it is given; with [`Error::Unavailable`] when it cannot be
/// reached or the run was stopped; with [`Error::Conflict`] while another run is under way.
pub fn run(app: &App, origin: &Origin, place: &Place, asked: Asked, watch: &mut Watch) -> Result<Outcome, Error> {
    let to = place.shown();
    let is_agreed = !asked.dry && state::is_agreed(app, &to)?;
    let outcome = make(app, place, Asked { is_right: asked.is_right || is_agreed, ..asked }, watch);
    let was_stopped = matches!(outcome, Err(Error::Unavailable(_))) && (watch.is_stopping)();
    if asked.dry || was_stopped || matches!(outcome, Err(Error::Conflict(_))) {
        return outcome;
    }
    state::ran(app, origin, &to, &outcome)?;
    // A run that came to no end leaves the word for the next one.
    if is_agreed && outcome.is_ok() {
        state::forget_agreement(app, origin)?;
    }
    if let Ok(done) = &outcome
        && done.copied + done.deleted > 0
    {
        let event = Event::new("backup.mirror.updated").detail("copied", done.copied).detail("deleted", done.deleted);
        app.write(origin, |tx| audit::record(tx, event.detail("backup", done.backup)))?;
    }
    outcome
}

/// Fails unless the place is this installation's or empty.
pub(super) fn refuse_others(app: &App, store: &dyn Store) -> Result<Option<String>, Error> {
    let owner = owner(store)?;
    if owner.as_ref().is_some_and(|owner| *owner != hex(&app.keys.installation())) {
        return Err(Error::Refused(format!(
            "{}: this belongs to another installation; give this one a place of its own",
            store.shown()
        )));
    }
    Ok(owner)
}

fn make(app: &App, place: &Place, asked: Asked, watch: &mut Watch) -> Result<Outcome, Error> {
    place.refuse_ours(&app.config)?;
    (watch.tell)("looking at the backup folder", 0, 0);
    let (folder, mut chain) = look(app)?;
    if chain.newest().is_none() {
        return Err(Error::Conflict("There is no backup yet; holdfast backup run makes one.".into()));
    }
    let store = place.open(&app.mailer.outbound, Some(&app.config.data))?;
    let mut there = store.list()?;
    let owner = refuse_others(app, store.as_ref())?;
    let mut index = Index::open(&app.config.data, store.shown())?;
    if owner.is_none() {
        take(store.as_ref(), app, &mut index, &there, asked)?;
    }
    refuse_newer(app, store.as_ref(), &chain)?;
    if !asked.dry {
        store.tidy()?;
    }
    let mut run = Run { store: store.as_ref(), index, outcome: Outcome::default(), asked, watch };
    run.outcome.to = store.shown().to_owned();
    for _ in 0..PASSES {
        let source = Source::read(&folder)?;
        if run.copy(&source, &mut there)? {
            // What went may have gone with its disk.
            folder.refuse_gone()?;
            let living = living(app)?.into_iter().map(|(id, _)| id.to_string()).collect();
            let gone = chain.kept.iter().flat_map(|kept| &kept.scrubbed).flat_map(|scrubbed| scrubbed.gone.clone());
            run.let_go(&source, &mut there, &living, &gone.collect())?;
            run.outcome.objects = there.len();
            run.outcome.bytes = there.values().map(|seen| seen.size).sum();
            run.outcome.backup = chain.newest().map_or(0, |newest| newest.number);
            run.outcome.remark = store.remark()?;
            if asked.dry {
                run.outcome.objects = source.items.len() + source.heads.len();
                run.outcome.bytes = source.bytes();
            }
            return Ok(run.outcome);
        }
        chain = look(app)?.1;
    }
    Err(Error::Unavailable(CHANGING.into()))
}

/// The backup folder, there and at least as new as it was.
fn look(app: &App) -> Result<(Folder, Chain), Error> {
    let folder = Folder::of(app)?;
    let chain = Chain::of(app, &folder)?;
    Ok((folder, chain))
}

/// Makes an empty place ours.
fn take(
    store: &dyn Store,
    app: &App,
    index: &mut Index,
    there: &BTreeMap<String, Seen>,
    asked: Asked,
) -> Result<(), Error> {
    if !there.is_empty() {
        return Err(Error::Refused(format!(
            "{}: there are files in it that are no mirror of these backups; name an empty place",
            store.shown()
        )));
    }
    if !index.entries.is_empty() && !asked.new_mirror {
        return Err(Error::Refused(format!(
            "{}: the mirror that was made here is gone: mount the disk, or put it back. When it is lost for good, begin \
             anew with holdfast backup mirror --new-mirror",
            store.shown()
        )));
    }
    if asked.dry {
        return Ok(());
    }
    index.clear()?;
    let mark = Mark { format: FORMAT, installation: hex(&app.keys.installation()) };
    store.put(MARK, From::Bytes(&serde_json::to_vec(&mark)?), &|| false).map(drop)
}

/// Fails when the mirror holds backups that the folder has never heard of: after a restore from an old copy, what is
/// newer must not be lost.
fn refuse_newer(app: &App, store: &dyn Store, chain: &Chain) -> Result<(), Error> {
    let Some(bytes) = store.small("HEAD")? else { return Ok(()) };
    // A damaged one is written anew.
    let Ok(head) = Head::parse(&bytes, &app.control_keys.manifest) else { return Ok(()) };
    let number = chain.newest().map_or(0, |newest| newest.number);
    let is_other = head.number == number && head.kept.last().map(|kept| kept.hash.as_str()) != chain.head();
    if head.number > number || is_other {
        return Err(Error::Refused(format!(
            "{}: it holds backup {}, which is not the one of this folder, whose newest is {number}: nothing is written over \
             it. Name an empty place for the mirror, and keep this one until nobody needs it",
            store.shown(),
            head.number
        )));
    }
    Ok(())
}

struct Run<'a, 'w> {
    store: &'a dyn Store,
    index: Index,
    outcome: Outcome,
    asked: Asked,
    watch: &'a mut Watch<'w>,
}

impl Run<'_, '_> {
    /// Copies what is missing or changed; false when something went meanwhile, and the folder has to be read again.
    fn copy(&mut self, source: &Source, there: &mut BTreeMap<String, Seen>) -> Result<bool, Error> {
        let mut is_whole = true;
        let order = source.order();
        let of = order.len() + source.heads.len();
        for (done, name) in order.into_iter().enumerate() {
            let Some(item) = source.items.get(name) else { continue };
            if self.is_there(name, &item.stamp, there.get(name)) {
                continue;
            }
            self.watch.step("copying to the mirror", done, of)?;
            let same_size = there.get(name).filter(|seen| seen.size == item.size);
            let copied = match same_size {
                Some(seen) => match hash_file(&item.path) {
                    Ok((_, sha256)) if self.store.has(name, &item.path, &sha256)? => {
                        let entry = Entry { stamp: item.stamp.clone(), sha256, tag: seen.tag.clone() };
                        if !self.asked.dry {
                            self.index.set(name, entry)?;
                        }
                        continue;
                    }
                    _ => self.put_item(name, item, there),
                },
                None => self.put_item(name, item, there),
            };
            match copied {
                Err(Error::NotFound(_)) => is_whole = false,
                copied => copied?,
            }
        }
        if !is_whole {
            return Ok(false);
        }
        for (name, bytes) in &source.heads {
            let stamp = hash_of(bytes);
            if !self.is_there(name, &stamp, there.get(name)) {
                self.put(name, From::Bytes(bytes), bytes.len() as u64, &stamp, there)?;
            }
        }
        Ok(true)
    }

    /// Whether neither the file nor its copy has changed since it was copied.
    fn is_there(&self, name: &str, stamp: &str, seen: Option<&Seen>) -> bool {
        let known = self.index.entries.get(name);
        known.zip(seen).is_some_and(|(known, seen)| known.stamp == stamp && known.tag == seen.tag)
    }

    fn put_item(
        &mut self,
        name: &str,
        item: &super::source::Item,
        there: &mut BTreeMap<String, Seen>,
    ) -> Result<(), Error> {
        if self.asked.dry || item.size > PART {
            return self.put(name, From::File(&item.path, &item.stamp), item.size, &item.stamp, there);
        }
        let bytes = crate::crypto::file::read_if_there(&item.path)?.ok_or(Error::NotFound("file"))?;
        self.put(name, From::Bytes(&bytes), item.size, &item.stamp, there)
    }

    fn put(
        &mut self,
        name: &str,
        from: From,
        size: u64,
        stamp: &str,
        there: &mut BTreeMap<String, Seen>,
    ) -> Result<(), Error> {
        if !self.asked.dry {
            let put = self.store.put(name, from, self.watch.is_stopping)?;
            there.insert(name.to_owned(), Seen { size: put.size, tag: put.tag.clone() });
            self.index.set(name, Entry { stamp: stamp.to_owned(), sha256: put.sha256, tag: put.tag })?;
            crate::failpoint::reach("mirror.copied");
            if name == "HEAD" {
                crate::failpoint::reach("mirror.head");
            }
        }
        self.outcome.copied += 1;
        self.outcome.copied_bytes += size;
        Ok(())
    }

    /// Takes away what the folder no longer has. What belonged to a workspace that is gone counts as meant, and so does
    /// what a signed list says was replaced: copies without somebody who was erased, and segments that were merged.
    fn let_go(
        &mut self,
        source: &Source,
        there: &mut BTreeMap<String, Seen>,
        living: &HashSet<String>,
        replaced: &HashSet<String>,
    ) -> Result<(), Error> {
        let going: Vec<String> = there.keys().filter(|name| !source.has(name)).cloned().collect();
        let is_meant = |name: &&String| {
            let mut parts = name.strip_prefix("data/").unwrap_or_default().splitn(2, '/');
            let (Some(place), Some(rest)) = (parts.next(), parts.next()) else { return false };
            let is_replaced = rest.split_once('.').is_some_and(|(object, _)| replaced.contains(object));
            let is_segment = rest.ends_with(".seg") && source.has(&format!("data/{place}/segments/head.json"));
            !living.contains(place) || is_replaced || is_segment
        };
        let doubtful = going.iter().filter(|name| !is_meant(name)).count();
        self.outcome.going = going.len();
        self.outcome.waits = must_ask(doubtful, there.len()) && !self.asked.is_right;
        if self.asked.dry || self.outcome.waits {
            return Ok(());
        }
        for (done, name) in going.iter().enumerate() {
            self.watch.step("letting old files go from the mirror", done, going.len())?;
            self.store.delete(name)?;
            self.index.forget(name)?;
            there.remove(name);
            self.outcome.deleted += 1;
            crate::failpoint::reach("mirror.deleted");
        }
        Ok(())
    }
}
