//! The search for duplicates: every record is read once, and only those that share a key are compared.
//!
//! Keys are 64-bit hashes beside an id, 16 bytes each, so that a million people fit in a few dozen megabytes.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::likeness::{are_close, bare_company, sorted, sound};
use super::{Reason, store};
use crate::db::Db;
use crate::error::Error;

/// Two records and why they may be one.
pub struct Found {
    pub one: i64,
    pub other: i64,
    pub score: i64,
    pub reasons: Vec<Reason>,
}

/// A key that more records share says nothing: a common name, a telephone exchange.
const CROWD: usize = 40;
/// More pairs than this nobody looks through; the surest are kept.
pub const MOST: usize = 10_000;

/// Pairs of contacts: close names at one company, the same name where one of them has no company.
pub fn contacts(db: &Db, is_stopping: &dyn Fn() -> bool) -> Result<Vec<Found>, Error> {
    let mut keys: Vec<(u64, i64)> = Vec::new();
    store::each_contact(db, &mut |id, name, company| {
        let words = sorted(name);
        if words.len() > 1 {
            keys.push((hash(&words), id));
        }
        if let Some(company) = company {
            keys.extend(words.iter().map(|word| (hash(&(company, sound(word))), id)));
        }
    })?;
    pairs(keys, is_stopping, &mut |one, other| {
        let (Some((one_name, one_company)), Some((other_name, other_company))) =
            (store::contact(db, one)?, store::contact(db, other)?)
        else {
            return Ok(None);
        };
        let is_same_name = sorted(&one_name) == sorted(&other_name);
        let is_same_company = one_company.is_some() && one_company == other_company;
        Ok(match (is_same_name, is_same_company) {
            (true, true) => Some((95, vec![Reason::SameName, Reason::SameCompany])),
            (true, false) if one_company.is_none() || other_company.is_none() => Some((60, vec![Reason::SameName])),
            (false, true) if are_close(&one_name, &other_name) => {
                Some((80, vec![Reason::CloseName, Reason::SameCompany]))
            }
            _ => None,
        })
    })
}

/// Pairs of companies: the same domain, address or number, the same name but for its legal form, close names.
pub fn companies(db: &Db, is_stopping: &dyn Fn() -> bool) -> Result<Vec<Found>, Error> {
    let mut keys: Vec<(u64, i64)> = Vec::new();
    store::each_company(db, &mut |id, name, domain| {
        let bare = bare_company(name);
        keys.push((hash(&("bare", &bare)), id));
        keys.extend(sorted(&bare).iter().map(|word| (hash(&("sound", sound(word))), id)));
        if !domain.is_empty() {
            keys.push((hash(&("domain", domain)), id));
        }
    })?;
    let mut found = pairs(keys, is_stopping, &mut |one, other| {
        let (Some((one_name, one_domain)), Some((other_name, other_domain))) =
            (store::company(db, one)?, store::company(db, other)?)
        else {
            return Ok(None);
        };
        let (one_name, other_name) = (bare_company(&one_name), bare_company(&other_name));
        let is_same_domain = !one_domain.is_empty() && one_domain == other_domain;
        let mut reasons = Vec::new();
        let mut score = 0;
        if one_name == other_name {
            reasons.push(Reason::SameName);
            score = 85;
        } else if are_close(&one_name, &other_name) {
            reasons.push(Reason::CloseName);
            score = 60;
        }
        if is_same_domain {
            reasons.push(Reason::SameDomain);
            score = if score > 0 { 98 } else { 75 };
        }
        Ok((score > 0).then_some((score, reasons)))
    })?;
    for (one, other, is_phone) in store::shared_identities(db)? {
        let reason = if is_phone { Reason::SamePhone } else { Reason::SameAddress };
        match found.iter_mut().find(|pair| (pair.one, pair.other) == (one, other)) {
            Some(pair) if !pair.reasons.contains(&reason) => {
                pair.reasons.push(reason);
                pair.score = (pair.score + 10).min(100);
            }
            Some(_) => {}
            None => found.push(Found { one, other, score: if is_phone { 55 } else { 65 }, reasons: vec![reason] }),
        }
    }
    Ok(surest(found))
}

/// Says how sure it is that two records are one, and why; `None`: they are not.
type Compare<'c> = dyn FnMut(i64, i64) -> Result<Option<(i64, Vec<Reason>)>, Error> + 'c;

/// Compares all that share a key, each pair once.
fn pairs(
    mut keys: Vec<(u64, i64)>,
    is_stopping: &dyn Fn() -> bool,
    compare: &mut Compare,
) -> Result<Vec<Found>, Error> {
    keys.sort_unstable();
    keys.dedup();
    let mut found: BTreeMap<(i64, i64), Found> = BTreeMap::new();
    for group in keys.chunk_by(|one, other| one.0 == other.0).filter(|group| (2..=CROWD).contains(&group.len())) {
        if is_stopping() || found.len() >= 4 * MOST {
            break;
        }
        for (place, (_, one)) in group.iter().enumerate() {
            for (_, other) in &group[place + 1..] {
                let pair = (*one.min(other), *one.max(other));
                if found.contains_key(&pair) {
                    continue;
                }
                if let Some((score, reasons)) = compare(pair.0, pair.1)? {
                    found.insert(pair, Found { one: pair.0, other: pair.1, score, reasons });
                }
            }
        }
    }
    Ok(surest(found.into_values().collect()))
}

fn surest(mut found: Vec<Found>) -> Vec<Found> {
    found.sort_by_key(|pair| (-pair.score, pair.one, pair.other));
    found.truncate(MOST);
    found
}

/// The same in every run: the keys of one search are compared with one another only.
fn hash(key: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    hasher.finish()
}
