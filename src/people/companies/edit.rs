//! The pages on which a company is added and changed.

use askama::Template;

use super::form::CompanyForm;
use super::pages::ABOVE;
use super::{Company, service};
use crate::error::{Error, FieldError};
use crate::id::CompanyId;
use crate::people::asker;
use crate::people::custom_fields::Definitions;
use crate::people::custom_fields::related::{Related, Sight};
use crate::people::custom_fields::rows::{self, Inputs};
use crate::people::form::{Fields, IdentityRow, at_fields, country_choices, identity_rows};
use crate::people::list::view::owners_with_nobody;
use crate::people::missed::{self, Stale};
use crate::people::record::{Object, Record};
use crate::permission::{Action, Area};
use crate::web::ui::{self, Choice};
use crate::web::{Reply, Request};

#[derive(Template)]
#[template(path = "people/companies/form.html")]
struct Form {
    action: String,
    back: String,
    is_new: bool,
    may_assign: bool,
    form: CompanyForm,
    errors: Vec<FieldError>,
    emails: Vec<IdentityRow>,
    phones: Vec<IdentityRow>,
    owner_id: String,
    owners: Vec<Choice>,
    countries: Vec<Choice>,
    tags: String,
    custom: Inputs,
    /// The one of this name that there is already: name, link.
    similar: Option<(String, String)>,
    stale: Option<Stale>,
}

impl Form {
    fn new(
        request: &Request,
        form: CompanyForm,
        errors: Vec<FieldError>,
        company: Option<&Company>,
    ) -> Result<Form, Error> {
        let directory = asker::directory(request)?;
        let definitions = request.read(|db| Definitions::load(db, Object::Company))?;
        let errors = at_fields(errors);
        let assign = request.reach(Action::Assign, Area::Companies);
        let (action, back) = match company {
            Some(company) => {
                let path = request.url(&Record::Company(company.id).path());
                (format!("{path}/edit"), path)
            }
            None => (request.url("/people/companies/new"), request.url("/people/companies")),
        };
        Ok(Form {
            action,
            back,
            is_new: company.is_none(),
            may_assign: company
                .map_or(request.may(Action::Assign, Area::Companies), |company| assign.covers(company.owner)),
            emails: identity_rows("emails", &form.new.emails),
            phones: identity_rows("phones", &form.new.phones),
            owner_id: form.new.owner.map(|owner| owner.to_string()).unwrap_or_default(),
            owners: owners_with_nobody(&directory),
            countries: country_choices(),
            tags: form.new.tags.join(", "),
            custom: rows::inputs(&definitions, &form.new.custom, &errors, &request.reader().zone),
            errors,
            similar: None,
            stale: None,
            form,
        })
    }
}

pub(super) fn new(request: &Request) -> Result<Reply, Error> {
    let mut form = CompanyForm::default();
    form.new.owner = Some(request.member()?.id);
    form.new.custom = request.read(|db| Definitions::load(db, Object::Company))?.defaults();
    request.page_below("Add a company", &[ABOVE], &Form::new(request, form, Vec::new(), None)?)
}

pub(super) fn create(request: &Request) -> Result<Reply, Error> {
    let mut form = read(request)?;
    if form.new.source.trim().is_empty() {
        form.new.source = "manual".into();
    }
    if !form.is_confirmed
        && let Some(known) = of_same_name(request, &form.new.name)?
    {
        let mut page = Form::new(request, form, Vec::new(), None)?;
        page.similar = Some((known.name, request.url(&Record::Company(known.id).path())));
        return Ok(request.page_below("Add a company", &[ABOVE], &page)?.status(409));
    }
    let saved = asker::owner_from_form(request, Area::Companies, form.new.owner).and_then(|owner| {
        let mut new = form.new.clone();
        new.owner = owner;
        request.write(|tx| service::create(tx, &new))
    });
    match saved {
        Ok(id) => Ok(Reply::see_other(request.url(&Record::Company(id).path())).toast("saved")),
        Err(Error::Invalid(errors)) => {
            request.page_with_errors("Add a company", &[ABOVE], &Form::new(request, form, errors, None)?)
        }
        Err(error) => Err(error),
    }
}

/// A company in sight that is called the same.
fn of_same_name(request: &Request, name: &str) -> Result<Option<Company>, Error> {
    let view = request.reach(Action::View, Area::Companies);
    request.read(|db| match service::find_by_name(db, name)? {
        None => Ok(None),
        Some(id) => match service::get(db, id, &view) {
            Err(Error::NotFound(_)) => Ok(None),
            found => found.map(Some),
        },
    })
}

pub(super) fn edit(request: &Request) -> Result<Reply, Error> {
    let company = editable(request)?;
    edit_page(request, filled(request, &company)?, Vec::new(), &company, None)
}

pub(super) fn save(request: &Request) -> Result<Reply, Error> {
    let id: CompanyId = request.param("id")?;
    let mut form = read(request)?;
    let access = asker::access(request, Area::Companies);
    let before = editable(request)?;
    if !access.assign.covers(before.owner) {
        // The form does not offer the owner to who may not choose one.
        form.new.owner = before.owner;
    } else if let Some(owner) = form.new.owner.filter(|owner| Some(*owner) != before.owner)
        && let Err(Error::Invalid(errors)) = asker::demand_active(request, owner)
    {
        return edit_page(request, form, errors, &before, None);
    }
    match request.write(|tx| service::update(tx, id, Some(form.version), &form.new, &access)) {
        Ok(_) if access.view.covers(form.new.owner) => {
            Ok(Reply::see_other(request.url(&Record::Company(id).path())).toast("saved"))
        }
        Ok(_) => Ok(Reply::see_other(request.url("/people/companies")).toast("saved")),
        Err(Error::Invalid(errors)) => edit_page(request, form, errors, &before, None),
        Err(Error::Stale(_)) => stale(request, form),
        Err(error) => Err(error),
    }
}

/// What was posted.
fn read(request: &Request) -> Result<CompanyForm, Error> {
    let definitions = request.read(|db| Definitions::load(db, Object::Company))?;
    CompanyForm::read(Fields::read(request)?, &definitions, &request.reader().zone)
}

/// The form as the company fills it.
fn filled(request: &Request, company: &Company) -> Result<CompanyForm, Error> {
    let sight = Sight::of(request);
    let related = request.read(|db| Related::read(db, &company.custom, &sight))?;
    Ok(CompanyForm::of(company, &related))
}

/// The company of the address, when the asker may change it.
fn editable(request: &Request) -> Result<Company, Error> {
    let id: CompanyId = request.param("id")?;
    let access = asker::access(request, Area::Companies);
    let company = request.read(|db| service::get(db, id, &access.view))?;
    access.demand_edit(company.owner, "company")?;
    Ok(company)
}

/// The form as it was typed, brought up to date with what somebody else changed meanwhile.
fn stale(request: &Request, mut form: CompanyForm) -> Result<Reply, Error> {
    let record = editable(request)?;
    let now = filled(request, &record)?;
    let definitions = request.read(|db| Definitions::load(db, Object::Company))?;
    let versions = (form.version, now.version);
    let stale = missed::catch_up(request, Record::Company(record.id), versions, &mut form, &now, &definitions)?;
    form.version = now.version;
    form.opened = now.opened;
    edit_page(request, form, Vec::new(), &record, Some(stale))
}

fn edit_page(
    request: &Request,
    form: CompanyForm,
    errors: Vec<FieldError>,
    company: &Company,
    stale: Option<Stale>,
) -> Result<Reply, Error> {
    let path = Record::Company(company.id).path();
    let above = [ABOVE, (company.name.as_str(), path.as_str())];
    let (is_invalid, is_stale) = (!errors.is_empty(), stale.is_some());
    let page = Form { stale, ..Form::new(request, form, errors, Some(company))? };
    if is_invalid {
        return request.page_with_errors("Change", &above, &page);
    }
    Ok(request.page_below("Change", &above, &page)?.status(if is_stale { 409 } else { 200 }))
}
