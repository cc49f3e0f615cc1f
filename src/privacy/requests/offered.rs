//! What the page of a request offers to choose from, and what it says of an erasure before it is decided.

use super::actions::ALL_MARKETING;
use super::machine::next;
use super::{Kind, Request as Asked, Step, choosing, service};
use crate::db::Db;
use crate::error::Error;
use crate::privacy::erasure::{self, Plan};
use crate::privacy::restriction;
use crate::web::Request;
use crate::web::ui::Choice;

/// The grounds of a restriction, none of them chosen.
pub(super) fn restriction_grounds() -> Vec<Choice> {
    let none = Choice::new("", "Choose the ground");
    let all = restriction::Ground::ALL.iter().map(|ground| Choice::new(ground.word(), ground.label()));
    std::iter::once(none).chain(all).collect()
}

/// What an erasure would do, for who decides; and the purposes to choose from.
pub(super) fn before_it_is_done(
    request: &Request,
    db: &Db,
    asked: &Asked,
) -> Result<(Option<Plan>, Vec<Choice>), Error> {
    let modules = request.app.modules;
    let is_open = next(asked.state, Step::Deny).is_some() || next(asked.state, Step::Start).is_some();
    let Some(person) = service::person(db, modules, asked)?.filter(|_| is_open) else { return Ok((None, Vec::new())) };
    let plan = match asked.kind {
        Kind::Erasure => Some(erasure::in_tables(db, modules, &person)?),
        _ => None,
    };
    let choice =
        |(key, title): (String, String)| Choice::new(if key.is_empty() { ALL_MARKETING.into() } else { key }, title);
    let purposes = choosing::possible(db, &person, asked.kind)?.into_iter().map(choice).collect();
    Ok((plan, purposes))
}
