//! What the trash holds: whole records, until their time is over.

use crate::privacy::data_map::*;

pub const TRASH: Table = Table {
    name: "trash",
    file: File::Workspace,
    subject: Subject::Polymorphic { kind: "on_type", id: "on_id" },
    purpose: "Bringing back a record that was deleted by mistake",
    lawful_basis: LawfulBasis::LegitimateInterests,
    role: Role::Processor,
    // The longest a workspace can choose; most choose less.
    retention: Retention::Days { after: "deleted_at", days: 90 },
    erasure: Erasure::DeleteRow,
    columns: &[
        machinery("id"),
        machinery("on_type"),
        machinery("on_id"),
        column("name", Holds::Identity),
        machinery("owner_id"),
        // The record and all that hung on it.
        column("image", Holds::Content),
        machinery("deleted_by"),
        column("deleted_at", Holds::Behaviour),
    ],
};
