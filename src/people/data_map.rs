//! What the smaller tables of the spine hold: notes, history, tags, settings, answers to programs.

use crate::privacy::data_map::*;

pub const NOTES: Table = Table {
    name: "notes",
    label: "Notes",
    part: Part::OperationalRecords,
    file: File::Workspace,
    subject: Subject::Polymorphic { kind: "on_type", id: "on_id" },
    purpose: "Remembering what was said, so that the next colleague knows it too",
    lawful_basis: LawfulBasis::LegitimateInterests,
    role: Role::Processor,
    retention: Retention::WithParent,
    erasure: Erasure::DeleteRow,
    columns: &[
        machinery("id"),
        machinery("on_type"),
        machinery("on_id"),
        column("body", Holds::Content).labelled("What was written").searchable(),
        column("created_by", Holds::Behaviour).exported_as("written_by").read_as(Reading::Actor),
        column("created_at", Holds::Behaviour).labelled("Written"),
        column("updated_at", Holds::Behaviour).labelled("Last changed"),
        machinery("version"),
    ],
};

pub const TIMELINE_ENTRIES: Table = Table {
    name: "timeline_entries",
    label: "History of the record",
    part: Part::OperationalRecords,
    file: File::Workspace,
    subject: Subject::Polymorphic { kind: "on_type", id: "on_id" },
    purpose: "Showing what happened to a record, and what somebody with an older copy missed",
    lawful_basis: LawfulBasis::LegitimateInterests,
    role: Role::Processor,
    retention: Retention::WithParent,
    erasure: Erasure::DeleteRow,
    columns: &[
        machinery("id"),
        machinery("on_type"),
        machinery("on_id"),
        column("at", Holds::Behaviour).labelled("When"),
        column("kind", Holds::Behaviour).labelled("What happened"),
        column("fields", Holds::Behaviour).labelled("Which fields"),
        machinery("version"),
        machinery("about_type"),
        machinery("about_id"),
        column("member_id", Holds::Behaviour).exported_as("done_by").read_as(Reading::Actor),
    ],
};

pub const TAGS: Table = Table {
    name: "tags",
    label: "Names of tags",
    part: Part::WorkspaceSettings,
    file: File::Workspace,
    subject: Subject::Nobody,
    purpose: "Sorting records into groups of the workspace's own",
    lawful_basis: LawfulBasis::LegitimateInterests,
    role: Role::Processor,
    retention: Retention::WhileActive,
    erasure: Erasure::NothingToErase,
    columns: &[
        machinery("id"),
        free_text("name", Holds::Content).searchable(),
        free_text("name_key", Holds::Content),
        machinery("created_by"),
        machinery("created_at"),
        machinery("updated_at"),
        machinery("version"),
    ],
};

pub const SETTINGS: Table = Table {
    name: "settings",
    label: "Settings",
    part: Part::WorkspaceSettings,
    file: File::Workspace,
    subject: Subject::Nobody,
    purpose: "How the workspace works with people",
    lawful_basis: LawfulBasis::Contract,
    role: Role::Processor,
    retention: Retention::WhileActive,
    erasure: Erasure::NothingToErase,
    columns: &[machinery("key"), machinery("value"), machinery("updated_at")],
};

pub const RECORD_COUNTS: Table = Table {
    name: "record_counts",
    label: "Counts of records",
    part: Part::UsageTelemetry,
    file: File::Workspace,
    subject: Subject::Nobody,
    purpose: "Saying how many records there are without counting them",
    lawful_basis: LawfulBasis::Contract,
    role: Role::Processor,
    retention: Retention::WhileActive,
    erasure: Erasure::NothingToErase,
    columns: &[machinery("kind"), machinery("live"), machinery("archived")],
};

pub const MEMBER_COLUMNS: Table = Table {
    name: "member_columns",
    label: "Members' columns",
    part: Part::WorkspaceSettings,
    file: File::Workspace,
    subject: Subject::Nobody,
    purpose: "Showing each member the columns they chose",
    lawful_basis: LawfulBasis::Contract,
    role: Role::Processor,
    retention: Retention::WhileActive,
    erasure: Erasure::NothingToErase,
    columns: &[machinery("member_id"), machinery("list"), machinery("columns")],
};

/// They may hold personal data: copies that nobody reads any more.
const ANSWERS: Rule = Rule::erase("answers", "Answers kept for programs", "created_at", 1)
    .from("the answer")
    .row("token_id, key_hash")
    .source("Ours: a program that repeats itself does so within a day");

pub const IDEMPOTENT_ANSWERS: Table = Table {
    name: "idempotent_answers",
    label: "Answers kept for programs",
    part: Part::OperationalRecords,
    file: File::Workspace,
    subject: Subject::Nobody,
    purpose: "Doing once what a program asks for twice",
    lawful_basis: LawfulBasis::Contract,
    role: Role::Processor,
    retention: Retention::Rules(&[&ANSWERS]),
    erasure: Erasure::DeleteRow,
    columns: &[
        machinery("token_id"),
        machinery("key_hash"),
        machinery("body_hash"),
        machinery("status"),
        machinery("location"),
        // May repeat what a record holds, for a day.
        free_text("answer", Holds::Content).on_erasure(Erasure::DeleteRow),
        machinery("created_at"),
    ],
};
