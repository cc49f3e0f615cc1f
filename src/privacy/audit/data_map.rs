//! What the audit log holds about people, why, and for how long.

use crate::privacy::data_map::*;

const COLUMNS: &[Column] = &[
    machinery("seq"),
    column("at", Holds::Behaviour),
    column("actor", Holds::Behaviour),
    column("action", Holds::Behaviour),
    column("object", Holds::Behaviour),
    machinery("workspace_id"),
    column("network", Holds::Device),
    column("detail", Holds::Behaviour),
    machinery("commitment"),
    column("personal", Holds::Identity).on_erasure(Erasure::Redact),
    machinery("salt").on_erasure(Erasure::Redact),
    machinery("previous"),
    machinery("hash"),
];

const KEEP: Erasure = Erasure::Keep { because: "evidence of who changed what, without naming the person", days: 365 };

/// The workspace's own log.
pub const AUDIT: Table = Table {
    name: "audit",
    file: File::Workspace,
    subject: Subject::Object("object"),
    purpose: "Showing who did what to which record, and that nobody changed the record of it",
    lawful_basis: LawfulBasis::LegalObligation,
    role: Role::Controller,
    retention: Retention::Days { after: "at", days: 365 },
    erasure: KEEP,
    columns: COLUMNS,
};

/// The installation's log.
pub const CONTROL_AUDIT: Table = Table { file: File::Control, ..AUDIT };
