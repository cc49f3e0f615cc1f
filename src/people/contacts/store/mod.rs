//! The table `contacts`.

mod list;

use rusqlite::Row;

use super::{Checked, Contact};
use crate::clock::Timestamp;
use crate::db::{Db, Tx};
use crate::error::Error;
use crate::id::{CompanyId, ContactId, MemberId};
use crate::module::FoundRecord;
use crate::people::identities::Kind;
use crate::people::places::Address;
use crate::people::record::{Record, acting_member};
use crate::people::{custom_fields, identities, tags};

pub use list::{Candidate, count, page, visible_among};

/// Sorts contacts without a company behind all others.
pub const NO_COMPANY: &str = "\u{10ffff}";

const SELECT: &str = "SELECT c.id, c.version, c.given_name, c.family_name, c.display_name, c.has_own_display, c.job_title,
        c.company_id, o.name AS company_name, c.street, c.postal_code, c.city, c.region, c.country, c.language, c.time_zone,
        c.owner_id, c.source, c.restricted, c.last_activity_at, c.created_by, c.created_at, c.updated_at, c.archived_at
     FROM contacts c LEFT JOIN companies o ON o.id = c.company_id";

/// A contact with its identities and tags.
pub fn find(db: &Db, id: ContactId) -> Result<Option<Contact>, Error> {
    let found = db.row(&format!("{SELECT} WHERE c.id = :id"), &[(":id", &id)], contact)?;
    let Some(mut contact) = found else { return Ok(None) };
    contact.identities = identities::of(db, Record::Contact(id))?;
    contact.tags = tags::service::names_of(db, Record::Contact(id))?;
    contact.custom = custom_fields::service::values_of(db, Record::Contact(id))?;
    Ok(Some(contact))
}

/// What leads to the contact from elsewhere; `None` when there is no such contact.
pub fn name_and_owner(db: &Db, id: ContactId) -> Result<Option<FoundRecord>, Error> {
    db.row("SELECT display_name, owner_id FROM contacts WHERE id = :id", &[(":id", &id)], |row| {
        Ok(FoundRecord { name: row.get(0)?, owner: row.get(1)? })
    })
}

/// The owner of a contact; `None` when there is no such contact.
pub fn owner(db: &Db, id: ContactId) -> Result<Option<Option<MemberId>>, Error> {
    db.row("SELECT owner_id FROM contacts WHERE id = :id", &[(":id", &id)], |row| row.get(0))
}

pub fn insert(tx: &Tx, new: &Checked, company_sort: &str, words: &str) -> Result<ContactId, Error> {
    tx.insert(
        "INSERT INTO contacts (given_name, family_name, display_name, has_own_display, sort_name, job_title, company_id,
            company_sort, street, postal_code, city, region, country, language, time_zone, owner_id, source, has_email,
            has_phone, words,
            created_by, created_at, updated_at)
         VALUES (:given_name, :family_name, :display_name, :has_own_display, :sort_name, :job_title, :company,
            :company_sort, :street, :postal_code, :city, :region, :country, :language, :time_zone, :owner, :source, :has_email,
            :has_phone, :words,
            :by, :now, :now)",
        &[
            (":given_name", &new.given_name),
            (":family_name", &new.family_name),
            (":display_name", &new.display_name),
            (":has_own_display", &new.has_own_display),
            (":sort_name", &new.sort_name()),
            (":job_title", &new.job_title),
            (":company", &new.company),
            (":company_sort", &company_sort),
            (":street", &new.address.street),
            (":postal_code", &new.address.postal_code),
            (":city", &new.address.city),
            (":region", &new.address.region),
            (":country", &new.address.country),
            (":language", &new.language),
            (":time_zone", &new.time_zone),
            (":owner", &new.owner),
            (":source", &new.source),
            (":has_email", &identities::has(&new.identities, Kind::Email)),
            (":has_phone", &identities::has(&new.identities, Kind::Phone)),
            (":words", &words),
            (":by", &acting_member(tx.origin)),
            (":now", &tx.now),
        ],
    )
    .map(ContactId)
}

/// Writes all fields and raises the version.
pub fn update(tx: &Tx, id: ContactId, new: &Checked, company_sort: &str, words: &str) -> Result<(), Error> {
    tx.execute(
        "UPDATE contacts SET given_name = :given_name, family_name = :family_name, display_name = :display_name,
            has_own_display = :has_own_display, sort_name = :sort_name, job_title = :job_title, company_id = :company,
            company_sort = :company_sort, street = :street, postal_code = :postal_code, city = :city, region = :region,
            country = :country, language = :language, time_zone = :time_zone, owner_id = :owner, source = :source,
            has_email = :has_email, has_phone = :has_phone, words = :words, updated_at = :now, version = version + 1
         WHERE id = :id",
        &[
            (":id", &id),
            (":given_name", &new.given_name),
            (":family_name", &new.family_name),
            (":display_name", &new.display_name),
            (":has_own_display", &new.has_own_display),
            (":sort_name", &new.sort_name()),
            (":job_title", &new.job_title),
            (":company", &new.company),
            (":company_sort", &company_sort),
            (":street", &new.address.street),
            (":postal_code", &new.address.postal_code),
            (":city", &new.address.city),
            (":region", &new.address.region),
            (":country", &new.address.country),
            (":language", &new.language),
            (":time_zone", &new.time_zone),
            (":owner", &new.owner),
            (":source", &new.source),
            (":has_email", &identities::has(&new.identities, Kind::Email)),
            (":has_phone", &identities::has(&new.identities, Kind::Phone)),
            (":words", &words),
            (":now", &tx.now),
        ],
    )?;
    Ok(())
}

/// Sets when the contact was put out of the way, and raises the version.
pub fn set_archived(tx: &Tx, id: ContactId, at: Option<Timestamp>) -> Result<(), Error> {
    tx.execute(
        "UPDATE contacts SET archived_at = :at, updated_at = :now, version = version + 1 WHERE id = :id",
        &[(":id", &id), (":at", &at), (":now", &tx.now)],
    )?;
    Ok(())
}

/// Sets whether the person's data may be used, and raises the version.
pub fn set_restricted(tx: &Tx, id: ContactId, is_restricted: bool) -> Result<(), Error> {
    tx.execute(
        "UPDATE contacts SET restricted = :restricted, updated_at = :now, version = version + 1 WHERE id = :id",
        &[(":id", &id), (":restricted", &is_restricted), (":now", &tx.now)],
    )?;
    Ok(())
}

/// Leaves of the row only whose it is and when it came in; `mark` is what they are called from then on.
pub fn empty(tx: &Tx, id: ContactId, mark: &str) -> Result<(), Error> {
    tx.execute(
        "UPDATE contacts SET given_name = '', family_name = '', display_name = :mark, has_own_display = 1,
             sort_name = :mark, job_title = '', company_id = NULL, street = '', postal_code = '', city = '', region = '',
             country = '', language = '', time_zone = '', source = '', last_activity_at = 0,
             has_email = EXISTS (SELECT 1 FROM contact_identities WHERE contact_id = :id AND kind = 'email'),
             has_phone = EXISTS (SELECT 1 FROM contact_identities WHERE contact_id = :id AND kind = 'phone'),
             updated_at = :now, version = version + 1
         WHERE id = :id",
        &[(":id", &id), (":mark", &mark), (":now", &tx.now)],
    )?;
    Ok(())
}

/// The moment something last happened with the contact. The version stays: nothing of the record changed.
pub fn touch(tx: &Tx, id: ContactId) -> Result<(), Error> {
    tx.execute("UPDATE contacts SET last_activity_at = :now WHERE id = :id", &[(":id", &id), (":now", &tx.now)])?;
    Ok(())
}

/// Adds a restriction, and a later moment of activity. The version stays: it rose with the fields.
pub fn inherit(tx: &Tx, id: ContactId, restricted: bool, activity: Timestamp) -> Result<(), Error> {
    tx.execute(
        "UPDATE contacts SET restricted = max(restricted, :restricted), last_activity_at = max(last_activity_at, :activity)
         WHERE id = :id",
        &[(":id", &id), (":restricted", &restricted), (":activity", &activity)],
    )?;
    Ok(())
}

pub fn set_words(tx: &Tx, id: ContactId, company_sort: &str, words: &str) -> Result<(), Error> {
    tx.execute(
        "UPDATE contacts SET company_sort = :company_sort, words = :words WHERE id = :id",
        &[(":id", &id), (":company_sort", &company_sort), (":words", &words)],
    )?;
    Ok(())
}

/// The row and, by foreign keys and triggers, all that hangs on it.
pub fn delete(tx: &Tx, id: ContactId) -> Result<(), Error> {
    tx.execute("DELETE FROM contacts WHERE id = :id", &[(":id", &id)])?;
    Ok(())
}

pub fn ids_of_company(db: &Db, company: CompanyId) -> Result<Vec<ContactId>, Error> {
    db.rows("SELECT id FROM contacts WHERE company_id = :company", &[(":company", &company)], |row| row.get(0))
}

/// The sort name of a company and its name; `None` when there is no such company.
pub fn company_names(db: &Db, company: CompanyId) -> Result<Option<(String, String)>, Error> {
    db.row("SELECT sort_name, name FROM companies WHERE id = :id", &[(":id", &company)], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })
}

fn contact(row: &Row) -> rusqlite::Result<Contact> {
    let company: Option<CompanyId> = row.get("company_id")?;
    let company_name: Option<String> = row.get("company_name")?;
    let last_activity_at: Timestamp = row.get("last_activity_at")?;
    Ok(Contact {
        id: row.get("id")?,
        version: row.get("version")?,
        given_name: row.get("given_name")?,
        family_name: row.get("family_name")?,
        display_name: row.get("display_name")?,
        has_own_display: row.get("has_own_display")?,
        job_title: row.get("job_title")?,
        company: company.zip(company_name),
        identities: Vec::new(),
        address: Address {
            street: row.get("street")?,
            postal_code: row.get("postal_code")?,
            city: row.get("city")?,
            region: row.get("region")?,
            country: row.get("country")?,
        },
        language: row.get("language")?,
        time_zone: row.get("time_zone")?,
        owner: row.get("owner_id")?,
        tags: Vec::new(),
        custom: Vec::new(),
        source: row.get("source")?,
        restricted: row.get("restricted")?,
        last_activity_at: (last_activity_at != Timestamp::default()).then_some(last_activity_at),
        created_by: row.get("created_by")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
        archived_at: row.get("archived_at")?,
    })
}

/// Who sorts under this name; at most a few of them.
pub fn called(db: &Db, sort_name: &str) -> Result<Vec<i64>, Error> {
    db.rows("SELECT id FROM contacts WHERE sort_name = :name LIMIT 5", &[(":name", &sort_name)], |row| row.get(0))
}
