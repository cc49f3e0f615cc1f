//! The page `/privacy/requests/settings`.

use askama::Template;
use serde::Deserialize;

use super::service;
use crate::error::{Error, FieldError};
use crate::permission::{Action, Area};
use crate::privacy::requests::Profile;
use crate::privacy::requests::letters::LetterKind;
use crate::privacy::requests::pages::ABOVE;
use crate::web::ui::{self, Choice};
use crate::web::{Access, Reply, Request, Route};

const MANAGE: Access = Access::may(Action::Manage, Area::Privacy);

pub const ROUTES: &[Route] = &[
    Route::get("/w/{slug}/privacy/requests/settings", MANAGE, show),
    Route::post("/w/{slug}/privacy/requests/settings", MANAGE, save),
];

#[derive(Template)]
#[template(path = "privacy/requests/settings/show.html")]
struct Show {
    action: String,
    back: String,
    form: Form,
    profiles: Vec<Choice>,
    /// The letters: label, what it is for, where its words are changed.
    letters: Vec<(&'static str, &'static str, String)>,
    errors: Vec<FieldError>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    profile: String,
    time_zone: String,
    #[serde(default)]
    two_person: bool,
    #[serde(default)]
    contact: String,
    #[serde(default)]
    authority: String,
}

impl Show {
    fn new(request: &Request, form: Form, errors: Vec<FieldError>) -> Show {
        let letter = |kind: &LetterKind| {
            let href = request.url(&format!("/privacy/letters/{}", kind.word()));
            (kind.label(), kind.about(), href)
        };
        Show {
            action: format!("{}/settings", request.url(ABOVE.1)),
            back: request.url(ABOVE.1),
            form,
            profiles: Profile::ALL.iter().map(|profile| Choice::new(profile.word(), profile.label())).collect(),
            letters: LetterKind::ALL.iter().map(letter).collect(),
            errors,
        }
    }
}

fn show(request: &Request) -> Result<Reply, Error> {
    let settings = request.read(service::read)?;
    let form = Form {
        profile: settings.profile.word().to_owned(),
        time_zone: settings.time_zone,
        two_person: settings.two_person,
        contact: settings.contact,
        authority: settings.authority,
    };
    request.page_below("Settings for requests", &[ABOVE], &Show::new(request, form, Vec::new()))
}

fn save(request: &Request) -> Result<Reply, Error> {
    let form: Form = request.form()?;
    let saved = request
        .write(|tx| service::save(tx, &form.profile, &form.time_zone, form.two_person, &form.contact, &form.authority));
    match saved {
        Ok(()) => Ok(Reply::see_other(format!("{}/settings", request.url(ABOVE.1))).toast("saved")),
        Err(Error::Invalid(errors)) => {
            request.page_with_errors("Settings for requests", &[ABOVE], &Show::new(request, form, errors))
        }
        Err(error) => Err(error),
    }
}
