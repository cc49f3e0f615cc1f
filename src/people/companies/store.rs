//! The table `companies`.

use rusqlite::Row;

use super::{Checked, Company};
use crate::clock::Timestamp;
use crate::db::{Db, Tx};
use crate::error::Error;
use crate::id::{CompanyId, MemberId};
use crate::module::FoundRecord;
use crate::people::identities::Kind;
use crate::people::list::{self, Counted, Cursor, Filter, Page, Sort, filter::COMPANIES};
use crate::people::places::Address;
use crate::people::record::{Record, acting_member};
use crate::people::{custom_fields, identities, tags};
use crate::visitor::Reach;

const SELECT: &str =
    "SELECT id, version, name, domain, street, postal_code, city, region, country, owner_id, source, created_by,
        created_at, updated_at, archived_at
     FROM companies";

/// A company with its identities and tags.
pub fn find(db: &Db, id: CompanyId) -> Result<Option<Company>, Error> {
    let found = db.row(&format!("{SELECT} WHERE id = :id"), &[(":id", &id)], company)?;
    let Some(mut company) = found else { return Ok(None) };
    company.identities = identities::of(db, Record::Company(id))?;
    company.tags = tags::service::names_of(db, Record::Company(id))?;
    company.custom = custom_fields::service::values_of(db, Record::Company(id))?;
    Ok(Some(company))
}

/// What leads to the company from elsewhere; `None` when there is no such company.
pub fn name_and_owner(db: &Db, id: CompanyId) -> Result<Option<FoundRecord>, Error> {
    db.row("SELECT name, owner_id FROM companies WHERE id = :id", &[(":id", &id)], |row| {
        Ok(FoundRecord { name: row.get(0)?, owner: row.get(1)? })
    })
}

/// The owner of a company; `None` when there is no such company.
pub fn owner(db: &Db, id: CompanyId) -> Result<Option<Option<MemberId>>, Error> {
    db.row("SELECT owner_id FROM companies WHERE id = :id", &[(":id", &id)], |row| row.get(0))
}

/// The oldest company of this folded name; one that is not archived comes first.
pub fn find_by_sort_name(db: &Db, sort_name: &str) -> Result<Option<CompanyId>, Error> {
    db.value(
        "SELECT id FROM companies WHERE sort_name = :name ORDER BY archived_at IS NOT NULL, id LIMIT 1",
        &[(":name", &sort_name)],
    )
}

/// The oldest company with this domain.
pub fn find_by_domain(db: &Db, domain: &str) -> Result<Option<CompanyId>, Error> {
    db.value(
        "SELECT id FROM companies WHERE domain = :domain AND domain <> '' ORDER BY id LIMIT 1",
        &[(":domain", &domain)],
    )
}

pub fn insert(tx: &Tx, new: &Checked, words: &str) -> Result<CompanyId, Error> {
    tx.insert(
        "INSERT INTO companies (name, sort_name, domain, street, postal_code, city, region, country, owner_id, source, has_email,
            has_phone, words,
            created_by, created_at, updated_at)
         VALUES (:name, :sort_name, :domain, :street, :postal_code, :city, :region, :country, :owner, :source, :has_email,
            :has_phone, :words,
            :by, :now, :now)",
        &[
            (":name", &new.name),
            (":sort_name", &new.sort_name()),
            (":domain", &new.domain),
            (":street", &new.address.street),
            (":postal_code", &new.address.postal_code),
            (":city", &new.address.city),
            (":region", &new.address.region),
            (":country", &new.address.country),
            (":owner", &new.owner),
            (":source", &new.source),
            (":has_email", &identities::has(&new.identities, Kind::Email)),
            (":has_phone", &identities::has(&new.identities, Kind::Phone)),
            (":words", &words),
            (":by", &acting_member(tx.origin)),
            (":now", &tx.now),
        ],
    )
    .map(CompanyId)
}

/// Writes all fields and raises the version.
pub fn update(tx: &Tx, id: CompanyId, new: &Checked, words: &str) -> Result<(), Error> {
    tx.execute(
        "UPDATE companies SET name = :name, sort_name = :sort_name, domain = :domain, street = :street,
            postal_code = :postal_code, city = :city, region = :region, country = :country, owner_id = :owner,
            source = :source, has_email = :has_email, has_phone = :has_phone, words = :words, updated_at = :now, version = version + 1
         WHERE id = :id",
        &[
            (":id", &id),
            (":name", &new.name),
            (":sort_name", &new.sort_name()),
            (":domain", &new.domain),
            (":street", &new.address.street),
            (":postal_code", &new.address.postal_code),
            (":city", &new.address.city),
            (":region", &new.address.region),
            (":country", &new.address.country),
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

/// Sets when the company was put out of the way, and raises the version.
pub fn set_archived(tx: &Tx, id: CompanyId, at: Option<Timestamp>) -> Result<(), Error> {
    tx.execute(
        "UPDATE companies SET archived_at = :at, updated_at = :now, version = version + 1 WHERE id = :id",
        &[(":id", &id), (":at", &at), (":now", &tx.now)],
    )?;
    Ok(())
}

pub fn set_words(tx: &Tx, id: CompanyId, words: &str) -> Result<(), Error> {
    tx.execute("UPDATE companies SET words = :words WHERE id = :id", &[(":id", &id), (":words", &words)])?;
    Ok(())
}

/// The row and, by foreign keys and triggers, all that hangs on it. Its contacts stay, without a company.
pub fn delete(tx: &Tx, id: CompanyId) -> Result<(), Error> {
    tx.execute("DELETE FROM companies WHERE id = :id", &[(":id", &id)])?;
    Ok(())
}

/// One page of companies, in order.
pub fn page(
    db: &Db,
    filter: &Filter,
    sort: Sort,
    cursor: Option<&Cursor>,
    limit: i64,
) -> Result<(Vec<Company>, Page), Error> {
    let page = list::page(db, &COMPANIES, filter, sort, cursor, limit)?;
    let mut companies = Vec::with_capacity(page.ids.len());
    for id in &page.ids {
        companies.extend(find(db, CompanyId(*id))?);
    }
    Ok((companies, page))
}

/// How many companies the filter leaves.
pub fn count(db: &Db, filter: &Filter) -> Result<Counted, Error> {
    list::count(db, &COMPANIES, filter)
}

/// How many people of a company are in sight, the archived ones aside.
pub fn count_people(db: &Db, company: CompanyId, view: &Reach) -> Result<Counted, Error> {
    let mut filter = Filter::within(view);
    filter.company = Some(company);
    list::count(db, &list::filter::CONTACTS, &filter)
}

/// The newest companies in sight that have the words of `expression`: id, name, domain.
pub fn visible_among(
    db: &Db,
    expression: &str,
    view: &Reach,
    limit: i64,
) -> Result<Vec<(CompanyId, String, String)>, Error> {
    db.rows(
        "SELECT c.id, c.name, c.domain
         FROM company_search CROSS JOIN companies c ON c.id = company_search.rowid
         WHERE company_search MATCH :matching
           AND (:reach IS NULL OR c.owner_id IN (SELECT value FROM json_each(:reach)))
         ORDER BY company_search.rowid DESC LIMIT :limit",
        &[(":matching", &expression), (":reach", &view.owners_json()), (":limit", &limit)],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
    )
}

fn company(row: &Row) -> rusqlite::Result<Company> {
    Ok(Company {
        id: row.get("id")?,
        version: row.get("version")?,
        name: row.get("name")?,
        domain: row.get("domain")?,
        identities: Vec::new(),
        address: Address {
            street: row.get("street")?,
            postal_code: row.get("postal_code")?,
            city: row.get("city")?,
            region: row.get("region")?,
            country: row.get("country")?,
        },
        owner: row.get("owner_id")?,
        tags: Vec::new(),
        custom: Vec::new(),
        source: row.get("source")?,
        created_by: row.get("created_by")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
        archived_at: row.get("archived_at")?,
    })
}
