//! Invitations: a link by mail that makes its reader a member, once, within 72 hours (AUT-8).

pub mod accept;
pub mod api;
pub mod data_map;
pub mod pages;
pub mod service;
mod store;

use crate::clock::Timestamp;
use crate::id::{InvitationId, MemberId, RoleId, WorkspaceId};

pub use service::{accept, find, invite, list, open, resend, revoke, revoke_all_by};

/// How long a link works.
pub const LIFETIME: i64 = 72 * Timestamp::HOUR;
/// Invitations of one workspace that may wait at once: the mail of this installation is not for everyone.
pub const MOST_WAITING: usize = 200;

/// An invitation that waits, as its workspace sees it.
#[derive(Debug, Clone)]
pub struct Invitation {
    pub id: InvitationId,
    pub email: String,
    pub role: RoleId,
    pub role_name: String,
    /// `None`: the operator, for the first owner; or somebody whose account is gone.
    pub invited_by: Option<MemberId>,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

/// An invitation as whoever holds its link sees it.
#[derive(Debug, Clone)]
pub struct OpenInvitation {
    pub id: InvitationId,
    pub workspace: WorkspaceId,
    pub workspace_name: String,
    pub workspace_slug: String,
    pub email: String,
    pub role: RoleId,
    pub role_name: String,
    /// Empty when nobody of the workspace sent it.
    pub inviter: String,
    pub expires_at: Timestamp,
}
