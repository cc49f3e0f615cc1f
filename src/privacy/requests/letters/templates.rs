//! Changes the words of a kind of letter. Every version stays.

use super::{LetterKind, Template, VARIABLES, defaults, service, store, variables};
use crate::db::Tx;
use crate::error::Error;
use crate::privacy::audit::{self, Event};
use crate::privacy::requests::steps::acting;
use crate::privacy::requests::text::Faults;

/// True for the name of a variable.
pub fn is_known(name: &str) -> bool {
    VARIABLES.iter().any(|(known, _)| *known == name)
}

/// Makes a new version.
///
/// Fails when a variable is not one, when one is missing without which the letter would not say what it must, or
/// when the subject line holds the name: it is read on locked screens and by mail servers.
pub fn change(tx: &Tx, kind: LetterKind, title: &str, body: &str) -> Result<(), Error> {
    let mut faults = Faults::default();
    let title = faults.line("title", "The subject line", title, 200);
    let body = faults.needed("body", "The letter", body, 20_000, "Write the letter.");
    if title.is_empty() {
        faults.add("title", "required", "Enter a subject line.");
    }
    for (field, text) in [("title", &title), ("body", &body)] {
        if let Some(name) = variables(text).into_iter().find(|name| !is_known(name)) {
            let words = format!("There is no variable {{{name}}}. Those that exist are listed beside the form.");
            faults.add(field, "unknown_variable", words);
        }
    }
    if variables(&title).contains(&"name") {
        faults.add("title", "name_in_title", "Leave {name} out of the subject line: others can read it there.");
    }
    let used = variables(&body);
    if let Some(name) = kind.needs().iter().find(|name| !used.contains(name)) {
        faults.add("body", "missing_variable", format!("This letter must hold {{{name}}}: the law asks for it."));
    }
    let template = faults.none_or(Template { title, body })?;
    if service::template(tx, kind)? == template {
        return Ok(());
    }
    store::add_template(tx, kind, &template, acting(tx.origin))?;
    audit::record(tx, Event::new("privacy.letter_template.changed").on("letter_template", kind.word()))
}

/// Goes back to the words that Holdfast came with, as a new version.
pub fn reset(tx: &Tx, kind: LetterKind) -> Result<(), Error> {
    let Template { title, body } = defaults::template(kind);
    change(tx, kind, &title, &body)
}
