//! What the smaller tables of the spine hold: notes, history, tags, settings, answers to programs.

use crate::privacy::data_map::*;

pub const NOTES: Table = Table {
    name: "notes",
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
        column("body", Holds::Content).searchable(),
        machinery("created_by"),
        column("created_at", Holds::Behaviour),
        column("updated_at", Holds::Behaviour),
        machinery("version"),
    ],
};

pub const TIMELINE_ENTRIES: Table = Table {
    name: "timeline_entries",
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
        column("at", Holds::Behaviour),
        column("kind", Holds::Behaviour),
        column("fields", Holds::Behaviour),
        machinery("version"),
        machinery("about_type"),
        machinery("about_id"),
        machinery("member_id"),
    ],
};

pub const TAGS: Table = Table {
    name: "tags",
    file: File::Workspace,
    subject: Subject::Nobody,
    purpose: "Sorting records into groups of the workspace's own",
    lawful_basis: LawfulBasis::LegitimateInterests,
    role: Role::Processor,
    retention: Retention::WhileActive,
    erasure: Erasure::NothingToErase,
    columns: &[
        machinery("id"),
        machinery("name").searchable(),
        machinery("name_key"),
        machinery("created_by"),
        machinery("created_at"),
        machinery("updated_at"),
        machinery("version"),
    ],
};

pub const SETTINGS: Table = Table {
    name: "settings",
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
    file: File::Workspace,
    subject: Subject::Nobody,
    purpose: "Showing each member the columns they chose",
    lawful_basis: LawfulBasis::Contract,
    role: Role::Processor,
    retention: Retention::WhileActive,
    erasure: Erasure::NothingToErase,
    columns: &[machinery("member_id"), machinery("list"), machinery("columns")],
};

pub const IDEMPOTENT_ANSWERS: Table = Table {
    name: "idempotent_answers",
    file: File::Workspace,
    subject: Subject::Nobody,
    purpose: "Doing once what a program asks for twice",
    lawful_basis: LawfulBasis::Contract,
    role: Role::Processor,
    retention: Retention::Days { after: "created_at", days: 1 },
    erasure: Erasure::DeleteRow,
    columns: &[
        machinery("token_id"),
        machinery("key_hash"),
        machinery("body_hash"),
        machinery("status"),
        machinery("location"),
        // May repeat what a record holds, for a day.
        machinery("answer"),
        machinery("created_at"),
    ],
};
