//! `/w/{slug}/settings/notifications`: what a member wants to hear of, and how.

use askama::Template;
use serde::Deserialize;

use super::{Settings, Wanted};
use crate::error::{Error, FieldError};
use crate::members::workspaces::tabs::{Tabs, tabs};
use crate::module::MailChoice;
use crate::web::ui::{self, Choice};
use crate::web::{Access, Reply, Request, Route};

const PATH: &str = "/settings/notifications";

pub const ROUTES: &[Route] = &[
    Route::get("/w/{slug}/settings/notifications", Access::Member, show),
    Route::post("/w/{slug}/settings/notifications", Access::Member, save),
];

#[derive(Template)]
#[template(path = "people/notifications/settings.html")]
struct Show {
    tabs: Tabs,
    action: String,
    rows: Vec<Row>,
    mails: Vec<Choice>,
    hour: String,
    hours: Vec<Choice>,
    zone: String,
    errors: Vec<FieldError>,
}

struct Row {
    word: &'static str,
    label: &'static str,
    in_app: bool,
    mail: &'static str,
}

impl Show {
    fn new(request: &Request, settings: &Settings, errors: Vec<FieldError>) -> Result<Show, Error> {
        let rows = settings.kinds.iter().map(|(kind, wanted)| Row {
            word: kind.word,
            label: kind.label,
            in_app: wanted.in_app,
            mail: wanted.mail.word(),
        });
        Ok(Show {
            tabs: tabs(request, PATH),
            action: request.url(PATH),
            rows: rows.collect(),
            mails: MailChoice::ALL.iter().map(|choice| Choice::new(choice.word(), label(*choice))).collect(),
            hour: settings.hour.to_string(),
            hours: (0..24).map(|hour| Choice::new(hour.to_string(), format!("{hour:02}:00"))).collect(),
            zone: request.signed()?.time_zone.replace('_', " "),
            errors,
        })
    }
}

fn label(choice: MailChoice) -> &'static str {
    match choice {
        MailChoice::Never => "No mail",
        MailChoice::Soon => "Within five minutes",
        MailChoice::Daily => "In the daily mail",
    }
}

fn show(request: &Request) -> Result<Reply, Error> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Query {
        /// The frame reads it.
        #[serde(default, rename = "done")]
        _done: String,
    }
    let _: Query = request.query()?;
    let me = request.member()?.id;
    let settings = request.read(|db| super::of(db, me, request.app.modules))?;
    page(request, &settings, Vec::new())
}

fn page(request: &Request, settings: &Settings, errors: Vec<FieldError>) -> Result<Reply, Error> {
    let above = [("Settings", "/settings")];
    let is_wrong = !errors.is_empty();
    let page = Show::new(request, settings, errors)?;
    if is_wrong {
        return request.page_with_errors("Notifications", &above, &page);
    }
    request.page_below("Notifications", &above, &page)
}

fn save(request: &Request) -> Result<Reply, Error> {
    let me = request.member()?.id;
    let mut settings = request.read(|db| super::of(db, me, request.app.modules))?;
    let read = read(request, &mut settings);
    match read.and_then(|()| request.write(|tx| super::set(tx, me, &settings, request.app.modules))) {
        Ok(()) => Ok(Reply::see_other(request.url(PATH)).toast("saved")),
        Err(Error::Invalid(errors)) => page(request, &settings, errors),
        Err(error) => Err(error),
    }
}

/// The form: `app-mentioned=true`, `mail-mentioned=daily`, …, `hour=8`. A box that is not ticked is not sent.
fn read(request: &Request, settings: &mut Settings) -> Result<(), Error> {
    for (_, wanted) in &mut settings.kinds {
        wanted.in_app = false;
    }
    for (name, value) in request.form_pairs()? {
        let unknown = || Error::field(name.clone(), "unknown_field", format!("There is no field {name} here."));
        let choose = || Error::field(name.clone(), "unknown", "Choose one of the list.");
        if name == "hour" {
            settings.hour = value.parse().ok().filter(|hour| (0..24).contains(hour)).ok_or_else(choose)?;
            continue;
        }
        let (part, word) = name.split_once('-').ok_or_else(unknown)?;
        let wanted: &mut Wanted = settings
            .kinds
            .iter_mut()
            .find(|(kind, _)| kind.word == word)
            .map(|(_, wanted)| wanted)
            .ok_or_else(unknown)?;
        match part {
            "app" => wanted.in_app = value == "true",
            "mail" => wanted.mail = MailChoice::from_word(&value).ok_or_else(choose)?,
            _ => return Err(unknown()),
        }
    }
    Ok(())
}
