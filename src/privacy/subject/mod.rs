//! Whose data a row is: the way from every table to a person, derived from the data map.
//!
//! Nothing here names a table. Export, erasure, restriction and retention all ask the same question of the same
//! declarations, so a table that one of them reaches is reached by all.

#[cfg(test)]
mod tests;

use super::data_map::{Subject, Table};
use crate::db::Db;
use crate::error::Error;
use crate::module::{Module, PersonKind, persons};

/// One person of whom data is held.
#[derive(Clone)]
pub struct Person {
    pub kind: &'static PersonKind,
    /// Every id they ever had in this file, their own first.
    pub ids: Vec<i64>,
}

impl Person {
    /// The person with this id, and with those of the records that were merged into theirs. Whether anything is
    /// held of them is another question: somebody in the trash is found too.
    pub fn of(db: &Db, kind: &'static PersonKind, id: i64) -> Result<Person, Error> {
        Ok(Person { kind, ids: (kind.ids)(db, id)? })
    }

    /// Their own id.
    pub fn id(&self) -> i64 {
        self.ids[0]
    }

    /// For the parameter `:ids` of a [`condition`].
    pub fn ids_json(&self) -> String {
        format!("{:?}", self.ids)
    }
}

/// The kind of person with this word in a workspace's file; `None` when no module has it.
pub fn kind(modules: &'static [&'static Module], word: &str) -> Option<&'static PersonKind> {
    persons(modules, super::data_map::File::Workspace).find(|kind| kind.word == word)
}

/// Tables in the file of this kind of person whose rows can be about one, each with the SQL condition that finds
/// the rows of a person. Its parameters are `:kind` ([`PersonKind::word`]) and `:ids` ([`Person::ids_json`]).
///
/// The table of the persons themselves comes last, so that whoever deletes in this order never asks a parent that
/// is gone.
pub fn tables(
    modules: &'static [&'static Module],
    kind: &'static PersonKind,
) -> impl Iterator<Item = (&'static Table, String)> {
    let all = move || modules.iter().flat_map(|module| module.tables).copied().filter(move |t| t.file == kind.file);
    let mut found: Vec<_> = all()
        .filter_map(|table| {
            let (condition, steps) = condition(&all().collect::<Vec<_>>(), table, kind)?;
            Some((table, condition, steps))
        })
        .collect();
    found.sort_by_key(|(_, _, steps)| std::cmp::Reverse(*steps));
    found.into_iter().map(|(table, condition, _)| (table, condition))
}

/// The condition that finds the rows of a person in one table, as in [`tables`]; `None` when none can be about one.
pub fn condition_of(
    modules: &'static [&'static Module],
    kind: &'static PersonKind,
    table: &'static Table,
) -> Option<String> {
    let all = modules.iter().flat_map(|module| module.tables).copied().filter(|other| other.file == kind.file);
    condition(&all.collect::<Vec<_>>(), table, kind).map(|(condition, _)| condition)
}

/// Which rows of `table` are about a person, and over how many tables the way there leads; `None` when none can be.
fn condition(all: &[&'static Table], table: &'static Table, kind: &PersonKind) -> Option<(String, usize)> {
    const IDS: &str = "SELECT value FROM json_each(:ids)";
    match table.subject {
        Subject::Nobody => None,
        Subject::Is(column) => (table.name == kind.table).then(|| (format!("{column} IN ({IDS})"), 0)),
        // The common case needs no look at the parent.
        Subject::Via { column, table: parent } if parent == kind.table => Some((format!("{column} IN ({IDS})"), 1)),
        Subject::Via { column, table: parent } => {
            let parent = all.iter().find(|other| other.name == parent)?;
            let (condition, steps) = condition(all, parent, kind)?;
            Some((format!("{column} IN (SELECT id FROM {} WHERE {condition})", parent.name), steps + 1))
        }
        Subject::Polymorphic { kind, id } => Some((format!("{kind} = :kind AND {id} IN ({IDS})"), 1)),
        Subject::Object(column) => {
            Some((format!("{column} IN (SELECT :kind || ':' || value FROM json_each(:ids))"), 1))
        }
    }
}
