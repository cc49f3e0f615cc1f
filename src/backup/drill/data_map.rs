//! What the installation notes about restore drills. Numbers, and nobody.

use crate::members::workspaces::data_map::WORKSPACES;
use crate::privacy::data_map::*;

const OLD: Rule = Rule::erase("backup_drills", "Restore drills", "finished_at", 365)
    .from("the end of the drill")
    .source("A year of evidence that backups come back");

pub const BACKUP_DRILLS: Table = Table {
    name: "backup_drills",
    label: "Restore drills",
    purpose: "Showing that backups come back, and how long that takes",
    retention: Retention::Rules(&[&OLD]),
    columns: &[
        machinery("id"),
        machinery("workspace_id"),
        machinery("started_at"),
        machinery("finished_at"),
        machinery("restore_ms"),
        machinery("backup"),
        machinery("line"),
        machinery("segment"),
        machinery("moment"),
        machinery("bytes"),
        machinery("row_count"),
        machinery("files"),
        machinery("verdict"),
        machinery("words"),
    ],
    ..WORKSPACES
};
