//! `/p/{slug}/your-data/held`: everything that is held about the visitor, and their rights as buttons.

use askama::Template;
use serde::Deserialize;

use super::door::{entrance, place, room};
use super::{Visit, service};
use crate::clock::Timestamp;
use crate::error::{Error, FieldError};
use crate::gate::PublicWorkspace;
use crate::id::WorkspaceId;
use crate::jobs;
use crate::privacy::access_package::contents::Purpose;
use crate::privacy::access_package::gather::{self, Held, Item};
use crate::privacy::access_package::html::lines;
use crate::privacy::access_package::team::Team;
use crate::privacy::access_package::{self, AccessPackage, State};
use crate::privacy::audit::{self, Event};
use crate::privacy::consent::{self, Action, Method, NewEvent};
use crate::privacy::purposes::{self, Purpose as ConsentPurpose};
use crate::privacy::requests::{self, Channel, Check, Kind, NewRequest};
use crate::privacy::restriction::{self, Ground};
use crate::web::{Access, Reply, Request, Route, ui};

pub const ROUTES: &[Route] = &[
    Route::get("/p/{slug}/your-data/held", Access::Public, show),
    Route::post("/p/{slug}/your-data/ask", Access::Public, ask),
    Route::post("/p/{slug}/your-data/say", Access::Public, say),
    Route::post("/p/{slug}/your-data/restrict", Access::Public, restrict),
    Route::post("/p/{slug}/your-data/copy", Access::Public, copy),
    Route::post("/p/{slug}/your-data/leave", Access::Public, leave),
];

const TITLE: &str = "Your data";
/// Items of one kind on the page; all of them are in the copy.
const SHOWN: usize = 50;
/// What can be asked of the workspace from here; the rest happens by itself.
const ASKED: [Kind; 3] = [Kind::Rectification, Kind::Erasure, Kind::Access];

#[derive(Template)]
#[template(path = "privacy/portal/held.html")]
struct Page {
    workspace: String,
    here: String,
    /// Where the code went; empty with a code on paper.
    address: String,
    until: Timestamp,
    found: Option<Found>,
    /// What the visitor asked before and is not answered yet.
    asked: Vec<requests::Request>,
    ask: AskForm,
    kinds: Vec<ui::Choice>,
    errors: Vec<FieldError>,
}

fn kinds() -> Vec<ui::Choice> {
    let meaning = |kind: Kind| match kind {
        Kind::Rectification => "Something is wrong or missing. Somebody puts it right and tells you.",
        Kind::Erasure => "Everything goes, but for what a law keeps. You are told what stays, why and until when.",
        _ => "You have a question about your data that this page does not answer.",
    };
    ASKED.iter().map(|kind| ui::Choice::new(kind.word(), kind.label()).hint(meaning(*kind))).collect()
}

/// What is held, when anything is.
struct Found {
    name: String,
    items: usize,
    sections: Vec<Section>,
    purposes: Vec<Said>,
    restricted_since: Option<Timestamp>,
    /// They were told when that ends.
    restricted_until: Option<Timestamp>,
    packages: Vec<AccessPackage>,
}

impl Found {
    fn has_package(&self, state: State) -> bool {
        self.packages.iter().any(|package| package.state == state)
    }
}

struct Section {
    label: &'static str,
    purpose: Purpose,
    items: Vec<Shown>,
    left_out: usize,
}

struct Shown {
    lines: Vec<(String, String)>,
    source: String,
    goes: String,
    goes_at: Option<Timestamp>,
}

/// One purpose, and what the visitor said about it.
struct Said {
    purpose: ConsentPurpose,
    state: consent::State,
    /// What can be done about it now.
    withdraw: bool,
    object: bool,
    lift: bool,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct AskForm {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    words: String,
    #[serde(default)]
    name: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SayForm {
    #[serde(default)]
    purpose: String,
    #[serde(default)]
    action: String,
}

/// The visit of this browser, or the way to the entrance.
fn visit(request: &Request, place: &PublicWorkspace) -> Result<Option<Visit>, Error> {
    let browser = request.cookie_or_fresh();
    place.workspace.file.read(request.now(), |db| service::visit(db, browser))
}

/// Runs a handler with the visit, or leads whoever has none (any more) to the entrance.
fn inside(
    request: &Request,
    work: impl FnOnce(&PublicWorkspace, &Visit) -> Result<Reply, Error>,
) -> Result<Reply, Error> {
    let place = place(request)?;
    match visit(request, &place)? {
        Some(visit) => work(&place, &visit),
        None => Ok(Reply::see_other(entrance(&place))),
    }
}

fn show(request: &Request) -> Result<Reply, Error> {
    inside(request, |place, visit| page(request, place, visit, AskForm::default(), Vec::new()))
}

fn page(
    request: &Request,
    place: &PublicWorkspace,
    visit: &Visit,
    ask: AskForm,
    errors: Vec<FieldError>,
) -> Result<Reply, Error> {
    let team = Team::of(&request.app, place.workspace.id)?;
    let modules = request.app.modules;
    let (found, asked) = place.workspace.file.read(request.now(), |db| {
        let Some(person) = service::person(db, modules, visit)? else { return Ok((None, Vec::new())) };
        let held = gather::gather(db, modules, &person, &team)?;
        let purposes = purposes::service::asked(db)?;
        let standings = consent::service::standings(db, &person, &purposes)?;
        let said = purposes.into_iter().zip(standings).map(|(purpose, standing)| said(purpose, &standing)).collect();
        let restriction = restriction::service::in_force(db, &person)?;
        let found = Found {
            items: held.items(),
            sections: sections(&held),
            name: held.name,
            purposes: said,
            restricted_until: restriction.as_ref().and_then(restriction::Restriction::ends_at),
            restricted_since: restriction.map(|restriction| restriction.placed_at),
            packages: access_package::service::of(db, &person)?,
        };
        Ok((Some(found), requests::open_for(db, &person)?))
    })?;
    let reply = request.open_page(
        TITLE,
        &Page {
            workspace: place.name.clone(),
            here: entrance(place),
            address: visit.address.clone(),
            until: visit.expires_at,
            found,
            asked,
            ask,
            kinds: kinds(),
            errors: errors.clone(),
        },
    )?;
    Ok(if errors.is_empty() { reply } else { reply.status(422) })
}

fn said(purpose: ConsentPurpose, standing: &consent::Standing) -> Said {
    let state = standing.state();
    Said {
        withdraw: purpose.asks() && matches!(state, consent::State::Granted | consent::State::Pending),
        object: purpose.can_be_objected_to() && state != consent::State::Objected,
        lift: standing.objection.is_some(),
        state,
        purpose,
    }
}

fn sections(held: &Held) -> Vec<Section> {
    let shown = |item: &Item| Shown {
        lines: lines(item),
        source: item.source.clone(),
        goes: item.goes.clone(),
        goes_at: item.goes_at,
    };
    let section = |section: &gather::Section| Section {
        label: section.table.label,
        purpose: Purpose::of(section.table, section.items.len()),
        items: section.items.iter().rev().take(SHOWN).map(shown).collect(),
        left_out: section.items.len().saturating_sub(SHOWN),
    };
    held.sections.iter().map(section).collect()
}

/// Something that somebody has to look at: it goes to the people who answer requests, with the identity checked.
fn ask(request: &Request) -> Result<Reply, Error> {
    let form: AskForm = request.form()?;
    inside(request, |place, visit| {
        let kind = Kind::from_word(&form.kind).filter(|kind| ASKED.contains(kind));
        let Some(kind) = kind else {
            let error = FieldError::new("kind", "required", "Choose what you ask for.");
            return page(request, place, visit, form, vec![error]);
        };
        if kind == Kind::Rectification && form.words.trim().is_empty() {
            let error = FieldError::new("words", "required", "Say what is wrong, and what it should be.");
            return page(request, place, visit, form, vec![error]);
        }
        match enter(request, place, visit, kind, &form) {
            Ok(()) => Ok(Reply::see_other(room(place)).toast("request-received")),
            Err(Error::Invalid(errors)) => page(request, place, visit, form, errors),
            Err(error) => Err(error),
        }
    })
}

fn enter(request: &Request, place: &PublicWorkspace, visit: &Visit, kind: Kind, form: &AskForm) -> Result<(), Error> {
    let modules = request.app.modules;
    let key = place.workspace.file.blind_index()?.clone();
    place.workspace.file.write(request.now(), &request.origin(), |tx| {
        let person = service::person(tx, modules, visit)?;
        let new = NewRequest {
            kind,
            profile: None,
            person: person.as_ref().map(|person| (person.kind, person.id())),
            name: form.name.clone(),
            answer_to: visit.address.clone(),
            channel: Channel::Portal,
            words: form.words.clone(),
            received_at: None,
            assignee: None,
        };
        let id = requests::service::create(tx, modules, &key, &new)?;
        if person.is_some() && requests::service::get(tx, id)?.duplicate_of.is_none() {
            // They came in by a code, to their own address or on paper, and ask about nobody but themselves.
            let scope = if kind == Kind::Rectification { "part" } else { "everything" };
            for (check, method) in
                [(Check::Identity, "signed_in"), (Check::Ownership, "own_data"), (Check::Scope, scope)]
            {
                requests::service::record_check(tx, id, check, true, method, "")?;
            }
        }
        Ok(())
    })
}

/// Withdraws a consent, objects, or takes an objection back: at once, without anybody.
fn say(request: &Request) -> Result<Reply, Error> {
    let SayForm { purpose, action } = request.form()?;
    inside(request, |place, visit| {
        let action = match Action::from_word(&action) {
            Some(action @ (Action::Withdraw | Action::Object | Action::Lift)) => action,
            _ => return Err(Error::NotFound("page")),
        };
        let key = place.workspace.file.blind_index()?.clone();
        let origin = request.origin();
        let address = origin.address.map(|address| address.to_string()).unwrap_or_default();
        place.workspace.file.write(request.now(), &origin, |tx| {
            let person = service::person(tx, request.app.modules, visit)?.ok_or(Error::NotFound("page"))?;
            let new = NewEvent {
                purpose: (!purpose.is_empty()).then_some(purpose.as_str()),
                address: &address,
                user_agent: origin.user_agent.as_deref().unwrap_or_default(),
                ..NewEvent::about("", action, Method::Portal)
            };
            consent::service::record(tx, &key, &person, &new)
        })?;
        Ok(Reply::see_other(room(place)).toast("choice-saved"))
    })
}

/// Keeps the data from being used, at once. Ending it takes the workspace, which has to say so before.
fn restrict(request: &Request) -> Result<Reply, Error> {
    request.no_fields()?;
    inside(request, |place, visit| {
        place.workspace.file.write(request.now(), &request.origin(), |tx| {
            let person = service::person(tx, request.app.modules, visit)?.ok_or(Error::NotFound("page"))?;
            if restriction::service::is_restricted(tx, &person)? {
                return audit::record(tx, Event::new("privacy.portal.restricted").on(person.kind.word, person.id()));
            }
            restriction::service::restrict(tx, &person, Ground::Accuracy, "Asked for in the privacy portal").map(drop)
        })?;
        Ok(Reply::see_other(room(place)).toast("choice-saved"))
    })
}

/// A copy of everything: one that is ready is handed out, else one is made.
fn copy(request: &Request) -> Result<Reply, Error> {
    request.no_fields()?;
    inside(request, |place, visit| {
        let now = request.now();
        let link = place.workspace.file.write(now, &request.origin(), |tx| {
            let person = service::person(tx, request.app.modules, visit)?.ok_or(Error::NotFound("page"))?;
            let packages = access_package::service::of(tx, &person)?;
            let ready = packages.iter().find(|p| p.state == State::Ready && p.is_here(now));
            if let Some(ready) = ready {
                return Ok(Some(access_package::service::link(tx, ready.id)?.text));
            }
            if !packages.iter().any(|package| package.state == State::Building) {
                let id = access_package::build(tx, &person, None)?;
                access_package::service::release(tx, id)?;
            } else {
                audit::record(tx, Event::new("privacy.portal.asked_again").on(person.kind.word, person.id()))?;
            }
            Ok(None)
        })?;
        match link {
            Some(link) => Ok(Reply::see_other(format!("/p/{}/packages/{}", place.slug, *link))),
            None => {
                ring(request, place.workspace.id)?;
                Ok(Reply::see_other(room(place)).toast("copy-asked"))
            }
        }
    })
}

fn ring(request: &Request, workspace: WorkspaceId) -> Result<(), Error> {
    jobs::ask(&request.app, &access_package::jobs::BUILD, Some(workspace))
}

fn leave(request: &Request) -> Result<Reply, Error> {
    request.no_fields()?;
    let place = place(request)?;
    let browser = request.cookie_or_fresh();
    place.workspace.file.write(request.now(), &request.origin(), |tx| service::leave(tx, browser))?;
    Ok(Reply::see_other(entrance(&place)).toast("left-portal"))
}
