//! Builds the statements of a list: which index leads, which conditions narrow, where the page begins.

use rusqlite::ToSql;
use rusqlite::types::ValueRef;

use super::filter::{Filter, Table};
use super::{Cursor, Key, Sort, SortKey};
use crate::db::Db;
use crate::error::Error;

/// Counts stop here: "10,000+" says as much as the exact number, in a hundredth of the time.
pub const COUNTED: i64 = 10_000;
/// A condition that leaves at most this many rows leads; the rows are then sorted in memory.
const FEW: i64 = 2_000;

/// One row of a page: its id, and the value it is sorted by.
#[derive(Debug, Clone)]
pub struct Keyed {
    pub id: i64,
    pub key: Key,
}

/// The ids of one page, and the way to its neighbours.
#[derive(Debug, Clone)]
pub struct Page {
    pub ids: Vec<i64>,
    /// The number of the first row in the whole list.
    pub first: i64,
    pub previous: Option<Cursor>,
    pub next: Option<Cursor>,
}

/// Reads one page of `table`. Without words to search for it is in the order of `sort`; with them it is
/// newest first, because then the index of words can stop as soon as the page is full.
pub fn page(
    db: &Db,
    table: &Table,
    filter: &Filter,
    sort: Sort,
    cursor: Option<&Cursor>,
    limit: i64,
) -> Result<Page, Error> {
    let sort = if filter.matching.is_some() { Sort::down(SortKey::Created) } else { sort };
    let backwards = cursor.is_some_and(|cursor| cursor.before);
    let mut rows = keyed(db, table, filter, sort, cursor, limit + 1)?;
    let more = rows.len() as i64 > limit;
    rows.truncate(usize::try_from(limit).unwrap_or(0));
    if backwards {
        rows.reverse();
    }
    let first = match cursor {
        Some(cursor) if backwards => (cursor.position - rows.len() as i64).max(1),
        Some(cursor) => cursor.position,
        None => 1,
    };
    let at = |row: &Keyed, before: bool, position: i64| Cursor { before, key: row.key.clone(), id: row.id, position };
    // Coming from behind, there is a page behind; coming from before, there is one before.
    let has_previous = if backwards { more } else { cursor.is_some() };
    let has_next = if backwards { true } else { more };
    Ok(Page {
        previous: rows.first().filter(|_| has_previous).map(|row| at(row, true, first)),
        next: rows.last().filter(|_| has_next).map(|row| at(row, false, first + rows.len() as i64)),
        ids: rows.iter().map(|row| row.id).collect(),
        first,
    })
}

/// How many rows there are, up to [`COUNTED`] and one more.
pub fn count(db: &Db, table: &Table, filter: &Filter) -> Result<i64, Error> {
    if filter.is_plain() {
        let column = if filter.archived { "archived" } else { "live" };
        let sql = format!("SELECT {column} FROM record_counts WHERE kind = :kind");
        return db.count(&sql, &[(":kind", &table.kind)]);
    }
    let mut conditions = filter.conditions(table);
    let from = match leader(db, table, filter)? {
        Some((found, lead)) if found <= FEW || filter.matching.is_none() => {
            conditions.push_str(&filter.matches_row(table));
            format!("({lead}) AS led CROSS JOIN {} AS r ON r.id = led.id", table.name)
        }
        _ if filter.matching.is_some() => {
            conditions.push_str(&format!(" AND {} MATCH :matching", table.search));
            format!("{0} CROSS JOIN {1} AS r ON r.id = {0}.rowid", table.search, table.name)
        }
        _ => format!("{} AS r", table.name),
    };
    let sql = format!("SELECT count(*) FROM (SELECT 1 FROM {from} WHERE {conditions} LIMIT {})", COUNTED + 1);
    db.count(&sql, &used(&sql, &filter.params()))
}

/// The rows in the order they are read: reversed when the page lies before its cursor.
fn keyed(
    db: &Db,
    table: &Table,
    filter: &Filter,
    sort: Sort,
    cursor: Option<&Cursor>,
    limit: i64,
) -> Result<Vec<Keyed>, Error> {
    let column = table.column(sort.key);
    let descending = sort.descending != cursor.is_some_and(|cursor| cursor.before);
    let (order, beyond) = if descending { ("DESC", "<") } else { ("ASC", ">") };
    let mut conditions = filter.conditions(table);
    if cursor.is_some() {
        // The id decides between rows of the same key, so no row is shown twice or left out.
        let place = match column {
            "id" => format!(" AND r.id {beyond} :after_id"),
            column => format!(" AND (r.{column}, r.id) {beyond} (:after, :after_id)"),
        };
        conditions.push_str(&place);
    }
    let sorted = format!("ORDER BY r.{column} {order}, r.id {order}");
    let (from, sorted) = match leader(db, table, filter)? {
        Some((found, lead)) if found <= FEW => {
            conditions.push_str(&filter.matches_row(table));
            (format!("({lead}) AS led CROSS JOIN {} AS r ON r.id = led.id", table.name), sorted)
        }
        // The index of words hands out its rows in the order of their ids, and stops when the page is full.
        _ if filter.matching.is_some() => {
            let search = table.search;
            conditions.push_str(&format!(" AND {search} MATCH :matching"));
            if cursor.is_some() {
                conditions.push_str(&format!(" AND {search}.rowid {beyond} :after_id"));
            }
            let from = format!("{search} CROSS JOIN {} AS r ON r.id = {search}.rowid", table.name);
            (from, format!("ORDER BY {search}.rowid {order}"))
        }
        _ => (format!("{} AS r {}", table.name, table.index(sort.key)), sorted),
    };
    let sql = format!("SELECT r.id, r.{column} FROM {from} WHERE {conditions} {sorted} LIMIT :limit");
    let mut params = filter.params();
    params.push((":limit", &limit));
    let key: &dyn ToSql;
    if let Some(cursor) = cursor {
        key = match &cursor.key {
            Key::Text(text) => text,
            Key::Number(number) => number,
        };
        params.push((":after", key));
        params.push((":after_id", &cursor.id));
    }
    db.rows(&sql, &used(&sql, &params), |row| {
        let key = match row.get_ref(1)? {
            ValueRef::Integer(number) => Key::Number(number),
            other => Key::Text(other.as_str()?.to_owned()),
        };
        Ok(Keyed { id: row.get(0)?, key })
    })
}

/// The condition that leaves the fewest rows, with how many it leaves (up to one more than [`FEW`]).
fn leader(db: &Db, table: &Table, filter: &Filter) -> Result<Option<(i64, String)>, Error> {
    let params = filter.params();
    let mut best: Option<(i64, String)> = None;
    for lead in filter.leads(table) {
        let sql = format!("SELECT count(*) FROM ({lead} LIMIT {})", FEW + 1);
        let found = db.count(&sql, &used(&sql, &params))?;
        if best.as_ref().is_none_or(|(fewest, _)| found < *fewest) {
            best = Some((found, lead));
        }
    }
    Ok(best)
}

/// The parameters that stand in the statement: SQLite refuses to be handed others.
fn used<'a>(sql: &str, params: &[(&'a str, &'a dyn ToSql)]) -> Vec<(&'a str, &'a dyn ToSql)> {
    let stands = |name: &str| {
        sql.match_indices(name).any(|(at, _)| {
            let next = sql[at + name.len()..].chars().next();
            !next.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_')
        })
    };
    params.iter().filter(|(name, _)| stands(name)).copied().collect()
}
