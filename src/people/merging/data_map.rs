//! What the tables of merging hold.

use crate::privacy::data_map::*;

pub const MERGED_RECORDS: Table = Table {
    name: "merged_records",
    label: "Earlier records that were merged",
    part: Part::OperationalRecords,
    file: File::Workspace,
    subject: Subject::Polymorphic { kind: "on_type", id: "on_id" },
    purpose: "Finding a person under what they were called before two records of them became one",
    lawful_basis: LawfulBasis::LegitimateInterests,
    role: Role::Processor,
    retention: Retention::WithParent,
    erasure: Erasure::DeleteRow,
    columns: &[
        machinery("id"),
        machinery("on_type"),
        machinery("on_id"),
        machinery("lost_id"),
        column("name", Holds::Identity).labelled("Earlier name"),
        column("merged_at", Holds::Behaviour).labelled("Merged"),
    ],
};

pub const DUPLICATE_CANDIDATES: Table = Table {
    name: "duplicate_candidates",
    label: "Possible duplicates",
    part: Part::OperationalRecords,
    file: File::Workspace,
    // Ids of two records and words of ours; it goes with either of them.
    subject: Subject::Nobody,
    purpose: "Showing which records may be the same",
    lawful_basis: LawfulBasis::LegitimateInterests,
    role: Role::Processor,
    retention: Retention::WithParent,
    erasure: Erasure::NothingToErase,
    columns: &[
        machinery("id"),
        machinery("on_type"),
        machinery("on_id"),
        machinery("other_id"),
        machinery("score"),
        machinery("reasons"),
        machinery("state"),
        machinery("found_at"),
        machinery("decided_by"),
        machinery("decided_at"),
    ],
};
