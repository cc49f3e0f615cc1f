//! Lets segments go: any moment of the last [`WINDOW_DAYS`] days can be restored, and before that the bases.

use std::collections::{BTreeMap, BTreeSet};

use super::head::{Head, LineHead};
use super::names::listed;
use super::{Shipping, Target};
use crate::app::App;
use crate::backup::Watch;
use crate::backup::chain::Chain;
use crate::backup::run::living;
use crate::clock::Timestamp;
use crate::crypto::file::sync_folder_of;
use crate::error::Error;
use crate::gate;
use crate::id::WorkspaceId;

/// Every commit of so many days can be told apart.
pub const WINDOW_DAYS: i64 = 14;

/// The oldest moment that can be restored, but for those of bases.
pub fn window_begins(now: Timestamp) -> Timestamp {
    now.plus(-WINDOW_DAYS * Timestamp::DAY)
}

/// Deletes what lies before the newest base that is older than the window, of every place in service. Gives the bytes.
pub fn prune(app: &App, chain: &Chain, watch: &mut Watch) -> Result<u64, Error> {
    let oldest = window_begins(app.now());
    let places = living(app)?;
    let mut freed = 0;
    for (done, (place, _)) in places.iter().enumerate() {
        watch.step("deleting old segments", done, places.len())?;
        // Held open, so that one place writes the list of segments.
        let _open = if *place == WorkspaceId::CONTROL { None } else { Some(gate::for_job(app, *place)?) };
        if let Some(shipping) = app.shipments.of(*place) {
            let named = chain.copies_of(*place).filter_map(|(_, copy)| Some(copy.segments.as_ref()?.line.clone()));
            freed += shipping.let_go(&bases_before(chain, *place, oldest), &named.collect(), oldest)?;
        }
    }
    Ok(freed)
}

/// For each line the last segment that its newest base from before `oldest` holds.
fn bases_before(chain: &Chain, place: WorkspaceId, oldest: Timestamp) -> BTreeMap<String, u64> {
    let mut found = BTreeMap::new();
    for (_, copy) in chain.copies_of(place) {
        if let Some(point) = copy.segments.as_ref().filter(|_| copy.verified.is_some() && copy.at <= oldest) {
            found.insert(point.line.clone(), point.number);
        }
    }
    found
}

impl Shipping {
    /// Lets segments go that no moment of the window needs. The list says so before anything is deleted.
    fn let_go(&self, bases: &BTreeMap<String, u64>, named: &BTreeSet<String>, oldest: Timestamp) -> Result<u64, Error> {
        self.with_target(|target| let_go(target, bases, named, oldest))
    }
}

fn let_go(
    target: &Target,
    bases: &BTreeMap<String, u64>,
    named: &BTreeSet<String>,
    oldest: Timestamp,
) -> Result<u64, Error> {
    let Some(mut head) = Head::read(&target.folder, target.place, &target.head_key)? else { return Ok(0) };
    let before = head.clone();
    let there = listed(&target.segments())?;
    let newest = head.lines.pop();
    // One that has ended goes as a whole when its end is past; it is known for as long as a copy stands on it.
    head.lines.retain(|line| Timestamp(line.moment) > oldest || named.contains(&line.line));
    let is_past = |line: &&mut LineHead| Timestamp(line.moment) <= oldest && line.first <= line.number;
    for line in head.lines.iter_mut().filter(is_past) {
        let of_line = there.iter().filter(|name| format!("{:016x}", name.line) == line.line);
        line.first = of_line.map(|name| name.last + 1).fold(line.first.max(line.number + 1), u64::max);
    }
    head.lines.extend(newest);
    for line in &mut head.lines {
        if let Some(number) = bases.get(&line.line) {
            // The last one is what the next follows.
            line.first = line.first.max((number + 1).min(line.number.max(1)));
        }
    }
    if head != before {
        head.write(target)?;
    }
    let mut freed = 0;
    for name in there {
        let known = head.line(&format!("{:016x}", name.line));
        if known.is_none_or(|known| name.last < known.first) {
            let path = target.object(&name);
            freed += std::fs::metadata(&path).map_or(0, |meta| meta.len());
            std::fs::remove_file(&path)?;
            sync_folder_of(&path)?;
        }
    }
    Ok(freed)
}
