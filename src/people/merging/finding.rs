//! The search for duplicates: every record is read, and only those that share a key are compared.
//!
//! A key is a 64-bit hash with an id and a mark, 24 bytes. At most [`HELD`] are held at once: a workspace that has
//! more is read several times, each time for another part of them. So memory has a bound whatever its size, and
//! time grows with the records, not with their pairs.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap, HashSet, btree_map};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::ControlFlow;

use super::likeness::{are_close, bare_company, letters, may_be_close, sorted, sound};
use super::{Reason, store};
use crate::db::Db;
use crate::error::Error;
use crate::people::record::Object;

/// Two records and why they may be one.
pub struct Found {
    pub one: i64,
    pub other: i64,
    pub score: i64,
    pub reasons: Vec<Reason>,
}

/// A key that more records share says nothing: a common name, a telephone exchange.
pub const CROWD: usize = 40;
/// More pairs than this nobody looks through; the surest are kept.
pub const MOST: usize = 10_000;
/// Keys in memory at one time: 36 MiB.
const HELD: usize = 1_500_000;

/// Pairs of contacts: close names at one company, the same name where one of them has no company. The surest kinds
/// are looked for first, so that those that are too many leave out the doubtful ones.
pub fn contacts(db: &Db, is_stopping: &dyn Fn() -> bool) -> Result<Vec<Found>, Error> {
    let people = store::count_live(db, Object::Contact)?;
    let (mut same, mut alike) = (Vec::new(), Vec::new());
    let names = |take: &mut dyn FnMut(Key)| {
        store::each_contact(db, &mut |id, name, company| {
            let words = sorted(name);
            let hash = match (words.len(), company) {
                // One word alone is no name, unless both work at one place.
                (0, _) | (1, None) => return,
                (1, Some(company)) => hash(&(company, &words)),
                _ => hash(&words),
            };
            take(Key { hash, id, mark: company.unwrap_or(NO_COMPANY) });
        })
    };
    each_group(people, &names, is_stopping, &mut |group| {
        each_pair(group, &mut |one, other| {
            if one.mark == other.mark && one.mark != NO_COMPANY {
                same.push(found(one, other, 95, &[Reason::SameName, Reason::SameCompany]));
            } else if (one.mark == NO_COMPANY || other.mark == NO_COMPANY) && alike.len() < MOST {
                alike.push(found(one, other, 60, &[Reason::SameName]));
            }
            Ok(())
        })?;
        Ok(until(same.len() >= MOST))
    })?;
    close_names(db, people, is_stopping, &mut same)?;
    same.append(&mut alike);
    Ok(surest(same))
}

/// Adds those who work at one place and whose names are a slip apart.
fn close_names(db: &Db, people: usize, is_stopping: &dyn Fn() -> bool, into: &mut Vec<Found>) -> Result<(), Error> {
    let mut known: HashSet<(i64, i64)> = into.iter().map(|pair| (pair.one, pair.other)).collect();
    let sounds = |take: &mut dyn FnMut(Key)| {
        store::each_contact(db, &mut |id, name, company| {
            let Some(company) = company else { return };
            let mark = letters(name);
            sorted(name).iter().for_each(|word| take(Key { hash: sound_key(company, word), id, mark }));
        })
    };
    if into.len() >= MOST {
        return Ok(());
    }
    each_group(people.saturating_mul(2), &sounds, is_stopping, &mut |group| {
        let mut names: HashMap<i64, Option<(String, Option<i64>)>> = HashMap::new();
        each_pair(group, &mut |one, other| {
            if !may_be_close(one.mark, other.mark) || known.contains(&ids(one, other)) {
                return Ok(());
            }
            for key in [one, other] {
                if let Entry::Vacant(unknown) = names.entry(key.id) {
                    unknown.insert(store::contact(db, key.id)?);
                }
            }
            if let (Some(Some(a)), Some(Some(b))) = (names.get(&one.id), names.get(&other.id))
                && let Some((score, reasons)) = compare_contacts((&a.0, a.1), (&b.0, b.1))
            {
                known.insert(ids(one, other));
                into.push(found(one, other, score, &reasons));
            }
            Ok(())
        })?;
        Ok(until(into.len() >= MOST))
    })
}

/// The keys of every contact in use, each with its id.
pub fn contact_keys(db: &Db) -> Result<Vec<(u64, i64)>, Error> {
    let mut keys: Vec<(u64, i64)> = Vec::new();
    store::each_contact(db, &mut |id, name, company| each_key_of(name, company, &mut |key| keys.push((key, id))))?;
    Ok(keys)
}

/// Hands over the keys of a person: only who shares one needs to be compared. `name` is folded.
pub fn each_key_of(name: &str, company: Option<i64>, take: &mut dyn FnMut(u64)) {
    let words = sorted(name);
    if words.len() > 1 {
        take(hash(&words));
    }
    if let Some(company) = company {
        words.iter().for_each(|word| take(sound_key(company, word)));
    }
}

fn sound_key(company: i64, word: &str) -> u64 {
    hash(&(company, sound(word)))
}

/// The folded name of a contact and its company.
pub fn contact(db: &Db, id: i64) -> Result<Option<(String, Option<i64>)>, Error> {
    store::contact(db, id)
}

/// How sure it is that two people are one, and why. Names are folded.
pub fn compare_contacts(
    (one_name, one_company): (&str, Option<i64>),
    (other_name, other_company): (&str, Option<i64>),
) -> Option<(i64, Vec<Reason>)> {
    let is_same_name = sorted(one_name) == sorted(other_name);
    let is_same_company = one_company.is_some() && one_company == other_company;
    match (is_same_name, is_same_company) {
        (true, true) => Some((95, vec![Reason::SameName, Reason::SameCompany])),
        (true, false) if one_company.is_none() || other_company.is_none() => Some((60, vec![Reason::SameName])),
        (false, true) if are_close(one_name, other_name) => Some((80, vec![Reason::CloseName, Reason::SameCompany])),
        _ => None,
    }
}

/// What is known of two companies: how alike they are by name and domain, and what else they share.
#[derive(Default)]
struct Pairing {
    alike: Option<(i64, Vec<Reason>)>,
    shared: Vec<Reason>,
}

/// What a key of a company says, as its mark.
const NAME_OR_DOMAIN: i64 = 0;
const ADDRESS: i64 = 1;
const PHONE: i64 = 2;

/// Pairs of companies: the same domain, address or number, the same name but for its legal form, close names.
pub fn companies(db: &Db, is_stopping: &dyn Fn() -> bool) -> Result<Vec<Found>, Error> {
    let count = store::count_live(db, Object::Company)?;
    let mut pairs: BTreeMap<(i64, i64), Pairing> = BTreeMap::new();
    let certain = |take: &mut dyn FnMut(Key)| {
        store::each_company(db, &mut |id, name, domain| {
            take(Key { hash: hash(&("bare", bare_company(name))), id, mark: NAME_OR_DOMAIN });
            if !domain.is_empty() {
                take(Key { hash: hash(&("domain", domain)), id, mark: NAME_OR_DOMAIN });
            }
        })?;
        store::each_company_identity(db, &mut |id, is_phone, normalised| {
            let mark = if is_phone { PHONE } else { ADDRESS };
            take(Key { hash: hash(&(is_phone, normalised)), id, mark });
        })
    };
    each_group(count.saturating_mul(3), &certain, is_stopping, &mut |group| {
        each_pair(group, &mut |one, other| {
            let pair = ids(one, other);
            if let btree_map::Entry::Vacant(unknown) = pairs.entry(pair) {
                unknown.insert(Pairing { alike: compare_companies(db, pair)?, shared: Vec::new() });
            }
            let reason = match one.mark {
                ADDRESS => Reason::SameAddress,
                PHONE => Reason::SamePhone,
                _ => return Ok(()),
            };
            if let Some(pairing) = pairs.get_mut(&pair).filter(|pairing| !pairing.shared.contains(&reason)) {
                pairing.shared.push(reason);
            }
            Ok(())
        })?;
        Ok(until(pairs.len() >= 4 * MOST))
    })?;
    let sounds = |take: &mut dyn FnMut(Key)| {
        store::each_company(db, &mut |id, name, _| {
            let bare = bare_company(name);
            let mark = letters(&bare);
            sorted(&bare).iter().for_each(|word| take(Key { hash: hash(&("sound", sound(word))), id, mark }));
        })
    };
    each_group(count.saturating_mul(2), &sounds, is_stopping, &mut |group| {
        each_pair(group, &mut |one, other| {
            let pair = ids(one, other);
            if may_be_close(one.mark, other.mark)
                && !pairs.contains_key(&pair)
                && let Some(alike) = compare_companies(db, pair)?
            {
                pairs.insert(pair, Pairing { alike: Some(alike), shared: Vec::new() });
            }
            Ok(())
        })?;
        Ok(until(pairs.len() >= 4 * MOST))
    })?;
    Ok(surest(pairs.into_iter().filter_map(|(pair, pairing)| judged(pair, pairing)).collect()))
}

/// How alike two companies are by their names and domains.
fn compare_companies(db: &Db, (one, other): (i64, i64)) -> Result<Option<(i64, Vec<Reason>)>, Error> {
    let (Some((one_name, one_domain)), Some((other_name, other_domain))) =
        (store::company(db, one)?, store::company(db, other)?)
    else {
        return Ok(None);
    };
    let (one_name, other_name) = (bare_company(&one_name), bare_company(&other_name));
    let (mut score, mut reasons) = (0, Vec::new());
    if one_name == other_name {
        reasons.push(Reason::SameName);
        score = 85;
    } else if are_close(&one_name, &other_name) {
        reasons.push(Reason::CloseName);
        score = 60;
    }
    if !one_domain.is_empty() && one_domain == other_domain {
        reasons.push(Reason::SameDomain);
        score = if score > 0 { 98 } else { 75 };
    }
    Ok((score > 0).then_some((score, reasons)))
}

/// A shared address or number makes a likely pair surer, and is a reason by itself.
fn judged((one, other): (i64, i64), pairing: Pairing) -> Option<Found> {
    let (score, mut reasons) = match (pairing.alike, pairing.shared.first()) {
        (Some((score, reasons)), _) => ((score + 10 * pairing.shared.len() as i64).min(100), reasons),
        (None, Some(Reason::SamePhone)) if pairing.shared.len() == 1 => (55, Vec::new()),
        (None, Some(_)) => (55 + 10 * pairing.shared.len() as i64, Vec::new()),
        (None, None) => return None,
    };
    reasons.extend(pairing.shared);
    Some(Found { one, other, score, reasons })
}

/// A record under a key, with what tells those apart that share it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    hash: u64,
    id: i64,
    mark: i64,
}

/// The mark of somebody without a company: no id is 0.
const NO_COMPANY: i64 = 0;

/// Hands out every key there is.
type Read<'a> = &'a dyn Fn(&mut dyn FnMut(Key)) -> Result<(), Error>;
/// Takes a group of keys that are alike, and says whether to go on.
type Take<'a> = &'a mut dyn FnMut(&[Key]) -> Result<ControlFlow<()>, Error>;

/// Reads keys and hands over each group that shares one, crowds aside, until it is told to stop. `expected` is about
/// how many keys there are: it says in how many rounds they are read.
fn each_group(expected: usize, read: Read, is_stopping: &dyn Fn() -> bool, take: Take) -> Result<(), Error> {
    let rounds = expected.div_ceil(HELD).max(1);
    for round in 0..rounds as u64 {
        let mut keys: Vec<Key> = Vec::with_capacity(expected / rounds + expected / rounds / 8);
        read(&mut |key| {
            if key.hash % rounds as u64 == round {
                keys.push(key);
            }
        })?;
        keys.sort_unstable();
        keys.dedup();
        for group in keys.chunk_by(|one, other| one.hash == other.hash) {
            if (2..=CROWD).contains(&group.len()) && (is_stopping() || take(group)?.is_break()) {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// Every two of a group.
fn each_pair(group: &[Key], take: &mut dyn FnMut(&Key, &Key) -> Result<(), Error>) -> Result<(), Error> {
    for (place, one) in group.iter().enumerate() {
        group[place + 1..].iter().filter(|other| other.id != one.id).try_for_each(|other| take(one, other))?;
    }
    Ok(())
}

fn until(is_enough: bool) -> ControlFlow<()> {
    if is_enough { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
}

fn ids(one: &Key, other: &Key) -> (i64, i64) {
    (one.id.min(other.id), one.id.max(other.id))
}

fn found(one: &Key, other: &Key, score: i64, reasons: &[Reason]) -> Found {
    let (one, other) = ids(one, other);
    Found { one, other, score, reasons: reasons.to_vec() }
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
