//! What an operator's API token, and what was answered to it, say about the operator.

use crate::privacy::data_map::*;
const ANSWERS: Rule = Rule::erase("operator_answers", "Answers kept for programs of operators", "created_at", 1)
    .from("the answer")
    .row("token_id, key_hash")
    .source("Ours: a program that repeats itself does so within a day");

pub const OPERATOR_TOKENS: Table = Table {
    name: "operator_tokens",
    label: "Operators' API tokens",
    part: Part::AccountProfiles,
    file: File::Control,
    subject: Subject::Via { column: "account_id", table: "accounts" },
    purpose: "Letting programs of an operator look after the installation",
    lawful_basis: LawfulBasis::Contract,
    role: Role::Controller,
    retention: Retention::WithParent,
    erasure: Erasure::DeleteRow,
    columns: &[
        machinery("id"),
        machinery("account_id"),
        column("name", Holds::Content),
        column("prefix", Holds::Nothing),
        secret("token_hash"),
        column("scopes", Holds::Preference),
        column("allowed_networks", Holds::Device),
        column("created_at", Holds::Behaviour),
        column("expires_at", Holds::Nothing),
        column("last_used_at", Holds::Behaviour),
        column("revoked_at", Holds::Behaviour),
    ],
};

pub const IDEMPOTENT_ANSWERS: Table = Table {
    name: "idempotent_answers",
    label: "Answers kept for operators' programs",
    part: Part::OperationalRecords,
    file: File::Control,
    subject: Subject::Nobody,
    purpose: "Doing once what a program of the operator asks for twice",
    lawful_basis: LawfulBasis::Contract,
    role: Role::Controller,
    retention: Retention::Rules(&[&ANSWERS]),
    erasure: Erasure::DeleteRow,
    columns: &[
        machinery("token_id"),
        machinery("key_hash"),
        machinery("body_hash"),
        machinery("status"),
        machinery("location"),
        // May name a workspace or repeat whom a mail goes to, for a day.
        free_text("answer", Holds::Content).on_erasure(Erasure::DeleteRow),
        machinery("created_at"),
    ],
};
