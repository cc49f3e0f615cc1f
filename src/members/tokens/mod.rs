//! API tokens: how a program comes in. Shown once, scoped, bound to a member and gone after a year at most (SES-6).
//!
//! There is no `POST /api/v1/tokens`, on purpose: a token must not make tokens, or who finds one for a
//! minute keeps a door of their own.

pub mod api;
pub mod data_map;
pub mod pages;
pub mod service;
mod store;
#[cfg(test)]
mod tests;

use zeroize::Zeroizing;

use crate::clock::Timestamp;
use crate::error::FieldError;
use crate::id::{MemberId, TokenId};
use crate::permission::Permission;
use crate::web::limit::parse_block;

pub use service::{create, find, list, revoke, revoke_all, revoke_of_account};

/// Longest name, in characters.
pub const LONGEST_NAME: usize = 60;
/// How long a token may live.
pub const LONGEST_DAYS: i64 = 365;
/// Most networks of one token.
pub const MOST_NETWORKS: usize = 20;
/// Characters of the token that are kept to recognise it by: `hf_` and five more.
const PREFIX_LENGTH: usize = 8;

/// A token as lists show it. The token itself is not kept anywhere.
#[derive(Debug, Clone)]
pub struct ApiToken {
    pub id: TokenId,
    pub member: MemberId,
    pub name: String,
    pub prefix: String,
    pub scopes: Vec<Permission>,
    /// CIDR blocks it may be used from, space separated; empty: any.
    pub allowed_networks: String,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub last_used_at: Option<Timestamp>,
    pub revoked_at: Option<Timestamp>,
}

impl ApiToken {
    pub fn is_in_force(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.expires_at > now
    }
}

/// What a token is made from.
#[derive(Debug, Clone, Default)]
pub struct TokenInput {
    pub name: String,
    pub scopes: Vec<Permission>,
    pub days: i64,
    /// As typed: blocks divided by spaces, commas or lines.
    pub allowed_networks: String,
}

/// A token just made.
pub struct Made {
    pub id: TokenId,
    /// To be shown once and forgotten.
    pub text: Zeroizing<String>,
}

/// The input as it is stored: name on one line, networks in one form.
pub(super) fn read(input: &TokenInput) -> Result<(String, String), Vec<FieldError>> {
    read_parts(&input.name, input.scopes.len(), input.days, &input.allowed_networks)
}

/// The rules that hold for tokens of operators too.
pub(in crate::members) fn read_parts(
    name: &str,
    scopes: usize,
    days: i64,
    allowed_networks: &str,
) -> Result<(String, String), Vec<FieldError>> {
    let mut errors = Vec::new();
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    if name.is_empty() {
        errors.push(FieldError::new("name", "required", "Enter a name that says what uses the token."));
    } else if name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control) {
        let message = format!("Use at most {LONGEST_NAME} characters, all on one line.");
        errors.push(FieldError::new("name", "too_long", message));
    }
    if scopes == 0 {
        errors.push(FieldError::new("scopes", "required", "Choose at least one thing the token may do."));
    }
    if !(1..=LONGEST_DAYS).contains(&days) {
        let message = format!("Enter a number of days from 1 to {LONGEST_DAYS}.");
        errors.push(FieldError::new("days", "out_of_range", message));
    }
    let blocks: Vec<&str> = allowed_networks.split([' ', ',', '\n', '\t']).filter(|block| !block.is_empty()).collect();
    if let Some(wrong) = blocks.iter().find(|block| parse_block(block).is_none()) {
        let message = format!("{wrong} is not a network. Write addresses or blocks, like 198.51.100.7 or 10.0.0.0/8.");
        errors.push(FieldError::new("allowed_networks", "network_form", message));
    } else if blocks.len() > MOST_NETWORKS {
        let message = format!("Use at most {MOST_NETWORKS} networks.");
        errors.push(FieldError::new("allowed_networks", "too_many", message));
    }
    if errors.is_empty() { Ok((name, blocks.join(" "))) } else { Err(errors) }
}
