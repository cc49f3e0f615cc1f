//! Text as people type it into the registers of the privacy core: cleaned, and refused with words when it breaks a rule.

use unicode_normalization::UnicodeNormalization;

use crate::error::{Error, FieldError};

/// Collects what is wrong with the fields of a form while they are cleaned, so that all errors come at once.
#[derive(Debug, Default)]
pub struct Checks(Vec<FieldError>);

impl Checks {
    pub fn add(&mut self, field: &'static str, code: &'static str, message: impl Into<String>) {
        self.0.push(FieldError::new(field, code, message));
    }

    /// One line: trimmed, composed, without control characters. `label` begins the sentence of an error.
    pub fn line(&mut self, field: &'static str, label: &str, text: &str, most: usize) -> String {
        let clean = clean(text);
        if clean.chars().any(char::is_control) {
            let message = format!("{label} holds a line break or another control character. Take it out.");
            self.add(field, "control_character", message);
        }
        self.length(field, label, clean, most)
    }

    /// Several lines: line breaks and tabs may stay.
    pub fn paragraphs(&mut self, field: &'static str, label: &str, text: &str, most: usize) -> String {
        let clean = clean(&text.replace("\r\n", "\n").replace('\r', "\n"));
        if clean.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
            self.add(field, "control_character", format!("{label} holds a control character. Take it out."));
        }
        self.length(field, label, clean, most)
    }

    /// Refuses an empty text with `message`.
    pub fn required(&mut self, field: &'static str, text: &str, message: &str) {
        if text.is_empty() {
            self.add(field, "required", message);
        }
    }

    fn length(&mut self, field: &'static str, label: &str, clean: String, most: usize) -> String {
        if clean.chars().count() > most {
            self.add(field, "too_long", format!("{label} can have {most} characters at most."));
        }
        clean
    }

    /// Fails with everything that was wrong.
    pub fn done(self) -> Result<(), Error> {
        if self.0.is_empty() { Ok(()) } else { Err(Error::Invalid(self.0)) }
    }
}

/// Trimmed and composed (NFC), without characters that turn the direction of what follows.
fn clean(text: &str) -> String {
    let turns = |c: &char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
    let composed: String = text.nfc().filter(|c| !turns(c)).collect();
    composed.trim().to_owned()
}
