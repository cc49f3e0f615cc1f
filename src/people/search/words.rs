//! The words a record is found by, and the words of somebody who searches: both folded in one way.

use unicode_normalization::UnicodeNormalization;

use crate::people::identities::{Identity, Kind};
use crate::people::{phone, text};

/// More words than this say nothing new about a person.
const MOST: usize = 200;
/// Words of a question that count.
const ASKED: usize = 8;

/// Collects the words of a record, each once.
#[derive(Default)]
pub struct Words(Vec<String>);

impl Words {
    /// Adds every word of `text`.
    pub fn add(&mut self, text: &str) {
        for word in split(&text::fold(text)) {
            self.push(word.to_owned());
        }
    }

    /// Adds addresses word by word, and numbers as their digits.
    pub fn add_identities(&mut self, identities: &[Identity]) {
        for identity in identities {
            match identity.kind {
                Kind::Email => {
                    self.add(&identity.value);
                    self.add(&identity.normalised);
                }
                Kind::Phone => {
                    phone::search_digits(&identity.normalised).into_iter().for_each(|digits| self.push(digits))
                }
            }
        }
    }

    fn push(&mut self, word: String) {
        if self.0.len() < MOST && !self.0.contains(&word) {
            self.0.push(word);
        }
    }

    /// The text for the column `words`.
    pub fn text(&self) -> String {
        self.0.join(" ")
    }
}

fn split(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty())
}

/// What to ask the index of words for records that have all words of `asked`, the last letters missing or not.
/// `None` when there is nothing to look for.
pub fn records_matching(asked: &str) -> Option<String> {
    let folded = text::fold(asked);
    if let Some(digits) = phone_digits(&folded) {
        return Some(format!("\"{digits}\"*"));
    }
    expression(split(&folded))
}

/// The same for the text of notes, whose index folds by itself.
pub fn notes_matching(asked: &str) -> Option<String> {
    let composed: String = asked.nfc().collect();
    expression(split(&composed.to_lowercase()))
}

/// Somebody types a number with spaces and a trunk prefix: one word, as the index has it.
fn phone_digits(text: &str) -> Option<String> {
    let is_number = text.chars().all(|c| c.is_ascii_digit() || " +-()./".contains(c));
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let digits = digits.trim_start_matches('0');
    (is_number && digits.len() >= 4).then(|| digits.to_owned())
}

/// A single letter would match a large part of all records: it counts only when it is all there is.
fn expression<'a>(words: impl Iterator<Item = &'a str>) -> Option<String> {
    let words: Vec<&str> = words.take(ASKED).collect();
    let is_short = |word: &str| word.len() < 2;
    let all_short = words.iter().all(|word| is_short(word));
    let terms: Vec<String> = words
        .into_iter()
        .filter(|word| all_short || !is_short(word))
        .map(|word| if is_short(word) { format!("\"{word}\"") } else { format!("\"{word}\"*") })
        .collect();
    (!terms.is_empty()).then(|| terms.join(" "))
}
