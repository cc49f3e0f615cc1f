//! A contact as one of two that become one.

use super::side::{Facts, Shared, Side};
use crate::db::{Db, Tx};
use crate::error::Error;
use crate::id::ContactId;
use crate::people::contacts::{Contact, NewContact, service};
use crate::people::record::{Access, Record};
use crate::visitor::Reach;

impl Side for Contact {
    const FIELDS: &'static [(&'static str, &'static str)] = &[
        ("given_name", "Given name"),
        ("family_name", "Family name"),
        ("display_name", "Name to show"),
        ("job_title", "Job title"),
        ("company", "Company"),
        ("address", "Postal address"),
        ("language", "Language"),
        ("time_zone", "Time zone"),
        ("source", "Source"),
    ];
    const ACTION: &'static str = "people.contact.merged";
    type New = NewContact;

    fn find(db: &Db, id: i64, view: &Reach) -> Result<Contact, Error> {
        service::get(db, ContactId(id), view)
    }

    fn facts(&self) -> Facts<'_> {
        Facts {
            record: Record::Contact(self.id),
            version: self.version,
            name: &self.display_name,
            owner: self.owner,
            identities: &self.identities,
            tags: &self.tags,
            custom: &self.custom,
            added: self.created_at,
        }
    }

    fn text(&self, field: &str) -> String {
        match field {
            "given_name" => self.given_name.clone(),
            "family_name" => self.family_name.clone(),
            "display_name" if self.has_own_display => self.display_name.clone(),
            "display_name" => String::new(),
            "job_title" => self.job_title.clone(),
            "company" => self.company.as_ref().map(|(_, name)| name.clone()).unwrap_or_default(),
            "address" => self.address.lines().join(", "),
            "language" => self.language.clone(),
            "time_zone" => self.time_zone.clone(),
            _ => self.source.clone(),
        }
    }

    fn to_new(&self) -> NewContact {
        Contact::to_new(self)
    }

    fn take(new: &mut NewContact, field: &str, from: &NewContact) {
        new.take(field, from);
    }

    fn shared(new: &mut NewContact) -> Shared<'_> {
        Shared {
            emails: &mut new.emails,
            phones: &mut new.phones,
            tags: &mut new.tags,
            owner: &mut new.owner,
            custom: &mut new.custom,
        }
    }

    fn leaning(_: &Db, _: i64) -> Result<Vec<ContactId>, Error> {
        Ok(Vec::new())
    }

    fn finish(tx: &Tx, stays: i64, goes: &Contact, new: &NewContact) -> Result<(), Error> {
        let stays = ContactId(stays);
        service::remove(tx, goes.id)?;
        service::update(tx, stays, None, new, &Access::everything())?;
        service::inherit(tx, stays, goes)
    }
}
