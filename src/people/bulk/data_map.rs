//! What the table of bulk edits holds.

use crate::privacy::data_map::*;

pub const BULK_EDITS: Table = Table {
    name: "bulk_edits",
    file: File::Workspace,
    subject: Subject::Nobody,
    purpose: "Editing many records at once, and saying how far it is",
    lawful_basis: LawfulBasis::LegitimateInterests,
    role: Role::Processor,
    retention: Retention::Days { after: "created_at", days: 7 },
    erasure: Erasure::NothingToErase,
    columns: &[
        machinery("id"),
        machinery("object"),
        machinery("action"),
        machinery("field"),
        // A value for many records at once is no one person's.
        machinery("argument"),
        machinery("record_ids"),
        machinery("reach"),
        machinery("state"),
        machinery("total"),
        machinery("done"),
        machinery("changed"),
        machinery("left_out"),
        machinery("fault"),
        machinery("is_cancelled"),
        machinery("change_id"),
        machinery("created_by"),
        machinery("created_at"),
        machinery("updated_at"),
        machinery("finished_at"),
    ],
};
