//! `/w/{slug}/privacy/people/{id}`: why we may write to somebody, everything they said, and their other rights.

use askama::Template;
use serde::Deserialize;

use super::lines::{Line, lines};
use super::{Seen, of_page, path};
use crate::clock::Timestamp;
use crate::error::Error;
use crate::members::directory::directory;
use crate::permission::{Action, Area};
use crate::privacy::consent::confirmation::{self, Confirmation};
use crate::privacy::consent::{self, State, Verdict, minors, service};
use crate::privacy::purposes::{self, Channel, Purpose};
use crate::privacy::restriction::{self, Restriction, Stage, reading};
use crate::web::ui;
use crate::web::{Access, Reply, Request, Route};

const VIEW: Access = Access::may(Action::View, Area::Privacy);
const EDIT: Access = Access::may(Action::Edit, Area::Privacy);

pub const ROUTES: &[Route] = &[
    Route::get("/w/{slug}/privacy/people/{id}", VIEW, show),
    Route::post("/w/{slug}/privacy/people/{id}/minor", EDIT, mark_minor),
];

/// May we, for one purpose and one way of reaching somebody?
pub struct Answer {
    pub title: String,
    /// The channel, where the purpose has several.
    pub by: String,
    pub is_allowed: bool,
    /// Why, in words.
    pub words: String,
    pub at: Option<Timestamp>,
    pub basis: &'static str,
    pub wording: Option<i64>,
    pub purpose: Purpose,
    pub state: State,
    /// The first line of its purpose: what one can do with the purpose stands there.
    pub is_first: bool,
    /// How far the mail is that asks for the confirmation; `None` when nothing waits for one.
    pub confirmation: Option<Confirmation>,
    /// The last mail went out long enough ago.
    pub may_ask_again: bool,
}

impl Answer {
    fn new(purpose: Purpose, channel: Channel, verdict: &Verdict, state: State, is_first: bool) -> Answer {
        Answer {
            title: purpose.title.clone(),
            by: if purpose.channels.len() > 1 { channel.label().to_lowercase() } else { String::new() },
            is_allowed: verdict.is_allowed(),
            words: verdict.why.words.clone(),
            at: verdict.why.at,
            basis: purpose.basis.article(),
            wording: verdict.why.wording,
            purpose,
            state,
            is_first,
            confirmation: None,
            may_ask_again: false,
        }
    }

    /// Whether there is a yes that could be taken back.
    pub fn can_withdraw(&self) -> bool {
        self.is_first && self.purpose.asks() && matches!(self.state, State::Granted | State::Pending)
    }

    /// "A mail asked them to confirm it", with how far that is.
    pub fn confirmation_words(&self) -> &'static str {
        match &self.confirmation {
            Some(asked) if asked.stopped_at.is_some() => "No mail may go to them, so they confirm it in another way.",
            Some(asked) if asked.mail.is_some() => "A mail asked them to confirm it.",
            Some(_) => "A mail will ask them to confirm it.",
            None => "",
        }
    }

    pub fn can_object(&self) -> bool {
        self.is_first && self.purpose.can_be_objected_to() && self.state != State::Objected
    }
}

/// What the gate says of every purpose by each of its channels.
pub fn answers(request: &Request, seen: &Seen) -> Result<Vec<Answer>, Error> {
    request.read(|db| {
        let all = consent::may_use_all(db, &seen.person)?;
        let events = service::events(db, &seen.person)?;
        let mut answers: Vec<Answer> = Vec::new();
        for (purpose, channel, verdict) in all {
            let standing = consent::standing(&events, purpose.id, purpose.is_marketing);
            let is_first = answers.last().is_none_or(|last| last.purpose.id != purpose.id);
            let mut answer = Answer::new(purpose, channel, &verdict, standing.state(), is_first);
            if let Some(event) = standing.agreed.filter(|_| answer.state == State::Pending && is_first) {
                answer.confirmation = consent::confirmation::service::newest(db, event)?;
                let last = answer.confirmation.as_ref().map(|last| last.asked_at);
                answer.may_ask_again = last.is_some_and(|last| db.now.since(last) >= confirmation::ASK_AGAIN_MS);
            }
            answers.push(answer);
        }
        Ok(answers)
    })
}

/// The ways to what else can be done for a person, for those who may.
pub struct Ways {
    pub data: Option<String>,
    pub request: Option<String>,
    pub hold: Option<String>,
    pub erase: Option<String>,
}

impl Ways {
    pub fn of(request: &Request, id: i64) -> Ways {
        let way = |action: Action, place: String| request.may(action, Area::Privacy).then(|| request.url(&place));
        Ways {
            data: way(Action::Export, format!("{}/data", path(id))),
            request: way(Action::Edit, format!("/privacy/requests/new?person={id}")),
            hold: way(Action::Manage, format!("/privacy/holds/new?person={id}")),
            erase: way(Action::Delete, format!("/privacy/erasures/new?person={id}")),
        }
    }
}

#[derive(Template)]
#[template(path = "privacy/person/show.html")]
struct Show {
    name: String,
    record: String,
    path: String,
    base: String,
    answers: Vec<Answer>,
    lines: Vec<Line>,
    restriction: Option<Restriction>,
    minor_since: Option<Timestamp>,
    /// There is direct marketing to object to, and they did not object to all of it.
    can_object_to_all: bool,
    may_open: bool,
    may_close: bool,
    may_edit: bool,
    ways: Ways,
}

fn show(request: &Request) -> Result<Reply, Error> {
    let seen = of_page(request)?;
    let id = seen.person.id();
    let answers = answers(request, &seen)?;
    let directory = directory(&request.app, request.member()?.workspace_id())?;
    let may_edit = request.may(Action::Edit, Area::Privacy);
    let (lines, restriction, minor_since) = request.read(|db| {
        let events = service::events(db, &seen.person)?;
        let restrictions = restriction::service::of_person(db, &seen.person)?;
        let all = purposes::service::all(db)?;
        let lines = lines(&events, &restrictions, &all, &directory, may_edit);
        let in_force = restrictions.into_iter().find(|restriction| restriction.lifted_at.is_none());
        Ok((lines, in_force, minors::since(db, &seen.person)?))
    })?;
    reading::note(request, seen.kind.word, id, "privacy")?;
    let can_object_to_all = answers.iter().any(|answer| answer.purpose.is_marketing && answer.state != State::Objected);
    let show = Show {
        record: request.url(&seen.path()),
        path: request.url(&seen.privacy_path()),
        base: request.url(""),
        answers,
        lines,
        restriction,
        minor_since,
        can_object_to_all,
        may_open: seen.may_say(request, true),
        may_close: seen.may_say(request, false),
        may_edit,
        ways: Ways::of(request, id),
        name: seen.name.clone(),
    };
    let above = [("Consent", "/privacy/purposes"), (seen.name.as_str(), &*seen.path())];
    request.page_below("Consent and rights", &above, &show)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MinorForm {
    #[serde(default)]
    minor: bool,
}

fn mark_minor(request: &Request) -> Result<Reply, Error> {
    let form: MinorForm = request.form()?;
    let seen = of_page(request)?;
    request.write(|tx| minors::mark(tx, &seen.person, form.minor))?;
    Ok(Reply::see_other(request.url(&seen.privacy_path())).toast("saved"))
}
