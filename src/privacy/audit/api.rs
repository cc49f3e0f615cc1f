//! `/api/v1/audit-entries`: both logs of the workspace for programs, newest first.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::view::{self, Log, Names};
use super::{EntryFilter, lines, store, words};
use crate::clock::Timestamp;
use crate::error::Error;
use crate::permission::{Action, Area};
use crate::web::{Access, Operation, QueryKind, QueryParameter, Reply, Request, Route, schema};

pub const ROUTES: &[Route] =
    &[Route::get("/api/v1/audit-entries", Access::may(Action::View, Area::Audit), list).api(&LIST)];

const fn text(name: &'static str, description: &'static str) -> QueryParameter {
    QueryParameter { name, description, kind: QueryKind::Text }
}

const LIST: Operation = Operation {
    summary: "Lists entries of the audit log, newest first.",
    query: &[
        QueryParameter {
            name: "log",
            description: "What happened to records (the default), or to people and access.",
            kind: QueryKind::OneOf(&["records", "access"]),
        },
        text("action", "The beginning of an action: people.contact finds created, changed and deleted."),
        text("actor", "Who did it, such as member:5; what their tokens did counts too."),
        text("object", "What it happened to, such as contact:7."),
        text("from", "Not before this moment (RFC 3339)."),
        text("until", "Before this moment (RFC 3339)."),
        QueryParameter {
            name: "limit",
            description: "Most entries of one page.",
            kind: QueryKind::Integer { least: 1, most: 200 },
        },
        text("cursor", "next_cursor of the page before."),
        QueryParameter { name: "count", description: "True adds how many there are in all.", kind: QueryKind::Boolean },
    ],
    request: None,
    status: 200,
    response: Some(schema::<AuditEntries>),
};

/// One page of entries.
#[derive(Serialize, JsonSchema)]
struct AuditEntries {
    data: Vec<AuditEntry>,
    /// Send it as `cursor` for what follows; null on the last page.
    next_cursor: Option<String>,
    /// Only with `count=true`.
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<i64>,
}

/// An entry of the audit log.
#[derive(Serialize, JsonSchema)]
struct AuditEntry {
    sequence: i64,
    at: String,
    /// `member:5`, `token:3/5`, `operator:1`, `job:…`, `visitor`.
    actor: String,
    /// Who that is, in words; members are named when the token may view members.
    actor_name: String,
    action: String,
    /// `contact:7`, or empty.
    object: String,
    /// The network it came from, cut so that it names nobody.
    network: String,
    /// Facts that name nobody.
    detail: Value,
    /// Names, addresses and old values; null when there were none, when they were erased, or when the
    /// token may not view what they are about.
    personal: Value,
    erased: bool,
    /// SHA-256 over the entry and the one before it.
    hash: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Query {
    #[serde(default)]
    log: Option<String>,
    #[serde(default)]
    action: String,
    #[serde(default)]
    actor: String,
    #[serde(default)]
    object: String,
    #[serde(default)]
    from: Option<String>,
    #[serde(default)]
    until: Option<String>,
    #[serde(default)]
    limit: Option<i64>,
    #[serde(default)]
    cursor: Option<i64>,
    #[serde(default)]
    count: bool,
}

fn moment(field: &'static str, text: Option<&str>) -> Result<Option<Timestamp>, Error> {
    let Some(text) = text else { return Ok(None) };
    let wrong = || Error::field(field, "moment_form", "Write a moment like 2026-11-21T00:00:00Z.");
    Timestamp::parse(text).map(Some).ok_or_else(wrong)
}

fn list(request: &Request) -> Result<Reply, Error> {
    let query: Query = request.query()?;
    let log = Log::from_word(query.log.as_deref().unwrap_or("records"))
        .ok_or_else(|| Error::field("log", "unknown_log", "log is records or access."))?;
    let limit = query.limit.unwrap_or(50);
    if !(1..=200).contains(&limit) {
        return Err(Error::field("limit", "out_of_range", "limit is a number from 1 to 200."));
    }
    let filter = EntryFilter {
        workspace: None,
        action: query.action,
        actor: query.actor,
        object: query.object,
        from: moment("from", query.from.as_deref())?,
        until: moment("until", query.until.as_deref())?,
        before: query.cursor,
        limit,
    };
    let filter = log.scope(request.member()?.workspace_id(), filter);
    let names = Names::of(request)?;
    let with_personal = names.may_see_personal(log);
    let ((entries, next), total) = log.read(request, |db| {
        let total = if query.count { Some(store::count(db, &filter)?) } else { None };
        Ok((view::page(db, &filter)?, total))
    })?;
    let data = entries.into_iter().map(|entry| {
        let mut fact = lines::fact(&entry, with_personal)?;
        let erased = entry.is_erased();
        Ok(AuditEntry {
            sequence: entry.sequence,
            at: entry.at.rfc3339(),
            actor_name: words::actor(&entry.actor, names.people.as_ref()),
            detail: fact["detail"].take(),
            personal: fact["personal"].take(),
            actor: entry.actor,
            action: entry.action,
            object: entry.object,
            network: entry.network,
            erased,
            hash: entry.hash,
        })
    });
    let data = data.collect::<Result<Vec<_>, Error>>()?;
    Reply::json(&AuditEntries { data, next_cursor: next.map(|next| next.to_string()), total })
}
