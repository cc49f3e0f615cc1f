//! What an erasure would do: what goes, what is taken out elsewhere, what stays and why.

use serde_json::{Value, json};

use super::mentions;
use super::needles::Needles;
use super::store;
use super::values::Values;
use crate::app::App;
use crate::db::{Db, Workspace};
use crate::error::Error;
use crate::module::Module;
use crate::privacy::data_map::{Column, Erasure, Table};
use crate::privacy::holds::{self, Hold};
use crate::privacy::subject::{self, Person};

/// Rows that go, or lose what they say about the person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Going {
    pub table: &'static str,
    pub label: &'static str,
    pub rows: i64,
    /// The rows stay, and columns are emptied.
    pub is_emptied: bool,
}

/// Rows that stay, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Staying {
    pub table: &'static str,
    pub label: &'static str,
    pub rows: i64,
    pub because: &'static str,
    /// Until so many days after they came into being.
    pub days: u32,
}

/// Rows of others that name the person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention {
    pub table: &'static str,
    pub label: &'static str,
    pub rows: usize,
}

/// What an erasure would do now.
#[derive(Debug, Clone)]
pub struct Plan {
    pub name: Option<String>,
    pub going: Vec<Going>,
    pub staying: Vec<Staying>,
    pub mentions: Vec<Mention>,
    /// Values that are looked for: names, addresses, numbers.
    pub values: usize,
    /// Names that somebody else has too: they are not looked for.
    pub shared_names: usize,
    /// Files that wait to be read, such as imports, and name the person.
    pub files: usize,
    /// Addresses and numbers that are refused from then on.
    pub suppressed: usize,
    pub holds: Vec<Hold>,
}

/// Columns that are emptied in rows that stay.
pub fn emptied(table: &'static Table) -> Vec<&'static Column> {
    let by_itself = table.erasure == Erasure::Redact;
    let columns = table.columns.iter();
    columns
        .filter(|c| c.erasure == Some(Erasure::Redact) || by_itself && c.erasure.is_none() && c.is_personal())
        .collect()
}

/// Why rows of a table stay, and for how long; `None` when they do not.
pub fn kept(table: &Table) -> Option<(&'static str, u32)> {
    match table.erasure {
        Erasure::Keep { because, days } => Some((because, days)),
        _ => None,
    }
}

/// What would happen in the tables that a way leads to from the person. Where others' records name them is not looked
/// for: that reads every note there is.
pub fn in_tables(db: &Db, modules: &'static [&'static Module], person: &Person) -> Result<(Plan, Values), Error> {
    let (values, identities) = Values::of(db, person)?;
    let mut plan = Plan {
        name: (person.kind.name)(db, person.id())?,
        going: Vec::new(),
        staying: Vec::new(),
        mentions: Vec::new(),
        values: values.len(),
        shared_names: values.shared_names,
        files: 0,
        suppressed: identities.len(),
        holds: holds::of_person(db, modules, person)?,
    };
    for (table, condition) in subject::tables(modules, person.kind) {
        let rows = store::count(db, table, &condition, person)?;
        if rows == 0 {
            continue;
        }
        let (name, label) = (table.name, table.label);
        if table.erasure == Erasure::DeleteRow {
            plan.going.push(Going { table: name, label, rows, is_emptied: false });
            continue;
        }
        if !emptied(table).is_empty() {
            plan.going.push(Going { table: name, label, rows, is_emptied: true });
        }
        if let Some((because, days)) = kept(table) {
            plan.staying.push(Staying { table: name, label, rows, because, days });
        }
    }
    Ok((plan, values))
}

/// What would happen in the database.
pub fn of(db: &Db, modules: &'static [&'static Module], person: &Person) -> Result<(Plan, Values), Error> {
    let (mut plan, values) = in_tables(db, modules, person)?;
    let found = mentions::search(db, modules, &Needles::new(&values)?, Some(person))?;
    plan.mentions = mentions::by_table(&found)
        .into_iter()
        .map(|(table, rows)| Mention { table: table.name, label: table.label, rows })
        .collect();
    Ok((plan, values))
}

/// The same with the files that wait to be read.
pub fn with_files(app: &App, workspace: &Workspace, person: &Person) -> Result<Plan, Error> {
    let (mut plan, values) = workspace.file.read(app.now(), |db| of(db, app.modules, person))?;
    plan.files = super::destroy::files_naming(app, workspace, &Needles::new(&values)?)?.len();
    Ok(plan)
}

impl Plan {
    /// For programs.
    pub fn json(&self) -> Value {
        json!({
            "goes": self.going.iter().map(|g| json!({ "table": g.table, "label": g.label, "rows": g.rows, "emptied": g.is_emptied })).collect::<Vec<_>>(),
            "stays": self.staying.iter().map(|s| json!({ "table": s.table, "label": s.label, "rows": s.rows, "because": s.because, "days": s.days })).collect::<Vec<_>>(),
            "mentions": self.mentions.iter().map(|m| json!({ "table": m.table, "label": m.label, "rows": m.rows })).collect::<Vec<_>>(),
            "files": self.files,
            "values": self.values,
            "shared_names": self.shared_names,
            "suppressed": self.suppressed,
            "holds": self.holds.iter().map(|hold| hold.id.0).collect::<Vec<_>>(),
        })
    }
}
