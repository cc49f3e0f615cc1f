//! What is chosen when a request is carried out: the ground of a restriction, and the purposes that somebody objects to
//! or whose consent they withdraw.

use super::{Channel, Kind, Request};
use crate::db::{Db, Tx};
use crate::error::Error;
use crate::privacy::consent::{Action, Consent, Method, NewEvent, State, service as consents};
use crate::privacy::purposes;
use crate::privacy::restriction::Ground;
use crate::privacy::subject::Person;

/// What whoever carries it out chose.
#[derive(Debug, Clone, Default)]
pub struct Choices {
    /// Of a restriction; `None`: that the data is wrong.
    pub ground: Option<Ground>,
    /// Keys of purposes, the empty one for all direct marketing. `None`: a member notes them one by one, and says what
    /// was done.
    pub purposes: Option<Vec<String>>,
}

/// What can be objected to, or withdrawn, by the key and in words; nothing for other kinds of request.
pub fn possible(db: &Db, person: &Person, kind: Kind) -> Result<Vec<(String, String)>, Error> {
    if !matches!(kind, Kind::Objection | Kind::Withdrawal) {
        return Ok(Vec::new());
    }
    let all: Vec<_> = purposes::service::all(db)?.into_iter().filter(|one| one.archived_at.is_none()).collect();
    let standings = consents::standings(db, person, &all)?;
    let mut found = Vec::new();
    if kind == Kind::Objection {
        let has_marketing = all
            .iter()
            .zip(&standings)
            .any(|(purpose, standing)| purpose.is_marketing && standing.objection_to_all.is_none());
        if has_marketing {
            found.push((String::new(), "All direct marketing".to_owned()));
        }
    }
    for (purpose, standing) in all.into_iter().zip(standings) {
        let is_possible = match kind {
            Kind::Objection => purpose.can_be_objected_to() && standing.state() != State::Objected,
            _ => purpose.asks() && matches!(standing.consent, Consent::Granted | Consent::Pending),
        };
        if is_possible {
            found.push((purpose.key, purpose.title));
        }
    }
    Ok(found)
}

/// Writes down what was chosen, each as said by the person in this request, and gives the words for the answer.
///
/// Fails with [`Error::Invalid`] when nothing is chosen, or something that is not among what is [`possible`].
pub fn say(tx: &Tx, person: &Person, request: &Request, chosen: &[String]) -> Result<String, Error> {
    let possible = possible(tx, person, request.kind)?;
    if chosen.is_empty() {
        return Err(Error::field("purpose", "required", "Choose at least one purpose that they mean."));
    }
    let (action, method) = (
        if request.kind == Kind::Objection { Action::Object } else { Action::Withdraw },
        match request.channel {
            Channel::Email | Channel::Letter => Method::Letter,
            Channel::Phone => Method::Phone,
            Channel::Portal => Method::Portal,
            Channel::InPerson => Method::Admin,
            Channel::Api => Method::Api,
        },
    );
    let evidence = format!("Request {}", request.id);
    let mut titles = Vec::new();
    for key in chosen {
        let known = possible.iter().find(|(possible, _)| possible == key);
        let unknown = || Error::field("purpose", "unknown", "Choose among the purposes that are offered.");
        titles.push(known.ok_or_else(unknown)?.1.clone());
        let event = NewEvent {
            purpose: Some(key.as_str()).filter(|key| !key.is_empty()),
            evidence: &evidence,
            ..NewEvent::about("", action, method)
        };
        consents::record(tx, tx.blind_index()?, person, &event)?;
    }
    let titles = titles.join(", ");
    Ok(match action {
        Action::Object => format!("Your data is no longer used for: {titles}."),
        _ => format!("Your consent is withdrawn for: {titles}. Nobody uses your data for it any more."),
    })
}
