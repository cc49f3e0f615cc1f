//! Roles say nothing about a person: who has one is said by the memberships.

use crate::privacy::data_map::*;

pub const ROLES: Table = Table {
    name: "roles",
    label: "Roles",
    part: Part::WorkspaceSettings,
    file: File::Control,
    subject: Subject::Nobody,
    purpose: "Deciding who may see and do what",
    lawful_basis: LawfulBasis::LegitimateInterests,
    role: Role::Controller,
    retention: Retention::WhileActive,
    erasure: Erasure::NothingToErase,
    columns: &[
        machinery("id"),
        machinery("workspace_id"),
        machinery("key"),
        machinery("name"),
        machinery("is_builtin"),
        machinery("permissions"),
        machinery("requires_second_factor"),
        machinery("created_at"),
        machinery("updated_at"),
        machinery("version"),
    ],
};
