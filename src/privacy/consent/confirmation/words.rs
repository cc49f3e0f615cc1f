//! The words of the mail, in the languages that a workspace offers.

use super::{defaults, store};
use crate::db::{Db, Tx};
use crate::error::Error;
use crate::privacy::audit::{self, Event};
use crate::privacy::purposes::service::acting_member;
use crate::privacy::requests::letters::variables;
use crate::privacy::text::Checks;

/// The language for whoever has none, and for those whose language is not offered. Always there.
pub const FALLBACK: &str = "en";

/// What a mail may hold, as `{name}`, and what stands there.
pub const VARIABLES: &[(&str, &str)] = &[
    ("link", "The link. It must be a paragraph of its own"),
    ("wording", "What they agreed to, word for word"),
    ("purpose", "The name of the purpose"),
    ("name", "What the person is called"),
    ("until", "The last moment at which the link works"),
    ("workspace", "The name of the workspace"),
];

/// The words of one language before they are filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    pub title: String,
    pub body: String,
}

/// A language tag as it is kept here, like `de` or `pt-br`; `None` for what is none.
pub fn tag(text: &str) -> Option<String> {
    let tag = text.trim().to_ascii_lowercase();
    let mut parts = tag.split('-');
    let is_language = parts
        .next()
        .is_some_and(|part| (2..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_lowercase()));
    let are_subtags =
        parts.all(|part| (2..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    (is_language && are_subtags && tag.len() <= 20).then_some(tag)
}

/// The words of a language; `None` when it is not offered.
pub fn of(db: &Db, tag: &str) -> Result<Option<Words>, Error> {
    let own = store::words(db, tag)?;
    let words = own.or_else(|| defaults::words(tag));
    Ok(words.filter(|words| !words.title.is_empty()))
}

/// The words for somebody who reads `language`: in it, else in its family (`pt` for `pt-br`), else in [`FALLBACK`].
pub fn best(db: &Db, language: &str) -> Result<Words, Error> {
    if let Some(tag) = tag(language) {
        let family = tag.split('-').next().unwrap_or_default().to_owned();
        for candidate in [tag, family] {
            if let Some(words) = of(db, &candidate)? {
                return Ok(words);
            }
        }
    }
    let found = of(db, FALLBACK)?.or_else(|| defaults::words(FALLBACK));
    found.ok_or_else(|| Error::internal("the fallback language has no words"))
}

/// Every language that is offered, the fallback first.
pub fn offered(db: &Db) -> Result<Vec<String>, Error> {
    let mut tags: Vec<String> = defaults::LANGUAGES.iter().map(|tag| (*tag).to_owned()).collect();
    tags.extend(store::languages(db)?);
    tags.sort_by_key(|tag| (tag != FALLBACK, tag.clone()));
    tags.dedup();
    let mut offered = Vec::new();
    for tag in tags {
        if of(db, &tag)?.is_some() {
            offered.push(tag);
        }
    }
    Ok(offered)
}

/// Makes a new version of the words of a language, which is offered from then on.
///
/// Fails with [`Error::Invalid`] when a variable is not one, when the link or what they agreed to is missing, and when
/// the subject line holds the name: it is read on locked screens and by mail servers.
pub fn change(tx: &Tx, tag: &str, title: &str, body: &str) -> Result<(), Error> {
    let mut checks = Checks::default();
    let title = checks.line("title", "The subject line", title, 200);
    let body = checks.paragraphs("body", "The mail", body, 10_000);
    checks.required("title", &title, "Enter a subject line.");
    checks.required("body", &body, "Write the mail.");
    for (field, text) in [("title", &title), ("body", &body)] {
        let is_known = |name: &&str| VARIABLES.iter().any(|(known, _)| known == name);
        if let Some(name) = variables(text).into_iter().find(|name| !is_known(name)) {
            let words = format!("There is no variable {{{name}}}. Those that exist are listed beside the form.");
            checks.add(field, "unknown_variable", words);
        }
    }
    if ["name", "link"].iter().any(|name| variables(&title).contains(name)) {
        checks.add("title", "not_in_title", "Leave {name} and {link} out of the subject line: others can read it.");
    }
    if !body.is_empty() && !body.split("\n\n").any(|paragraph| paragraph.trim() == "{link}") {
        checks.add("body", "missing_variable", "The mail must hold {link}, as a paragraph of its own.");
    }
    if !body.is_empty() && !variables(&body).contains(&"wording") {
        let message = "The mail must hold {wording}: people confirm what they can read.";
        checks.add("body", "missing_variable", message);
    }
    checks.done()?;
    let words = Words { title, body };
    if of(tx, tag)?.as_ref() == Some(&words) {
        return Ok(());
    }
    store::add_words(tx, tag, &words, acting_member(tx.origin))?;
    audit::record(tx, Event::new("privacy.confirmation_wording.changed").detail("language", tag))
}

/// Offers a language no longer; those who read it get the fallback. The fallback itself goes back to its first words.
pub fn withdraw(tx: &Tx, tag: &str) -> Result<(), Error> {
    if of(tx, tag)?.is_none() {
        return Err(Error::NotFound("language"));
    }
    let words = match defaults::words(FALLBACK) {
        Some(first) if tag == FALLBACK => first,
        _ => Words { title: String::new(), body: String::new() },
    };
    store::add_words(tx, tag, &words, acting_member(tx.origin))?;
    audit::record(tx, Event::new("privacy.confirmation_wording.withdrawn").detail("language", tag))
}
