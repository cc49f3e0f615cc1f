//! `/operator/mail`: what the installation sends by itself, and what became of it.

use askama::Template;

use crate::error::Error;
use crate::jobs;
use crate::mail::{self, Delivery, Entry, State, queue};
use crate::privacy::audit::{self, Event};
use crate::web::{Access, Reply, Request, Route, ui};

pub const ROUTES: &[Route] = &[
    Route::get("/operator/mail", Access::Operator, list),
    Route::get("/operator/mail/{id}", Access::Operator, show),
    Route::post("/operator/mail/{id}/retry", Access::Operator, retry),
    Route::post("/operator/mail/{id}/cancel", Access::Operator, cancel),
];

/// How many mails the page shows; older ones are rarely asked for.
const SHOWN: u32 = 200;

#[derive(Template)]
#[template(path = "operator/mail/list.html")]
struct List {
    rows: Vec<Row>,
    transport: String,
    is_kept: bool,
    waiting: i64,
    failed: i64,
}

struct Row {
    mail: Entry,
    /// The question before it is cancelled, and where its answer goes.
    dialog: String,
    cancel: String,
}

impl From<Entry> for Row {
    fn from(mail: Entry) -> Row {
        Row { dialog: format!("cancel-{}", mail.id), cancel: format!("/operator/mail/{}/cancel", mail.id), mail }
    }
}

fn state_words(state: &State) -> (&'static str, &'static str) {
    match state {
        State::Queued => ("info", "Waiting"),
        State::Sending => ("info", "Being sent"),
        State::Sent => ("kept", "Sent"),
        State::Failed => ("broken", "Given up"),
        State::Kept => ("", "Kept here"),
        State::Cancelled => ("", "Cancelled"),
    }
}

/// What a mail is for, in words.
fn purpose_words(purpose: &str) -> String {
    purpose.replace('_', " ")
}

fn list(request: &Request) -> Result<Reply, Error> {
    let (rows, backlog) = request.read_control(|db| Ok((queue::list(db, SHOWN)?, queue::backlog(db)?)))?;
    let delivery = &request.app.mailer.delivery;
    let transport = match delivery {
        Delivery::Kept => "No mail server is set. Mail stays in the sealed control file, and you read it here.".into(),
        Delivery::Folder(folder) => {
            format!("Mail is written to {}, in plain text, for another machine to send.", folder.display())
        }
        Delivery::Smtp(target) => format!("Mail goes to {} by SMTP.", target.host),
    };
    let is_kept = matches!(delivery, Delivery::Kept);
    let rows = rows.into_iter().map(Row::from).collect();
    let page = List { rows, transport, is_kept, waiting: backlog.waiting, failed: backlog.failed };
    request.page("Mail", &page)
}

#[derive(Template)]
#[template(path = "operator/mail/show.html")]
struct Show {
    text: String,
}

/// The words of a mail that is kept here. Reading one is audited: it may hold a way in.
fn show(request: &Request) -> Result<Reply, Error> {
    let id: i64 = request.param("id")?;
    let text = request.write_control(|tx| {
        let text = queue::kept_text(tx, id)?;
        audit::record(tx, Event::new("operator.mail.read").on("mail", id))?;
        Ok(text)
    })?;
    request.page_below("A mail", &[("Mail", "/operator/mail")], &Show { text })
}

fn retry(request: &Request) -> Result<Reply, Error> {
    request.no_fields()?;
    send_again(request)?;
    Ok(Reply::see_other("/operator/mail").toast("mail-retried"))
}

fn cancel(request: &Request) -> Result<Reply, Error> {
    request.no_fields()?;
    take_back(request)?;
    Ok(Reply::see_other("/operator/mail").toast("mail-cancelled"))
}

/// Puts the mail of the address back into the queue, and writes that to the log.
pub(super) fn send_again(request: &Request) -> Result<(), Error> {
    let id: i64 = request.param("id")?;
    request.write_control(|tx| {
        queue::retry(tx, id)?;
        audit::record(tx, Event::new("operator.mail.retried").on("mail", id))
    })?;
    jobs::ask(&request.app, &mail::jobs::DELIVER, None)
}

/// Takes the mail of the address out of the queue, and writes that to the log.
pub(super) fn take_back(request: &Request) -> Result<(), Error> {
    let id: i64 = request.param("id")?;
    request.write_control(|tx| {
        queue::cancel(tx, id)?;
        audit::record(tx, Event::new("operator.mail.cancelled").on("mail", id))
    })
}
