//! The tables `tags`, `contact_tags` and `company_tags`.

use rusqlite::Row;

use super::{Tag, key};
use crate::db::{Db, Tx};
use crate::error::Error;
use crate::id::{CompanyId, ContactId, TagId};
use crate::people::record::{Record, acting_member};

const SELECT: &str = "SELECT id, version, name, created_at, updated_at,
        (SELECT count(*) FROM contact_tags WHERE tag_id = tags.id) AS contacts,
        (SELECT count(*) FROM company_tags WHERE tag_id = tags.id) AS companies
     FROM tags";

/// Every tag, by name.
pub fn all(db: &Db) -> Result<Vec<Tag>, Error> {
    db.rows(&format!("{SELECT} ORDER BY name_key"), &[], tag)
}

/// The names of the tags that contacts carry, in order.
pub fn names_on_contacts(db: &Db) -> Result<Vec<String>, Error> {
    db.rows(
        "SELECT name FROM tags WHERE EXISTS (SELECT 1 FROM contact_tags WHERE tag_id = tags.id) ORDER BY name_key",
        &[],
        |row| row.get(0),
    )
}

/// The names of the tags that companies carry, in order.
pub fn names_on_companies(db: &Db) -> Result<Vec<String>, Error> {
    db.rows(
        "SELECT name FROM tags WHERE EXISTS (SELECT 1 FROM company_tags WHERE tag_id = tags.id) ORDER BY name_key",
        &[],
        |row| row.get(0),
    )
}

pub fn find(db: &Db, id: TagId) -> Result<Option<Tag>, Error> {
    db.row(&format!("{SELECT} WHERE id = :id"), &[(":id", &id)], tag)
}

/// The number of the newest tag: those made from now on have higher ones.
pub fn newest(db: &Db) -> Result<i64, Error> {
    Ok(db.value("SELECT max(id) FROM tags", &[])?.flatten().unwrap_or(0))
}

/// The tag of this name, in any case.
pub fn find_by_name(db: &Db, name: &str) -> Result<Option<TagId>, Error> {
    find_by_key(db, &key(name.trim()))
}

pub(super) fn find_by_key(db: &Db, key: &str) -> Result<Option<TagId>, Error> {
    db.value("SELECT id FROM tags WHERE name_key = :key", &[(":key", &key)])
}

/// The names of a record's tags, in order.
pub fn names_of(db: &Db, record: Record) -> Result<Vec<String>, Error> {
    let sql = match record {
        Record::Contact(_) => {
            "SELECT t.name FROM contact_tags x JOIN tags t ON t.id = x.tag_id WHERE x.contact_id = :id ORDER BY t.name_key"
        }
        Record::Company(_) => {
            "SELECT t.name FROM company_tags x JOIN tags t ON t.id = x.tag_id WHERE x.company_id = :id ORDER BY t.name_key"
        }
    };
    db.rows(sql, &[(":id", &record.id())], |row| row.get(0))
}

/// The ids of a record's tags, sorted.
pub(super) fn ids_of(db: &Db, record: Record) -> Result<Vec<TagId>, Error> {
    let sql = match record {
        Record::Contact(_) => "SELECT tag_id FROM contact_tags WHERE contact_id = :id ORDER BY tag_id",
        Record::Company(_) => "SELECT tag_id FROM company_tags WHERE company_id = :id ORDER BY tag_id",
    };
    db.rows(sql, &[(":id", &record.id())], |row| row.get(0))
}

pub(super) fn attach(tx: &Tx, record: Record, tag: TagId) -> Result<(), Error> {
    let sql = match record {
        Record::Contact(_) => "INSERT OR IGNORE INTO contact_tags (contact_id, tag_id) VALUES (:id, :tag)",
        Record::Company(_) => "INSERT OR IGNORE INTO company_tags (company_id, tag_id) VALUES (:id, :tag)",
    };
    tx.execute(sql, &[(":id", &record.id()), (":tag", &tag)])?;
    Ok(())
}

pub(super) fn detach(tx: &Tx, record: Record, tag: TagId) -> Result<(), Error> {
    let sql = match record {
        Record::Contact(_) => "DELETE FROM contact_tags WHERE contact_id = :id AND tag_id = :tag",
        Record::Company(_) => "DELETE FROM company_tags WHERE company_id = :id AND tag_id = :tag",
    };
    tx.execute(sql, &[(":id", &record.id()), (":tag", &tag)])?;
    Ok(())
}

/// Who carries a tag.
pub(super) fn records(db: &Db, tag: TagId) -> Result<(Vec<ContactId>, Vec<CompanyId>), Error> {
    let contacts =
        db.rows("SELECT contact_id FROM contact_tags WHERE tag_id = :tag", &[(":tag", &tag)], |row| row.get(0))?;
    let companies =
        db.rows("SELECT company_id FROM company_tags WHERE tag_id = :tag", &[(":tag", &tag)], |row| row.get(0))?;
    Ok((contacts, companies))
}

/// Everything that carries `from` carries `into` as well.
pub(super) fn hand_over(tx: &Tx, from: TagId, into: TagId) -> Result<(), Error> {
    for sql in [
        "INSERT OR IGNORE INTO contact_tags (contact_id, tag_id) SELECT contact_id, :into FROM contact_tags WHERE tag_id = :from",
        "INSERT OR IGNORE INTO company_tags (company_id, tag_id) SELECT company_id, :into FROM company_tags WHERE tag_id = :from",
    ] {
        tx.execute(sql, &[(":into", &into), (":from", &from)])?;
    }
    Ok(())
}

pub(super) fn insert(tx: &Tx, name: &str, key: &str) -> Result<TagId, Error> {
    tx.insert(
        "INSERT INTO tags (name, name_key, created_by, created_at, updated_at) VALUES (:name, :key, :by, :now, :now)",
        &[(":name", &name), (":key", &key), (":by", &acting_member(tx.origin)), (":now", &tx.now)],
    )
    .map(TagId)
}

pub(super) fn rename(tx: &Tx, id: TagId, name: &str, key: &str) -> Result<(), Error> {
    tx.execute(
        "UPDATE tags SET name = :name, name_key = :key, updated_at = :now, version = version + 1 WHERE id = :id",
        &[(":id", &id), (":name", &name), (":key", &key), (":now", &tx.now)],
    )?;
    Ok(())
}

pub(super) fn delete(tx: &Tx, id: TagId) -> Result<(), Error> {
    tx.execute("DELETE FROM tags WHERE id = :id", &[(":id", &id)])?;
    Ok(())
}

fn tag(row: &Row) -> rusqlite::Result<Tag> {
    Ok(Tag {
        id: row.get("id")?,
        version: row.get("version")?,
        name: row.get("name")?,
        contacts: row.get("contacts")?,
        companies: row.get("companies")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
    })
}
