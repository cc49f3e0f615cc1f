//! What a session holds about its person, why, and for how long.

use crate::privacy::data_map::*;

pub const SESSIONS: Table = Table {
    name: "sessions",
    file: File::Control,
    subject: Subject::Via { column: "account_id", table: "accounts" },
    purpose: "Keeping people signed in, and showing them where",
    lawful_basis: LawfulBasis::Contract,
    role: Role::Controller,
    // Address and browser go 30 days after the end (P-006), the row after 90.
    retention: Retention::Days { after: "ended_at", days: 90 },
    erasure: Erasure::DeleteRow,
    columns: &[
        machinery("id"),
        secret("token_hash"),
        machinery("account_id"),
        column("created_at", Holds::Behaviour),
        column("last_seen_at", Holds::Behaviour),
        column("expires_at", Holds::Behaviour),
        column("ended_at", Holds::Behaviour),
        column("second_factor_at", Holds::Behaviour),
        column("confirmed_at", Holds::Behaviour),
        column("address", Holds::Device),
        column("user_agent", Holds::Device),
        // A keyed hash: says "the same as before", not which.
        secret("device"),
    ],
};

pub const WORKSPACE_ENTRIES: Table = Table {
    name: "workspace_entries",
    subject: Subject::Via { column: "session_id", table: "sessions" },
    purpose: "Writing down once that somebody came into a workspace, for its owners",
    retention: Retention::WithParent,
    columns: &[machinery("session_id"), machinery("member_id"), column("at", Holds::Behaviour)],
    ..SESSIONS
};
