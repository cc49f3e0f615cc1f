//! What the installation notes about workspaces that come back from a backup.

use crate::members::workspaces::data_map::WORKSPACES;
use crate::privacy::data_map::*;

pub const WORKSPACE_RESTORES: Table = Table {
    name: "workspace_restores",
    label: "Restores of workspaces",
    purpose: "Bringing a workspace back to an earlier moment, and saying what that did",
    columns: &[
        machinery("id"),
        machinery("workspace_id"),
        machinery("into_kind"),
        machinery("until"),
        machinery("from_restore"),
        machinery("new_name"),
        machinery("new_slug"),
        machinery("into_id"),
        machinery("asked_by"),
        machinery("asked_at"),
        machinery("state"),
        machinery("cancel_asked"),
        machinery("progress"),
        machinery("error"),
        machinery("report"),
        machinery("finished_at"),
        machinery("quarantine_key"),
        machinery("quarantine_until"),
        machinery("quarantine_gone_at"),
    ],
    ..WORKSPACES
};

pub const OUTBOUND_HOLDS: Table = Table {
    name: "outbound_holds",
    label: "Workspaces whose mail waits",
    purpose: "Keeping mail and retention of a restored workspace waiting until an owner has looked",
    columns: &[machinery("workspace_id"), machinery("since"), machinery("until")],
    ..WORKSPACES
};
