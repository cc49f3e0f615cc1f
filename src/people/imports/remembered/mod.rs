//! Mappings that were used: the next file with the same headings is mapped by one without a question.

pub mod api;
pub mod pages;
pub mod service;
mod store;

use serde::{Deserialize, Serialize};

use super::fields::Fields;
use super::mapping::Mapping;
use super::treatment::{Treatment, Treatments};
use crate::clock::Timestamp;
use crate::id::ImportMappingId;
use crate::people::record::Object;

/// Longest name.
pub const NAME: usize = 80;

/// A mapping that was used.
#[derive(Debug, Clone)]
pub struct Remembered {
    pub id: ImportMappingId,
    pub version: i64,
    pub object: Object,
    pub name: String,
    /// In the order of the file it was last used for.
    pub columns: Vec<Column>,
    pub uses: i64,
    pub used_at: Timestamp,
}

/// A column of a remembered mapping.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    pub heading: String,
    /// Empty: left out.
    pub field: String,
    #[serde(default, skip_serializing_if = "Treatment::is_nothing")]
    pub treatment: Treatment,
}

impl Remembered {
    /// The mapping for a file with these headings: the second "Phone" goes where the second "Phone" went. Fields that
    /// are gone are left out; [`Remembered::missing`] tells of them.
    pub fn applied(&self, fields: &Fields, headings: &[String]) -> (Mapping, Treatments) {
        let (mut mapping, mut treatments) = (Mapping::new(), Treatments::new());
        let mut used = vec![false; self.columns.len()];
        for (position, heading) in headings.iter().enumerate() {
            let same = |column: &Column| column.heading.trim().eq_ignore_ascii_case(heading.trim());
            let Some(at) = (0..used.len()).find(|at| !used[*at] && same(&self.columns[*at])) else { continue };
            used[at] = true;
            let column = &self.columns[at];
            if column.field.is_empty() || !fields.is_known(&column.field) {
                continue;
            }
            mapping.insert(position, column.field.clone());
            if !column.treatment.is_nothing() {
                treatments.insert(position, column.treatment.clone());
            }
        }
        (mapping, treatments)
    }

    /// Headings whose field is gone, with what it was called.
    pub fn missing(&self, fields: &Fields) -> Vec<(String, String)> {
        let gone = self.columns.iter().filter(|column| !column.field.is_empty() && !fields.is_known(&column.field));
        gone.map(|column| (column.heading.clone(), column.field.clone())).collect()
    }

    /// Columns that go somewhere.
    pub fn used_columns(&self) -> usize {
        self.columns.iter().filter(|column| !column.field.is_empty()).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::people::custom_fields::Definitions;

    #[test]
    fn columns_find_their_fields_again_in_any_order() {
        let column = |heading: &str, field: &str| Column {
            heading: heading.into(),
            field: field.into(),
            treatment: Treatment::default(),
        };
        let columns = vec![
            column("Name", "display_name"),
            column("Phone", "phone"),
            column("Phone", ""),
            column("Birthday", "custom/birthday"),
        ];
        let (id, now) = (ImportMappingId(1), Timestamp(0));
        let known =
            Remembered { id, version: 1, object: Object::Contact, name: "x".into(), columns, uses: 1, used_at: now };
        let none = Definitions { fields: Vec::new() };
        let fields = Fields { object: Object::Contact, own: none, company: None, purposes: Vec::new() };
        let headings = ["phone", "Birthday", "Phone", "name"].map(str::to_owned);
        let (mapping, _) = known.applied(&fields, &headings);
        assert_eq!(mapping, Mapping::from([(0, "phone".to_owned()), (3, "display_name".to_owned())]));
        assert_eq!(known.missing(&fields), [("Birthday".to_owned(), "custom/birthday".to_owned())]);
    }
}
