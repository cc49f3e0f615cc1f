//! `/api/v1/companies`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Company, NewCompany, service, store};
use crate::db::Db;
use crate::error::Error;
use crate::id::{CompanyId, MemberId};
use crate::members::directory::Directory;
use crate::people::list::api::{self, Collection, QUERY};
use crate::people::list::filter::COMPANIES;
use crate::people::record::Record;
use crate::people::wire::{
    self, AddressBody, AddressWire, IdentityBody, IdentityWire, Named, Reference, patch_address, patch_list,
    patch_text, present,
};
use crate::people::{asker, attachments, custom_fields, missed};
use crate::permission::{Action, Area};
use crate::web::{Access, Operation, Reply, Request, Route, idempotency, schema};

const VIEW: Access = Access::may(Action::View, Area::Companies);
const EDIT: Access = Access::may(Action::Edit, Area::Companies);
const DELETE: Access = Access::may(Action::Delete, Area::Companies);

pub const ROUTES: &[Route] = &[
    Route::get("/api/v1/companies", VIEW, list).api(&Operation {
        summary: "Lists companies.",
        query: QUERY,
        request: None,
        status: 200,
        response: Some(schema::<Collection<CompanyWire>>),
    }),
    Route::post("/api/v1/companies", EDIT, create).api(&Operation {
        summary: "Adds a company.",
        query: &[],
        request: Some(schema::<CompanyBody>),
        status: 201,
        response: Some(schema::<CompanyWire>),
    }),
    Route::get("/api/v1/companies/{id}", VIEW, show).api(&Operation {
        summary: "Gives a company.",
        query: &[],
        request: None,
        status: 200,
        response: Some(schema::<CompanyWire>),
    }),
    Route::patch("/api/v1/companies/{id}", EDIT, change).api(&Operation {
        summary: "Changes the fields of a company that are sent (JSON merge patch).",
        query: &[],
        request: Some(schema::<CompanyBody>),
        status: 200,
        response: Some(schema::<CompanyWire>),
    }),
    Route::delete("/api/v1/companies/{id}", DELETE, delete).versioned().api(&Operation {
        summary: "Deletes a company with everything that hangs on it.",
        query: &[],
        request: None,
        status: 204,
        response: None,
    }),
];

/// A company.
#[derive(Serialize, JsonSchema)]
pub struct CompanyWire {
    id: CompanyId,
    version: i64,
    name: String,
    domain: String,
    emails: Vec<IdentityWire>,
    phones: Vec<IdentityWire>,
    address: Option<AddressWire>,
    owner: Option<Named<MemberId>>,
    tags: Vec<String>,
    /// Fields of the workspace's own, by key (`/api/v1/custom-fields`). Numbers, texts, true or false, lists of
    /// choices, `{"amount","currency"}`, `{"id"}` of a record.
    custom: BTreeMap<String, serde_json::Value>,
    source: String,
    archived: bool,
    created_at: String,
    updated_at: String,
}

/// A company in the shape of the API, for files too.
pub fn wire(company: &Company, directory: &Directory) -> CompanyWire {
    CompanyWire::new(company.clone(), directory)
}

impl CompanyWire {
    fn new(company: Company, directory: &Directory) -> CompanyWire {
        CompanyWire {
            id: company.id,
            version: company.version,
            emails: company.emails().map(IdentityWire::from).collect(),
            phones: company.phones().map(IdentityWire::from).collect(),
            address: wire::address(&company.address),
            name: company.name,
            domain: company.domain,
            owner: wire::owner(directory, company.owner),
            tags: company.tags,
            custom: custom_fields::wire::custom(&company.custom),
            source: company.source,
            archived: company.archived_at.is_some(),
            created_at: company.created_at.rfc3339(),
            updated_at: company.updated_at.rfc3339(),
        }
    }
}

/// A company as JSON, for exports: the same shape as here.
pub fn json(company: Company, directory: &Directory) -> Result<serde_json::Value, Error> {
    Ok(serde_json::to_value(CompanyWire::new(company, directory))?)
}

/// What can be sent. On `PATCH` absent fields stay as they are, and null empties a field.
#[derive(Deserialize, JsonSchema, Default)]
#[serde(deny_unknown_fields, default)]
struct CompanyBody {
    #[serde(deserialize_with = "present")]
    name: Option<Option<String>>,
    #[serde(deserialize_with = "present")]
    domain: Option<Option<String>>,
    #[serde(deserialize_with = "present")]
    emails: Option<Option<Vec<IdentityBody>>>,
    #[serde(deserialize_with = "present")]
    phones: Option<Option<Vec<IdentityBody>>>,
    #[serde(deserialize_with = "present")]
    address: Option<Option<AddressBody>>,
    /// By their id. Absent on `POST`: the member of the token.
    #[serde(deserialize_with = "present")]
    owner: Option<Option<Reference>>,
    /// Short for `owner` by their id.
    #[serde(deserialize_with = "present")]
    owner_id: Option<Option<i64>>,
    #[serde(deserialize_with = "present")]
    tags: Option<Option<Vec<String>>>,
    /// Only the fields that are sent change; null empties one.
    custom: Option<BTreeMap<String, serde_json::Value>>,
    #[serde(deserialize_with = "present")]
    source: Option<Option<String>>,
    archived: Option<bool>,
}

impl CompanyBody {
    /// The owner that was sent, in either way of naming one.
    fn take_owner(&mut self) -> Option<Option<Reference>> {
        self.owner.take().or(self.owner_id.take().map(|id| id.map(Reference::to)))
    }

    /// Writes what was sent into a company. The owner is checked by the caller, who knows the members.
    fn patch(self, new: &mut NewCompany) -> Result<(), Error> {
        patch_text(&mut new.name, self.name);
        patch_text(&mut new.domain, self.domain);
        patch_list(&mut new.emails, self.emails);
        patch_list(&mut new.phones, self.phones);
        patch_address(&mut new.address, self.address);
        patch_list(&mut new.tags, self.tags);
        new.custom = custom_fields::wire::typed(self.custom.unwrap_or_default())?;
        patch_text(&mut new.source, self.source);
        Ok(())
    }
}

fn list(request: &Request) -> Result<Reply, Error> {
    let directory = asker::directory(request)?;
    let reach = request.reach(Action::View, Area::Companies);
    let wire = |company| CompanyWire::new(company, &directory);
    Reply::json(&api::collection(request, &COMPANIES, &reach, store::page, store::count, wire)?)
}

fn show(request: &Request) -> Result<Reply, Error> {
    let id: CompanyId = request.param("id")?;
    let view = request.reach(Action::View, Area::Companies);
    let directory = asker::directory(request)?;
    let company = request.read(|db| service::get(db, id, &view))?;
    answer(company, &directory)
}

fn create(request: &Request) -> Result<Reply, Error> {
    let mut body: CompanyBody = request.json()?;
    let directory = asker::directory(request)?;
    let access = asker::access(request, Area::Companies);
    let owner = match body.take_owner() {
        Some(None) => asker::owner_from_form(request, Area::Companies, None)?,
        Some(Some(owner)) => asker::new_owner(request, Area::Companies, Some(owner.member()?))?,
        None => asker::new_owner(request, Area::Companies, None)?,
    };
    let is_archived = body.archived == Some(true);
    idempotency::write(request, |tx| {
        let mut new = NewCompany { owner, source: "api".into(), ..NewCompany::default() };
        body.patch(&mut new)?;
        let id = service::create(tx, &new)?;
        if is_archived {
            service::set_archived(tx, id, None, true, &access)?;
        }
        let company = read(tx, id)?;
        Reply::created(format!("/api/v1/companies/{id}"), &CompanyWire::new(company, &directory))
    })
}

fn change(request: &Request) -> Result<Reply, Error> {
    let id: CompanyId = request.param("id")?;
    let version = request.if_match()?;
    let mut body: CompanyBody = request.json()?;
    let directory = asker::directory(request)?;
    let access = asker::access(request, Area::Companies);
    let owner = match body.take_owner() {
        Some(Some(owner)) => Some(Some(asker::demand_active(request, owner.member()?)?)),
        Some(None) => Some(None),
        None => None,
    };
    let changed = request.write(|tx| {
        let before = service::get(tx, id, &access.view)?;
        access.demand_edit(before.owner, "company")?;
        if before.version != version {
            return Err(Error::Stale(before.version));
        }
        let mut new = before.to_new();
        new.owner = owner.unwrap_or(before.owner);
        let archived = body.archived;
        body.patch(&mut new)?;
        service::update(tx, id, Some(version), &new, &access)?;
        if let Some(archived) = archived {
            // The company may be another's by now; whether it may be changed was asked above.
            service::set_archived(tx, id, None, archived, &crate::people::record::Access::everything())?;
        }
        read(tx, id)
    });
    match changed {
        Err(Error::Stale(_)) => stale(request, id, version),
        changed => answer(changed?, &directory),
    }
}

fn delete(request: &Request) -> Result<Reply, Error> {
    let id: CompanyId = request.param("id")?;
    let version = wire::version_if_sent(request)?;
    let access = asker::access(request, Area::Companies);
    match request.write(|tx| service::delete(tx, id, version, &access)) {
        Err(Error::Stale(_)) => return stale(request, id, version.unwrap_or_default()),
        deleted => deleted?,
    }
    attachments::pages::clear(request)?;
    Ok(Reply::nothing())
}

/// What others changed since the version `opened`.
fn stale(request: &Request, id: CompanyId, opened: i64) -> Result<Reply, Error> {
    let view = request.reach(Action::View, Area::Companies);
    let now = request.read(|db| service::get(db, id, &view))?;
    let version = now.version;
    let wire = CompanyWire::new(now, &asker::directory(request)?);
    missed::answer(request, Record::Company(id), opened, version, &wire)
}

/// The company that was just written, whoever owns it now.
fn read(db: &Db, id: CompanyId) -> Result<Company, Error> {
    service::get(db, id, &crate::visitor::Reach::Everything)
}

fn answer(company: Company, directory: &Directory) -> Result<Reply, Error> {
    let tag = wire::entity_tag(company.version);
    Ok(Reply::json(&CompanyWire::new(company, directory))?.header("ETag", tag))
}
