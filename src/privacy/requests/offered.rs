//! What the page of a request offers to choose from, and what it says of an erasure before it is decided.

use super::actions::ALL_MARKETING;
use super::{Kind, Request as Asked, choosing, service};
use crate::db::Db;
use crate::error::Error;
use crate::id::SubjectRequestId;
use crate::permission::{Action, Area};
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

/// The way to the whole plan, which reads every note there is; empty for who may not erase.
pub(super) fn whole_plan(request: &Request, person: i64, id: SubjectRequestId) -> String {
    match request.may(Action::Delete, Area::Privacy) {
        true => request.url(&format!("/privacy/erasures/new?person={person}&request={id}")),
        false => String::new(),
    }
}

/// What an erasure would do, for who decides; and the purposes to choose from.
pub(super) fn before_it_is_done(
    request: &Request,
    db: &Db,
    asked: &Asked,
) -> Result<(Option<Plan>, Vec<Choice>), Error> {
    let modules = request.app.modules;
    let is_open = !asked.state.is_closed() && asked.completed_at.is_none();
    let Some(person) = service::person(db, modules, asked)?.filter(|_| is_open) else { return Ok((None, Vec::new())) };
    let plan = match asked.kind {
        // One that was begun speaks for itself.
        Kind::Erasure if erasure::of_request(db, asked.id.0)?.is_none() => {
            Some(erasure::in_tables(db, modules, &person)?)
        }
        _ => None,
    };
    let choice =
        |(key, title): (String, String)| Choice::new(if key.is_empty() { ALL_MARKETING.into() } else { key }, title);
    let purposes = choosing::possible(db, &person, asked.kind)?.into_iter().map(choice).collect();
    Ok((plan, purposes))
}
