//! What an export that was asked for holds: the words it is narrowed by, for seven days.

use crate::privacy::data_map::*;
const OLD: Rule = Rule::erase("exports", "Exports", "created_at", 7)
    .from("the request")
    .between(1, 7)
    .because("What was asked to leave is fetched within a week, or asked for again.")
    .source("Policy: exports, 7 days");

pub const EXPORTS: Table = Table {
    name: "exports",
    label: "Exports that programs asked for",
    part: Part::OperationalRecords,
    file: File::Workspace,
    subject: Subject::Nobody,
    purpose: "Letting programs take contacts and companies out as a file",
    lawful_basis: LawfulBasis::LegitimateInterests,
    role: Role::Processor,
    retention: Retention::Rules(&[&OLD]),
    erasure: Erasure::NothingToErase,
    columns: &[
        machinery("id"),
        machinery("object"),
        machinery("format"),
        free_text("q", Holds::Content),
        free_text("filter", Holds::Content),
        machinery("columns"),
        machinery("taken"),
        machinery("created_by"),
        machinery("created_at"),
        machinery("expires_at"),
        machinery("purpose"),
        machinery("left_out"),
        machinery("with_consents"),
    ],
};
