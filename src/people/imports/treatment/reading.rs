//! Applies a treatment to a text, and proposes one from what a column holds.

use super::{Dates, Decimals, Decision, Letters, Separator, Treatment, Treatments, dates};
use crate::people::imports::draft;
use crate::people::imports::fields::{Fields, Shape};
use crate::people::imports::mapping::Mapping;
use crate::people::phone;
use crate::people::text::fold;

/// Words for yes and no that are taken as they stand.
const YES: &str = "yes";
const NO: &str = "no";

impl Treatment {
    /// The text as it is read. Fails with what the column's rule says about it.
    pub fn apply(&self, text: &str, shape: Shape) -> Result<String, String> {
        let mut text = text.trim().to_owned();
        if !self.find.is_empty() {
            text = text.replace(&self.find, &self.replace).trim().to_owned();
        }
        if let Some(rest) = text.strip_prefix(&self.prefix).filter(|_| !self.prefix.is_empty()) {
            text = rest.trim().to_owned();
        }
        if let Some(rest) = text.strip_suffix(&self.suffix).filter(|_| !self.suffix.is_empty()) {
            text = rest.trim().to_owned();
        }
        text = match self.letters {
            Letters::AsIs => text,
            Letters::Upper => text.to_uppercase(),
            Letters::Lower => text.to_lowercase(),
            Letters::Title => title(&text),
        };
        if text.is_empty() {
            text.clone_from(&self.constant);
        }
        if text.is_empty() { Ok(text) } else { self.of_shape(text, shape) }
    }

    /// What belongs to the kind of the field.
    fn of_shape(&self, text: String, shape: Shape) -> Result<String, String> {
        match shape {
            Shape::Date => dates::read(&text, self.dates).ok_or_else(|| match self.dates {
                Dates::MonthFirst => format!("\u{201c}{text}\u{201d} is no date with the month first."),
                _ => format!("\u{201c}{text}\u{201d} is no date with the day first."),
            }),
            Shape::Number => Ok(self.number(text)),
            Shape::YesNo => Ok(self.yes_or_no(text)),
            Shape::Phone => Ok(self.phones(&self.divided(text))),
            // A tag may hold what divides other values, so tags are divided where they are read.
            Shape::Many => Ok(text),
            Shape::Choice => self.decided(std::iter::once(text.as_str())),
            Shape::Choices => {
                let text = self.divided(text);
                // Without decisions the bar is left to the field, whose choices may hold one.
                if self.values.is_empty() { Ok(text) } else { self.decided(text.split(';').map(str::trim)) }
            }
            Shape::Text | Shape::Name => Ok(text),
        }
    }

    /// Semicolons between the values, whatever stood there.
    fn divided(&self, text: String) -> String {
        match self.separator.character() {
            None | Some(';') => text,
            Some(character) => {
                let parts = text.split(character).map(str::trim).filter(|part| !part.is_empty());
                parts.collect::<Vec<_>>().join("; ")
            }
        }
    }

    /// A number with a point before its decimals and nothing between its thousands.
    fn number(&self, text: String) -> String {
        let (group, point) = match self.decimals {
            Decimals::AsIs => return text,
            Decimals::Comma => ('.', ','),
            Decimals::Point => (',', '.'),
        };
        text.chars().filter(|c| *c != group).map(|c| if c == point { '.' } else { c }).collect()
    }

    fn yes_or_no(&self, text: String) -> String {
        let wanted = fold(&text);
        let is_among = |words: &str| words.split(',').any(|word| fold(word) == wanted && !word.trim().is_empty());
        if is_among(&self.yes) {
            YES.to_owned()
        } else if is_among(&self.no) {
            NO.to_owned()
        } else {
            text
        }
    }

    /// Numbers without a country code get that of the column. Others stay as they are.
    fn phones(&self, text: &str) -> String {
        if self.country.is_empty() {
            return text.to_owned();
        }
        let number = |part: &str| {
            let typed = draft::labelled(part);
            let is_abroad = typed.value.starts_with(['+', '(']) || typed.value.starts_with("00");
            let read = phone::normalise(&typed.value, &self.country).filter(|_| !is_abroad);
            match (read, typed.label.is_empty()) {
                (None, _) => part.to_owned(),
                (Some(number), true) => number,
                (Some(number), false) => format!("{}: {number}", typed.label),
            }
        };
        draft::several(text).map(number).collect::<Vec<_>>().join("; ")
    }

    /// Each value as it was decided about.
    fn decided<'t>(&self, values: impl Iterator<Item = &'t str>) -> Result<String, String> {
        let mut texts = Vec::new();
        for value in values.filter(|value| !value.is_empty()) {
            match self.decision(value) {
                Some(Decision::Map(choice)) => texts.push(choice.as_str()),
                Some(Decision::Empty) => {}
                Some(Decision::Reject) => {
                    return Err(format!("Rows with \u{201c}{value}\u{201d} are left out, as you decided."));
                }
                Some(Decision::Add) | None => texts.push(value),
            }
        }
        Ok(texts.join("; "))
    }

    /// What was decided about a value, in any case.
    pub fn decision(&self, value: &str) -> Option<&Decision> {
        if self.values.is_empty() {
            return None;
        }
        self.values.get(value).or_else(|| {
            let wanted = fold(value);
            self.values.iter().find(|(known, _)| fold(known) == wanted).map(|(_, decision)| decision)
        })
    }

    /// What is done, for people: a few words for each step.
    pub fn summary(&self) -> String {
        let mut parts: Vec<String> = Vec::new();
        if !self.find.is_empty() {
            parts.push(format!("\u{201c}{}\u{201d} becomes \u{201c}{}\u{201d}", self.find, self.replace));
        }
        if !self.prefix.is_empty() || !self.suffix.is_empty() {
            parts.push("taken off: what stands before or behind".to_owned());
        }
        if self.letters != Letters::AsIs {
            parts.push(format!("letters: {}", self.letters.label()));
        }
        if self.names != super::Names::default() {
            parts.push(format!("names: {}", self.names.label()));
        }
        if self.dates != Dates::AsIs {
            parts.push(format!("dates: {}", self.dates.label()));
        }
        if self.decimals != Decimals::AsIs {
            parts.push(format!("decimals: {}", self.decimals.label()));
        }
        if !self.yes.is_empty() || !self.no.is_empty() {
            parts.push("own words for yes and no".to_owned());
        }
        if !self.country.is_empty() {
            parts.push(format!("numbers without country code: {}", self.country));
        }
        if self.separator != Separator::Usual {
            parts.push(format!("divided by: {}", self.separator.label()));
        }
        if !self.constant.is_empty() {
            parts.push(format!("empty becomes \u{201c}{}\u{201d}", self.constant));
        }
        match self.values.len() {
            0 => {}
            1 => parts.push("1 value decided".to_owned()),
            many => parts.push(format!("{many} values decided")),
        }
        parts.join("; ")
    }
}

/// Capital letters at the beginning of words, after hyphens and apostrophes too; all others small.
fn title(text: &str) -> String {
    let mut titled = String::with_capacity(text.len());
    let mut is_within = false;
    for letter in text.chars() {
        match is_within {
            true => titled.extend(letter.to_lowercase()),
            false => titled.extend(letter.to_uppercase()),
        }
        is_within = letter.is_alphanumeric();
    }
    titled
}

/// What the columns suggest: the order of dates, and the comma before decimals. Nothing else is done unasked.
pub fn propose(fields: &Fields, mapping: &Mapping, sample: &[Vec<String>]) -> Treatments {
    let mut treatments = Treatments::new();
    for (position, key) in mapping {
        let texts = || sample.iter().filter_map(|row| row.get(*position)).map(String::as_str);
        let treatment = match fields.shape(key) {
            Shape::Date => Treatment { dates: dates::look(texts()).order(), ..Treatment::default() },
            Shape::Number if has_decimal_commas(texts()) => {
                Treatment { decimals: Decimals::Comma, ..Treatment::default() }
            }
            _ => continue,
        };
        if !treatment.is_nothing() {
            treatments.insert(*position, treatment);
        }
    }
    treatments
}

/// A comma before one, two or more than three last digits, and no point in such a place.
fn has_decimal_commas<'t>(texts: impl Iterator<Item = &'t str>) -> bool {
    let (mut commas, mut points) = (0, 0);
    for text in texts {
        let Some((at, mark)) = text.char_indices().rfind(|(_, c)| matches!(c, ',' | '.')) else { continue };
        let decimals = text[at + 1..].chars().take_while(char::is_ascii_digit).count();
        if decimals > 0 && decimals != 3 {
            if mark == ',' { commas += 1 } else { points += 1 }
        }
    }
    commas > 0 && points == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn treated(treatment: &Treatment, text: &str, shape: Shape) -> String {
        treatment.apply(text, shape).unwrap()
    }

    #[test]
    fn steps_have_one_order() {
        let treatment = Treatment {
            find: "_".into(),
            replace: " ".into(),
            prefix: "ID:".into(),
            suffix: "(x)".into(),
            letters: Letters::Title,
            constant: "Nobody".into(),
            ..Treatment::default()
        };
        assert_eq!(treated(&treatment, " ID: seán_o'brien-SMITH (x)", Shape::Text), "Seán O'Brien-Smith");
        assert_eq!(treated(&treatment, "ID: (x)", Shape::Text), "Nobody");
        assert_eq!(treated(&Treatment::default(), " as is ", Shape::Choices), "as is");
    }

    #[test]
    fn numbers_words_and_phones_are_read_in_their_way() {
        let comma = Treatment { decimals: Decimals::Comma, ..Treatment::default() };
        assert_eq!(treated(&comma, "EUR 1.234,50", Shape::Number), "EUR 1234.50");
        let point = Treatment { decimals: Decimals::Point, ..Treatment::default() };
        assert_eq!(treated(&point, "1,234.5", Shape::Number), "1234.5");
        let words = Treatment { yes: "aktiv, läuft".into(), no: "0,ruht".into(), ..Treatment::default() };
        assert_eq!(treated(&words, "LAUFT", Shape::YesNo), "yes");
        assert_eq!(treated(&words, "ruht", Shape::YesNo), "no");
        assert_eq!(treated(&words, "?", Shape::YesNo), "?");
        let german = Treatment { country: "DE".into(), separator: Separator::Slash, ..Treatment::default() };
        assert_eq!(
            treated(&german, "work: 030 901820/+44 1632 960111 / 12", Shape::Phone),
            "work: +4930901820; +44 1632 960111; 12"
        );
    }

    #[test]
    fn values_become_what_was_decided() {
        let values = [("Kunde", Decision::Map("Customer".into())), ("?", Decision::Empty), ("X", Decision::Reject)];
        let values = values.into_iter().map(|(value, decision)| (value.to_owned(), decision)).collect();
        let treatment = Treatment { values, separator: Separator::Comma, ..Treatment::default() };
        assert_eq!(treated(&treatment, "kunde", Shape::Choice), "Customer");
        assert_eq!(treated(&treatment, "KUNDE, ?, Vip", Shape::Choices), "Customer; Vip");
        assert_eq!(
            treatment.apply("x", Shape::Choice),
            Err("Rows with \u{201c}x\u{201d} are left out, as you decided.".into())
        );
    }

    #[test]
    fn commas_before_decimals_are_found() {
        assert!(has_decimal_commas(["1.234,50", "12", "1.000"].into_iter()));
        assert!(!has_decimal_commas(["1,234.50", "2,5"].into_iter()));
        assert!(!has_decimal_commas(["1,234", "1.234"].into_iter()));
    }
}
