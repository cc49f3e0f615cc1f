//! What the tables of files hold. The files themselves lie beside the database and go with their rows.

use crate::privacy::data_map::*;

pub const ATTACHMENTS: Table = Table {
    name: "attachments",
    file: File::Workspace,
    subject: Subject::Polymorphic { kind: "on_type", id: "on_id" },
    purpose: "Keeping the files that belong to a record where the team finds them",
    lawful_basis: LawfulBasis::LegitimateInterests,
    role: Role::Processor,
    retention: Retention::WithParent,
    erasure: Erasure::DeleteRow,
    columns: &[
        machinery("id"),
        machinery("on_type"),
        machinery("on_id"),
        column("name", Holds::Content).searchable(),
        column("media_type", Holds::Content),
        column("size", Holds::Content),
        // Whoever has the same file can tell by it that the person has one.
        column("sha256", Holds::Content),
        machinery("object"),
        machinery("preview"),
        secret("sealed_key"),
        machinery("key_version"),
        machinery("created_by"),
        column("created_at", Holds::Behaviour),
        column("updated_at", Holds::Behaviour),
        machinery("version"),
    ],
};

pub const ATTACHMENT_TOTALS: Table = Table {
    name: "attachment_totals",
    file: File::Workspace,
    subject: Subject::Nobody,
    purpose: "Holding files to the room that the workspace has",
    lawful_basis: LawfulBasis::Contract,
    role: Role::Processor,
    retention: Retention::WhileActive,
    erasure: Erasure::NothingToErase,
    columns: &[machinery("id"), machinery("files"), machinery("bytes")],
};

pub const ATTACHMENT_REMAINS: Table = Table {
    name: "attachment_remains",
    file: File::Workspace,
    subject: Subject::Nobody,
    purpose: "Removing files whose keys are destroyed",
    lawful_basis: LawfulBasis::Contract,
    role: Role::Processor,
    retention: Retention::WhileActive,
    erasure: Erasure::NothingToErase,
    columns: &[machinery("object"), machinery("on_type"), machinery("on_id")],
};
