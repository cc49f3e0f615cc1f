//! What is done to a record of any kind in the same way: tags, owner, archive, deletion. Each kind keeps its own
//! rules; this says which kind's they are.

mod deleting;
pub mod pages;

use super::record::{Access, Record};
use super::{companies, contacts};
use crate::db::Tx;
use crate::error::Error;
use crate::id::MemberId;

/// Gives the record a tag, making the tag when it is new.
pub fn add_tag(tx: &Tx, record: Record, tag: &str, access: &Access) -> Result<(), Error> {
    match record {
        Record::Contact(id) => contacts::service::add_tag(tx, id, tag, access),
        Record::Company(id) => companies::service::add_tag(tx, id, tag, access),
    }
}

/// Takes a tag off the record. One it does not have is taken off already.
pub fn remove_tag(tx: &Tx, record: Record, tag: &str, access: &Access) -> Result<(), Error> {
    match record {
        Record::Contact(id) => contacts::service::remove_tag(tx, id, tag, access),
        Record::Company(id) => companies::service::remove_tag(tx, id, tag, access),
    }
}

/// Gives the record to a member, or to nobody.
pub fn assign(tx: &Tx, record: Record, owner: Option<MemberId>, access: &Access) -> Result<(), Error> {
    match record {
        Record::Contact(id) => contacts::service::assign(tx, id, owner, access),
        Record::Company(id) => companies::service::assign(tx, id, owner, access),
    }
}

/// Puts the record into the archive or takes it out. Fails with [`Error::Stale`] when `version` is not the newest.
pub fn set_archived(
    tx: &Tx,
    record: Record,
    version: Option<i64>,
    archived: bool,
    access: &Access,
) -> Result<(), Error> {
    match record {
        Record::Contact(id) => contacts::service::set_archived(tx, id, version, archived, access),
        Record::Company(id) => companies::service::set_archived(tx, id, version, archived, access),
    }
}

/// Puts the record into the trash. Fails with [`Error::Stale`] when `version` is not the newest, and with
/// [`Error::Conflict`] while a legal hold keeps it.
pub fn delete(tx: &Tx, record: Record, version: Option<i64>, access: &Access) -> Result<(), Error> {
    match record {
        Record::Contact(id) => contacts::service::delete(tx, id, version, access),
        Record::Company(id) => companies::service::delete(tx, id, version, access),
    }
}
