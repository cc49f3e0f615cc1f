//! Recovery codes: hashes of secrets that only their person has.

use crate::privacy::data_map::*;

pub const RECOVERY_CODES: Table = Table {
    name: "recovery_codes",
    label: "Recovery codes",
    part: Part::AccountProfiles,
    file: File::Control,
    subject: Subject::Via { column: "account_id", table: "accounts" },
    purpose: "Letting people in who have lost their authenticator app",
    lawful_basis: LawfulBasis::Contract,
    role: Role::Controller,
    retention: Retention::WithParent,
    erasure: Erasure::DeleteRow,
    columns: &[machinery("id"), machinery("account_id"), secret("code_hash"), column("used_at", Holds::Behaviour)],
};
