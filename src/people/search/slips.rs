//! Words a slip away from one that nothing has: which the asker may have meant.
//!
//! The words come from the indexes of people and companies, which hold everybody's. So a word is offered only
//! when a question with it finds something that the asker may see.

use std::time::Duration;

use super::words::{Asked, AskedWord};
use super::{Index, store};
use crate::clock::Stopwatch;
use crate::db::Db;
use crate::error::Error;
use crate::people::merging::likeness::distances;

/// How long words are compared, and how long all of it may take.
const COMPARING: Duration = Duration::from_millis(40);
const ALTOGETHER: Duration = Duration::from_millis(90);
/// Words that are read at once, and of all words at most.
const READ: i64 = 1_000;
const MOST_READ: usize = 60_000;
/// Words looked at more closely, and kept, in place of one.
const LOOKED_AT: usize = 24;
const KEPT: usize = 4;
/// Wordings that are tried and given.
const TRIED: usize = 16;
const GIVEN: usize = 3;

/// Whether a question of these words finds something that the asker may see.
pub type Finds<'a> = dyn Fn(&str) -> Result<bool, Error> + 'a;

/// A word that may have been meant; the rank is smaller for fewer slips.
type Near = (usize, String);

/// The nearest wordings of a question that find something.
pub fn corrections(db: &Db, asked: &Asked, finds: &Finds) -> Result<Vec<String>, Error> {
    let spent = Stopwatch::start();
    let mut wordings: Vec<(usize, Vec<String>)> = vec![(0, Vec::new())];
    for word in asked.words() {
        let mut choices = vec![(0, word.text.clone())];
        for (rank, near) in near(db, word, spent)?.into_iter().take(LOOKED_AT) {
            if choices.len() > KEPT || spent.elapsed() > ALTOGETHER {
                break;
            }
            if finds(&near)? {
                choices.push((rank, near));
            }
        }
        wordings = with_each(&wordings, &choices);
    }
    let mut given: Vec<(usize, String)> = Vec::new();
    for (rank, words) in wordings.into_iter().filter(|(rank, _)| *rank > 0).take(TRIED) {
        let is_further = given.first().is_some_and(|(nearest, _)| rank > nearest + 1);
        if is_further || given.len() == GIVEN || spent.elapsed() > ALTOGETHER {
            break;
        }
        let wording = words.join(" ");
        if finds(&wording)? {
            given.push((rank, wording));
        }
    }
    Ok(given.into_iter().map(|(_, wording)| wording).collect())
}

/// Every beginning of a wording with every choice of its next word, the nearest first and only those.
fn with_each(beginnings: &[(usize, Vec<String>)], choices: &[Near]) -> Vec<(usize, Vec<String>)> {
    let mut all: Vec<(usize, Vec<String>)> = Vec::with_capacity(beginnings.len() * choices.len());
    for (rank, words) in beginnings {
        for (more, word) in choices {
            all.push((rank + more, words.iter().chain([word]).cloned().collect()));
        }
    }
    all.sort_by_key(|(rank, _)| *rank);
    all.truncate(TRIED * 2);
    all
}

/// The words of the indexes that are near, the nearest first. They begin with the same two letters, or at
/// least with the same one where there are none of those.
fn near(db: &Db, word: &AskedWord, spent: Stopwatch) -> Result<Vec<Near>, Error> {
    let letters: Vec<char> = word.text.chars().collect();
    let Some(slips) = slips_in(&letters) else { return Ok(Vec::new()) };
    let mut found: Vec<Near> = Vec::new();
    let mut read = 0;
    for same in [2, 1] {
        let beginning: String = letters[..same].iter().collect();
        let until = format!("{beginning}\u{10ffff}");
        for index in [Index::Contacts, Index::Companies] {
            let mut from = beginning.clone();
            while read < MOST_READ && spent.elapsed() < COMPARING {
                let terms = store::terms(db, index, &from, &until, READ)?;
                read += terms.len();
                let is_last = (terms.len() as i64) < READ;
                // The next word there can be.
                from = terms.last().map(|term| format!("{term}\0")).unwrap_or_default();
                let near = |term: String| Some((rank(&letters, &term, slips, word.is_begun)?, term));
                found.extend(terms.into_iter().filter_map(near));
                if is_last {
                    break;
                }
            }
        }
        if !found.is_empty() {
            break;
        }
    }
    found.sort();
    found.dedup();
    Ok(found)
}

/// How many slips a word of this length may have; `None` for short ones and for numbers, where each letter
/// makes another word.
pub fn slips_in(letters: &[char]) -> Option<usize> {
    match letters.len() {
        _ if letters.iter().any(char::is_ascii_digit) => None,
        4..=7 => Some(1),
        8.. => Some(2),
        _ => None,
    }
}

/// How near a word is to the one that was asked for: two for each slip, one more when it goes on. `None` when
/// it is too far, and when it is the same or begins so: that one was looked for already.
pub fn rank(asked: &[char], term: &str, slips: usize, is_begun: bool) -> Option<usize> {
    let term: Vec<char> = term.chars().take(asked.len() + slips + 1).collect();
    if term.len() + slips < asked.len() {
        return None;
    }
    let by_beginning = distances(asked, &term);
    let whole = if is_swapped(asked, &term) { 1 } else { by_beginning[term.len()] };
    let begun = by_beginning.iter().copied().min().filter(|_| is_begun && asked.len() > 4);
    match (whole, begun) {
        (0, _) | (_, Some(0)) => None,
        (whole, _) if whole <= slips => Some(2 * whole),
        (_, Some(1)) => Some(3),
        _ => None,
    }
}

/// True when two letters side by side changed places: the commonest slip of all, and one, not two.
fn is_swapped(one: &[char], other: &[char]) -> bool {
    let Some(at) = one.iter().zip(other).position(|(a, b)| a != b) else { return false };
    one.len() == other.len()
        && at + 1 < one.len()
        && one[at] == other[at + 1]
        && one[at + 1] == other[at]
        && one[at + 2..] == other[at + 2..]
}
