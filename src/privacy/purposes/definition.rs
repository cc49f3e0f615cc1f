//! A purpose as somebody typed it, and the rules it must keep.

use super::{Basis, Channel, Purpose};
use crate::error::Error;
use crate::privacy::text::Checks;

/// Letters of a key.
const KEY: usize = 40;

/// Everything about a purpose that somebody can enter, as they entered it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewPurpose {
    /// Empty: made of the title.
    pub key: String,
    pub title: String,
    pub description: String,
    pub basis: String,
    /// Words of [`Channel`].
    pub channels: Vec<String>,
    pub is_marketing: bool,
    pub double_opt_in: bool,
    pub assessment: String,
    /// What people read.
    pub wording: String,
}

/// A purpose that keeps every rule but those that need the others.
#[derive(Debug)]
pub(super) struct Checked {
    pub key: String,
    pub title: String,
    pub description: String,
    pub basis: Basis,
    pub channels: Vec<Channel>,
    pub is_marketing: bool,
    pub double_opt_in: bool,
    pub assessment: String,
    pub wording: String,
}

impl NewPurpose {
    /// The purpose as what would make it: to change some of it and hand it to `service::update`.
    pub fn of(purpose: &Purpose) -> NewPurpose {
        NewPurpose {
            key: purpose.key.clone(),
            title: purpose.title.clone(),
            description: purpose.description.clone(),
            basis: purpose.basis.word().into(),
            channels: purpose.channels.iter().map(|channel| channel.word().into()).collect(),
            is_marketing: purpose.is_marketing,
            double_opt_in: purpose.double_opt_in,
            assessment: purpose.assessment.clone(),
            wording: purpose.wording.text.clone(),
        }
    }

    /// Cleans and checks every part.
    pub(super) fn checked(&self) -> Result<Checked, Error> {
        let mut checks = Checks::default();
        let title = checks.line("title", "The name", &self.title, 80);
        checks.required("title", &title, "Enter the name of the purpose, as people will read it.");
        let key = self.key(&mut checks, &title);
        let description = checks.paragraphs("description", "The description", &self.description, 2_000);
        checks.required("description", &description, "Describe what the data is used for, in plain words.");
        let basis = Basis::from_word(&self.basis);
        if basis.is_none() {
            checks.add("basis", "unknown", "Choose why the data may be used.");
        }
        let mut channels = Vec::new();
        for word in self.channels.iter().filter(|word| *word != Channel::None.word()) {
            match Channel::from_word(word) {
                Some(channel) if !channels.contains(&channel) => channels.push(channel),
                Some(_) => {}
                None => checks.add("channels", "unknown", "Choose among email, phone and post."),
            }
        }
        let basis = basis.unwrap_or(Basis::Consent);
        if self.double_opt_in && basis != Basis::Consent {
            checks.add("double_opt_in", "contradiction", "Only a consent can be asked to be confirmed.");
        }
        let assessment = checks.paragraphs("assessment", "The assessment", &self.assessment, 10_000);
        if basis == Basis::LegitimateInterests {
            let message = "Write down the interest, why this use is needed for it, and why it weighs more than the \
                           interests of the people.";
            checks.required("assessment", &assessment, message);
        }
        let wording = checks.paragraphs("wording", "What people read", &self.wording, 10_000);
        checks.required("wording", &wording, "Enter what people read when they are asked or told.");
        checks.done()?;
        Ok(Checked {
            key,
            title,
            description,
            basis,
            channels,
            is_marketing: self.is_marketing,
            double_opt_in: self.double_opt_in,
            assessment: if basis == Basis::LegitimateInterests { assessment } else { String::new() },
            wording,
        })
    }

    /// Lower-case letters, digits and underscores, beginning with a letter; made of the title when empty.
    fn key(&self, checks: &mut Checks, title: &str) -> String {
        let key = match self.key.trim() {
            "" => key_of(title),
            key => key.to_owned(),
        };
        let is_good = key.starts_with(|c: char| c.is_ascii_lowercase())
            && key.len() <= KEY
            && key.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        if !is_good && !title.is_empty() {
            let message =
                format!("A key begins with a letter and has lower-case letters, digits and _, {KEY} at most.");
            checks.add("key", "invalid_key", message);
        }
        key
    }
}

/// The title in small letters, what is no letter or digit as underscores.
fn key_of(title: &str) -> String {
    let folded = crate::db::functions::fold(title);
    let mut key = String::new();
    for c in folded.chars() {
        match c {
            c if c.is_ascii_alphanumeric() => key.push(c),
            _ if !key.is_empty() && !key.ends_with('_') => key.push('_'),
            _ => {}
        }
    }
    key.truncate(KEY);
    key.trim_end_matches('_').to_owned()
}
