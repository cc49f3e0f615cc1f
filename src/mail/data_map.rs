//! What the mail queue holds about people, why, and for how long.

use crate::privacy::data_map::*;
const WORDS: Rule = Rule::erase("outgoing_mail.words", "The words of mail", "discard_after", 0)
    .from("a day after a mail with a link or a code, thirty days after any other")
    .only("body_text IS NOT NULL AND NOT (state = 'sending' AND next_attempt_at > :now)")
    .action(Action::Redact {
        set: "body_text = NULL, body_html = NULL, next_attempt_at = NULL,
              last_error = CASE WHEN state IN ('queued', 'sending') THEN 'not delivered in time' ELSE last_error END,
              state = CASE WHEN state IN ('queued', 'sending') THEN 'failed' ELSE state END",
        words: "the words are emptied, the status stays",
    })
    .source("Policy: sent mail, 30 days");
const ADDRESSES: Rule = Rule::erase("outgoing_mail.addresses", "Where mail went", "created_at", 30)
    .from("the writing of the mail")
    .only("recipient IS NOT NULL AND NOT (state = 'sending' AND next_attempt_at > :now)")
    .action(Action::Redact {
        set: "recipient = NULL, title = NULL, last_error = ''",
        words: "the address and the subject are emptied, the status stays",
    })
    .source("Policy: sent mail, 30 days");
const MAILS: Rule = Rule::erase("outgoing_mail", "Mail that was sent", "created_at", 365)
    .from("the writing of the mail")
    .source("Ours: a year of whether mail arrived");

pub const OUTGOING_MAIL: Table = Table {
    name: "outgoing_mail",
    label: "Mails we sent",
    part: Part::OperationalRecords,
    file: File::Control,
    subject: Subject::Via { column: "account_id", table: "accounts" },
    purpose: "Sending the mails that signing in, invitations and account changes need",
    lawful_basis: LawfulBasis::Contract,
    role: Role::Controller,
    // The words go on sending or after 24 hours to 30 days, the address after 30 days; what stays is a count.
    retention: Retention::Rules(&[&WORDS, &ADDRESSES, &MAILS]),
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
