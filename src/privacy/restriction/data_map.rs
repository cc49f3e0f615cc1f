//! What is kept of a restriction: a demand of the person, and how it was met.

use crate::privacy::data_map::*;

pub const RESTRICTIONS: Table = Table {
    name: "restrictions",
    label: "Restrictions of the use of your data",
    part: Part::OperationalRecords,
    file: File::Workspace,
    subject: Subject::Polymorphic { kind: "on_type", id: "on_id" },
    purpose: "Keeping somebody's data from being used because they asked for it",
    lawful_basis: LawfulBasis::LegalObligation,
    role: Role::Processor,
    retention: Retention::WithParent,
    erasure: Erasure::DeleteRow,
    columns: &[
        machinery("id"),
        machinery("on_type"),
        machinery("on_id"),
        column("ground", Holds::Preference).labelled("Why"),
        column("reason", Holds::Content).labelled("What you asked for"),
        column("placed_by", Holds::Behaviour).read_as(Reading::Actor),
        column("placed_at", Holds::Behaviour).labelled("Since"),
        column("lift_reason", Holds::Content).labelled("Why it ends"),
        column("lifting_by", Holds::Behaviour).read_as(Reading::Actor),
        column("lifting_at", Holds::Behaviour).labelled("Somebody began to lift it"),
        column("notice_method", Holds::Behaviour).labelled("How you were told"),
        column("notice_reference", Holds::Content).labelled("Proof that you were told"),
        column("notified_at", Holds::Behaviour).labelled("You were told"),
        column("lifted_by", Holds::Behaviour).read_as(Reading::Actor),
        column("lifted_at", Holds::Behaviour).labelled("It ended"),
        machinery("version"),
        machinery("wait_days"),
    ],
};

pub const RESTRICTION_NOTICES: Table = Table {
    name: "restriction_notices",
    label: "Letters that said that a restriction ends",
    subject: Subject::Via { column: "restriction_id", table: "restrictions" },
    purpose: "Telling somebody before their data is used again",
    columns: &[
        machinery("id"),
        machinery("restriction_id"),
        column("way", Holds::Behaviour).labelled("How it went out"),
        column("address", Holds::Contact).labelled("To"),
        column("title", Holds::Content).labelled("Subject line"),
        column("body", Holds::Content).labelled("Letter"),
        machinery("message_id"),
        machinery("mail_id"),
        column("member_id", Holds::Behaviour).exported_as("written_by").read_as(Reading::Actor),
        column("at", Holds::Behaviour).labelled("When"),
    ],
    ..RESTRICTIONS
};
