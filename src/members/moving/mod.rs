//! The members of a workspace that comes from another installation, or for the second time into this one.
//!
//! People are known by their email address. Whoever has an account here becomes a member as they were. Whoever has none
//! gets one without a password: they enter by the mail behind "Forgot password". Somebody removed who has no account
//! here gets none; what they did is then done by "a former member".

mod service;
mod store;

pub use service::{enter, household, reserve};

/// Whose workspace it was.
#[derive(Debug, Default)]
pub struct Household {
    pub roles: Vec<MovedRole>,
    pub members: Vec<MovedMember>,
    pub teams: Vec<MovedTeam>,
    /// Of a team, of a member.
    pub in_teams: Vec<(i64, i64)>,
}

/// A role as it was. Numbers are those of before.
#[derive(Debug)]
pub struct MovedRole {
    pub id: i64,
    pub key: String,
    pub name: String,
    pub is_builtin: bool,
    /// JSON, as in the table.
    pub permissions: String,
    pub requires_second_factor: bool,
}

/// A member as they were.
#[derive(Debug)]
pub struct MovedMember {
    pub id: i64,
    pub account: i64,
    pub role: i64,
    pub state: String,
    pub email: String,
    pub name: String,
}

#[derive(Debug)]
pub struct MovedTeam {
    pub id: i64,
    pub name: String,
}

/// What became of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Entered {
    /// Have an account here.
    pub matched: usize,
    /// Got one without a password.
    pub placeholders: usize,
    /// Had left before, and are not known here.
    pub left_out: usize,
}
