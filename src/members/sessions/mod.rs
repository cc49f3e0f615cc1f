//! Sessions: who is signed in, where, since when, and how it ends (SES-1 to SES-5).

pub mod data_map;
pub mod device;
pub mod jobs;
pub mod pages;
pub mod service;
mod store;

use crate::clock::Timestamp;
use crate::id::SessionId;

pub use service::{confirm, end, end_all, end_by_cookie, end_run_out, finish, is_known, list, start};

/// How somebody showed who they are. Stands in the audit log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    Password,
    Link,
    Code,
    Setup,
    Invitation,
}

impl Method {
    pub const fn word(self) -> &'static str {
        match self {
            Method::Password => "password",
            Method::Link => "link",
            Method::Code => "code",
            Method::Setup => "setup",
            Method::Invitation => "invitation",
        }
    }
}

/// A session in force, as its owner sees it.
#[derive(Debug, Clone)]
pub struct Session {
    pub id: SessionId,
    pub created_at: Timestamp,
    pub last_seen_at: Timestamp,
    pub expires_at: Timestamp,
    pub address: Option<String>,
    pub user_agent: Option<String>,
}

impl Session {
    /// "Firefox on Linux".
    pub fn device(&self) -> String {
        device::label(self.user_agent.as_deref().unwrap_or(""))
    }
}
