//! `/api/v1/retention-rules`, `/api/v1/retention-runs` and `/api/v1/retention-forecast`, for programs.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::service::{self, RunRow, Tally};
use super::{Rule, Setting, forecast, jobs, rules};
use crate::clock::Timestamp;
use crate::error::Error;
use crate::id::RetentionRunId;
use crate::permission::{Action, Area};
use crate::privacy::data_map::{File, Table};
use crate::privacy::person::seen;
use crate::web::{Access, Operation, QueryKind, QueryParameter, Reply, Request, Route, idempotency, schema};

const VIEW: Access = Access::may(Action::View, Area::Privacy);
const MANAGE: Access = Access::may(Action::Manage, Area::Privacy);
const MOST: i64 = 200;

pub const ROUTES: &[Route] = &[
    Route::get("/api/v1/retention-rules", VIEW, list).api(&Operation {
        summary: "Lists how long things stay, from when on, and what then becomes of them.",
        query: &[],
        request: None,
        status: 200,
        response: Some(schema::<RetentionRules>),
    }),
    Route::get("/api/v1/retention-rules/{id}", VIEW, show).api(&Operation {
        summary: "Gives a rule by its key.",
        query: &[],
        request: None,
        status: 200,
        response: Some(schema::<RetentionRule>),
    }),
    Route::patch("/api/v1/retention-rules/{id}", MANAGE, change).api(&Operation {
        summary: "Chooses how long, within what the rule allows. What is older goes with the next run.",
        query: &[],
        request: Some(schema::<RuleBody>),
        status: 200,
        response: Some(schema::<RetentionRule>),
    }),
    Route::get("/api/v1/retention-runs", VIEW, runs).api(&Operation {
        summary: "Lists the runs of the rules, newest first.",
        query: &[
            QueryParameter {
                name: "limit",
                description: "How many.",
                kind: QueryKind::Integer { least: 1, most: MOST },
            },
            QueryParameter { name: "cursor", description: "next_cursor of the page before.", kind: QueryKind::Text },
        ],
        request: None,
        status: 200,
        response: Some(schema::<RetentionRuns>),
    }),
    Route::post("/api/v1/retention-runs", MANAGE, run).api(&Operation {
        summary: "Asks for a run of the rules as soon as a place is free; a dry run is a forecast until now.",
        query: &[],
        request: None,
        status: 202,
        response: None,
    }),
    Route::get("/api/v1/retention-forecast", VIEW, expected).api(&Operation {
        summary: "Says what will be gone by a moment, by which rule, and what is held.",
        query: &[
            QueryParameter { name: "until", description: "RFC 3339; now when left out.", kind: QueryKind::Text },
            QueryParameter {
                name: "contact",
                description: "Only what is held of this person.",
                kind: QueryKind::Integer { least: 1, most: i64::MAX },
            },
        ],
        request: None,
        status: 200,
        response: Some(schema::<RetentionForecast>),
    }),
];

/// Every rule.
#[derive(Serialize, JsonSchema)]
struct RetentionRules {
    data: Vec<RetentionRule>,
}

/// One rule as it holds now.
#[derive(Serialize, JsonSchema)]
struct RetentionRule {
    /// Its key.
    id: &'static str,
    version: i64,
    label: &'static str,
    table: &'static str,
    /// `workspace`, or `installation` for what whoever hosts keeps.
    place: &'static str,
    /// What the days count from.
    from: &'static str,
    days: u32,
    is_on: bool,
    /// The fewest and the most days that can be chosen.
    least: u32,
    most: u32,
    may_be_off: bool,
    /// Why not fewer or not more.
    because: &'static str,
    /// What becomes of the rows.
    action: &'static str,
    source: &'static str,
}

impl RetentionRule {
    fn new(table: &'static Table, rule: &'static Rule, setting: Setting) -> RetentionRule {
        RetentionRule {
            id: rule.key,
            version: setting.version,
            label: rule.label,
            table: table.name,
            place: if table.file == File::Workspace { "workspace" } else { "installation" },
            from: rule.from,
            days: setting.days.clamp(rule.least, rule.most),
            is_on: setting.is_on || !rule.may_be_off,
            least: rule.least,
            most: rule.most,
            may_be_off: rule.may_be_off,
            because: rule.because,
            action: rule.words(),
            source: rule.source,
        }
    }
}

/// What is chosen; what is left out stays.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RuleBody {
    #[serde(default)]
    days: Option<u32>,
    #[serde(default)]
    is_on: Option<bool>,
}

/// One page of runs.
#[derive(Serialize, JsonSchema)]
struct RetentionRuns {
    data: Vec<RetentionRun>,
    next_cursor: Option<String>,
}

/// A run.
#[derive(Serialize, JsonSchema)]
struct RetentionRun {
    id: RetentionRunId,
    started_at: String,
    /// Null while it is under way, or cut short: the next one goes on with it.
    ended_at: Option<String>,
    acted: i64,
    held: i64,
    /// What each rule did; rules that found nothing are left out.
    rules: Vec<RuleRun>,
}

/// What one rule did in a run.
#[derive(Serialize, JsonSchema)]
struct RuleRun {
    rule: String,
    selected: i64,
    acted: i64,
    held: i64,
    floor: i64,
    ms: i64,
}

/// What will be gone.
#[derive(Serialize, JsonSchema)]
struct RetentionForecast {
    until: String,
    rows: i64,
    held: i64,
    rules: Vec<RuleForecast>,
}

/// What one rule will do.
#[derive(Serialize, JsonSchema)]
struct RuleForecast {
    rule: &'static str,
    label: &'static str,
    table: &'static str,
    /// Rows that go.
    rows: i64,
    /// Rows that would, but are held.
    held: i64,
    months: Vec<MonthForecast>,
}

/// What goes in one month.
#[derive(Serialize, JsonSchema)]
struct MonthForecast {
    /// `2027-03`.
    month: String,
    rows: i64,
    held: i64,
}

fn list(request: &Request) -> Result<Reply, Error> {
    let modules = request.app.modules;
    let settings = request.read(service::settings)?;
    let own = rules(modules, File::Workspace).map(|(table, rule)| {
        RetentionRule::new(table, rule, settings.get(rule.key).copied().unwrap_or(Setting::of(rule)))
    });
    let others = rules(modules, File::Control).map(|(table, rule)| RetentionRule::new(table, rule, Setting::of(rule)));
    Reply::json(&RetentionRules { data: own.chain(others).collect() })
}

fn find(request: &Request) -> Result<(&'static Table, &'static Rule), Error> {
    let key: String = request.param("id")?;
    super::find(request.app.modules, &key).ok_or(Error::NotFound("rule"))
}

fn show(request: &Request) -> Result<Reply, Error> {
    let (table, rule) = find(request)?;
    Reply::json(&RetentionRule::new(table, rule, request.read(|db| service::setting(db, rule))?))
}

fn change(request: &Request) -> Result<Reply, Error> {
    let (table, rule) = find(request)?;
    let version = request.if_match()?;
    let body: RuleBody = request.json()?;
    let setting = request.write(|tx| {
        let before = service::setting(tx, rule)?;
        let (days, is_on) = (body.days.unwrap_or(before.days), body.is_on.unwrap_or(before.is_on));
        service::choose(tx, rule, days, is_on, Some(version))
    })?;
    Reply::json(&RetentionRule::new(table, rule, setting))
}

fn runs(request: &Request) -> Result<Reply, Error> {
    #[derive(Deserialize, Default)]
    #[serde(deny_unknown_fields, default)]
    struct Query {
        limit: Option<i64>,
        cursor: Option<i64>,
    }
    let query: Query = request.query()?;
    let limit = query.limit.unwrap_or(50);
    if !(1..=MOST).contains(&limit) {
        return Err(Error::field("limit", "out_of_range", format!("limit is a number from 1 to {MOST}.")));
    }
    let most = usize::try_from(limit).unwrap_or(0);
    let (mut data, mut next_cursor) = (Vec::new(), None);
    request.read(|db| {
        for (at, run) in service::runs(db, query.cursor, limit + 1)?.into_iter().enumerate() {
            if at == most {
                next_cursor = data.last().map(|run: &RetentionRun| run.id.to_string());
                break;
            }
            data.push(wire(&run, service::tallies(db, run.id)?));
        }
        Ok(())
    })?;
    Reply::json(&RetentionRuns { data, next_cursor })
}

fn wire(run: &RunRow, tallies: Vec<Tally>) -> RetentionRun {
    let rule = |tally: Tally| RuleRun {
        rule: tally.rule,
        selected: tally.selected,
        acted: tally.acted,
        held: tally.held,
        floor: tally.floor,
        ms: tally.ms,
    };
    RetentionRun {
        id: run.id,
        started_at: run.started_at.rfc3339(),
        ended_at: run.ended_at.map(Timestamp::rfc3339),
        acted: run.acted,
        held: run.held,
        rules: tallies.into_iter().map(rule).collect(),
    }
}

fn run(request: &Request) -> Result<Reply, Error> {
    request.no_body()?;
    let reply = idempotency::write(request, |tx| {
        service::ask(tx)?;
        Ok(Reply::nothing().status(202))
    })?;
    crate::jobs::ask(&request.app, &jobs::RUN, Some(request.member()?.workspace_id()))?;
    Ok(reply)
}

fn expected(request: &Request) -> Result<Reply, Error> {
    #[derive(Deserialize, Default)]
    #[serde(deny_unknown_fields, default)]
    struct Query {
        until: Option<String>,
        contact: Option<i64>,
    }
    let query: Query = request.query()?;
    let until = match query.until {
        None => request.now(),
        Some(text) => Timestamp::parse(&text)
            .ok_or_else(|| Error::field("until", "no_moment", "Send a moment such as 2027-03-01T00:00:00Z."))?,
    };
    let person = query.contact.map(|id| seen(request, "contact", id)).transpose()?;
    let found = request.read(|db| {
        let about = person.as_ref().map(|seen| &seen.person);
        forecast::expected(db, request.app.modules, File::Workspace, until, about)
    })?;
    let rule = |expected: &forecast::Expected| RuleForecast {
        rule: expected.rule.key,
        label: expected.rule.label,
        table: expected.table.name,
        rows: expected.rows - expected.held,
        held: expected.held,
        months: (expected.months.iter())
            .map(|(month, (rows, held))| MonthForecast { month: month.clone(), rows: *rows, held: *held })
            .collect(),
    };
    Reply::json(&RetentionForecast {
        until: until.rfc3339(),
        rows: found.iter().map(|expected| expected.rows - expected.held).sum(),
        held: found.iter().map(|expected| expected.held).sum(),
        rules: found.iter().map(rule).collect(),
    })
}
