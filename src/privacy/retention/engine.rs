//! Lets go of what has come to its time, rule by rule in small batches. Stopping it anywhere loses nothing: the next
//! run goes on with the numbers of the one that was cut short.

use std::collections::BTreeMap;

use super::store::{self, Question, Tally};
use super::{Action, Rule, Setting, guard, rules};
use crate::clock::{Stopwatch, Timestamp};
use crate::db::{Db, DbFile, Origin, Tx, Workspace};
use crate::error::Error;
use crate::id::RetentionRunId;
use crate::module::Module;
use crate::privacy::audit::{self, Event};
use crate::privacy::data_map::{File, Subject, Table};
use crate::privacy::faults;
use crate::privacy::holds::{self, Frozen};
use crate::privacy::requests;

/// Rows of one transaction: about a twentieth of a second, so that members do not notice.
const BATCH: i64 = 500;

/// One run over one file.
pub struct Run<'a> {
    pub modules: &'static [&'static Module],
    pub file: &'a DbFile,
    /// `None` for the installation's own file.
    pub workspace: Option<&'a Workspace>,
    pub now: Timestamp,
    pub origin: Origin,
    /// Asked between batches.
    pub is_stopping: &'a dyn Fn() -> bool,
    /// Told after each rule: counts only.
    pub tell: &'a dyn Fn(&str) -> Result<(), Error>,
}

/// What a run did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Done {
    pub acted: i64,
    pub held: i64,
    /// False when it was stopped; the next one goes on.
    pub is_whole: bool,
}

impl Run<'_> {
    fn which(&self) -> File {
        if self.workspace.is_some() { File::Workspace } else { File::Control }
    }

    /// Lets go of everything whose time is over and that nobody holds.
    ///
    /// Fails with [`Error::Conflict`] when the clock cannot be right; then nothing was touched.
    pub fn work(&self) -> Result<Done, Error> {
        if let Some(doubt) = self.file.read(self.now, guard::doubt)? {
            return Err(Error::Conflict(doubt));
        }
        if self.workspace.is_some() {
            self.file.write(self.now, &self.origin, holds::service::release_ended)?;
        }
        let run = self.file.write_unaudited(self.now, &self.origin, store::begin)?;
        for (table, rule) in rules(self.modules, self.which()) {
            if !self.apply(run, table, rule)? {
                return Ok(Done::default());
            }
        }
        faults::reached("before_ending_a_run");
        let done = self.file.write_unaudited(self.now, &self.origin, |tx| finish(tx, run))?;
        if done.acted > 0 {
            // What went must leave the bytes too: the log beside the file still holds the pages as they were.
            self.file.empty_log()?;
        }
        Ok(done)
    }

    /// False when it was stopped.
    fn apply(&self, run: RetentionRunId, table: &'static Table, rule: &'static Rule) -> Result<bool, Error> {
        if matches!(rule.action, Action::Elsewhere { .. }) {
            return Ok(true);
        }
        let Some(term) = self.file.read(self.now, |db| Term::of(db, self.which(), rule))? else { return Ok(true) };
        let mut acted = 0;
        loop {
            if (self.is_stopping)() {
                return Ok(false);
            }
            let batch =
                self.file.write_unaudited(self.now, &self.origin, |tx| self.step(tx, run, table, rule, term))?;
            acted += batch;
            if batch > 0 {
                faults::reached("after_a_batch");
            }
            if batch < BATCH {
                break;
            }
            (self.tell)(&format!("{}: {acted}", rule.label))?;
        }
        if let (Action::Hook { after: Some(after), .. }, Some(workspace)) = (rule.action, self.workspace)
            && acted > 0
        {
            after(workspace, self.now, &self.origin)?;
        }
        Ok(true)
    }

    /// One batch and its place in the numbers of the run, in one transaction. What is frozen is read anew each time:
    /// a hold that is placed while a run is under way holds from the next batch on.
    fn step(
        &self,
        tx: &Tx,
        run: RetentionRunId,
        table: &'static Table,
        rule: &'static Rule,
        term: Term,
    ) -> Result<i64, Error> {
        let watch = Stopwatch::start();
        let frozen = frozen(tx, self.modules, self.which(), tx.now)?;
        let held = held_by(&frozen, self.modules, table, rule);
        let question = |days: u32| Question { table, rule, days, at: tx.now, held: held.as_deref(), person: None };
        let acted = i64::try_from(question(term.days).let_go(tx, self.workspace, BATCH)?).unwrap_or(i64::MAX);
        let mut tally = Tally { rule: rule.key.into(), selected: acted, acted, ..Tally::default() };
        if acted < BATCH {
            if held.is_some() {
                tally.held = question(term.days).count(tx)?.1;
            }
            if term.asked < term.days {
                tally.floor = question(term.asked).count(tx)?.0 - tally.held;
            }
            tally.selected += tally.held + tally.floor;
        }
        if tally.selected > 0 {
            tally.ms = i64::try_from(watch.elapsed().as_millis()).unwrap_or(i64::MAX);
            store::add(tx, run, &tally)?;
        }
        Ok(acted)
    }
}

/// How many days hold, and how many the workspace asked for.
#[derive(Clone, Copy)]
pub(super) struct Term {
    pub days: u32,
    asked: u32,
}

impl Term {
    /// `None` when the rule is off. A setting below a floor that came later counts as the floor.
    pub fn of(db: &Db, file: File, rule: &Rule) -> Result<Option<Term>, Error> {
        let setting = match file {
            File::Workspace => store::settings(db)?.remove(rule.key),
            File::Control => None,
        };
        Ok(Term::from(rule, setting))
    }

    pub fn from(rule: &Rule, setting: Option<Setting>) -> Option<Term> {
        let setting = setting.unwrap_or(Setting::of(rule));
        let is_on = setting.is_on || !rule.may_be_off;
        is_on.then(|| Term { days: setting.days.clamp(rule.least, rule.most), asked: setting.days.min(rule.most) })
    }
}

/// What retention leaves alone: what a hold covers, and people whose data is restricted (Art. 18: kept, not used) or
/// who have an open request: neither its evidence nor what was done for it goes before the answer. A hold that ends by
/// itself before `at` keeps nothing then.
pub(super) fn frozen(db: &Db, modules: &'static [&'static Module], file: File, at: Timestamp) -> Result<Frozen, Error> {
    match file {
        File::Control => Ok(Frozen::nothing(modules)),
        File::Workspace => {
            let mut frozen = Frozen::holds(db, modules, at)?;
            for (kind, id) in crate::privacy::restriction::people_in_force(db)? {
                frozen.add(db, &kind, id)?;
            }
            for (kind, id) in requests::people_with_open(db)? {
                frozen.add(db, &kind, id)?;
            }
            for id in requests::open_ids(db)? {
                frozen.add(db, requests::RECORD.word, id)?;
            }
            Ok(frozen)
        }
    }
}

/// The condition under which a row of the rule is frozen, by itself or by a row that would go along.
pub(super) fn held_by(
    frozen: &Frozen,
    modules: &'static [&'static Module],
    table: &'static Table,
    rule: &Rule,
) -> Option<String> {
    let mut parts: Vec<String> = frozen.condition(table).into_iter().collect();
    for (child, column) in rule.children {
        let found = modules
            .iter()
            .flat_map(|module| module.tables)
            .copied()
            .find(|other| other.name == *child && other.file == table.file);
        if let Some(condition) = found.and_then(|child| frozen.condition(child)) {
            let of_kind = of_kind(modules, table, found, column);
            parts.push(format!("id IN (SELECT {column} FROM {child} WHERE ({condition}){of_kind})"));
        }
    }
    let held = (!parts.is_empty()).then(|| parts.join(" OR "))?;
    Some(match rule.action {
        // Its rows go in their order, so what follows a held one stays with it.
        Action::Elsewhere { .. } => {
            format!("{row} >= (SELECT min({row}) FROM {} WHERE ({held}) IS TRUE)", table.name, row = rule.row)
        }
        _ => held,
    })
}

/// Narrows rows that hang on records of several kinds to those on the kind of this table.
fn of_kind(
    modules: &'static [&'static Module],
    table: &'static Table,
    child: Option<&'static Table>,
    column: &str,
) -> String {
    let Some(Subject::Polymorphic { kind, id }) = child.map(|child| child.subject) else { return String::new() };
    let of_table = crate::module::persons(modules, table.file).find(|person| person.table == table.name);
    of_table.filter(|_| id == column).map_or_else(String::new, |person| format!(" AND {kind} = '{}'", person.word))
}

/// The condition for entries of the audit log that must stay beyond their time, because they are frozen.
pub fn kept_entries(db: &Db, modules: &'static [&'static Module], file: File) -> Result<String, Error> {
    let log = modules.iter().flat_map(|module| module.tables).copied().find(|t| t.name == "audit" && t.file == file);
    let frozen = frozen(db, modules, file, db.now)?;
    Ok(log.and_then(|log| frozen.condition(log)).unwrap_or_else(|| "0".into()))
}

/// Ends the run. One that did something has its entry in the log; one that found nothing changed nothing.
fn finish(tx: &Tx, run: RetentionRunId) -> Result<Done, Error> {
    store::finish(tx, run)?;
    let tallies = store::tallies(tx, run)?;
    let mut acted: BTreeMap<&str, i64> = BTreeMap::new();
    for tally in tallies.iter().filter(|tally| tally.acted > 0) {
        acted.insert(&tally.rule, tally.acted);
    }
    let done = Done {
        acted: tallies.iter().map(|tally| tally.acted).sum(),
        held: tallies.iter().map(|tally| tally.held).sum(),
        is_whole: true,
    };
    if done.acted > 0 {
        let by_rule: serde_json::Map<String, serde_json::Value> =
            acted.into_iter().map(|(rule, count)| (rule.to_owned(), count.into())).collect();
        let event = Event::new("privacy.retention.ran").on("retention_run", run).detail("acted", done.acted);
        audit::record(tx, event.detail("held", done.held).detail("rules", serde_json::Value::Object(by_rule)))?;
    }
    Ok(done)
}
