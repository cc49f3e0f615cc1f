//! What the table of bulk edits holds.

use crate::privacy::data_map::*;
const ENDED: Rule = Rule::erase("bulk_edits", "Edits of many records at once", "created_at", 7)
    .from("the edit")
    .only("state <> 'running'")
    .between(7, 90)
    .because("For seven days an edit can be taken back.")
    .source("Ours");

pub const BULK_EDITS: Table = Table {
    name: "bulk_edits",
    label: "Edits of many records",
    part: Part::OperationalRecords,
    file: File::Workspace,
    subject: Subject::Nobody,
    purpose: "Editing many records at once, and saying how far it is",
    lawful_basis: LawfulBasis::LegitimateInterests,
    role: Role::Processor,
    retention: Retention::Rules(&[&ENDED]),
    erasure: Erasure::NothingToErase,
    columns: &[
        machinery("id"),
        machinery("object"),
        machinery("action"),
        machinery("field"),
        // A value for many records at once, which may be somebody's all the same.
        free_text("argument", Holds::Content),
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
