//! Fields that a workspace defines for itself, each with its kind of value and its category of personal data.
//!
//! A definition is made at run time; its values lie in one table, `custom_values`, whatever record they are on.
//! The data map reads from the definition what a value holds about a person.

pub mod api;
mod checking;
mod comparing;
pub mod data_map;
pub mod defined;
mod definition;
mod kinds;
pub mod pages;
pub mod related;
pub mod rows;
pub mod service;
mod store;
#[cfg(test)]
mod tests;
pub mod wire;

use std::collections::BTreeMap;

use crate::clock::Timestamp;
use crate::id::{ChoiceId, CustomFieldId};
use crate::permission::words;

use super::record::Object;

pub use checking::{CheckedValues, Definitions};
pub use comparing::{Compared, compared};
pub use definition::NewField;
pub use kinds::{Canonical, Refusal, Sort, date, moment, yes_or_no};

words! {
    /// What a field holds. Fixed once the field is made.
    Kind {
        Text = "text",
        LongText = "long_text",
        Number = "number",
        /// An amount with its currency.
        Currency = "currency",
        Date = "date",
        DateTime = "date_time",
        /// One of the choices.
        Choice = "choice",
        /// Any number of the choices.
        Choices = "choices",
        YesNo = "yes_no",
        Url = "url",
        Email = "email",
        Phone = "phone",
        /// Another record.
        Relation = "relation",
    }
}

impl Kind {
    /// What people call it.
    pub fn label(self) -> &'static str {
        match self {
            Kind::Text => "Text, one line",
            Kind::LongText => "Text, several lines",
            Kind::Number => "Number",
            Kind::Currency => "Amount of money",
            Kind::Date => "Date",
            Kind::DateTime => "Date and time",
            Kind::Choice => "Choice, one",
            Kind::Choices => "Choice, several",
            Kind::YesNo => "Yes or no",
            Kind::Url => "Web address",
            Kind::Email => "Email address",
            Kind::Phone => "Phone number",
            Kind::Relation => "Another record",
        }
    }

    pub fn has_choices(self) -> bool {
        matches!(self, Kind::Choice | Kind::Choices)
    }

    /// Its values have a size: one can ask for those from here to there.
    pub fn is_ordered(self) -> bool {
        matches!(self, Kind::Number | Kind::Currency | Kind::Date | Kind::DateTime)
    }

    /// Lists can be sorted by it. The number of a related record says nothing about what should come first.
    pub fn is_sortable(self) -> bool {
        self != Kind::Relation
    }

    /// Its words help to find the record.
    pub fn is_searchable(self) -> bool {
        matches!(
            self,
            Kind::Text | Kind::LongText | Kind::Url | Kind::Email | Kind::Phone | Kind::Choice | Kind::Choices
        )
    }
}

words! {
    /// The category of personal data a field holds (P-001), in the words of the data map.
    Category {
        Identity = "identity",
        Contact = "contact",
        Content = "content",
        Behaviour = "behaviour",
        Preference = "preference",
        /// Health, belief, origin and the like (GDPR Art. 9).
        Special = "special",
        /// Says nothing about a person.
        None = "none",
    }
}

impl Category {
    pub fn label(self) -> &'static str {
        match self {
            Category::Identity => "Who somebody is",
            Category::Contact => "How somebody is reached",
            Category::Content => "What was said or written",
            Category::Behaviour => "What somebody did",
            Category::Preference => "What somebody prefers",
            Category::Special => "Health, belief, origin and the like (Art. 9)",
            Category::None => "Nothing about a person",
        }
    }
}

/// A field as it is defined.
#[derive(Debug, Clone)]
pub struct CustomField {
    pub id: CustomFieldId,
    pub version: i64,
    pub object: Object,
    /// Its name in the API and in files.
    pub key: String,
    pub label: String,
    /// A sentence under the label in forms.
    pub hint: String,
    pub kind: Kind,
    pub is_required: bool,
    /// As it would be typed; empty: none.
    pub default_value: String,
    pub category: Category,
    /// Of amounts that come without one.
    pub currency: String,
    /// What a relation points at.
    pub target: Option<Object>,
    /// In their order, retired ones too.
    pub choices: Vec<Choice>,
    pub position: i64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// Out of forms and lists; its values are kept.
    pub archived_at: Option<Timestamp>,
}

impl CustomField {
    pub fn is_personal(&self) -> bool {
        self.category != Category::None
    }

    /// The choices that can still be made.
    pub fn offered(&self) -> impl Iterator<Item = &Choice> {
        self.choices.iter().filter(|choice| !choice.is_retired)
    }

    /// Where errors of its value stand: `custom/shoe_size`.
    pub fn place(&self) -> String {
        format!("custom/{}", self.key)
    }
}

/// One of the choices of a field.
#[derive(Debug, Clone)]
pub struct Choice {
    pub id: ChoiceId,
    pub label: String,
    /// Kept where it was chosen, not offered any more.
    pub is_retired: bool,
}

/// Values as they were typed or sent, by the key of their field. A key that is absent leaves the value as it
/// is; an empty list takes it away.
pub type Typed = BTreeMap<String, Vec<String>>;

/// One value of a record, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomValue {
    pub field: CustomFieldId,
    pub key: String,
    pub label: String,
    pub kind: Kind,
    /// In the canonical form of its kind: what the service takes again, whoever reads it.
    pub value: String,
    /// What a relation points at.
    pub target: Option<Object>,
    /// The field is out of use, so lists and forms leave the value out.
    pub is_archived: bool,
}

impl CustomValue {
    /// For people to read. Moments are shown by the page, which knows the reader's time zone; relations too,
    /// which knows what the reader may see.
    pub fn shown(&self) -> String {
        kinds::shown(self.kind, &self.value)
    }
}
