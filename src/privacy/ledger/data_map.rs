//! What the erasure ledger holds: numbers of rows and keyed pseudonyms, so that a restore brings nobody back.

use crate::privacy::data_map::*;

pub const ERASURE_LEDGER: Table = Table {
    name: "erasure_ledger",
    label: "Erasure ledger",
    part: Part::OperationalRecords,
    file: File::Control,
    subject: Subject::Nobody,
    purpose: "Erasing again, after a restore, whoever was erased since the backup",
    lawful_basis: LawfulBasis::LegalObligation,
    role: Role::Controller,
    retention: Retention::WhileActive,
    erasure: Erasure::NothingToErase,
    columns: &[
        machinery("workspace_id"),
        machinery("position"),
        machinery("at"),
        machinery("kind"),
        machinery("phase"),
        machinery("subject_kind"),
        machinery("subject_ids"),
        machinery("detail"),
        machinery("pseudonyms"),
        machinery("previous"),
        machinery("hash"),
    ],
};

pub const LEDGER_OUTBOX: Table = Table {
    name: "ledger_outbox",
    label: "Entries on their way to the erasure ledger",
    file: File::Workspace,
    role: Role::Processor,
    columns: &[
        machinery("id"),
        machinery("kind"),
        machinery("subject_kind"),
        machinery("subject_ids"),
        machinery("detail"),
        machinery("pseudonyms"),
        machinery("at"),
    ],
    ..ERASURE_LEDGER
};
