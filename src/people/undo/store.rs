//! The tables `changes`, `change_images` and `change_ranges`.

use rusqlite::Row;

use super::{Kind, Made, State, Told};
use crate::db::{Db, Tx};
use crate::error::Error;
use crate::id::{ChangeId, ConsentEventId, MemberId};
use crate::people::record::{Object, Record, acting_member};

/// In `change_ranges`, beside the words of [`Made`].
const SAID: &str = "consent";

pub fn insert(tx: &Tx, kind: Kind, what: &str, object: Object, member: Option<MemberId>) -> Result<ChangeId, Error> {
    tx.insert(
        "INSERT INTO changes (kind, what, object, state, created_by, created_at, updated_at)
         VALUES (:kind, :what, :object, 'done', :by, :now, :now)",
        &[
            (":kind", &kind.word()),
            (":what", &what),
            (":object", &object.word()),
            (":by", &member.or(acting_member(tx.origin))),
            (":now", &tx.now),
        ],
    )
    .map(ChangeId)
}

pub fn find(db: &Db, id: ChangeId) -> Result<Option<Told>, Error> {
    db.row("SELECT * FROM changes WHERE id = :id", &[(":id", &id)], told)
}

/// Newest first, of one member or of all.
pub fn list(db: &Db, member: Option<MemberId>, before: Option<ChangeId>, limit: i64) -> Result<Vec<Told>, Error> {
    db.rows(
        "SELECT * FROM changes WHERE (:member IS NULL OR created_by = :member) AND (:before IS NULL OR id < :before)
         ORDER BY id DESC LIMIT :limit",
        &[(":member", &member), (":before", &before), (":limit", &limit)],
        told,
    )
}

/// Changes a job should be taking back, oldest first.
pub fn undoing(db: &Db) -> Result<Vec<ChangeId>, Error> {
    db.rows("SELECT id FROM changes WHERE state = 'undoing' ORDER BY id", &[], |row| row.get(0))
}

/// Keeps the first image of a record only: that is how it was before the change.
pub fn keep_image(tx: &Tx, change: ChangeId, record: Record, image: &str, version_after: i64) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO change_images (change_id, on_type, on_id, image, version_after)
         VALUES (:change, :type, :id, :image, :version)
         ON CONFLICT (change_id, on_type, on_id) DO UPDATE SET version_after = excluded.version_after",
        &[
            (":change", &change),
            (":type", &record.kind()),
            (":id", &record.id()),
            (":image", &image),
            (":version", &version_after),
        ],
    )?;
    Ok(())
}

/// Lengthens the last run of ids when `id` follows it; begins another otherwise.
pub fn keep_made(tx: &Tx, change: ChangeId, made: Made, id: i64) -> Result<(), Error> {
    keep_run(tx, change, made.word(), id)
}

/// The same for what somebody said about their data, which is never deleted: another event takes it back.
pub fn keep_said(tx: &Tx, change: ChangeId, id: ConsentEventId) -> Result<(), Error> {
    keep_run(tx, change, SAID, id.0)
}

fn keep_run(tx: &Tx, change: ChangeId, made: &str, id: i64) -> Result<(), Error> {
    let lengthened = tx.execute(
        "UPDATE change_ranges SET last_id = :id WHERE last_id = :id - 1
         AND id = (SELECT max(id) FROM change_ranges WHERE change_id = :change AND made = :made)",
        &[(":change", &change), (":made", &made), (":id", &id)],
    )?;
    if lengthened == 0 {
        tx.execute(
            "INSERT INTO change_ranges (change_id, made, first_id, last_id) VALUES (:change, :made, :id, :id)",
            &[(":change", &change), (":made", &made), (":id", &id)],
        )?;
    }
    Ok(())
}

/// Whether the change made a row that nobody but it has touched.
pub fn has_made(db: &Db, change: ChangeId, made: Made, id: i64) -> Result<bool, Error> {
    let found = db.value(
        "SELECT EXISTS (SELECT 1 FROM change_ranges WHERE change_id = :change AND made = :made AND :id BETWEEN first_id AND last_id)
             OR EXISTS (SELECT 1 FROM change_images WHERE change_id = :change AND on_type = :made AND on_id = :id AND image = 'made')",
        &[(":change", &change), (":made", &made.word()), (":id", &id)],
    )?;
    Ok(found.unwrap_or(false))
}

pub fn set_records(tx: &Tx, change: ChangeId) -> Result<(), Error> {
    tx.execute(
        "UPDATE changes SET records = (SELECT count(*) FROM change_images WHERE change_id = :id)
             + (SELECT ifnull(sum(last_id - first_id + 1), 0) FROM change_ranges WHERE change_id = :id AND made NOT IN ('note', 'tag', 'choice', 'consent')),
             updated_at = :now
         WHERE id = :id",
        &[(":id", &change), (":now", &tx.now)],
    )?;
    Ok(())
}

/// How a record was before a change.
pub struct Kept {
    pub id: i64,
    /// `None` for a kind of record that this version does not know.
    pub record: Option<Record>,
    pub image: String,
    /// Its version once the change had happened; 0: it was gone.
    pub version_after: i64,
}

/// The next images to put back; companies that the change made itself come later, by [`made_companies`].
pub fn images(db: &Db, change: ChangeId, limit: i64) -> Result<Vec<Kept>, Error> {
    db.rows(
        "SELECT id, on_type, on_id, image, version_after FROM change_images
         WHERE change_id = :change AND NOT (on_type = 'company' AND image = 'made') ORDER BY id DESC LIMIT :limit",
        &[(":change", &change), (":limit", &limit)],
        kept,
    )
}

/// Companies that the change made and then touched: their people have to be gone before they can be.
pub fn made_companies(db: &Db, change: ChangeId, limit: i64) -> Result<Vec<Kept>, Error> {
    db.rows(
        "SELECT id, on_type, on_id, image, version_after FROM change_images
         WHERE change_id = :change AND on_type = 'company' AND image = 'made' ORDER BY id DESC LIMIT :limit",
        &[(":change", &change), (":limit", &limit)],
        kept,
    )
}

fn kept(row: &Row) -> rusqlite::Result<Kept> {
    let record = Record::new(&row.get::<_, String>(1)?, row.get(2)?);
    Ok(Kept { id: row.get(0)?, record, image: row.get(3)?, version_after: row.get(4)? })
}

pub fn forget_image(tx: &Tx, id: i64) -> Result<(), Error> {
    tx.execute("DELETE FROM change_images WHERE id = :id", &[(":id", &id)])?;
    Ok(())
}

/// Takes a row out of the runs of ids of what was made; says whether it was in one. The run before or behind it
/// stays.
pub fn leave_out(tx: &Tx, change: ChangeId, made: Made, id: i64) -> Result<bool, Error> {
    let run: Option<(i64, i64, i64)> = tx.row(
        "SELECT id, first_id, last_id FROM change_ranges WHERE change_id = :change AND made = :made AND first_id <= :id
         ORDER BY first_id DESC LIMIT 1",
        &[(":change", &change), (":made", &made.word()), (":id", &id)],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
    )?;
    let Some((run, first, last)) = run.filter(|(_, _, last)| id <= *last) else { return Ok(false) };
    if first < id && id < last {
        tx.execute(
            "INSERT INTO change_ranges (change_id, made, first_id, last_id) VALUES (:change, :made, :first, :last)",
            &[(":change", &change), (":made", &made.word()), (":first", &(id + 1)), (":last", &last)],
        )?;
    }
    if id == first {
        tx.execute("UPDATE change_ranges SET first_id = :id + 1 WHERE id = :run", &[(":id", &id), (":run", &run)])?;
        tx.execute("DELETE FROM change_ranges WHERE id = :run AND last_id < first_id", &[(":run", &run)])?;
    } else {
        shorten(tx, run, id - 1)?;
    }
    Ok(true)
}

/// The last run of ids of what was made: id of the run, what, first, last. Companies come last of all, because
/// the people that came with them hold them until they are gone; tags and choices go after both, once nobody has them.
pub fn last_range(db: &Db, change: ChangeId) -> Result<Option<(i64, Made, i64, i64)>, Error> {
    db.row(
        "SELECT id, made, first_id, last_id FROM change_ranges WHERE change_id = :change AND made <> 'consent'
         ORDER BY made IN ('tag', 'choice'), made = 'company', id DESC LIMIT 1",
        &[(":change", &change)],
        |row| {
            let made = Made::from_word(&row.get::<_, String>(1)?).unwrap_or(Made::Note);
            Ok((row.get(0)?, made, row.get(2)?, row.get(3)?))
        },
    )
}

/// The last run of what was said: id of the run, first, last.
pub fn last_said(db: &Db, change: ChangeId) -> Result<Option<(i64, i64, i64)>, Error> {
    db.row(
        "SELECT id, first_id, last_id FROM change_ranges WHERE change_id = :change AND made = :made ORDER BY id DESC LIMIT 1",
        &[(":change", &change), (":made", &SAID)],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
    )
}

/// Shortens a run from its end; one that has nothing left goes.
pub fn shorten(tx: &Tx, range: i64, last: i64) -> Result<(), Error> {
    tx.execute("UPDATE change_ranges SET last_id = :last WHERE id = :id", &[(":id", &range), (":last", &last)])?;
    tx.execute("DELETE FROM change_ranges WHERE id = :id AND last_id < first_id", &[(":id", &range)])?;
    Ok(())
}

/// Forgets that a record went into another.
pub fn forget_merged(tx: &Tx, record: Record) -> Result<(), Error> {
    tx.execute(
        "DELETE FROM merged_records WHERE on_type = :type AND lost_id = :id",
        &[(":type", &record.kind()), (":id", &record.id())],
    )?;
    Ok(())
}

pub fn begin_undo(tx: &Tx, change: ChangeId) -> Result<(), Error> {
    tx.execute(
        "UPDATE changes SET state = 'undoing', undone_by = :by, updated_at = :now, version = version + 1 WHERE id = :id",
        &[(":id", &change), (":by", &acting_member(tx.origin)), (":now", &tx.now)],
    )?;
    Ok(())
}

/// Adds what a batch restored and left alone.
pub fn advance(tx: &Tx, change: ChangeId, restored: i64, kept: i64) -> Result<(), Error> {
    tx.execute(
        "UPDATE changes SET restored = restored + :restored, kept = kept + :kept, updated_at = :now WHERE id = :id",
        &[(":id", &change), (":restored", &restored), (":kept", &kept), (":now", &tx.now)],
    )?;
    Ok(())
}

pub fn end_undo(tx: &Tx, change: ChangeId) -> Result<(), Error> {
    tx.execute(
        "UPDATE changes SET state = 'undone', undone_at = :now, updated_at = :now, version = version + 1 WHERE id = :id",
        &[(":id", &change), (":now", &tx.now)],
    )?;
    Ok(())
}

/// The version of a record or a note; `None` when it is gone.
pub fn version_of(db: &Db, made: Made, id: i64) -> Result<Option<i64>, Error> {
    let sql = match made {
        Made::Contact => "SELECT version FROM contacts WHERE id = :id",
        Made::Company => "SELECT version FROM companies WHERE id = :id",
        Made::Note => "SELECT version FROM notes WHERE id = :id",
        Made::Tag => "SELECT version FROM tags WHERE id = :id",
        // Whoever renames a choice keeps it; a retired one was taken out by somebody already.
        Made::Choice => "SELECT 1 FROM custom_field_choices WHERE id = :id",
    };
    db.value(sql, &[(":id", &id)])
}

/// Whether something hangs on a record, or points at it, that the change did not make: notes, files, relations,
/// people of a company. Taking the record away would take somebody's work along.
pub fn is_used(db: &Db, change: ChangeId, made: Made, id: i64) -> Result<bool, Error> {
    let used = db.value(
        "SELECT EXISTS (SELECT 1 FROM notes AS n WHERE n.on_type = :made AND n.on_id = :id
                 AND NOT (n.version = 1 AND EXISTS (SELECT 1 FROM change_ranges WHERE change_id = :change AND made = 'note'
                     AND n.id BETWEEN first_id AND last_id)))
             OR EXISTS (SELECT 1 FROM attachments WHERE on_type = :made AND on_id = :id)
             OR EXISTS (SELECT 1 FROM custom_values WHERE sort_key = :id
                 AND field_id IN (SELECT id FROM custom_fields WHERE kind = 'relation' AND target = :made))
             OR :made = 'company' AND EXISTS (SELECT 1 FROM contacts WHERE company_id = :id)
             OR :made = 'tag' AND (EXISTS (SELECT 1 FROM contact_tags WHERE tag_id = :id)
                 OR EXISTS (SELECT 1 FROM company_tags WHERE tag_id = :id))
             OR :made = 'choice' AND EXISTS (SELECT 1 FROM custom_field_choices AS c JOIN custom_fields AS f ON f.id = c.field_id
                 WHERE c.id = :id AND (instr(f.default_value, c.label) > 0
                     OR EXISTS (SELECT 1 FROM custom_values WHERE field_id = f.id AND value = CAST(:id AS TEXT))))",
        &[(":change", &change), (":made", &made.word()), (":id", &id)],
    )?;
    Ok(used.unwrap_or(false))
}

/// Takes away a row that the change made. Triggers take what hangs on it.
pub fn delete(tx: &Tx, made: Made, id: i64) -> Result<(), Error> {
    let sql = match made {
        Made::Contact => "DELETE FROM contacts WHERE id = :id",
        Made::Company => "DELETE FROM companies WHERE id = :id",
        Made::Note => "DELETE FROM notes WHERE id = :id",
        Made::Tag => "DELETE FROM tags WHERE id = :id",
        Made::Choice => "DELETE FROM custom_field_choices WHERE id = :id",
    };
    tx.execute(sql, &[(":id", &id)])?;
    Ok(())
}

fn told(row: &Row) -> rusqlite::Result<Told> {
    let word = |name: &str| row.get::<_, String>(name);
    Ok(Told {
        id: row.get("id")?,
        version: row.get("version")?,
        kind: Kind::from_word(&word("kind")?).unwrap_or(Kind::Bulk),
        what: row.get("what")?,
        object: Object::from_word(&word("object")?).unwrap_or(Object::Contact),
        state: State::from_word(&word("state")?).unwrap_or(State::Done),
        records: row.get("records")?,
        restored: row.get("restored")?,
        kept: row.get("kept")?,
        created_by: row.get("created_by")?,
        created_at: row.get("created_at")?,
        undone_by: row.get("undone_by")?,
        undone_at: row.get("undone_at")?,
    })
}
