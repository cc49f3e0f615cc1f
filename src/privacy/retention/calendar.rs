//! `/w/{slug}/privacy/retention/forecast`: what will be gone by a day, month by month, for the workspace or one person.

use askama::Template;
use serde::Deserialize;

use super::forecast::{self, Expected};
use super::pages::{ABOVE, VIEW};
use super::tabs::{self, Tabs};
use crate::clock::Timestamp;
use crate::error::Error;
use crate::permission::{Action, Area};
use crate::privacy::audit::{self, Event};
use crate::privacy::data_map::File;
use crate::privacy::person::{Seen, seen};
use crate::web::ui;
use crate::web::{Access, Reply, Request, Route};

const PATH: &str = "/privacy/retention/forecast";
/// How far a forecast looks unless somebody says otherwise.
const USUAL: i64 = 365 * Timestamp::DAY;

pub const ROUTES: &[Route] = &[
    Route::get("/w/{slug}/privacy/retention/forecast", VIEW, show),
    Route::get("/w/{slug}/privacy/retention/forecast.csv", Access::may(Action::Export, Area::Privacy), csv),
];

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Query {
    /// A day, or `now` for what a run would do at once.
    until: String,
    person: Option<i64>,
    /// `2027-03`: only this month.
    month: String,
}

#[derive(Template)]
#[template(path = "privacy/retention/forecast.html")]
struct Show {
    tabs: Tabs,
    base: String,
    csv: Option<String>,
    until: Timestamp,
    until_day: String,
    /// What a run would do at once.
    is_dry_run: bool,
    person: Option<(i64, String, String)>,
    month: String,
    months: Vec<Month>,
    lines: Vec<Line>,
    goes: i64,
    held: i64,
}

struct Month {
    label: String,
    href: String,
    is_chosen: bool,
    goes: i64,
    held: i64,
}

struct Line {
    expected: Expected,
    goes: i64,
    held: i64,
}

/// Until when, and of whom.
fn read(request: &Request, query: &Query) -> Result<(Timestamp, Option<Seen>), Error> {
    let until = match query.until.as_str() {
        "" => request.now().plus(USUAL),
        "now" => request.now(),
        day => day_end(day).ok_or_else(|| Error::field("until", "no_day", "Choose a day from the calendar."))?,
    };
    let person = query.person.map(|id| seen(request, "contact", id)).transpose()?;
    Ok((until, person))
}

/// The last moment of a day in UTC.
pub fn day_end(day: &str) -> Option<Timestamp> {
    Timestamp::parse(&format!("{day}T23:59:59.999Z"))
}

fn show(request: &Request) -> Result<Reply, Error> {
    let query: Query = request.query()?;
    let (until, person) = match read(request, &query) {
        Ok(read) => read,
        // A half-typed address shows the usual year.
        Err(Error::Invalid(_)) => (request.now().plus(USUAL), None),
        Err(error) => return Err(error),
    };
    let expected = request.read(|db| {
        forecast::expected(db, request.app.modules, File::Workspace, until, person.as_ref().map(|seen| &seen.person))
    })?;
    let until_day: String = until.rfc3339().chars().take(10).collect();
    let mut address = format!("?until={}", if query.until == "now" { "now" } else { &until_day });
    if let Some(seen) = &person {
        address.push_str(&format!("&person={}", seen.person.id()));
    }
    let base = request.url(PATH);
    let months = months(&expected, &query.month, &format!("{base}{address}"));
    let lines: Vec<Line> = expected
        .into_iter()
        .filter_map(|expected| {
            let (goes, held) = match query.month.as_str() {
                "" => (expected.rows - expected.held, expected.held),
                month => expected.months.get(month).copied()?,
            };
            Some(Line { expected, goes, held })
        })
        .collect();
    let may_export = request.may(Action::Export, Area::Privacy);
    let page = Show {
        tabs: tabs::tabs(request, PATH),
        csv: may_export.then(|| format!("{base}.csv{address}")),
        base,
        until,
        until_day,
        is_dry_run: query.until == "now",
        person: person.map(|seen| (seen.person.id(), request.url(&seen.privacy_path()), seen.name)),
        month: if query.month.is_empty() { String::new() } else { month_label(&query.month) },
        months,
        goes: lines.iter().map(|line| line.goes).sum(),
        held: lines.iter().map(|line| line.held).sum(),
        lines,
    };
    request.page_below("Forecast", ABOVE, &page)
}

fn months(expected: &[Expected], chosen: &str, address: &str) -> Vec<Month> {
    let mut all: std::collections::BTreeMap<&str, (i64, i64)> = Default::default();
    for (month, (goes, held)) in expected.iter().flat_map(|expected| &expected.months) {
        let sum = all.entry(month).or_default();
        *sum = (sum.0 + goes, sum.1 + held);
    }
    let month = |(month, (goes, held)): (&str, (i64, i64))| {
        let is_chosen = month == chosen;
        let href = if is_chosen { address.to_owned() } else { format!("{address}&month={month}") };
        Month { label: month_label(month), href, is_chosen, goes, held }
    };
    all.into_iter().map(month).collect()
}

/// "March 2027".
fn month_label(month: &str) -> String {
    const NAMES: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let split = month.split_once('-');
    let name = split.and_then(|(_, number)| NAMES.get(number.parse::<usize>().ok()?.checked_sub(1)?));
    match (split, name) {
        (Some((year, _)), Some(name)) => format!("{name} {year}"),
        _ => month.to_owned(),
    }
}

/// One line for each row that goes: ids and moments, and nobody's name.
fn csv(request: &Request) -> Result<Reply, Error> {
    let query: Query = request.query()?;
    let (until, person) = read(request, &query)?;
    request.write(|tx| {
        let event = Event::new("privacy.retention.forecast_exported").detail("until", until.rfc3339());
        let event = match &person {
            Some(seen) => event.on(seen.kind.word, seen.person.id()),
            None => event,
        };
        audit::record(tx, event)
    })?;
    let app = request.app.clone();
    let workspace = request.member()?.workspace.clone();
    let person = person.map(|seen| seen.person);
    Ok(Reply::download(
        "forecast.csv",
        "text/csv; charset=utf-8",
        Box::new(move |out| {
            out.write_all(b"goes_at,rule,what,table,row,held\r\n")?;
            workspace.file.read(app.now(), |db| {
                let mut each = |table: &crate::privacy::data_map::Table, row: String, going: &forecast::Going| {
                    let (at, rule) = (going.at.rfc3339(), going.rule);
                    let line =
                        format!("{at},{},\"{}\",{},\"{row}\",{}\r\n", rule.key, rule.label, table.name, going.is_held);
                    out.write_all(line.as_bytes()).map_err(Error::from)
                };
                forecast::each_row(db, app.modules, File::Workspace, until, person.as_ref(), &mut each)
            })
        }),
    ))
}
