//! `/w/{slug}/privacy/restrictions/{id}/letter`: the notice is written, read before it goes, and printed.

use askama::Template;
use serde::Deserialize;

use super::{Draft, Letter, Way, address, filled, newest, send as send_letter};
use crate::error::{Error, FieldError};
use crate::mail::Delivery;
use crate::permission::{Action, Area};
use crate::privacy::person::Seen;
use crate::privacy::restriction::pages::{ABOVE, PATH, find};
use crate::privacy::restriction::{Restriction, jobs as work};
use crate::web::ui::{self, Choice};
use crate::web::{Access, Reply, Request, Route};

const EDIT: Access = Access::may(Action::Edit, Area::Privacy);

pub const ROUTES: &[Route] = &[
    Route::get("/w/{slug}/privacy/restrictions/{id}/letter", EDIT, write),
    Route::post("/w/{slug}/privacy/restrictions/{id}/letter", EDIT, send),
    Route::get("/w/{slug}/privacy/restrictions/{id}/letter/sent", EDIT, show),
];

#[derive(Template)]
#[template(path = "privacy/restriction/letter.html")]
struct Write {
    name: String,
    action: String,
    back: String,
    restriction: Restriction,
    form: Form,
    ways: Vec<Choice>,
    has_mail: bool,
    errors: Vec<FieldError>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    version: i64,
    #[serde(default)]
    title: String,
    #[serde(default)]
    body: String,
    way: String,
}

/// Without a server a mail would be read by whoever runs the machine: a letter is printed then.
fn can_mail(request: &Request) -> bool {
    !matches!(request.app.mailer.delivery, Delivery::Kept)
}

fn page(request: &Request, typed: Option<Form>, errors: Vec<FieldError>) -> Result<Reply, Error> {
    let (restriction, seen): (Restriction, Seen) = find(request)?;
    let workspace = request.member()?.workspace_name.clone();
    let (words, to) = request.read(|db| {
        let words = filled(db, &restriction, &seen.name, &workspace)?;
        Ok((words, address(db, seen.kind, restriction.on.1)?))
    })?;
    let has_mail = can_mail(request);
    let mut ways = vec![Choice::new(Way::Print.word(), "Print it").hint("It is shown for printing and kept here.")];
    if let Some(to) = to.filter(|_| has_mail) {
        ways.insert(0, Choice::new(Way::Mail.word(), "Send it by email").hint(format!("To {to}")));
    }
    let first = ways.first().map(|way| way.value.to_string()).unwrap_or_default();
    let form = typed.unwrap_or(Form { version: restriction.version, title: words.title, body: words.body, way: first });
    let back = request.url(&format!("{PATH}/{}", restriction.id));
    let is_rejected = !errors.is_empty();
    let page =
        Write { name: seen.name, action: format!("{back}/letter"), back, restriction, form, ways, has_mail, errors };
    match is_rejected {
        true => request.page_with_errors("Notice", &ABOVE, &page),
        false => request.page_below("Notice", &ABOVE, &page),
    }
}

fn write(request: &Request) -> Result<Reply, Error> {
    page(request, None, Vec::new())
}

fn send(request: &Request) -> Result<Reply, Error> {
    let form: Form = request.form()?;
    let (restriction, seen) = find(request)?;
    let way = Way::from_word(&form.way).filter(|way| *way == Way::Print || can_mail(request)).unwrap_or(Way::Print);
    let draft = Draft {
        way,
        title: form.title.clone(),
        body: form.body.clone(),
        message_id: request.app.mailer.sender.new_message_id(),
    };
    let here = request.url(&format!("{PATH}/{}", restriction.id));
    match request.write(|tx| send_letter(tx, seen.kind, restriction.id, form.version, &draft)) {
        Ok(_) if way == Way::Print => Ok(Reply::see_other(format!("{here}/letter/sent")).toast("letter-printed")),
        Ok(_) => {
            crate::jobs::ask(&request.app, &work::SETTLE, Some(request.member()?.workspace_id()))?;
            Ok(Reply::see_other(here).toast("letter-sent"))
        }
        Err(Error::Invalid(errors)) => page(request, Some(form), errors),
        Err(error) => Err(error),
    }
}

#[derive(Template)]
#[template(path = "privacy/restriction/letter_sent.html")]
struct Sent {
    letter: Letter,
    back: String,
}

fn show(request: &Request) -> Result<Reply, Error> {
    let (restriction, _) = find(request)?;
    let letter = request.read(|db| newest(db, restriction.id))?.ok_or(Error::NotFound("letter"))?;
    let back = request.url(&format!("{PATH}/{}", restriction.id));
    request.page_below("Notice", &ABOVE, &Sent { letter, back })
}
