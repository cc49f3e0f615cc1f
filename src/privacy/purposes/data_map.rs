//! What the tables of purposes hold: nothing about the people whose data is used.

use crate::privacy::data_map::*;

pub const PURPOSES: Table = Table {
    name: "purposes",
    label: "Purposes",
    part: Part::WorkspaceSettings,
    file: File::Workspace,
    subject: Subject::Nobody,
    purpose: "Saying what people's data is used for, and why that is lawful",
    lawful_basis: LawfulBasis::LegalObligation,
    role: Role::Processor,
    retention: Retention::WhileActive,
    erasure: Erasure::NothingToErase,
    columns: &[
        machinery("id"),
        machinery("key"),
        machinery("title"),
        machinery("description"),
        machinery("basis"),
        machinery("channels"),
        machinery("is_marketing"),
        machinery("double_opt_in"),
        machinery("assessment"),
        machinery("created_by"),
        machinery("created_at"),
        machinery("updated_at"),
        machinery("archived_at"),
        machinery("version"),
    ],
};

pub const PURPOSE_WORDINGS: Table = Table {
    name: "purpose_wordings",
    label: "What people read when they are asked",
    part: Part::WorkspaceSettings,
    file: File::Workspace,
    subject: Subject::Nobody,
    purpose: "Showing the very words that somebody agreed to",
    lawful_basis: LawfulBasis::LegalObligation,
    role: Role::Processor,
    retention: Retention::WhileActive,
    erasure: Erasure::NothingToErase,
    columns: &[
        machinery("id"),
        machinery("purpose_id"),
        machinery("number"),
        machinery("title"),
        machinery("text"),
        machinery("hash"),
        machinery("created_by"),
        machinery("created_at"),
    ],
};
