//! What requests hold about people. They outlive the person as proof: words and names go, the keyed hash and
//! the steps stay for three years, the time in which a claim can still be made.

use crate::privacy::data_map::*;

const PROOF: Erasure = Erasure::Keep {
    because: "proof that the request was answered in time (GDPR Art. 5(2), limitation of claims)",
    days: 3 * 365,
};

const OLD: Rule = Rule::erase("subject_requests", "Requests about personal data", "closed_at", 1_096)
    .from("the answer")
    .between(1_096, 3_653)
    .because("That a request was answered in time must be shown as long as claims can be made: three years.")
    .source("Policy: legal claims, 3 years");

pub const SUBJECT_REQUESTS: Table = Table {
    name: "subject_requests",
    label: "Requests about personal data",
    part: Part::OperationalRecords,
    file: File::Workspace,
    subject: Subject::Polymorphic { kind: "person_type", id: "person_id" },
    purpose: "Answering people who ask about their data, in time, and proving it",
    lawful_basis: LawfulBasis::LegalObligation,
    role: Role::Processor,
    retention: Retention::Rules(&[&OLD]),
    erasure: PROOF,
    columns: &[
        machinery("id"),
        column("kind", Holds::Content),
        column("state", Holds::Behaviour),
        machinery("profile"),
        machinery("time_zone"),
        column("received_at", Holds::Behaviour),
        column("due_at", Holds::Behaviour),
        machinery("legal_due_at"),
        machinery("confirm_by"),
        column("confirmed_at", Holds::Behaviour),
        column("extended_until", Holds::Behaviour),
        column("extension_reason", Holds::Content).on_erasure(Erasure::Redact),
        machinery("person_type"),
        machinery("person_id"),
        column("name", Holds::Identity).on_erasure(Erasure::Redact),
        column("answer_to", Holds::Contact).on_erasure(Erasure::Redact),
        // A keyed hash: nobody reads anything from it, and it is what the proof is about.
        machinery("identity_hash"),
        column("channel", Holds::Behaviour),
        column("words", Holds::Content).on_erasure(Erasure::Redact),
        machinery("assignee_id"),
        column("ground", Holds::Content),
        column("reason", Holds::Content).on_erasure(Erasure::Redact),
        machinery("decided_by"),
        column("decided_at", Holds::Behaviour),
        column("done", Holds::Content).on_erasure(Erasure::Redact),
        column("completed_at", Holds::Behaviour),
        column("closed_at", Holds::Behaviour),
        machinery("duplicate_of"),
        machinery("reminded"),
        machinery("confirm_reminded"),
        machinery("created_by"),
        column("created_at", Holds::Behaviour),
        machinery("updated_at"),
        machinery("version"),
    ],
};

const OF_REQUEST: Subject = Subject::Via { column: "request_id", table: "subject_requests" };

/// What hangs on a request stays and goes with it.
const fn hanging(name: &'static str, label: &'static str, purpose: &'static str, columns: &'static [Column]) -> Table {
    Table {
        name,
        label,
        part: Part::OperationalRecords,
        file: File::Workspace,
        subject: OF_REQUEST,
        purpose,
        lawful_basis: LawfulBasis::LegalObligation,
        role: Role::Processor,
        retention: Retention::WithParent,
        erasure: PROOF,
        columns,
    }
}

pub const SUBJECT_REQUEST_STEPS: Table = hanging(
    "subject_request_steps",
    "Steps of requests",
    "Proving what was done about a request, and when",
    &[
        machinery("id"),
        machinery("request_id"),
        column("step", Holds::Behaviour),
        column("state", Holds::Behaviour),
        column("about", Holds::Behaviour),
        column("note", Holds::Content).on_erasure(Erasure::Redact),
        machinery("member_id"),
        column("at", Holds::Behaviour),
    ],
);

pub const SUBJECT_REQUEST_CHECKS: Table = hanging(
    "subject_request_checks",
    "Checks of who asks",
    "Showing that data was changed and released only for whoever may ask (Art. 12(6))",
    &[
        machinery("id"),
        machinery("request_id"),
        column("kind", Holds::Behaviour),
        column("passed", Holds::Behaviour),
        column("method", Holds::Behaviour),
        column("note", Holds::Content).on_erasure(Erasure::Redact),
        machinery("member_id"),
        column("at", Holds::Behaviour),
    ],
);

pub const SUBJECT_REQUEST_KEPT: Table = hanging(
    "subject_request_kept",
    "Parts kept after a request",
    "Saying what is kept although it was asked to go, on which ground and until when (P-096)",
    &[
        machinery("id"),
        machinery("request_id"),
        column("item", Holds::Content).on_erasure(Erasure::Redact),
        column("ground", Holds::Content),
        column("until", Holds::Content),
        machinery("member_id"),
        column("at", Holds::Behaviour),
    ],
);

pub const SUBJECT_REQUEST_CORRECTIONS: Table = hanging(
    "subject_request_corrections",
    "Corrections asked for",
    "Correcting what is wrong (Art. 16)",
    &[
        machinery("id"),
        machinery("request_id"),
        column("field", Holds::Behaviour),
        column("before", Holds::Content).on_erasure(Erasure::Redact),
        column("after", Holds::Content).on_erasure(Erasure::Redact),
        column("applied_at", Holds::Behaviour),
    ],
);

pub const SUBJECT_REQUEST_RECIPIENTS: Table = hanging(
    "subject_request_recipients",
    "Recipients that were told",
    "Telling whoever received the data that it was corrected, erased or restricted (Art. 19)",
    &[
        machinery("id"),
        machinery("request_id"),
        column("name", Holds::Content),
        column("told_by", Holds::Behaviour),
        column("told_at", Holds::Behaviour),
        machinery("member_id"),
    ],
);

pub const SUBJECT_REQUEST_LETTERS: Table = hanging(
    "subject_request_letters",
    "Letters about requests",
    "Answering whoever asks, and proving with a hash what was written",
    &[
        machinery("id"),
        machinery("request_id"),
        column("kind", Holds::Behaviour),
        column("way", Holds::Behaviour),
        column("address", Holds::Contact).on_erasure(Erasure::Redact),
        column("title", Holds::Content).on_erasure(Erasure::Redact),
        column("body", Holds::Content).on_erasure(Erasure::Redact),
        machinery("hash"),
        machinery("message_id"),
        machinery("mail_id"),
        machinery("member_id"),
        column("at", Holds::Behaviour),
    ],
);

/// A table about nobody.
const fn about_nobody(
    name: &'static str,
    label: &'static str,
    purpose: &'static str,
    columns: &'static [Column],
) -> Table {
    Table {
        name,
        label,
        part: Part::WorkspaceSettings,
        file: File::Workspace,
        subject: Subject::Nobody,
        purpose,
        lawful_basis: LawfulBasis::LegalObligation,
        role: Role::Processor,
        retention: Retention::WhileActive,
        erasure: Erasure::NothingToErase,
        columns,
    }
}

pub const LETTER_TEMPLATES: Table = about_nobody(
    "letter_templates",
    "Words of letters",
    "The words of letters to people who ask about their data",
    &[
        machinery("id"),
        machinery("kind"),
        machinery("title"),
        machinery("body"),
        machinery("member_id"),
        machinery("at"),
    ],
);

pub const SUBJECT_REQUEST_SETTINGS: Table = about_nobody(
    "subject_request_settings",
    "Settings for requests",
    "How the workspace works on requests",
    &[machinery("key"), machinery("value"), machinery("updated_at")],
);
