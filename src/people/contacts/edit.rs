//! The pages on which a contact is added and changed.

use askama::Template;
use serde::Deserialize;

use super::Contact;
use super::form::ContactForm;
use super::pages::ABOVE;
use super::service::{self, Similar};
use crate::error::{Error, FieldError};
use crate::id::{CompanyId, ContactId};
use crate::people::asker;
use crate::people::companies;
use crate::people::custom_fields::Definitions;
use crate::people::custom_fields::related::{Related, Sight};
use crate::people::custom_fields::rows::{self, Inputs};
use crate::people::form::{Fields, IdentityRow, at_fields, country_choices, identity_rows};
use crate::people::list::view::owners_with_nobody;
use crate::people::missed::{self, Stale};
use crate::people::record::{Object, Record};
use crate::permission::{Action, Area};
use crate::privacy::restriction;
use crate::web::ui::{self, Choice};
use crate::web::{Reply, Request};

#[derive(Template)]
#[template(path = "people/contacts/form.html")]
struct Form {
    action: String,
    back: String,
    is_new: bool,
    may_assign: bool,
    form: ContactForm,
    errors: Vec<FieldError>,
    emails: Vec<IdentityRow>,
    phones: Vec<IdentityRow>,
    owner_id: String,
    owners: Vec<Choice>,
    countries: Vec<Choice>,
    tags: String,
    custom: Inputs,
    /// Who may be the same person: name, company, link.
    similar: Vec<(String, String, String)>,
    stale: Option<Stale>,
}

impl Form {
    fn new(
        request: &Request,
        form: ContactForm,
        errors: Vec<FieldError>,
        contact: Option<&Contact>,
    ) -> Result<Form, Error> {
        let directory = asker::directory(request)?;
        let definitions = request.read(|db| Definitions::load(db, Object::Contact))?;
        let errors = at_fields(errors);
        let assign = request.reach(Action::Assign, Area::Contacts);
        let (action, back) = match contact {
            Some(contact) => {
                let path = request.url(&Record::Contact(contact.id).path());
                (format!("{path}/edit"), path)
            }
            None => (request.url("/people/contacts/new"), request.url("/people/contacts")),
        };
        Ok(Form {
            action,
            back,
            is_new: contact.is_none(),
            may_assign: contact
                .map_or(request.may(Action::Assign, Area::Contacts), |contact| assign.covers(contact.owner)),
            emails: identity_rows("emails", &form.new.emails),
            phones: identity_rows("phones", &form.new.phones),
            owner_id: form.new.owner.map(|owner| owner.to_string()).unwrap_or_default(),
            owners: owners_with_nobody(&directory),
            countries: country_choices(),
            tags: form.tags_line(),
            custom: rows::inputs(&definitions, &form.new.custom, &errors, &request.reader().zone),
            errors,
            similar: Vec::new(),
            stale: None,
            form,
        })
    }
}

/// What the address of the empty form may say: a company to begin with.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Begin {
    company: String,
}

pub(super) fn new(request: &Request) -> Result<Reply, Error> {
    let begin: Begin = request.query()?;
    let mut form = ContactForm::default();
    form.new.owner = Some(request.member()?.id);
    form.new.custom = request.read(|db| Definitions::load(db, Object::Contact))?.defaults();
    if let Ok(company) = begin.company.parse::<CompanyId>() {
        let view = request.reach(Action::View, Area::Companies);
        form.company = request.read(|db| companies::service::get(db, company, &view))?.name;
    }
    request.page_below("Add a contact", &[ABOVE], &Form::new(request, form, Vec::new(), None)?)
}

pub(super) fn create(request: &Request) -> Result<Reply, Error> {
    let mut form = read(request)?;
    if form.new.source.trim().is_empty() {
        form.new.source = "manual".into();
    }
    let view = request.reach(Action::View, Area::Contacts);
    let may_add_company = request.may(Action::Edit, Area::Companies);
    if !form.is_confirmed {
        let similar = request.read(|db| {
            let mut new = form.new.clone();
            new.company = companies::service::find_by_name(db, &form.company)?;
            service::similar(db, &new, &view)
        })?;
        if !similar.is_empty() {
            return warn(request, form, similar);
        }
    }
    let saved = asker::owner_from_form(request, Area::Contacts, form.new.owner).and_then(|owner| {
        request.write(|tx| {
            let mut form = form.clone();
            form.new.owner = owner;
            form.settle_company(tx, None, may_add_company)?;
            service::create(tx, &form.new, &view)
        })
    });
    match saved {
        Ok(id) => Ok(Reply::see_other(request.url(&Record::Contact(id).path())).toast("saved")),
        Err(Error::Invalid(errors)) => {
            request.page_with_errors("Add a contact", &[ABOVE], &Form::new(request, form, errors, None)?)
        }
        Err(error) => Err(error),
    }
}

/// The form again, with those who may be the same person: nothing was saved.
fn warn(request: &Request, form: ContactForm, similar: Vec<Similar>) -> Result<Reply, Error> {
    let mut page = Form::new(request, form, Vec::new(), None)?;
    let link = |similar: Similar| (similar.name, similar.company, request.url(&Record::Contact(similar.id).path()));
    page.similar = similar.into_iter().map(link).collect();
    Ok(request.page_below("Add a contact", &[ABOVE], &page)?.status(409))
}

pub(super) fn edit(request: &Request) -> Result<Reply, Error> {
    let contact = editable(request)?;
    restriction::reading::note(request, super::RECORD.word, contact.id.0, "form")?;
    edit_page(request, filled(request, &contact)?, Vec::new(), &contact, None)
}

pub(super) fn save(request: &Request) -> Result<Reply, Error> {
    let id: ContactId = request.param("id")?;
    let mut form = read(request)?;
    let access = asker::access(request, Area::Contacts);
    let may_add_company = request.may(Action::Edit, Area::Companies);
    let before = editable(request)?;
    let is_given_away = form.new.owner != before.owner;
    if !access.assign.covers(before.owner) {
        // The form does not offer the owner to who may not choose one.
        form.new.owner = before.owner;
    } else if let (true, Some(owner)) = (is_given_away, form.new.owner)
        && let Err(Error::Invalid(errors)) = asker::demand_active(request, owner)
    {
        return edit_page(request, form, errors, &before, None);
    }
    let saved = request.write(|tx| {
        let mut form = form.clone();
        let before = service::get(tx, id, &access.view)?;
        form.settle_company(tx, Some(&before), may_add_company)?;
        service::update(tx, id, Some(form.version), &form.new, &access)
    });
    match saved {
        Ok(_) if access.view.covers(form.new.owner) => {
            Ok(Reply::see_other(request.url(&Record::Contact(id).path())).toast("saved"))
        }
        Ok(_) => Ok(Reply::see_other(request.url("/people/contacts")).toast("saved")),
        Err(Error::Invalid(errors)) => edit_page(request, form, errors, &before, None),
        Err(Error::Stale(_)) => stale(request, form),
        Err(error) => Err(error),
    }
}

/// What was posted.
fn read(request: &Request) -> Result<ContactForm, Error> {
    let definitions = request.read(|db| Definitions::load(db, Object::Contact))?;
    ContactForm::read(Fields::read(request)?, &definitions, &request.reader().zone)
}

/// The form as the contact fills it.
fn filled(request: &Request, contact: &Contact) -> Result<ContactForm, Error> {
    let sight = Sight::of(request);
    let related = request.read(|db| Related::read(db, &contact.custom, &sight))?;
    Ok(ContactForm::of(contact, &related))
}

/// The contact of the address, when the asker may change it.
fn editable(request: &Request) -> Result<Contact, Error> {
    let id: ContactId = request.param("id")?;
    let access = asker::access(request, Area::Contacts);
    let contact = request.read(|db| service::get(db, id, &access.view))?;
    access.demand_edit(contact.owner, "contact")?;
    Ok(contact)
}

/// The form as it was typed, brought up to date with what somebody else changed meanwhile.
fn stale(request: &Request, mut form: ContactForm) -> Result<Reply, Error> {
    let record = editable(request)?;
    let now = filled(request, &record)?;
    let definitions = request.read(|db| Definitions::load(db, Object::Contact))?;
    let versions = (form.version, now.version);
    let stale = missed::catch_up(request, Record::Contact(record.id), versions, &mut form, &now, &definitions)?;
    form.version = now.version;
    form.opened = now.opened;
    edit_page(request, form, Vec::new(), &record, Some(stale))
}

fn edit_page(
    request: &Request,
    form: ContactForm,
    errors: Vec<FieldError>,
    contact: &Contact,
    stale: Option<Stale>,
) -> Result<Reply, Error> {
    let path = Record::Contact(contact.id).path();
    let above = [ABOVE, (contact.display_name.as_str(), path.as_str())];
    let (is_invalid, is_stale) = (!errors.is_empty(), stale.is_some());
    let page = Form { stale, ..Form::new(request, form, errors, Some(contact))? };
    if is_invalid {
        return request.page_with_errors("Change", &above, &page);
    }
    Ok(request.page_below("Change", &above, &page)?.status(if is_stale { 409 } else { 200 }))
}
