//! What an erasure would do: what goes, what is taken out elsewhere, what stays and why.

use serde_json::{Value, json};

use super::keeping::{FILES, Keeping, Kept};
use super::elsewhere;
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
    /// Files on records of others that are looked through for them, and left as they are.
    pub others_files: usize,
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

/// True when something that is held hangs on the person's own record: then that stays, and is emptied.
pub fn is_bearing(
    db: &Db,
    modules: &'static [&'static Module],
    person: &Person,
    keeping: &Keeping,
) -> Result<bool, Error> {
    for (table, about) in subject::tables(modules, person.kind) {
        let held = format!("({about}) AND {}", keeping.held(table));
        if table.name != person.kind.table
            && store::goes_along(db, table.name, person.kind.table)?
            && store::count(db, table, &held, person)? > 0
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What would happen in the tables that a way leads to from the person. Where others' records name them is not looked
/// for: that reads every note there is.
pub fn in_tables(db: &Db, modules: &'static [&'static Module], person: &Person) -> Result<Plan, Error> {
    let (values, identities) = Values::of(db, person)?;
    let sought = Sought { values, identities: identities.len(), found: Vec::new(), files: 0 };
    told(db, modules, person, &Keeping::of(db, modules)?, &sought)
}

/// What would happen in the database, while so many waiting files name the person.
pub fn of(db: &Db, modules: &'static [&'static Module], person: &Person, files: usize) -> Result<Plan, Error> {
    let (values, identities) = Values::of(db, person)?;
    let keeping = Keeping::of(db, modules)?;
    let found = mentions::search(db, modules, &Needles::new(&values)?, Some(person), &keeping)?;
    told(db, modules, person, &keeping, &Sought { values, identities: identities.len(), found, files })
}

/// What is known of a person, and where else it stands.
struct Sought {
    values: Values,
    identities: usize,
    found: Vec<mentions::Found>,
    files: usize,
}

fn told(
    db: &Db,
    modules: &'static [&'static Module],
    person: &Person,
    keeping: &Keeping,
    sought: &Sought,
) -> Result<Plan, Error> {
    let Sought { values, identities, found, files } = sought;
    let kept = keeping.kept(db, person, found, *files)?;
    let is_bearing = is_bearing(db, modules, person, keeping)?;
    let mut plan = Plan {
        name: (person.kind.name)(db, person.id())?,
        going: Vec::new(),
        staying: Vec::new(),
        mentions: Vec::new(),
        values: values.len(),
        shared_names: values.shared_names,
        files: if keeping.files().is_none() { *files } else { 0 },
        others_files: 0,
        suppressed: *identities,
        holds: keeping.named(&kept),
        kept,
    };
    for (table, condition) in subject::tables(modules, person.kind) {
        let rows = store::count(db, table, &keeping.free(table, &condition), person)?;
        if rows == 0 {
            continue;
        }
        let (name, label) = (table.name, table.label);
        if table.erasure == Erasure::DeleteRow {
            let is_emptied = is_bearing && name == person.kind.table;
            plan.going.push(Going { table: name, label, rows, is_emptied });
            continue;
        }
        if !emptied(table).is_empty() {
            plan.going.push(Going { table: name, label, rows, is_emptied: true });
        }
        if let Some((because, days)) = self::kept(table) {
            plan.staying.push(Staying { table: name, label, rows, because, days });
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
    workspace.file.read(app.now(), |db| {
        let others_files = elsewhere::count(db, app.modules, person)?;
        Ok(Plan { others_files, ..of(db, app.modules, person, files)? })
    })
}

impl Plan {
    /// For programs.
    pub fn json(&self) -> Value {
        json!({
            "goes": self.going.iter().map(|g| json!({ "table": g.table, "label": g.label, "rows": g.rows, "emptied": g.is_emptied })).collect::<Vec<_>>(),
            "stays": self.staying.iter().map(|s| json!({ "table": s.table, "label": s.label, "rows": s.rows, "because": s.because, "days": s.days })).collect::<Vec<_>>(),
            "mentions": self.mentions.iter().map(|m| json!({ "table": m.table, "label": m.label, "rows": m.rows })).collect::<Vec<_>>(),
            "files": self.files,
            "others_files": self.others_files,
            "values": self.values,
            "shared_names": self.shared_names,
            "suppressed": self.suppressed,
            "held": self.kept,
            "holds": self.holds.iter().map(|hold| hold.id.0).collect::<Vec<_>>(),
        })
    }
}
