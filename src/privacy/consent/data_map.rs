//! What is kept of what people said about their data, and for how long as proof.

use crate::privacy::data_map::*;

const OLD: Rule = Rule::erase("consent_events", "What people said about the use of their data", "ended_at", 1_096)
    .from("the end of the relation")
    .between(1_096, 3_653)
    .with(&[("consent_confirmations", "event_id")])
    .because("Proof of consent is needed as long as claims can be made: three years (Art. 17(3)(e)).")
    .source("Policy: consent events, 3 years");

const UNCONFIRMED: Rule = Rule::erase("unconfirmed_consents", "Consents that nobody confirmed", "recorded_at", 30)
    .from("the day they were given")
    .between(7, 90)
    .because("Without a confirmation nobody knows who agreed, so it is kept only while the confirmation can come.")
    .only(
        "action = 'grant' AND needs_confirmation = 1 AND ended_at IS NULL AND NOT EXISTS (
             SELECT 1 FROM consent_events later
             WHERE later.on_type = consent_events.on_type AND later.on_id = consent_events.on_id
                 AND later.purpose_id IS consent_events.purpose_id AND later.action = 'confirm'
                 AND later.id > consent_events.id)",
    )
    .with(&[("consent_confirmations", "event_id")])
    .source("Policy: unconfirmed subscriptions, 30 days");

pub const CONSENT_EVENTS: Table = Table {
    name: "consent_events",
    label: "What you said about the use of your data",
    part: Part::OperationalRecords,
    file: File::Workspace,
    subject: Subject::Polymorphic { kind: "on_type", id: "on_id" },
    purpose: "Doing what somebody said about the use of their data, and being able to show it",
    lawful_basis: LawfulBasis::LegalObligation,
    role: Role::Processor,
    // Begins when the person is gone: while they are here, everything they said counts.
    retention: Retention::Rules(&[&OLD, &UNCONFIRMED]),
    erasure: Erasure::Keep {
        because: "proof that somebody agreed, withdrew or objected, without naming them (Art. 17(3)(e))",
        days: 1_096,
    },
    columns: &[
        machinery("id"),
        machinery("on_type"),
        machinery("on_id"),
        machinery("given_on"),
        machinery("joined_after"),
        column("purpose_id", Holds::Preference)
            .exported_as("purpose")
            .labelled("What it was about")
            .read_as(Reading::Named { table: "purposes", column: "title" }),
        column("wording_id", Holds::Preference)
            .exported_as("wording")
            .labelled("The words")
            .read_as(Reading::Named { table: "purpose_wordings", column: "text" }),
        column("action", Holds::Preference).labelled("What you said"),
        machinery("needs_confirmation"),
        column("method", Holds::Behaviour).labelled("How"),
        column("at", Holds::Behaviour).labelled("When"),
        column("recorded_at", Holds::Behaviour).labelled("Written down"),
        column("address", Holds::Device).labelled("Your address then").on_erasure(Erasure::Redact),
        column("user_agent", Holds::Device).labelled("Your device then").on_erasure(Erasure::Redact),
        column("evidence", Holds::Content).labelled("Where the proof lies").on_erasure(Erasure::Redact),
        // An address again, which nobody can read out of it.
        machinery("subject_hash"),
        column("member_id", Holds::Behaviour).exported_as("written_by").read_as(Reading::Actor),
        machinery("ended_at"),
        machinery("takes_back"),
    ],
};

pub const MINORS: Table = Table {
    name: "minors",
    label: "Younger than 16",
    part: Part::OperationalRecords,
    file: File::Workspace,
    subject: Subject::Polymorphic { kind: "on_type", id: "on_id" },
    purpose: "Leaving children out of marketing",
    lawful_basis: LawfulBasis::LegalObligation,
    role: Role::Processor,
    retention: Retention::WithParent,
    erasure: Erasure::DeleteRow,
    columns: &[
        machinery("id"),
        machinery("on_type"),
        machinery("on_id"),
        column("marked_by", Holds::Behaviour).read_as(Reading::Actor),
        column("marked_at", Holds::Identity).labelled("Marked as younger than 16"),
    ],
};
