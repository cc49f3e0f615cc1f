//! What the installation keeps of a workspace that ends.

use crate::members::workspaces::data_map::WORKSPACES;
use crate::privacy::data_map::*;

pub const WORKSPACE_ENDS: Table = Table {
    name: "workspace_ends",
    label: "Ends of workspaces",
    part: Part::WorkspaceSettings,
    purpose: "Deleting a workspace on time, and proving that it was",
    columns: &[
        machinery("workspace_id"),
        machinery("closed_at"),
        machinery("closed_until"),
        machinery("requested_at"),
        machinery("requested_by"),
        machinery("grace_days"),
        machinery("confirmed_at"),
        machinery("step"),
        machinery("ring_generation"),
        machinery("audit_head"),
        machinery("purged_at"),
        machinery("backups_gone_at"),
        machinery("key_copies_gone_at"),
        machinery("certificate"),
    ],
    ..WORKSPACES
};
