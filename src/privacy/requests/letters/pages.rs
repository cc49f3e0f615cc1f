//! Letters of a request: written, read before they go, printed; and the words of each kind with their versions.

use askama::Template;
use serde::Deserialize;

use super::{Draft, Letter, LetterKind, Template as Words, VARIABLES, Way, post, service, templates};
use crate::clock::Timestamp;
use crate::error::{Error, FieldError};
use crate::id::{SubjectLetterId, SubjectRequestId};
use crate::mail::{self, Delivery};
use crate::members::directory;
use crate::permission::{Action, Area};
use crate::privacy::requests::pages::{ABOVE, VIEW, WORK};
use crate::privacy::requests::show::named;
use crate::privacy::requests::{Request as Asked, service as requests};
use crate::web::ui::{self, Choice};
use crate::web::{Access, Reply, Request, Route};

const MANAGE: Access = Access::may(Action::Manage, Area::Privacy);

pub const ROUTES: &[Route] = &[
    Route::get("/w/{slug}/privacy/requests/{id}/letters/new", WORK, write),
    Route::post("/w/{slug}/privacy/requests/{id}/letters/new", WORK, send),
    Route::get("/w/{slug}/privacy/requests/{id}/letters/{letter}", VIEW, show),
    Route::get("/w/{slug}/privacy/letters/{kind}", MANAGE, edit),
    Route::post("/w/{slug}/privacy/letters/{kind}", MANAGE, save),
    Route::post("/w/{slug}/privacy/letters/{kind}/reset", MANAGE, reset),
];

#[derive(Template)]
#[template(path = "privacy/requests/letters/new.html")]
struct Write {
    action: String,
    back: String,
    asked: Asked,
    kind: LetterKind,
    form: Form,
    ways: Vec<Choice>,
    has_mail: bool,
    errors: Vec<FieldError>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    kind: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    body: String,
    way: String,
    #[serde(default)]
    reason: String,
}

impl Write {
    fn new(request: &Request, asked: Asked, kind: LetterKind, form: Form, errors: Vec<FieldError>) -> Write {
        let back = format!("{}/{}", request.url(ABOVE.1), asked.id);
        let has_mail = can_mail(request);
        let mut ways = vec![Choice::new(Way::Print.word(), "Print it").hint("It is shown for printing and kept here.")];
        if has_mail && !asked.answer_to.is_empty() {
            ways.insert(0, Choice::new(Way::Mail.word(), "Send it by email").hint(format!("To {}", asked.answer_to)));
        }
        Write { action: format!("{back}/letters/new"), back, asked, kind, form, ways, has_mail, errors }
    }
}

/// Without a server a mail would be read by whoever runs the machine: a letter is printed then.
fn can_mail(request: &Request) -> bool {
    !matches!(request.app.mailer.delivery, Delivery::Kept)
}

fn write(request: &Request) -> Result<Reply, Error> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Query {
        kind: String,
        #[serde(default)]
        reason: String,
    }
    let query: Query = request.query()?;
    let id: SubjectRequestId = request.param("id")?;
    let kind = LetterKind::from_word(&query.kind).ok_or(Error::NotFound("letter"))?;
    let workspace = request.member()?.workspace_name.clone();
    let (asked, words) = request.read(|db| {
        let asked = requests::get(db, id)?;
        let words = service::filled(db, &asked, kind, query.reason.trim(), &workspace)?;
        Ok((asked, words))
    })?;
    let way = if can_mail(request) && !asked.answer_to.is_empty() { Way::Mail } else { Way::Print };
    let form = Form {
        kind: kind.word().to_owned(),
        title: words.title,
        body: words.body,
        way: way.word().to_owned(),
        reason: query.reason,
    };
    let page = Write::new(request, asked, kind, form, Vec::new());
    request.page_below("Letter", &[ABOVE, (&format!("Request {id}"), &format!("{}/{id}", ABOVE.1))], &page)
}

fn send(request: &Request) -> Result<Reply, Error> {
    let form: Form = request.form()?;
    let id: SubjectRequestId = request.param("id")?;
    let kind = LetterKind::from_word(&form.kind).ok_or(Error::NotFound("letter"))?;
    let way = Way::from_word(&form.way).filter(|way| *way == Way::Print || can_mail(request)).unwrap_or(Way::Print);
    let draft = Draft {
        kind,
        way,
        title: form.title.clone(),
        body: form.body.clone(),
        reason: form.reason.clone(),
        message_id: request.app.mailer.sender.new_message_id(),
    };
    let here = format!("{}/{id}", request.url(ABOVE.1));
    let errors = match request.write(|tx| service::send(tx, id, &draft)) {
        Ok(letter) if way == Way::Print => {
            return Ok(Reply::see_other(format!("{here}/letters/{letter}")).toast("letter-printed"));
        }
        Ok(_) => {
            crate::jobs::ask(&request.app, &post::POST, Some(request.member()?.workspace_id()))?;
            return Ok(Reply::see_other(here).toast("letter-sent"));
        }
        Err(Error::Invalid(errors)) => errors,
        Err(Error::Conflict(words)) => vec![FieldError::new("", "conflict", words)],
        Err(error) => return Err(error),
    };
    let asked = request.read(|db| requests::get(db, id))?;
    let page = Write::new(request, asked, kind, form, errors);
    request.page_with_errors("Letter", &[ABOVE, (&format!("Request {id}"), &format!("{}/{id}", ABOVE.1))], &page)
}

#[derive(Template)]
#[template(path = "privacy/requests/letters/show.html")]
struct Show {
    letter: Letter,
    by: String,
    hash: String,
    state: &'static str,
    back: String,
}

fn show(request: &Request) -> Result<Reply, Error> {
    let (id, letter): (SubjectRequestId, SubjectLetterId) = (request.param("id")?, request.param("letter")?);
    let letters = request.read(|db| {
        requests::get(db, id)?;
        service::of_request(db, id)
    })?;
    let letter = letters.into_iter().find(|known| known.id == letter).ok_or(Error::NotFound("letter"))?;
    let directory = directory::directory(&request.app, request.member()?.workspace_id())?;
    let page = Show {
        by: named(&directory, letter.member),
        hash: data_encoding::HEXLOWER.encode(&letter.hash),
        state: state(request, &letter)?,
        back: format!("{}/{id}", request.url(ABOVE.1)),
        letter,
    };
    request.page_below("Letter", &[ABOVE, (&format!("Request {id}"), &format!("{}/{id}", ABOVE.1))], &page)
}

/// How far a letter is.
fn state(request: &Request, letter: &Letter) -> Result<&'static str, Error> {
    let Some(mail) = letter.mail else {
        return Ok(if letter.way == Way::Print { "On paper" } else { "Waits for the mail queue" });
    };
    match request.read_control(|db| mail::queue::find(db, mail)) {
        Ok(entry) => Ok(match entry.state {
            mail::State::Queued | mail::State::Sending => "In the mail queue",
            mail::State::Sent => "Sent",
            mail::State::Failed => "The mail server refused it",
            mail::State::Kept => "Kept: no mail server is configured",
            mail::State::Cancelled => "Cancelled by whoever hosts this",
        }),
        // Its row goes after a year.
        Err(Error::NotFound(_)) => Ok("Handed to the mail server"),
        Err(error) => Err(error),
    }
}

#[derive(Template)]
#[template(path = "privacy/requests/letters/edit.html")]
struct Edit {
    kind: LetterKind,
    action: String,
    back: String,
    words: Words,
    versions: Vec<Version>,
    variables: &'static [(&'static str, &'static str)],
    errors: Vec<FieldError>,
}

struct Version {
    number: i64,
    words: Words,
    by: String,
    at: Timestamp,
}

impl Edit {
    fn new(request: &Request, kind: LetterKind, words: Words, errors: Vec<FieldError>) -> Result<Edit, Error> {
        let directory = directory::directory(&request.app, request.member()?.workspace_id())?;
        let versions = request.read(|db| service::versions(db, kind))?;
        let version = |(number, words, by, at)| Version { number, words, by: named(&directory, by), at };
        Ok(Edit {
            kind,
            action: request.url(&format!("/privacy/letters/{}", kind.word())),
            back: format!("{}/settings", request.url(ABOVE.1)),
            words,
            versions: versions.into_iter().map(version).collect(),
            variables: VARIABLES,
            errors,
        })
    }

    fn page(&self, request: &Request) -> Result<Reply, Error> {
        const SETTINGS: (&str, &str) = ("Settings", "/privacy/requests/settings");
        let above = [ABOVE, SETTINGS];
        match self.errors.is_empty() {
            true => request.page_below(self.kind.label(), &above, self),
            false => request.page_with_errors(self.kind.label(), &above, self),
        }
    }
}

fn kind(request: &Request) -> Result<LetterKind, Error> {
    LetterKind::from_word(&request.param::<String>("kind")?).ok_or(Error::NotFound("letter"))
}

fn edit(request: &Request) -> Result<Reply, Error> {
    let kind = kind(request)?;
    let words = request.read(|db| service::template(db, kind))?;
    Edit::new(request, kind, words, Vec::new())?.page(request)
}

fn save(request: &Request) -> Result<Reply, Error> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Form {
        #[serde(default)]
        title: String,
        #[serde(default)]
        body: String,
    }
    let kind = kind(request)?;
    let form: Form = request.form()?;
    match request.write(|tx| templates::change(tx, kind, &form.title, &form.body)) {
        Ok(()) => Ok(Reply::see_other(request.url(&format!("/privacy/letters/{}", kind.word()))).toast("saved")),
        Err(Error::Invalid(errors)) => {
            Edit::new(request, kind, Words { title: form.title, body: form.body }, errors)?.page(request)
        }
        Err(error) => Err(error),
    }
}

fn reset(request: &Request) -> Result<Reply, Error> {
    request.no_fields()?;
    let kind = kind(request)?;
    request.write(|tx| templates::reset(tx, kind))?;
    Ok(Reply::see_other(request.url(&format!("/privacy/letters/{}", kind.word()))).toast("saved"))
}
