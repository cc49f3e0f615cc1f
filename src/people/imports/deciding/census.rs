//! Counts the values of a file that are no choice of the field they would go into.

use std::collections::{BTreeMap, HashMap, HashSet};

use csv::StringRecord;

use super::{UnknownValue, VALUES_KEPT};
use crate::people::exports::cell;
use crate::people::imports::fields::{Fields, Shape};
use crate::people::imports::plan::Plan;
use crate::people::text::fold;

/// The columns of choices, with what is known of them and what was found beside.
pub struct Census {
    columns: BTreeMap<usize, Column>,
}

struct Column {
    shape: Shape,
    /// The choices and every value that was decided about, folded.
    known: HashSet<String>,
    /// Folded value → as it first stood, and how often.
    found: HashMap<String, (String, i64)>,
}

impl Census {
    pub fn new(fields: &Fields, plan: &Plan) -> Census {
        let mut columns = BTreeMap::new();
        for (position, key) in &plan.mapping {
            let (shape, Some(field)) = (fields.shape(key), fields.custom(key)) else { continue };
            if !field.kind.has_choices() {
                continue;
            }
            let mut known: HashSet<String> = field.choices.iter().map(|choice| fold(&choice.label)).collect();
            let decided = plan.treatment(*position).into_iter().flat_map(|treatment| treatment.values.keys());
            known.extend(decided.map(|value| fold(value)));
            columns.insert(*position, Column { shape, known, found: HashMap::new() });
        }
        Census { columns }
    }

    /// Counts the values of a row after its treatment.
    pub fn take(&mut self, treated: &StringRecord) {
        for (position, column) in &mut self.columns {
            let text = cell::plain(treated.get(*position).unwrap_or("").trim());
            match column.shape {
                Shape::Choice => column.count(text),
                // A semicolon is in no choice, a bar may be: so it divides only what is none.
                _ => text.split(';').map(str::trim).for_each(|part| match column.known.contains(&fold(part)) {
                    true => {}
                    false => part.split('|').for_each(|part| column.count(part.trim())),
                }),
            }
        }
    }

    /// What was found, the commonest first.
    pub fn found(&self) -> Vec<UnknownValue> {
        let mut found: Vec<UnknownValue> = Vec::new();
        for (position, column) in &self.columns {
            let values = column.found.values();
            found.extend(values.map(|(value, rows)| UnknownValue {
                position: *position,
                value: value.clone(),
                rows: *rows,
            }));
        }
        found.sort_by(|one, other| {
            (one.position, -one.rows, &one.value).cmp(&(other.position, -other.rows, &other.value))
        });
        found
    }
}

impl Column {
    fn count(&mut self, value: &str) {
        let folded = fold(value);
        if value.is_empty() || self.known.contains(&folded) {
            return;
        }
        if let Some((_, rows)) = self.found.get_mut(&folded) {
            *rows += 1;
        } else if self.found.len() < VALUES_KEPT {
            self.found.insert(folded, (value.to_owned(), 1));
        }
    }
}
