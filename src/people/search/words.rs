//! The words a record is found by, and the words of somebody who searches: both folded in one way.

use unicode_normalization::UnicodeNormalization;

use crate::people::countries::COUNTRIES;
use crate::people::identities::{Identity, Kind};
use crate::people::{phone, text};

/// More words than this say nothing new about a person.
const MOST: usize = 200;
/// Words of a question that count.
pub const ASKED: usize = 8;
/// Letters of the longest beginnings that the index keeps (`prefix` in the migration).
const INDEXED: usize = 5;
/// A word of so few letters may be begun only, wherever it stands.
const SHORT: usize = 3;

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

    /// Adds an address or a domain, without the ending that so many share.
    pub fn add_address(&mut self, address: &str) {
        for word in split(without_ending(&text::fold(address))) {
            self.push(word.to_owned());
        }
    }

    /// Adds addresses word by word, and numbers as their digits.
    pub fn add_identities(&mut self, identities: &[Identity]) {
        for identity in identities {
            match identity.kind {
                Kind::Email => {
                    self.add_address(&identity.value);
                    self.add_address(&identity.normalised);
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

/// The words of a folded text.
pub fn split(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty())
}

/// Endings of domains that so many addresses share that they tell nothing.
const ENDINGS: [&str; 14] =
    ["com", "org", "net", "info", "example", "test", "eu", "uk", "io", "biz", "edu", "gov", "local", "invalid"];

/// True for the last part of a domain when it is one of the usual: those are neither indexed nor asked for.
fn is_usual_ending(label: &str) -> bool {
    ENDINGS.contains(&label) || COUNTRIES.iter().any(|(code, _)| code.eq_ignore_ascii_case(label))
}

/// An address or domain without its usual ending.
fn without_ending(address: &str) -> &str {
    match address.rsplit_once('.') {
        Some((rest, ending)) if is_usual_ending(ending) => rest,
        _ => address,
    }
}

/// What somebody typed into a search field, word by word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked(Vec<AskedWord>);

/// One word, folded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskedWord {
    pub text: String,
    /// More letters may follow: the word is the last one, or too short to be whole.
    pub is_begun: bool,
}

impl Asked {
    /// Reads the words; `None` when there is nothing to look for.
    pub fn read(asked: &str) -> Option<Asked> {
        let folded = text::fold(asked);
        if let Some(text) = phone_digits(&folded) {
            return Some(Asked(vec![AskedWord { text, is_begun: true }]));
        }
        let mut words = Vec::new();
        let mut is_whole = false;
        for chunk in folded.split(' ') {
            let rest = without_ending(chunk);
            // With its ending an address is complete.
            is_whole = chunk.contains('@') && rest.len() < chunk.len();
            words.extend(split(rest).map(str::to_owned));
        }
        words.truncate(ASKED);
        // A single letter would match a large part of all records: it counts only when it is all there is.
        let all_short = words.iter().all(|word| word.len() < 2);
        words.retain(|word| all_short || word.len() > 1);
        let last = words.len().checked_sub(1)?;
        let is_begun = |place: usize, word: &str| match word.chars().count() {
            1 if word.len() == 1 => false,
            1..=SHORT => true,
            _ => place == last && !is_whole,
        };
        let word = |(place, text): (usize, String)| AskedWord { is_begun: is_begun(place, &text), text };
        Some(Asked(words.into_iter().enumerate().map(word).collect()))
    }

    pub fn words(&self) -> &[AskedWord] {
        &self.0
    }

    pub fn last(&self) -> &AskedWord {
        &self.0[self.0.len() - 1]
    }

    /// Takes the last word for whole.
    pub fn complete(mut self) -> Asked {
        if let Some(last) = self.0.last_mut() {
            last.is_begun = false;
        }
        self
    }

    /// Every word may be begun only: for when nothing has them as they are.
    pub fn loosened(mut self) -> Asked {
        self.0.iter_mut().for_each(|word| word.is_begun = word.text.len() > 1);
        self
    }

    /// The expression for the index of words.
    pub fn expression(&self) -> String {
        let term = |word: &AskedWord| format!("\"{}\"{}", word.text, if word.is_begun { "*" } else { "" });
        self.0.iter().map(term).collect::<Vec<_>>().join(" ")
    }
}

/// What a list looks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matching {
    /// For the index of words.
    pub expression: String,
    /// The same for one record: each stands in its column of words, when that has a space at both ends.
    pub parts: Vec<String>,
}

impl From<Asked> for Matching {
    fn from(asked: Asked) -> Matching {
        let part = |word: &AskedWord| format!(" {}{}", word.text, if word.is_begun { "" } else { " " });
        Matching { expression: asked.expression(), parts: asked.0.iter().map(part).collect() }
    }
}

impl AskedWord {
    /// The index knows the beginnings of words up to this length; longer ones it has to put together.
    pub fn is_indexed_beginning(&self) -> bool {
        self.text.chars().count() <= INDEXED
    }
}

/// What to ask an index of records, without having looked into it; `search::matching` is the better question.
pub fn records_matching(asked: &str) -> Option<String> {
    Asked::read(asked).map(|asked| asked.expression())
}

/// What to ask the index of notes, which folds by itself; every word may be begun only.
pub fn notes_matching(asked: &str) -> Option<String> {
    let composed: String = asked.nfc().collect();
    expression(split(&composed.to_lowercase()), "*")
}

/// The same for notes that have every word as it stands.
pub fn notes_matching_whole(asked: &str) -> Option<String> {
    let composed: String = asked.nfc().collect();
    expression(split(&composed.to_lowercase()), "")
}

/// Somebody types a number with spaces and a trunk prefix: one word, as the index has it.
fn phone_digits(text: &str) -> Option<String> {
    let is_number = text.chars().all(|c| c.is_ascii_digit() || " +-()./".contains(c));
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let digits = digits.trim_start_matches('0');
    (is_number && digits.len() >= 4).then(|| digits.to_owned())
}

/// A single letter would match a large part of all records: it counts only when it is all there is.
fn expression<'a>(words: impl Iterator<Item = &'a str>, ending: &str) -> Option<String> {
    let words: Vec<&str> = words.take(ASKED).collect();
    let is_short = |word: &str| word.len() < 2;
    let all_short = words.iter().all(|word| is_short(word));
    let terms: Vec<String> = words
        .into_iter()
        .filter(|word| all_short || !is_short(word))
        .map(|word| if is_short(word) { format!("\"{word}\"") } else { format!("\"{word}\"{ending}") })
        .collect();
    (!terms.is_empty()).then(|| terms.join(" "))
}
