//! Whether the words of a purpose name somebody. People agree to words for good: they never change, so nobody whom they
//! name could be taken out of them.

use super::definition::NewPurpose;
use crate::db::Db;
use crate::error::Error;
use crate::module::{IdentityKind, Module, PersonKind, persons};
use crate::privacy::data_map::File;

/// The fewest digits of a phone number that somebody can be found by.
const DIGITS: usize = 7;
/// The most words of a name.
const WORDS: usize = 4;

/// Fails when the name or the words hold the name, an address or a number of somebody whose data is held.
pub fn refuse(db: &Db, modules: &'static [&'static Module], new: &NewPurpose) -> Result<(), Error> {
    for (field, text) in [("title", &new.title), ("wording", &new.wording)] {
        for kind in persons(modules, File::Workspace) {
            if let Some(found) = named(db, kind, text)? {
                let message = format!(
                    "This names {found}, whose data you hold. People agree to these words for good, so nobody can be \
                     taken out of them later. Name a role, or an address that belongs to nobody."
                );
                return Err(Error::field(field, "names_somebody", message));
            }
        }
    }
    Ok(())
}

/// The first part of the text that somebody is found by.
fn named<'t>(db: &Db, kind: &PersonKind, text: &'t str) -> Result<Option<&'t str>, Error> {
    let identities = addresses(text).map(|part| (IdentityKind::Email, part));
    for (of, part) in identities.chain(numbers(text).map(|part| (IdentityKind::Phone, part))) {
        if let Some(normalised) = (kind.normalise)(db, of, part)?
            && !(kind.find)(db, of, &normalised)?.is_empty()
        {
            return Ok(Some(part));
        }
    }
    for part in names(text) {
        if !(kind.called)(db, part)?.is_empty() {
            return Ok(Some(part));
        }
    }
    Ok(None)
}

fn is_end(c: char) -> bool {
    c.is_whitespace() || matches!(c, ',' | ';' | '(' | ')' | '<' | '>' | '"' | ':')
}

fn addresses(text: &str) -> impl Iterator<Item = &str> {
    let parts = text.split(is_end).filter(|part| part.contains('@'));
    parts.map(|part| part.trim_matches(|c: char| matches!(c, '.' | '!' | '?' | '\'')))
}

fn numbers(text: &str) -> impl Iterator<Item = &str> {
    let runs = text.split(|c: char| !(c.is_ascii_digit() || matches!(c, '+' | ' ' | '-' | '(' | ')' | '/' | '.')));
    let has_digits = |run: &&str| run.bytes().filter(u8::is_ascii_digit).count() >= DIGITS;
    runs.map(|run| run.trim().trim_end_matches('.')).filter(has_digits)
}

/// Two to four words in a row that begin with a capital letter: the shortest that could be a whole name.
fn names(text: &str) -> impl Iterator<Item = &str> {
    let mut words: Vec<(usize, usize)> = Vec::new();
    let mut at = 0;
    for word in text.split(|c: char| !(c.is_alphanumeric() || matches!(c, '-' | '\'' | '\u{2019}'))) {
        if !word.is_empty() {
            words.push((at, at + word.len()));
        }
        at += word.len();
        at += text[at..].chars().next().map_or(0, char::len_utf8);
    }
    let mut found = Vec::new();
    for first in 0..words.len() {
        for last in first + 1..words.len().min(first + WORDS) {
            let is_name = |(from, to): &(usize, usize)| text[*from..*to].starts_with(char::is_uppercase);
            // What stands between the words of a name is one blank.
            let is_close = words[first..=last].windows(2).all(|pair| &text[pair[0].1..pair[1].0] == " ");
            if is_close && is_name(&words[first]) && is_name(&words[last]) {
                found.push(&text[words[first].0..words[last].1]);
            }
        }
    }
    found.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_addresses_and_numbers_are_seen_in_running_text() {
        let text = "Ask Ana Mar\u{ed}a Ruiz (ana@ruiz.example), or call +44 1632 960-111. We write now and then.";
        let names: Vec<&str> = names(text).collect();
        assert!(names.contains(&"Ana Mar\u{ed}a Ruiz") && names.contains(&"Ask Ana"), "{names:?}");
        assert_eq!(addresses(text).collect::<Vec<_>>(), ["ana@ruiz.example"]);
        assert_eq!(numbers(text).collect::<Vec<_>>(), ["+44 1632 960-111"]);
        assert!(numbers("In 30 days, or 12 months.").next().is_none());
    }
}
