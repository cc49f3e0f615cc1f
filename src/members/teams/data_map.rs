//! What teams say about their members.

use crate::privacy::data_map::*;

pub const TEAMS: Table = Table {
    name: "teams",
    label: "Teams",
    part: Part::WorkspaceSettings,
    file: File::Control,
    subject: Subject::Nobody,
    purpose: "Letting members work on one another's records",
    lawful_basis: LawfulBasis::LegitimateInterests,
    role: Role::Controller,
    retention: Retention::WhileActive,
    erasure: Erasure::NothingToErase,
    columns: &[machinery("id"), machinery("workspace_id"), machinery("name"), machinery("created_at")],
};

pub const TEAM_MEMBERS: Table = Table {
    name: "team_members",
    label: "Who is in which team",
    part: Part::AccountProfiles,
    subject: Subject::Via { column: "member_id", table: "memberships" },
    retention: Retention::WithParent,
    erasure: Erasure::DeleteRow,
    columns: &[column("team_id", Holds::Behaviour), machinery("member_id")],
    ..TEAMS
};
