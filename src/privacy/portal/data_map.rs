//! What the portal keeps of its visitors: for the visit, and that somebody got a code on paper.

use crate::privacy::data_map::*;

const VISITS: Rule = Rule::erase("portal_visits", "Visits to the privacy portal", "expires_at", 1)
    .from("the end of the visit")
    .source("Ours; a visit lasts half an hour");

const CODES: Rule = Rule::erase("portal_codes", "Codes on paper for the privacy portal", "expires_at", 30)
    .from("the end of the code")
    .source("Ours; a code works for 14 days");

pub const PORTAL_VISITS: Table = Table {
    name: "portal_visits",
    label: "Your visits to the privacy portal",
    part: Part::OperationalRecords,
    file: File::Workspace,
    subject: Subject::Polymorphic { kind: "person_kind", id: "person_id" },
    purpose: "Letting people see and steer what is held about them, without an account",
    lawful_basis: LawfulBasis::LegalObligation,
    role: Role::Processor,
    retention: Retention::Rules(&[&VISITS]),
    erasure: Erasure::DeleteRow,
    columns: &[
        machinery("id"),
        secret("browser_hash"),
        column("address", Holds::Contact).labelled("Where the code went"),
        secret("code_hash"),
        machinery("attempts"),
        machinery("person_kind"),
        machinery("person_id"),
        column("created_at", Holds::Behaviour).labelled("Code asked for"),
        column("proved_at", Holds::Behaviour).labelled("Came in"),
        machinery("expires_at"),
    ],
};

pub const PORTAL_CODES: Table = Table {
    name: "portal_codes",
    label: "Codes on paper for the privacy portal",
    retention: Retention::Rules(&[&CODES]),
    columns: &[
        machinery("id"),
        machinery("person_kind"),
        machinery("person_id"),
        secret("code_hash"),
        column("created_by", Holds::Behaviour).exported_as("printed_by").read_as(Reading::Actor),
        column("created_at", Holds::Behaviour).labelled("Printed"),
        machinery("expires_at"),
        column("used_at", Holds::Behaviour).labelled("Used"),
    ],
    ..PORTAL_VISITS
};
