//! Builds the statements of a list: which index leads, which conditions narrow, where the page begins.

use rusqlite::types::ValueRef;
use rusqlite::{Row, ToSql};

use super::custom::sorted;
use super::filter::{Condition, Filter, Table};
use super::{Counted, Cursor, Key, Sort, SortBy, SortKey};
use crate::db::Db;
use crate::error::Error;

/// As many rows are looked at to count a list: "10,000+" says as much as the exact number, much sooner.
pub(super) const EXAMINED: i64 = 10_000;
/// A condition that leaves at most this many rows leads, and they are sorted in memory. Above it, reading
/// the list in its own order and leaving out what does not fit fills a page sooner.
pub(super) const FEW: i64 = 2_500;
/// The same where words are searched for: each row has to be read to see whether it has them, while the index
/// of words gives its rows one after the other.
const FEW_TO_READ: i64 = 500;

/// One row of a page: its id, and the value it is sorted by.
pub(super) struct Keyed {
    id: i64,
    key: Key,
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

impl Page {
    /// How many rows there are, where this page has them all: then nobody needs to count.
    pub fn whole(&self) -> Option<Counted> {
        let is_whole = self.previous.is_none() && self.next.is_none();
        is_whole.then_some(Counted { number: self.ids.len() as i64, is_floor: false })
    }
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
    let mut rows = match sort.by {
        SortBy::Key(key) => keyed(db, table, filter, (key, sort.descending), cursor, limit + 1)?,
        SortBy::Field(field) => sorted::keyed(db, table, filter, field, sort.descending, cursor, limit + 1)?,
    };
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
    let has_next = backwards || more;
    Ok(Page {
        previous: rows.first().filter(|_| has_previous).map(|row| at(row, true, first)),
        next: rows.last().filter(|_| has_next).map(|row| at(row, false, first + rows.len() as i64)),
        ids: rows.iter().map(|row| row.id).collect(),
        first,
    })
}

/// How many rows there are; a floor where counting them would mean looking at more than [`EXAMINED`].
pub fn count(db: &Db, table: &Table, filter: &Filter) -> Result<Counted, Error> {
    count_within(db, table, filter, EXAMINED)
}

/// The same with fewer rows to look at: for many counts on one page.
pub fn count_within(db: &Db, table: &Table, filter: &Filter, examined_at_most: i64) -> Result<Counted, Error> {
    if filter.is_plain() {
        let column = if filter.archived { "archived" } else { "live" };
        let sql = format!("SELECT {column} FROM record_counts WHERE kind = :kind");
        return Ok(Counted { number: db.count(&sql, &[(":kind", &table.object.word())])?, is_floor: false });
    }
    let plan = Plan::new(db, table, filter)?;
    let base = match &plan.base {
        Base::Lead { lead, .. } => lead.clone(),
        Base::Words => words(table, ""),
        // Any index that holds little else than ids.
        Base::Table => format!("SELECT id FROM {0} INDEXED BY {0}_by_creation", table.name),
    };
    let tests = plan.tests("led.id");
    let sql = format!("SELECT count(*), ifnull(sum({tests}), 0) FROM ({base} LIMIT {}) AS led", examined_at_most + 1);
    let found =
        db.row(&sql, &used(&sql, &filter.params()), |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)))?;
    let (examined, number) = found.unwrap_or_default();
    Ok(Counted { number: number.min(examined_at_most), is_floor: examined > examined_at_most })
}

/// The rows in the order they are read: reversed when the page lies before its cursor.
fn keyed(
    db: &Db,
    table: &Table,
    filter: &Filter,
    (key, descending): (SortKey, bool),
    cursor: Option<&Cursor>,
    limit: i64,
) -> Result<Vec<Keyed>, Error> {
    let plan = Plan::new(db, table, filter)?;
    let descending = descending != cursor.is_some_and(|cursor| cursor.before);
    let mut rows: Vec<Keyed> = Vec::new();
    for sql in statements(table, &plan, (key, descending), cursor.is_some()) {
        add_rows(db, &sql, filter, cursor, limit, &mut rows)?;
    }
    Ok(rows)
}

/// What is asked, one after the other, until the page is full.
pub(super) fn statements(
    table: &Table,
    plan: &Plan,
    (key, descending): (SortKey, bool),
    has_cursor: bool,
) -> Vec<String> {
    let column = table.column(key);
    let (order, beyond) = if descending { ("DESC", "<") } else { ("ASC", ">") };
    // Where the id is the key, no row has to be read at all.
    let by_id = column == "id";
    let of_lead = |lead: &str| (format!("({lead}) AS r"), plan.tests("r.id"));
    let (from, conditions) = match &plan.base {
        Base::Lead { lead, found, ordered, .. } if by_id && (*ordered || *found <= FEW) => of_lead(lead),
        Base::Lead { lead, found, .. } if *found <= FEW => {
            let from = format!("({lead}) AS led CROSS JOIN {} AS r ON r.id = led.id", table.name);
            (from, plan.tests("led.id"))
        }
        Base::Words => {
            let place = if has_cursor { format!("AND rowid {beyond} :after_id") } else { String::new() };
            of_lead(&words(table, &place))
        }
        Base::Lead { .. } | Base::Table => {
            (format!("{} AS r {}", table.name, table.index(key)), plan.all_tests("r.id"))
        }
    };
    let sorted = if by_id { format!("r.id {order}") } else { format!("r.{column} {order}, r.id {order}") };
    // The id decides between rows of the same key, so no row is shown twice or left out. Asked for both at
    // once, SQLite would walk through all rows of that key: so first the rest of those, then what is beyond.
    let places = match has_cursor {
        false => vec![String::new()],
        true if by_id => vec![format!(" AND r.id {beyond} :after_id")],
        true => vec![
            format!(" AND r.{column} = :after AND r.id {beyond} :after_id"),
            format!(" AND r.{column} {beyond} :after"),
        ],
    };
    let statement = |place: String| {
        format!("SELECT r.id, r.{column} FROM {from} WHERE {conditions}{place} ORDER BY {sorted} LIMIT :limit")
    };
    places.into_iter().map(statement).collect()
}

/// Reads on until there are `limit` rows. A statement that names `:after` gets the place of `cursor`.
pub(super) fn add_rows(
    db: &Db,
    sql: &str,
    filter: &Filter,
    cursor: Option<&Cursor>,
    limit: i64,
    rows: &mut Vec<Keyed>,
) -> Result<(), Error> {
    let left = limit - rows.len() as i64;
    if left == 0 {
        return Ok(());
    }
    let mut params = filter.params();
    params.push((":limit", &left));
    if let Some(cursor) = cursor {
        params.push((":after", &cursor.key));
        params.push((":after_id", &cursor.id));
    }
    rows.extend(db.rows(sql, &used(sql, &params), keyed_row)?);
    Ok(())
}

/// A row of an id and what the list is sorted by.
fn keyed_row(row: &Row) -> rusqlite::Result<Keyed> {
    let key = match row.get_ref(1)? {
        ValueRef::Null => Key::Nothing,
        ValueRef::Integer(number) => Key::Number(number),
        ValueRef::Real(number) => Key::Decimal(number),
        other => Key::Text(other.as_str()?.to_owned()),
    };
    Ok(Keyed { id: row.get(0)?, key })
}

/// The ids that the index of words finds, in their order up or down as the statement around asks.
fn words(table: &Table, place: &str) -> String {
    let search = table.search;
    format!("SELECT rowid AS id FROM {search} WHERE {search} MATCH :matching {place}")
}

/// Where the ids come from, and what is asked of each.
pub(super) struct Plan {
    pub base: Base,
    conditions: Vec<Condition>,
    /// The condition on words, for when something else leads.
    matches: Option<String>,
}

pub(super) enum Base {
    /// The condition that leaves the fewest rows: very few where there are words too.
    Lead {
        place: usize,
        lead: String,
        found: i64,
        ordered: bool,
    },
    Words,
    Table,
}

impl Plan {
    pub fn new(db: &Db, table: &Table, filter: &Filter) -> Result<Plan, Error> {
        let conditions = filter.conditions(table);
        let mut best: Option<(usize, i64)> = None;
        for (place, condition) in conditions.iter().enumerate() {
            let Some(lead) = &condition.lead else { continue };
            let found = db_count(db, filter, &format!("SELECT count(*) FROM ({lead} LIMIT {})", EXAMINED + 1))?;
            if best.is_none_or(|(_, fewest)| found < fewest) {
                best = Some((place, found));
            }
        }
        let has_words = filter.matching.is_some();
        let base = match best {
            Some((place, found)) if found <= FEW_TO_READ || !has_words => {
                let Condition { lead, ordered, .. } = &conditions[place];
                Base::Lead { place, lead: lead.clone().unwrap_or_default(), found, ordered: *ordered }
            }
            _ if has_words => Base::Words,
            _ => Base::Table,
        };
        let matches = filter.words_test(table).filter(|_| !matches!(base, Base::Words));
        Ok(Plan { base, conditions, matches })
    }

    /// What is left to ask of a row that the base gave.
    pub fn tests(&self, id: &str) -> String {
        let led = match &self.base {
            Base::Lead { place, .. } if self.conditions[*place].exact => Some(*place),
            _ => None,
        };
        self.joined(id, led)
    }

    /// Everything, for a row that came in the order of the list.
    pub fn all_tests(&self, id: &str) -> String {
        self.joined(id, None)
    }

    fn joined(&self, id: &str, without: Option<usize>) -> String {
        let tests = self.conditions.iter().enumerate().filter(|(place, _)| Some(*place) != without);
        let tests = tests.map(|(_, condition)| &condition.test).chain(&self.matches);
        let tests: Vec<String> = tests.map(|test| test.replace("$id", id)).collect();
        if tests.is_empty() { "true".into() } else { tests.join(" AND ") }
    }
}

fn db_count(db: &Db, filter: &Filter, sql: &str) -> Result<i64, Error> {
    db.count(sql, &used(sql, &filter.params()))
}

/// The parameters that stand in the statement: SQLite refuses to be handed others.
pub(super) fn used<'a>(sql: &str, params: &[(&'a str, &'a dyn ToSql)]) -> Vec<(&'a str, &'a dyn ToSql)> {
    let stands = |name: &str| {
        sql.match_indices(name).any(|(at, _)| {
            let next = sql[at + name.len()..].chars().next();
            !next.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_')
        })
    };
    params.iter().filter(|(name, _)| stands(name)).copied().collect()
}
