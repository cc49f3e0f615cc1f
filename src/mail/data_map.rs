//! What the mail queue holds about people, why, and for how long.

use crate::privacy::data_map::{
    Erasure, File, Holds, LawfulBasis, Retention, Role, Subject, Table, column, machinery, secret,
};

pub const OUTGOING_MAIL: Table = Table {
    name: "outgoing_mail",
    file: File::Control,
    subject: Subject::Via { column: "account_id", table: "accounts" },
    purpose: "Sending the mails that signing in, invitations and account changes need",
    lawful_basis: LawfulBasis::Contract,
    role: Role::Controller,
    // The words go on sending or after 24 hours to 30 days, the address after 30 days; what stays is a count.
    retention: Retention::Days { after: "created_at", days: 365 },
    erasure: Erasure::DeleteRow,
    columns: &[
        machinery("id"),
        machinery("workspace_id"),
        machinery("account_id"),
        column("purpose", Holds::Behaviour),
        column("recipient", Holds::Contact),
        column("title", Holds::Content),
        // May hold a link or a code that signs in, so it is never part of an export.
        secret("body_text"),
        secret("body_html"),
        machinery("message_id"),
        column("state", Holds::Nothing),
        machinery("attempts"),
        machinery("next_attempt_at"),
        machinery("give_up_at"),
        column("last_error", Holds::Contact),
        column("created_at", Holds::Behaviour),
        column("sent_at", Holds::Behaviour),
        machinery("discard_after"),
    ],
};
