//! The tables `notification_settings` and `digest_hours`.

use super::Wanted;
use crate::db::{Db, Tx};
use crate::error::Error;
use crate::id::MemberId;
use crate::module::MailChoice;

pub fn find(db: &Db, member: MemberId, kind: &str) -> Result<Option<Wanted>, Error> {
    db.row(
        "SELECT in_app, mail FROM notification_settings WHERE member_id = :member AND kind = :kind",
        &[(":member", &member), (":kind", &kind)],
        |row| {
            let mail: String = row.get(1)?;
            // The table checks the word.
            Ok(Wanted { in_app: row.get(0)?, mail: MailChoice::from_word(&mail).unwrap_or(MailChoice::Never) })
        },
    )
}

pub fn set(tx: &Tx, member: MemberId, kind: &str, wanted: &Wanted) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO notification_settings (member_id, kind, in_app, mail, updated_at)
         VALUES (:member, :kind, :in_app, :mail, :now)
         ON CONFLICT (member_id, kind) DO UPDATE
         SET in_app = excluded.in_app, mail = excluded.mail, updated_at = excluded.updated_at",
        &[
            (":member", &member),
            (":kind", &kind),
            (":in_app", &wanted.in_app),
            (":mail", &wanted.mail.word()),
            (":now", &tx.now),
        ],
    )?;
    Ok(())
}

pub fn hour(db: &Db, member: MemberId) -> Result<Option<i8>, Error> {
    db.value("SELECT hour FROM digest_hours WHERE member_id = :member", &[(":member", &member)])
}

pub fn set_hour(tx: &Tx, member: MemberId, hour: i8) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO digest_hours (member_id, hour) VALUES (:member, :hour)
         ON CONFLICT (member_id) DO UPDATE SET hour = excluded.hour",
        &[(":member", &member), (":hour", &hour)],
    )?;
    Ok(())
}

/// Everything that one member chose.
pub fn delete_of(tx: &Tx, member: MemberId) -> Result<(), Error> {
    tx.execute("DELETE FROM notification_settings WHERE member_id = :member", &[(":member", &member)])?;
    tx.execute("DELETE FROM digest_hours WHERE member_id = :member", &[(":member", &member)])?;
    Ok(())
}
