//! What people type into a request, cleaned and checked.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::crypto::Key;
use crate::error::{Error, FieldError};

/// Collects what is wrong with several fields.
#[derive(Default)]
pub struct Faults(Vec<FieldError>);

impl Faults {
    pub fn add(&mut self, field: &'static str, code: &'static str, message: impl Into<String>) {
        self.0.push(FieldError::new(field, code, message));
    }

    /// One line of at most `most` characters. `label` begins the sentence of an error.
    pub fn line(&mut self, field: &'static str, label: &str, text: &str, most: usize) -> String {
        let clean = text.trim().to_owned();
        if clean.chars().any(char::is_control) {
            self.add(
                field,
                "control_character",
                format!("{label} holds a line break or another control character. Take it out."),
            );
        }
        self.length(field, label, &clean, most);
        clean
    }

    /// Several lines.
    pub fn paragraphs(&mut self, field: &'static str, label: &str, text: &str, most: usize) -> String {
        let clean = text.replace("\r\n", "\n").replace('\r', "\n").trim().to_owned();
        if clean.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
            self.add(field, "control_character", format!("{label} holds a control character. Take it out."));
        }
        self.length(field, label, &clean, most);
        clean
    }

    /// Like [`Faults::paragraphs`], and not empty. `missing` says what to enter.
    pub fn needed(&mut self, field: &'static str, label: &str, text: &str, most: usize, missing: &str) -> String {
        let clean = self.paragraphs(field, label, text, most);
        if clean.is_empty() {
            self.add(field, "required", missing);
        }
        clean
    }

    fn length(&mut self, field: &'static str, label: &str, text: &str, most: usize) {
        if text.chars().count() > most {
            self.add(field, "too_long", format!("{label} can have {most} characters at most."));
        }
    }

    /// The value when nothing was wrong.
    pub fn none_or<T>(self, value: T) -> Result<T, Error> {
        if self.0.is_empty() { Ok(value) } else { Err(Error::Invalid(self.0)) }
    }
}

/// Proves later that a request was somebody's, without saying whose: nobody without the key can make or try it.
pub fn identity_hash(key: &Key, kind: &str, normalised: &str) -> [u8; 32] {
    // Not reachable from input: HMAC takes keys of any length.
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_slice()).expect("HMAC takes any key");
    for part in ["subject-request", kind, normalised] {
        mac.update(part.as_bytes());
        mac.update(&[0]);
    }
    mac.finalize().into_bytes().into()
}
