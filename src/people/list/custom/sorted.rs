//! A list in the order of a custom field: first those with a value, by the index of values, then the others by id.

use rusqlite::ToSql;

use super::has_value;
use crate::db::Db;
use crate::error::Error;
use crate::id::CustomFieldId;
use crate::people::list::filter::Table;
use crate::people::list::query::{Base, FEW, Keyed, Plan, keyed_row, used};
use crate::people::list::{Cursor, Filter, Key};

/// The two parts of the list.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    WithValue,
    Without,
}

/// The rows in the order they are read: reversed when the page lies before its cursor. Those without a value come
/// last whichever way the others are sorted.
pub fn keyed(
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
    let walk = Walk { db, table, filter, plan, field: field.0, descending: descending != backwards };
    let mut rows = Vec::new();
    for part in parts.into_iter().skip_while(|part| begins_in.is_some_and(|begin| begin != *part)) {
        let cursor = cursor.filter(|_| begins_in == Some(part));
        match part {
            Part::WithValue => walk.with_value(cursor, limit, &mut rows)?,
            Part::Without => walk.without(cursor, limit, &mut rows)?,
        }
    }
    Ok(rows)
}

struct Walk<'a> {
    db: &'a Db<'a>,
    table: &'a Table,
    filter: &'a Filter,
    plan: Plan,
    field: i64,
    descending: bool,
}

impl Walk<'_> {
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

    fn with_value(&self, cursor: Option<&Cursor>, limit: i64, rows: &mut Vec<Keyed>) -> Result<(), Error> {
        let (order, beyond) = self.direction();
        let (kind, field) = (self.table.object.word(), self.field);
        // Of several choices the first decides, so that a record stands in the list once.
        let (from, conditions) = match self.few() {
            Some(lead) => (
                format!(
                    "({lead}) AS led CROSS JOIN custom_values AS v
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
        let places: &[String] = match cursor {
            None => &[String::new()],
            Some(_) => &[
                format!(" AND v.sort_key = :after AND v.on_id {beyond} :after_id"),
                format!(" AND v.sort_key {beyond} :after"),
            ],
        };
        for place in places {
            let sql = format!(
                "SELECT v.on_id, v.sort_key FROM {from} WHERE {conditions}{place}
                 ORDER BY v.sort_key {order}, v.on_id {order} LIMIT :limit"
            );
            self.read(&sql, cursor, limit, rows)?;
        }
        Ok(())
    }

    fn without(&self, cursor: Option<&Cursor>, limit: i64, rows: &mut Vec<Keyed>) -> Result<(), Error> {
        let (order, beyond) = self.direction();
        let value = has_value(self.table.object.word(), "r.id", self.field);
        let (from, conditions) = match self.few() {
            Some(lead) => (format!("({lead}) AS r"), self.plan.tests("r.id")),
            None => (format!("{} AS r NOT INDEXED", self.table.name), self.plan.all_tests("r.id")),
        };
        let place = if cursor.is_some() { format!(" AND r.id {beyond} :after_id") } else { String::new() };
        let sql = format!(
            "SELECT r.id, NULL FROM {from} WHERE NOT {value} AND {conditions}{place} ORDER BY r.id {order} LIMIT :limit"
        );
        self.read(&sql, cursor, limit, rows)
    }

    fn read(&self, sql: &str, cursor: Option<&Cursor>, limit: i64, rows: &mut Vec<Keyed>) -> Result<(), Error> {
        let left = limit - rows.len() as i64;
        if left == 0 {
            return Ok(());
        }
        let mut params: Vec<(&str, &dyn ToSql)> = self.filter.params();
        params.push((":limit", &left));
        if let Some(cursor) = cursor {
            params.push((":after", &cursor.key));
            params.push((":after_id", &cursor.id));
        }
        rows.extend(self.db.rows(sql, &used(sql, &params), keyed_row)?);
        Ok(())
    }
}
