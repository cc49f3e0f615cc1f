//! How the rows of one import are read: where each column goes, and what is done to its texts before.

use std::borrow::Cow;
use std::collections::BTreeMap;

use csv::StringRecord;

use super::fields::{Fields, Shape};
use super::mapping::{Mapping, column_name};
use super::record::Outcome;
use super::rows::Row;
use super::treatment::{Names, Separator, Treatment, Treatments};
use crate::people::exports::cell;

/// The mapping and treatments of an import, made ready for many rows.
pub struct Plan {
    pub mapping: Mapping,
    treatments: Treatments,
    columns: Vec<String>,
    /// What each treated column holds.
    shapes: BTreeMap<usize, Shape>,
    /// Column of an address or number → the column that says of which kind it is.
    labels: BTreeMap<usize, usize>,
}

impl Plan {
    pub fn new(fields: &Fields, mapping: &Mapping, treatments: &Treatments, columns: &[String]) -> Plan {
        let treatments: Treatments = treatments
            .iter()
            .filter(|(position, treatment)| mapping.contains_key(position) && !treatment.is_nothing())
            .map(|(position, treatment)| (*position, treatment.clone()))
            .collect();
        let shapes = treatments.keys().map(|position| (*position, fields.shape(&mapping[position]))).collect();
        Plan { shapes, treatments, columns: columns.to_vec(), labels: labels(mapping), mapping: mapping.clone() }
    }

    /// The row with its texts treated. Costs nothing where there is nothing to do. Fails with why the row is left
    /// out.
    pub fn treated<'r>(&self, row: &'r Row) -> Result<Cow<'r, Row>, Outcome> {
        if self.treatments.is_empty() {
            return Ok(Cow::Borrowed(row));
        }
        let mut fields = StringRecord::with_capacity(row.fields.as_slice().len(), row.fields.len());
        let width = self.treatments.keys().next_back().map_or(0, |last| last + 1).max(row.fields.len());
        for position in 0..width {
            let text = row.fields.get(position).unwrap_or("");
            match self.treatments.get(&position) {
                None => fields.push_field(text),
                Some(treatment) => match treatment.apply(cell::plain(text.trim()), self.shapes[&position]) {
                    // What is read from a cell gives up one apostrophe.
                    Ok(text) => fields.push_field(&cell::neutral(&text)),
                    Err(rule) => {
                        let name = column_name(&self.columns, position);
                        return Err(Outcome::left_out(&self.mapping[&position], format!("{name}: {rule}")));
                    }
                },
            }
        }
        Ok(Cow::Owned(Row { line: row.line, end: row.end, fields }))
    }

    /// A cell as it would be read, for a preview. Says why not where it cannot be.
    pub fn preview(&self, position: usize, text: &str) -> Result<String, String> {
        match self.treatments.get(&position) {
            None => Ok(text.to_owned()),
            Some(treatment) => treatment.apply(cell::plain(text.trim()), self.shapes[&position]),
        }
    }

    pub fn treatment(&self, position: usize) -> Option<&Treatment> {
        self.treatments.get(&position)
    }

    pub fn names(&self, position: usize) -> Names {
        self.treatments.get(&position).map(|treatment| treatment.names).unwrap_or_default()
    }

    pub fn separator(&self, position: usize) -> Separator {
        self.treatments.get(&position).map(|treatment| treatment.separator).unwrap_or_default()
    }

    /// The column that says of which kind the address or number in this column is.
    pub fn label(&self, position: usize) -> Option<usize> {
        self.labels.get(&position).copied()
    }
}

/// Each kind belongs to the address behind it that is nearest, else to the nearest before it.
fn labels(mapping: &Mapping) -> BTreeMap<usize, usize> {
    let mut labels = BTreeMap::new();
    for (position, key) in mapping {
        let Some(of) = key.strip_suffix("_label") else { continue };
        let is_free = |other: &usize| mapping[other] == of && !labels.contains_key(other);
        let behind = mapping.range(position..).map(|(other, _)| *other).find(|other| is_free(other));
        let before = || mapping.range(..position).map(|(other, _)| *other).rev().find(|other| is_free(other));
        if let Some(value) = behind.or_else(before) {
            labels.insert(value, *position);
        }
    }
    labels
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_belong_to_the_address_behind_them() {
        let keys = ["email_label", "email", "email_label", "email", "phone", "phone_label"];
        let mapping: Mapping = keys.iter().enumerate().map(|(at, key)| (at, (*key).to_owned())).collect();
        assert_eq!(labels(&mapping), BTreeMap::from([(1, 0), (3, 2), (4, 5)]));
    }
}
