//! The tables `letter_templates` and `subject_request_letters`.

use rusqlite::Row;
use rusqlite::types::FromSqlError;

use super::{Letter, LetterKind, Template, Way};
use crate::clock::Timestamp;
use crate::db::{Db, Tx};
use crate::error::Error;
use crate::id::{MemberId, SubjectLetterId, SubjectRequestId};

/// The newest version of a kind; `None` while nobody has written one.
pub fn template(db: &Db, kind: LetterKind) -> Result<Option<Template>, Error> {
    db.row(
        "SELECT title, body FROM letter_templates WHERE kind = :kind ORDER BY id DESC LIMIT 1",
        &[(":kind", &kind.word())],
        |row| Ok(Template { title: row.get(0)?, body: row.get(1)? }),
    )
}

/// Number, words, by whom, when.
pub type Version = (i64, Template, Option<MemberId>, Timestamp);

/// Every version of a kind, the newest first.
pub fn versions(db: &Db, kind: LetterKind) -> Result<Vec<Version>, Error> {
    db.rows(
        "SELECT row_number() OVER (ORDER BY id) AS number, title, body, member_id, at FROM letter_templates
         WHERE kind = :kind ORDER BY id DESC",
        &[(":kind", &kind.word())],
        |row| {
            let template = Template { title: row.get("title")?, body: row.get("body")? };
            Ok((row.get("number")?, template, row.get("member_id")?, row.get("at")?))
        },
    )
}

pub fn add_template(tx: &Tx, kind: LetterKind, template: &Template, by: Option<MemberId>) -> Result<(), Error> {
    tx.insert(
        "INSERT INTO letter_templates (kind, title, body, member_id, at) VALUES (:kind, :title, :body, :by, :now)",
        &[
            (":kind", &kind.word()),
            (":title", &template.title),
            (":body", &template.body),
            (":by", &by),
            (":now", &tx.now),
        ],
    )?;
    Ok(())
}

const COLUMNS: &str = "id, request_id, kind, way, address, title, body, hash, message_id, mail_id, member_id, at";

pub fn insert(tx: &Tx, letter: &Letter) -> Result<SubjectLetterId, Error> {
    let id = tx.insert(
        "INSERT INTO subject_request_letters (request_id, kind, way, address, title, body, hash, message_id, member_id, at)
         VALUES (:request, :kind, :way, :address, :title, :body, :hash, :message_id, :member, :at)",
        &[
            (":request", &letter.request),
            (":kind", &letter.kind.word()),
            (":way", &letter.way.word()),
            (":address", &letter.address),
            (":title", &letter.title),
            (":body", &letter.body),
            (":hash", &letter.hash),
            (":message_id", &letter.message_id),
            (":member", &letter.member),
            (":at", &letter.at),
        ],
    )?;
    Ok(SubjectLetterId(id))
}

pub fn of_request(db: &Db, id: SubjectRequestId) -> Result<Vec<Letter>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM subject_request_letters WHERE request_id = :id ORDER BY id");
    db.rows(&sql, &[(":id", &id)], letter)
}

/// Mails that the queue does not have yet, the oldest first.
pub fn waiting(db: &Db, limit: i64) -> Result<Vec<Letter>, Error> {
    let sql = format!(
        "SELECT {COLUMNS} FROM subject_request_letters WHERE way = 'mail' AND mail_id IS NULL AND address <> ''
         ORDER BY id LIMIT :limit"
    );
    db.rows(&sql, &[(":limit", &limit)], letter)
}

/// The queue has it.
pub fn mark_queued(tx: &Tx, id: SubjectLetterId, mail: i64) -> Result<(), Error> {
    tx.execute("UPDATE subject_request_letters SET mail_id = :mail WHERE id = :id", &[(":mail", &mail), (":id", &id)])?;
    Ok(())
}

fn letter(row: &Row) -> rusqlite::Result<Letter> {
    let (kind, way): (String, String) = (row.get("kind")?, row.get("way")?);
    Ok(Letter {
        id: row.get("id")?,
        request: row.get("request_id")?,
        kind: LetterKind::from_word(&kind).ok_or(FromSqlError::InvalidType)?,
        way: Way::from_word(&way).ok_or(FromSqlError::InvalidType)?,
        address: row.get("address")?,
        title: row.get("title")?,
        body: row.get("body")?,
        hash: row.get("hash")?,
        message_id: row.get("message_id")?,
        mail: row.get("mail_id")?,
        member: row.get("member_id")?,
        at: row.get("at")?,
    })
}
