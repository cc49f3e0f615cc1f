//! What an operator's API token, and what was answered to it, say about the operator.

use crate::privacy::data_map::*;

pub const OPERATOR_TOKENS: Table = Table {
    name: "operator_tokens",
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
    file: File::Control,
    subject: Subject::Nobody,
    purpose: "Doing once what a program of the operator asks for twice",
    lawful_basis: LawfulBasis::Contract,
    role: Role::Controller,
    retention: Retention::Days { after: "created_at", days: 1 },
    erasure: Erasure::DeleteRow,
    columns: &[
        machinery("token_id"),
        machinery("key_hash"),
        machinery("body_hash"),
        machinery("status"),
        machinery("location"),
        // May name a workspace or repeat whom a mail goes to, for a day.
        machinery("answer"),
        machinery("created_at"),
    ],
};
