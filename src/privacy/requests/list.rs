//! The queue of requests.

use askama::Template;
use serde::Deserialize;

use super::pages::ABOVE;
use super::{Filter, Kind, Request as Asked, State, service};
use crate::clock::Timestamp;
use crate::error::Error;
use crate::id::MemberId;
use crate::members::directory::{self, Directory};
use crate::permission::{Action, Area};
use crate::web::ui::{self, Choice};
use crate::web::{Reply, Request};

const PAGE: i64 = 50;

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
