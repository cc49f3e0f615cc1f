//! The privacy card beside a person's record: may we write to them, what is restricted, and the ways to their rights.

use askama::Template;
use askama::filters::HtmlSafe;

use super::pages::{Answer, Ways, answers};
use super::seen;
use crate::clock::Timestamp;
use crate::error::Error;
use crate::permission::{Action, Area};
use crate::privacy::consent::minors;
use crate::privacy::restriction::{self, Restriction, Stage};
use crate::web::{Request, ui};

/// The card.
#[derive(Template)]
#[template(path = "privacy/person/card.html")]
pub struct Card {
    answers: Vec<Answer>,
    restriction: Option<Restriction>,
    minor_since: Option<Timestamp>,
    path: String,
    ways: Ways,
}

impl HtmlSafe for Card {}

/// One line for each purpose, and more only where its channels differ.
fn brief(mut answers: Vec<Answer>) -> Vec<Answer> {
    answers.dedup_by(|next, before| {
        let is_alike = next.purpose.id == before.purpose.id && next.words == before.words;
        if is_alike {
            before.by.clear();
        }
        is_alike
    });
    answers
}

impl Card {
    /// The card of a person whom the asker was found to see; `None` for who may not look into people's rights.
    pub fn of(request: &Request, kind: &str, id: i64) -> Result<Option<Card>, Error> {
        if !request.may(Action::View, Area::Privacy) {
            return Ok(None);
        }
        let seen = seen(request, kind, id)?;
        let (restriction, minor_since) =
            request.read(|db| Ok((restriction::in_force(db, &seen.person)?, minors::since(db, &seen.person)?)))?;
        Ok(Some(Card {
            answers: brief(answers(request, &seen)?),
            restriction,
            minor_since,
            path: request.url(&seen.privacy_path()),
            ways: Ways::of(request, id),
        }))
    }
}
