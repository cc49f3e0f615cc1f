//! Finds the values of a person in texts, whatever the case, the accents and the spaces, and in bytes, however they
//! are written there.

use std::cell::RefCell;

use aho_corasick::AhoCorasick;
use data_encoding::BASE64;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use unicode_normalization::UnicodeNormalization;

use super::values::Values;
use crate::db::functions::fold;
use crate::error::Error;

/// What stands where a value was.
pub const MARK: &str = "[erased]";

/// Looks for the values in texts.
pub struct Needles {
    /// Folded names and emails.
    words: Option<AhoCorasick>,
    /// Digits of phone numbers.
    numbers: Option<AhoCorasick>,
    /// Digits of the shortest of them.
    shortest_number: usize,
}

/// Where a value stands in a text: from, to, and whether letters touch it, so that it may be a part of another.
struct Span {
    from: usize,
    to: usize,
    is_whole: bool,
}

impl Needles {
    pub fn new(values: &Values) -> Result<Needles, Error> {
        let words: Vec<String> = values.names.iter().chain(&values.emails).map(|value| fold(value)).collect();
        let mut numbers: Vec<String> = values.phones.iter().map(|phone| digits(phone)).collect();
        numbers.sort_unstable();
        numbers.dedup();
        let shortest_number = numbers.iter().map(String::len).min().unwrap_or(0);
        Ok(Needles { words: automaton(&words)?, numbers: automaton(&numbers)?, shortest_number })
    }

    /// The text with a mark for each value that stands in it by itself; `None` when there is none.
    pub fn redacted(&self, text: &str) -> Option<String> {
        let mut spans: Vec<Span> = self.spans(text);
        spans.retain(|span| span.is_whole);
        if spans.is_empty() {
            return None;
        }
        spans.sort_by_key(|span| (span.from, std::cmp::Reverse(span.to)));
        let mut redacted = String::with_capacity(text.len());
        let mut end = 0;
        for span in spans {
            if span.from < end {
                continue;
            }
            redacted.push_str(&text[end..span.from]);
            redacted.push_str(MARK);
            end = span.to;
        }
        redacted.push_str(&text[end..]);
        Some(redacted)
    }

    /// True when a value stands in the text by itself.
    pub fn is_in(&self, text: &str) -> bool {
        self.spans(text).iter().any(|span| span.is_whole)
    }

    fn spans(&self, text: &str) -> Vec<Span> {
        let mut spans = Vec::new();
        if let Some(words) = &self.words
            && may_be_in(words, text)
        {
            let (folded, places) = folded_with_places(text);
            for found in words.find_overlapping_iter(folded.as_bytes()) {
                let (from, to) = (places[found.start()], end_of(text, places[found.end() - 1]));
                spans.push(Span { from, to, is_whole: stands_alone(text, from, to) });
            }
        }
        if let Some(numbers) = &self.numbers
            && text.bytes().filter(u8::is_ascii_digit).count() >= self.shortest_number
        {
            let (digits, places) = digits_with_places(text);
            for found in numbers.find_overlapping_iter(digits.as_bytes()) {
                let (mut from, to) = (places[found.start()], places[found.end() - 1] + 1);
                let before = &text[..from];
                // A plus sign belongs to the number.
                if before.ends_with('+') {
                    from -= 1;
                }
                let touches = before.ends_with(|c: char| c.is_ascii_digit()) && !before.ends_with("00")
                    || text[to..].starts_with(|c: char| c.is_ascii_digit());
                spans.push(Span { from, to, is_whole: !touches });
            }
        }
        spans
    }
}

fn automaton(patterns: &[String]) -> Result<Option<AhoCorasick>, Error> {
    if patterns.is_empty() {
        return Ok(None);
    }
    AhoCorasick::new(patterns).map(Some).map_err(|error| Error::Internal(Box::new(error)))
}

/// Letters and digits beside it would make it a part of something else: joanna@… is not anna@….
fn stands_alone(text: &str, from: usize, to: usize) -> bool {
    let joins_address = |c: char| text[from..to].contains('@') && matches!(c, '.' | '_' | '+' | '-');
    let before = text[..from].chars().next_back().filter(|c| c.is_alphanumeric() || joins_address(*c));
    // In JSON a line break before it ends in a letter.
    let is_free = before.is_none() || text[..from].ends_with("\\n") || text[..from].ends_with("\\t");
    is_free && !text[to..].starts_with(char::is_alphanumeric)
}

/// False only when no word is in the text. Nearly all texts of a workspace hold nobody who is looked for: those of
/// plain letters are folded in a place that is used again, and nothing is remembered of where each letter stood.
fn may_be_in(words: &AhoCorasick, text: &str) -> bool {
    thread_local! {
        static FOLDED: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    }
    if !text.is_ascii() {
        return true;
    }
    FOLDED.with_borrow_mut(|folded| {
        folded.clear();
        for byte in text.bytes() {
            match byte {
                // As `char::is_whitespace` has it, which counts the vertical tab.
                b' ' | b'\t'..=b'\r' if folded.last() == Some(&b' ') => {}
                b' ' | b'\t'..=b'\r' => folded.push(b' '),
                byte => folded.push(byte.to_ascii_lowercase()),
            }
        }
        words.is_match(&*folded)
    })
}

/// The folded text, and for each of its bytes where the letter that gave it begins.
fn folded_with_places(text: &str) -> (String, Vec<usize>) {
    let mut folded = String::with_capacity(text.len());
    let mut places = Vec::with_capacity(text.len());
    for (place, c) in text.char_indices() {
        let before = folded.len();
        if c.is_ascii() && !c.is_whitespace() {
            folded.push(c.to_ascii_lowercase());
        } else if c.is_whitespace() {
            if !folded.ends_with(' ') {
                folded.push(' ');
            }
        } else {
            folded.push_str(&fold(c.encode_utf8(&mut [0; 4])));
        }
        places.resize(places.len() + folded.len() - before, place);
    }
    (folded, places)
}

/// The digits of the text, those of one number together. What divides numbers is one letter of ours.
fn digits_with_places(text: &str) -> (String, Vec<usize>) {
    let (mut digits, mut places) = (String::new(), Vec::new());
    let mut gap = 0;
    for (place, c) in text.char_indices() {
        match c {
            '0'..='9' => {
                digits.push(c);
                places.push(place);
                gap = 0;
            }
            ' ' | '-' | '.' | '/' | '(' | ')' | '\u{a0}' if gap < 3 => gap += 1,
            _ if digits.ends_with('|') || digits.is_empty() => {}
            _ => {
                digits.push('|');
                places.push(place);
                gap = 0;
            }
        }
    }
    (digits, places)
}

fn end_of(text: &str, place: usize) -> usize {
    // Marks that belong to the letter go with it.
    let mut end = place + text[place..].chars().next().map_or(0, char::len_utf8);
    while let Some(c) = text[end..].chars().next().filter(|c| unicode_normalization::char::is_combining_mark(*c)) {
        end += c.len_utf8();
    }
    end
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

/// Looks for the values in bytes: plain, in other cases and forms of Unicode, as base64, percent-encoded, in UTF-16.
pub struct ByteNeedles {
    automaton: Option<AhoCorasick>,
    longest: usize,
    /// Values it looks for.
    pub values: usize,
    /// Forms of them.
    pub forms: usize,
}

impl ByteNeedles {
    pub fn new<'v>(values: impl Iterator<Item = &'v String>) -> Result<ByteNeedles, Error> {
        let mut forms: Vec<Vec<u8>> = Vec::new();
        let mut count = 0;
        for value in values {
            count += 1;
            add_forms(&mut forms, value);
        }
        forms.sort_unstable();
        forms.dedup();
        let longest = forms.iter().map(Vec::len).max().unwrap_or(0);
        let automaton = match forms.is_empty() {
            true => None,
            false => {
                let built = AhoCorasick::builder().ascii_case_insensitive(true).build(&forms);
                Some(built.map_err(|error| Error::Internal(Box::new(error)))?)
            }
        };
        Ok(ByteNeedles { automaton, longest, values: count, forms: forms.len() })
    }

    /// How often a form stands in the bytes.
    pub fn count(&self, bytes: &[u8]) -> u64 {
        self.automaton.as_ref().map_or(0, |automaton| automaton.find_iter(bytes).count() as u64)
    }

    /// How many bytes of one part must be looked at again with the next.
    pub fn overlap(&self) -> usize {
        self.longest.saturating_sub(1)
    }
}

fn add_forms(forms: &mut Vec<Vec<u8>>, value: &str) {
    let mut texts = vec![
        value.to_owned(),
        value.to_lowercase(),
        value.to_uppercase(),
        value.nfc().collect(),
        value.nfd().collect(),
        fold(value),
    ];
    let number = digits(value);
    if !value.contains('@') && number.len() >= 7 && !value.chars().any(char::is_alphabetic) {
        texts.push(number);
    }
    texts.sort_unstable();
    texts.dedup();
    for text in &texts {
        forms.push(text.as_bytes().to_vec());
        forms.push(utf8_percent_encode(text, NON_ALPHANUMERIC).to_string().into_bytes());
        forms.push(text.encode_utf16().flat_map(u16::to_le_bytes).collect());
        forms.push(text.encode_utf16().flat_map(u16::to_be_bytes).collect());
        for shift in 0..3_usize {
            // What stands before and behind decides over the outermost letters: they are left out.
            let shifted = [vec![0; shift], text.as_bytes().to_vec()].concat();
            let whole = shifted.len() / 3 * 4;
            let encoded = BASE64.encode(&shifted);
            let from = (shift * 8).div_ceil(6);
            if let Some(inner) = encoded.get(from..whole).filter(|inner| inner.len() >= 8) {
                forms.push(inner.as_bytes().to_vec());
            }
        }
    }
}
