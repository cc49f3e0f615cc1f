//! Invents people: names, ways to reach them, where they work, what happened.

use std::collections::HashSet;

use unicode_normalization::UnicodeNormalization;

use super::cultures::{CULTURES, Culture};
use super::firms::culture;
use super::random::Random;
use super::words::{
    CHARITY_NOTES, CHARITY_SOURCES, CHARITY_TAGS, JOB_TITLES, PRIVATE_MAIL, TRADE_NOTES, TRADE_SOURCES, TRADE_TAGS,
};
use super::{Firm, House, Note, Person, Size, moment};
use crate::clock::Timestamp;
use crate::people::places::Address;

/// What one person has and no other gets.
#[derive(Default)]
struct Taken {
    emails: HashSet<String>,
    /// Names by company. Whoever works nowhere shares a name with nobody, as far as the names go round.
    names: HashSet<(String, Option<usize>)>,
    everywhere: HashSet<String>,
}

impl Taken {
    /// A given and a family name, each with its Latin spelling. Two of one name at one company, or where one
    /// works nowhere, would look like one person entered twice: a few of those are made on purpose elsewhere.
    fn full_name(
        &mut self,
        random: &mut Random,
        culture: &Culture,
        firm: Option<usize>,
    ) -> ((String, String), (String, String)) {
        let mut attempts = 0;
        loop {
            let (given, family) = (name(random, culture.given), name(random, culture.family));
            let full = format!("{} {}", given.0, family.0);
            attempts += 1;
            let at_home = (full.clone(), None);
            let is_taken = match firm {
                None => self.everywhere.contains(&full),
                firm => self.names.contains(&at_home) || self.names.contains(&(full.clone(), firm)),
            };
            if !is_taken || attempts == MOST_ATTEMPTS {
                self.everywhere.insert(full.clone());
                self.names.insert((full, firm));
                return (given, family);
            }
        }
    }
}

/// Some countries have few names here: after as many attempts a name is given again.
const MOST_ATTEMPTS: usize = 60;

/// As many people as `size` says, the oldest entry first. Some share a name, none an address.
pub fn invent(
    random: &mut Random,
    house: House,
    size: Size,
    now: Timestamp,
    firms: &[Firm],
    phones: &mut Phones,
) -> Vec<Person> {
    let mut taken = Taken::default();
    let at_work = if house == House::Maker { 88 } else { 35 };
    let mut people: Vec<Person> = (0..size.people)
        .map(|_| {
            let firm = (!firms.is_empty() && random.chance(at_work)).then(|| random.below(firms.len()));
            person(random, house, size, now, firms, firm, phones, &mut taken)
        })
        .collect();
    people.sort_by_key(|person| person.created_at);
    people
}

#[allow(clippy::too_many_arguments)] // The whole state of the invention; a struct for it would be used once.
fn person(
    random: &mut Random,
    house: House,
    size: Size,
    now: Timestamp,
    firms: &[Firm],
    firm: Option<usize>,
    phones: &mut Phones,
    taken: &mut Taken,
) -> Person {
    // Most people of a company come from the country it is in.
    let home = firm.and_then(|at| CULTURES.iter().find(|culture| culture.country == firms[at].address.country));
    let culture = match home {
        Some(home) if random.chance(80) => home,
        _ => culture(random),
    };
    let ((given_name, given_latin), (family_name, family_latin)) = taken.full_name(random, culture, firm);
    let domain = firm.map_or(random.pick(&PRIVATE_MAIL), |at| firms[at].domain.as_str());
    let email = unused(&mut taken.emails, &given_latin, &family_latin, domain);
    let at_home = random.pick(&PRIVATE_MAIL);
    let second_email =
        (firm.is_some() && random.chance(8)).then(|| unused(&mut taken.emails, &given_latin, &family_latin, at_home));
    let at = moment(random, now);
    let created_at = firm.map_or(at, |firm| at.max(firms[firm].created_at));
    let (tags, source): (&[&str], &[&str]) = match house {
        House::Maker => (&TRADE_TAGS, &TRADE_SOURCES),
        House::Foundation => (&CHARITY_TAGS, &CHARITY_SOURCES),
    };
    let tags = match random.below(10) {
        0..4 => Vec::new(),
        4..8 => vec![random.pick_early(tags)],
        _ => two(random, tags),
    };
    let company = firm.map_or("the group", |at| firms[at].name.as_str());
    let notes = notes(random, house, size, now, created_at, &given_name, company);
    let change = random.chance(12).then(|| (Timestamp(random.between(created_at.0, now.0)), random.pick(&JOB_TITLES)));
    Person {
        email,
        second_email,
        phone: random.chance(60).then(|| phones.take(random, culture)),
        job_title: if firm.is_some() { random.pick(&JOB_TITLES) } else { "" },
        firm,
        address: random.chance(if firm.is_some() { 25 } else { 60 }).then(|| address(random, culture)),
        language: culture.language,
        time_zone: culture.time_zone,
        tags,
        source: random.pick_early(source),
        custom: Default::default(),
        introduced_by: None,
        owner: random.chance(85).then(|| random.below(size.members.max(1)).min(random.below(size.members.max(1)))),
        created_at,
        notes,
        change,
        given_name,
        family_name,
    }
}

/// None for most, one or two for many, a handful for a few; in order of time.
fn notes(
    random: &mut Random,
    house: House,
    size: Size,
    now: Timestamp,
    since: Timestamp,
    given_name: &str,
    company: &str,
) -> Vec<Note> {
    let count = match random.below(100) {
        0..62 => 0,
        62..84 => 1,
        84..95 => 2,
        _ => random.below(5) + 3,
    };
    let texts: &[&str] = if house == House::Maker { &TRADE_NOTES } else { &CHARITY_NOTES };
    let mut notes: Vec<Note> = (0..count)
        .map(|_| Note {
            author: random.below(size.members.max(1)),
            at: Timestamp(random.between(since.0, now.0)),
            body: random.pick(texts).replace("%g", given_name).replace("%c", company),
        })
        .collect();
    notes.sort_by_key(|note| note.at);
    notes
}

fn two(random: &mut Random, from: &[&'static str]) -> Vec<&'static str> {
    let first = random.below(from.len());
    let second = (first + 1 + random.below(from.len() - 1)) % from.len();
    vec![from[first], from[second]]
}

/// A name as it is written, and its Latin spelling for an address.
fn name(random: &mut Random, list: &str) -> (String, String) {
    let names: Vec<&str> = list.split_whitespace().collect();
    let name = random.pick(&names);
    match name.split_once('=') {
        Some((written, spelling)) => (written.to_owned(), spelling.to_owned()),
        None => (name.to_owned(), latin(name)),
    }
}

/// `Łucja` as `lucja`: lower case letters of ASCII, as they stand in addresses.
pub fn latin(name: &str) -> String {
    let folded = name.to_lowercase().nfd().collect::<String>();
    let spelled = folded.chars().flat_map(|c| {
        let several = match c {
            'ł' => "l",
            'ø' => "o",
            'æ' => "ae",
            'ß' => "ss",
            c if c.is_ascii_alphanumeric() => return vec![c],
            _ => "",
        };
        several.chars().collect()
    });
    spelled.collect()
}

/// `given.family@domain`, with a number when somebody has it already.
fn unused(taken: &mut HashSet<String>, given: &str, family: &str, domain: &str) -> String {
    let plain = format!("{given}.{family}@{domain}");
    let numbered = (2..).map(|number| format!("{given}.{family}{number}@{domain}"));
    let free = std::iter::once(plain).chain(numbered).find(|email| !taken.contains(email)).unwrap_or_default();
    taken.insert(free.clone());
    free
}

/// An invented address in a real town.
pub fn address(random: &mut Random, culture: &Culture) -> Address {
    let towns: Vec<&str> = culture.towns.split(';').collect();
    let streets: Vec<&str> = culture.streets.split(';').collect();
    let mut parts = random.pick(&towns).split('|');
    let (city, region, code) = (parts.next(), parts.next(), parts.next());
    let number = (random.below(140) + 1).to_string();
    let street = culture.street_form.replace("%n", &number).replace("%s", random.pick(&streets));
    Address {
        street,
        postal_code: digits(random, code.unwrap_or_default()),
        city: city.unwrap_or_default().to_owned(),
        region: region.unwrap_or_default().to_owned(),
        country: culture.country.to_owned(),
    }
}

/// Puts a digit for each `#`.
fn digits(random: &mut Random, pattern: &str) -> String {
    pattern.chars().map(|c| if c == '#' { char::from(b'0' + random.below(10) as u8) } else { c }).collect()
}

/// Phone numbers that are given out once each.
#[derive(Default)]
pub struct Phones(HashSet<String>);

impl Phones {
    /// A number of the country's fiction range. When that range is used up, of a larger country's.
    pub fn take(&mut self, random: &mut Random, culture: &Culture) -> String {
        let own: Vec<&str> = culture.phones.split_whitespace().collect();
        let large: Vec<&str> = CULTURES
            .iter()
            .filter(|other| other.country == "AU")
            .flat_map(|other| other.phones.split_whitespace())
            .collect();
        for attempt in 0.. {
            let pattern = random.pick(if attempt < 20 { &own } else { &large });
            let number = digits(random, pattern);
            if self.0.insert(number.clone()) {
                return number;
            }
        }
        String::new()
    }
}
