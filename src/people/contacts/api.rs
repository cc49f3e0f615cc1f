//! `/api/v1/contacts`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Contact, NewContact, service, store};
use crate::db::{Db, Tx};
use crate::error::Error;
use crate::id::{CompanyId, ContactId, MemberId};
use crate::members::directory::Directory;
use crate::people::list::api::{self, Collection, QUERY};
use crate::people::list::filter::CONTACTS;
use crate::people::record::Record;
use crate::people::wire::{
    self, AddressBody, AddressWire, IdentityBody, IdentityWire, Named, Reference, patch_address, patch_list,
    patch_text, present,
};
use crate::people::{asker, attachments, companies, custom_fields, missed};
use crate::permission::{Action, Area};
use crate::privacy::restriction;
use crate::web::{Access, Operation, Reply, Request, Route, idempotency, schema};

const VIEW: Access = Access::may(Action::View, Area::Contacts);
const EDIT: Access = Access::may(Action::Edit, Area::Contacts);
const DELETE: Access = Access::may(Action::Delete, Area::Contacts);

pub const ROUTES: &[Route] = &[
    Route::get("/api/v1/contacts", VIEW, list).api(&Operation {
        summary: "Lists contacts.",
        query: QUERY,
        request: None,
        status: 200,
        response: Some(schema::<Collection<ContactWire>>),
    }),
    Route::post("/api/v1/contacts", EDIT, create).api(&Operation {
        summary: "Adds a contact.",
        query: &[],
        request: Some(schema::<ContactBody>),
        status: 201,
        response: Some(schema::<ContactWire>),
    }),
    Route::get("/api/v1/contacts/{id}", VIEW, show).api(&Operation {
        summary: "Gives a contact.",
        query: &[],
        request: None,
        status: 200,
        response: Some(schema::<ContactWire>),
    }),
    Route::patch("/api/v1/contacts/{id}", EDIT, change).api(&Operation {
        summary: "Changes the fields of a contact that are sent (JSON merge patch).",
        query: &[],
        request: Some(schema::<ContactBody>),
        status: 200,
        response: Some(schema::<ContactWire>),
    }),
    Route::delete("/api/v1/contacts/{id}", DELETE, delete).versioned().api(&Operation {
        summary: "Deletes a contact with everything that hangs on it.",
        query: &[],
        request: None,
        status: 204,
        response: None,
    }),
];

/// A contact.
#[derive(Serialize, JsonSchema)]
pub struct ContactWire {
    id: ContactId,
    version: i64,
    given_name: String,
    family_name: String,
    display_name: String,
    job_title: String,
    company: Option<Named<CompanyId>>,
    emails: Vec<IdentityWire>,
    phones: Vec<IdentityWire>,
    address: Option<AddressWire>,
    language: String,
    time_zone: String,
    owner: Option<Named<MemberId>>,
    tags: Vec<String>,
    /// Fields of the workspace's own, by key (`/api/v1/custom-fields`). Numbers, texts, true or false, lists of
    /// choices, `{"amount","currency"}`, `{"id"}` of a record.
    custom: BTreeMap<String, serde_json::Value>,
    source: String,
    /// The person asked for processing to be restricted: keep the data, but do not use it.
    restricted: bool,
    archived: bool,
    created_at: String,
    updated_at: String,
    last_activity_at: Option<String>,
}

/// A contact in the shape of the API, for files too.
pub fn wire(contact: &Contact, directory: &Directory) -> ContactWire {
    ContactWire::new(contact.clone(), directory)
}

impl ContactWire {
    fn new(contact: Contact, directory: &Directory) -> ContactWire {
        ContactWire {
            id: contact.id,
            version: contact.version,
            emails: contact.emails().map(IdentityWire::from).collect(),
            phones: contact.phones().map(IdentityWire::from).collect(),
            address: wire::address(&contact.address),
            given_name: contact.given_name,
            family_name: contact.family_name,
            display_name: contact.display_name,
            job_title: contact.job_title,
            company: contact.company.map(|(id, name)| Named { id, name }),
            language: contact.language,
            time_zone: contact.time_zone,
            owner: wire::owner(directory, contact.owner),
            tags: contact.tags,
            custom: custom_fields::wire::custom(&contact.custom),
            source: contact.source,
            restricted: contact.restricted,
            archived: contact.archived_at.is_some(),
            created_at: contact.created_at.rfc3339(),
            updated_at: contact.updated_at.rfc3339(),
            last_activity_at: contact.last_activity_at.map(|at| at.rfc3339()),
        }
    }
}

/// A contact as JSON, for exports: the same shape as here.
pub fn json(contact: Contact, directory: &Directory) -> Result<serde_json::Value, Error> {
    Ok(serde_json::to_value(ContactWire::new(contact, directory))?)
}

/// What can be sent. On `PATCH` absent fields stay as they are, and null empties a field.
#[derive(Deserialize, JsonSchema, Default)]
#[serde(deny_unknown_fields, default)]
struct ContactBody {
    #[serde(deserialize_with = "present")]
    given_name: Option<Option<String>>,
    #[serde(deserialize_with = "present")]
    family_name: Option<Option<String>>,
    /// Empty: made of the names.
    #[serde(deserialize_with = "present")]
    display_name: Option<Option<String>>,
    #[serde(deserialize_with = "present")]
    job_title: Option<Option<String>>,
    /// By its id, or by its name: one that is not known is added.
    #[serde(deserialize_with = "present")]
    company: Option<Option<Reference>>,
    /// Short for `company` by its id.
    #[serde(deserialize_with = "present")]
    company_id: Option<Option<i64>>,
    #[serde(deserialize_with = "present")]
    emails: Option<Option<Vec<IdentityBody>>>,
    #[serde(deserialize_with = "present")]
    phones: Option<Option<Vec<IdentityBody>>>,
    #[serde(deserialize_with = "present")]
    address: Option<Option<AddressBody>>,
    #[serde(deserialize_with = "present")]
    language: Option<Option<String>>,
    #[serde(deserialize_with = "present")]
    time_zone: Option<Option<String>>,
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
    /// Somebody who was erased came back on their own: their address is taken again, which the audit log says.
    came_back: Option<bool>,
}

impl ContactBody {
    /// The owner that was sent, in either way of naming one.
    fn take_owner(&mut self) -> Option<Option<Reference>> {
        self.owner.take().or(self.owner_id.take().map(|id| id.map(Reference::to)))
    }

    /// Writes what was sent into a contact. The owner is checked by the caller, who knows the members.
    fn patch(self, tx: &Tx, new: &mut NewContact, companies: &companies::Reach) -> Result<(), Error> {
        patch_text(&mut new.given_name, self.given_name);
        patch_text(&mut new.family_name, self.family_name);
        patch_text(&mut new.display_name, self.display_name);
        patch_text(&mut new.job_title, self.job_title);
        patch_list(&mut new.emails, self.emails);
        patch_list(&mut new.phones, self.phones);
        patch_address(&mut new.address, self.address);
        patch_text(&mut new.language, self.language);
        patch_text(&mut new.time_zone, self.time_zone);
        patch_list(&mut new.tags, self.tags);
        new.custom = custom_fields::wire::typed(self.custom.unwrap_or_default())?;
        patch_text(&mut new.source, self.source);
        new.came_back = self.came_back.unwrap_or(false);
        let company = self.company.or(self.company_id.map(|id| id.map(Reference::to)));
        if let Some(company) = company {
            new.company = company.map(|company| companies.find(tx, &company)).transpose()?;
        }
        Ok(())
    }
}

fn list(request: &Request) -> Result<Reply, Error> {
    let directory = asker::directory(request)?;
    let reach = request.reach(Action::View, Area::Contacts);
    let wire = |contact| ContactWire::new(contact, &directory);
    Reply::json(&api::collection(request, &CONTACTS, &reach, store::page, store::count, wire)?)
}

fn show(request: &Request) -> Result<Reply, Error> {
    let id: ContactId = request.param("id")?;
    let view = request.reach(Action::View, Area::Contacts);
    let directory = asker::directory(request)?;
    let contact = request.read(|db| service::get(db, id, &view))?;
    restriction::reading::note(request, super::RECORD.word, id.0, "api")?;
    answer(contact, &directory)
}

fn create(request: &Request) -> Result<Reply, Error> {
    let mut body: ContactBody = request.json()?;
    let directory = asker::directory(request)?;
    let access = asker::access(request, Area::Contacts);
    let companies = companies::Reach::of(request);
    let owner = match body.take_owner() {
        Some(None) => asker::owner_from_form(request, Area::Contacts, None)?,
        Some(Some(owner)) => asker::new_owner(request, Area::Contacts, Some(owner.member()?))?,
        None => asker::new_owner(request, Area::Contacts, None)?,
    };
    let is_archived = body.archived == Some(true);
    idempotency::write(request, |tx| {
        let mut new = NewContact { owner, source: "api".into(), ..NewContact::default() };
        body.patch(tx, &mut new, &companies)?;
        let id = service::create(tx, &new, &access.view)?;
        if is_archived {
            service::set_archived(tx, id, None, true, &access)?;
        }
        let contact = read(tx, id)?;
        Reply::created(format!("/api/v1/contacts/{id}"), &ContactWire::new(contact, &directory))
    })
}

fn change(request: &Request) -> Result<Reply, Error> {
    let id: ContactId = request.param("id")?;
    let version = request.if_match()?;
    let mut body: ContactBody = request.json()?;
    let directory = asker::directory(request)?;
    let access = asker::access(request, Area::Contacts);
    let companies = companies::Reach::of(request);
    let owner = match body.take_owner() {
        Some(Some(owner)) => Some(Some(asker::demand_active(request, owner.member()?)?)),
        Some(None) => Some(None),
        None => None,
    };
    let changed = request.write(|tx| {
        let before = service::get(tx, id, &access.view)?;
        access.demand_edit(before.owner, "contact")?;
        if before.version != version {
            return Err(Error::Stale(before.version));
        }
        let mut new = before.to_new();
        new.owner = owner.unwrap_or(before.owner);
        let archived = body.archived;
        body.patch(tx, &mut new, &companies)?;
        service::update(tx, id, Some(version), &new, &access)?;
        if let Some(archived) = archived {
            // The contact may be another's by now; whether it may be changed was asked above.
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
    let id: ContactId = request.param("id")?;
    let version = wire::version_if_sent(request)?;
    let access = asker::access(request, Area::Contacts);
    match request.write(|tx| service::delete(tx, id, version, &access)) {
        Err(Error::Stale(_)) => return stale(request, id, version.unwrap_or_default()),
        deleted => deleted?,
    }
    attachments::pages::clear(request)?;
    Ok(Reply::nothing())
}

/// What others changed since the version `opened`.
fn stale(request: &Request, id: ContactId, opened: i64) -> Result<Reply, Error> {
    let view = request.reach(Action::View, Area::Contacts);
    let now = request.read(|db| service::get(db, id, &view))?;
    let version = now.version;
    let wire = ContactWire::new(now, &asker::directory(request)?);
    missed::answer(request, Record::Contact(id), opened, version, &wire)
}

/// The contact that was just written, whoever owns it now.
fn read(db: &Db, id: ContactId) -> Result<Contact, Error> {
    service::get(db, id, &crate::visitor::Reach::Everything)
}

fn answer(contact: Contact, directory: &Directory) -> Result<Reply, Error> {
    let tag = wire::entity_tag(contact.version);
    Ok(Reply::json(&ContactWire::new(contact, directory))?.header("ETag", tag))
}
