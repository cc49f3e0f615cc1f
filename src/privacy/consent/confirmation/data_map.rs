//! What is kept of the mails that ask for a confirmation: no address, and no link.

use crate::privacy::data_map::*;

pub const CONSENT_CONFIRMATIONS: Table = Table {
    name: "consent_confirmations",
    label: "Mails that asked you to confirm a consent",
    part: Part::OperationalRecords,
    file: File::Workspace,
    subject: Subject::Via { column: "event_id", table: "consent_events" },
    purpose: "Making sure that a consent came from whoever reads the address",
    lawful_basis: LawfulBasis::LegalObligation,
    role: Role::Processor,
    // An unconfirmed yes goes by its own rule, and takes these along.
    retention: Retention::WithParent,
    erasure: Erasure::DeleteRow,
    columns: &[
        machinery("id"),
        machinery("event_id"),
        column("asked_at", Holds::Behaviour).labelled("Asked"),
        machinery("expires_at"),
        // The address again, which nobody can read out of it.
        machinery("address_hash"),
        machinery("message_id"),
        machinery("mail_id"),
        column("used_at", Holds::Behaviour).labelled("Confirmed"),
        machinery("stopped_at"),
    ],
};

pub const CONFIRMATION_WORDINGS: Table = Table {
    name: "confirmation_wordings",
    label: "Words of the mails that ask for a confirmation",
    part: Part::WorkspaceSettings,
    file: File::Workspace,
    subject: Subject::Nobody,
    purpose: "Asking people in their language to confirm a consent",
    lawful_basis: LawfulBasis::LegalObligation,
    role: Role::Processor,
    retention: Retention::WhileActive,
    erasure: Erasure::NothingToErase,
    columns: &[
        machinery("id"),
        machinery("language"),
        machinery("title"),
        machinery("body"),
        machinery("member_id"),
        machinery("at"),
    ],
};
