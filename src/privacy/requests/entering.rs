//! The form for a new request, and the search for whose data one is about.

use askama::Template;
use jiff::civil::Date;
use serde::Deserialize;

use super::list::members;
use super::pages::ABOVE;
use super::{Channel, Kind, NewRequest, Profile, service, settings};
use crate::clock::Timestamp;
use crate::error::{Error, FieldError};
use crate::id::{MemberId, SubjectRequestId};
use crate::members::directory;
use crate::module::{PersonKind, persons};
use crate::privacy::data_map::File;
use crate::web::ui::{self, Choice};
use crate::web::{Reply, Request};

/// People a search shows.
const FOUND: i64 = 20;

#[derive(Template)]
#[template(path = "privacy/requests/new.html")]
struct New {
    action: String,
    back: String,
    form: Entered,
    /// Whose data it is about: name and address.
    person: Option<(String, String)>,
    found: Vec<(String, String, String)>,
    q: String,
    kinds: Vec<Choice>,
    channels: Vec<Choice>,
    profiles: Vec<Choice>,
    members: Vec<Choice>,
    rules: &'static str,
    errors: Vec<FieldError>,
}

/// The form as it was filled in.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entered {
    kind: String,
    #[serde(default)]
    person: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    answer_to: String,
    channel: String,
    #[serde(default)]
    words: String,
    #[serde(default)]
    received: String,
    #[serde(default)]
    profile: String,
    #[serde(default)]
    assignee: String,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Begin {
    person: Option<i64>,
    kind: String,
    q: String,
}

/// The kind of person whose requests a workspace works on.
pub(super) fn person_kind(request: &Request) -> Result<&'static PersonKind, Error> {
    persons(request.app.modules, File::Workspace).next().ok_or(Error::NotFound("person"))
}

pub(super) fn new(request: &Request) -> Result<Reply, Error> {
    let begin: Begin = request.query()?;
    let form = Entered {
        kind: begin.kind,
        person: begin.person.map(|id| id.to_string()).unwrap_or_default(),
        channel: Channel::Email.word().to_owned(),
        received: request.now().zoned(&request.reader().zone).date().to_string(),
        assignee: request.member()?.id.to_string(),
        ..Entered::default()
    };
    request.page_below("New request", &[ABOVE], &new_page(request, form, begin.q, Vec::new())?)
}

fn new_page(request: &Request, form: Entered, q: String, errors: Vec<FieldError>) -> Result<New, Error> {
    let kind = person_kind(request)?;
    let directory = directory::directory(&request.app, request.member()?.workspace_id())?;
    let action = format!("{}/new", request.url(ABOVE.1));
    let (person, found, settings) = request.read(|db| {
        let person = match form.person.parse() {
            Ok(id) => (kind.name)(db, id)?.map(|name| Ok::<_, Error>((name, address(db, kind, id)?))).transpose()?,
            Err(_) => None,
        };
        Ok((person, search(db, kind, &q)?, settings::service::read(db)?))
    })?;
    let link = |(id, name, address): (i64, String, String)| (name, address, format!("{action}?person={id}"));
    let own = format!("As in the settings ({})", settings.profile.label());
    Ok(New {
        back: request.url(ABOVE.1),
        found: found.into_iter().map(link).collect(),
        kinds: Kind::ALL.iter().map(|kind| Choice::new(kind.word(), kind.label())).collect(),
        channels: [Channel::Email, Channel::Phone, Channel::Letter, Channel::InPerson]
            .iter()
            .map(|channel| Choice::new(channel.word(), sentence(channel.label())))
            .collect(),
        profiles: std::iter::once(Choice::new("", own))
            .chain(Profile::ALL.iter().map(|profile| Choice::new(profile.word(), profile.label())))
            .collect(),
        members: members(&directory, "Nobody yet"),
        rules: settings.profile.rule(),
        action,
        form,
        person,
        q,
        errors,
    })
}

/// With a large first letter.
fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// The first way to reach somebody.
fn address(db: &crate::db::Db, kind: &PersonKind, id: i64) -> Result<String, Error> {
    Ok((kind.identities)(db, id)?.into_iter().next().map(|identity| identity.value).unwrap_or_default())
}

/// Whom the words find: id, name, address.
fn search(db: &crate::db::Db, kind: &PersonKind, q: &str) -> Result<Vec<(i64, String, String)>, Error> {
    let mut found = Vec::new();
    if q.trim().is_empty() {
        return Ok(found);
    }
    for id in (kind.search)(db, q.trim(), FOUND)? {
        if let Some(name) = (kind.name)(db, id)? {
            found.push((id, name, address(db, kind, id)?));
        }
    }
    Ok(found)
}

pub(super) fn create(request: &Request) -> Result<Reply, Error> {
    let form: Entered = request.form()?;
    let key = request.member()?.workspace.file.blind_index()?.clone();
    let made = read(request, &form).and_then(|new| {
        request.write(|tx| {
            let id = service::create(tx, request.app.modules, &key, &new)?;
            service::get(tx, id)
        })
    });
    match made {
        Ok(made) => {
            let toast = if made.duplicate_of.is_some() { "request-linked" } else { "request-entered" };
            let id = made.duplicate_of.unwrap_or(made.id);
            Ok(Reply::see_other(format!("{}/{id}", request.url(ABOVE.1))).toast(toast))
        }
        Err(Error::Invalid(errors)) => {
            let page = new_page(request, form, String::new(), errors)?;
            request.page_with_errors("New request", &[ABOVE], &page)
        }
        Err(error) => Err(error),
    }
}

fn read(request: &Request, form: &Entered) -> Result<NewRequest, Error> {
    let mut errors = Vec::new();
    let kind = Kind::from_word(&form.kind);
    if kind.is_none() {
        errors.push(FieldError::new("kind", "required", "Choose what they ask for."));
    }
    let channel = Channel::from_word(&form.channel);
    if channel.is_none() {
        errors.push(FieldError::new("channel", "required", "Choose how it came in."));
    }
    let received = match form.received.trim() {
        "" => None,
        text => {
            let day = text.parse::<Date>().ok();
            if day.is_none() {
                errors.push(FieldError::new("received", "day_form", "Enter a day, like 2026-11-21."));
            }
            day
        }
    };
    let zone = request.read(settings::service::read)?.zone();
    let today = request.now().zoned(&zone).date();
    let received_at = received.filter(|day| *day != today).and_then(|day| {
        let start = day.to_zoned(zone.clone()).ok()?;
        Some(Timestamp(start.timestamp().as_millisecond()))
    });
    let person = match form.person.trim() {
        "" => None,
        id => Some((person_kind(request)?, id.parse().map_err(|_| Error::NotFound("person"))?)),
    };
    let assignee = assignee(request, &form.assignee)?;
    match (kind, channel) {
        (Some(kind), Some(channel)) if errors.is_empty() => Ok(NewRequest {
            kind,
            profile: Profile::from_word(&form.profile),
            person,
            name: form.name.clone(),
            answer_to: form.answer_to.clone(),
            channel,
            words: form.words.clone(),
            received_at,
            assignee,
        }),
        _ => Err(Error::Invalid(errors)),
    }
}

/// A member who may be given requests; `None` for an empty text.
pub(super) fn assignee(request: &Request, text: &str) -> Result<Option<MemberId>, Error> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    let directory = directory::directory(&request.app, request.member()?.workspace_id())?;
    let member = text.trim().parse().ok().map(MemberId).filter(|member| directory.find_active(*member).is_some());
    member.map(Some).ok_or_else(|| Error::field("assignee", "unknown", "Choose a member from the list."))
}

#[derive(Template)]
#[template(path = "privacy/requests/person.html")]
struct ChoosePerson {
    action: String,
    back: String,
    who: String,
    found: Vec<(i64, String, String)>,
    q: String,
}

/// Who the request is about: a search, and a button for each who is found.
pub(super) fn choose_person(request: &Request) -> Result<Reply, Error> {
    #[derive(Default, Deserialize)]
    #[serde(deny_unknown_fields, default)]
    struct Query {
        q: Option<String>,
    }
    let query: Query = request.query()?;
    let id: SubjectRequestId = request.param("id")?;
    let kind = person_kind(request)?;
    let (asked, q, found) = request.read(|db| {
        let asked = service::get(db, id)?;
        // What they gave as their address is the first guess.
        let guess = if asked.answer_to.is_empty() { &asked.name } else { &asked.answer_to };
        let q = query.q.clone().unwrap_or_else(|| guess.clone());
        let found = search(db, kind, &q)?;
        Ok((asked, q, found))
    })?;
    let back = format!("{}/{id}", request.url(ABOVE.1));
    let page = ChoosePerson { action: format!("{back}/person"), back, who: asked.who().to_owned(), found, q };
    let above = format!("{}/{id}", ABOVE.1);
    request.page_below("Whose data", &[ABOVE, (&format!("Request {id}"), &above)], &page)
}
