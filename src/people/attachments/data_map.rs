//! What the tables of files hold. The files themselves lie beside the database and go with their rows.

use crate::privacy::data_map::*;

pub const ATTACHMENTS: Table = Table {
    name: "attachments",
    label: "Files",
    part: Part::OperationalRecords,
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
        column("name", Holds::Content).labelled("Name of the file").searchable(),
        column("media_type", Holds::Content),
        column("size", Holds::Content).labelled("Bytes"),
        // Whoever has the same file can tell by it that the person has one.
        column("sha256", Holds::Content).labelled("Fingerprint (SHA-256)"),
        machinery("object"),
        machinery("preview"),
        secret("sealed_key"),
        machinery("key_version"),
        column("created_by", Holds::Behaviour).exported_as("added_by").read_as(Reading::Actor),
        column("created_at", Holds::Behaviour).labelled("Added"),
        column("updated_at", Holds::Behaviour).labelled("Last changed"),
        machinery("version"),
    ],
};

pub const ATTACHMENT_TOTALS: Table = Table {
    name: "attachment_totals",
    label: "Room that files take",
    part: Part::UsageTelemetry,
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
    label: "Files on their way out",
    part: Part::OperationalRecords,
    file: File::Workspace,
    subject: Subject::Nobody,
    purpose: "Removing files whose keys are destroyed",
    lawful_basis: LawfulBasis::Contract,
    role: Role::Processor,
    retention: Retention::WhileActive,
    erasure: Erasure::NothingToErase,
    columns: &[machinery("object"), machinery("on_type"), machinery("on_id")],
};
