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
        column("email", Holds::Contact).labelled("Email address"),
        column("display_name", Holds::Identity).labelled("Name"),
        secret("password"),
        column("password_changed_at", Holds::Behaviour).labelled("Password chosen"),
        column("state", Holds::Behaviour).labelled("Your account is"),
        column("is_operator", Holds::Behaviour).labelled("You operate this installation"),
        column("age_confirmed_at", Holds::Behaviour).labelled("You said that you are 16 or older"),
        column("email_verified_at", Holds::Behaviour).labelled("Email address confirmed"),
        column("time_zone", Holds::Preference),
        column("theme", Holds::Preference).labelled("Light or dark"),
        column("shortcuts", Holds::Preference).labelled("Single keys are shortcuts"),
        secret("totp_secret"),
        column("totp_confirmed_at", Holds::Behaviour).exported_as("two_step_since").labelled("Two-step sign-in since"),
        machinery("totp_last_step"),
        column("second_factor_reminded_at", Holds::Behaviour).labelled("Reminded of two-step sign-in"),
        column("created_at", Holds::Behaviour).labelled("Account made"),
        machinery("updated_at"),
        column("last_sign_in_at", Holds::Behaviour).labelled("Last sign-in"),
        column("usage_counted", Holds::Preference).labelled("Pages you look at are counted"),
        machinery("version"),
    ],
};
