//! The queue of requests, the form for a new one, and the search for whose data one is about.

use askama::Template;
use jiff::civil::Date;
use serde::Deserialize;

use super::pages::ABOVE;
use super::{Channel, Filter, Kind, NewRequest, Profile, Request as Asked, State, service, settings};
use crate::clock::Timestamp;
use crate::error::{Error, FieldError};
use crate::id::{MemberId, SubjectRequestId};
use crate::members::directory::{self, Directory};
use crate::module::{PersonKind, persons};
use crate::permission::{Action, Area};
use crate::privacy::data_map::File;
use crate::web::ui::{self, Choice};
use crate::web::{Reply, Request};

const PAGE: i64 = 50;
/// People a search shows.
const FOUND: i64 = 20;

#[derive(Template)]
#[template(path = "privacy/requests/list.html")]
struct List {
    base: String,
    form: Narrow,
    states: Vec<Choice>,
    kinds: Vec<Choice>,
    members: Vec<Choice>,
    rows: Vec<Row>,
    open: i64,
    overdue: i64,
    shown: String,
    previous: Option<String>,
    next: Option<String>,
    may_work: bool,
    settings: Option<String>,
}

/// A request in the queue.
struct Row {
    href: String,
    who: String,
    kind: Kind,
    state: &'static str,
    number: i64,
    assignee: String,
    received_at: Timestamp,
    clock: Clock,
}

/// What is left of the time, in a colour and in words.
pub(super) struct Clock {
    pub tone: &'static str,
    pub words: String,
}

impl Clock {
    pub fn of(request: &Asked, now: Timestamp) -> Clock {
        if request.state.is_closed() {
            return Clock { tone: "", words: request.state.label().to_owned() };
        }
        let left = request.days_left(now);
        let days = |days: i64| ui::plural(days, "day", "days");
        let (tone, words) = match left {
            _ if request.is_overdue(now) => ("broken", format!("{} over", days(-left))),
            0 => ("risk", "Last day today".to_owned()),
            1..=7 => ("risk", format!("{} left", days(left))),
            _ => ("kept", format!("{} left", days(left))),
        };
        Clock { tone, words }
    }
}

/// What the form above the queue sends.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Narrow {
    state: String,
    kind: String,
    assignee: String,
    /// `open` (also when empty), `overdue`, `all`.
    show: String,
    from: i64,
    #[serde(rename = "done")]
    _done: String,
}

impl Narrow {
    fn filter(&self) -> Filter {
        let state = State::from_word(&self.state);
        Filter {
            state,
            kind: Kind::from_word(&self.kind),
            assignee: self.assignee.parse().ok().map(MemberId),
            // Who asks for a closed state wants to see closed ones.
            open: self.show.is_empty() && !state.is_some_and(State::is_closed),
            overdue: self.show == "overdue",
        }
    }

    fn is_narrow(&self) -> bool {
        [&self.state, &self.kind, &self.assignee].iter().any(|value| !value.is_empty())
    }

    fn href(&self, base: &str, from: i64) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in
            [("state", &self.state), ("kind", &self.kind), ("assignee", &self.assignee), ("show", &self.show)]
        {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        if from > 0 {
            query.append_pair("from", &from.to_string());
        }
        format!("{base}?{}", query.finish())
    }
}

/// The choices of a word list, after "any".
fn with_any(any: &str, choices: impl Iterator<Item = (&'static str, &'static str)>) -> Vec<Choice> {
    std::iter::once(Choice::new("", any)).chain(choices.map(|(word, label)| Choice::new(word, label))).collect()
}

pub(super) fn members(directory: &Directory, nobody: &str) -> Vec<Choice> {
    let active = directory.active().map(|person| Choice::new(person.id.to_string(), person.name.clone()));
    std::iter::once(Choice::new("", nobody)).chain(active).collect()
}

pub(super) fn list(request: &Request) -> Result<Reply, Error> {
    let form: Narrow = request.query()?;
    let filter = form.filter();
    let directory = directory::directory(&request.app, request.member()?.workspace_id())?;
    let from = form.from.max(0);
    let (found, total, (open, overdue)) = request
        .read(|db| Ok((service::page(db, &filter, from, PAGE)?, service::count(db, &filter)?, service::counts(db)?)))?;
    let base = request.url(ABOVE.1);
    let shown = match found.len() as i64 {
        0 => String::new(),
        count => format!("{} to {} of {}", ui::count(from + 1), ui::count(from + count), ui::count(total)),
    };
    let row = |asked: Asked| Row {
        href: format!("{base}/{}", asked.id),
        who: asked.who().to_owned(),
        kind: asked.kind,
        state: asked.state.label(),
        number: asked.id.0,
        assignee: asked.assignee.map(|member| directory.name(member).to_owned()).unwrap_or_default(),
        received_at: asked.received_at,
        clock: Clock::of(&asked, request.now()),
    };
    let page = List {
        states: with_any("Any state", State::ALL.iter().map(|state| (state.word(), state.label()))),
        kinds: with_any("Any kind", Kind::ALL.iter().map(|kind| (kind.word(), kind.label()))),
        members: members(&directory, "Anybody"),
        previous: (from > 0).then(|| form.href(&base, (from - PAGE).max(0))),
        next: (from + PAGE < total).then(|| form.href(&base, from + PAGE)),
        rows: found.into_iter().map(row).collect(),
        may_work: request.may(Action::Edit, Area::Privacy),
        settings: request.may(Action::Manage, Area::Privacy).then(|| format!("{base}/settings")),
        base,
        form,
        open,
        overdue,
        shown,
    };
    request.page("Requests", &page)
}

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
    let key = request.app.keys.workspace(request.member()?.workspace_id())?.blind_index.clone();
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
