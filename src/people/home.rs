//! `/w/{slug}`: what there is, what changed, what is mine; and the first steps while there is nothing.

use askama::Template;
use jiff::ToSpan;

use super::asker;
use super::list::view::total;
use super::list::{Filter, Sort, SortKey};
use super::record::Record;
use super::{companies, contacts, notes};
use crate::clock::Timestamp;
use crate::db::Db;
use crate::error::Error;
use crate::permission::{Action, Area};
use crate::web::ui;
use crate::web::{Access, Reply, Request, Route, format};

pub const ROUTES: &[Route] = &[Route::get("/w/{slug}", Access::Member, show)];

/// Records in each card.
const SHOWN: i64 = 6;

#[derive(Template)]
#[template(path = "people/home.html")]
struct Home {
    today: String,
    greeting: String,
    is_empty: bool,
    people: String,
    companies: String,
    added: String,
    notes: String,
    recent: Vec<Line>,
    mine: Vec<Line>,
    mine_count: String,
    contacts_link: String,
    companies_link: String,
    mine_link: String,
    recent_link: String,
    added_link: String,
    new_contact: Option<String>,
    import: Option<String>,
    invite: Option<String>,
    has_one_lock: bool,
}

struct Line {
    name: String,
    company: String,
    at: Timestamp,
    href: String,
}

fn show(request: &Request) -> Result<Reply, Error> {
    let reader = request.reader();
    let now = request.now().zoned(&reader.zone);
    let week = now.checked_sub(7.days()).map_or(request.now(), |then| Timestamp(then.timestamp().as_millisecond()));
    let week_day = week.zoned(&reader.zone).date();
    let me = request.member()?.id;
    let view = asker::access(request, Area::Contacts).view;
    let view_companies = asker::access(request, Area::Companies).view;
    let home = request.read(|db| {
        let everybody = Filter::within(&view);
        let mut added = Filter::within(&view);
        added.created_from = Some(week);
        let mut mine = Filter::within(&view);
        mine.owner = Some(me);
        let people = contacts::service::count(db, &everybody)?;
        let companies = companies::service::count(db, &Filter::within(&view_companies))?;
        Ok(Home {
            today: now.strftime("%A %-d %B").to_string(),
            greeting: greeting(now.hour(), request.signed()?.label()),
            is_empty: people.number == 0 && companies.number == 0,
            people: total(people),
            companies: total(companies),
            added: total(contacts::service::count(db, &added)?),
            notes: format::count(notes::service::count_since(db, &view, &view_companies, week)?),
            recent: lines(request, db, &everybody)?,
            mine: lines(request, db, &mine)?,
            mine_count: total(contacts::service::count(db, &mine)?),
            contacts_link: request.url("/people/contacts"),
            companies_link: request.url("/people/companies"),
            mine_link: request.url("/people/contacts?owner=me"),
            recent_link: request.url("/people/contacts?sort=-updated_at"),
            added_link: request.url(&format!("/people/contacts?created_since={week_day}&sort=-created_at")),
            new_contact: request.may(Action::Edit, Area::Contacts).then(|| request.url("/people/contacts/new")),
            import: request.may(Action::Import, Area::Contacts).then(|| request.url("/people/imports")),
            invite: request.may(Action::Manage, Area::Members).then(|| request.url("/settings/invitations/new")),
            has_one_lock: !request.signed()?.has_second_factor,
        })
    })?;
    request.page("Home", &home)
}

/// The contacts that changed last.
fn lines(request: &Request, db: &Db, filter: &Filter) -> Result<Vec<Line>, Error> {
    let (contacts, _) = contacts::service::page(db, filter, Sort::down(SortKey::Updated), None, SHOWN)?;
    let line = |contact: contacts::Contact| Line {
        href: request.url(&Record::Contact(contact.id).path()),
        name: contact.display_name,
        company: contact.company.map(|(_, name)| name).unwrap_or_default(),
        at: contact.updated_at,
    };
    Ok(contacts.into_iter().map(line).collect())
}

fn greeting(hour: i8, name: &str) -> String {
    let time = match hour {
        5..=11 => "Good morning",
        12..=17 => "Good afternoon",
        _ => "Good evening",
    };
    // An address is no name to greet somebody by.
    if name.contains('@') { format!("{time}.") } else { format!("{time}, {}.", name.split(' ').next().unwrap_or(name)) }
}
