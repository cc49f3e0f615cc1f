//! Looks into the indexes of words, and reads what they found.

use super::Index;
use crate::db::Db;
use crate::error::Error;
use crate::id::{AttachmentId, MemberId, NoteId, TagId};
use crate::people::attachments::ObjectId;
use crate::people::record::Record;

/// How many entries an expression finds, counted up to `limit`.
pub fn count(db: &Db, index: Index, expression: &str, limit: i64) -> Result<i64, Error> {
    let sql = match index {
        Index::Contacts => {
            "SELECT count(*) FROM (SELECT 1 FROM contact_search WHERE contact_search MATCH :matching LIMIT :limit)"
        }
        Index::Companies => {
            "SELECT count(*) FROM (SELECT 1 FROM company_search WHERE company_search MATCH :matching LIMIT :limit)"
        }
    };
    db.count(sql, &[(":matching", &expression), (":limit", &limit)])
}

/// The words of an index from one on and before another, in order: those of every record, whoever may see it.
pub fn terms(db: &Db, index: Index, from: &str, until: &str, limit: i64) -> Result<Vec<String>, Error> {
    let table = match index {
        Index::Contacts => "contact_vocabulary",
        Index::Companies => "company_vocabulary",
    };
    let sql = format!("SELECT term FROM {table} WHERE term >= :from AND term < :until LIMIT :limit");
    db.rows(&sql, &[(":from", &from), (":until", &until), (":limit", &limit)], |row| row.get(0))
}

/// A contact or company as far as results show and sort it.
pub struct RecordRow {
    pub id: i64,
    pub name: String,
    /// Shown beside the name: the company of a contact, the domain of a company.
    pub more: String,
    /// What search finds it by, folded.
    pub words: String,
    pub owner: Option<MemberId>,
    /// When something last happened to it.
    pub activity: i64,
    pub is_archived: bool,
}

pub fn contacts(db: &Db, ids: &[i64]) -> Result<Vec<RecordRow>, Error> {
    records(
        db,
        "SELECT c.id, c.display_name, ifnull(o.name, ''), c.words, c.owner_id, max(c.last_activity_at, c.updated_at),
            c.archived_at IS NOT NULL
         FROM json_each(:ids) AS found CROSS JOIN contacts c ON c.id = found.value LEFT JOIN companies o ON o.id = c.company_id",
        ids,
    )
}

pub fn companies(db: &Db, ids: &[i64]) -> Result<Vec<RecordRow>, Error> {
    records(
        db,
        "SELECT c.id, c.name, c.domain, c.words, c.owner_id, c.updated_at, c.archived_at IS NOT NULL
         FROM json_each(:ids) AS found CROSS JOIN companies c ON c.id = found.value",
        ids,
    )
}

fn records(db: &Db, sql: &str, ids: &[i64]) -> Result<Vec<RecordRow>, Error> {
    db.rows(sql, &[(":ids", &json(ids))], |row| {
        Ok(RecordRow {
            id: row.get(0)?,
            name: row.get(1)?,
            more: row.get(2)?,
            words: row.get(3)?,
            owner: row.get(4)?,
            activity: row.get(5)?,
            is_archived: row.get(6)?,
        })
    })
}

/// Of these companies, those that carry a tag.
pub fn companies_with(db: &Db, ids: &[i64], tag: TagId) -> Result<Vec<i64>, Error> {
    db.rows(
        "SELECT company_id FROM company_tags WHERE tag_id = :tag AND company_id IN (SELECT value FROM json_each(:ids))",
        &[(":tag", &tag), (":ids", &json(ids))],
        |row| row.get(0),
    )
}

/// What narrows notes and files: all of it is said of the record they are on.
#[derive(Default)]
pub struct Narrowing {
    /// Owners of the contacts and of the companies that may be seen, as JSON; `None`: everybody's.
    pub contact_owners: Option<String>,
    pub company_owners: Option<String>,
    pub owner: Option<MemberId>,
    pub tag: Option<TagId>,
    /// Companies by id, as JSON: themselves, and the people who work there.
    pub companies: Option<String>,
}

/// True when the record that `x` is on keeps all of a narrowing.
const NARROWED: &str = "CASE x.on_type
    WHEN 'contact' THEN EXISTS (SELECT 1 FROM contacts c WHERE c.id = x.on_id
        AND (:contacts IS NULL OR c.owner_id IN (SELECT value FROM json_each(:contacts)))
        AND (:owner IS NULL OR c.owner_id = :owner)
        AND (:meant IS NULL OR c.company_id IN (SELECT value FROM json_each(:meant)))
        AND (:tag IS NULL OR EXISTS (SELECT 1 FROM contact_tags t WHERE t.contact_id = c.id AND t.tag_id = :tag)))
    ELSE EXISTS (SELECT 1 FROM companies o WHERE o.id = x.on_id
        AND (:companies IS NULL OR o.owner_id IN (SELECT value FROM json_each(:companies)))
        AND (:owner IS NULL OR o.owner_id = :owner)
        AND (:meant IS NULL OR o.id IN (SELECT value FROM json_each(:meant)))
        AND (:tag IS NULL OR EXISTS (SELECT 1 FROM company_tags t WHERE t.company_id = o.id AND t.tag_id = :tag))) END";

/// The record that `x` is on: kind, id, name, and whether it is archived.
const RECORD: &str = "x.on_type, x.on_id,
    CASE x.on_type WHEN 'contact' THEN (SELECT display_name FROM contacts WHERE id = x.on_id)
        ELSE (SELECT name FROM companies WHERE id = x.on_id) END,
    CASE x.on_type WHEN 'contact' THEN (SELECT archived_at IS NOT NULL FROM contacts WHERE id = x.on_id)
        ELSE (SELECT archived_at IS NOT NULL FROM companies WHERE id = x.on_id) END";

/// A note that was found.
pub struct NoteRow {
    pub id: NoteId,
    pub on: OnRow,
    pub body: String,
    pub written: i64,
}

/// A file that was found.
pub struct FileRow {
    pub id: AttachmentId,
    pub on: OnRow,
    pub name: String,
    pub media_type: String,
    pub object: ObjectId,
    pub added: i64,
}

/// The record that something is on.
pub struct OnRow {
    pub record: Record,
    pub name: String,
    pub is_archived: bool,
}

/// The newest notes with the words of `expression`, on records that keep the narrowing.
pub fn notes(db: &Db, expression: &str, narrowing: &Narrowing, limit: i64) -> Result<Vec<NoteRow>, Error> {
    let sql = format!(
        "SELECT {RECORD}, x.id, x.body, x.created_at
         FROM note_search CROSS JOIN notes x ON x.id = note_search.rowid
         WHERE note_search MATCH :matching AND {NARROWED}
         ORDER BY note_search.rowid DESC LIMIT :limit"
    );
    db.rows(&sql, &narrowing.params(&expression, &limit), |row| {
        Ok(NoteRow { on: on(row)?, id: row.get(4)?, body: row.get(5)?, written: row.get(6)? })
    })
}

/// The newest files with the words of `expression` in their names, on records that keep the narrowing.
pub fn files(db: &Db, expression: &str, narrowing: &Narrowing, limit: i64) -> Result<Vec<FileRow>, Error> {
    let sql = format!(
        "SELECT {RECORD}, x.id, x.name, x.media_type, x.object, x.created_at
         FROM attachment_search CROSS JOIN attachments x ON x.id = attachment_search.rowid
         WHERE attachment_search MATCH :matching AND {NARROWED}
         ORDER BY attachment_search.rowid DESC LIMIT :limit"
    );
    db.rows(&sql, &narrowing.params(&expression, &limit), |row| {
        Ok(FileRow {
            on: on(row)?,
            id: row.get(4)?,
            name: row.get(5)?,
            media_type: row.get(6)?,
            object: row.get(7)?,
            added: row.get(8)?,
        })
    })
}

impl Narrowing {
    fn params<'a>(&'a self, matching: &'a &'a str, limit: &'a i64) -> [(&'static str, &'a dyn rusqlite::ToSql); 7] {
        [
            (":matching", matching),
            (":contacts", &self.contact_owners),
            (":companies", &self.company_owners),
            (":owner", &self.owner),
            (":tag", &self.tag),
            (":meant", &self.companies),
            (":limit", limit),
        ]
    }
}

/// The column says `contact` or `company`, and nothing else: the table checks it.
fn on(row: &rusqlite::Row) -> rusqlite::Result<OnRow> {
    let kind: String = row.get(0)?;
    let record = Record::new(&kind, row.get(1)?).ok_or(rusqlite::Error::InvalidQuery)?;
    Ok(OnRow { record, name: row.get(2)?, is_archived: row.get(3)? })
}

/// Ids as SQLite reads a list of them.
pub fn json(ids: &[i64]) -> String {
    format!("[{}]", ids.iter().map(i64::to_string).collect::<Vec<_>>().join(","))
}
