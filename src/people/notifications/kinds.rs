//! What the spine tells members.

use crate::module::{MailChoice, NotificationKind};

pub const MENTIONED: NotificationKind = NotificationKind {
    word: "mentioned",
    label: "Somebody mentions me in a note",
    icon: "at-sign",
    words: "{who} mentioned you in a note on {record}",
    gathered: None,
    counted: ("mention in a note", "mentions in notes"),
    in_app: true,
    mail: MailChoice::Daily,
};

pub const ASSIGNED: NotificationKind = NotificationKind {
    word: "assigned",
    label: "Somebody gives me a contact or a company",
    icon: "circle-user",
    words: "{who} gave you {record}",
    gathered: Some("{who} gave you {many}"),
    counted: ("record given to you", "records given to you"),
    in_app: true,
    mail: MailChoice::Daily,
};

pub const IMPORT_FINISHED: NotificationKind = NotificationKind {
    word: "import_finished",
    label: "An import that I started is done",
    icon: "upload",
    words: "Your import {record} is done",
    gathered: None,
    counted: ("import that is done", "imports that are done"),
    in_app: true,
    mail: MailChoice::Never,
};

pub const IMPORT_FAILED: NotificationKind = NotificationKind {
    word: "import_failed",
    label: "An import that I started cannot go on",
    icon: "circle-alert",
    words: "Your import {record} cannot go on",
    gathered: None,
    counted: ("import that cannot go on", "imports that cannot go on"),
    in_app: true,
    mail: MailChoice::Soon,
};

/// The kinds of the spine.
pub const ALL: &[&NotificationKind] = &[&MENTIONED, &ASSIGNED, &IMPORT_FINISHED, &IMPORT_FAILED];
