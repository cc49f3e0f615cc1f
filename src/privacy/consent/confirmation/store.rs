//! The tables `consent_confirmations` and `confirmation_wordings`. SQL lives here and nowhere else.

use rusqlite::Row;

use super::Confirmation;
use super::words::Words;
use crate::clock::Timestamp;
use crate::db::{Db, Tx};
use crate::error::Error;
use crate::id::{ConfirmationId, ConsentEventId, MemberId};

pub fn insert(tx: &Tx, event: ConsentEventId, expires_at: Timestamp) -> Result<ConfirmationId, Error> {
    tx.insert(
        "INSERT INTO consent_confirmations (event_id, asked_at, expires_at) VALUES (:event, :now, :expires)",
        &[(":event", &event), (":now", &tx.now), (":expires", &expires_at)],
    )
    .map(ConfirmationId)
}

pub fn find(db: &Db, id: ConfirmationId) -> Result<Option<Confirmation>, Error> {
    db.row("SELECT * FROM consent_confirmations WHERE id = :id", &[(":id", &id)], confirmation)
}

/// The newest one about a yes.
pub fn newest(db: &Db, event: ConsentEventId) -> Result<Option<Confirmation>, Error> {
    let sql = "SELECT * FROM consent_confirmations WHERE event_id = :event ORDER BY id DESC LIMIT 1";
    db.row(sql, &[(":event", &event)], confirmation)
}

/// Those whose mail is not queued yet, the oldest first.
pub fn waiting(db: &Db, limit: i64) -> Result<Vec<Confirmation>, Error> {
    db.rows(
        "SELECT * FROM consent_confirmations WHERE mail_id IS NULL AND stopped_at IS NULL ORDER BY id LIMIT :limit",
        &[(":limit", &limit)],
        confirmation,
    )
}

pub fn choose_address(tx: &Tx, id: ConfirmationId, address: &[u8; 32], message_id: &str) -> Result<(), Error> {
    tx.execute(
        "UPDATE consent_confirmations SET address_hash = :address, message_id = :message WHERE id = :id",
        &[(":id", &id), (":address", &address.as_slice()), (":message", &message_id)],
    )?;
    Ok(())
}

pub fn mark_queued(tx: &Tx, id: ConfirmationId, mail: i64) -> Result<(), Error> {
    tx.execute("UPDATE consent_confirmations SET mail_id = :mail WHERE id = :id", &[(":id", &id), (":mail", &mail)])?;
    Ok(())
}

pub fn mark_used(tx: &Tx, id: ConfirmationId) -> Result<(), Error> {
    tx.execute("UPDATE consent_confirmations SET used_at = :now WHERE id = :id", &[(":id", &id), (":now", &tx.now)])?;
    Ok(())
}

/// Ends every link about a yes that was not used.
pub fn stop(tx: &Tx, event: ConsentEventId) -> Result<(), Error> {
    tx.execute(
        "UPDATE consent_confirmations SET stopped_at = :now
         WHERE event_id = :event AND used_at IS NULL AND stopped_at IS NULL",
        &[(":event", &event), (":now", &tx.now)],
    )?;
    Ok(())
}

/// The newest words of a language; `None` while nobody wrote any.
pub fn words(db: &Db, language: &str) -> Result<Option<Words>, Error> {
    db.row(
        "SELECT title, body FROM confirmation_wordings WHERE language = :language ORDER BY id DESC LIMIT 1",
        &[(":language", &language)],
        |row| Ok(Words { title: row.get(0)?, body: row.get(1)? }),
    )
}

/// Every language that somebody wrote words in, also those that are not offered any more.
pub fn languages(db: &Db) -> Result<Vec<String>, Error> {
    db.rows("SELECT DISTINCT language FROM confirmation_wordings ORDER BY language", &[], |row| row.get(0))
}

pub fn add_words(tx: &Tx, language: &str, words: &Words, by: Option<MemberId>) -> Result<(), Error> {
    tx.insert(
        "INSERT INTO confirmation_wordings (language, title, body, member_id, at)
         VALUES (:language, :title, :body, :by, :now)",
        &[(":language", &language), (":title", &words.title), (":body", &words.body), (":by", &by), (":now", &tx.now)],
    )?;
    Ok(())
}

fn confirmation(row: &Row) -> rusqlite::Result<Confirmation> {
    Ok(Confirmation {
        id: row.get("id")?,
        event: row.get("event_id")?,
        asked_at: row.get("asked_at")?,
        expires_at: row.get("expires_at")?,
        address_hash: row.get("address_hash")?,
        message_id: row.get("message_id")?,
        mail: row.get("mail_id")?,
        used_at: row.get("used_at")?,
        stopped_at: row.get("stopped_at")?,
    })
}
