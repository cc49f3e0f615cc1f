//! The table `consent_events`. SQL lives here and nowhere else.

use rusqlite::{Row, ToSql};

use super::{Action, Event, Method};
use crate::clock::Timestamp;
use crate::db::{Db, Tx};
use crate::error::Error;
use crate::id::{ConsentEventId, MemberId, PurposeId};
use crate::privacy::subject::Person;

const SELECT: &str = "SELECT e.*, w.number AS wording_number, w.hash AS wording_hash
     FROM consent_events e LEFT JOIN purpose_wordings w ON w.id = e.wording_id";

/// What makes a row.
pub struct NewRow<'a> {
    pub purpose: Option<PurposeId>,
    pub wording: Option<i64>,
    pub action: Action,
    pub needs_confirmation: bool,
    pub method: Method,
    pub at: Timestamp,
    pub address: &'a str,
    pub user_agent: &'a str,
    pub evidence: &'a str,
    pub subject_hash: Option<[u8; 32]>,
    pub member: Option<MemberId>,
    /// The event that counts no more.
    pub takes_back: Option<ConsentEventId>,
}

pub fn insert(tx: &Tx, person: &Person, new: &NewRow) -> Result<ConsentEventId, Error> {
    tx.insert(
        "INSERT INTO consent_events (on_type, on_id, given_on, purpose_id, wording_id, action, needs_confirmation, method, at,
             recorded_at, address, user_agent, evidence, subject_hash, member_id, takes_back)
         VALUES (:type, :id, :id, :purpose, :wording, :action, :confirm, :method, :at, :now, :address, :agent, :evidence,
             :hash, :member, :takes_back)",
        &[
            (":type", &person.kind.word),
            (":id", &person.id()),
            (":purpose", &new.purpose),
            (":wording", &new.wording),
            (":action", &new.action.word()),
            (":confirm", &new.needs_confirmation),
            (":method", &new.method.word()),
            (":at", &new.at),
            (":now", &tx.now),
            (":address", &new.address),
            (":agent", &new.user_agent),
            (":evidence", &new.evidence),
            (":hash", &new.subject_hash.as_ref().map(<[u8; 32]>::as_slice)),
            (":member", &new.member),
            (":takes_back", &new.takes_back),
        ],
    )
    .map(ConsentEventId)
}

/// Everything that a person said, in the order in which it was written down.
pub fn of_person(db: &Db, person: &Person) -> Result<Vec<Event>, Error> {
    db.rows(
        &format!("{SELECT} WHERE e.on_type = :kind AND e.on_id IN (SELECT value FROM json_each(:ids)) ORDER BY e.id"),
        &[(":kind", &person.kind.word), (":ids", &person.ids_json())],
        event,
    )
}

pub fn find(db: &Db, id: ConsentEventId) -> Result<Option<Event>, Error> {
    db.row(&format!("{SELECT} WHERE e.id = :id"), &[(":id", &id)], event)
}

/// The keyed hash of the address that an event was about.
pub fn subject_hash(db: &Db, id: ConsentEventId) -> Result<Option<[u8; 32]>, Error> {
    let hash: Option<Option<Vec<u8>>> =
        db.value("SELECT subject_hash FROM consent_events WHERE id = :id", &[(":id", &id)])?;
    Ok(hash.flatten().and_then(|hash| hash.try_into().ok()))
}

/// What narrows a list of events.
#[derive(Debug, Default)]
pub struct Narrowing {
    pub on: Option<(String, Vec<i64>)>,
    pub purpose: Option<PurposeId>,
    /// Older than this.
    pub before: Option<ConsentEventId>,
}

/// Events of people who are still here, the newest first.
pub fn list(db: &Db, narrowing: &Narrowing, limit: i64) -> Result<Vec<Event>, Error> {
    let mut conditions = vec!["e.ended_at IS NULL"];
    let (kind, ids) = match &narrowing.on {
        Some((kind, ids)) => (kind.as_str(), format!("{ids:?}")),
        None => ("", String::new()),
    };
    let mut params: Vec<(&str, &dyn ToSql)> = vec![(":limit", &limit)];
    if narrowing.on.is_some() {
        conditions.push("e.on_type = :kind AND e.on_id IN (SELECT value FROM json_each(:ids))");
        params.extend([(":kind", &kind as &dyn ToSql), (":ids", &ids)]);
    }
    if let Some(purpose) = &narrowing.purpose {
        conditions.push("e.purpose_id = :purpose");
        params.push((":purpose", purpose));
    }
    if let Some(before) = &narrowing.before {
        conditions.push("e.id < :before");
        params.push((":before", before));
    }
    let sql = format!("{SELECT} WHERE {} ORDER BY e.id DESC LIMIT :limit", conditions.join(" AND "));
    db.rows(&sql, &params, event)
}

/// What is kept as proof about an address or number, newest first, also of people who are gone.
pub fn of_subject(db: &Db, hash: &[u8; 32]) -> Result<Vec<Event>, Error> {
    db.rows(&format!("{SELECT} WHERE e.subject_hash = :hash ORDER BY e.id DESC"), &[(":hash", &hash.as_slice())], event)
}

pub fn has_events(db: &Db, purpose: PurposeId) -> Result<bool, Error> {
    Ok(db.count("SELECT EXISTS (SELECT 1 FROM consent_events WHERE purpose_id = :id)", &[(":id", &purpose)])? > 0)
}

/// How many people said something about the purpose.
pub fn count_people(db: &Db, purpose: PurposeId) -> Result<i64, Error> {
    db.count(
        "SELECT count(DISTINCT on_type || ':' || on_id) FROM consent_events WHERE purpose_id = :id AND ended_at IS NULL",
        &[(":id", &purpose)],
    )
}

/// Whether a table of persons has this one. `table` comes from the declaration of a module.
pub fn is_there(db: &Db, table: &str, id: i64) -> Result<bool, Error> {
    Ok(db.count(&format!("SELECT count(*) FROM {table} WHERE id = :id"), &[(":id", &id)])? > 0)
}

/// Persons who said something and are in their table no more.
pub fn not_there(db: &Db, kind: &str, table: &str) -> Result<Vec<i64>, Error> {
    db.rows(
        &format!(
            "SELECT DISTINCT on_id FROM consent_events
             WHERE ended_at IS NULL AND on_type = :kind AND on_id NOT IN (SELECT id FROM {table})"
        ),
        &[(":kind", &kind)],
        |row| row.get(0),
    )
}

/// Takes everything out that says more than who agreed to which words and when, and begins the time of the proof.
pub fn end(tx: &Tx, kind: &str, id: i64) -> Result<usize, Error> {
    tx.execute(
        "UPDATE consent_events SET address = '', user_agent = '', evidence = '', ended_at = :now
         WHERE on_type = :kind AND on_id = :id AND ended_at IS NULL",
        &[(":kind", &kind), (":id", &id), (":now", &tx.now)],
    )
}

pub fn mark_minor(tx: &Tx, person: &Person, by: Option<MemberId>) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO minors (on_type, on_id, marked_by, marked_at) VALUES (:kind, :id, :by, :now) ON CONFLICT DO NOTHING",
        &[(":kind", &person.kind.word), (":id", &person.id()), (":by", &by), (":now", &tx.now)],
    )?;
    Ok(())
}

pub fn unmark_minor(tx: &Tx, person: &Person) -> Result<(), Error> {
    tx.execute(
        "DELETE FROM minors WHERE on_type = :kind AND on_id IN (SELECT value FROM json_each(:ids))",
        &[(":kind", &person.kind.word), (":ids", &person.ids_json())],
    )?;
    Ok(())
}

/// When somebody was marked as a minor; of merged records, either counts.
pub fn minor_since(db: &Db, person: &Person) -> Result<Option<Timestamp>, Error> {
    let at: Option<Option<Timestamp>> = db.value(
        "SELECT min(marked_at) FROM minors WHERE on_type = :kind AND on_id IN (SELECT value FROM json_each(:ids))",
        &[(":kind", &person.kind.word), (":ids", &person.ids_json())],
    )?;
    Ok(at.flatten())
}

fn event(row: &Row) -> rusqlite::Result<Event> {
    let (action, method): (String, String) = (row.get("action")?, row.get("method")?);
    let (number, hash): (Option<i64>, Option<String>) = (row.get("wording_number")?, row.get("wording_hash")?);
    Ok(Event {
        id: row.get("id")?,
        on: (row.get("on_type")?, row.get("on_id")?),
        given_on: row.get("given_on")?,
        joined_after: row.get("joined_after")?,
        purpose: row.get("purpose_id")?,
        wording: number.zip(hash),
        // The table takes no other word; what could not be read would close, not open.
        action: Action::from_word(&action).unwrap_or(Action::Withdraw),
        needs_confirmation: row.get("needs_confirmation")?,
        method: Method::from_word(&method).unwrap_or(Method::Admin),
        at: row.get("at")?,
        recorded_at: row.get("recorded_at")?,
        address: row.get("address")?,
        user_agent: row.get("user_agent")?,
        evidence: row.get("evidence")?,
        member: row.get("member_id")?,
        takes_back: row.get("takes_back")?,
    })
}

/// Whether what somebody said is written down already: the same number, about one of these ids, at the same moment.
pub fn was_said(db: &Db, event: i64, person: &Person, recorded_at: Timestamp) -> Result<bool, Error> {
    let found = db.count(
        "SELECT count(*) FROM consent_events WHERE id = :event AND on_type = :kind AND recorded_at = :at
             AND on_id IN (SELECT value FROM json_each(:ids))",
        &[(":event", &event), (":kind", &person.kind.word), (":ids", &person.ids_json()), (":at", &recorded_at)],
    )?;
    Ok(found > 0)
}
