//! `/audit`: two lists of what happened, one entry in full, and the check that nobody changed them.

use askama::Template;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Deserialize;

use super::view::{self, Log, Names};
use super::{Entry, EntryFilter, Event, Verdict, record, store, words};
use crate::clock::{Stopwatch, Timestamp};
use crate::error::{Error, FieldError};
use crate::permission::{Action, Area};
use crate::web::ui::{self, Choice};
use crate::web::{Access, Reply, Request, Route};

const VIEW: Access = Access::may(Action::View, Area::Audit);
/// Entries of one page.
const PAGE: i64 = 50;

pub const ROUTES: &[Route] = &[
    Route::get("/w/{slug}/audit", VIEW, |request| list(request, Log::Records)),
    Route::get("/w/{slug}/audit/access", VIEW, |request| list(request, Log::Access)),
    Route::post("/w/{slug}/audit/verify", VIEW, |request| verify(request, Log::Records)),
    Route::post("/w/{slug}/audit/access/verify", VIEW, |request| verify(request, Log::Access)),
    Route::get("/w/{slug}/audit/{seq}", VIEW, |request| show(request, Log::Records)),
    Route::get("/w/{slug}/audit/access/{seq}", VIEW, |request| show(request, Log::Access)),
];

const ABOVE: &[(&str, &str)] = &[("Audit log", "/audit")];

#[derive(Template)]
#[template(path = "privacy/audit/list.html")]
struct List {
    log: Log,
    records: String,
    access: String,
    export: Option<String>,
    form: Filter,
    groups: Vec<Choice>,
    actors: Vec<Choice>,
    rows: Vec<Row>,
    shown: String,
    newest: Option<String>,
    older: Option<String>,
    errors: Vec<FieldError>,
}

impl List {
    fn here(&self) -> &str {
        if self.log == Log::Records { &self.records } else { &self.access }
    }
}

struct Row {
    at: Timestamp,
    sentence: String,
    object: String,
    /// The list of everything that happened to the same thing.
    object_href: String,
    href: String,
    network: String,
    /// The first digits of the hash: enough to recognise it by.
    proof: String,
}

/// What the form above the list sends.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Filter {
    #[serde(default)]
    action: String,
    #[serde(default)]
    actor: String,
    #[serde(default)]
    object: String,
    /// The first day, in the reader's zone.
    #[serde(default)]
    from: String,
    /// The last day, which counts in full.
    #[serde(default)]
    until: String,
    #[serde(default)]
    before: Option<i64>,
    /// The word of a message that the last action left (`web/toast.rs`).
    #[serde(default, rename = "done")]
    _done: String,
}

impl Filter {
    /// Everything between two days.
    pub fn days(from: &str, until: &str) -> Filter {
        Filter { from: from.to_owned(), until: until.to_owned(), ..Filter::default() }
    }

    /// The filter as the store takes it. A day that is none is a field at fault.
    pub fn read(&self, zone: &TimeZone) -> Result<EntryFilter, Vec<FieldError>> {
        let mut errors = Vec::new();
        let from = day(&self.from, "from", 0, zone).unwrap_or_else(|error| {
            errors.push(error);
            None
        });
        let until = day(&self.until, "until", 1, zone).unwrap_or_else(|error| {
            errors.push(error);
            None
        });
        if !errors.is_empty() {
            return Err(errors);
        }
        Ok(EntryFilter {
            workspace: None,
            action: self.action.trim().to_owned(),
            actor: self.actor.trim().to_owned(),
            object: self.object.trim().to_owned(),
            from,
            until,
            before: self.before,
            limit: PAGE,
        })
    }

    /// Whether it leaves anything out.
    fn is_narrow(&self) -> bool {
        [&self.action, &self.actor, &self.object, &self.from, &self.until].iter().any(|value| !value.is_empty())
    }

    /// The same list from another entry on.
    fn query(&self, before: Option<i64>) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        let fields = [
            ("action", &self.action),
            ("actor", &self.actor),
            ("object", &self.object),
            ("from", &self.from),
            ("until", &self.until),
        ];
        for (name, value) in fields {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        if let Some(before) = before {
            query.append_pair("before", &before.to_string());
        }
        query.finish()
    }

    fn href(&self, path: &str, before: Option<i64>) -> String {
        let query = self.query(before);
        if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
    }
}

/// The beginning of a day in a zone, some days later.
fn day(text: &str, field: &'static str, later: i64, zone: &TimeZone) -> Result<Option<Timestamp>, FieldError> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    let wrong = || FieldError::new(field, "day_form", "Enter a day, like 2026-11-21.");
    let date: Date = text.trim().parse().map_err(|_| wrong())?;
    let date = date.checked_add(jiff::Span::new().days(later)).map_err(|_| wrong())?;
    let start = date.to_zoned(zone.clone()).map_err(|_| wrong())?;
    Ok(Some(Timestamp(start.timestamp().as_millisecond())))
}

fn list(request: &Request, log: Log) -> Result<Reply, Error> {
    let form: Filter = request.query()?;
    let workspace = request.member()?.workspace_id();
    let names = Names::of(request)?;
    let people = names.people.as_ref();
    let (filter, errors) = match form.read(&request.reader().zone) {
        Ok(filter) => (filter, Vec::new()),
        Err(errors) => (EntryFilter { limit: 0, ..EntryFilter::default() }, errors),
    };
    let filter = log.scope(workspace, filter);
    let (entries, next, total) = log.read(request, |db| {
        let (entries, next) = view::page(db, &filter)?;
        Ok((entries, next, store::count(db, &filter)?))
    })?;
    let here = request.url(log.path());
    let row = |entry: &Entry| Row {
        at: entry.at,
        sentence: words::sentence(entry, people),
        object: words::object(&entry.object, people),
        object_href: Filter { object: entry.object.clone(), ..Filter::default() }.href(&here, None),
        href: format!("{here}/{}", entry.sequence),
        network: entry.network.clone(),
        proof: proof(&entry.hash),
    };
    let mut actors = vec![Choice::new("", "Anybody")];
    if let Some(people) = people {
        actors.extend(people.list().iter().map(|one| Choice::new(format!("member:{}", one.id), one.name.as_str())));
    }
    let groups = if log == Log::Records { words::RECORD_GROUPS } else { words::ACCESS_GROUPS };
    let page = List {
        log,
        rows: entries.iter().map(row).collect(),
        groups: std::iter::once(Choice::new("", "Everything"))
            .chain(groups.iter().map(|(action, label)| Choice::new(*action, *label)))
            .collect(),
        actors,
        shown: format!("{} of {}", ui::count(entries.len()), ui::plural(total, "entry", "entries")),
        newest: form.before.map(|_| form.href(&here, None)),
        older: next.map(|before| form.href(&here, Some(before))),
        records: request.url(Log::Records.path()),
        access: request.url(Log::Access.path()),
        export: request.may(Action::Export, Area::Audit).then(|| request.url("/audit/export")),
        form,
        errors,
    };
    if page.errors.is_empty() {
        request.page("Audit log", &page)
    } else {
        request.page_with_errors("Audit log", &[], &page)
    }
}

/// `9f3c·a1d0`: how a page prints a hash that one may want to compare.
fn proof(hash: &str) -> String {
    format!("{}·{}", hash.get(..4).unwrap_or(""), hash.get(4..8).unwrap_or(""))
}

#[derive(Template)]
#[template(path = "privacy/audit/show.html")]
struct Show {
    entry: Entry,
    sentence: String,
    object: String,
    actor: String,
    detail: Vec<(String, String)>,
    personal: Personal,
    back: String,
    about_object: String,
}

/// What a page says of the personal part.
enum Personal {
    Shown(Vec<(String, String)>),
    None,
    Erased,
    /// The reader's role does not see what it is about.
    Hidden,
}

fn show(request: &Request, log: Log) -> Result<Reply, Error> {
    let entry = view::find(request, log, request.param("seq")?)?;
    let names = Names::of(request)?;
    let people = names.people.as_ref();
    let personal = match &entry.personal {
        _ if entry.is_erased() => Personal::Erased,
        None => Personal::None,
        Some(_) if !names.may_see_personal(log) => Personal::Hidden,
        Some(json) => Personal::Shown(words::facts(json)),
    };
    let here = request.url(log.path());
    let page = Show {
        sentence: words::sentence(&entry, people),
        object: words::object(&entry.object, people),
        actor: words::actor(&entry.actor, people),
        detail: words::facts(&entry.detail),
        personal,
        about_object: Filter { object: entry.object.clone(), ..Filter::default() }.href(&here, None),
        back: here,
        entry,
    };
    request.page_below(&format!("Entry {}", page.entry.sequence), ABOVE, &page)
}

#[derive(Template)]
#[template(path = "privacy/audit/verdict.html")]
struct Verification {
    log: Log,
    verdict: Verdict,
    at: Timestamp,
    milliseconds: u64,
    /// Entries about this workspace; the file of the other log holds those of others too.
    ours: i64,
    back: String,
}

fn verify(request: &Request, log: Log) -> Result<Reply, Error> {
    request.no_fields()?;
    let workspace = request.member()?.workspace_id();
    let stopwatch = Stopwatch::start();
    let verdict = view::verify(request, log)?;
    let milliseconds = u64::try_from(stopwatch.elapsed().as_millis()).unwrap_or(u64::MAX);
    let everything = log.scope(workspace, EntryFilter::default());
    let ours = log.read(request, |db| store::count(db, &everything))?;
    log.write(request, |tx| {
        let event = Event::new("privacy.audit.verified").on("log", log.word()).in_workspace(workspace);
        record(tx, event.detail("intact", matches!(verdict, Verdict::Intact { .. })).detail("entries", ours))
    })?;
    let page = Verification { log, verdict, at: request.now(), milliseconds, ours, back: request.url(log.path()) };
    request.page_below("Check", ABOVE, &page)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_of_days_counts_the_last_one_in_full() {
        let zone = TimeZone::get("Europe/Berlin").expect("a zone");
        let filter = Filter { from: "2026-11-20".into(), until: "2026-11-21".into(), ..Filter::default() };
        let read = filter.read(&zone).expect("two days");
        assert_eq!(read.from, Timestamp::parse("2026-11-19T23:00:00Z"));
        assert_eq!(read.until, Timestamp::parse("2026-11-21T23:00:00Z"));
    }

    #[test]
    fn a_day_that_is_none_names_its_field() {
        let filter = Filter { from: "yesterday".into(), until: "2026-02-30".into(), ..Filter::default() };
        let errors = filter.read(&TimeZone::UTC).expect_err("no days");
        assert_eq!(errors.iter().map(|error| error.field.as_ref()).collect::<Vec<_>>(), ["from", "until"]);
    }

    #[test]
    fn the_next_page_keeps_the_filter() {
        let filter = Filter { action: "people.contact.".into(), actor: "member:5".into(), ..Filter::default() };
        assert_eq!(filter.href("/w/a/audit", Some(9)), "/w/a/audit?action=people.contact.&actor=member%3A5&before=9");
        assert_eq!(Filter::default().href("/w/a/audit", None), "/w/a/audit");
    }
}
