//! What a workspace chooses: how long, within what is allowed, and whether at all.

use super::engine::{Term, frozen, held_by};
use super::store::{self, Question};
use super::{Rule, guard};
use crate::db::{Actor, Db, Tx};
use crate::error::Error;
use crate::module::Module;
use crate::privacy::audit::{self, Event};
use crate::privacy::data_map::{File, Table};

pub use super::store::{RunRow, Tally, last_by_rule, last_known, run, runs, settings, tallies};

/// What holds for a rule in one workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setting {
    pub days: u32,
    pub is_on: bool,
    /// 1 while nobody chose anything.
    pub version: i64,
}

impl Setting {
    /// What holds until somebody chooses otherwise.
    pub fn of(rule: &Rule) -> Setting {
        Setting { days: rule.days, is_on: rule.is_on, version: 1 }
    }
}

/// What holds for a rule now.
pub fn setting(db: &Db, rule: &Rule) -> Result<Setting, Error> {
    Ok(store::settings(db)?.remove(rule.key).unwrap_or(Setting::of(rule)))
}

/// The days that hold for a rule of a workspace; `None` when it is off.
pub fn days(db: &Db, rule: &Rule) -> Result<Option<u32>, Error> {
    Ok(Term::of(db, File::Workspace, rule)?.map(|term| term.days))
}

/// What a choice would do with the next run: rows that go, and rows that stay because they are held.
pub fn consequence(
    db: &Db,
    modules: &'static [&'static Module],
    table: &'static Table,
    rule: &'static Rule,
    days: u32,
) -> Result<(i64, i64), Error> {
    let frozen = frozen(db, modules, File::Workspace, db.now)?;
    let held = held_by(&frozen, modules, table, rule);
    let question = Question { table, rule, days, at: db.now, held: held.as_deref(), person: None };
    let (rows, held) = question.count(db)?;
    Ok((rows - held, held))
}

/// Fails, naming the floor or the ceiling, when a workspace may not choose this.
pub fn check(rule: &Rule, days: u32, is_on: bool) -> Result<(), Error> {
    if !is_on && !rule.may_be_off {
        return Err(Error::field("is_on", "always_on", format!("This rule cannot be switched off. {}", rule.because)));
    }
    if days < rule.least {
        let message = format!("Enter {} days or more. {}", rule.least, rule.because);
        return Err(Error::field("days", "below_floor", message));
    }
    if days > rule.most {
        let message = format!("Enter {} days or fewer. {}", rule.most, rule.because);
        return Err(Error::field("days", "above_ceiling", message));
    }
    Ok(())
}

/// Chooses for a rule. `version` is what the chooser saw.
pub fn choose(tx: &Tx, rule: &Rule, days: u32, is_on: bool, version: Option<i64>) -> Result<Setting, Error> {
    let before = setting(tx, rule)?;
    if version.is_some_and(|version| version != before.version) {
        return Err(Error::Stale(before.version));
    }
    check(rule, days, is_on)?;
    if (days, is_on) == (before.days, before.is_on) {
        return Ok(before);
    }
    let by = match tx.origin.actor {
        Actor::Member(member) | Actor::Token(_, member) => Some(member),
        _ => None,
    };
    store::set(tx, rule, days, is_on, by)?;
    let event = Event::new("privacy.retention.rule_changed").on("retention_rule", rule.key);
    let event = event.detail("days", days).detail("is_on", is_on);
    audit::record(tx, event.detail("days_before", before.days).detail("was_on", before.is_on))?;
    setting(tx, rule)
}

/// Writes down that somebody asked for a run before its hour.
pub fn ask(tx: &Tx) -> Result<(), Error> {
    audit::record(tx, Event::new("privacy.retention.asked"))
}

/// Notes that a person looked at the clock and found it right, so that the next run trusts it.
pub fn confirm_clock(tx: &Tx) -> Result<(), Error> {
    if guard::doubt(tx)?.is_none() {
        return Ok(());
    }
    let run = store::begin(tx)?;
    store::finish(tx, run)?;
    audit::record(tx, Event::new("privacy.retention.clock_confirmed").on("retention_run", run))
}
