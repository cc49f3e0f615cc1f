//! Text as people type it: cleaned before it is kept, and folded before it is compared.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;

use crate::error::FieldError;

pub use crate::db::functions::fold;

/// Collects what is wrong with the fields of a record while they are cleaned.
///
/// Every cleaning function returns a value in any case, so that all errors of a form come at once.
#[derive(Debug, Default)]
pub struct Faults(Vec<FieldError>);

impl Faults {
    pub fn add(&mut self, field: impl Into<Cow<'static, str>>, code: &'static str, message: impl Into<String>) {
        self.0.push(FieldError::new(field, code, message));
    }

    /// The value when nothing was wrong.
    pub fn none_or<T>(self, value: T) -> Result<T, Vec<FieldError>> {
        if self.0.is_empty() { Ok(value) } else { Err(self.0) }
    }

    /// One line: trimmed, composed (NFC), without invisible turns of direction. `label` begins the sentence
    /// of an error. Control characters are refused: they come from broken files, and no person means them.
    pub fn line(&mut self, field: impl Into<Cow<'static, str>>, label: &str, text: &str, most: usize) -> String {
        let (field, clean) = (field.into(), clean(text));
        if clean.chars().any(char::is_control) {
            self.add(
                field.clone(),
                "control_character",
                format!("{label} holds a line break or another control character. Take it out."),
            );
        }
        self.length(field, label, &clean, most);
        clean
    }

    /// Several lines: as [`Faults::line`], but line breaks and tabs may stay.
    pub fn paragraphs(&mut self, field: impl Into<Cow<'static, str>>, label: &str, text: &str, most: usize) -> String {
        let field = field.into();
        let clean = clean(&text.replace("\r\n", "\n").replace('\r', "\n"));
        if clean.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
            self.add(field.clone(), "control_character", format!("{label} holds a control character. Take it out."));
        }
        self.length(field, label, &clean, most);
        clean
    }

    fn length(&mut self, field: Cow<'static, str>, label: &str, text: &str, most: usize) {
        if text.chars().count() > most {
            self.add(field, "too_long", format!("{label} can have {most} characters at most."));
        }
    }
}

/// Trimmed, composed (NFC), without the characters that turn the direction of what follows.
///
/// Those could make a name read as something else wherever it is shown beside other text. The joiners
/// that Persian and emoji need stay.
pub fn clean(text: &str) -> String {
    if text.is_ascii() {
        // Composed as it is, and most of what large files hold.
        return text.trim().to_owned();
    }
    let composed: String = text.nfc().filter(|c| !turns_direction(*c)).collect();
    composed.trim().to_owned()
}

/// True for the characters that override the direction of writing, and for the byte order mark.
fn turns_direction(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// The folded name by which a list is sorted: long ones are cut, the index does not need the rest.
pub fn sort_key(name: &str) -> String {
    fold(name).chars().take(80).collect()
}
