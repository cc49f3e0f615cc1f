//! A company as one of two that become one.

use super::side::{Facts, Shared, Side};
use crate::db::{Db, Tx};
use crate::error::Error;
use crate::id::{CompanyId, ContactId};
use crate::people::companies::{Company, NewCompany, service};
use crate::people::contacts;
use crate::people::record::{Access, Record};
use crate::visitor::Reach;

impl Side for Company {
    const FIELDS: &'static [(&'static str, &'static str)] =
        &[("name", "Name"), ("domain", "Domain"), ("address", "Postal address"), ("source", "Source")];
    const ACTION: &'static str = "people.company.merged";
    type New = NewCompany;

    fn find(db: &Db, id: i64, view: &Reach) -> Result<Company, Error> {
        service::get(db, CompanyId(id), view)
    }

    fn facts(&self) -> Facts<'_> {
        Facts {
            record: Record::Company(self.id),
            version: self.version,
            name: &self.name,
            owner: self.owner,
            identities: &self.identities,
            tags: &self.tags,
            custom: &self.custom,
            added: self.created_at,
        }
    }

    fn text(&self, field: &str) -> String {
        match field {
            "name" => self.name.clone(),
            "domain" => self.domain.clone(),
            "address" => self.address.lines().join(", "),
            _ => self.source.clone(),
        }
    }

    fn to_new(&self) -> NewCompany {
        Company::to_new(self)
    }

    fn take(new: &mut NewCompany, field: &str, from: &NewCompany) {
        new.take(field, from);
    }

    fn shared(new: &mut NewCompany) -> Shared<'_> {
        Shared {
            emails: &mut new.emails,
            phones: &mut new.phones,
            tags: &mut new.tags,
            owner: &mut new.owner,
            custom: &mut new.custom,
        }
    }

    /// Its people.
    fn leaning(db: &Db, id: i64) -> Result<Vec<ContactId>, Error> {
        contacts::service::ids_of_company(db, CompanyId(id))
    }

    fn finish(tx: &Tx, stays: i64, goes: &Company, new: &NewCompany) -> Result<(), Error> {
        service::remove(tx, goes.id)?;
        service::update(tx, CompanyId(stays), None, new, &Access::everything()).map(drop)
    }
}
