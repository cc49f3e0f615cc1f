//! What links and codes hold about the person they were sent to, why, and for how long.

use crate::privacy::data_map::*;
const SPENT: Rule = Rule::erase("one_time_secrets", "Links and codes to sign in with", "expires_at", 0)
    .from("their end, 10 minutes to an hour after they were sent")
    .source("Policy: links 15 minutes, codes 10 minutes");

pub const ONE_TIME_SECRETS: Table = Table {
    name: "one_time_secrets",
    label: "Sign-in links and codes",
    part: Part::LoginEvents,
    file: File::Control,
    subject: Subject::Via { column: "account_id", table: "accounts" },
    purpose: "Signing in by mail, choosing a new password, confirming a new address",
    lawful_basis: LawfulBasis::Contract,
    role: Role::Controller,
    // They hold for an hour at most and are deleted in the night after.
    retention: Retention::Rules(&[&SPENT]),
    erasure: Erasure::DeleteRow,
    columns: &[
        machinery("id"),
        machinery("kind"),
        secret("secret_hash"),
        machinery("account_id"),
        column("email", Holds::Contact),
        machinery("password_changed_at"),
        secret("browser_hash"),
        machinery("attempts"),
        column("created_at", Holds::Behaviour),
        machinery("expires_at"),
        machinery("used_at"),
    ],
};
