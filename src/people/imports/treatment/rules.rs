//! Which treatments can work on which fields. Every refusal names the column and the rule.

use super::{Dates, Decimals, Decision, Letters, Names, Separator, Treatment};
use crate::error::FieldError;
use crate::people::countries::COUNTRIES;
use crate::people::imports::fields::{Fields, Shape};
use crate::people::text::fold;

/// Letters of a text that is looked for, put in or taken off.
const TEXT: usize = 200;
/// Values of one column that can be decided about.
pub const VALUES: usize = 500;

impl Treatment {
    /// Adds what is wrong with it. `name` is what the column is called, `key` the field it goes into.
    pub fn check(&self, position: usize, name: &str, fields: &Fields, key: &str, errors: &mut Vec<FieldError>) {
        let mut refuse = |part: &str, code: &'static str, rule: String| {
            errors.push(FieldError::new(format!("treatments/{position}/{part}"), code, format!("{name}: {rule}")));
        };
        let texts = [
            ("find", &self.find),
            ("replace", &self.replace),
            ("prefix", &self.prefix),
            ("suffix", &self.suffix),
            ("yes", &self.yes),
            ("no", &self.no),
            ("constant", &self.constant),
        ];
        for (part, text) in texts {
            if text.chars().count() > TEXT {
                refuse(part, "too_long", format!("{TEXT} characters are the most here."));
            }
        }
        if self.find.is_empty() && !self.replace.is_empty() {
            refuse("find", "required", "enter what the other text replaces.".into());
        }
        if !self.country.is_empty() && !COUNTRIES.iter().any(|(code, _)| *code == self.country) {
            refuse("country", "unknown_country", "choose a country of the list: two letters, like DE.".into());
        }
        let words = |text: &str| text.split(',').map(fold).filter(|word| !word.is_empty()).collect::<Vec<_>>();
        if let Some(word) = words(&self.yes).into_iter().find(|word| words(&self.no).contains(word)) {
            refuse("no", "contradiction", format!("{word} cannot mean both yes and no."));
        }
        self.check_shape(fields, key, &mut refuse);
        self.check_values(fields, key, &mut refuse);
    }

    /// What belongs to one kind of field is refused on another, instead of doing nothing.
    fn check_shape(&self, fields: &Fields, key: &str, refuse: &mut dyn FnMut(&str, &'static str, String)) {
        let shape = fields.shape(key);
        let is_divided = matches!(shape, Shape::Many | Shape::Choices | Shape::Phone);
        let parts = [
            ("names", self.names != Names::FamilyLast, shape == Shape::Name, "a whole name"),
            ("dates", self.dates != Dates::AsIs, shape == Shape::Date, "dates"),
            ("decimals", self.decimals != Decimals::AsIs, shape == Shape::Number, "numbers"),
            ("yes", !self.yes.is_empty(), shape == Shape::YesNo, "yes or no"),
            ("no", !self.no.is_empty(), shape == Shape::YesNo, "yes or no"),
            ("country", !self.country.is_empty(), shape == Shape::Phone, "phone numbers"),
            ("separator", self.separator != Separator::Usual, is_divided, "several values"),
            ("values", !self.values.is_empty(), matches!(shape, Shape::Choice | Shape::Choices), "choices"),
            ("letters", self.letters != Letters::AsIs, !matches!(shape, Shape::Date | Shape::Number), "text"),
        ];
        for (part, is_set, fits, holds) in parts {
            if is_set && !fits {
                let label = fields.label(key).unwrap_or_default();
                refuse(part, "wrong_field", format!("this is for fields that hold {holds}, and {label} does not."));
            }
        }
    }

    fn check_values(&self, fields: &Fields, key: &str, refuse: &mut dyn FnMut(&str, &'static str, String)) {
        if self.values.len() > VALUES {
            refuse("values", "too_many", format!("{VALUES} values are the most that can be decided about."));
        }
        let Some(field) = fields.custom(key) else { return };
        for (value, decision) in &self.values {
            let part = format!("values/{value}");
            match decision {
                Decision::Map(choice) if !field.choices.iter().any(|known| fold(&known.label) == fold(choice)) => {
                    let rule = format!("{value} cannot become {choice}, which is no choice of {}.", field.label);
                    refuse(&part, "unknown_choice", rule);
                }
                Decision::Add if value.chars().count() > 100 || value.contains(';') || value.trim().is_empty() => {
                    let rule = format!("{value} cannot be a choice: at most 100 characters, without a semicolon.");
                    refuse(&part, "invalid_choice", rule);
                }
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::people::custom_fields::Definitions;
    use crate::people::record::Object;

    #[test]
    fn what_cannot_work_names_the_column_and_the_rule() {
        let none = Definitions { fields: Vec::new() };
        let fields = Fields { object: Object::Contact, own: none, company: None, purposes: Vec::new() };
        let treatment = Treatment {
            replace: "x".into(),
            country: "XX".into(),
            yes: "ja, Oui".into(),
            no: "OUI".into(),
            dates: Dates::DayFirst,
            prefix: "p".repeat(201),
            ..Treatment::default()
        };
        let mut errors = Vec::new();
        treatment.check(3, "Telefon", &fields, "phone", &mut errors);
        let places: Vec<&str> = errors.iter().map(|error| error.field.trim_start_matches("treatments/3/")).collect();
        assert_eq!(places, ["prefix", "find", "country", "no", "dates", "yes", "no"]);
        assert!(errors.iter().all(|error| error.message.starts_with("Telefon: ")));
    }
}
