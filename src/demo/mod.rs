//! Invented data for `holdfast demo` and for looking at pages: believable, varied, and nobody's.
//!
//! The same seed gives the same people. Every address is below `.example`, every phone number lies in a
//! range that is kept for fiction.

mod asked;
mod consents;
mod cultures;
mod doubles;
mod fields;
mod files;
mod fill;
mod firms;
pub mod house;
mod kept;
mod people;
mod random;
mod talk;
#[cfg(test)]
mod tests;
mod views;
mod words;

use crate::clock::Timestamp;
use crate::people::custom_fields::Typed;
use crate::people::places::Address;
use random::Random;

pub use people::latin;

/// What kind of house the data is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum House {
    /// Sells instruments.
    Maker,
    /// Gives and collects money.
    Foundation,
}

/// A company. Its place in [`Invented::firms`] is what people refer to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Firm {
    pub name: String,
    pub domain: String,
    pub phone: String,
    pub address: Address,
    pub tags: Vec<&'static str>,
    pub source: &'static str,
    /// What the fields of the workspace's own hold.
    pub custom: Typed,
    /// Which of the members it belongs to.
    pub owner: usize,
    pub created_at: Timestamp,
}

/// A person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    pub given_name: String,
    pub family_name: String,
    pub email: String,
    /// At home, for some.
    pub second_email: Option<String>,
    pub phone: Option<String>,
    pub job_title: &'static str,
    pub firm: Option<usize>,
    pub address: Option<Address>,
    pub language: &'static str,
    pub time_zone: &'static str,
    pub tags: Vec<&'static str>,
    pub source: &'static str,
    /// What the fields of the workspace's own hold, but for people.
    pub custom: Typed,
    /// Who brought them in: an earlier person.
    pub introduced_by: Option<usize>,
    pub owner: Option<usize>,
    pub created_at: Timestamp,
    pub notes: Vec<Note>,
    /// When somebody corrected the entry, and what it then says of their work.
    pub change: Option<(Timestamp, &'static str)>,
}

/// Something a member wrote down about a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    pub author: usize,
    pub at: Timestamp,
    pub body: String,
}

/// Everything for one workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invented {
    pub house: House,
    pub firms: Vec<Firm>,
    pub people: Vec<Person>,
}

/// How much to invent.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    pub firms: usize,
    pub people: usize,
    /// How many members own records and write notes.
    pub members: usize,
}

/// How far back the history goes.
const YEARS_MS: i64 = 2 * 365 * Timestamp::DAY;

/// Invents companies and people whose history ends at `now`.
pub fn invent(seed: u64, house: House, size: Size, now: Timestamp) -> Invented {
    let mut random = Random::new(seed);
    let mut phones = people::Phones::default();
    let mut firms = firms::invent(&mut random, house, size, now, &mut phones);
    let mut people = people::invent(&mut random, house, size, now, &firms, &mut phones);
    fields::fill_in(&mut random, house, now, &mut firms, &mut people);
    Invented { house, firms, people }
}

/// A moment in the two years before `now`, by day: more of them lately, since business grows.
fn moment(random: &mut Random, now: Timestamp) -> Timestamp {
    let ago = random.between(Timestamp::HOUR, YEARS_MS).min(random.between(Timestamp::HOUR, YEARS_MS + YEARS_MS / 2));
    let moment = now.plus(-ago);
    // Offices are open in daylight: move what falls into the night.
    let hour = moment.0.rem_euclid(Timestamp::DAY) / Timestamp::HOUR;
    let moved = if hour < 7 {
        moment.plus(-9 * Timestamp::HOUR)
    } else if hour > 18 {
        moment.plus(-8 * Timestamp::HOUR)
    } else {
        moment
    };
    moved.min(now)
}
