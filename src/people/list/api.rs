//! What every collection of the API understands: `q`, `filter`, `sort`, `limit`, `cursor`, `count`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::custom::Reader;
use super::filter::Table;
use super::tree::LONGEST;
use super::tree::json::FilterTree;
use super::{Counted, Cursor, Filter, Page, Sort, SortKey, language};
use crate::db::Db;
use crate::error::Error;
use crate::id::MemberId;
use crate::people::search;
use crate::visitor::Reach;
use crate::web::{QueryKind, QueryParameter, Request, schema};

/// For the OpenAPI document.
pub const QUERY: &[QueryParameter] = &[
    QueryParameter {
        name: "q",
        description: "Words to search for; the newest that have them all come first.",
        kind: QueryKind::Text,
    },
    QueryParameter {
        name: "filter",
        description: language::DESCRIPTION,
        kind: QueryKind::Json { most: LONGEST, schema: schema::<FilterTree> },
    },
    QueryParameter {
        name: "sort",
        description: "A field, with - for descending; custom.KEY for a field of your own, where those without a value come last. Ignored with q.",
        kind: QueryKind::Text,
    },
    QueryParameter { name: "limit", description: "How many.", kind: QueryKind::Integer { least: 1, most: MOST } },
    QueryParameter { name: "cursor", description: "next_cursor of the page before.", kind: QueryKind::Text },
    QueryParameter { name: "count", description: "Adds the total, counted up to 10,000.", kind: QueryKind::Boolean },
];

/// The largest page.
pub const MOST: i64 = 200;

/// The query string, as it came.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub struct Query {
    q: String,
    filter: String,
    sort: String,
    limit: Option<i64>,
    cursor: String,
    count: bool,
}

/// One page of a collection.
#[derive(Serialize, JsonSchema)]
pub struct Collection<T> {
    pub data: Vec<T>,
    /// For `cursor`; null on the last page.
    pub next_cursor: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<i64>,
    /// True when counting stopped, and there may be more than `total` says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_is_floor: Option<bool>,
}

/// How a table is read for the API: a page of it, and the count.
pub type Read<R> = fn(&Db, &Filter, Sort, Option<&Cursor>, i64) -> Result<(Vec<R>, Page), Error>;
pub type Count = fn(&Db, &Filter) -> Result<Counted, Error>;

/// Reads the page that the query asks for, of the records that `reach` covers, each turned into its wire form.
pub fn collection<R, T>(
    request: &Request,
    table: &Table,
    reach: &Reach,
    read: Read<R>,
    count: Count,
    wire: impl Fn(R) -> T,
) -> Result<Collection<T>, Error> {
    let query: Query = request.query()?;
    let (limit, cursor) = (limit(query.limit)?, cursor(&query.cursor)?);
    let me = request.member()?.id;
    request.read(|db| {
        let sort = query.sort(db, table)?;
        let Some(filter) = narrowed(db, table, reach, me, &query.q, &query.filter)? else {
            let total = query.count.then_some(0);
            return Ok(Collection { data: Vec::new(), next_cursor: None, total, total_is_floor: None });
        };
        let (records, page) = read(db, &filter, sort, cursor.as_ref(), limit)?;
        let total = match query.count {
            true => Some(page.whole().map_or_else(|| count(db, &filter), Ok)?),
            false => None,
        };
        Ok(Collection {
            data: records.into_iter().map(&wire).collect(),
            next_cursor: page.next.map(|cursor| cursor.encode()),
            total: total.map(|total| total.number),
            total_is_floor: total.and_then(|total| total.is_floor.then_some(true)),
        })
    })
}

/// The records within `reach` that `q` and `filter` ask for; `None` when there can be none.
pub fn narrowed(
    db: &Db,
    table: &Table,
    reach: &Reach,
    me: MemberId,
    q: &str,
    conditions: &str,
) -> Result<Option<Filter>, Error> {
    let mut filter = Filter::within(reach);
    let mut possible = language::apply(db, table, conditions, me, &mut filter)?;
    if !q.trim().is_empty() {
        filter.matching = search::matching(db, table.index, q)?;
        possible &= filter.matching.is_some();
    }
    Ok(possible.then_some(filter))
}

impl Query {
    fn sort(&self, db: &Db, table: &Table) -> Result<Sort, Error> {
        if self.sort.is_empty() {
            return Ok(Sort::up(SortKey::Created));
        }
        let sort = match self.sort.trim_start_matches('-').starts_with("custom.") {
            true => Reader::load(db, table.object)?.sort(&self.sort),
            false => table.sort(&self.sort),
        };
        sort.ok_or_else(|| {
            let known: Vec<&str> = table.sorts.iter().map(|key| key.word()).collect();
            let known = known.join(", ");
            let message = format!("Sort by one of {known}, or by custom.KEY of a field in use, with - for descending.");
            Error::field("sort", "unknown_sort", message)
        })
    }
}

/// The size of a page; fails on `limit` outside 1 to [`MOST`].
pub fn limit(asked: Option<i64>) -> Result<i64, Error> {
    match asked {
        None => Ok(50),
        Some(limit) if (1..=MOST).contains(&limit) => Ok(limit),
        Some(_) => Err(Error::field("limit", "out_of_range", format!("Choose a limit from 1 to {MOST}."))),
    }
}

/// Where the page begins; fails on `cursor` when it is none of ours.
pub fn cursor(text: &str) -> Result<Option<Cursor>, Error> {
    if text.is_empty() {
        return Ok(None);
    }
    let unknown = || Error::field("cursor", "unknown_cursor", "Send next_cursor of the page before, as it was.");
    Cursor::decode(text).map(Some).ok_or_else(unknown)
}
