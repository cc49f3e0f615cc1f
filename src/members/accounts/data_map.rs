//! What an account holds about its person, why, and for how long.

use crate::privacy::data_map::*;

pub const ACCOUNTS: Table = Table {
    name: "accounts",
    label: "Accounts",
    part: Part::AccountProfiles,
    file: File::Control,
    subject: Subject::Is("id"),
    purpose: "Letting people sign in to the installation",
    lawful_basis: LawfulBasis::Contract,
    role: Role::Controller,
    retention: Retention::WhileActive,
    erasure: Erasure::DeleteRow,
    columns: &[
        machinery("id"),
        column("email", Holds::Contact),
        column("display_name", Holds::Identity),
        secret("password"),
        column("password_changed_at", Holds::Behaviour),
        column("state", Holds::Behaviour),
        column("is_operator", Holds::Behaviour),
        column("age_confirmed_at", Holds::Behaviour),
        column("email_verified_at", Holds::Behaviour),
        column("time_zone", Holds::Preference),
        column("theme", Holds::Preference),
        column("shortcuts", Holds::Preference),
        secret("totp_secret"),
        column("totp_confirmed_at", Holds::Behaviour).exported_as("two_step_since"),
        machinery("totp_last_step"),
        column("second_factor_reminded_at", Holds::Behaviour),
        column("created_at", Holds::Behaviour),
        machinery("updated_at"),
        column("last_sign_in_at", Holds::Behaviour),
        column("usage_counted", Holds::Preference).labelled("Pages you look at are counted"),
        machinery("version"),
    ],
};
