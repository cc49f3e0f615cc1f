//! How long a deleted record is kept, and how it goes.

use super::service;
use crate::people::attachments;
use crate::privacy::retention::{Action, Rule};

/// How long a deleted record is kept.
pub const DELETED: Rule = Rule::erase("trash", "Deleted records", "deleted_at", 30)
    .from("the deletion")
    .between(1, 90)
    .because("A day is the least in which a mistake is noticed; what was deleted must not lie about for more than 90.")
    .action(Action::Hook {
        take: service::let_go,
        after: Some(attachments::service::clear),
        leaves_row: false,
        words: "erased, with all that hung on them",
    })
    .source("P-119: 30 days");
