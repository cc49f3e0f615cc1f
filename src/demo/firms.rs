//! Invents companies.

use std::collections::HashSet;

use super::cultures::{CULTURES, Culture};
use super::people::{self, Phones};
use super::random::Random;
use super::words::{CHARITY_SOURCES, STEMS, TRADE_SOURCES, TRADES};
use super::{Firm, House, Size, moment};
use crate::clock::Timestamp;

/// As many companies as `size` says, no two of one name, the oldest first.
pub fn invent(random: &mut Random, house: House, size: Size, now: Timestamp, phones: &mut Phones) -> Vec<Firm> {
    let stems: Vec<&str> = STEMS.split_whitespace().collect();
    let mut names = HashSet::new();
    let mut firms = Vec::with_capacity(size.firms);
    while firms.len() < size.firms.min(stems.len() * TRADES.len() / 2) {
        let (stem, (trade, tag)) = (random.pick(&stems), random.pick(TRADES));
        let name = format!("{stem} {trade}");
        if !names.insert(name.clone()) {
            continue;
        }
        let culture = culture(random);
        firms.push(Firm {
            domain: format!("{}.example", name.to_lowercase().replace(' ', "-")),
            name,
            phone: phones.take(random, culture),
            address: people::address(random, culture),
            tags: vec![tag],
            custom: Default::default(),
            source: match house {
                House::Maker => random.pick_early(&TRADE_SOURCES),
                House::Foundation => random.pick_early(&CHARITY_SOURCES),
            },
            owner: random.below(size.members.max(1)).min(random.below(size.members.max(1))),
            created_at: moment(random, now),
        });
    }
    firms.sort_by_key(|firm| firm.created_at);
    firms
}

/// One of the cultures, as often as its weight says.
pub fn culture(random: &mut Random) -> &'static Culture {
    let whole: usize = CULTURES.iter().map(|culture| culture.weight).sum();
    let mut at = random.below(whole);
    for culture in CULTURES {
        if at < culture.weight {
            return culture;
        }
        at -= culture.weight;
    }
    &CULTURES[0]
}
