//! The table `subject_requests`.

mod hanging;

use rusqlite::Row;
use rusqlite::types::FromSqlError;

use super::{Filter, NewRow, Request, State};
use crate::clock::Timestamp;
use crate::db::{Db, Tx};
use crate::error::Error;
use crate::id::{MemberId, SubjectRequestId};

pub use hanging::*;

const COLUMNS: &str =
    "id, kind, state, profile, time_zone, received_at, due_at, legal_due_at, confirm_by, confirmed_at,
    extended_until, extension_reason, person_type, person_id, name, answer_to, channel, words, assignee_id, ground,
    reason, decided_by, decided_at, done, completed_at, closed_at, duplicate_of, created_by, created_at, version";

/// The day that counts.
const DEADLINE: &str = "ifnull(extended_until, due_at)";

pub fn find(db: &Db, id: SubjectRequestId) -> Result<Option<Request>, Error> {
    db.row(&format!("SELECT {COLUMNS} FROM subject_requests WHERE id = :id"), &[(":id", &id)], request)
}

/// Open requests of a person, the most urgent first.
pub fn open_of_person(db: &Db, kind: &str, ids: &str) -> Result<Vec<Request>, Error> {
    db.rows(
        &format!(
            "SELECT {COLUMNS} FROM subject_requests WHERE person_type = :kind
             AND person_id IN (SELECT value FROM json_each(:ids)) AND closed_at IS NULL ORDER BY {DEADLINE}"
        ),
        &[(":kind", &kind), (":ids", &ids)],
        request,
    )
}

/// All requests of a person, the newest first.
pub fn all_of_person(db: &Db, kind: &str, ids: &str) -> Result<Vec<Request>, Error> {
    db.rows(
        &format!(
            "SELECT {COLUMNS} FROM subject_requests WHERE person_type = :kind
             AND person_id IN (SELECT value FROM json_each(:ids)) ORDER BY id DESC"
        ),
        &[(":kind", &kind), (":ids", &ids)],
        request,
    )
}

/// The oldest open request of this kind by whoever has this hash.
pub fn open_by_hash(db: &Db, kind: &str, hash: &[u8]) -> Result<Option<SubjectRequestId>, Error> {
    db.value(
        "SELECT id FROM subject_requests WHERE identity_hash = :hash AND kind = :kind AND closed_at IS NULL
         ORDER BY id LIMIT 1",
        &[(":hash", &hash), (":kind", &kind)],
    )
}

/// The ids of requests that are the same as this one.
pub fn duplicates_of(db: &Db, id: SubjectRequestId) -> Result<Vec<SubjectRequestId>, Error> {
    db.rows("SELECT id FROM subject_requests WHERE duplicate_of = :id ORDER BY id", &[(":id", &id)], |row| row.get(0))
}

/// Whose requests are open, each once.
pub fn people_with_open(db: &Db) -> Result<Vec<(String, i64)>, Error> {
    db.rows(
        "SELECT DISTINCT person_type, person_id FROM subject_requests WHERE closed_at IS NULL AND person_id IS NOT NULL",
        &[],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// The numbers of open requests.
pub fn open_ids(db: &Db) -> Result<Vec<i64>, Error> {
    db.rows("SELECT id FROM subject_requests WHERE closed_at IS NULL", &[], |row| row.get(0))
}

/// Every open request.
pub fn open(db: &Db) -> Result<Vec<Request>, Error> {
    db.rows(
        &format!("SELECT {COLUMNS} FROM subject_requests WHERE closed_at IS NULL ORDER BY {DEADLINE}, id"),
        &[],
        request,
    )
}

const NARROWED: &str = "(:state = '' OR state = :state) AND (:kind = '' OR kind = :kind)
    AND (:assignee IS NULL OR assignee_id = :assignee) AND (:open = 0 OR closed_at IS NULL)
    AND (:overdue = 0 OR (closed_at IS NULL AND ifnull(extended_until, due_at) < :now))";

/// A page: open ones first by their last day, then closed ones, the newest first.
pub fn page(db: &Db, filter: &Filter, offset: i64, limit: i64) -> Result<Vec<Request>, Error> {
    let (state, kind) = (filter.state_word(), filter.kind_word());
    db.rows(
        &format!(
            "SELECT {COLUMNS} FROM subject_requests WHERE {NARROWED}
             ORDER BY closed_at IS NOT NULL, CASE WHEN closed_at IS NULL THEN {DEADLINE} ELSE -closed_at END, id
             LIMIT :limit OFFSET :offset"
        ),
        &[
            (":state", &state),
            (":kind", &kind),
            (":assignee", &filter.assignee),
            (":open", &filter.open),
            (":overdue", &filter.overdue),
            (":now", &db.now),
            (":limit", &limit),
            (":offset", &offset),
        ],
        request,
    )
}

pub fn count(db: &Db, filter: &Filter) -> Result<i64, Error> {
    let (state, kind) = (filter.state_word(), filter.kind_word());
    db.count(
        &format!("SELECT count(*) FROM subject_requests WHERE {NARROWED}"),
        &[
            (":state", &state),
            (":kind", &kind),
            (":assignee", &filter.assignee),
            (":open", &filter.open),
            (":overdue", &filter.overdue),
            (":now", &db.now),
        ],
    )
}

pub fn insert(tx: &Tx, new: &NewRow) -> Result<SubjectRequestId, Error> {
    let person_type = new.person.as_ref().map_or("", |(kind, _)| *kind);
    let person_id = new.person.as_ref().map(|(_, id)| *id);
    let id = tx.insert(
        "INSERT INTO subject_requests (kind, state, profile, time_zone, received_at, due_at, legal_due_at, confirm_by,
            person_type, person_id, name, answer_to, identity_hash, channel, words, assignee_id, created_by, created_at,
            updated_at)
         VALUES (:kind, 'received', :profile, :zone, :received, :due, :legal, :confirm, :person_type, :person_id, :name,
            :answer_to, :hash, :channel, :words, :assignee, :by, :now, :now)",
        &[
            (":kind", &new.kind.word()),
            (":profile", &new.profile.word()),
            (":zone", &new.time_zone),
            (":received", &new.received_at),
            (":due", &new.deadlines.due),
            (":legal", &new.deadlines.legal),
            (":confirm", &new.deadlines.confirm_by),
            (":person_type", &person_type),
            (":person_id", &person_id),
            (":name", &new.name),
            (":answer_to", &new.answer_to),
            (":hash", &new.identity_hash),
            (":channel", &new.channel.word()),
            (":words", &new.words),
            (":assignee", &new.assignee),
            (":by", &new.created_by),
            (":now", &tx.now),
        ],
    )?;
    Ok(SubjectRequestId(id))
}

/// Writes back what a step may change. The deadlines fixed at receipt are not among it.
pub fn update(tx: &Tx, request: &Request) -> Result<(), Error> {
    let (person_type, person_id) = match &request.person {
        Some((kind, id)) => (kind.as_str(), Some(*id)),
        None => ("", None),
    };
    tx.execute(
        "UPDATE subject_requests SET state = :state, confirmed_at = :confirmed, extended_until = :extended,
            extension_reason = :extension, person_type = :person_type, person_id = :person_id, assignee_id = :assignee,
            ground = :ground, reason = :reason, decided_by = :decided_by, decided_at = :decided_at, done = :done,
            completed_at = :completed, closed_at = :closed, duplicate_of = :duplicate, updated_at = :now,
            reminded = CASE WHEN extended_until IS :extended THEN reminded ELSE 0 END, version = version + 1
         WHERE id = :id",
        &[
            (":id", &request.id),
            (":state", &request.state.word()),
            (":confirmed", &request.confirmed_at),
            (":extended", &request.extended_until),
            (":extension", &request.extension_reason),
            (":person_type", &person_type),
            (":person_id", &person_id),
            (":assignee", &request.assignee),
            (":ground", &request.ground.map_or("", |ground| ground.word())),
            (":reason", &request.reason),
            (":decided_by", &request.decided_by),
            (":decided_at", &request.decided_at),
            (":done", &request.done),
            (":completed", &request.completed_at),
            (":closed", &request.closed_at),
            (":duplicate", &request.duplicate_of),
            (":now", &tx.now),
        ],
    )?;
    Ok(())
}

/// How many reminders about the last day went out, and whether one about the confirmation did.
pub fn reminded(db: &Db, id: SubjectRequestId) -> Result<(i64, bool), Error> {
    let found =
        db.row("SELECT reminded, confirm_reminded FROM subject_requests WHERE id = :id", &[(":id", &id)], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
    Ok(found.unwrap_or_default())
}

pub fn set_reminded(tx: &Tx, id: SubjectRequestId, reminded: i64, confirm: bool) -> Result<(), Error> {
    tx.execute(
        "UPDATE subject_requests SET reminded = :reminded, confirm_reminded = :confirm WHERE id = :id",
        &[(":id", &id), (":reminded", &reminded), (":confirm", &confirm)],
    )?;
    Ok(())
}

/// A column that holds a word of ours.
pub(super) fn word<T>(row: &Row, column: &str, read: fn(&str) -> Option<T>) -> rusqlite::Result<T> {
    let text: String = row.get(column)?;
    read(&text).ok_or_else(|| FromSqlError::InvalidType.into())
}

fn request(row: &Row) -> rusqlite::Result<Request> {
    let ground: String = row.get("ground")?;
    let person: Option<i64> = row.get("person_id")?;
    Ok(Request {
        id: row.get("id")?,
        kind: word(row, "kind", super::Kind::from_word)?,
        state: word(row, "state", State::from_word)?,
        profile: word(row, "profile", super::Profile::from_word)?,
        time_zone: row.get("time_zone")?,
        received_at: row.get("received_at")?,
        due_at: row.get("due_at")?,
        legal_due_at: row.get("legal_due_at")?,
        confirm_by: row.get("confirm_by")?,
        confirmed_at: row.get("confirmed_at")?,
        extended_until: row.get("extended_until")?,
        extension_reason: row.get("extension_reason")?,
        person: person.map(|id| Ok::<_, rusqlite::Error>((row.get("person_type")?, id))).transpose()?,
        name: row.get("name")?,
        answer_to: row.get("answer_to")?,
        channel: word(row, "channel", super::Channel::from_word)?,
        words: row.get("words")?,
        assignee: row.get::<_, Option<MemberId>>("assignee_id")?,
        ground: super::Ground::from_word(&ground),
        reason: row.get("reason")?,
        decided_by: row.get("decided_by")?,
        decided_at: row.get::<_, Option<Timestamp>>("decided_at")?,
        done: row.get("done")?,
        completed_at: row.get("completed_at")?,
        closed_at: row.get("closed_at")?,
        duplicate_of: row.get("duplicate_of")?,
        created_by: row.get("created_by")?,
        created_at: row.get("created_at")?,
        version: row.get("version")?,
    })
}
