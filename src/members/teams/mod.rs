//! Teams: members who may work on one another's records, where a role says "Team".

pub mod api;
pub mod data_map;
pub mod pages;
pub mod service;
mod store;
#[cfg(test)]
mod tests;

use crate::clock::Timestamp;
use crate::error::FieldError;
use crate::id::{MemberId, TeamId};

pub use service::{create, delete, find, list, update};

/// Longest name, in characters.
pub const LONGEST_NAME: usize = 60;

/// A team with its members.
#[derive(Debug, Clone)]
pub struct Team {
    pub id: TeamId,
    pub name: String,
    pub members: Vec<MemberId>,
    pub created_at: Timestamp,
}

/// A name on one line.
pub(super) fn read_name(name: &str) -> Result<String, FieldError> {
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    if name.is_empty() {
        return Err(FieldError::new("name", "required", "Enter a name, such as Sales north."));
    }
    if name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control) {
        let message = format!("Use at most {LONGEST_NAME} characters, all on one line.");
        return Err(FieldError::new("name", "too_long", message));
    }
    Ok(name)
}
