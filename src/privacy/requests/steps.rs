//! One step of a request: the state moves, the step is kept, and the audit log hears of it, in one transaction.

use super::rows::StepRow;
use super::{Request, State, Step, machine, store};
use crate::db::{Actor, Origin, Tx};
use crate::error::Error;
use crate::id::MemberId;
use crate::privacy::audit::{self, Event};

/// The member who does it; `None` for a job.
pub fn acting(origin: &Origin) -> Option<MemberId> {
    match origin.actor {
        Actor::Member(member) | Actor::Token(_, member) => Some(member),
        _ => None,
    }
}

/// Moves the request by a step of the machine and writes it. Fails with [`Error::Conflict`] when the table has no
/// such row. `about` is a word of ours; `note` may name people and goes into the personal part of the log.
pub fn advance(tx: &Tx, request: &mut Request, step: Step, about: &str, note: &str) -> Result<(), Error> {
    let Some(to) = machine::next(request.state, step) else {
        return Err(Error::Conflict(refusal(request.state, step)));
    };
    request.state = to;
    if to.is_closed() {
        request.closed_at = Some(tx.now);
    }
    record(tx, request, step.word(), action(step), about, note)
}

/// Writes the request and what happened beside its state.
pub fn record(
    tx: &Tx,
    request: &Request,
    step: &str,
    action: &'static str,
    about: &str,
    note: &str,
) -> Result<(), Error> {
    store::update(tx, request)?;
    let row = StepRow {
        step: step.to_owned(),
        state: request.state,
        about: about.to_owned(),
        note: note.to_owned(),
        member: acting(tx.origin),
        at: tx.now,
    };
    store::add_step(tx, request.id, &row)?;
    let mut event = Event::new(action)
        .on(super::RECORD.word, request.id)
        .detail("kind", request.kind.word())
        .detail("state", request.state.word());
    if let Some((kind, id)) = &request.person {
        event = event.detail("person", format!("{kind}:{id}"));
    }
    if !about.is_empty() {
        event = event.detail("about", about);
    }
    if !note.is_empty() {
        event = event.personal("note", note);
    }
    audit::record(tx, event)
}

fn action(step: Step) -> &'static str {
    match step {
        Step::Receive => "privacy.request.received",
        Step::AskIdentity => "privacy.request.identity_asked",
        Step::Verify => "privacy.request.verified",
        Step::Approve => "privacy.request.approved",
        Step::Deny => "privacy.request.denied",
        Step::Start => "privacy.request.started",
        Step::Ask => "privacy.request.question_asked",
        Step::Resume => "privacy.request.resumed",
        Step::Complete => "privacy.request.completed",
        Step::Close => "privacy.request.closed",
        Step::Duplicate => "privacy.request.linked",
        Step::Cancel => "privacy.request.cancelled",
        Step::Extend => "privacy.request.extended",
        Step::Hold => "privacy.request.part_kept",
    }
}

/// Why a step is not open to a request, in words.
fn refusal(state: State, step: Step) -> String {
    let wanted = match step {
        Step::Receive => "received again",
        Step::AskIdentity => "asked for their identity",
        Step::Verify => "verified",
        Step::Approve => "approved",
        Step::Deny => "refused",
        Step::Start => "executed",
        Step::Ask => "put to the person as a question",
        Step::Resume => "taken up again",
        Step::Complete => "completed",
        Step::Close => "closed",
        Step::Duplicate => "linked to another",
        Step::Cancel => "taken back",
        Step::Extend => "extended",
        Step::Hold => "answered in part",
    };
    format!("This request cannot be {wanted} now. It stands at: {}.", state.label())
}
