//! API tokens of operators: how monitoring and scripts look after the installation. Never a way into a workspace.
//!
//! As with the tokens of workspaces there is no way to make one through the API.

pub mod data_map;
pub mod service;
mod store;
#[cfg(test)]
mod tests;

use zeroize::Zeroizing;

use super::tokens;
use crate::clock::Timestamp;
use crate::error::FieldError;
use crate::id::{AccountId, OperatorTokenId};
use crate::permission::OperatorScope;

pub use super::tokens::{LONGEST_DAYS, LONGEST_NAME};
pub use service::{create, find, list, revoke};

/// Characters of the token that are kept to recognise it by: `hf_op_` and five more.
const PREFIX_LENGTH: usize = 11;

/// A token as lists show it. The token itself is not kept anywhere.
#[derive(Debug, Clone)]
pub struct OperatorToken {
    pub id: OperatorTokenId,
    /// In whose name it acts. It ends when they are no operator any more.
    pub account: AccountId,
    /// Their display name, or their e-mail address.
    pub operator: String,
    pub name: String,
    pub prefix: String,
    pub scopes: Vec<OperatorScope>,
    /// CIDR blocks it may be used from, space separated; empty: any.
    pub allowed_networks: String,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub last_used_at: Option<Timestamp>,
    pub revoked_at: Option<Timestamp>,
}

impl OperatorToken {
    pub fn is_in_force(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.expires_at > now
    }
}

/// What a token is made from.
#[derive(Debug, Clone, Default)]
pub struct OperatorTokenInput {
    pub name: String,
    pub scopes: Vec<OperatorScope>,
    pub days: i64,
    /// As typed: blocks divided by spaces, commas or lines.
    pub allowed_networks: String,
}

/// A token just made.
pub struct Made {
    pub id: OperatorTokenId,
    /// To be shown once and forgotten.
    pub text: Zeroizing<String>,
}

/// The input as it is stored, by the rules of all tokens.
fn read(input: &OperatorTokenInput) -> Result<(String, String), Vec<FieldError>> {
    tokens::read_parts(&input.name, input.scopes.len(), input.days, &input.allowed_networks)
}
