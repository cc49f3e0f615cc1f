//! Marks what was found in the words that are shown. It works on plain text, piece by piece, so that a
//! template escapes each piece like any other text.

use unicode_normalization::char::is_combining_mark;

use super::words::Asked;
use crate::people::text::fold;

/// Letters of a note that are shown, and how many of them may stand before the first hit.
const SHOWN: usize = 160;
const BEFORE: usize = 50;

/// A part of a text: a hit, or what stands between hits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    pub text: String,
    pub is_marked: bool,
}

impl Piece {
    /// A whole text without hits.
    pub fn plain(text: &str) -> Vec<Piece> {
        vec![Piece { text: text.to_owned(), is_marked: false }]
    }
}

/// The text with the beginnings of its words marked that `asked` has. Words are compared as the index compares
/// them: "jose" marks "José".
pub fn marked(text: &str, asked: Option<&Asked>) -> Vec<Piece> {
    let Some(asked) = asked else { return Piece::plain(text) };
    let mut pieces = Vec::new();
    let mut add = |text: &str, is_marked| {
        if !text.is_empty() {
            pieces.push(Piece { text: text.to_owned(), is_marked });
        }
    };
    let mut done = 0;
    for (at, word) in words_of(text) {
        let length = hit(word, asked);
        if length > 0 {
            add(&text[done..at], false);
            add(&text[at..at + length], true);
            done = at + length;
        }
    }
    add(&text[done..], false);
    pieces
}

/// The part of a long text around its first hit, on one line.
pub fn snippet(text: &str, asked: Option<&Asked>) -> Vec<Piece> {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let first = asked.and_then(|asked| words_of(&line).find(|(_, word)| hit(word, asked) > 0));
    let first = first.map_or(0, |(at, _)| at);
    let start = match line[..first].char_indices().rev().nth(BEFORE) {
        // Whole words only: from behind the next space on.
        Some((at, _)) => line[at..first].find(' ').map_or(first, |space| at + space + 1),
        None => 0,
    };
    let rest = &line[start..];
    let end = match rest.char_indices().nth(SHOWN) {
        Some((at, _)) => rest[..at].rfind(' ').unwrap_or(at),
        None => rest.len(),
    };
    let (before, after) = (if start > 0 { "…" } else { "" }, if end < rest.len() { " …" } else { "" });
    marked(&format!("{before}{}{after}", &rest[..end]), asked)
}

/// Every word and where it begins. Marks on letters belong to their word.
fn words_of(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let is_letter = |c: char| c.is_alphanumeric() || is_combining_mark(c);
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + text[at..].find(is_letter)?;
        let length = text[start..].find(|c: char| !is_letter(c)).unwrap_or(text.len() - start);
        at = start + length;
        Some((start, &text[start..at]))
    })
}

/// How many bytes of the word `asked` has; 0 when it has none.
fn hit(word: &str, asked: &Asked) -> usize {
    let folded = fold(word);
    let fits = |asked: &str, is_begun: bool| if is_begun { folded.starts_with(asked) } else { folded == asked };
    let found = asked.words().iter().filter(|asked| fits(&asked.text, asked.is_begun));
    found.map(|asked| unfolded(word, asked.text.len())).max().unwrap_or(0)
}

/// How many bytes of `word` it takes to have `wanted` bytes of it once it is folded.
fn unfolded(word: &str, wanted: usize) -> usize {
    let mut folded = 0;
    for (at, c) in word.char_indices() {
        if folded >= wanted && !is_combining_mark(c) {
            return at;
        }
        folded += fold(c.encode_utf8(&mut [0; 4])).len();
    }
    word.len()
}
