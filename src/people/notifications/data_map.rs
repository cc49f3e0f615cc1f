//! What notifications hold: that something happened to a record, and whom it was told.

use crate::privacy::data_map::*;
/// Read, or only ever meant as a mail.
const READ: Rule =
    Rule::erase("notifications.read", "Notifications that were read", "iif(read_at IS NULL, at, max(at, read_at))", 90)
        .from("the reading")
        .only("read_at IS NOT NULL OR in_app = 0")
        .between(7, 365)
        .because("A week is the least in which somebody comes back to what they read; unread ones go after a year too.")
        .source("Ours");
const UNREAD: Rule = Rule::erase("notifications", "Notifications that nobody read", "at", 365)
    .from("what they tell of")
    .only("read_at IS NULL AND in_app <> 0")
    .between(30, 365)
    .because("Somebody may be away for a month; after a year nobody reads it any more.")
    .source("Ours");

pub const MENTIONS: Table = Table {
    name: "mentions",
    label: "Members named in notes",
    part: Part::OperationalRecords,
    file: File::Workspace,
    subject: Subject::Nobody,
    purpose: "Knowing which members a note names",
    lawful_basis: LawfulBasis::LegitimateInterests,
    role: Role::Processor,
    retention: Retention::WithParent,
    erasure: Erasure::NothingToErase,
    columns: &[machinery("note_id"), machinery("member_id")],
};

pub const NOTIFICATIONS: Table = Table {
    name: "notifications",
    label: "What members were told",
    part: Part::OperationalRecords,
    file: File::Workspace,
    subject: Subject::Polymorphic { kind: "about_type", id: "about_id" },
    purpose: "Telling members what concerns them",
    lawful_basis: LawfulBasis::LegitimateInterests,
    role: Role::Processor,
    retention: Retention::Rules(&[&READ, &UNREAD]),
    erasure: Erasure::DeleteRow,
    columns: &[
        machinery("id"),
        column("member_id", Holds::Behaviour).exported_as("told").read_as(Reading::Actor),
        column("kind", Holds::Behaviour).labelled("What about"),
        machinery("about_type"),
        machinery("about_id"),
        machinery("note_id"),
        machinery("actor_id"),
        machinery("count"),
        machinery("in_app"),
        machinery("mail"),
        column("at", Holds::Behaviour).labelled("When"),
        machinery("read_at"),
    ],
};

pub const NOTIFICATION_SETTINGS: Table = Table {
    name: "notification_settings",
    label: "What members want to hear of",
    part: Part::WorkspaceSettings,
    file: File::Workspace,
    subject: Subject::Nobody,
    purpose: "Telling each member only what they want to hear of",
    lawful_basis: LawfulBasis::Contract,
    role: Role::Processor,
    retention: Retention::WhileActive,
    erasure: Erasure::NothingToErase,
    columns: &[
        machinery("member_id"),
        machinery("kind"),
        machinery("in_app"),
        machinery("mail"),
        machinery("updated_at"),
    ],
};

pub const DIGEST_HOURS: Table = Table {
    name: "digest_hours",
    label: "Hours of members' daily mails",
    part: Part::WorkspaceSettings,
    purpose: "Mailing each member at the hour they chose",
    columns: &[machinery("member_id"), machinery("hour")],
    ..NOTIFICATION_SETTINGS
};

pub const NOTIFICATION_MAILS: Table = Table {
    name: "notification_mails",
    label: "Mails about notifications",
    part: Part::OperationalRecords,
    file: File::Control,
    subject: Subject::Nobody,
    purpose: "Mailing each notification once",
    lawful_basis: LawfulBasis::Contract,
    role: Role::Processor,
    retention: Retention::WithParent,
    erasure: Erasure::NothingToErase,
    columns: &[machinery("member_id"), machinery("channel"), machinery("through")],
};
