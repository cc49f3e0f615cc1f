//! What defines a field, as somebody typed it, and the rules it must keep.

use super::kinds;
use super::{Category, CustomField, Kind};
use crate::error::FieldError;
use crate::people::record::Object;
use crate::people::text::{Faults, fold};

/// Fields of one kind of record, and choices of one field.
pub(super) const MOST_FIELDS: usize = 100;
const MOST_CHOICES: usize = 200;
/// Letters of a key.
const KEY: usize = 40;

/// Everything about a field that somebody can enter, as they entered it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewField {
    /// The kind of record: `contact`, `company`.
    pub object: String,
    /// Empty: made of the label.
    pub key: String,
    pub label: String,
    pub hint: String,
    pub kind: String,
    pub is_required: bool,
    pub default_value: String,
    /// `yes` or `no`: whoever makes a field must say.
    pub is_personal: String,
    pub category: String,
    pub currency: String,
    pub target: String,
    /// In their order. One that was there and is missing is retired.
    pub choices: Vec<String>,
}

/// A definition that keeps every rule but those that need the other fields.
#[derive(Debug)]
pub(super) struct CheckedField {
    pub object: Object,
    pub key: String,
    pub label: String,
    pub hint: String,
    pub kind: Kind,
    pub is_required: bool,
    pub default_value: String,
    pub category: Category,
    pub currency: String,
    pub target: Option<Object>,
    pub choices: Vec<String>,
}

impl NewField {
    /// The field as what would make it: to change some of it and hand it to `service::update`.
    pub fn of(field: &CustomField) -> NewField {
        NewField {
            object: field.object.word().into(),
            key: field.key.clone(),
            label: field.label.clone(),
            hint: field.hint.clone(),
            kind: field.kind.word().into(),
            is_required: field.is_required,
            default_value: field.default_value.clone(),
            is_personal: (if field.is_personal() { "yes" } else { "no" }).into(),
            category: field.category.word().into(),
            currency: field.currency.clone(),
            target: field.target.map(|target| target.word().to_owned()).unwrap_or_default(),
            choices: field.offered().map(|choice| choice.label.clone()).collect(),
        }
    }

    /// Cleans and checks every part.
    pub(super) fn checked(&self) -> Result<CheckedField, Vec<FieldError>> {
        let mut faults = Faults::default();
        let object = Object::from_word(&self.object);
        if object.is_none() {
            faults.add("object", "unknown", "Choose contacts or companies.");
        }
        let kind = Kind::from_word(&self.kind);
        if kind.is_none() {
            faults.add("kind", "unknown", "Choose what the field holds.");
        }
        let label = faults.line("label", "The name", &self.label, 60);
        if label.is_empty() {
            faults.add("label", "required", "Enter the name of the field.");
        }
        let key = self.key(&mut faults, &label);
        let hint = faults.line("hint", "The hint", &self.hint, 200);
        let category = self.category(&mut faults);
        let kind = kind.unwrap_or(Kind::Text);
        let choices = self.choices(&mut faults, kind);
        let currency = self.currency(&mut faults, kind);
        let target = match (kind, Object::from_word(&self.target)) {
            (Kind::Relation, None) => {
                faults.add("target", "required", "Choose what the field points at.");
                None
            }
            (Kind::Relation, target) => target,
            _ => None,
        };
        let default_value = match kind {
            Kind::Relation => String::new(),
            Kind::LongText => faults.paragraphs("default_value", "The default", &self.default_value, 10_000),
            _ => faults.line("default_value", "The default", &self.default_value, 500),
        };
        let checked = CheckedField {
            object: object.unwrap_or(Object::Contact),
            key,
            label,
            hint,
            kind,
            is_required: self.is_required,
            default_value,
            category,
            currency,
            target,
            choices,
        };
        faults.none_or(checked)
    }

    /// Lower-case letters, digits and underscores, beginning with a letter; made of the label when empty.
    fn key(&self, faults: &mut Faults, label: &str) -> String {
        let key = if self.key.trim().is_empty() { key_of(label) } else { self.key.trim().to_owned() };
        let is_good = key.starts_with(|c: char| c.is_ascii_lowercase())
            && key.len() <= KEY
            && key.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        if !is_good && !label.is_empty() {
            faults.add(
                "key",
                "invalid_key",
                format!("A key begins with a letter and has lower-case letters, digits and _, {KEY} at most."),
            );
        }
        key
    }

    /// The category follows from two answers, both of which somebody has to give.
    fn category(&self, faults: &mut Faults) -> Category {
        match (self.is_personal.as_str(), Category::from_word(&self.category)) {
            ("no", None | Some(Category::None)) => Category::None,
            ("yes", Some(category)) if category != Category::None => category,
            ("yes", _) => {
                faults.add("category", "required", "Choose what kind of personal data the field holds.");
                Category::None
            }
            ("no", Some(_)) => {
                faults.add(
                    "category",
                    "contradiction",
                    "A field without personal data has no category. Choose one of the two.",
                );
                Category::None
            }
            _ => {
                faults.add(
                    "is_personal",
                    "required",
                    "Say whether the field holds personal data: exports and erasure depend on it.",
                );
                Category::None
            }
        }
    }

    fn choices(&self, faults: &mut Faults, kind: Kind) -> Vec<String> {
        if !kind.has_choices() {
            return Vec::new();
        }
        let mut choices: Vec<String> = Vec::new();
        for choice in &self.choices {
            let choice = faults.line("choices", "A choice", choice, 100);
            if choice.is_empty() {
                continue;
            }
            if choice.contains(';') {
                faults.add(
                    "choices",
                    "has_semicolon",
                    format!("{choice} holds a semicolon, which divides choices in files. Leave it out."),
                );
            }
            if choices.iter().any(|known| fold(known) == fold(&choice)) {
                faults.add("choices", "doubled", format!("{choice} stands twice. Take one out."));
            }
            choices.push(choice);
        }
        if choices.is_empty() {
            faults.add("choices", "required", "Enter the choices, one on a line.");
        }
        if choices.len() > MOST_CHOICES {
            faults.add("choices", "too_many", format!("A field can have {MOST_CHOICES} choices at most."));
        }
        choices
    }

    fn currency(&self, faults: &mut Faults, kind: Kind) -> String {
        if kind != Kind::Currency {
            return String::new();
        }
        let currency = self.currency.trim().to_ascii_uppercase();
        if !kinds::is_currency(&currency) {
            faults.add("currency", "unknown_currency", "Enter the usual currency as three letters, like EUR.");
        }
        currency
    }
}

/// The label in small letters, what is no letter or digit as underscores.
fn key_of(label: &str) -> String {
    let mut key = String::new();
    for c in fold(label).chars() {
        match c {
            c if c.is_ascii_alphanumeric() => key.push(c),
            _ if !key.is_empty() && !key.ends_with('_') => key.push('_'),
            _ => {}
        }
    }
    key.truncate(KEY);
    let key = key.trim_end_matches('_');
    match key.chars().next() {
        Some(first) if first.is_ascii_alphabetic() => key.to_owned(),
        Some(_) => format!("field_{key}").chars().take(KEY).collect(),
        // A label without a Latin letter: the key is asked for.
        None => String::new(),
    }
}
