//! What the API lists of this module have in common: a page of a collection, and references to people.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::directory::Directory;
use crate::error::Error;
use crate::id::MemberId;
use crate::web::{QueryKind, QueryParameter};

const DEFAULT_LIMIT: usize = 50;
const LARGEST_LIMIT: usize = 200;

/// The parameters that every list here takes.
pub const PAGING: &[QueryParameter] = &[
    QueryParameter {
        name: "limit",
        description: "Most entries of one page.",
        kind: QueryKind::Integer { least: 1, most: 200 },
    },
    QueryParameter { name: "cursor", description: "next_cursor of the page before.", kind: QueryKind::Text },
    QueryParameter { name: "count", description: "True adds how many there are in all.", kind: QueryKind::Boolean },
];

/// [`PAGING`] as it comes in.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Paging {
    #[serde(default)]
    limit: Option<usize>,
    #[serde(default)]
    cursor: Option<i64>,
    #[serde(default)]
    count: bool,
}

/// One page of a collection.
#[derive(Serialize, JsonSchema)]
pub struct Collection<T> {
    pub data: Vec<T>,
    /// Send it as `cursor` for what follows; null on the last page.
    pub next_cursor: Option<String>,
    /// Only with `count=true`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<usize>,
}

impl Paging {
    /// Of a list that takes more parameters than these.
    pub fn new(limit: Option<usize>, cursor: Option<i64>, count: bool) -> Paging {
        Paging { limit, cursor, count }
    }

    /// The id that the page before ended with.
    pub fn cursor(&self) -> Option<i64> {
        self.cursor
    }

    /// Whether to say how many there are in all.
    pub fn counts(&self) -> bool {
        self.count
    }

    /// Most entries of the page.
    pub fn limit(&self) -> Result<usize, Error> {
        let limit = self.limit.unwrap_or(DEFAULT_LIMIT);
        if !(1..=LARGEST_LIMIT).contains(&limit) {
            return Err(Error::field("limit", "out_of_range", "limit is a number from 1 to 200."));
        }
        Ok(limit)
    }

    /// The page of a list that its store has cut already. `rows` holds one more than fits when there are more.
    pub fn page<R, T>(
        &self,
        mut rows: Vec<R>,
        total: Option<usize>,
        id: fn(&R) -> i64,
        wire: impl Fn(R) -> T,
    ) -> Result<Collection<T>, Error> {
        let limit = self.limit()?;
        let has_more = rows.len() > limit;
        rows.truncate(limit);
        let next_cursor = rows.last().filter(|_| has_more).map(|last| id(last).to_string());
        Ok(Collection { data: rows.into_iter().map(wire).collect(), next_cursor, total })
    }

    /// Cuts one page out of everything there is. Workspaces have few members, roles and tokens.
    pub fn cut<R, T>(
        &self,
        mut rows: Vec<R>,
        id: fn(&R) -> i64,
        wire: impl Fn(R) -> T,
    ) -> Result<Collection<T>, Error> {
        rows.sort_by_key(id);
        let total = self.count.then_some(rows.len());
        rows.retain(|row| self.cursor.is_none_or(|cursor| id(row) > cursor));
        self.page(rows, total, id, wire)
    }
}

/// A member, named.
#[derive(Serialize, JsonSchema)]
pub struct MemberReference {
    pub id: MemberId,
    pub name: String,
}

impl MemberReference {
    pub fn of(people: &Directory, id: MemberId) -> MemberReference {
        MemberReference { id, name: people.name(id).to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(limit: Option<usize>, cursor: Option<i64>) -> Result<Collection<i64>, Error> {
        Paging { limit, cursor, count: true }.cut((1..=5).rev().collect(), |row| *row, |row| row)
    }

    #[test]
    fn pages_follow_one_another_without_gap() {
        let first = page(Some(2), None).expect("a page");
        assert_eq!((first.data, first.next_cursor.as_deref(), first.total), (vec![1, 2], Some("2"), Some(5)));
        let last = page(Some(3), Some(2)).expect("a page");
        assert_eq!((last.data, last.next_cursor), (vec![3, 4, 5], None));
    }

    #[test]
    fn a_page_has_one_to_two_hundred_entries() {
        assert!(page(Some(0), None).is_err());
        assert!(page(Some(201), None).is_err());
    }
}
