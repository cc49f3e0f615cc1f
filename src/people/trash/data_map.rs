//! What the trash holds: whole records, until their time is over.

use crate::privacy::data_map::*;
/// How long a deleted record is kept.
pub const DELETED: Rule = Rule::erase("trash", "Deleted records", "deleted_at", 30)
    .from("the deletion")
    .between(1, 90)
    .because("A day is the least in which a mistake is noticed; what was deleted must not lie about for more than 90.")
    .action(Action::Hook {
        take: super::service::let_go,
        after: Some(crate::people::attachments::service::clear),
        words: "erased, with all that hung on them",
    })
    .source("P-119: 30 days");

pub const TRASH: Table = Table {
    name: "trash",
    label: "Deleted records in the trash",
    part: Part::OperationalRecords,
    file: File::Workspace,
    subject: Subject::Polymorphic { kind: "on_type", id: "on_id" },
    purpose: "Bringing back a record that was deleted by mistake",
    lawful_basis: LawfulBasis::LegitimateInterests,
    role: Role::Processor,
    // The longest a workspace can choose; most choose less.
    retention: Retention::Rules(&[&DELETED]),
    erasure: Erasure::DeleteRow,
    columns: &[
        machinery("id"),
        machinery("on_type"),
        machinery("on_id"),
        column("name", Holds::Identity),
        machinery("owner_id"),
        // The record and all that hung on it.
        column("image", Holds::Content).labelled("As it was").read_as(Reading::Image),
        column("deleted_by", Holds::Behaviour).read_as(Reading::Actor),
        column("deleted_at", Holds::Behaviour).labelled("Deleted"),
    ],
};
