//! The company beside a person in one row of a file: found or made, and filled by what the row says of it.

use std::collections::HashMap;

use super::draft::{self, Draft};
use super::fields::COMPANY;
use super::record::{Judge, Outcome};
use super::{Counts, Mode};
use crate::db::{Db, Tx};
use crate::error::{Error, FieldError};
use crate::id::CompanyId;
use crate::people::companies::{Company, NewCompany, service};
use crate::people::merging::likeness::{are_close, bare_company};
use crate::people::record::Record;
use crate::people::text::{fold, sort_key};
use crate::people::undo::{Change, Made};
use crate::visitor::Reach;

/// The companies of a batch: many people work at one, and each row says the same of it.
#[derive(Default)]
pub struct Employers {
    done: HashMap<String, (CompanyId, NewCompany)>,
    /// How many were made and changed.
    pub counts: Counts,
}

/// The company that the row describes.
fn described(draft: &Draft) -> NewCompany {
    let name = if draft.company.is_empty() { draft.beside.domain.clone() } else { draft.company.clone() };
    NewCompany { name, ..draft.beside.clone() }
}

/// Whether what the row says about its company keeps the rules: says why the row is left out. Changes nothing.
pub fn check(judge: &Judge, db: &Db, draft: &Draft, country: &str) -> Result<Option<Outcome>, Error> {
    if !draft.has_beside() {
        return Ok(None);
    }
    if draft.company.is_empty() && draft.beside.domain.is_empty() {
        let message = "The row says things about a company, but neither its name nor its domain.";
        return Ok(Some(Outcome::left_out("company", message)));
    }
    let Some(definitions) = &judge.fields.company else { return Ok(None) };
    let new = described(draft);
    match service::checked(db, &new, None, definitions, country) {
        Ok(_) => Ok(None),
        // A field that new companies must have is no fault where the company is known.
        Err(Error::Invalid(errors)) => {
            let is_known = find(db, &new)?.is_some();
            let fault = errors.into_iter().find(|error| !(is_known && error.code == "required"));
            Ok(fault
                .map(of_company)
                .map(|error| Outcome::LeftOut { field: error.field.into(), message: error.message }))
        }
        Err(error) => Err(error),
    }
}

/// The fault as one of the person's row.
fn of_company(error: FieldError) -> FieldError {
    let field = if error.field == "name" { "company".to_owned() } else { format!("{COMPANY}{}", error.field) };
    FieldError { field: field.into(), ..error }
}

impl Employers {
    /// Finds or makes the company of a row that has passed [`check`], and puts what it says over what is known.
    pub fn write(
        &mut self,
        judge: &Judge,
        tx: &Tx,
        draft: &Draft,
        country: &str,
        change: Change,
    ) -> Result<CompanyId, Error> {
        let new = described(draft);
        let key = sort_key(&new.name);
        if let Some((id, said)) = self.done.get(&key)
            && *said == new
        {
            return Ok(*id);
        }
        let written = match find(tx, &new)? {
            Some(id) => self.update(judge, tx, id, &new, change).map(|()| id),
            None => self.create(judge, tx, &new, country, change),
        };
        let id = written.map_err(|error| match error {
            Error::Invalid(errors) => Error::Invalid(errors.into_iter().map(of_company).collect()),
            error => error,
        })?;
        self.done.insert(key, (id, new));
        Ok(id)
    }

    fn create(
        &mut self,
        judge: &Judge,
        tx: &Tx,
        new: &NewCompany,
        country: &str,
        change: Change,
    ) -> Result<CompanyId, Error> {
        let new = NewCompany { source: "import".into(), owner: judge.import.created_by, ..new.clone() };
        let id = service::create_silently(tx, &new, country)?;
        change.made(tx, Made::Company, id.0)?;
        self.counts.companies_created += 1;
        Ok(id)
    }

    /// An import that only adds leaves companies alone that it did not make. So does one whose member may not
    /// change them: the person is linked all the same.
    fn update(&mut self, judge: &Judge, tx: &Tx, id: CompanyId, new: &NewCompany, change: Change) -> Result<(), Error> {
        let record = Record::Company(id);
        let is_made_here = change.has_made(tx, record)?;
        if judge.import.mode == Mode::Create && !is_made_here {
            return Ok(());
        }
        let access = judge.company_access(is_made_here);
        let Ok(company) = service::get(tx, id, &access.edit) else { return Ok(()) };
        let merged = merged(&company, new);
        let update = || service::update(tx, id, None, &merged, &access);
        if !change.touch(tx, record, update)?.is_empty() && !is_made_here {
            self.counts.companies_updated += 1;
        }
        Ok(())
    }
}

/// By name; by domain where the names are nearly the same, because companies share the domains of their hosts.
fn find(db: &Db, new: &NewCompany) -> Result<Option<CompanyId>, Error> {
    if let Some(id) = service::find_by_name(db, &new.name)? {
        return Ok(Some(id));
    }
    if new.domain.is_empty() {
        return Ok(None);
    }
    let Some(id) = service::find_by_domain(db, &new.domain)? else { return Ok(None) };
    let Ok(known) = service::get(db, id, &Reach::Everything) else { return Ok(None) };
    let (one, other) = (bare_company(&fold(&known.name)), bare_company(&fold(&new.name)));
    let is_nameless = new.name == new.domain;
    Ok((is_nameless || one == other || are_close(&one, &other)).then_some(id))
}

/// A known company with what the row says put over it. Its name stays.
fn merged(known: &Company, new: &NewCompany) -> NewCompany {
    let mut merged = known.to_new();
    draft::put_over(&mut merged.address, &new.address);
    if !new.domain.is_empty() {
        merged.domain.clone_from(&new.domain);
    }
    merged.emails.extend(draft::missing(&merged.emails, &new.emails));
    merged.phones.extend(draft::missing(&merged.phones, &new.phones));
    draft::add_tags(&mut merged.tags, &new.tags);
    merged.custom.clone_from(&new.custom);
    merged
}
