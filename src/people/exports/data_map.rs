//! What an export that was asked for holds: the words it is narrowed by, for seven days.

use crate::privacy::data_map::*;

pub const EXPORTS: Table = Table {
    name: "exports",
    file: File::Workspace,
    subject: Subject::Nobody,
    purpose: "Letting programs take contacts and companies out as a file",
    lawful_basis: LawfulBasis::LegitimateInterests,
    role: Role::Processor,
    retention: Retention::Days { after: "created_at", days: 7 },
    erasure: Erasure::NothingToErase,
    columns: &[
        machinery("id"),
        machinery("object"),
        machinery("format"),
        column("q", Holds::Content).on_erasure(Erasure::Redact),
        column("filter", Holds::Content).on_erasure(Erasure::Redact),
        machinery("taken"),
        machinery("created_by"),
        machinery("created_at"),
        machinery("expires_at"),
    ],
};
