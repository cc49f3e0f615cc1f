//! Counters of failures hold keyed hashes: nothing in them leads back to a person without the key.

use crate::privacy::data_map::*;
const RESTED: Rule = Rule::erase("throttles", "Counters of failed sign-ins", "blocked_until", 30)
    .from("the end of the block")
    .row("key")
    .source("Policy: security events, 90 days at most");

pub const THROTTLES: Table = Table {
    name: "throttles",
    label: "Counters against guessing",
    part: Part::LoginEvents,
    file: File::Control,
    subject: Subject::Nobody,
    purpose: "Slowing down those who guess passwords and codes",
    lawful_basis: LawfulBasis::LegitimateInterests,
    role: Role::Controller,
    retention: Retention::Rules(&[&RESTED]),
    erasure: Erasure::NothingToErase,
    columns: &[machinery("key"), machinery("failures"), machinery("first_at"), machinery("blocked_until")],
};
