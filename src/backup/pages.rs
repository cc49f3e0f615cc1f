//! `/operator/backups`: what there is, why it is kept, and whether it reads back. `/operator/hold`: what waits to go
//! out after a restore.

use std::collections::HashMap;

use askama::Template;
use serde::Deserialize;

use super::chain::Chain;
use super::drill::{self, Drill};
use super::manifest::Manifest;
use super::prune::{self, WAITING_FACT};
use super::rotation::{Profile, Reason};
use super::run::living;
use super::{Watch, health, jobs, mirror, scrub};
use crate::clock::Timestamp;
use crate::db::installation;
use crate::error::Error;
use crate::id::WorkspaceId;
use crate::mail::queue;
use crate::privacy::audit::{self, Event};
use crate::web::ui::{self, Choice};
use crate::web::{Access, Reply, Request, Route};

pub const ROUTES: &[Route] = &[
    Route::get("/operator/backups", Access::Operator, list),
    Route::post("/operator/backups/run", Access::Operator, run),
    Route::post("/operator/backups/profile", Access::Operator, choose),
    Route::post("/operator/backups/prune", Access::Operator, prune_now),
    Route::get("/operator/hold", Access::Operator, hold),
    Route::post("/operator/hold/release", Access::Operator, release),
];

pub(super) const PAGE: &str = "/operator/backups";
/// Mails that the hold page names one by one.
const SHOWN: u32 = 50;

/// One line of the rotation: a bar for each bucket.
struct Tier {
    name: &'static str,
    kept_for: String,
    filled: usize,
    of: usize,
}

impl Tier {
    /// True for buckets that hold a copy, the oldest first.
    fn cells(&self) -> Vec<bool> {
        (0..self.of).map(|place| place < self.filled).collect()
    }
}

struct Row {
    number: u64,
    made: Timestamp,
    verified: usize,
    of: usize,
    bytes: i64,
    reasons: String,
    faults: Vec<String>,
}

impl Row {
    fn state(&self) -> (&'static str, &'static str) {
        if self.verified == self.of { ("kept", "Verified") } else { ("broken", "Not whole") }
    }
}

/// The drills of one place.
struct Drilled {
    name: String,
    last: Option<Drill>,
    /// A tick for each of the last drills, the oldest first.
    cells: Vec<&'static str>,
    /// What the ticks say, for who does not see them.
    label: String,
    is_overdue: bool,
}

impl Drilled {
    fn new(place: drill::Standing, now: Timestamp) -> Drilled {
        let good = place.drills.iter().filter(|drill| drill.is_good()).count();
        Drilled {
            is_overdue: matches!(place.trouble(now), Some(drill::Trouble::Overdue(_))),
            label: format!("{good} of the last {} came back whole", place.drills.len()),
            cells: place.drills.iter().rev().map(|drill| drill.status().0).collect(),
            last: place.drills.into_iter().next(),
            name: place.name,
        }
    }
}

#[derive(Template)]
#[template(path = "backup/list.html")]
struct List {
    folder: String,
    is_inside: bool,
    /// Why the folder cannot be read, or what the last run said.
    trouble: String,
    waiting: String,
    newest: Option<Timestamp>,
    /// When the very first one comes, in words.
    first_comes: &'static str,
    head: String,
    /// How far behind the segments are, of the files that are open.
    behind: String,
    /// That whole copies stand in for segments, and why.
    on_no_line: String,
    bytes: i64,
    copies: i64,
    places: i64,
    tiers: Vec<Tier>,
    drills: Vec<Drilled>,
    was_drilled: bool,
    rows: Vec<Row>,
    profile: &'static str,
    profiles: Vec<Choice>,
    is_held: bool,
    erased: scrub::pages::Section,
    mirror: mirror::pages::Section,
}

fn list(request: &Request) -> Result<Reply, Error> {
    let app = &request.app;
    let (waiting, is_held) = request.read_control(|db| {
        Ok((installation::fact(db, WAITING_FACT)?.unwrap_or_default(), installation::outbound_hold(db)?.is_some()))
    })?;
    // A folder that cannot be read is what this page is for.
    let chain = match health::read(app) {
        Err(Error::Refused(_)) => Chain::default(),
        read => read?,
    };
    let seen = health::look(app)?;
    let trouble = if seen.is_broken { seen.words } else { String::new() };
    let standing = app.shipments.standing();
    let (profile, places) = (prune::profile(app)?, living(app)?);
    let reasons = reasons(&chain, profile, request.now(), &places);
    let rows: Vec<Row> = chain.manifests.iter().rev().map(|manifest| row(manifest, &chain, &reasons)).collect();
    let drills = drill::standing(app, &chain)?.into_iter().map(|place| Drilled::new(place, request.now()));
    let drills: Vec<Drilled> = drills.collect();
    let choice = |profile: Profile, label: &str, hint: &str| Choice::new(profile.word(), label).hint(hint);
    request.page(
        "Backups",
        &List {
            folder: app.config.backup.folder.display().to_string(),
            is_inside: app.config.backup.folder.starts_with(&app.config.data),
            trouble,
            waiting,
            newest: chain.newest().map(|newest| newest.started),
            first_comes: health::first_comes(app),
            head: chain.head().map_or_else(String::new, |head| head[..16].to_owned()),
            behind: match standing.lines {
                0 => "nothing yet".into(),
                _ => format!("{} s behind", standing.behind_ms / Timestamp::SECOND),
            },
            on_no_line: health::on_no_line(&standing).unwrap_or_default(),
            bytes: rows.iter().map(|row| row.bytes).sum(),
            copies: i64::try_from(chain.copies()).unwrap_or(i64::MAX),
            places: i64::try_from(places.len()).unwrap_or(i64::MAX),
            tiers: tiers(profile, &reasons),
            was_drilled: drills.iter().any(|place| place.last.is_some()),
            drills,
            rows,
            profile: profile.word(),
            profiles: vec![
                choice(Profile::Standard, "30 days, 12 weeks, 6 months", "Nothing lies longer than 160 days."),
                choice(Profile::NinetyDays, "30 days, 12 weeks, 3 months", "Nothing lies longer than 90 days."),
            ],
            is_held,
            erased: scrub::pages::Section::of(app, &chain)?,
            mirror: mirror::pages::Section::of(request, chain.newest().map_or(0, |newest| newest.number))?,
        },
    )
}

/// Why each place's copy of a backup is kept.
type Reasons = HashMap<(WorkspaceId, u64), Vec<Reason>>;

fn reasons(chain: &Chain, profile: Profile, now: Timestamp, living: &[(WorkspaceId, String)]) -> Reasons {
    let of_place = |place: WorkspaceId| {
        let is_living = living.iter().any(|(id, _)| *id == place);
        let fates = prune::reasons(chain, place, profile, now, is_living);
        fates.into_iter().map(move |(number, reasons)| ((place, number), reasons))
    };
    chain.places().into_iter().flat_map(of_place).collect()
}

fn row(manifest: &Manifest, chain: &Chain, reasons: &Reasons) -> Row {
    let kept = chain.kept.iter().find(|kept| kept.number == manifest.number);
    let copies: Vec<_> =
        manifest.places.iter().filter(|copy| kept.is_some_and(|kept| kept.places.contains(&copy.id))).collect();
    let mut words: Vec<Reason> = reasons
        .iter()
        .filter(|((_, number), _)| *number == manifest.number)
        .flat_map(|(_, reasons)| reasons.iter().copied())
        .collect();
    words.sort_unstable();
    words.dedup();
    let faults = copies.iter().filter(|copy| copy.verified.is_none()).map(|copy| copy.fault.clone());
    Row {
        number: manifest.number,
        made: manifest.started,
        verified: copies.iter().filter(|copy| copy.verified.is_some()).count(),
        of: copies.len() + manifest.failed.len(),
        bytes: i64::try_from(copies.iter().map(|copy| copy.size).sum::<u64>()).unwrap_or(i64::MAX),
        reasons: match words.is_empty() {
            true => "goes with the next run".into(),
            false => words.iter().map(|reason| reason.word()).collect::<Vec<_>>().join(", "),
        },
        faults: faults.chain(manifest.failed.iter().map(|failed| failed.reason.clone())).collect(),
    }
}

/// The installation's own copies stand for all: they are made each night.
fn tiers(profile: Profile, reasons: &Reasons) -> Vec<Tier> {
    let filled = |reason: Reason| {
        let of_control = reasons.iter().filter(|((place, _), _)| *place == WorkspaceId::CONTROL);
        of_control.filter(|(_, reasons)| reasons.contains(&reason)).count()
    };
    let rule = profile.rule();
    [
        ("Daily", Reason::Day, rule.days, "days"),
        ("Weekly", Reason::Week, rule.weeks, "weeks"),
        ("Monthly", Reason::Month, rule.months, "months"),
    ]
    .map(|(name, reason, of, unit)| Tier {
        name,
        kept_for: format!("the newest of {of} {unit}"),
        filled: filled(reason),
        of,
    })
    .into()
}

fn run(request: &Request) -> Result<Reply, Error> {
    request.no_fields()?;
    request.write_control(|tx| audit::record(tx, Event::new("backup.run.asked")))?;
    crate::jobs::ask(&request.app, &jobs::RUN_NOW, None)?;
    Ok(Reply::see_other(PAGE).toast("backup-asked"))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Chosen {
    profile: String,
}

fn choose(request: &Request) -> Result<Reply, Error> {
    let chosen: Chosen = request.form()?;
    let profile = Profile::from_word(&chosen.profile)
        .ok_or_else(|| Error::field("profile", "unknown", "Choose one of the two."))?;
    request.write_control(|tx| prune::set_profile(tx, profile))?;
    Ok(Reply::see_other(PAGE).toast("saved"))
}

/// Somebody looked: more than a fifth may go.
fn prune_now(request: &Request) -> Result<Reply, Error> {
    request.no_fields()?;
    let mut watch = Watch { tell: &mut |_, _, _| {}, is_stopping: &|| request.app.wake.is_stopping() };
    prune::prune(&request.app, &request.origin(), true, false, &mut watch)?;
    Ok(Reply::see_other(PAGE).toast("copies-pruned"))
}

#[derive(Template)]
#[template(path = "backup/hold.html")]
struct Hold {
    /// When the restore was, and which moment it brought back; empty when nothing is held.
    since: Option<Timestamp>,
    until: Option<Timestamp>,
    waiting: i64,
    mails: Vec<(String, String, Timestamp)>,
}

fn hold(request: &Request) -> Result<Reply, Error> {
    let (about, waiting, mails) = request.read_control(|db| {
        Ok((installation::outbound_hold(db)?, queue::backlog(db)?.waiting, queue::list(db, SHOWN)?))
    })?;
    let about: serde_json::Value =
        about.as_deref().and_then(|about| serde_json::from_str(about).ok()).unwrap_or_default();
    let moment = |name: &str| about[name].as_str().and_then(Timestamp::parse);
    let mails = mails
        .into_iter()
        .filter(|mail| matches!(mail.state, crate::mail::State::Queued | crate::mail::State::Sending))
        .map(|mail| (mail.recipient.unwrap_or_default(), mail.purpose.replace('_', " "), mail.created_at))
        .collect();
    request.page_below(
        "Outbound hold",
        &[("Backups", PAGE)],
        &Hold { since: moment("since"), until: moment("until"), waiting, mails },
    )
}

fn release(request: &Request) -> Result<Reply, Error> {
    request.no_fields()?;
    request.write_control(|tx| {
        if installation::outbound_hold(tx)?.is_none() {
            return Err(Error::Conflict("Nothing is on hold.".into()));
        }
        installation::release_outbound(tx)?;
        let waiting = queue::backlog(tx)?.waiting;
        audit::record(tx, Event::new("backup.hold.released").detail("mails", waiting))
    })?;
    crate::jobs::ask(&request.app, &crate::mail::jobs::DELIVER, None)?;
    Ok(Reply::see_other("/operator/hold").toast("outbound-released"))
}
