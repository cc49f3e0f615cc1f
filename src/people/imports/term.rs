//! How long an uploaded file is kept, and how it goes.

use super::service;
use crate::privacy::retention::{Action, Rule};

/// The file, the rows that could not be taken and the values that were decided on; what the import did stays told.
pub const FILES: Rule = Rule::erase("imports.files", "Uploaded files", "created_at", 7)
    .from("the upload")
    .only("file IS NOT NULL AND state NOT IN ('checking', 'running')")
    .between(1, 7)
    .because("A file of other people's data is read at once; a week is enough to look at the rows that failed.")
    .action(Action::Hook {
        take: service::discard,
        after: None,
        leaves_row: true,
        words: "the file and what was said of its rows are erased; the counts stay",
    })
    .source("Policy: import files, 7 days");
