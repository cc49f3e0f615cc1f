//! Adds many contacts in one transaction: the way of imports.

use std::collections::HashMap;

use super::{NewContact, service};
use crate::db::Tx;
use crate::error::Error;
use crate::id::{CompanyId, ContactId};
use crate::people::custom_fields::Definitions;
use crate::people::record::Object;
use crate::people::undo::{Change, Made};
use crate::people::{companies, erasing, settings};
use crate::visitor::Reach;

/// Adds contacts one after the other under all rules of `service::create`, but without an audit entry for
/// each: whoever imports records one for the whole batch, in the same transaction.
///
/// What the rules need from elsewhere is read once. Search index, counts, addresses and tags are fed
/// as always.
pub struct Inserter<'t, 'a> {
    tx: &'t Tx<'a>,
    country: String,
    definitions: Definitions,
    view: Reach,
    companies: HashMap<CompanyId, (String, String)>,
    by_name: HashMap<String, CompanyId>,
    change: Option<Change>,
}

impl<'t, 'a> Inserter<'t, 'a> {
    /// `view` is whose records the importing member may see: duplicates among others are not named.
    pub fn new(tx: &'t Tx<'a>, view: Reach) -> Result<Inserter<'t, 'a>, Error> {
        let country = settings::service::default_country(tx)?;
        let definitions = Definitions::load(tx, Object::Contact)?;
        let (companies, by_name) = (HashMap::new(), HashMap::new());
        Ok(Inserter { tx, country, definitions, view, companies, by_name, change: None })
    }

    /// Everything it makes is part of a change that can be taken back.
    pub fn within(self, change: Change) -> Inserter<'t, 'a> {
        Inserter { change: Some(change), ..self }
    }

    /// Adds one contact. An [`Error::Invalid`] leaves nothing behind, so the batch can go on.
    pub fn insert(&mut self, new: &NewContact) -> Result<ContactId, Error> {
        self.insert_at(new, "")
    }

    /// Adds one contact who works at the company of this name. The company is made when there is none, but
    /// only once the contact keeps the rules, so that a bad row leaves nothing behind. Empty: as `new` says.
    pub fn insert_at(&mut self, new: &NewContact, company: &str) -> Result<ContactId, Error> {
        self.insert_beside(
            new,
            |inserter| {
                if company.is_empty() { Ok(new.company) } else { inserter.company(company).map(Some) }
            },
        )
    }

    /// The same, for whoever finds or makes the company in their own way.
    pub fn insert_beside(
        &mut self,
        new: &NewContact,
        company: impl FnOnce(&mut Self) -> Result<Option<CompanyId>, Error>,
    ) -> Result<ContactId, Error> {
        let mut checked = service::checked(self.tx, new, None, &self.definitions, &self.country)?;
        service::refuse_duplicates(self.tx, &checked.identities, None, &self.view)?;
        // A file brings nobody back: that is said of one person at a time.
        erasing::demand_welcome(self.tx, &checked.identities, false)?;
        checked.company = company(self)?;
        let known = checked.company.and_then(|company| self.companies.get(&company));
        let (company_sort, company_name) = match known {
            Some(names) => names.clone(),
            None => {
                let names = service::company(self.tx, checked.company)?;
                if let Some(company) = checked.company {
                    self.companies.insert(company, names.clone());
                }
                names
            }
        };
        let id = service::insert(self.tx, &checked, &company_sort, &company_name)?;
        self.made(Made::Contact, id.0)?;
        Ok(id)
    }

    fn made(&self, made: Made, id: i64) -> Result<(), Error> {
        self.change.map_or(Ok(()), |change| change.made(self.tx, made, id))
    }

    /// The company of this name, made when there is none.
    pub fn company(&mut self, name: &str) -> Result<CompanyId, Error> {
        if let Some(known) = self.by_name.get(name) {
            return Ok(*known);
        }
        let (id, is_new) = companies::service::named(self.tx, name)?;
        if is_new {
            self.made(Made::Company, id.0)?;
        }
        self.by_name.insert(name.to_owned(), id);
        Ok(id)
    }
}
