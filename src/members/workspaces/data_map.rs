//! What the installation notes about workspaces and about itself.

use crate::privacy::data_map::*;

pub const WORKSPACES: Table = Table {
    name: "workspaces",
    label: "Workspaces",
    part: Part::WorkspaceSettings,
    file: File::Control,
    subject: Subject::Nobody,
    purpose: "Knowing which workspaces there are and whether they are in service",
    lawful_basis: LawfulBasis::Contract,
    role: Role::Controller,
    retention: Retention::WhileActive,
    erasure: Erasure::NothingToErase,
    columns: &[
        machinery("id"),
        machinery("slug"),
        machinery("name"),
        machinery("state"),
        machinery("created_at"),
        machinery("updated_at"),
        machinery("version"),
        machinery("members_moved"),
    ],
};

pub const INSTALLATION: Table = Table {
    name: "installation",
    label: "Facts about the installation",
    part: Part::WorkspaceSettings,
    purpose: "Remembering facts about the installation itself: keys seen, work under way",
    columns: &[machinery("key"), machinery("value")],
    ..WORKSPACES
};
