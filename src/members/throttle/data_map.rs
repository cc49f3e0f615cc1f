//! Counters of failures hold keyed hashes: nothing in them leads back to a person without the key.

use crate::privacy::data_map::*;

pub const THROTTLES: Table = Table {
    name: "throttles",
    file: File::Control,
    subject: Subject::Nobody,
    purpose: "Slowing down those who guess passwords and codes",
    lawful_basis: LawfulBasis::LegitimateInterests,
    role: Role::Controller,
    retention: Retention::Days { after: "blocked_until", days: 30 },
    erasure: Erasure::NothingToErase,
    columns: &[machinery("key"), machinery("failures"), machinery("first_at"), machinery("blocked_until")],
};
