//! What is kept about erasures: that they happened, in numbers and keyed hashes.

use crate::privacy::data_map::*;

pub const ERASURES: Table = Table {
    name: "erasures",
    label: "Erasures",
    part: Part::OperationalRecords,
    file: File::Workspace,
    subject: Subject::Polymorphic { kind: "person_kind", id: "person_id" },
    purpose: "Proving that people were erased who asked for it",
    lawful_basis: LawfulBasis::LegalObligation,
    role: Role::Processor,
    retention: Retention::WhileActive,
    erasure: Erasure::Keep {
        because: "proof of the erasure itself, which names nobody (GDPR Art. 5(2))",
        days: 3 * 365,
    },
    columns: &[
        machinery("id"),
        machinery("person_kind"),
        machinery("person_id"),
        machinery("person_ids"),
        machinery("subject_hash"),
        machinery("request_id"),
        column("state", Holds::Behaviour),
        machinery("asked_by"),
        column("asked_at", Holds::Behaviour),
        machinery("erased_at"),
        machinery("finished_at"),
        machinery("held_by"),
        machinery("counts"),
        machinery("kept"),
        machinery("others_files"),
        secret("sealed_values"),
        machinery("key_version"),
        machinery("version"),
    ],
};

/// Stays with the erasure it proves.
pub const CERTIFICATES: Table = Table {
    name: "erasure_certificates",
    label: "Certificates of erasure",
    subject: Subject::Via { column: "erasure_id", table: "erasures" },
    columns: &[machinery("id"), machinery("erasure_id"), machinery("document"), column("issued_at", Holds::Behaviour)],
    ..ERASURES
};
