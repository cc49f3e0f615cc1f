//! Workspaces: each a file of its own under a key of its own, with a row in `control.db`.

pub mod api;
pub mod data_map;
pub mod pages;
pub mod service;
mod store;
pub mod tabs;
#[cfg(test)]
mod tests;

use crate::clock::Timestamp;
use crate::error::{Error, FieldError};
use crate::id::WorkspaceId;

pub use service::{clean_half_made, create, create_at, create_for, find, find_by_slug, list, refuse_unusable, rename};

/// Longest name, in characters.
pub const LONGEST_NAME: usize = 80;
/// Fewest and most characters of a slug.
pub const SLUG_LENGTH: std::ops::RangeInclusive<usize> = 2..=40;

/// Slugs that read like a place of the installation in an address, a mail or a file name.
const RESERVED: [&str; 27] = [
    "account",
    "admin",
    "api",
    "assets",
    "audit",
    "backup",
    "console",
    "control",
    "docs",
    "health",
    "healthz",
    "help",
    "holdfast",
    "invitation",
    "legal",
    "login",
    "metrics",
    "new",
    "operator",
    "root",
    "setup",
    "sign-in",
    "sign-out",
    "static",
    "status",
    "support",
    "www",
];

/// A workspace as the installation knows it. What is in it, the installation does not know.
#[derive(Debug, Clone)]
pub struct Workspace {
    pub id: WorkspaceId,
    pub slug: String,
    pub name: String,
    /// `active`, `read_only`, `deleting` or `deleted`.
    pub state: String,
    pub created_at: Timestamp,
    pub version: i64,
}

/// A name on one line.
pub(super) fn read_name(name: &str) -> Result<String, FieldError> {
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    if name.is_empty() {
        return Err(FieldError::new("name", "required", "Enter a name, such as Saltmere Instruments."));
    }
    if name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control) {
        let message = format!("Use at most {LONGEST_NAME} characters, all on one line.");
        return Err(FieldError::new("name", "too_long", message));
    }
    Ok(name)
}

/// The slug: small letters, digits and hyphens, beginning and ending with a letter or digit.
pub(super) fn read_slug(slug: &str) -> Result<String, FieldError> {
    let slug = slug.trim();
    let error = |code, message: &str| Err(FieldError::new("slug", code, message));
    if slug.is_empty() {
        return error("required", "Enter an address, such as saltmere.");
    }
    if !SLUG_LENGTH.contains(&slug.chars().count()) {
        return error("length", "Use 2 to 40 characters.");
    }
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if !slug.chars().all(allowed) || slug.starts_with('-') || slug.ends_with('-') || slug.contains("--") {
        return error("slug_form", "Use small letters, digits and single hyphens, such as saltmere or saltmere-north.");
    }
    if RESERVED.contains(&slug) {
        return error("reserved", "Holdfast uses this word itself. Choose another address.");
    }
    Ok(slug.to_owned())
}

/// Both at once, so that a form shows everything that is wrong with it.
fn read(name: &str, slug: &str) -> Result<(String, String), Error> {
    match (read_name(name), read_slug(slug)) {
        (Ok(name), Ok(slug)) => Ok((name, slug)),
        (name, slug) => Err(Error::Invalid([name.err(), slug.err()].into_iter().flatten().collect())),
    }
}
