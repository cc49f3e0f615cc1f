//! `/privacy/requests`: the addresses of the queue, of one request, and of what is done with it.

use super::{actions, entering, list, show};
use crate::permission::{Action, Area};
use crate::web::{Access, Route};

pub(super) const VIEW: Access = Access::may(Action::View, Area::Privacy);
pub(super) const WORK: Access = Access::may(Action::Edit, Area::Privacy);

pub const ROUTES: &[Route] = &[
    Route::get("/w/{slug}/privacy/requests", VIEW, list::list),
    Route::get("/w/{slug}/privacy/requests/new", WORK, entering::new),
    Route::post("/w/{slug}/privacy/requests/new", WORK, entering::create),
    Route::get("/w/{slug}/privacy/requests/{id}", VIEW, show::show),
    Route::get("/w/{slug}/privacy/requests/{id}/person", WORK, entering::choose_person),
    Route::post("/w/{slug}/privacy/requests/{id}/person", WORK, actions::link_person),
    Route::post("/w/{slug}/privacy/requests/{id}/assignee", WORK, actions::assign),
    Route::post("/w/{slug}/privacy/requests/{id}/checks", WORK, actions::check),
    Route::post("/w/{slug}/privacy/requests/{id}/approve", WORK, actions::approve),
    Route::post("/w/{slug}/privacy/requests/{id}/deny", WORK, actions::deny),
    Route::post("/w/{slug}/privacy/requests/{id}/cancel", WORK, actions::cancel),
    Route::post("/w/{slug}/privacy/requests/{id}/ask", WORK, actions::ask),
    Route::post("/w/{slug}/privacy/requests/{id}/resume", WORK, actions::resume),
    // Hands out data or erases it: asks again who it is.
    Route::post("/w/{slug}/privacy/requests/{id}/start", WORK, actions::start).step_up(),
    Route::post("/w/{slug}/privacy/requests/{id}/erase", Access::may(Action::Delete, Area::Privacy), actions::erase)
        .step_up(),
    Route::post("/w/{slug}/privacy/requests/{id}/complete", WORK, actions::complete),
    Route::post("/w/{slug}/privacy/requests/{id}/kept", WORK, actions::keep),
    Route::post("/w/{slug}/privacy/requests/{id}/corrections", WORK, actions::propose),
    Route::post("/w/{slug}/privacy/requests/{id}/recipients", WORK, actions::add_recipient),
    Route::post("/w/{slug}/privacy/requests/{id}/recipients/{recipient}", WORK, actions::tell_recipient),
];

/// The crumb above the pages of one request.
pub(super) const ABOVE: (&str, &str) = ("Requests", "/privacy/requests");
