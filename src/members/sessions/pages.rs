//! `/account/sessions`: where one is signed in, and how to end it (SES-5).

use askama::Template;

use super::{Session, device, service};
use crate::error::Error;
use crate::id::SessionId;
use crate::privacy::audit::{self, Event};
use crate::web::{Access, Reply, Request, Route, cookie, ui};

pub const ROUTES: &[Route] = &[
    Route::get("/account/sessions", Access::Account, list),
    Route::post("/account/sessions/{id}/end", Access::Account, end),
    Route::post("/account/sessions/end-others", Access::Account, end_others),
];

#[derive(Template)]
#[template(path = "members/sessions/list.html")]
struct List {
    rows: Vec<Row>,
    idle_minutes: i64,
    absolute_hours: i64,
}

struct Row {
    session: Session,
    device: String,
    icon: &'static str,
    is_this: bool,
}

fn list(request: &Request) -> Result<Reply, Error> {
    let signed = request.signed()?;
    let sessions = request.read_control(|db| service::list(db, &request.app, signed.account))?;
    let row = |session: Session| Row {
        device: session.device(),
        icon: if device::is_handheld(session.user_agent.as_deref().unwrap_or("")) { "smartphone" } else { "monitor" },
        is_this: session.id == signed.session,
        session,
    };
    let config = &request.app.config.session;
    let rows = sessions.into_iter().map(row).collect();
    request.page("Sessions", &List { rows, idle_minutes: config.idle_minutes, absolute_hours: config.absolute_hours })
}

fn end(request: &Request) -> Result<Reply, Error> {
    request.no_fields()?;
    let signed = request.signed()?;
    let id: SessionId = request.param("id")?;
    request.write_control(|tx| service::end(tx, signed.account, id))?;
    if id == signed.session {
        return Ok(Reply::see_other("/sign-in").toast("signed-out").with_cookie(cookie::clear()));
    }
    Ok(Reply::see_other("/account/sessions").toast("session-ended"))
}

fn end_others(request: &Request) -> Result<Reply, Error> {
    request.no_fields()?;
    let signed = request.signed()?;
    request.write_control(|tx| {
        let ended = service::end_all(tx, signed.account, Some(signed.session))?;
        audit::record(tx, Event::new("members.sessions.ended").on("account", signed.account).detail("count", ended))
    })?;
    Ok(Reply::see_other("/account/sessions").toast("sessions-ended"))
}
