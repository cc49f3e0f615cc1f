//! `/api/v1/operator/…`: what the console does, for programs with an operator's token. Opens no workspace.

pub mod health;
pub mod jobs;
pub mod mail;
pub mod tokens;
pub mod workspaces;

use crate::clock::Timestamp;

/// A moment that may not have come, as the API prints it.
fn moment(at: Option<Timestamp>) -> Option<String> {
    at.map(Timestamp::rfc3339)
}
