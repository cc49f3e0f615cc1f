//! What notifications hold: that something happened to a record, and whom it was told.

use crate::privacy::data_map::*;

pub const MENTIONS: Table = Table {
    name: "mentions",
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
    file: File::Workspace,
    subject: Subject::Polymorphic { kind: "about_type", id: "about_id" },
    purpose: "Telling members what concerns them",
    lawful_basis: LawfulBasis::LegitimateInterests,
    role: Role::Processor,
    retention: Retention::Days { after: "at", days: 365 },
    erasure: Erasure::DeleteRow,
    columns: &[
        machinery("id"),
        machinery("member_id"),
        column("kind", Holds::Behaviour),
        machinery("about_type"),
        machinery("about_id"),
        machinery("note_id"),
        machinery("actor_id"),
        machinery("count"),
        machinery("in_app"),
        machinery("mail"),
        column("at", Holds::Behaviour),
        machinery("read_at"),
    ],
};

pub const NOTIFICATION_SETTINGS: Table = Table {
    name: "notification_settings",
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
    purpose: "Mailing each member at the hour they chose",
    columns: &[machinery("member_id"), machinery("hour")],
    ..NOTIFICATION_SETTINGS
};

pub const NOTIFICATION_MAILS: Table = Table {
    name: "notification_mails",
    file: File::Control,
    subject: Subject::Nobody,
    purpose: "Mailing each notification once",
    lawful_basis: LawfulBasis::Contract,
    role: Role::Processor,
    retention: Retention::WithParent,
    erasure: Erasure::NothingToErase,
    columns: &[machinery("member_id"), machinery("channel"), machinery("through")],
};
