//! The page of all copies: the rotation as cells, each copy with its reasons, and the time line.

use askama::Template;
use serde::Deserialize;

use super::{PAGE, chain};
use crate::backup::drill::{self, Drill, Verdict};
use crate::backup::prune;
use crate::backup::rotation::{Profile, Reason};
use crate::backup::workspace::{Restore, service};
use crate::clock::Timestamp;
use crate::db::installation;
use crate::error::Error;
use crate::members::directory;
use crate::members::roles::OWNER;
use crate::members::workspaces::tabs::{Tabs, tabs};
use crate::permission::{Action, Area};
use crate::privacy::audit::{self, Entry, EntryFilter, words};
use crate::web::{Reply, Request, format, ui};

/// Entries of the log that one page looks through: what was done many times in a row is one line.
const LOOKED: i64 = 2_000;
/// Lines of the time line on one page.
const LINES: usize = 40;
/// Restores that the page names.
const RESTORES: i64 = 5;

/// One cell of the rotation.
struct Cell {
    class: &'static str,
}

struct Tier {
    name: &'static str,
    kept_for: String,
    cells: Vec<Cell>,
    filled: usize,
}

struct Row {
    at: Timestamp,
    verified: Option<Timestamp>,
    reasons: String,
    bytes: i64,
    restore: String,
}

struct Line {
    at: Timestamp,
    sentence: String,
    object: String,
    /// Where to go back to just before; `None` of what is older than every copy.
    restore: Option<String>,
}

#[derive(Template)]
#[template(path = "backup/workspace/list.html")]
struct List {
    tabs: Tabs,
    here: String,
    /// Why nothing can be shown; empty otherwise.
    trouble: String,
    is_owner: bool,
    is_held: bool,
    newest: Option<Timestamp>,
    verified: Option<Timestamp>,
    bytes: i64,
    drill: Option<Drill>,
    tiers: Vec<Tier>,
    cap_days: i64,
    rows: Vec<Row>,
    lines: Vec<Line>,
    older: Option<String>,
    restores: Vec<Restore>,
    now: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Narrowed {
    #[serde(default)]
    before: Option<i64>,
    /// The word of a toast, which the page's frame reads.
    #[serde(default, rename = "done")]
    _done: String,
}

pub fn show(request: &Request) -> Result<Reply, Error> {
    let narrowed: Narrowed = request.query()?;
    let member = request.member()?;
    let (id, here) = (member.workspace.id, request.url(PAGE));
    // What keeps the copies from being read is what this page is for.
    let (chain, trouble) = match chain(request) {
        Ok(chain) => (chain, String::new()),
        Err(Error::Unavailable(words)) => (Default::default(), words),
        Err(error) => return Err(error),
    };
    let profile = prune::profile(&request.app)?;
    let reasons = prune::reasons(&chain, id, profile, request.now(), true);
    let restore = |at: Timestamp| format!("{here}/restore?at={}", at.rfc3339());
    let rows: Vec<Row> = chain
        .copies_of(id)
        .rev()
        .map(|(manifest, copy)| Row {
            at: copy.holds_until(),
            verified: copy.verified,
            reasons: in_words(reasons.get(&manifest.number).map_or(&[], Vec::as_slice)),
            bytes: i64::try_from(copy.size.saturating_add(copy.files_size)).unwrap_or(i64::MAX),
            restore: restore(copy.holds_until().plus(1)),
        })
        .collect();
    let all: Vec<&Vec<Reason>> = reasons.values().collect();
    let people = match request.may(Action::View, Area::Members) {
        true => Some(directory::directory(&request.app, id)?),
        false => None,
    };
    let filter = EntryFilter { before: narrowed.before, limit: LOOKED, ..EntryFilter::default() };
    let entries = request.read(|db| audit::list(db, &filter))?;
    // Newest first: the last of a run is where it began.
    let runs: Vec<&[Entry]> =
        entries.chunk_by(|one, next| one.actor == next.actor && one.action == next.action).take(LINES).collect();
    let shown: usize = runs.iter().map(|run| run.len()).sum();
    let is_more = shown < entries.len() || i64::try_from(entries.len()) == Ok(LOOKED);
    let last = entries.get(shown.saturating_sub(1)).filter(|_| is_more);
    let older = last.map(|last| format!("{here}?before={}#timeline", last.sequence));
    let oldest =
        chain.copies_of(id).filter(|(_, copy)| copy.verified.is_some()).map(|(_, copy)| copy.holds_until()).min();
    let line = |run: &[Entry]| {
        let first = run.last()?;
        Some(Line {
            at: first.at,
            sentence: words::sentence(first, people.as_ref()),
            object: match run.len() {
                1 => words::object(&first.object, people.as_ref()),
                many => format!("{} times in a row", format::count(i64::try_from(many).unwrap_or(i64::MAX))),
            },
            restore: oldest.filter(|oldest| *oldest < first.at).map(|_| restore(first.at.plus(-1))),
        })
    };
    let lines = runs.into_iter().filter_map(line).collect();
    let (restores, is_held, drills) = request.read_control(|db| {
        let is_held = installation::outbound_hold_of(db, id)?.is_some();
        Ok((service::list(db, id, None, RESTORES)?, is_held, drill::of_workspace(db, id, 1)?))
    })?;
    let page = List {
        tabs: tabs(request, PAGE),
        is_owner: member.role_key == OWNER,
        trouble,
        is_held,
        newest: rows.first().map(|row| row.at),
        verified: rows.iter().find_map(|row| row.verified),
        bytes: rows.iter().map(|row| row.bytes).sum(),
        drill: drills.into_iter().next(),
        tiers: tiers(profile, &all),
        cap_days: profile.rule().cap_days,
        rows,
        lines,
        older,
        restores,
        now: request.now().rfc3339()[..16].to_owned(),
        here,
    };
    request.page_below("Backups", &[("Settings", "/settings")], &page)
}

fn in_words(reasons: &[Reason]) -> String {
    match reasons {
        [] => "goes with the next run".into(),
        reasons => reasons.iter().map(|reason| reason.word()).collect::<Vec<_>>().join(", "),
    }
}

fn tiers(profile: Profile, reasons: &[&Vec<Reason>]) -> Vec<Tier> {
    let rule = profile.rule();
    let tier = |name, reason: Reason, of: usize, unit: &str| {
        let filled = reasons.iter().filter(|reasons| reasons.contains(&reason)).count();
        let cell = |place: usize| Cell { class: if place < filled { "kept" } else { "" } };
        Tier { name, kept_for: format!("the newest of {of} {unit}"), cells: (0..of).map(cell).collect(), filled }
    };
    vec![
        tier("Daily", Reason::Day, rule.days, "days"),
        tier("Weekly", Reason::Week, rule.weeks, "weeks"),
        tier("Monthly", Reason::Month, rule.months, "months"),
    ]
}

/// How a restore stands, as a colour and a word.
fn standing(restore: &Restore) -> (&'static str, &'static str) {
    use crate::backup::workspace::State;
    match restore.state {
        State::Asked | State::Working | State::Switching => ("risk", "Under way"),
        State::Done => ("kept", "Done"),
        State::Failed => ("broken", "Failed"),
        State::Cancelled => ("", "Stopped"),
    }
}
