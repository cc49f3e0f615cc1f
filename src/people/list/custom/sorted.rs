//! A list in the order of a custom field: first those with a value, by the index of values, then the others by id.

use super::has_value;
use crate::db::Db;
use crate::error::Error;
use crate::id::CustomFieldId;
use crate::people::list::filter::Table;
use crate::people::list::query::{Base, FEW, Keyed, Plan, add_rows};
use crate::people::list::{Cursor, Filter, Key};

/// The two parts of the list.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::people::list) enum Part {
    WithValue,
    Without,
}

/// The rows in the order they are read: reversed when the page lies before its cursor. Those without a value come
/// last whichever way the others are sorted.
pub(in crate::people::list) fn keyed(
    db: &Db,
    table: &Table,
    filter: &Filter,
    field: CustomFieldId,
    descending: bool,
    cursor: Option<&Cursor>,
    limit: i64,
) -> Result<Vec<Keyed>, Error> {
    let plan = Plan::new(db, table, filter)?;
    let backwards = cursor.is_some_and(|cursor| cursor.before);
    let parts = if backwards { [Part::Without, Part::WithValue] } else { [Part::WithValue, Part::Without] };
    let begins_in = cursor.map(|cursor| if cursor.key == Key::Nothing { Part::Without } else { Part::WithValue });
    let walk = Walk { table, plan: &plan, field: field.0, descending: descending != backwards };
    let mut rows = Vec::new();
    for part in parts.into_iter().skip_while(|part| begins_in.is_some_and(|begin| begin != *part)) {
        let cursor = cursor.filter(|_| begins_in == Some(part));
        for sql in walk.statements(part, cursor.is_some()) {
            add_rows(db, &sql, filter, cursor, limit, &mut rows)?;
        }
    }
    Ok(rows)
}

/// One way through the list.
pub(in crate::people::list) struct Walk<'a> {
    pub table: &'a Table,
    pub plan: &'a Plan,
    pub field: i64,
    pub descending: bool,
}

impl Walk<'_> {
    /// What is asked of one part, one after the other, until the page is full.
    pub fn statements(&self, part: Part, has_cursor: bool) -> Vec<String> {
        match part {
            Part::WithValue => self.with_value(has_cursor),
            Part::Without => vec![self.without(has_cursor)],
        }
    }

    /// The order, and the sign of what lies beyond a row in it.
    fn direction(&self) -> (&'static str, &'static str) {
        if self.descending { ("DESC", "<") } else { ("ASC", ">") }
    }

    /// The lead, when it leaves so few rows that they are sorted in memory.
    fn few(&self) -> Option<&str> {
        match &self.plan.base {
            Base::Lead { lead, found, .. } if *found <= FEW => Some(lead),
            _ => None,
        }
    }

    fn with_value(&self, has_cursor: bool) -> Vec<String> {
        let (order, beyond) = self.direction();
        let (kind, field) = (self.table.object.word(), self.field);
        // Of several choices the first decides, so that a record stands in the list once.
        let (from, conditions) = match self.few() {
            Some(lead) => (
                format!(
                    "({lead}) AS led CROSS JOIN custom_values AS v \
                     ON v.on_type = '{kind}' AND v.on_id = led.id AND v.field_id = {field} AND v.position = 0"
                ),
                self.plan.tests("v.on_id"),
            ),
            None => (
                "custom_values AS v INDEXED BY custom_values_by_value".to_owned(),
                format!("v.field_id = {field} AND v.position = 0 AND {}", self.plan.all_tests("v.on_id")),
            ),
        };
        // As in the other orders: first the rest of the rows with the same value, then what is beyond.
        let places = match has_cursor {
            false => vec![String::new()],
            true => vec![
                format!(" AND v.sort_key = :after AND v.on_id {beyond} :after_id"),
                format!(" AND v.sort_key {beyond} :after"),
            ],
        };
        let statement = |place: String| {
            format!(
                "SELECT v.on_id, v.sort_key FROM {from} WHERE {conditions}{place} \
                 ORDER BY v.sort_key {order}, v.on_id {order} LIMIT :limit"
            )
        };
        places.into_iter().map(statement).collect()
    }

    fn without(&self, has_cursor: bool) -> String {
        let (order, beyond) = self.direction();
        let value = has_value(self.table.object.word(), "r.id", self.field);
        let (from, conditions) = match self.few() {
            Some(lead) => (format!("({lead}) AS r"), self.plan.tests("r.id")),
            None => (format!("{} AS r NOT INDEXED", self.table.name), self.plan.all_tests("r.id")),
        };
        let place = if has_cursor { format!(" AND r.id {beyond} :after_id") } else { String::new() };
        format!(
            "SELECT r.id, NULL FROM {from} WHERE NOT {value} AND {conditions}{place} ORDER BY r.id {order} LIMIT :limit"
        )
    }
}
