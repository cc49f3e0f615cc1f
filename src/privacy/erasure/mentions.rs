//! Looks for a person in rows that are not about them: notes on others, names of files, images of changes, answers
//! that are kept for a day, personal parts of the audit log.
//!
//! Every text of every table is looked at, whatever the map says of it: a column that nobody thought of is where
//! somebody is forgotten.

use std::collections::{BTreeMap, BTreeSet};

use super::faults::{Step, is_left_out};
use super::keeping::Keeping;
use super::needles::{MARK, Needles};
use super::store;
use crate::db::{Db, Tx};
use crate::error::Error;
use crate::module::Module;
use crate::privacy::data_map::{self, File, Holds, Retention, Table};
use crate::privacy::subject::{self, Person};

/// Tables whose texts cannot hold anybody, or are emptied in their own way.
const APART: [&str; 1] = ["erasures"];
/// Words that others agreed to: their consent stands on them, and no row of it can be changed. Who is named there stays
/// named, and the search of the disk says so.
const UNCHANGING: &str = "purpose_wordings";
/// The log's own texts are bound by its chain: only the personal part may go, and then whole.
const LOG: &str = "audit";

/// Where the person stands in a row that is not about them.
#[derive(Debug, Clone)]
pub struct Found {
    pub table: &'static Table,
    pub column: String,
    pub row: i64,
    /// The text as it is.
    text: String,
    /// The same without them.
    redacted: String,
    /// A legal hold keeps the row as it is.
    pub is_held: bool,
}

impl Found {
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// Texts of a table that may name somebody: all but secrets and what the chain binds.
fn columns(db: &Db, table: &Table) -> Result<Vec<String>, Error> {
    if table.name == LOG {
        return Ok(vec!["personal".to_owned()]);
    }
    let is_secret =
        |name: &str| table.columns.iter().any(|column| column.name == name && column.holds == Holds::Credential);
    let types = store::column_types(db, table.name)?;
    Ok(types
        .into_iter()
        .filter(|(name, kind, _)| {
            let is_answer = kind == "BLOB" && name == "answer" && !is_left_out(Step::Answers);
            (kind == "TEXT" || kind == "ANY" || is_answer) && !is_secret(name)
        })
        .map(|(name, ..)| name)
        .collect())
}

/// Every place where the person stands in rows of the workspace that are not about them. With `person` their own rows
/// are left out; without, all rows are looked at.
pub fn search(
    db: &Db,
    modules: &'static [&'static Module],
    needles: &Needles,
    person: Option<&Person>,
    keeping: &Keeping,
) -> Result<Vec<Found>, Error> {
    let mut found = Vec::new();
    let tables = modules.iter().flat_map(|module| module.tables).copied();
    let changes = |table: &&Table| !APART.contains(&table.name) && table.name != UNCHANGING;
    for table in tables.filter(|table| table.file == File::Workspace && changes(table)) {
        let columns = columns(db, table)?;
        if columns.is_empty() {
            continue;
        }
        let condition = person.and_then(|person| subject::condition_of(modules, person.kind, table));
        let except = condition.as_deref().zip(person);
        store::each_text(db, table.name, &columns, &keeping.held(table), except, &mut |at| {
            if let Some(redacted) = needles.redacted(at.text) {
                let (column, text) = (columns[at.place].clone(), at.text.to_owned());
                found.push(Found { table, column, row: at.row, text, redacted, is_held: at.is_held });
            }
            Ok(())
        })?;
    }
    Ok(found)
}

/// How many rows of each table are to be changed.
pub fn by_table(found: &[Found]) -> Vec<(&'static Table, usize)> {
    // Rows without a number of their own are told apart by what stands in them.
    let mut rows: BTreeMap<&'static str, BTreeSet<(i64, &str)>> = BTreeMap::new();
    let found = || found.iter().filter(|place| !place.is_held);
    for place in found() {
        let text = if place.row == 0 { place.text.as_str() } else { "" };
        rows.entry(place.table.name).or_default().insert((place.row, text));
    }
    let mut tables: Vec<&'static Table> = found().map(|place| place.table).collect();
    tables.sort_by_key(|table| table.name);
    tables.dedup_by_key(|table| table.name);
    tables.into_iter().map(|table| (table, rows.get(table.name).map_or(0, BTreeSet::len))).collect()
}

/// Takes the person out of every place that no hold keeps. A mark stands where a value was; a row that was nothing but the value goes.
pub fn redact(tx: &Tx, modules: &'static [&'static Module], found: &[Found]) -> Result<(), Error> {
    let mut reworded = Vec::new();
    for place in found.iter().filter(|place| !place.is_held) {
        let name = place.table.name;
        if name == LOG {
            if !is_left_out(Step::AuditPersonal) {
                crate::privacy::audit::forget::entry(tx, place.row)?;
            }
            continue;
        }
        for index in modules.iter().flat_map(|module| module.indexes) {
            let targets = (index.belongs)(tx, name, place.row, &place.text)?;
            reworded.extend(targets.into_iter().map(|target| (index, target)));
        }
        let is_all_of_it = place.redacted == MARK
            && place.table.columns.iter().any(|column| column.name == place.column && column.holds == Holds::Contact);
        let goes_whole = is_all_of_it && matches!(place.table.retention, Retention::WithParent);
        if store::column_types(tx, name)?.iter().any(|(column, kind, _)| *column == place.column && kind == "BLOB") {
            store::delete_holding(tx, name, &place.column, place.text.as_bytes())?;
        } else if goes_whole || !store::replace(tx, name, &place.column, place.row, &place.text, &place.redacted)? {
            store::delete_row(tx, name, place.row)?;
        }
    }
    if !is_left_out(Step::SearchWords) {
        for (index, target) in reworded {
            (index.refresh)(tx, target)?;
        }
    }
    Ok(())
}

/// Which of `values` stand in any text of a file, as themselves or as a part of something else: those cannot be told
/// from others by looking at bytes.
pub fn standing(
    db: &Db,
    modules: &'static [&'static Module],
    file: data_map::File,
    values: &mut dyn FnMut(&str),
) -> Result<(), Error> {
    let tables = modules.iter().flat_map(|module| module.tables).copied();
    for table in tables.filter(|table| table.file == file && !APART.contains(&table.name)) {
        let types = store::column_types(db, table.name)?;
        let texts: Vec<String> =
            types.into_iter().filter(|(_, kind, _)| kind == "TEXT" || kind == "ANY").map(|(name, ..)| name).collect();
        if !texts.is_empty() {
            store::each_text(db, table.name, &texts, "0", None, &mut |at| {
                values(at.text);
                Ok(())
            })?;
        }
    }
    Ok(())
}
