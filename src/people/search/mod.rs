//! Finding records by their words. The index is kept by triggers beside each table, from its column of
//! words, so a change and what search knows of it are one transaction.

pub mod api;
pub mod asking;
mod finding;
mod marking;
pub mod pages;
mod slips;
mod store;
pub mod suggestions;
pub mod words;

#[cfg(test)]
mod tests;

use crate::db::Db;
use crate::error::Error;

use self::words::{Asked, Matching};

/// An index of words of records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Index {
    Contacts,
    Companies,
}

/// A word that more records have than anybody pages through.
const COMMON: i64 = 1_000;

/// What to ask `index` for the records that have all words of `asked`; `None` when there is nothing to look for.
///
/// The last word may be begun only, as while typing. When very many records have it as it stands, only those
/// are meant: putting together all words that begin so would cost more than it tells. When no record has
/// the words so, each of them may be a beginning.
pub fn matching(db: &Db, index: Index, asked: &str) -> Result<Option<Matching>, Error> {
    let Some(mut asked) = Asked::read(asked) else { return Ok(None) };
    let last = asked.last();
    if last.is_begun && !last.is_indexed_beginning() {
        let whole = format!("\"{}\"", last.text);
        if store::count(db, index, &whole, COMMON)? == COMMON {
            asked = asked.complete();
        }
    }
    let loose = asked.clone().loosened();
    let found = asked == loose || store::count(db, index, &asked.expression(), 1)? > 0;
    Ok(Some(if found { asked } else { loose }.into()))
}
