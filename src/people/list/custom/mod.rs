//! Conditions on the fields that a workspace defined, answered by the index of their values.

mod reading;
pub(super) mod sorted;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use rusqlite::ToSql;

use super::filter::Condition;
use crate::id::CustomFieldId;
use crate::people::custom_fields::{Compared, Refusal};

pub(super) use reading::Reader;

/// What a list asks of one custom field.
#[derive(Debug, Clone)]
pub struct CustomCondition {
    pub field: CustomFieldId,
    pub asks: Asks,
}

#[derive(Debug, Clone)]
pub enum Asks {
    /// Any value, or none.
    Value(bool),
    Compare(Sign, Compared),
}

/// How a value stands to the one it is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    Equal,
    More,
    AtLeast,
    Less,
    AtMost,
}

impl Sign {
    fn operator(self) -> &'static str {
        match self {
            Sign::Equal => "=",
            Sign::More => ">",
            Sign::AtLeast => ">=",
            Sign::Less => "<",
            Sign::AtMost => "<=",
        }
    }
}

/// As many conditions on custom fields one list can have.
pub(super) const MOST: usize = 16;

/// The parameters of each condition: what is compared with, and the currency.
const PLACES: [(&str, &str); MOST] = [
    (":custom0", ":currency0"),
    (":custom1", ":currency1"),
    (":custom2", ":currency2"),
    (":custom3", ":currency3"),
    (":custom4", ":currency4"),
    (":custom5", ":currency5"),
    (":custom6", ":currency6"),
    (":custom7", ":currency7"),
    (":custom8", ":currency8"),
    (":custom9", ":currency9"),
    (":custom10", ":currency10"),
    (":custom11", ":currency11"),
    (":custom12", ":currency12"),
    (":custom13", ":currency13"),
    (":custom14", ":currency14"),
    (":custom15", ":currency15"),
];

/// Adds a condition; refuses more of them than a statement has places for.
pub(super) fn add(all: &mut Vec<CustomCondition>, condition: CustomCondition) -> Result<(), Refusal> {
    if all.len() >= MOST {
        return Err(("too_many", format!("A list takes {MOST} conditions on fields of your own at most.")));
    }
    all.push(condition);
    Ok(())
}

/// The statements' side of the conditions. `kind` is the word of the records in `on_type`.
pub(super) fn conditions(all: &[CustomCondition], kind: &str) -> Vec<Condition> {
    let mut conditions = Vec::new();
    // Comparisons of one field make one condition, so that the index is asked for both ends at once.
    let mut compared: BTreeMap<i64, Vec<String>> = BTreeMap::new();
    for (condition, (key, currency)) in all.iter().zip(PLACES) {
        let field = condition.field.0;
        match &condition.asks {
            Asks::Value(wanted) => {
                let any = Condition {
                    lead: Some(format!("{} AND position = 0", lead(field))),
                    test: has_value(kind, "$id", field),
                    ordered: false,
                    exact: true,
                };
                conditions.push(if *wanted { any } else { any.reversed() });
            }
            Asks::Compare(Sign::Equal, with) => {
                let equal = format!("sort_key = {key}{}", in_currency(with, currency));
                conditions.push(Condition {
                    test: format!("EXISTS ({} AND {equal} AND on_id = $id)", lead(field)),
                    lead: Some(format!("{} AND {equal}", lead(field))),
                    ordered: true,
                    exact: true,
                });
            }
            Asks::Compare(sign, with) => compared.entry(field).or_default().push(format!(
                "sort_key {} {key}{}",
                sign.operator(),
                in_currency(with, currency)
            )),
        }
    }
    conditions.extend(compared.into_iter().map(|(field, tests)| {
        let tests = tests.join(" AND ");
        // With a plus the planner leaves the index of values aside, which is no help for one id.
        let of_one = tests.replace("sort_key", "+sort_key");
        Condition {
            lead: Some(format!("{} AND {tests}", lead(field))),
            test: format!("EXISTS ({} AND {of_one})", values_of(kind, "$id", field)),
            ordered: false,
            exact: true,
        }
    }));
    conditions
}

/// A value for every place that [`conditions`] may name.
pub(super) fn params(all: &[CustomCondition]) -> Vec<(&'static str, &dyn ToSql)> {
    let mut params: Vec<(&'static str, &dyn ToSql)> = Vec::new();
    for (condition, (key, currency)) in all.iter().zip(PLACES) {
        if let Asks::Compare(_, with) = &condition.asks {
            params.push((key, &with.key));
            params.push((currency, &with.currency));
        }
    }
    params
}

fn lead(field: i64) -> String {
    format!("SELECT on_id AS id FROM custom_values INDEXED BY custom_values_by_value WHERE field_id = {field}")
}

/// Found by the primary key, however many values the table has.
fn values_of(kind: &str, id: &str, field: i64) -> String {
    format!("SELECT 1 FROM custom_values WHERE on_type = '{kind}' AND on_id = {id} AND field_id = {field}")
}

/// Says whether the record `id` has a value in the field.
fn has_value(kind: &str, id: &str, field: i64) -> String {
    format!("EXISTS ({})", values_of(kind, id, field))
}

fn in_currency(with: &Compared, place: &str) -> String {
    if with.currency.is_some() { format!(" AND substr(value, 1, 3) = {place}") } else { String::new() }
}
