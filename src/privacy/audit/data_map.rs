//! What the audit log holds about people, why, and for how long.

use crate::privacy::data_map::*;

const COLUMNS: &[Column] = &[
    machinery("seq"),
    column("at", Holds::Behaviour).labelled("When"),
    column("actor", Holds::Behaviour).labelled("Who").read_as(Reading::Actor),
    column("action", Holds::Behaviour).labelled("What was done"),
    column("object", Holds::Behaviour).labelled("To what"),
    machinery("workspace_id"),
    column("network", Holds::Device).read_as(Reading::OfActor),
    column("detail", Holds::Behaviour),
    machinery("commitment"),
    column("personal", Holds::Identity)
        .labelled("About people")
        .on_erasure(Erasure::Redact)
        .read_as(Reading::Without(&["address", "user_agent"])),
    machinery("salt").on_erasure(Erasure::Redact),
    machinery("previous"),
    machinery("hash"),
];

const KEEP: Erasure = Erasure::Keep { because: "evidence of who changed what, without naming the person", days: 365 };
/// Entries go from the oldest on, and what is left proves itself from its new root: see `audit::purge`.
const OLD: Rule = Rule {
    row: "seq",
    ..Rule::erase("audit", "The audit log", "at", 365)
        .from("the entry")
        .action(Action::Elsewhere { job: "privacy.audit.purge" })
        .because("The policy says 365 days, no fewer and no more.")
        .source("P-111, P-112")
};

/// The workspace's own log.
pub const AUDIT: Table = Table {
    name: "audit",
    label: "Audit log",
    part: Part::OperationalRecords,
    file: File::Workspace,
    subject: Subject::Object("object"),
    purpose: "Showing who did what to which record, and that nobody changed the record of it",
    lawful_basis: LawfulBasis::LegalObligation,
    role: Role::Controller,
    retention: Retention::Rules(&[&OLD]),
    erasure: KEEP,
    columns: COLUMNS,
};

/// The installation's log.
pub const CONTROL_AUDIT: Table = Table { label: "Audit log of the installation", file: File::Control, ..AUDIT };
