//! Writes down what somebody said about the use of their data: a yes with its proof, a no with one click; and looks up
//! what is kept as proof of people who are gone.

use askama::Template;
use serde::Deserialize;

use super::lines::{Line, lines};
use super::tabs::{self, Tabs};
use super::{KIND, Seen, of_page};
use crate::clock::Timestamp;
use crate::error::{Error, FieldError};
use crate::jobs;
use crate::members::directory::directory;
use crate::permission::{Action as Right, Area};
use crate::privacy::audit::{self, Event};
use crate::privacy::consent::{Action, Method, NewEvent, confirmation, service};
use crate::privacy::purposes;
use crate::privacy::subject;
use crate::web::ui::{self, Choice};
use crate::web::{Access, Reply, Request, Route};

const VIEW: Access = Access::may(Right::View, Area::Privacy);
const EDIT: Access = Access::may(Right::Edit, Area::Privacy);
const PROOF: &str = "/privacy/proof";

pub const ROUTES: &[Route] = &[
    Route::get("/w/{slug}/privacy/people/{id}/consents/new", EDIT, new),
    // Who may write down a no is asked by the handler: whoever may change the record may.
    Route::post("/w/{slug}/privacy/people/{id}/consents", VIEW, say),
    Route::get("/w/{slug}/privacy/proof", EDIT, ask_proof),
    Route::post("/w/{slug}/privacy/proof", EDIT, proof),
];

#[derive(Template)]
#[template(path = "privacy/person/saying.html")]
struct Saying {
    name: String,
    action: String,
    back: String,
    form: Form,
    actions: Vec<Choice>,
    purposes: Vec<Choice>,
    methods: Vec<Choice>,
    errors: Vec<FieldError>,
}

/// The form, as it was typed. A click sends the purpose and the action alone.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Form {
    action: String,
    purpose: String,
    method: String,
    /// A day.
    day: String,
    evidence: String,
}

impl Saying {
    fn new(request: &Request, seen: &Seen, form: Form, errors: Vec<FieldError>) -> Result<Saying, Error> {
        let all = request.read(purposes::service::all)?;
        let live = all.into_iter().filter(|purpose| purpose.archived_at.is_none());
        let can_be_said = live.filter(|purpose| purpose.asks() || purpose.can_be_objected_to());
        let titles = can_be_said.map(|purpose| Choice::new(purpose.key, purpose.title));
        let hints = [
            (
                Action::Grant,
                "They agreed",
                "To the words of today. If the purpose asks for it, they still have to confirm.",
            ),
            (Action::Confirm, "They confirmed it", "They agreed before, and confirmed it from the address they gave."),
            (Action::Import, "They agreed elsewhere before", "In another system, and you have the proof."),
            (Action::Withdraw, "They withdrew their consent", "It holds at once, and needs no proof."),
            (Action::Object, "They objected", "It holds at once. To marketing it is final."),
            (Action::Lift, "They took their objection back", "A consent from before does not come back with it."),
        ];
        let by_hand = [Method::Admin, Method::Phone, Method::Letter, Method::Form];
        Ok(Saying {
            name: seen.name.clone(),
            action: request.url(&format!("{}/consents", seen.privacy_path())),
            back: request.url(&seen.privacy_path()),
            form,
            actions: hints.map(|(action, label, hint)| Choice::new(action.word(), label).hint(hint)).into(),
            purposes: std::iter::once(Choice::new("", "All direct marketing")).chain(titles).collect(),
            methods: by_hand.map(|method| Choice::new(method.word(), of_method(method))).into(),
            errors,
        })
    }
}

fn of_method(method: Method) -> &'static str {
    match method {
        Method::Phone => "On the phone",
        Method::Letter => "In a letter or an email",
        Method::Form => "On a form on paper",
        _ => "Face to face, or otherwise",
    }
}

fn above(seen: &Seen) -> [(String, String); 2] {
    [("Consent".into(), "/privacy/purposes".into()), (seen.name.clone(), seen.privacy_path())]
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Begin {
    purpose: String,
}

fn new(request: &Request) -> Result<Reply, Error> {
    let begin: Begin = request.query()?;
    let seen = of_page(request)?;
    let asked = request.read(purposes::service::asked)?;
    let purpose =
        if begin.purpose.is_empty() { asked.first().map(|p| p.key.clone()).unwrap_or_default() } else { begin.purpose };
    let form =
        Form { action: Action::Grant.word().into(), purpose, method: Method::Phone.word().into(), ..Form::default() };
    let above = above(&seen);
    let above: Vec<(&str, &str)> = above.iter().map(|(label, path)| (label.as_str(), path.as_str())).collect();
    request.page_below("What they said", &above, &Saying::new(request, &seen, form, Vec::new())?)
}

fn say(request: &Request) -> Result<Reply, Error> {
    let form: Form = request.form()?;
    let seen = of_page(request)?;
    match written(request, &seen, &form) {
        Ok(()) => Ok(Reply::see_other(request.url(&seen.privacy_path())).toast("saved")),
        Err(Error::Invalid(errors)) => {
            let above = above(&seen);
            let above: Vec<(&str, &str)> = above.iter().map(|(label, path)| (label.as_str(), path.as_str())).collect();
            request.page_with_errors("What they said", &above, &Saying::new(request, &seen, form, errors)?)
        }
        Err(error) => Err(error),
    }
}

fn written(request: &Request, seen: &Seen, form: &Form) -> Result<(), Error> {
    let unknown = || Error::field("action", "unknown", "Choose what they said.");
    let action = Action::from_word(&form.action).ok_or_else(unknown)?;
    if !seen.may_say(request, action.opens()) {
        return Err(Error::Forbidden);
    }
    let method = match (action, form.method.as_str()) {
        (Action::Import, _) => Method::Import,
        (_, "") => Method::Admin,
        (_, word) => {
            Method::from_word(word).ok_or_else(|| Error::field("method", "unknown", "Choose how they said it."))?
        }
    };
    let event = NewEvent {
        purpose: Some(form.purpose.as_str()).filter(|key| !key.is_empty()),
        at: moment(request, &form.day)?,
        evidence: &form.evidence,
        ..NewEvent::about("", action, method)
    };
    request.write(|tx| service::record(tx, tx.blind_index()?, &seen.person, &event).map(drop))?;
    if action == Action::Grant {
        jobs::ask(&request.app, &confirmation::jobs::ASK, Some(request.member()?.workspace_id()))?;
    }
    Ok(())
}

/// The beginning of a day in the reader's zone; nothing for an empty one.
pub(in crate::privacy) fn moment(request: &Request, day: &str) -> Result<Option<Timestamp>, Error> {
    if day.is_empty() {
        return Ok(None);
    }
    let wrong = || Error::field("day", "wrong_date", "Enter the day like 2026-11-21.");
    let date: jiff::civil::Date = day.parse().map_err(|_| wrong())?;
    let start = date.to_zoned(request.reader().zone).map_err(|_| wrong())?;
    Ok(Some(Timestamp(start.timestamp().as_millisecond())))
}

#[derive(Template)]
#[template(path = "privacy/person/proof.html")]
struct Proof {
    tabs: Tabs,
    base: String,
    value: String,
    /// `None`: nothing was asked yet.
    lines: Option<Vec<Line>>,
    errors: Vec<FieldError>,
}

fn ask_proof(request: &Request) -> Result<Reply, Error> {
    let page = Proof {
        tabs: tabs::tabs(request, PROOF),
        base: request.url(""),
        value: String::new(),
        lines: None,
        errors: Vec::new(),
    };
    request.page_below("Proof", &[("Consent", "/privacy/purposes")], &page)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProofForm {
    #[serde(default)]
    value: String,
}

/// A form that posts, so that no address of a person stands in an address of ours (P-071). Looking is written down.
fn proof(request: &Request) -> Result<Reply, Error> {
    let form: ProofForm = request.form()?;
    let above = [("Consent", "/privacy/purposes")];
    let mut page = Proof {
        tabs: tabs::tabs(request, PROOF),
        base: request.url(""),
        value: form.value.clone(),
        lines: None,
        errors: Vec::new(),
    };
    if form.value.trim().is_empty() {
        page.errors = vec![FieldError::new("value", "required", "Enter the email address or phone number.")];
        return request.page_with_errors("Proof", &above, &page);
    }
    let kind = subject::kind(request.app.modules, KIND).ok_or(Error::NotFound("person"))?;
    let member = request.member()?;
    let directory = directory(&request.app, member.workspace_id())?;
    let lines = request.read(|db| {
        let events = service::proof(db, db.blind_index()?, kind, &form.value)?;
        Ok(lines(&events, &[], &purposes::service::all(db)?, &directory, true))
    })?;
    let entry = Event::new("privacy.consent.proof_viewed").detail("events", lines.len());
    member.workspace.file.write(request.now(), &request.origin(), |tx| audit::record(tx, entry))?;
    page.lines = Some(lines);
    request.page_below("Proof", &above, &page)
}
