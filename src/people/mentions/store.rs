//! The table `mentions`.

use crate::db::{Db, Tx};
use crate::error::Error;
use crate::id::{MemberId, NoteId};

/// Whom a note names.
pub fn of(db: &Db, note: NoteId) -> Result<Vec<MemberId>, Error> {
    db.rows("SELECT member_id FROM mentions WHERE note_id = :note", &[(":note", &note)], |row| row.get(0))
}

/// Writes down whom a note names now.
pub fn set(tx: &Tx, note: NoteId, members: &[MemberId]) -> Result<(), Error> {
    tx.execute("DELETE FROM mentions WHERE note_id = :note", &[(":note", &note)])?;
    for member in members {
        tx.execute(
            "INSERT INTO mentions (note_id, member_id) VALUES (:note, :member)",
            &[(":note", &note), (":member", member)],
        )?;
    }
    Ok(())
}
