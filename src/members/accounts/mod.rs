//! Accounts: a person's sign-in to the installation, and what they say about themselves.

pub mod data_map;
pub mod pages;
pub mod service;
mod store;
#[cfg(test)]
mod tests;

use crate::app::App;
use crate::clock::Timestamp;
use crate::crypto::password;
use crate::error::{Error, FieldError};
use crate::id::AccountId;

pub use service::{
    by_email, change_email, count, create, disable, enable, find, list, set_operator, set_password, verify_email,
};

/// Longest display name, in characters.
pub const LONGEST_NAME: usize = 80;

/// An account without its secrets.
#[derive(Debug, Clone)]
pub struct Account {
    pub id: AccountId,
    pub email: String,
    /// May be empty (P-005).
    pub display_name: String,
    /// False: signs in by mail only.
    pub has_password: bool,
    pub password_changed_at: Option<Timestamp>,
    pub is_active: bool,
    pub is_operator: bool,
    pub has_second_factor: bool,
    /// They said that they are 16 or older (P-026).
    pub age_confirmed: bool,
    pub email_verified_at: Option<Timestamp>,
    pub time_zone: String,
    pub theme: String,
    pub shortcuts: bool,
    pub created_at: Timestamp,
    pub last_sign_in_at: Option<Timestamp>,
}

impl Account {
    /// The name to show: the display name, or the e-mail address.
    pub fn label(&self) -> &str {
        if self.display_name.is_empty() { &self.email } else { &self.display_name }
    }
}

/// What an account begins with. Nothing but the address is required (P-004, P-010).
#[derive(Debug, Default)]
pub struct NewAccount {
    /// Already read by [`read_email`].
    pub email: String,
    pub display_name: String,
    /// `None`: signs in by mail only.
    pub password: Option<HashedPassword>,
    pub is_operator: bool,
    /// They said that they are 16 or older (P-026).
    pub age_confirmed: bool,
    /// They opened a link that went to the address.
    pub email_verified: bool,
}

/// A password that keeps the rules, hashed. Only [`hash_password`] makes one.
pub struct HashedPassword(String);

impl std::fmt::Debug for HashedPassword {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.write_str("HashedPassword")
    }
}

/// Holds a new password against the rules (AUT-1, AUT-2); the error stands on `field`.
///
/// `about` holds what this person would think of first: their address, name, workspace.
pub fn check_password(
    app: &App,
    field: &'static str,
    password: &str,
    has_second_factor: bool,
    about: &[&str],
) -> Result<(), FieldError> {
    let host = app.config.host_name();
    let mut words = vec![host.as_str()];
    words.extend(about);
    password::check(field, password, has_second_factor, &words)
}

/// Checks a new password like [`check_password`] and hashes it. Slow: call it outside any transaction.
pub fn hash_password(
    app: &App,
    field: &'static str,
    password: &str,
    has_second_factor: bool,
    about: &[&str],
) -> Result<HashedPassword, Error> {
    check_password(app, field, password, has_second_factor, about).map_err(|error| Error::Invalid(vec![error]))?;
    Ok(HashedPassword(app.passwords.hash(password)?))
}

/// What a password must be, for the hint at its field. A test holds the numbers against the rules.
pub fn password_hint(has_second_factor: bool) -> &'static str {
    if has_second_factor {
        "At least 8 characters. Spaces and every script are welcome."
    } else {
        "At least 15 characters. A few unrelated words do; spaces are welcome."
    }
}

/// An e-mail address in the one form in which it is stored and looked up: trimmed, lower case, its domain in ASCII.
pub fn read_email(field: &'static str, text: &str) -> Result<String, Error> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Error::field(field, "required", "Enter an email address."));
    }
    Ok(crate::mail::message::address(field, text)?.to_string().to_lowercase())
}

/// A display name: optional, one line, at most [`LONGEST_NAME`] characters.
pub fn read_name(field: &'static str, text: &str) -> Result<String, FieldError> {
    let name = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if name.chars().any(char::is_control) {
        return Err(FieldError::new(field, "one_line", "Write the name without control characters."));
    }
    if name.chars().count() > LONGEST_NAME {
        return Err(FieldError::new(field, "too_long", format!("Use at most {LONGEST_NAME} characters for the name.")));
    }
    Ok(name)
}
