//! What an erasure would do: what goes, what is taken out elsewhere, what stays and why.

use serde_json::{Value, json};

use super::keeping::{FILES, Keeping, Kept};
use super::mentions;
use super::needles::Needles;
use super::store;
use super::values::Values;
use crate::app::App;
use crate::db::{Db, Workspace};
use crate::error::Error;
use crate::module::Module;
use crate::privacy::data_map::{Column, Erasure, File, Table};
use crate::privacy::holds::Hold;
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
    /// What legal holds keep, by table and hold.
    pub kept: Vec<Kept>,
    /// Those holds, the oldest first.
    pub holds: Vec<Hold>,
}

/// What people call a table; files that wait to be read count as one.
pub fn label(modules: &'static [&'static Module], table: &str) -> &'static str {
    let mut tables = modules.iter().flat_map(|module| module.tables);
    match tables.find(|known| known.file == File::Workspace && known.name == table) {
        Some(known) if table != FILES => known.label,
        _ => "Files that wait to be read",
    }
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

    plan.mentions = mentions::by_table(found)
        .into_iter()
        .map(|(table, rows)| Mention { table: table.name, label: table.label, rows })
        .collect();
    Ok(plan)
}

/// The same, after a look into the files that wait to be read.
pub fn with_files(app: &App, workspace: &Workspace, person: &Person) -> Result<Plan, Error> {
    let (values, _) = workspace.file.read(app.now(), |db| Values::of(db, person))?;
    let files = super::destroy::files_naming(app, workspace, &Needles::new(&values)?)?.len();
    workspace.file.read(app.now(), |db| of(db, app.modules, person, files))
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
            "held": self.kept,
            "holds": self.holds.iter().map(|hold| hold.id.0).collect::<Vec<_>>(),
        })
    }
}
