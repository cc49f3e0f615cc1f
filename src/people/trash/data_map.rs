//! What the trash holds: whole records, until their time is over.

use super::term::DELETED;
use crate::privacy::data_map::*;
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
