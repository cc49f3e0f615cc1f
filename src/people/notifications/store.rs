//! The table `notifications`, and in `control.db` how far they have been mailed.

use rusqlite::Row;

use super::settings::Wanted;
use super::{Notice, Notification};
use crate::clock::Timestamp;
use crate::db::{Db, Tx};
use crate::error::Error;
use crate::id::{MemberId, NoteId};
use crate::module::MailChoice;

const COLUMNS: &str = "id, kind, about_type, about_id, note_id, actor_id, count, at, read_at";

pub fn insert(tx: &Tx, notice: &Notice, actor: Option<MemberId>, wanted: &Wanted) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO notifications (member_id, kind, about_type, about_id, note_id, actor_id, in_app, mail, at)
         VALUES (:member, :kind, :type, :id, :note, :actor, :in_app, :mail, :now)",
        &[
            (":member", &notice.to),
            (":kind", &notice.kind.word),
            (":type", &notice.about.kind),
            (":id", &notice.about.id),
            (":note", &notice.note),
            (":actor", &actor),
            (":in_app", &wanted.in_app),
            (":mail", &wanted.mail.word()),
            (":now", &tx.now),
        ],
    )?;
    Ok(())
}

/// Adds one more record to what the member was told by the same actor since `since`; false when there is nothing
/// unread to add it to.
pub fn gather(tx: &Tx, notice: &Notice, actor: Option<MemberId>, since: Timestamp) -> Result<bool, Error> {
    let last: Option<(i64, bool)> = tx.row(
        "SELECT id, kind = :kind AND about_type = :type AND actor_id IS :actor AND at >= :since AND read_at IS NULL
         FROM notifications WHERE member_id = :member ORDER BY id DESC LIMIT 1",
        &[
            (":member", &notice.to),
            (":kind", &notice.kind.word),
            (":type", &notice.about.kind),
            (":actor", &actor),
            (":since", &since),
        ],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    let Some((id, true)) = last else { return Ok(false) };
    // The same record told twice is still one.
    tx.execute(
        "UPDATE notifications SET count = count + 1 WHERE id = :id AND NOT (count = 1 AND about_id = :about)",
        &[(":id", &id), (":about", &notice.about.id)],
    )?;
    Ok(true)
}

pub fn find(db: &Db, member: MemberId, id: i64) -> Result<Option<Notification>, Error> {
    db.row(
        &format!("SELECT {COLUMNS} FROM notifications WHERE id = :id AND member_id = :member AND in_app = 1"),
        &[(":id", &id), (":member", &member)],
        notification,
    )
}

/// What a member was told in the app before `before`, newest first.
pub fn page(db: &Db, member: MemberId, unread: bool, before: i64, limit: i64) -> Result<Vec<Notification>, Error> {
    let unread = if unread { "AND read_at IS NULL" } else { "" };
    db.rows(
        &format!(
            "SELECT {COLUMNS} FROM notifications WHERE member_id = :member AND in_app = 1 {unread} AND id < :before
             ORDER BY id DESC LIMIT :limit"
        ),
        &[(":member", &member), (":before", &before), (":limit", &limit)],
        notification,
    )
}

pub fn newest(db: &Db) -> Result<i64, Error> {
    Ok(db.value("SELECT seq FROM sqlite_sequence WHERE name = 'notifications'", &[])?.unwrap_or(0))
}

pub fn mark_read(tx: &Tx, member: MemberId, id: i64) -> Result<bool, Error> {
    let found = tx.execute(
        "UPDATE notifications SET read_at = ifnull(read_at, :now) WHERE id = :id AND member_id = :member AND in_app = 1",
        &[(":id", &id), (":member", &member), (":now", &tx.now)],
    )?;
    Ok(found == 1)
}

pub fn mark_all_read(tx: &Tx, member: MemberId, through: i64) -> Result<usize, Error> {
    tx.execute(
        "UPDATE notifications SET read_at = :now
         WHERE member_id = :member AND in_app = 1 AND read_at IS NULL AND id <= :through",
        &[(":member", &member), (":through", &through), (":now", &tx.now)],
    )
}

/// Everything that one member was told.
pub fn delete_of(tx: &Tx, member: MemberId) -> Result<(), Error> {
    tx.execute("DELETE FROM notifications WHERE member_id = :member", &[(":member", &member)])?;
    Ok(())
}

pub fn delete_unread_of_note(tx: &Tx, member: MemberId, note: NoteId) -> Result<(), Error> {
    tx.execute(
        "DELETE FROM notifications WHERE note_id = :note AND member_id = :member AND read_at IS NULL",
        &[(":note", &note), (":member", &member)],
    )?;
    Ok(())
}

/// What waits to be mailed to a member: after `after`, from before `until`, and not read meanwhile.
pub fn to_mail(
    db: &Db,
    member: MemberId,
    channel: MailChoice,
    after: i64,
    until: Timestamp,
) -> Result<Vec<Notification>, Error> {
    db.rows(
        &format!(
            "SELECT {COLUMNS} FROM notifications WHERE member_id = :member AND mail = :mail AND id > :after
             AND at < :until AND read_at IS NULL ORDER BY id"
        ),
        &[(":member", &member), (":mail", &channel.word()), (":after", &after), (":until", &until)],
        notification,
    )
}

/// In `control.db`: the highest notification that a mail to the member has counted.
pub fn mailed_through(db: &Db, member: MemberId, channel: MailChoice) -> Result<i64, Error> {
    Ok(db
        .value(
            "SELECT through FROM notification_mails WHERE member_id = :member AND channel = :channel",
            &[(":member", &member), (":channel", &channel.word())],
        )?
        .unwrap_or(0))
}

/// In `control.db`: moves it, in the transaction that queues the mail.
pub fn set_mailed_through(tx: &Tx, member: MemberId, channel: MailChoice, through: i64) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO notification_mails (member_id, channel, through) VALUES (:member, :channel, :through)
         ON CONFLICT (member_id, channel) DO UPDATE SET through = excluded.through",
        &[(":member", &member), (":channel", &channel.word()), (":through", &through)],
    )?;
    Ok(())
}

fn notification(row: &Row) -> rusqlite::Result<Notification> {
    Ok(Notification {
        id: row.get("id")?,
        kind: row.get("kind")?,
        about: (row.get("about_type")?, row.get("about_id")?),
        note: row.get("note_id")?,
        actor: row.get("actor_id")?,
        count: row.get("count")?,
        at: row.get("at")?,
        read_at: row.get("read_at")?,
    })
}
