//! What saved views hold: the values a list is narrowed by, which may name somebody.

use crate::privacy::data_map::*;

pub const SAVED_VIEWS: Table = Table {
    name: "saved_views",
    label: "Saved views",
    part: Part::OperationalRecords,
    file: File::Workspace,
    subject: Subject::Nobody,
    purpose: "Coming back to a list that somebody narrowed, alone or together",
    lawful_basis: LawfulBasis::LegitimateInterests,
    role: Role::Processor,
    retention: Retention::WhileActive,
    erasure: Erasure::NothingToErase,
    columns: &[
        machinery("id"),
        machinery("object"),
        machinery("name"),
        machinery("name_key"),
        free_text("filter", Holds::Content),
        machinery("columns"),
        machinery("sort"),
        machinery("sharing"),
        machinery("owner_id"),
        machinery("created_at"),
        machinery("updated_at"),
        machinery("version"),
    ],
};
