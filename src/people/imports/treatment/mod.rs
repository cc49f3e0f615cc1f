//! What is done to the texts of a column before they are read as values of its field.
//!
//! The steps have one order, whatever order they were said in: replace, take off what stands before and behind,
//! change the case, fill what is empty, then what belongs to the kind of the field.

mod dates;
mod reading;
mod rules;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use dates::look;
pub use reading::propose;
pub use rules::VALUES;

/// Column number → what is done to its texts.
pub type Treatments = BTreeMap<usize, Treatment>;

/// What is done to every text of a column. What is left out does nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Treatment {
    /// Text to replace wherever it stands.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub find: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub replace: String,
    /// Taken off where a text begins with it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub prefix: String,
    /// Taken off where a text ends with it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub suffix: String,
    #[serde(skip_serializing_if = "is_usual")]
    pub letters: Letters,
    /// Which end of a whole name is the family's.
    #[serde(skip_serializing_if = "is_usual")]
    pub names: Names,
    #[serde(skip_serializing_if = "is_usual")]
    pub dates: Dates,
    #[serde(skip_serializing_if = "is_usual")]
    pub decimals: Decimals,
    /// Words that mean yes, divided by commas.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub yes: String,
    /// Words that mean no, divided by commas.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub no: String,
    /// Where phone numbers without a country code are: two letters.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub country: String,
    /// What divides several values of one cell.
    #[serde(skip_serializing_if = "is_usual")]
    pub separator: Separator,
    /// Stands for what is empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub constant: String,
    /// What becomes of values that are no choice of the field: value → decision.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub values: BTreeMap<String, Decision>,
}

fn is_usual<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// A setting with a few values: a word in forms and in the API, a label for people.
macro_rules! setting {
    ($(#[$doc:meta])* $name:ident { $first:ident = $first_label:literal, $($variant:ident = $label:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { #[default] $first, $($variant),+ }

        impl $name {
            pub const ALL: &'static [$name] = &[$name::$first, $($name::$variant),+];

            pub fn label(self) -> &'static str {
                match self { $name::$first => $first_label, $($name::$variant => $label),+ }
            }
        }
    };
}

setting! {
    /// The case of letters.
    Letters { AsIs = "As they are", Upper = "CAPITALS", Lower = "small letters", Title = "First Letter Of Each Word" }
}

setting! {
    /// How a whole name is cut.
    Names { FamilyLast = "Given name first: Ana Ruiz", FamilyFirst = "Family name first: Ruiz Ana", Whole = "Not at all: all of it is the given name" }
}

setting! {
    /// How dates are written.
    Dates { AsIs = "Year first (2026-11-17), or with dots (17.11.2026)", DayFirst = "Day first: 17/11/2026", MonthFirst = "Month first: 11/17/2026" }
}

setting! {
    /// What stands before the decimals.
    Decimals { AsIs = "Find out for each number", Comma = "Comma: 1.234,50", Point = "Point: 1,234.50" }
}

setting! {
    /// What divides several values.
    Separator { Usual = "Semicolon, bar or line break", Semicolon = "Semicolon only", Comma = "Comma only", Bar = "Bar only", Slash = "Slash only", Line = "Line break only" }
}

impl Separator {
    /// `None` for the usual ones.
    pub fn character(self) -> Option<char> {
        match self {
            Separator::Usual => None,
            Separator::Semicolon => Some(';'),
            Separator::Comma => Some(','),
            Separator::Bar => Some('|'),
            Separator::Slash => Some('/'),
            Separator::Line => Some('\n'),
        }
    }
}

/// What becomes of a value that is no choice of the field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// It is another word for this choice.
    Map(String),
    /// It becomes a choice of the field, when the run begins.
    Add,
    /// The field stays empty.
    Empty,
    /// The row is left out.
    Reject,
}

impl Treatment {
    pub fn is_nothing(&self) -> bool {
        is_usual(self)
    }
}
