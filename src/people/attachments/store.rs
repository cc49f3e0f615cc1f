//! The tables `attachments`, `attachment_totals` and `attachment_remains`.

use rusqlite::Row;

use super::intake::Taken;
use super::{Attachment, ObjectId};
use crate::db::{Db, Tx};
use crate::error::Error;
use crate::id::{AttachmentId, CompanyId, ContactId, MemberId};
use crate::people::record::Record;
use crate::visitor::Reach;

const SELECT: &str = "SELECT id, version, on_type, on_id, name, media_type, size, sha256, object, preview, sealed_key,
    key_version, created_by, created_at, updated_at FROM attachments";

/// True for a file `a` on a record whose owner is in reach; NULL reaches everybody.
const IN_SIGHT: &str = "CASE a.on_type
    WHEN 'contact' THEN :contacts IS NULL OR EXISTS (SELECT 1 FROM contacts c WHERE c.id = a.on_id
        AND c.owner_id IN (SELECT value FROM json_each(:contacts)))
    ELSE :companies IS NULL OR EXISTS (SELECT 1 FROM companies o WHERE o.id = a.on_id
        AND o.owner_id IN (SELECT value FROM json_each(:companies))) END";

pub fn find(db: &Db, id: AttachmentId) -> Result<Option<Attachment>, Error> {
    db.row(&format!("{SELECT} WHERE id = :id"), &[(":id", &id)], attachment)
}

pub fn find_by_object(db: &Db, object: ObjectId) -> Result<Option<Attachment>, Error> {
    db.row(&format!("{SELECT} WHERE object = :object"), &[(":object", &object)], attachment)
}

/// The latest `limit` files on a record, newest first; those before `before` when it is given.
pub fn of(db: &Db, on: Record, before: Option<AttachmentId>, limit: i64) -> Result<Vec<Attachment>, Error> {
    db.rows(
        &format!("{SELECT} WHERE on_type = :type AND on_id = :id AND id < :before ORDER BY id DESC LIMIT :limit"),
        &[(":type", &on.kind()), (":id", &on.id()), (":before", &bound(before)), (":limit", &limit)],
        attachment,
    )
}

/// How many files a record carries.
pub fn count_of(db: &Db, on: Record) -> Result<i64, Error> {
    db.count(
        "SELECT count(*) FROM attachments WHERE on_type = :type AND on_id = :id",
        &[(":type", &on.kind()), (":id", &on.id())],
    )
}

/// Every file on a record in sight, newest first; those before `before` when it is given.
pub fn visible(
    db: &Db,
    contacts: &Reach,
    companies: &Reach,
    before: Option<AttachmentId>,
    limit: i64,
) -> Result<Vec<Attachment>, Error> {
    db.rows(
        &format!("{SELECT} a WHERE id < :before AND {IN_SIGHT} ORDER BY id DESC LIMIT :limit"),
        &[
            (":before", &bound(before)),
            (":contacts", &contacts.owners_json()),
            (":companies", &companies.owners_json()),
            (":limit", &limit),
        ],
        attachment,
    )
}

/// Plain bytes of all files.
pub fn bytes(db: &Db) -> Result<u64, Error> {
    Ok(db.count("SELECT bytes FROM attachment_totals", &[])?.unsigned_abs())
}

/// The key follows by [`set_key`]: it is bound to the id, which there is only now.
pub fn insert(
    tx: &Tx,
    on: Record,
    file: &Taken,
    key_version: u32,
    author: Option<MemberId>,
) -> Result<AttachmentId, Error> {
    tx.insert(
        "INSERT INTO attachments (on_type, on_id, name, media_type, size, sha256, object, preview, sealed_key,
                                  key_version, created_by, created_at, updated_at)
         VALUES (:type, :id, :name, :media_type, :size, :sha256, :object, :preview, x'', :key_version, :by, :now, :now)",
        &[
            (":type", &on.kind()),
            (":id", &on.id()),
            (":name", &file.name),
            (":media_type", &file.media.media_type()),
            (":size", &i64::try_from(file.content.size).unwrap_or(i64::MAX)),
            (":sha256", &file.content.sha256.as_slice()),
            (":object", &ObjectId(file.content.object)),
            (":preview", &file.preview.as_ref().map(|preview| ObjectId(preview.object))),
            (":key_version", &key_version),
            (":by", &author),
            (":now", &tx.now),
        ],
    )
    .map(AttachmentId)
}

pub fn set_key(tx: &Tx, id: AttachmentId, sealed_key: &[u8]) -> Result<(), Error> {
    tx.execute("UPDATE attachments SET sealed_key = :key WHERE id = :id", &[(":id", &id), (":key", &sealed_key)])?;
    Ok(())
}

/// Another key under another version of the workspace's: the file came from elsewhere.
pub fn set_keys(tx: &Tx, id: AttachmentId, sealed_key: &[u8], key_version: u32) -> Result<(), Error> {
    tx.execute(
        "UPDATE attachments SET sealed_key = :key, key_version = :version WHERE id = :id",
        &[(":id", &id), (":key", &sealed_key), (":version", &key_version)],
    )?;
    Ok(())
}

/// There was no way to make the small picture anew.
pub fn forget_preview(tx: &Tx, id: AttachmentId) -> Result<(), Error> {
    tx.execute("UPDATE attachments SET preview = NULL WHERE id = :id", &[(":id", &id)])?;
    Ok(())
}

pub fn rename(tx: &Tx, id: AttachmentId, name: &str) -> Result<(), Error> {
    tx.execute(
        "UPDATE attachments SET name = :name, updated_at = :now, version = version + 1 WHERE id = :id",
        &[(":id", &id), (":name", &name), (":now", &tx.now)],
    )?;
    Ok(())
}

pub fn delete(tx: &Tx, id: AttachmentId) -> Result<(), Error> {
    tx.execute("DELETE FROM attachments WHERE id = :id", &[(":id", &id)])?;
    Ok(())
}

/// Files whose rows are gone for good, `limit` of them. While there is an image of their deleted record
/// (`people/undo`, `people/trash`), it holds their rows, and they may come back.
pub fn remains(db: &Db, limit: i64) -> Result<Vec<ObjectId>, Error> {
    db.rows(
        "SELECT object FROM attachment_remains r WHERE NOT EXISTS (SELECT 1 FROM change_images i
             WHERE i.on_type = r.on_type AND i.on_id = r.on_id AND i.version_after = 0)
         AND NOT EXISTS (SELECT 1 FROM trash t WHERE t.on_type = r.on_type AND t.on_id = r.on_id) LIMIT :limit",
        &[(":limit", &limit)],
        |row| row.get(0),
    )
}

pub fn forget_remains(tx: &Tx, objects: &[ObjectId]) -> Result<(), Error> {
    for object in objects {
        tx.execute("DELETE FROM attachment_remains WHERE object = :object", &[(":object", object)])?;
    }
    Ok(())
}

/// True when a row names the file, as its content, as its preview, or as something to remove in its time.
pub fn is_named(db: &Db, object: ObjectId) -> Result<bool, Error> {
    let count = db.count(
        "SELECT EXISTS (SELECT 1 FROM attachments WHERE object = :object)
             OR EXISTS (SELECT 1 FROM attachments WHERE preview = :object)
             OR EXISTS (SELECT 1 FROM attachment_remains WHERE object = :object)",
        &[(":object", &object)],
    )?;
    Ok(count > 0)
}

fn bound(before: Option<AttachmentId>) -> i64 {
    before.map_or(i64::MAX, |AttachmentId(id)| id)
}

fn attachment(row: &Row) -> rusqlite::Result<Attachment> {
    let (kind, on): (String, i64) = (row.get("on_type")?, row.get("on_id")?);
    Ok(Attachment {
        id: row.get("id")?,
        version: row.get("version")?,
        on: if kind == "company" { Record::Company(CompanyId(on)) } else { Record::Contact(ContactId(on)) },
        name: row.get("name")?,
        media_type: row.get("media_type")?,
        size: row.get("size")?,
        sha256: row.get("sha256")?,
        object: row.get("object")?,
        preview: row.get("preview")?,
        sealed_key: row.get("sealed_key")?,
        key_version: row.get("key_version")?,
        author: row.get("created_by")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
    })
}
