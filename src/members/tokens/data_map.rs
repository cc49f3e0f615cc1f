//! What an API token says about the member it belongs to.

use crate::privacy::data_map::*;

pub const API_TOKENS: Table = Table {
    name: "api_tokens",
    label: "API tokens",
    part: Part::AccountProfiles,
    file: File::Control,
    subject: Subject::Via { column: "member_id", table: "memberships" },
    purpose: "Letting programs of a member into the workspace",
    lawful_basis: LawfulBasis::Contract,
    role: Role::Controller,
    retention: Retention::WithParent,
    erasure: Erasure::DeleteRow,
    columns: &[
        machinery("id"),
        machinery("workspace_id"),
        machinery("member_id"),
        column("name", Holds::Content),
        column("prefix", Holds::Nothing),
        secret("token_hash"),
        column("scopes", Holds::Preference),
        column("allowed_networks", Holds::Device),
        column("created_at", Holds::Behaviour),
        column("expires_at", Holds::Nothing),
        column("last_used_at", Holds::Behaviour),
        column("revoked_at", Holds::Behaviour),
    ],
};
