//! `/people/duplicates`: pairs that may be one; `/people/contacts/{id}/merge`: two records side by side.

use std::collections::BTreeSet;

use askama::Template;
use serde::Deserialize;

use super::service::{self, Merge};
use super::{Candidate, Pair, jobs};
use crate::db::Db;
use crate::error::{Error, FieldError};
use crate::id::{CandidateId, ChangeId, CompanyId, ContactId};
use crate::people::asker;
use crate::people::record::{Object, Record};
use crate::people::search::{self, Index};
use crate::people::{companies, contacts};
use crate::permission::{Action, Area};
use crate::visitor::Reach;
use crate::web::ui;
use crate::web::{Access, Reply, Request, Route};

pub const ROUTES: &[Route] = &[
    // Of which records pairs are shown hangs on what the member may see; the handlers ask.
    Route::get("/w/{slug}/people/duplicates", Access::Member, list),
    Route::post("/w/{slug}/people/duplicates/search", Access::may(Action::Edit, Area::Contacts), search_again),
    Route::post("/w/{slug}/people/duplicates/{id}/dismiss", Access::Member, dismiss),
    Route::get("/w/{slug}/people/contacts/{id}/merge", Access::may(Action::Edit, Area::Contacts), compare_contacts),
    Route::post("/w/{slug}/people/contacts/{id}/merge", Access::may(Action::Edit, Area::Contacts), merge_contacts),
    Route::get("/w/{slug}/people/companies/{id}/merge", Access::may(Action::Edit, Area::Companies), compare_companies),
    Route::post("/w/{slug}/people/companies/{id}/merge", Access::may(Action::Edit, Area::Companies), merge_companies),
];

/// Pairs of a page, and records a search among them shows.
const SHOWN: i64 = 100;
const FOUND: i64 = 20;

#[derive(Template)]
#[template(path = "people/merging/list.html")]
struct List {
    base: String,
    groups: Vec<Group>,
    may_search: bool,
}

struct Group {
    object: Object,
    total: i64,
    pairs: Vec<Line>,
}

struct Line {
    candidate: Candidate,
    one: (String, String),
    other: (String, String),
    /// What tells two of one name apart: company, address or domain.
    more: (String, String),
    /// Where both are compared, for who may make one of them.
    merge: Option<String>,
    may_dismiss: bool,
}

fn list(request: &Request) -> Result<Reply, Error> {
    let mut groups = Vec::new();
    for object in Object::ALL {
        let view = request.reach(Action::View, object.area());
        if matches!(view, Reach::Nothing) {
            continue;
        }
        let (candidates, total) =
            request.read(|db| Ok((service::open(db, *object, SHOWN)?, service::count_open(db, *object)?)))?;
        let mut pairs = Vec::new();
        for candidate in candidates {
            pairs.extend(line(request, *object, candidate, &view)?);
        }
        groups.push(Group { object: *object, total, pairs });
    }
    let may_search = request.may(Action::Edit, Area::Contacts);
    request.page("Duplicates", &List { base: request.url("/people/duplicates"), groups, may_search })
}

/// A pair with both names; `None` when the reader may not see both.
fn line(request: &Request, object: Object, candidate: Candidate, view: &Reach) -> Result<Option<Line>, Error> {
    let records = [candidate.one, candidate.other].map(|id| Record::new(object.word(), id));
    let [Some(one), Some(other)] = records else { return Ok(None) };
    let (names, owners) = request.read(|db| {
        let names = (name(db, one, view)?, name(db, other, view)?);
        Ok((names, service::owners(db, object, [one.id(), other.id()])?))
    })?;
    let (Some((one_name, one_more)), Some((other_name, other_more))) = names else { return Ok(None) };
    let edit = request.reach(Action::Edit, object.area());
    let may_dismiss = owners.iter().all(|owner| edit.covers(owner.flatten()));
    let may_merge = may_dismiss && request.reach(Action::Delete, object.area()).covers(owners[1].flatten());
    Ok(Some(Line {
        merge: may_merge.then(|| format!("{}/merge?with={}", request.url(&one.path()), other.id())),
        may_dismiss,
        one: (one_name, request.url(&one.path())),
        other: (other_name, request.url(&other.path())),
        more: (one_more, other_more),
        candidate,
    }))
}

/// What a record in sight is called, and what tells it from another of that name.
fn name(db: &Db, record: Record, view: &Reach) -> Result<Option<(String, String)>, Error> {
    let found = match record {
        Record::Contact(id) => contacts::service::get(db, id, view).map(|contact| {
            let address = contact.identities.first().map(|identity| identity.shown());
            let company = contact.company.map(|(_, name)| name);
            let more: Vec<String> = company.into_iter().chain(address).collect();
            (contact.display_name, more.join(", "))
        }),
        Record::Company(id) => companies::service::get(db, id, view).map(|company| (company.name, company.domain)),
    };
    match found {
        Ok(name) => Ok(Some(name)),
        Err(Error::NotFound(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

fn search_again(request: &Request) -> Result<Reply, Error> {
    crate::jobs::ask(&request.app, &jobs::FIND, Some(request.member()?.workspace_id()))?;
    Ok(Reply::see_other(request.url("/people/duplicates")).toast("duplicates-asked"))
}

fn dismiss(request: &Request) -> Result<Reply, Error> {
    let id: CandidateId = request.param("id")?;
    let candidate = request.read(|db| service::candidate(db, id))?;
    let edit = request.reach(Action::Edit, candidate.object.area());
    let owners = request.read(|db| service::owners(db, candidate.object, [candidate.one, candidate.other]))?;
    if !owners.iter().all(|owner| owner.is_some_and(|owner| edit.covers(owner))) {
        return Err(Error::NotFound("pair"));
    }
    request.write(|tx| service::dismiss(tx, id))?;
    Ok(Reply::see_other(request.url("/people/duplicates")).toast("not-the-same"))
}

/// What the address of a comparison says: the other record, or words to find it by.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct With {
    with: Option<i64>,
    q: String,
}

#[derive(Template)]
#[template(path = "people/merging/choose.html")]
struct Choose {
    name: String,
    path: String,
    q: String,
    /// Name, what else, and where a click leads.
    found: Vec<(String, String, String)>,
    is_contact: bool,
}

#[derive(Template)]
#[template(path = "people/merging/compare.html")]
struct Compare {
    one: Side,
    other: Side,
    pairs: Vec<Pair>,
    takes: BTreeSet<String>,
    is_stale: bool,
    errors: Vec<FieldError>,
}

/// One of the two records.
struct Side {
    id: i64,
    version: i64,
    name: String,
    path: String,
    /// Addresses, numbers and tags, which are added together.
    more: Vec<String>,
    added: crate::clock::Timestamp,
}

fn compare_contacts(request: &Request) -> Result<Reply, Error> {
    let id: ContactId = request.param("id")?;
    compare(request, Record::Contact(id))
}

fn compare_companies(request: &Request) -> Result<Reply, Error> {
    let id: CompanyId = request.param("id")?;
    compare(request, Record::Company(id))
}

fn compare(request: &Request, one: Record) -> Result<Reply, Error> {
    let with: With = request.query()?;
    match with.with.and_then(|id| Record::new(one.kind(), id)) {
        Some(other) if other != one => side_by_side(request, one, other, BTreeSet::new(), Vec::new(), false),
        Some(_) => choose(request, one, "").map(|page| page.status(422)),
        None => choose(request, one, &with.q),
    }
}

/// The question which record is the same, with what a search finds.
fn choose(request: &Request, one: Record, q: &str) -> Result<Reply, Error> {
    let access = asker::access(request, one.area());
    let view = access.view.clone();
    let index = if one.object() == Object::Contact { Index::Contacts } else { Index::Companies };
    let path = format!("{}/merge", request.url(&one.path()));
    let (name, found) = request.read(|db| {
        let (name, _) = name(db, one, &view)?.ok_or(Error::NotFound("record"))?;
        let words = if q.trim().is_empty() { name.as_str() } else { q };
        let Some(matching) = search::matching(db, index, words)? else { return Ok((name, Vec::new())) };
        let found: Vec<(i64, String, String)> = match one {
            Record::Contact(_) => contacts::service::visible_among(db, &matching.expression, &view, FOUND)?
                .into_iter()
                .map(|found| (found.id.0, found.name, found.company_name))
                .collect(),
            Record::Company(_) => companies::service::visible_among(db, &matching.expression, &view, FOUND)?
                .into_iter()
                .map(|(id, name, domain)| (id.0, name, domain))
                .collect(),
        };
        // Only what the asker may let go into this one.
        let mut allowed = Vec::new();
        for (id, name, more) in found {
            let [_, owner] = service::owners(db, one.object(), [one.id(), id])?;
            if access.edit.covers(owner.flatten()) && access.delete.covers(owner.flatten()) {
                allowed.push((id, name, more));
            }
        }
        Ok((name, allowed))
    })?;
    let found = found.into_iter().filter(|(id, ..)| *id != one.id());
    let page = Choose {
        found: found.map(|(id, name, more)| (name, more, format!("{path}?with={id}"))).collect(),
        is_contact: one.object() == Object::Contact,
        q: q.to_owned(),
        path,
        name,
    };
    request.page_below("Merge", &above(one), &page)
}

/// What stands above the page.
fn above(one: Record) -> [(&'static str, &'static str); 1] {
    match one {
        Record::Contact(_) => [("Contacts", "/people/contacts")],
        Record::Company(_) => [("Companies", "/people/companies")],
    }
}

fn side_by_side(
    request: &Request,
    one: Record,
    other: Record,
    takes: BTreeSet<String>,
    errors: Vec<FieldError>,
    is_stale: bool,
) -> Result<Reply, Error> {
    let access = asker::access(request, one.area());
    let directory = asker::directory(request)?;
    let (sides, owners, mut pairs) = request.read(|db| {
        let sides = [side(db, request, one, &access.view)?, side(db, request, other, &access.view)?];
        let owners = service::owners(db, one.object(), [one.id(), other.id()])?;
        Ok((sides, owners, service::pairs(db, one, other, &access.view)?))
    })?;
    for owner in owners {
        access.demand_edit(owner.flatten(), "record")?;
    }
    access.demand_delete(owners[1].flatten(), "record")?;
    let names = owners.map(|owner| owner.flatten().map(|member| directory.name(member).to_owned()).unwrap_or_default());
    if access.assign.covers(owners[0].flatten()) {
        let [one, other] = names;
        pairs.push(Pair { field: "owner".into(), label: "Owner".into(), one, other });
    }
    let is_invalid = !errors.is_empty();
    let [one_side, other_side] = sides;
    let page = Compare { one: one_side, other: other_side, pairs, takes, is_stale, errors };
    let above = above(one);
    match (is_invalid, is_stale) {
        (true, _) => request.page_with_errors("Merge", &above, &page),
        (false, true) => Ok(request.page_below("Merge", &above, &page)?.status(409)),
        (false, false) => request.page_below("Merge", &above, &page),
    }
}

fn side(db: &Db, request: &Request, record: Record, view: &Reach) -> Result<Side, Error> {
    let path = request.url(&record.path());
    Ok(match record {
        Record::Contact(id) => {
            let contact = contacts::service::get(db, id, view)?;
            let more = contact.identities.iter().map(|identity| identity.shown()).chain(contact.tags.clone());
            Side {
                id: id.0,
                version: contact.version,
                more: more.collect(),
                added: contact.created_at,
                name: contact.display_name,
                path,
            }
        }
        Record::Company(id) => {
            let company = companies::service::get(db, id, view)?;
            let more = company.identities.iter().map(|identity| identity.shown()).chain(company.tags.clone());
            Side {
                id: id.0,
                version: company.version,
                more: more.collect(),
                added: company.created_at,
                name: company.name,
                path,
            }
        }
    })
}

/// What was chosen: `other`, both versions, and `take/FIELD` = `other` for each field taken from the record
/// that goes.
struct Form {
    other: i64,
    merge: Merge,
}

fn read(request: &Request) -> Result<Form, Error> {
    let mut form = Form { other: 0, merge: Merge::default() };
    let (mut version, mut other_version) = (0, 0);
    let number = |text: &str| text.parse::<i64>().map_err(|_| Error::BadRequest("a version is a whole number".into()));
    for (name, value) in request.form_pairs()? {
        match name.as_str() {
            "other" => form.other = number(&value)?,
            "version" => version = number(&value)?,
            "other_version" => other_version = number(&value)?,
            _ => match name.strip_prefix("take/") {
                Some(field) if value == "other" => {
                    form.merge.takes.insert(field.to_owned());
                }
                Some(_) => {}
                None => {
                    return Err(Error::field(name.clone(), "unknown_field", format!("There is no field {name} here.")));
                }
            },
        }
    }
    form.merge.versions = Some((version, other_version));
    Ok(form)
}

fn merge_contacts(request: &Request) -> Result<Reply, Error> {
    let id: ContactId = request.param("id")?;
    let form = read(request)?;
    let access = asker::access(request, Area::Contacts);
    let other = ContactId(form.other);
    let done = request.write(|tx| service::merge_contacts(tx, id, other, &form.merge, &access));
    answer(request, Record::Contact(id), Record::Contact(other), form.merge, done)
}

fn merge_companies(request: &Request) -> Result<Reply, Error> {
    let id: CompanyId = request.param("id")?;
    let form = read(request)?;
    let access = asker::access(request, Area::Companies);
    let other = CompanyId(form.other);
    let done = request.write(|tx| service::merge_companies(tx, id, other, &form.merge, &access));
    answer(request, Record::Company(id), Record::Company(other), form.merge, done)
}

fn answer(
    request: &Request,
    one: Record,
    other: Record,
    merge: Merge,
    done: Result<ChangeId, Error>,
) -> Result<Reply, Error> {
    match done {
        Ok(_) => Ok(Reply::see_other(request.url(&one.path())).toast("merged")),
        Err(Error::Invalid(errors)) if one != other => side_by_side(request, one, other, merge.takes, errors, false),
        Err(Error::Stale(_)) => side_by_side(request, one, other, merge.takes, Vec::new(), true),
        Err(error) => Err(error),
    }
}
