//! What will be gone by a date, by which rule, and what stays because somebody holds it. Asks the same questions as
//! the engine: a test lets the clock run and compares.

use std::collections::BTreeMap;

use super::engine::{Term, frozen, held_by};
use super::store::Question;
use super::{Rule, rules};
use crate::clock::Timestamp;
use crate::db::Db;
use crate::error::Error;
use crate::module::Module;
use crate::privacy::data_map::{File, Table};
use crate::privacy::holds::Frozen;
use crate::privacy::subject::{self, Person};

/// What one rule will do.
#[derive(Debug, Clone)]
pub struct Expected {
    pub table: &'static Table,
    pub rule: &'static Rule,
    pub days: u32,
    /// Rows whose time will be over.
    pub rows: i64,
    /// Of them those that stay.
    pub held: i64,
    /// By month, `2027-03`: rows that go, and rows that would but are held.
    pub months: BTreeMap<String, (i64, i64)>,
}

/// One row that will go.
pub struct Going {
    pub rule: &'static Rule,
    pub at: Timestamp,
    pub is_held: bool,
}

/// Whose rows a forecast is about.
pub type About<'a> = Option<&'a Person>;

/// What each rule will have done by `until`, rules that will have nothing left out.
pub fn expected(
    db: &Db,
    modules: &'static [&'static Module],
    file: File,
    until: Timestamp,
    about: About,
) -> Result<Vec<Expected>, Error> {
    let mut found = Vec::new();
    each_question(db, modules, file, until, about, &mut |question| {
        let mut months = BTreeMap::new();
        let (mut rows, mut held) = (0, 0);
        for (month, count, frozen) in question.months(db, db.now)? {
            rows += count;
            held += frozen;
            months.insert(month, (count - frozen, frozen));
        }
        if rows > 0 {
            let (table, rule, days) = (question.table, question.rule, question.days);
            found.push(Expected { table, rule, days, rows, held, months });
        }
        Ok(())
    })?;
    Ok(found)
}

/// Every row that will go by `until`, or would but is held: the table, what names it there, and when.
pub fn each_row(
    db: &Db,
    modules: &'static [&'static Module],
    file: File,
    until: Timestamp,
    about: About,
    each: &mut dyn FnMut(&'static Table, String, &Going) -> Result<(), Error>,
) -> Result<(), Error> {
    each_question(db, modules, file, until, about, &mut |question| {
        question
            .each(db, &mut |row, at, is_held| each(question.table, row, &Going { rule: question.rule, at, is_held }))
    })
}

/// The rules of one file as they hold at one moment, for whoever asks about many rows.
pub struct Timetable {
    modules: &'static [&'static Module],
    frozen: Frozen,
    rules: Vec<(&'static Table, &'static Rule, u32)>,
}

impl Timetable {
    pub fn load(db: &Db, modules: &'static [&'static Module], file: File) -> Result<Timetable, Error> {
        let mut all = Vec::new();
        for (table, rule) in rules(modules, file).filter(|(_, rule)| rule.takes_rows()) {
            if let Some(term) = Term::of(db, file, rule)? {
                all.push((table, rule, term.days));
            }
        }
        Ok(Timetable { modules, frozen: frozen(db, modules, file, db.now)?, rules: all })
    }

    /// When a row goes and by which rule, the first of several; `None` for one that stays as long as what it belongs
    /// to.
    pub fn when(&self, db: &Db, table: &'static Table, id: i64) -> Result<Option<Going>, Error> {
        let mut first: Option<Going> = None;
        for (_, rule, days) in self.rules.iter().filter(|(other, rule, _)| other.name == table.name && rule.has_id()) {
            let held = held_by(&self.frozen, self.modules, table, rule);
            let question = Question { table, rule, days: *days, at: db.now, held: held.as_deref(), person: None };
            if let Some((at, is_held)) = question.of_row(db, id)?
                && first.as_ref().is_none_or(|going| at < going.at)
            {
                first = Some(Going { rule, at, is_held });
            }
        }
        Ok(first)
    }
}

/// When one row goes, as [`Timetable::when`].
pub fn when(
    db: &Db,
    modules: &'static [&'static Module],
    table: &'static Table,
    id: i64,
) -> Result<Option<Going>, Error> {
    Timetable::load(db, modules, table.file)?.when(db, table, id)
}

/// What the rules will let go of one person's data by `until`.
pub fn of_person(
    db: &Db,
    modules: &'static [&'static Module],
    person: &Person,
    until: Timestamp,
) -> Result<Vec<Expected>, Error> {
    expected(db, modules, person.kind.file, until, Some(person))
}

fn each_question(
    db: &Db,
    modules: &'static [&'static Module],
    file: File,
    until: Timestamp,
    about: About,
    each: &mut dyn FnMut(&Question) -> Result<(), Error>,
) -> Result<(), Error> {
    let frozen = frozen(db, modules, file, until)?;
    let ids = about.map(Person::ids_json).unwrap_or_default();
    for (table, rule) in rules(modules, file) {
        let Some(term) = Term::of(db, file, rule)? else { continue };
        let condition = match about {
            None => None,
            Some(person) => match subject::condition_of(modules, person.kind, table) {
                Some(condition) => Some(condition),
                None => continue,
            },
        };
        let held = held_by(&frozen, modules, table, rule);
        let person = condition.as_deref().zip(about).map(|(sql, person)| (sql, person.kind.word, ids.as_str()));
        each(&Question { table, rule, days: term.days, at: until, held: held.as_deref(), person })?;
    }
    Ok(())
}
