//! What the tables of changes hold: whole records as they were, for seven days.

use crate::privacy::data_map::*;

pub const CHANGES: Table = Table {
    name: "changes",
    file: File::Workspace,
    subject: Subject::Nobody,
    purpose: "Taking back a change of many records that was a mistake",
    lawful_basis: LawfulBasis::LegitimateInterests,
    role: Role::Processor,
    retention: Retention::Days { after: "created_at", days: 90 },
    erasure: Erasure::NothingToErase,
    columns: &[
        machinery("id"),
        machinery("kind"),
        machinery("what"),
        machinery("object"),
        machinery("state"),
        machinery("records"),
        machinery("restored"),
        machinery("kept"),
        machinery("created_by"),
        machinery("created_at"),
        machinery("undone_by"),
        machinery("undone_at"),
        machinery("updated_at"),
        machinery("version"),
    ],
};

pub const CHANGE_IMAGES: Table = Table {
    name: "change_images",
    file: File::Workspace,
    subject: Subject::Polymorphic { kind: "on_type", id: "on_id" },
    purpose: "Taking back a change of many records that was a mistake",
    lawful_basis: LawfulBasis::LegitimateInterests,
    role: Role::Processor,
    // With its change: the job takes images seven days after the change was made.
    retention: Retention::WithParent,
    erasure: Erasure::DeleteRow,
    columns: &[
        machinery("id"),
        machinery("change_id"),
        machinery("on_type"),
        machinery("on_id"),
        // What the record held before, all of it.
        column("image", Holds::Content),
        machinery("version_after"),
    ],
};

pub const CHANGE_RANGES: Table = Table {
    name: "change_ranges",
    file: File::Workspace,
    subject: Subject::Nobody,
    purpose: "Knowing which records a change made",
    lawful_basis: LawfulBasis::LegitimateInterests,
    role: Role::Processor,
    retention: Retention::WithParent,
    erasure: Erasure::NothingToErase,
    columns: &[machinery("id"), machinery("change_id"), machinery("made"), machinery("first_id"), machinery("last_id")],
};
