//! SQL made of rules, and the tables `retention_settings`, `retention_runs` and `retention_run_rules`.

use std::collections::HashMap;

use rusqlite::{Row, ToSql};

use super::{Action, Rule, Setting};
use crate::clock::Timestamp;
use crate::db::{Db, Tx, Workspace};
use crate::error::Error;
use crate::id::{MemberId, RetentionRunId};
use crate::privacy::data_map::Table;

/// What a workspace chose, by the key of the rule.
pub fn settings(db: &Db) -> Result<HashMap<String, Setting>, Error> {
    let rows = db.rows("SELECT rule, days, is_on, version FROM retention_settings", &[], |row| {
        Ok((row.get::<_, String>(0)?, Setting { days: row.get(1)?, is_on: row.get(2)?, version: row.get(3)? }))
    })?;
    Ok(rows.into_iter().collect())
}

pub fn set(tx: &Tx, rule: &Rule, days: u32, is_on: bool, by: Option<MemberId>) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO retention_settings (rule, days, is_on, updated_by, updated_at, version)
         VALUES (:rule, :days, :on, :by, :now, 2)
         ON CONFLICT (rule) DO UPDATE SET days = :days, is_on = :on, updated_by = :by, updated_at = :now, version = version + 1",
        &[(":rule", &rule.key), (":days", &days), (":on", &is_on), (":by", &by), (":now", &tx.now)],
    )?;
    Ok(())
}

/// One question to the rows of a rule: its conditions and the values of their parameters.
pub struct Question<'a> {
    pub table: &'static Table,
    pub rule: &'static Rule,
    pub days: u32,
    /// The moment at which it is asked: rows whose time is over by then.
    pub at: Timestamp,
    /// Of `holds::Frozen`.
    pub held: Option<&'a str>,
    /// The rows of one person alone, as `privacy::subject` says it, with its parameters.
    pub person: Option<(&'a str, &'a str, &'a str)>,
}

impl Question<'_> {
    fn before(&self) -> Timestamp {
        self.at.plus(-i64::from(self.days) * Timestamp::DAY)
    }

    fn filter(&self) -> String {
        let due = self.rule.due.map_or_else(|| format!("{} <= :before", self.rule.moment), str::to_owned);
        let person = self.person.map_or_else(String::new, |(condition, ..)| format!(" AND ({condition})"));
        format!("({due}) AND ({}){person}", self.rule.only)
    }

    fn frozen(&self) -> &str {
        self.held.unwrap_or("0")
    }

    /// Runs `work` with the values of the parameters that the statement really has.
    fn ask<T>(
        &self,
        sql: &str,
        more: &[(&'static str, &dyn ToSql)],
        work: impl FnOnce(&str, &[(&str, &dyn ToSql)]) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let before = self.before();
        let (kind, ids) = self.person.map_or(("", ""), |(_, kind, ids)| (kind, ids));
        let mut values: Vec<(&str, &dyn ToSql)> =
            vec![(":before", &before), (":now", &self.at), (":kind", &kind), (":ids", &ids)];
        values.extend(more.iter().map(|(name, value)| (*name, *value)));
        values.retain(|(name, _)| names(sql, name));
        work(sql, &values)
    }

    /// Lets at most `limit` rows go that nobody holds; says how many went.
    pub fn let_go(&self, tx: &Tx, workspace: Option<&Workspace>, limit: i64) -> Result<usize, Error> {
        let (table, row) = (self.table.name, self.rule.row);
        let chosen = format!(
            "SELECT {row} FROM {table} WHERE {} AND ({}) IS NOT TRUE LIMIT :limit",
            self.filter(),
            self.frozen()
        );
        match self.rule.action {
            Action::Erase => {
                let sql = format!("DELETE FROM {table} WHERE ({row}) IN ({chosen})");
                self.ask(&sql, &[(":limit", &limit)], |sql, values| tx.execute(sql, values))
            }
            Action::Redact { set, .. } => {
                let sql = format!("UPDATE {table} SET {set} WHERE ({row}) IN ({chosen})");
                self.ask(&sql, &[(":limit", &limit)], |sql, values| tx.execute(sql, values))
            }
            Action::Hook { take, .. } => {
                let ids: Vec<i64> =
                    self.ask(&chosen, &[(":limit", &limit)], |sql, values| tx.rows(sql, values, |row| row.get(0)))?;
                match workspace {
                    Some(workspace) if !ids.is_empty() => take(tx, workspace, &ids),
                    _ => Ok(0),
                }
            }
            Action::Elsewhere { .. } => Ok(0),
        }
    }

    /// How many rows' time is over, and how many of them are held.
    pub fn count(&self, db: &Db) -> Result<(i64, i64), Error> {
        let sql = format!(
            "SELECT count(*), ifnull(sum(({}) IS TRUE), 0) FROM {} WHERE {}",
            self.frozen(),
            self.table.name,
            self.filter()
        );
        let found = self.ask(&sql, &[], |sql, values| db.row(sql, values, |row| Ok((row.get(0)?, row.get(1)?))))?;
        Ok(found.unwrap_or_default())
    }

    /// The same by month: its first day as `2027-03`, how many go in it, how many of them are held. What is overdue
    /// counts as `from`.
    pub fn months(&self, db: &Db, from: Timestamp) -> Result<Vec<(String, i64, i64)>, Error> {
        let sql = format!(
            "SELECT strftime('%Y-%m', max({} + :term, :from) / 1000, 'unixepoch') AS month, count(*),
                    ifnull(sum(({}) IS TRUE), 0)
             FROM {} WHERE {} GROUP BY month ORDER BY month",
            self.rule.moment,
            self.frozen(),
            self.table.name,
            self.filter()
        );
        let term = self.term();
        self.ask(&sql, &[(":term", &term), (":from", &from)], |sql, values| {
            db.rows(sql, values, |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        })
    }

    /// Every row: what names it, when it goes, whether it is held.
    pub fn each(
        &self,
        db: &Db,
        each: &mut dyn FnMut(String, Timestamp, bool) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let names: Vec<String> = self.rule.row.split(", ").map(|column| format!("quote({column})")).collect();
        let sql = format!(
            "SELECT {}, {} + :term AS goes, ({}) IS TRUE FROM {} WHERE {} ORDER BY goes",
            names.join(" || ' ' || "),
            self.rule.moment,
            self.frozen(),
            self.table.name,
            self.filter()
        );
        let term = self.term();
        self.ask(&sql, &[(":term", &term)], |sql, values| {
            db.each(sql, values, &mut |row| each(row.get(0)?, row.get(1)?, row.get(2)?))
        })
    }

    /// When the row with this id goes, and whether it is held; `None` when the rule is not about it.
    pub fn of_row(&self, db: &Db, id: i64) -> Result<Option<(Timestamp, bool)>, Error> {
        let sql = format!(
            "SELECT {} + :term, ({}) IS TRUE FROM {} WHERE {} = :id AND ({}) AND {} IS NOT NULL",
            self.rule.moment,
            self.frozen(),
            self.table.name,
            self.rule.row,
            self.rule.only,
            self.rule.moment
        );
        let term = self.term();
        self.ask(&sql, &[(":term", &term), (":id", &id)], |sql, values| {
            db.row(sql, values, |row| Ok((row.get(0)?, row.get(1)?)))
        })
    }

    fn term(&self) -> i64 {
        i64::from(self.days) * Timestamp::DAY
    }
}

/// True when the statement has the parameter, and not only a longer one.
fn names(sql: &str, parameter: &str) -> bool {
    sql.match_indices(parameter).any(|(at, _)| {
        let next = sql[at + parameter.len()..].chars().next();
        !next.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_')
    })
}

/// One run of the rules.
#[derive(Debug, Clone)]
pub struct RunRow {
    pub id: RetentionRunId,
    pub started_at: Timestamp,
    /// `None` while it is under way, or cut short.
    pub ended_at: Option<Timestamp>,
    pub acted: i64,
    pub held: i64,
}

/// What one rule did in a run.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    pub rule: String,
    pub selected: i64,
    pub acted: i64,
    pub held: i64,
    pub floor: i64,
    pub ms: i64,
}

/// The run that was cut short, else a new one.
pub fn begin(tx: &Tx) -> Result<RetentionRunId, Error> {
    let open: Option<i64> = tx.value("SELECT max(id) FROM retention_runs WHERE ended_at IS NULL", &[])?.flatten();
    match open {
        Some(id) => Ok(RetentionRunId(id)),
        None => Ok(RetentionRunId(
            tx.insert("INSERT INTO retention_runs (started_at) VALUES (:now)", &[(":now", &tx.now)])?,
        )),
    }
}

/// Adds what a batch did.
pub fn add(tx: &Tx, run: RetentionRunId, tally: &Tally) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO retention_run_rules (run_id, rule, selected, acted, held, floor, ms)
         VALUES (:run, :rule, :selected, :acted, :held, :floor, :ms)
         ON CONFLICT (run_id, rule) DO UPDATE SET selected = selected + :selected, acted = acted + :acted,
             held = :held, floor = :floor, ms = ms + :ms",
        &[
            (":run", &run),
            (":rule", &tally.rule),
            (":selected", &tally.selected),
            (":acted", &tally.acted),
            (":held", &tally.held),
            (":floor", &tally.floor),
            (":ms", &tally.ms),
        ],
    )?;
    Ok(())
}

/// Ends a run; its numbers are those of its rules.
pub fn finish(tx: &Tx, run: RetentionRunId) -> Result<(), Error> {
    tx.execute(
        "UPDATE retention_runs SET ended_at = :now,
             acted = (SELECT ifnull(sum(acted), 0) FROM retention_run_rules WHERE run_id = :run),
             held = (SELECT ifnull(sum(held), 0) FROM retention_run_rules WHERE run_id = :run)
         WHERE id = :run",
        &[(":run", &run), (":now", &tx.now)],
    )?;
    Ok(())
}

/// When the last run ended; without one, when the last thing happened.
pub fn last_known(db: &Db) -> Result<Option<Timestamp>, Error> {
    let run =
        db.value("SELECT ended_at FROM retention_runs WHERE ended_at IS NOT NULL ORDER BY id DESC LIMIT 1", &[])?;
    match run {
        Some(at) => Ok(Some(at)),
        None => db.value("SELECT at FROM audit ORDER BY seq DESC LIMIT 1", &[]),
    }
}

pub fn runs(db: &Db, before: Option<i64>, limit: i64) -> Result<Vec<RunRow>, Error> {
    db.rows(
        "SELECT id, started_at, ended_at, acted, held FROM retention_runs
         WHERE :before IS NULL OR id < :before ORDER BY id DESC LIMIT :limit",
        &[(":before", &before), (":limit", &limit)],
        run_row,
    )
}

pub fn run(db: &Db, id: RetentionRunId) -> Result<Option<RunRow>, Error> {
    db.row("SELECT id, started_at, ended_at, acted, held FROM retention_runs WHERE id = :id", &[(":id", &id)], run_row)
}

pub fn tallies(db: &Db, run: RetentionRunId) -> Result<Vec<Tally>, Error> {
    db.rows(
        "SELECT rule, selected, acted, held, floor, ms FROM retention_run_rules WHERE run_id = :run ORDER BY rule",
        &[(":run", &run)],
        tally,
    )
}

/// The last thing each rule did, with when that was.
pub fn last_by_rule(db: &Db) -> Result<Vec<(Tally, Timestamp)>, Error> {
    db.rows(
        "SELECT t.rule, t.selected, t.acted, t.held, t.floor, t.ms, r.ended_at FROM retention_run_rules t
         JOIN retention_runs r ON r.id = t.run_id
         WHERE r.ended_at IS NOT NULL AND t.run_id = (SELECT max(l.run_id) FROM retention_run_rules l WHERE l.rule = t.rule)",
        &[],
        |row| Ok((tally(row)?, row.get(6)?)),
    )
}

fn tally(row: &Row) -> rusqlite::Result<Tally> {
    Ok(Tally {
        rule: row.get(0)?,
        selected: row.get(1)?,
        acted: row.get(2)?,
        held: row.get(3)?,
        floor: row.get(4)?,
        ms: row.get(5)?,
    })
}

fn run_row(row: &Row) -> rusqlite::Result<RunRow> {
    Ok(RunRow {
        id: row.get(0)?,
        started_at: row.get(1)?,
        ended_at: row.get(2)?,
        acted: row.get(3)?,
        held: row.get(4)?,
    })
}
