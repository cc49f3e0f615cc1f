//! What must not go, as SQL conditions on any table: derived from the data map, so that a hold on a person reaches
//! every row about them in every table there is.

use super::{Hold, Scope, store};
use crate::clock::Timestamp;
use crate::db::Db;
use crate::error::Error;
use crate::module::Module;
use crate::privacy::data_map::{Reading, Subject, Table};
use crate::privacy::subject::{self, Person};

/// Everything that is frozen in one file at one moment.
pub struct Frozen {
    modules: &'static [&'static Module],
    is_all: bool,
    /// Tables of which nothing may go.
    tables: Vec<String>,
    persons: Vec<Person>,
    /// Other records, and single rows by the name of their table.
    records: Vec<(String, i64)>,
}

impl Frozen {
    /// Nothing is frozen: for the installation's own file, which no workspace can hold.
    pub fn nothing(modules: &'static [&'static Module]) -> Frozen {
        Frozen { modules, is_all: false, tables: Vec::new(), persons: Vec::new(), records: Vec::new() }
    }

    /// What these holds cover.
    pub fn by(db: &Db, modules: &'static [&'static Module], holds: &[Hold]) -> Result<Frozen, Error> {
        let mut frozen = Frozen::nothing(modules);
        for hold in holds {
            match hold.scope {
                Scope::Workspace => frozen.is_all = true,
                Scope::Category => frozen.tables.push(hold.category.clone()),
                Scope::Record | Scope::Person => frozen.add(db, &hold.on_type, hold.on_id)?,
            }
        }
        Ok(frozen)
    }

    /// What all holds cover that are in force at a moment: some of today's end by themselves before.
    pub fn holds(db: &Db, modules: &'static [&'static Module], at: Timestamp) -> Result<Frozen, Error> {
        Frozen::by(db, modules, &store::in_force(db, at)?)
    }

    /// Freezes one person or record too, for a reason of the caller's.
    pub fn add(&mut self, db: &Db, kind: &str, id: i64) -> Result<(), Error> {
        match subject::kind(self.modules, kind) {
            Some(kind) => self.persons.push(Person::of(db, kind, id)?),
            None => self.records.push((kind.to_owned(), id)),
        }
        Ok(())
    }

    /// True when nothing at all may go, files too.
    pub fn is_everything(&self) -> bool {
        self.is_all
    }

    pub fn is_empty(&self) -> bool {
        !self.is_all && self.tables.is_empty() && self.persons.is_empty() && self.records.is_empty()
    }

    /// A record in the trash, or as it was before a change, is held with the tables that its rows belong to.
    fn in_images(&self, table: &'static Table) -> Option<String> {
        let image = table.columns.iter().find(|column| column.reading == Reading::Image)?;
        if self.tables.is_empty() {
            return None;
        }
        let tables = self.tables.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", ");
        let holds = HOLDS_ROWS.replace("(image,", &format!("({},", image.name)).replace(":tables", &tables);
        Some(format!("CASE WHEN json_valid({}) THEN EXISTS ({holds}) ELSE 0 END", image.name))
    }

    /// The condition under which a row of the table is frozen, without parameters; `None` when no row is.
    /// Ask it with `IS TRUE`: it is NULL where the row points at nobody.
    pub fn condition(&self, table: &'static Table) -> Option<String> {
        if self.is_all || self.tables.iter().any(|name| name == table.name) {
            return Some("1".into());
        }
        let mut parts = Vec::new();
        for kind in crate::module::persons(self.modules, table.file) {
            let of_kind = self.persons.iter().filter(|person| person.kind.word == kind.word);
            let ids: Vec<i64> = of_kind.flat_map(|person| person.ids.iter().copied()).collect();
            if let (false, Some(condition)) = (ids.is_empty(), subject::condition_of(self.modules, kind, table)) {
                let ids = quoted(&format!("{ids:?}"));
                parts.push(condition.replace(":kind", &quoted(kind.word)).replace(":ids", &ids));
            }
        }
        for (kind, id) in &self.records {
            match table.subject {
                _ if kind == table.name => parts.push(format!("id = {id}")),
                Subject::Polymorphic { kind: column, id: row } => {
                    parts.push(format!("{column} = {} AND {row} = {id}", quoted(kind)));
                }
                Subject::Object(column) => parts.push(format!("{column} = {}", quoted(&format!("{kind}:{id}")))),
                _ => {}
            }
        }
        parts.extend(self.in_images(table));
        (!parts.is_empty()).then(|| format!("({})", parts.join(") OR (")))
    }
}

/// The JSON of an image names each table whose rows it holds (`people/images`).
const HOLDS_ROWS: &str = "SELECT 1 FROM json_each(image, '$.tables') AS part
    WHERE part.value ->> '$.table' IN (:tables) AND json_array_length(part.value, '$.rows') > 0";

fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', "''"))
}
