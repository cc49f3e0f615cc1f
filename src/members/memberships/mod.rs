//! Memberships: which account may enter which workspace, in which role, and how that ends.

pub mod api;
pub mod changes;
pub mod data_map;
pub mod pages;
pub mod service;
mod store;
#[cfg(test)]
mod tests;

use crate::clock::Timestamp;
use crate::error::Error;
use crate::id::{AccountId, MemberId, RoleId, TeamId};
use crate::members::roles;

pub use service::{
    add, change_role, end_sessions, find, list, reactivate, remove, sole_ownerships, suspend, transfer_ownership,
};

/// Whether a member may enter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Active,
    /// Locked out for a while; role, teams and tokens wait.
    Suspended,
    /// No longer a member. The row stays, so that records still say who owned them.
    Removed,
}

impl State {
    pub const fn word(self) -> &'static str {
        match self {
            State::Active => "active",
            State::Suspended => "suspended",
            State::Removed => "removed",
        }
    }

    pub fn from_word(word: &str) -> State {
        match word {
            "active" => State::Active,
            "suspended" => State::Suspended,
            _ => State::Removed,
        }
    }
}

/// A membership with what others in the workspace may know of its person.
#[derive(Debug, Clone)]
pub struct Membership {
    pub id: MemberId,
    pub account: AccountId,
    /// The display name, or the address when there is none.
    pub name: String,
    pub email: String,
    pub role: RoleId,
    pub role_key: String,
    pub role_name: String,
    pub state: State,
    /// False: the operator switched the whole account off.
    pub account_is_active: bool,
    pub has_second_factor: bool,
    pub last_sign_in_at: Option<Timestamp>,
    pub teams: Vec<(TeamId, String)>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub version: i64,
}

impl Membership {
    pub fn is_owner(&self) -> bool {
        self.role_key == roles::OWNER
    }

    /// Names of the teams on one line.
    pub fn team_names(&self) -> String {
        self.teams.iter().map(|(_, name)| name.as_str()).collect::<Vec<_>>().join(", ")
    }
}

/// A workspace always has an owner who can get in: this one must not stop being it while nobody else is.
pub(super) fn keep_an_owner(is_owner: bool, other_owners: i64) -> Result<(), Error> {
    if is_owner && other_owners == 0 {
        return Err(Error::Conflict(
            "this is the only owner who can enter the workspace: make somebody else an owner first".into(),
        ));
    }
    Ok(())
}
