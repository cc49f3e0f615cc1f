//! Every declared rule at its edge, whatever it does and however it finds its moment: one millisecond before, the row
//! stays as it is; at the moment, it goes or loses what the rule takes from it.

use std::collections::{BTreeMap, HashMap};

use super::planting::{Dice, plant};
use super::{FILES, NOW, Place, governed, names};
use crate::clock::Timestamp;
use crate::privacy::data_map::{File, Table};
use crate::privacy::retention::store::Question;
use crate::privacy::retention::{Action, Rule};

/// No rule reaches so far.
const FAR: Timestamp = Timestamp(NOW.0 + Timestamp::DAY * 20_000);

fn question(table: &'static Table, rule: &'static Rule, at: Timestamp) -> Question<'static> {
    Question { table, rule, days: rule.days, at, held: None, person: None }
}

/// The rows that the rule would take at a moment, and when each one's time was over.
fn due(
    place: &Place,
    file: File,
    table: &'static Table,
    rule: &'static Rule,
    at: Timestamp,
) -> BTreeMap<String, Timestamp> {
    let mut found = BTreeMap::new();
    let mut collect = |row: String, goes: Timestamp, _: bool| {
        found.insert(row, goes);
        Ok(())
    };
    place.file(file).read(at, |db| question(table, rule, at).each(db, &mut collect)).unwrap();
    found
}

/// When a row's time is over, asked of the file alone: the moment and the days, without the code of the rules.
fn over(place: &Place, file: File, table: &Table, rule: &Rule, row: &str) -> Option<i64> {
    let names: Vec<String> = rule.row.split(", ").map(|column| format!("quote({column})")).collect();
    let sql = format!("SELECT {} FROM {} WHERE {} = :row", rule.moment, table.name, names.join(" || ' ' || "));
    let moment: Option<i64> = place.file(file).read(NOW, |db| db.value(&sql, &[(":row", &row)])).unwrap().flatten();
    Some(moment? + i64::from(rule.days) * Timestamp::DAY)
}

fn let_go(place: &Place, file: File, table: &'static Table, rule: &'static Rule, at: Timestamp) -> usize {
    let workspace = (file == File::Workspace).then_some(&*place.workspace);
    place.write(file, at, |tx| question(table, rule, at).let_go(tx, workspace, 1_000))
}

#[test]
fn every_rule_acts_at_its_moment_and_not_a_millisecond_before() {
    let (mut expressions, mut redactions, mut tried) = (0, 0, 0);
    for file in FILES {
        for (table, rule) in governed(file) {
            let place = Place::new();
            let mut dice = Dice(0xed6e + u64::from(rule.days));
            // A row whose time is the only thing that decides: one that waits for something else too is passed over.
            let row = (0..400).find_map(|_| {
                place.write(file, NOW, |tx| {
                    plant(tx, &mut dice, table.name, &HashMap::new());
                    Ok(())
                });
                let rows = due(&place, file, table, rule, FAR);
                rows.into_iter().find(|(row, goes)| due(&place, file, table, rule, *goes).contains_key(row))
            });
            let (row, goes) = row.unwrap_or_else(|| panic!("no row was planted that {} is about", rule.key));
            assert_eq!(over(&place, file, table, rule, &row), Some(goes.0), "{}: another moment", rule.key);
            let before = goes.plus(-1);
            assert!(!due(&place, file, table, rule, before).contains_key(&row), "{} is due too early", rule.key);
            let_go(&place, file, table, rule, before);
            assert!(names(&place, file, table, rule).contains(&row), "{} took it too early", rule.key);
            assert!(due(&place, file, table, rule, goes).contains_key(&row), "{} emptied it too early", rule.key);
            assert!(let_go(&place, file, table, rule, goes) > 0, "{} let nothing go", rule.key);
            let is_there = names(&place, file, table, rule).contains(&row);
            assert_eq!(is_there, !rule.takes_rows(), "{}: the row itself", rule.key);
            assert!(!due(&place, file, table, rule, FAR).contains_key(&row), "{} left what it takes", rule.key);
            tried += 1;
            expressions += usize::from(super::moment_column(rule).is_none());
            redactions += usize::from(matches!(rule.action, Action::Redact { .. }));
        }
    }
    assert!(expressions > 2 && redactions > 2, "{expressions} expressions, {redactions} redactions, {tried} rules");
    assert_eq!(tried, FILES.into_iter().map(|file| governed(file).count()).sum::<usize>());
}
