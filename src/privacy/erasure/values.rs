//! What a person was ever called or reached by: what an erasure looks for elsewhere.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::faults::{Step, is_left_out};
use crate::db::Db;
use crate::error::Error;
use crate::module::{IdentityKind, KnownIdentity, KnownValue};
use crate::privacy::subject::Person;

/// A name of one word, or a short one, says nothing about who it is.
const SHORTEST_NAME: usize = 5;
/// Digits of a number that may stand for somebody.
const SHORTEST_NUMBER: usize = 7;

/// Values that lead to one person.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Values {
    pub names: Vec<String>,
    /// As typed and as compared.
    pub emails: Vec<String>,
    pub phones: Vec<String>,
    /// How many names somebody else has too, so that they are not looked for.
    pub shared_names: usize,
}

impl Values {
    /// Everything that is known of the person under any of their ids, with each way to reach them.
    pub fn of(db: &Db, person: &Person) -> Result<(Values, Vec<KnownIdentity>), Error> {
        let (mut names, mut emails, mut phones) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        let mut identities: Vec<KnownIdentity> = Vec::new();
        for id in &person.ids {
            for value in known(db, person, *id)? {
                match value {
                    KnownValue::Name(name) => drop(names.insert(name)),
                    KnownValue::Identity(identity) => identities.push(identity),
                }
            }
        }
        for identity in &identities {
            let set = match identity.kind {
                IdentityKind::Email => &mut emails,
                IdentityKind::Phone => &mut phones,
            };
            set.insert(identity.value.clone());
            set.insert(identity.normalised.clone());
        }
        identities.sort_by(|a, b| (a.kind.word(), &a.normalised).cmp(&(b.kind.word(), &b.normalised)));
        identities.dedup_by(|a, b| a.kind == b.kind && a.normalised == b.normalised);
        let mut values = Values::default();
        for name in names {
            let is_telling = name.split_whitespace().count() > 1 && name.chars().count() >= SHORTEST_NAME;
            if !is_telling || emails.contains(&name) || phones.contains(&name) {
                continue;
            }
            let others = (person.kind.called)(db, &name)?;
            if others.iter().any(|id| !person.ids.contains(id)) {
                values.shared_names += 1;
            } else {
                values.names.push(name);
            }
        }
        let has_digits = |number: &String| number.chars().filter(char::is_ascii_digit).count() >= SHORTEST_NUMBER;
        values.emails = emails.into_iter().filter(|email| email.contains('@')).collect();
        values.phones = phones.into_iter().filter(has_digits).collect();
        Ok((values, identities))
    }

    /// Adds what was known before.
    pub fn join(&mut self, earlier: Values) {
        for (own, more) in
            [(&mut self.names, earlier.names), (&mut self.emails, earlier.emails), (&mut self.phones, earlier.phones)]
        {
            own.extend(more);
            own.sort();
            own.dedup();
        }
        self.shared_names = self.shared_names.max(earlier.shared_names);
    }

    /// Those that are marked, in the order of [`Values::all`].
    pub fn only(&self, marked: &[bool]) -> Values {
        let mut marks = marked.iter();
        let mut chosen =
            |all: &[String]| -> Vec<String> { all.iter().filter(|_| marks.next() == Some(&true)).cloned().collect() };
        let (names, emails, phones) = (chosen(&self.names), chosen(&self.emails), chosen(&self.phones));
        Values { names, emails, phones, shared_names: self.shared_names }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.names.len() + self.emails.len() + self.phones.len()
    }

    /// All of them: names, emails, phones.
    pub fn all(&self) -> impl Iterator<Item = &String> {
        self.names.iter().chain(&self.emails).chain(&self.phones)
    }
}

/// What they are and were, under one of their ids.
fn known(db: &Db, person: &Person, id: i64) -> Result<Vec<KnownValue>, Error> {
    if !is_left_out(Step::FormerValues) {
        return (person.kind.was)(db, id);
    }
    let name = (person.kind.name)(db, id)?.map(KnownValue::Name);
    let identities = (person.kind.identities)(db, id)?.into_iter().map(KnownValue::Identity);
    Ok(name.into_iter().chain(identities).collect())
}
