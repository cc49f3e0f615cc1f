//! What the suppression list holds: keyed hashes that lead to nobody without the key and the address itself.

use crate::privacy::data_map::*;

pub const SUPPRESSIONS: Table = Table {
    name: "suppressions",
    label: "Addresses that are not used",
    part: Part::OperationalRecords,
    file: File::Workspace,
    subject: Subject::Nobody,
    purpose: "Not writing to people who said no, and not bringing back people who were erased",
    lawful_basis: LawfulBasis::LegalObligation,
    role: Role::Processor,
    retention: Retention::WhileActive,
    erasure: Erasure::NothingToErase,
    columns: &[
        machinery("id"),
        machinery("kind"),
        machinery("value_hmac"),
        machinery("reason"),
        machinery("scope"),
        machinery("at"),
    ],
};
