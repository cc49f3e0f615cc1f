//! What the tables of changes hold: whole records as they were, for seven days.

use crate::privacy::data_map::*;
/// As long as a change can be taken back.
const IMAGES: Rule = Rule::erase(
    "changes.images",
    "Records as they were before a change",
    "(SELECT created_at FROM changes WHERE changes.id = change_id)",
    7,
)
.from("the change")
.due("change_id IN (SELECT id FROM changes WHERE created_at <= :before)")
.only("(SELECT state FROM changes WHERE changes.id = change_id) <> 'undoing'")
.because("For seven days a change can be taken back.")
.source("Policy: before-images, 7 days");
const RANGES: Rule = Rule { key: "changes.ranges", label: "Which records a change made", ..IMAGES };
const TOLD: Rule = Rule::erase("changes", "What changes of many records did", "created_at", 90)
    .from("the change")
    .only("state <> 'undoing'")
    .with(&[("change_images", "change_id")])
    .between(30, 365)
    .because("Whoever looks for what happened to a record needs a month; a year is enough.")
    .source("Ours");

pub const CHANGES: Table = Table {
    name: "changes",
    label: "Changes that can be taken back",
    part: Part::OperationalRecords,
    file: File::Workspace,
    subject: Subject::Nobody,
    purpose: "Taking back a change of many records that was a mistake",
    lawful_basis: LawfulBasis::LegitimateInterests,
    role: Role::Processor,
    retention: Retention::Rules(&[&TOLD]),
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
    label: "Records before a change",
    part: Part::OperationalRecords,
    file: File::Workspace,
    subject: Subject::Polymorphic { kind: "on_type", id: "on_id" },
    purpose: "Taking back a change of many records that was a mistake",
    lawful_basis: LawfulBasis::LegitimateInterests,
    role: Role::Processor,
    // With its change: the job takes images seven days after the change was made.
    retention: Retention::Rules(&[&IMAGES]),
    erasure: Erasure::DeleteRow,
    columns: &[
        machinery("id"),
        machinery("change_id"),
        machinery("on_type"),
        machinery("on_id"),
        // What the record held before, all of it.
        column("image", Holds::Content).labelled("As it was").read_as(Reading::Image),
        machinery("version_after"),
    ],
};

pub const CHANGE_RANGES: Table = Table {
    name: "change_ranges",
    label: "Records that a change made",
    part: Part::OperationalRecords,
    file: File::Workspace,
    subject: Subject::Nobody,
    purpose: "Knowing which records a change made",
    lawful_basis: LawfulBasis::LegitimateInterests,
    role: Role::Processor,
    retention: Retention::Rules(&[&RANGES]),
    erasure: Erasure::NothingToErase,
    columns: &[machinery("id"), machinery("change_id"), machinery("made"), machinery("first_id"), machinery("last_id")],
};
