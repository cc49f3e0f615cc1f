//! `/people/duplicates`: pairs that may be one; `/people/contacts/{id}/merge`: two records side by side.

use std::collections::{BTreeSet, HashMap};

use askama::Template;
use serde::Deserialize;

use super::service::{self, Merge};
use super::{Beside, Brief, Candidate, Pair, jobs};
use crate::error::{Error, FieldError};
use crate::id::{CandidateId, ChangeId, CompanyId, ContactId, MemberId};
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
        let (candidates, total, records) = request.read(|db| {
            let candidates = service::open(db, *object, &view, SHOWN)?;
            let ids: Vec<i64> = candidates.iter().flat_map(|pair| [pair.one, pair.other]).collect();
            let records = service::briefs(db, *object, &ids)?;
            Ok((candidates, service::count_open(db, *object, &view)?, records))
        })?;
        let records: HashMap<i64, Brief> = records.into_iter().map(|record| (record.id, record)).collect();
        let pairs = candidates.into_iter().filter_map(|candidate| line(request, *object, candidate, &records));
        groups.push(Group { object: *object, total, pairs: pairs.collect() });
    }
    let may_search = request.may(Action::Edit, Area::Contacts);
    request.page("Duplicates", &List { base: request.url("/people/duplicates"), groups, may_search })
}

/// A pair with both names.
fn line(request: &Request, object: Object, candidate: Candidate, records: &HashMap<i64, Brief>) -> Option<Line> {
    let (one, other) = (records.get(&candidate.one)?, records.get(&candidate.other)?);
    let access = asker::access(request, object.area());
    let place = |record: &Brief| request.url(&object.record(record.id).path());
    let may_dismiss = access.edit.covers(one.owner) && access.edit.covers(other.owner);
    let may_merge = may_dismiss && access.delete.covers(other.owner);
    Some(Line {
        merge: may_merge.then(|| format!("{}/merge?with={}", place(one), other.id)),
        may_dismiss,
        one: (one.name.clone(), place(one)),
        other: (other.name.clone(), place(other)),
        more: (one.more.clone(), other.more.clone()),
        candidate,
    })
}

fn search_again(request: &Request) -> Result<Reply, Error> {
    crate::jobs::ask(&request.app, &jobs::FIND, Some(request.member()?.workspace_id()))?;
    Ok(Reply::see_other(request.url("/people/duplicates")).toast("duplicates-asked"))
}

fn dismiss(request: &Request) -> Result<Reply, Error> {
    let id: CandidateId = request.param("id")?;
    request.write(|tx| service::dismiss(tx, id, |object| request.reach(Action::Edit, object.area())))?;
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
    errors: Vec<FieldError>,
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
        Some(_) => choose(request, one, "", vec![service::same_record()]),
        None => choose(request, one, &with.q, Vec::new()),
    }
}

/// The question which record is the same, with what a search finds.
fn choose(request: &Request, one: Record, q: &str, errors: Vec<FieldError>) -> Result<Reply, Error> {
    let access = asker::access(request, one.area());
    let view = access.view.clone();
    let index = if one.object() == Object::Contact { Index::Contacts } else { Index::Companies };
    let path = format!("{}/merge", request.url(&one.path()));
    let (name, found) = request.read(|db| {
        let this = one.find(db)?.filter(|found| view.covers(found.owner)).ok_or(Error::NotFound("record"))?;
        let name = this.name;
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
        let ids: Vec<i64> = found.iter().map(|(id, ..)| *id).collect();
        let owners: HashMap<i64, Option<MemberId>> =
            service::briefs(db, one.object(), &ids)?.into_iter().map(|record| (record.id, record.owner)).collect();
        let may =
            |id: &i64| owners.get(id).is_some_and(|owner| access.edit.covers(*owner) && access.delete.covers(*owner));
        let allowed: Vec<(i64, String, String)> = found.into_iter().filter(|(id, ..)| may(id)).collect();
        Ok((name, allowed))
    })?;
    let found = found.into_iter().filter(|(id, ..)| *id != one.id());
    let page = Choose {
        found: found.map(|(id, name, more)| (name, more, format!("{path}?with={id}"))).collect(),
        is_contact: one.object() == Object::Contact,
        q: q.to_owned(),
        // They stand where one searches for another record.
        errors: errors.into_iter().map(|error| FieldError { field: "q".into(), ..error }).collect(),
        path,
        name,
    };
    match page.errors.is_empty() {
        true => request.page_below("Merge", &above(one), &page),
        false => request.page_with_errors("Merge", &above(one), &page),
    }
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
    let (sides, mut pairs) = request.read(|db| service::compare(db, one, other, &access.view))?;
    let owners = [sides[0].owner, sides[1].owner];
    owners.iter().try_for_each(|owner| access.demand_edit(*owner, "record"))?;
    access.demand_delete(owners[1], "record")?;
    if access.assign.covers(owners[0]) {
        let [one, other] =
            owners.map(|owner| owner.map(|member| directory.name(member).to_owned()).unwrap_or_default());
        pairs.push(Pair { field: "owner".into(), label: "Owner".into(), one, other });
    }
    let is_invalid = !errors.is_empty();
    let side = |beside: &Beside| Side {
        id: beside.record.id(),
        version: beside.version,
        name: beside.name.clone(),
        path: request.url(&beside.record.path()),
        more: beside.more.clone(),
        added: beside.added,
    };
    let page = Compare { one: side(&sides[0]), other: side(&sides[1]), pairs, takes, is_stale, errors };
    let above = above(one);
    match (is_invalid, is_stale) {
        (true, _) => request.page_with_errors("Merge", &above, &page),
        (false, true) => Ok(request.page_below("Merge", &above, &page)?.status(409)),
        (false, false) => request.page_below("Merge", &above, &page),
    }
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
    merge(request, Record::Contact(request.param("id")?))
}

fn merge_companies(request: &Request) -> Result<Reply, Error> {
    merge(request, Record::Company(request.param("id")?))
}

fn merge(request: &Request, one: Record) -> Result<Reply, Error> {
    let form = read(request)?;
    let access = asker::access(request, one.area());
    let other = one.object().record(form.other);
    let done = request.write(|tx| service::merge(tx, one, other, &form.merge, &access));
    answer(request, one, other, form.merge, done)
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
        Err(Error::Invalid(errors)) if one == other => choose(request, one, "", errors),
        Err(Error::Invalid(errors)) => side_by_side(request, one, other, merge.takes, errors, false),
        Err(Error::Stale(_)) => side_by_side(request, one, other, merge.takes, Vec::new(), true),
        Err(error) => Err(error),
    }
}
