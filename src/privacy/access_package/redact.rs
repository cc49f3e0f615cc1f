//! Others in the words about a person: their names, addresses and numbers are masked, and counted.
//!
//! What can be recognised is: any email address that is not the person's own, phone numbers that belong to somebody
//! else or are written with their country, marks that name a member, and names of two to four words that a member or
//! another person has. A name of one word is left, since nobody could tell it from a word.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};

use serde::Serialize;

use super::team::Team;
use crate::db::Db;
use crate::db::functions::fold;
use crate::error::Error;
use crate::module::IdentityKind;
use crate::privacy::subject::Person;

/// Words of the longest name that is looked for.
const LONGEST_NAME: usize = 4;
const ANOTHER_PERSON: &str = "[another person]";
const ANOTHER_ADDRESS: &str = "[another person's email address]";
const ANOTHER_NUMBER: &str = "[another person's phone number]";

/// How many places were masked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Redacted {
    /// Members of the workspace, shown by their role.
    pub members: usize,
    /// Other people's names.
    pub people: usize,
    /// Other people's email addresses.
    pub email_addresses: usize,
    /// Other people's phone numbers.
    pub phone_numbers: usize,
}

impl Redacted {
    pub fn all(&self) -> usize {
        self.members + self.people + self.email_addresses + self.phone_numbers
    }
}

/// Masks others in text about one person.
pub struct Redactor<'a> {
    db: &'a Db<'a>,
    person: &'a Person,
    team: &'a Team,
    /// The person's own addresses and numbers, as they are compared.
    own: HashSet<String>,
    own_names: HashSet<String>,
    /// Names that were looked up: true for somebody else's.
    looked_up: RefCell<HashMap<String, bool>>,
    redacted: Cell<Redacted>,
}

impl<'a> Redactor<'a> {
    /// `own` are values the person has or had, whatever became of their record: addresses, numbers and names.
    pub fn new(db: &'a Db<'a>, person: &'a Person, team: &'a Team, own: &[String]) -> Result<Redactor<'a>, Error> {
        let kind = person.kind;
        let mut addresses: HashSet<String> =
            (kind.identities)(db, person.id())?.into_iter().map(|identity| identity.normalised).collect();
        for value in own {
            for identity in IdentityKind::ALL {
                addresses.extend((kind.normalise)(db, *identity, value)?);
            }
        }
        let names = (kind.name)(db, person.id())?.into_iter().chain(own.iter().cloned());
        Ok(Redactor {
            db,
            person,
            team,
            own: addresses,
            own_names: names.map(|name| fold(&name)).filter(|name| !name.is_empty()).collect(),
            looked_up: RefCell::default(),
            redacted: Cell::default(),
        })
    }

    pub fn redacted(&self) -> Redacted {
        self.redacted.get()
    }

    fn count(&self, add: impl FnOnce(&mut Redacted)) {
        let mut redacted = self.redacted.get();
        add(&mut redacted);
        self.redacted.set(redacted);
    }

    /// A member's place in a column: their role.
    pub fn member(&self, role: &str) -> String {
        self.count(|redacted| redacted.members += 1);
        role.to_owned()
    }

    /// Another person's place in a column.
    pub fn another_person(&self) -> String {
        self.count(|redacted| redacted.people += 1);
        ANOTHER_PERSON.to_owned()
    }

    /// Words with everybody else masked.
    pub fn text(&self, text: &str) -> Result<String, Error> {
        let unmarked = (self.person.kind.unmarked)(text, &mut |id| format!("[{}]", self.member(self.team.role(id))));
        let without_addresses = self.addresses(&unmarked)?;
        let without_numbers = self.numbers(&without_addresses)?;
        self.names(&without_numbers)
    }

    fn addresses(&self, text: &str) -> Result<String, Error> {
        let is_local = |c: char| c.is_alphanumeric() || "._%+-'".contains(c);
        let is_domain = |c: char| c.is_alphanumeric() || c == '.' || c == '-';
        let mut masked = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find('@') {
            let begin = rest[..at].char_indices().rev().take_while(|(_, c)| is_local(*c)).last().map_or(at, |(i, _)| i);
            let length: usize = rest[at + 1..].chars().take_while(|c| is_domain(*c)).map(char::len_utf8).sum();
            let end = at + 1 + length;
            let found = rest[begin..end].trim_end_matches(['.', '-']);
            let normalised = (self.person.kind.normalise)(self.db, IdentityKind::Email, found)?;
            match normalised {
                Some(address) if !self.own.contains(&address) => {
                    masked.push_str(&rest[..begin]);
                    match self.team.role_of_name(&fold(found)) {
                        Some(role) => masked.push_str(&format!("[{}]", self.member(role))),
                        None => {
                            self.count(|redacted| redacted.email_addresses += 1);
                            masked.push_str(ANOTHER_ADDRESS);
                        }
                    }
                    masked.push_str(&rest[begin + found.len()..end]);
                }
                _ => masked.push_str(&rest[..end]),
            }
            rest = &rest[end..];
        }
        masked.push_str(rest);
        Ok(masked)
    }

    fn numbers(&self, text: &str) -> Result<String, Error> {
        let is_part = |c: char| c.is_ascii_digit() || " -./()\u{a0}".contains(c);
        let mut masked = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(begin) = rest.find(|c: char| c.is_ascii_digit() || c == '+') {
            let tail = &rest[begin + 1..];
            let length: usize = tail.chars().take_while(|c| is_part(*c)).map(char::len_utf8).sum();
            let end = begin + 1 + length;
            let found = rest[begin..end].trim_end_matches(|c: char| !c.is_ascii_digit());
            let digits = found.chars().filter(char::is_ascii_digit).count();
            masked.push_str(&rest[..begin]);
            if (7..=15).contains(&digits) && self.is_others_number(found)? {
                self.count(|redacted| redacted.phone_numbers += 1);
                masked.push_str(ANOTHER_NUMBER);
            } else {
                masked.push_str(found);
            }
            // A lone plus: nothing after it was a digit.
            let taken = found.len().max(1);
            if found.is_empty() {
                masked.push('+');
            }
            rest = &rest[begin + taken..];
        }
        masked.push_str(rest);
        Ok(masked)
    }

    fn is_others_number(&self, found: &str) -> Result<bool, Error> {
        let kind = self.person.kind;
        let Some(number) = (kind.normalise)(self.db, IdentityKind::Phone, found)? else { return Ok(false) };
        if self.own.contains(&number) {
            return Ok(false);
        }
        // Without its country it may be a number of anything, unless somebody is reached by it.
        Ok(found.starts_with('+') || !(kind.find)(self.db, IdentityKind::Phone, &number)?.is_empty())
    }

    fn names(&self, text: &str) -> Result<String, Error> {
        let words = words(text);
        let mut masked = String::with_capacity(text.len());
        let (mut word, mut copied) = (0, 0);
        while word < words.len() {
            let mut taken = 1;
            for length in (2..=LONGEST_NAME.min(words.len() - word)).rev() {
                let (begin, end) = (words[word].0, words[word + length - 1].1);
                let name = fold(&text[begin..end]);
                if self.own_names.contains(&name) {
                    taken = length;
                    break;
                }
                if let Some(role) = self.team.role_of_name(&name) {
                    masked.push_str(&text[copied..begin]);
                    masked.push_str(&format!("[{}]", self.member(role)));
                    (copied, taken) = (end, length);
                    break;
                }
                if self.is_another(name)? {
                    masked.push_str(&text[copied..begin]);
                    masked.push_str(&self.another_person());
                    (copied, taken) = (end, length);
                    break;
                }
            }
            word += taken;
        }
        masked.push_str(&text[copied..]);
        Ok(masked)
    }

    fn is_another(&self, name: String) -> Result<bool, Error> {
        if let Some(known) = self.looked_up.borrow().get(&name) {
            return Ok(*known);
        }
        let found = (self.person.kind.called)(self.db, &name)?;
        let is_another = !found.is_empty() && !found.iter().any(|id| self.person.ids.contains(id));
        self.looked_up.borrow_mut().insert(name, is_another);
        Ok(is_another)
    }
}

/// Where each word begins and ends. Letters with their apostrophes, hyphens and dots make a word, so that
/// "O'Brien", "Anne-Marie" and the "J." of a middle name are one; what ends a sentence is not part of it.
fn words(text: &str) -> Vec<(usize, usize)> {
    let mut words = Vec::new();
    let mut begin = None;
    for (place, c) in text.char_indices().chain([(text.len(), '\n')]) {
        let is_part = c.is_alphabetic() || (begin.is_some() && "'’-.".contains(c));
        match (begin, is_part) {
            (None, true) => begin = Some(place),
            (Some(from), false) => {
                let word = text[from..place].trim_end_matches(['\'', '’', '-']);
                // "J." keeps its dot; the last word of a sentence loses it.
                let word = if word.chars().count() > 2 { word.trim_end_matches('.') } else { word };
                words.push((from, from + word.len()));
                begin = None;
            }
            _ => {}
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::words;

    fn found(text: &str) -> Vec<&str> {
        words(text).into_iter().map(|(begin, end)| &text[begin..end]).collect()
    }

    #[test]
    fn a_name_is_made_of_whole_words() {
        assert_eq!(found("Met Anne-Marie O'Brien."), ["Met", "Anne-Marie", "O'Brien"]);
        assert_eq!(found("J. Łuczak, 41 («Zoë»)"), ["J.", "Łuczak", "Zoë"]);
        assert_eq!(found(" 7 … "), [] as [&str; 0]);
    }
}
