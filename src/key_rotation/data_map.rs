//! What the installation notes about its keys. No key is in it.

use crate::members::workspaces::data_map::WORKSPACES;
use crate::privacy::data_map::*;

pub const KEY_ROTATIONS: Table = Table {
    name: "key_rotations",
    label: "Exchanges of keys",
    part: Part::WorkspaceSettings,
    purpose: "Showing how old each key is, and finishing an exchange that was cut off",
    columns: &[
        machinery("id"),
        machinery("kind"),
        machinery("workspace_id"),
        machinery("to_version"),
        machinery("begun_at"),
        machinery("ended_at"),
        machinery("outcome"),
    ],
    ..WORKSPACES
};
