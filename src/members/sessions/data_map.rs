//! What a session holds about its person, why, and for how long.

use crate::privacy::data_map::*;
/// One that nobody ended is over when its time has run out.
const ENDED: &str = "ifnull(ended_at, expires_at)";
const PLACES: Rule = Rule::erase("sessions.places", "Address and device of sign-ins", ENDED, 30)
    .from("the end of the session")
    .only("address IS NOT NULL OR user_agent IS NOT NULL")
    .action(Action::Redact {
        set: "address = NULL, user_agent = NULL",
        words: "address and device are emptied, the count stays",
    })
    .source("P-006");
const ROWS: Rule = Rule::erase("sessions", "Sign-ins that ended", ENDED, 90)
    .from("the end of the session")
    .source("Ours: a known device is recognised for 90 days");

pub const SESSIONS: Table = Table {
    name: "sessions",
    label: "Sign-ins",
    part: Part::LoginEvents,
    file: File::Control,
    subject: Subject::Via { column: "account_id", table: "accounts" },
    purpose: "Keeping people signed in, and showing them where",
    lawful_basis: LawfulBasis::Contract,
    role: Role::Controller,
    // Address and browser go 30 days after the end (P-006), the row after 90.
    retention: Retention::Rules(&[&PLACES, &ROWS]),
    erasure: Erasure::DeleteRow,
    columns: &[
        machinery("id"),
        secret("token_hash"),
        machinery("account_id"),
        column("created_at", Holds::Behaviour).labelled("Signed in"),
        column("last_seen_at", Holds::Behaviour).labelled("Last seen"),
        column("expires_at", Holds::Behaviour).labelled("Runs out"),
        column("ended_at", Holds::Behaviour).labelled("Ended"),
        column("second_factor_at", Holds::Behaviour).labelled("Second step done"),
        column("confirmed_at", Holds::Behaviour).labelled("Password shown again"),
        column("address", Holds::Device).labelled("Network address"),
        column("user_agent", Holds::Device).labelled("Browser"),
        // A keyed hash: says "the same as before", not which.
        secret("device"),
    ],
};

pub const WORKSPACE_ENTRIES: Table = Table {
    name: "workspace_entries",
    label: "First visits to a workspace",
    part: Part::LoginEvents,
    subject: Subject::Via { column: "session_id", table: "sessions" },
    purpose: "Writing down once that somebody came into a workspace, for its owners",
    retention: Retention::WithParent,
    columns: &[machinery("session_id"), machinery("member_id"), column("at", Holds::Behaviour)],
    ..SESSIONS
};
