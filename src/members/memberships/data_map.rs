//! What a membership says about its person, why, and for how long.

use crate::privacy::data_map::*;

pub const MEMBERSHIPS: Table = Table {
    name: "memberships",
    label: "Memberships",
    part: Part::AccountProfiles,
    file: File::Control,
    subject: Subject::Via { column: "account_id", table: "accounts" },
    purpose: "Letting members into their workspace, and naming who owns a record",
    lawful_basis: LawfulBasis::Contract,
    role: Role::Controller,
    retention: Retention::WithParent,
    erasure: Erasure::DeleteRow,
    columns: &[
        machinery("id"),
        machinery("workspace_id"),
        machinery("account_id"),
        machinery("role_id"),
        column("state", Holds::Behaviour),
        column("columns", Holds::Preference),
        column("created_at", Holds::Behaviour),
        machinery("updated_at"),
        machinery("version"),
    ],
};
