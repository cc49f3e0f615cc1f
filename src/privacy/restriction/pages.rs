//! `/w/{slug}/privacy/restrictions`: whose data is kept and not used, and how that ends.

use askama::Template;
use serde::Deserialize;

use super::notice::{self, Letter};
use super::service;
use super::{Ground, NoticeMethod, Restriction, Stage};
use crate::error::{Error, FieldError};
use crate::id::RestrictionId;
use crate::mail;
use crate::members::directory::directory;
use crate::permission::{Action, Area};
use crate::privacy::person::tabs::{self, Tabs};
use crate::privacy::person::{Seen, of_page, path, saying, seen};
use crate::privacy::requests::letters::Way;
use crate::web::ui::{self, Choice};
use crate::web::{Access, Reply, Request, Route};

const VIEW: Access = Access::may(Action::View, Area::Privacy);
const EDIT: Access = Access::may(Action::Edit, Area::Privacy);
pub(super) const PATH: &str = "/privacy/restrictions";
pub(super) const ABOVE: [(&str, &str); 2] = [("Consent", "/privacy/purposes"), ("Restricted people", PATH)];
/// Rows of a page.
const SHOWN: i64 = 100;

pub const ROUTES: &[Route] = &[
    Route::get("/w/{slug}/privacy/people/{id}/restrict", EDIT, new),
    Route::post("/w/{slug}/privacy/people/{id}/restrict", EDIT, create),
    Route::get("/w/{slug}/privacy/restrictions", VIEW, list),
    Route::get("/w/{slug}/privacy/restrictions/{id}", EDIT, show),
    Route::post("/w/{slug}/privacy/restrictions/{id}/lifting", EDIT, begin_lifting),
    Route::post("/w/{slug}/privacy/restrictions/{id}/kept", EDIT, stop_lifting),
    Route::post("/w/{slug}/privacy/restrictions/{id}/notice", EDIT, tell),
];

/// A person in the list.
struct Row {
    name: String,
    href: String,
    restriction: Restriction,
}

#[derive(Template)]
#[template(path = "privacy/restriction/list.html")]
struct List {
    tabs: Tabs,
    base: String,
    is_lifted: bool,
    sees_reasons: bool,
    rows: Vec<Row>,
    older: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Query {
    lifted: bool,
    before: Option<i64>,
    #[serde(rename = "done")]
    _done: String,
}

fn list(request: &Request) -> Result<Reply, Error> {
    let query: Query = request.query()?;
    let before = query.before.map(RestrictionId);
    let found = request.read(|db| service::list(db, query.lifted, before, SHOWN + 1))?;
    let older = found.get(usize::try_from(SHOWN).unwrap_or(0)).map(|_| {
        let last = found.get(usize::try_from(SHOWN - 1).unwrap_or(0)).map_or(0, |last| last.id.0);
        request.url(&format!("{PATH}?lifted={}&before={last}", query.lifted))
    });
    let sees_reasons = request.may(Action::Edit, Area::Privacy);
    let mut rows = Vec::new();
    for restriction in found.into_iter().take(usize::try_from(SHOWN).unwrap_or(0)) {
        // People whom the asker may not see are left out.
        let (kind, id) = &restriction.on;
        match seen(request, kind, *id) {
            Ok(seen) => {
                let place = match sees_reasons {
                    true => format!("{PATH}/{}", restriction.id),
                    false => seen.privacy_path(),
                };
                rows.push(Row { name: seen.name, href: request.url(&place), restriction });
            }
            Err(Error::NotFound(_)) => {}
            Err(error) => return Err(error),
        }
    }
    let tabs = tabs::tabs(request, PATH);
    let page = List { tabs, base: request.url(PATH), is_lifted: query.lifted, sees_reasons, rows, older };
    request.page_below("Restricted people", &ABOVE[..1], &page)
}

#[derive(Template)]
#[template(path = "privacy/restriction/new.html")]
struct New {
    name: String,
    action: String,
    back: String,
    ground: String,
    reason: String,
    grounds: Vec<Choice>,
    errors: Vec<FieldError>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct NewForm {
    ground: String,
    reason: String,
}

fn new_page(request: &Request, seen: &Seen, form: NewForm, errors: Vec<FieldError>) -> New {
    let grounds = Ground::ALL.iter().map(|ground| Choice::new(ground.word(), ground.label()).hint(ground.article()));
    New {
        name: seen.name.clone(),
        action: request.url(&format!("{}/restrict", seen.privacy_path())),
        back: request.url(&seen.privacy_path()),
        ground: form.ground,
        reason: form.reason,
        grounds: grounds.collect(),
        errors,
    }
}

fn new(request: &Request) -> Result<Reply, Error> {
    let seen = of_page(request)?;
    let above = [ABOVE[0], (seen.name.as_str(), &*seen.privacy_path())];
    request.page_below("Restrict", &above, &new_page(request, &seen, NewForm::default(), Vec::new()))
}

fn create(request: &Request) -> Result<Reply, Error> {
    let form: NewForm = request.form()?;
    let seen = of_page(request)?;
    let unknown = || Error::field("ground", "unknown", "Choose on which ground they ask for it.");
    let placed = Ground::from_word(&form.ground)
        .ok_or_else(unknown)
        .and_then(|ground| request.write(|tx| service::restrict(tx, &seen.person, ground, &form.reason)));
    match placed {
        Ok(_) => Ok(Reply::see_other(request.url(&seen.privacy_path())).toast("restricted")),
        Err(Error::Invalid(errors)) => {
            let above = [ABOVE[0], (seen.name.as_str(), &*seen.privacy_path())];
            request.page_with_errors("Restrict", &above, &new_page(request, &seen, form, errors))
        }
        Err(error) => Err(error),
    }
}

#[derive(Template)]
#[template(path = "privacy/restriction/show.html")]
struct Show {
    name: String,
    person: String,
    base: String,
    restriction: Restriction,
    placed_by: String,
    /// The last letter that told them, with how far it is.
    letter: Option<(Letter, &'static str)>,
    wait_days: String,
    form: LiftForm,
    methods: Vec<Choice>,
    errors: Vec<FieldError>,
}

/// Both forms of the page: why it ends, and how they were told.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct LiftForm {
    version: i64,
    reason: String,
    wait_days: Option<i64>,
    method: String,
    reference: String,
    day: String,
}

fn show(request: &Request) -> Result<Reply, Error> {
    page(request, LiftForm::default(), Vec::new())
}

fn page(request: &Request, form: LiftForm, errors: Vec<FieldError>) -> Result<Reply, Error> {
    let (restriction, seen) = find(request)?;
    let directory = directory(&request.app, request.member()?.workspace_id())?;
    let placed_by = restriction.placed_by.map(|member| directory.name(member).to_owned()).unwrap_or_default();
    let letter = request.read(|db| notice::newest(db, restriction.id))?;
    let letter = match letter {
        Some(letter) => Some((how_far(request, &letter)?, letter)).map(|(words, letter)| (letter, words)),
        None => None,
    };
    let is_rejected = !errors.is_empty();
    let show = Show {
        person: request.url(&path(seen.person.id())),
        base: request.url(&format!("{PATH}/{}", restriction.id)),
        placed_by,
        letter,
        wait_days: form.wait_days.unwrap_or(service::USUAL_WAIT).to_string(),
        form: LiftForm { version: restriction.version, ..form },
        methods: NoticeMethod::ALL.iter().map(|method| Choice::new(method.word(), method.label())).collect(),
        restriction,
        errors,
        name: seen.name,
    };
    match is_rejected {
        true => request.page_with_errors(&show.name, &ABOVE, &show),
        false => request.page_below(&show.name, &ABOVE, &show),
    }
}

/// How far a letter is, in words.
fn how_far(request: &Request, letter: &Letter) -> Result<&'static str, Error> {
    let Some(mail) = letter.mail else {
        return Ok(if letter.way == Way::Print { "On paper" } else { "Waits for the mail queue" });
    };
    match request.read_control(|db| mail::queue::find(db, mail)) {
        Ok(entry) => Ok(match entry.state {
            mail::State::Queued | mail::State::Sending => "In the mail queue",
            mail::State::Sent => "Sent",
            mail::State::Failed => "The mail server refused it: tell them in another way",
            mail::State::Kept => "Kept, because no mail server is configured: tell them in another way",
            mail::State::Cancelled => "Cancelled by whoever hosts this: tell them in another way",
        }),
        Err(Error::NotFound(_)) => Ok("Sent"),
        Err(error) => Err(error),
    }
}

/// The restriction of the address, and its person, whom the asker may see.
pub(super) fn find(request: &Request) -> Result<(Restriction, Seen), Error> {
    let id: RestrictionId = request.param("id")?;
    let restriction = request.read(|db| service::get(db, id))?;
    let (kind, of) = &restriction.on;
    let seen = seen(request, kind, *of)?;
    Ok((restriction, seen))
}

/// Does one step, and comes back to the person; a broken rule comes back as the page.
fn step(
    request: &Request,
    toast: &'static str,
    work: impl FnOnce(&crate::db::Tx, &Restriction, &Seen, &LiftForm) -> Result<(), Error>,
) -> Result<Reply, Error> {
    let form: LiftForm = request.form()?;
    let (restriction, seen) = find(request)?;
    match request.write(|tx| work(tx, &restriction, &seen, &form)) {
        Ok(()) => {
            let place = match toast {
                "lifting-begun" | "restriction-told" => format!("{PATH}/{}", restriction.id),
                _ => seen.privacy_path(),
            };
            Ok(Reply::see_other(request.url(&place)).toast(toast))
        }
        Err(Error::Invalid(errors)) => page(request, form, errors),
        Err(error) => Err(error),
    }
}

fn begin_lifting(request: &Request) -> Result<Reply, Error> {
    step(request, "lifting-begun", |tx, restriction, _, form| {
        let wait = form.wait_days.unwrap_or(service::USUAL_WAIT);
        service::begin_lifting(tx, restriction.id, Some(form.version), &form.reason, wait)
    })
}

fn stop_lifting(request: &Request) -> Result<Reply, Error> {
    step(request, "saved", |tx, restriction, _, form| service::stop_lifting(tx, restriction.id, Some(form.version)))
}

fn tell(request: &Request) -> Result<Reply, Error> {
    step(request, "restriction-told", |tx, restriction, seen, form| {
        let at = saying::moment(request, &form.day)?;
        let notice = service::read_notice(&form.method, &form.reference, at, request.now())?;
        service::tell(tx, seen.kind, restriction.id, Some(form.version), &notice)
    })
}

impl Show {
    fn is(&self, stage: Stage) -> bool {
        self.restriction.stage() == stage
    }
}
