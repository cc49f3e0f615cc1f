//! The table `restriction_notices`. SQL lives here and nowhere else.

use rusqlite::Row;

use super::Letter;
use crate::db::{Db, Tx};
use crate::error::Error;
use crate::id::RestrictionId;
use crate::privacy::requests::letters::Way;

pub fn insert(tx: &Tx, letter: &Letter) -> Result<i64, Error> {
    tx.insert(
        "INSERT INTO restriction_notices (restriction_id, way, address, title, body, message_id, member_id, at)
         VALUES (:restriction, :way, :address, :title, :body, :message, :member, :at)",
        &[
            (":restriction", &letter.restriction),
            (":way", &letter.way.word()),
            (":address", &letter.address),
            (":title", &letter.title),
            (":body", &letter.body),
            (":message", &letter.message_id),
            (":member", &letter.member),
            (":at", &letter.at),
        ],
    )
}

/// The last letter about a restriction.
pub fn newest(db: &Db, restriction: RestrictionId) -> Result<Option<Letter>, Error> {
    let sql = "SELECT * FROM restriction_notices WHERE restriction_id = :id ORDER BY id DESC LIMIT 1";
    db.row(sql, &[(":id", &restriction)], letter)
}

/// Mails that the queue does not have yet, the oldest first; those of restrictions that stay after all are left out.
pub fn waiting(db: &Db, limit: i64) -> Result<Vec<Letter>, Error> {
    db.rows(
        "SELECT n.* FROM restriction_notices n JOIN restrictions r ON r.id = n.restriction_id
         WHERE n.way = 'mail' AND n.mail_id IS NULL AND r.notified_at = n.at AND r.lifted_at IS NULL
         ORDER BY n.id LIMIT :limit",
        &[(":limit", &limit)],
        letter,
    )
}

/// The queue has it.
pub fn mark_queued(tx: &Tx, id: i64, mail: i64) -> Result<(), Error> {
    tx.execute("UPDATE restriction_notices SET mail_id = :mail WHERE id = :id", &[(":id", &id), (":mail", &mail)])?;
    Ok(())
}

fn letter(row: &Row) -> rusqlite::Result<Letter> {
    let way: String = row.get("way")?;
    Ok(Letter {
        id: row.get("id")?,
        restriction: row.get("restriction_id")?,
        // The table takes no other word.
        way: Way::from_word(&way).unwrap_or(Way::Print),
        address: row.get("address")?,
        title: row.get("title")?,
        body: row.get("body")?,
        message_id: row.get("message_id")?,
        mail: row.get("mail_id")?,
        member: row.get("member_id")?,
        at: row.get("at")?,
    })
}
