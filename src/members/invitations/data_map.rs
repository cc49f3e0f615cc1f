//! What an invitation says about the person it went to, why, and for how long.

use crate::privacy::data_map::*;
const ENDED: Rule = Rule::erase("invitations", "Invitations", "expires_at", 30)
    .from("their end, 120 hours after they were sent")
    .source("Policy: invitations, 120 hours");

pub const INVITATIONS: Table = Table {
    name: "invitations",
    label: "Invitations",
    part: Part::AccountProfiles,
    file: File::Control,
    subject: Subject::Is("id"),
    purpose: "Inviting somebody by email to join a workspace",
    lawful_basis: LawfulBasis::LegitimateInterests,
    role: Role::Controller,
    retention: Retention::Rules(&[&ENDED]),
    erasure: Erasure::DeleteRow,
    columns: &[
        machinery("id"),
        machinery("workspace_id"),
        column("email", Holds::Contact),
        machinery("role_id"),
        secret("secret_hash"),
        machinery("invited_by"),
        column("created_at", Holds::Behaviour),
        machinery("expires_at"),
        column("accepted_at", Holds::Behaviour),
        column("revoked_at", Holds::Behaviour),
    ],
};
