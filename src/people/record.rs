//! What contacts and companies have in common: a name for "one of them", and who may touch it.

use super::images::{self, Extent};
use super::{companies, contacts};
use crate::db::{Actor, Db, Origin};
use crate::error::Error;
use crate::id::{CompanyId, ContactId, MemberId};
use crate::module::FoundRecord;
use crate::module::Target;
use crate::permission::{Area, words};
use crate::privacy::holds;
use crate::visitor::Reach;

words! {
    /// A kind of record: what an import fills, what a custom field is on.
    Object {
        Contact = "contact",
        Company = "company",
    }
}

impl Object {
    pub fn area(self) -> Area {
        match self {
            Object::Contact => Area::Contacts,
            Object::Company => Area::Companies,
        }
    }

    /// The record of this kind with this id.
    pub fn record(self, id: i64) -> Record {
        match self {
            Object::Contact => Record::Contact(ContactId(id)),
            Object::Company => Record::Company(CompanyId(id)),
        }
    }

    /// The list of them below `/w/{slug}`.
    pub fn path(self) -> &'static str {
        match self {
            Object::Contact => "/people/contacts",
            Object::Company => "/people/companies",
        }
    }

    /// The heading of that list.
    pub fn title(self) -> &'static str {
        match self {
            Object::Contact => "Contacts",
            Object::Company => "Companies",
        }
    }

    /// Several of them, in the middle of a sentence.
    pub fn many(self) -> &'static str {
        match self {
            Object::Contact => "contacts",
            Object::Company => "companies",
        }
    }
}

/// One record of the spine, where notes, tags and history hang.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Record {
    Contact(ContactId),
    Company(CompanyId),
}

impl Record {
    /// The word in the columns `on_type` and in the API.
    pub fn kind(self) -> &'static str {
        match self {
            Record::Contact(_) => "contact",
            Record::Company(_) => "company",
        }
    }

    pub fn id(self) -> i64 {
        match self {
            Record::Contact(ContactId(id)) | Record::Company(CompanyId(id)) => id,
        }
    }

    /// Reads what [`Record::kind`] and [`Record::id`] wrote.
    pub fn new(kind: &str, id: i64) -> Option<Record> {
        match kind {
            "contact" => Some(Record::Contact(ContactId(id))),
            "company" => Some(Record::Company(CompanyId(id))),
            _ => None,
        }
    }

    /// What it is called and whose it is, without reading all of it; `None` once it is gone.
    pub fn find(self, db: &Db) -> Result<Option<FoundRecord>, Error> {
        match self {
            Record::Contact(id) => (contacts::RECORD.find)(db, id.0),
            Record::Company(id) => (companies::RECORD.find)(db, id.0),
        }
    }

    /// Fails, naming the matter, while a legal hold covers the record: nothing of it may be deleted.
    pub fn demand_free(self, db: &Db) -> Result<(), Error> {
        holds::demand_free(db, self.kind(), self.object().many(), self.id())
    }

    /// The same for what would go with the record: a single note or file on it that is held keeps all of it.
    pub fn demand_removable(self, db: &Db) -> Result<(), Error> {
        self.demand_free(db)?;
        if holds::service::count_in_force(db)? == 0 {
            return Ok(());
        }
        match images::take(db, self, Extent::Everything)? {
            Some(image) => holds::demand_rows_free(db, &image.rows()),
            None => Ok(()),
        }
    }

    pub fn object(self) -> Object {
        match self {
            Record::Contact(_) => Object::Contact,
            Record::Company(_) => Object::Company,
        }
    }

    pub fn area(self) -> Area {
        self.object().area()
    }

    /// The page of the record below `/w/{slug}`.
    pub fn path(self) -> String {
        format!("{}/{}", self.object().path(), self.id())
    }
}

impl From<Record> for Target {
    fn from(record: Record) -> Target {
        Target { kind: record.kind(), id: record.id() }
    }
}

/// The member who makes a change; `None` for a job or the command line.
pub fn acting_member(origin: &Origin) -> Option<MemberId> {
    match origin.actor {
        Actor::Member(member) | Actor::Token(_, member) => Some(member),
        _ => None,
    }
}

/// Who asks, as far as the records of one area care. Filled from the request, handed to the services.
#[derive(Debug, Clone)]
pub struct Access {
    pub view: Reach,
    pub edit: Reach,
    pub assign: Reach,
    pub delete: Reach,
}

impl Access {
    /// For jobs and the command line, which act for the workspace as a whole.
    pub fn everything() -> Access {
        Access {
            view: Reach::Everything,
            edit: Reach::Everything,
            assign: Reach::Everything,
            delete: Reach::Everything,
        }
    }

    /// Fails with [`Error::NotFound`] when the record of this owner is out of sight.
    pub fn demand_view(&self, owner: Option<MemberId>, noun: &'static str) -> Result<(), Error> {
        if self.view.covers(owner) { Ok(()) } else { Err(Error::NotFound(noun)) }
    }

    /// Like [`Access::demand_view`]; what can be seen but not changed is [`Error::Forbidden`].
    pub fn demand_edit(&self, owner: Option<MemberId>, noun: &'static str) -> Result<(), Error> {
        self.demand_view(owner, noun)?;
        if self.edit.covers(owner) { Ok(()) } else { Err(Error::Forbidden) }
    }

    /// Giving a record of `from` to somebody else.
    pub fn demand_assign(&self, from: Option<MemberId>, noun: &'static str) -> Result<(), Error> {
        self.demand_view(from, noun)?;
        if self.assign.covers(from) { Ok(()) } else { Err(Error::Forbidden) }
    }

    pub fn demand_delete(&self, owner: Option<MemberId>, noun: &'static str) -> Result<(), Error> {
        self.demand_view(owner, noun)?;
        if self.delete.covers(owner) { Ok(()) } else { Err(Error::Forbidden) }
    }
}
