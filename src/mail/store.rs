//! The `outgoing_mail` table. SQL lives here and nowhere else.

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Result as SqlResult, Row};

use super::message::OutgoingMail;
use crate::clock::Timestamp;
use crate::db::{Db, Tx};
use crate::error::Error;
use crate::id::{AccountId, WorkspaceId};

/// Where a mail stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Queued,
    /// A job holds it. After a crash it counts as queued again once `next_attempt_at` has passed.
    Sending,
    /// The server (or the folder) has it.
    Sent,
    /// Given up; `last_error` says why.
    Failed,
    /// No server is configured: the operator console is where it is read.
    Kept,
    /// The operator took it out of the queue; its words are gone.
    Cancelled,
}

impl State {
    pub const ALL: [State; 6] =
        [State::Queued, State::Sending, State::Sent, State::Failed, State::Kept, State::Cancelled];

    /// The word in the database and in `--json` output.
    pub fn word(self) -> &'static str {
        match self {
            State::Queued => "queued",
            State::Sending => "sending",
            State::Sent => "sent",
            State::Failed => "failed",
            State::Kept => "kept",
            State::Cancelled => "cancelled",
        }
    }

    pub fn from_word(word: &str) -> Option<State> {
        State::ALL.into_iter().find(|state| state.word() == word)
    }
}

impl ToSql for State {
    fn to_sql(&self) -> SqlResult<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::from(self.word()))
    }
}

impl FromSql for State {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<State> {
        State::from_word(value.as_str()?).ok_or(FromSqlError::InvalidType)
    }
}

/// A row to be written.
pub struct NewEntry<'a> {
    pub workspace: Option<WorkspaceId>,
    pub account: Option<AccountId>,
    pub purpose: &'static str,
    pub mail: &'a OutgoingMail,
    pub state: State,
    pub give_up_at: Timestamp,
    pub discard_after: Timestamp,
}

/// A mail as the operator sees it in a list: never its words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub id: i64,
    pub workspace: Option<WorkspaceId>,
    pub purpose: String,
    /// `None` once 30 days have passed.
    pub recipient: Option<String>,
    pub title: Option<String>,
    pub state: State,
    pub attempts: i64,
    pub next_attempt_at: Option<Timestamp>,
    pub last_error: String,
    pub created_at: Timestamp,
    pub sent_at: Option<Timestamp>,
}

/// A mail that a job has taken to send.
pub struct Taken {
    pub id: i64,
    pub mail: OutgoingMail,
    pub attempts: i64,
    pub created_at: Timestamp,
    pub give_up_at: Timestamp,
}

/// What is still to be sent, for health pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backlog {
    pub waiting: i64,
    pub oldest_waiting: Option<Timestamp>,
    /// Given up and not yet past its 30 days.
    pub failed: i64,
}

pub fn insert(tx: &Tx, new: &NewEntry) -> Result<i64, Error> {
    let due = (new.state == State::Queued).then_some(tx.now);
    tx.insert(
        "INSERT INTO outgoing_mail (workspace_id, account_id, purpose, recipient, title, body_text, body_html,
                                    message_id, state, next_attempt_at, give_up_at, created_at, discard_after)
         VALUES (:workspace, :account, :purpose, :recipient, :title, :text, :html,
                 :message_id, :state, :due, :give_up_at, :now, :discard_after)",
        &[
            (":workspace", &new.workspace),
            (":account", &new.account),
            (":purpose", &new.purpose),
            (":recipient", &new.mail.to),
            (":title", &new.mail.title),
            (":text", &new.mail.text),
            (":html", &new.mail.html),
            (":message_id", &new.mail.message_id),
            (":state", &new.state),
            (":due", &due),
            (":give_up_at", &new.give_up_at),
            (":now", &tx.now),
            (":discard_after", &new.discard_after),
        ],
    )
}

/// What mails of a workspace say that still have a recipient or words: id, and all of it in one text.
pub fn texts_of(db: &Db, workspace: WorkspaceId) -> Result<Vec<(i64, String)>, Error> {
    db.rows(
        "SELECT id, concat_ws(char(10), recipient, title, body_text, body_html, last_error) FROM outgoing_mail
         WHERE workspace_id = :workspace AND (recipient IS NOT NULL OR title IS NOT NULL OR body_text IS NOT NULL)",
        &[(":workspace", &workspace)],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// Takes everything out of a mail that says whom it is to or about; one that waits is not sent any more.
pub fn empty(tx: &Tx, id: i64) -> Result<(), Error> {
    tx.execute(
        "UPDATE outgoing_mail SET recipient = NULL, title = NULL, body_text = NULL, body_html = NULL, last_error = '',
             state = iif(state IN ('queued', 'sending', 'kept'), 'cancelled', state), next_attempt_at = NULL WHERE id = :id",
        &[(":id", &id)],
    )?;
    Ok(())
}

/// The mail with this Message-ID.
pub fn by_message_id(db: &Db, message_id: &str) -> Result<Option<i64>, Error> {
    db.value("SELECT id FROM outgoing_mail WHERE message_id = :message_id", &[(":message_id", &message_id)])
}

/// Marks the mail that has waited longest as being sent and returns it; `None` when nothing is due.
///
/// `lease_end` is when the attempt counts as dead: only a crash lets it come that far.
pub fn take_due(tx: &Tx, lease_end: Timestamp) -> Result<Option<Taken>, Error> {
    tx.row(
        "UPDATE outgoing_mail SET state = 'sending', attempts = attempts + 1, next_attempt_at = :lease_end
         WHERE id = (SELECT id FROM outgoing_mail
                     WHERE state IN ('queued', 'sending') AND next_attempt_at <= :now
                       AND recipient IS NOT NULL AND body_text IS NOT NULL
                       AND (workspace_id IS NULL OR workspace_id NOT IN (SELECT workspace_id FROM outbound_holds))
                     ORDER BY next_attempt_at, id LIMIT 1)
         RETURNING id, recipient, title, body_text, body_html, message_id, attempts, created_at, give_up_at",
        &[(":lease_end", &lease_end), (":now", &tx.now)],
        taken,
    )
}

/// The server has it. Its words go at once; the status stays.
pub fn mark_sent(tx: &Tx, id: i64) -> Result<(), Error> {
    tx.execute(
        "UPDATE outgoing_mail SET state = 'sent', sent_at = :now, next_attempt_at = NULL, last_error = '',
                                  body_text = NULL, body_html = NULL
         WHERE id = :id",
        &[(":now", &tx.now), (":id", &id)],
    )?;
    Ok(())
}

pub fn mark_waiting(tx: &Tx, id: i64, next_attempt_at: Timestamp, error: &str) -> Result<(), Error> {
    tx.execute(
        "UPDATE outgoing_mail SET state = 'queued', next_attempt_at = :at, last_error = :error WHERE id = :id",
        &[(":at", &next_attempt_at), (":error", &error), (":id", &id)],
    )?;
    Ok(())
}

pub fn mark_failed(tx: &Tx, id: i64, error: &str) -> Result<(), Error> {
    tx.execute(
        "UPDATE outgoing_mail SET state = 'failed', next_attempt_at = NULL, last_error = :error WHERE id = :id",
        &[(":error", &error), (":id", &id)],
    )?;
    Ok(())
}

/// Everything that waits for a server becomes readable in the console: there is no server any more.
pub fn keep_all(tx: &Tx) -> Result<usize, Error> {
    tx.execute(
        "UPDATE outgoing_mail SET state = 'kept', next_attempt_at = NULL WHERE state IN ('queued', 'sending')",
        &[],
    )
}

/// Puts a failed mail back into the queue; false when there is none, or its words are gone.
pub fn requeue(tx: &Tx, id: i64, give_up_at: Timestamp) -> Result<bool, Error> {
    let changed = tx.execute(
        "UPDATE outgoing_mail SET state = 'queued', attempts = 0, next_attempt_at = :now, give_up_at = :give_up_at
         WHERE id = :id AND state = 'failed' AND recipient IS NOT NULL AND body_text IS NOT NULL",
        &[(":now", &tx.now), (":give_up_at", &give_up_at), (":id", &id)],
    )?;
    Ok(changed == 1)
}

/// Takes a mail that nobody has got out of the queue, words and all; false when it is not there any more.
pub fn cancel(tx: &Tx, id: i64) -> Result<bool, Error> {
    let changed = tx.execute(
        "UPDATE outgoing_mail SET state = 'cancelled', next_attempt_at = NULL, body_text = NULL, body_html = NULL
         WHERE id = :id AND state IN ('queued', 'failed')",
        &[(":id", &id)],
    )?;
    Ok(changed == 1)
}

const ENTRY: &str = "SELECT id, workspace_id, purpose, recipient, title, state, attempts, next_attempt_at, last_error,
                            created_at, sent_at FROM outgoing_mail";

/// The newest first, from below the id `before` on; of one state when one is named.
pub fn list(db: &Db, state: Option<State>, before: Option<i64>, limit: u32) -> Result<Vec<Entry>, Error> {
    let sql = format!(
        "{ENTRY} WHERE (:state IS NULL OR state = :state) AND (:before IS NULL OR id < :before) ORDER BY id DESC LIMIT :limit"
    );
    db.rows(&sql, &[(":state", &state), (":before", &before), (":limit", &limit)], entry)
}

/// What waits to be sent for a workspace, the oldest first.
pub fn waiting_of(db: &Db, workspace: WorkspaceId) -> Result<Vec<Entry>, Error> {
    let sql = format!("{ENTRY} WHERE workspace_id = :workspace AND state IN ('queued', 'sending') ORDER BY id");
    db.rows(&sql, &[(":workspace", &workspace)], entry)
}

pub fn find(db: &Db, id: i64) -> Result<Option<Entry>, Error> {
    db.row(&format!("{ENTRY} WHERE id = :id"), &[(":id", &id)], entry)
}

/// How many mails are in each state; a state without any is left out.
pub fn counts(db: &Db) -> Result<Vec<(State, i64)>, Error> {
    db.rows("SELECT state, count(*) FROM outgoing_mail GROUP BY state", &[], |row| Ok((row.get(0)?, row.get(1)?)))
}

/// The words of a kept mail. No other state answers: a link that went by mail is for its recipient alone.
pub fn kept_text(db: &Db, id: i64) -> Result<Option<String>, Error> {
    db.value(
        "SELECT body_text FROM outgoing_mail WHERE id = :id AND state = 'kept' AND body_text IS NOT NULL",
        &[(":id", &id)],
    )
}

pub fn backlog(db: &Db) -> Result<Backlog, Error> {
    let backlog = db.row(
        "SELECT count(*) FILTER (WHERE state IN ('queued', 'sending')),
                min(created_at) FILTER (WHERE state IN ('queued', 'sending')),
                count(*) FILTER (WHERE state = 'failed' AND recipient IS NOT NULL)
         FROM outgoing_mail",
        &[],
        |row| Ok(Backlog { waiting: row.get(0)?, oldest_waiting: row.get(1)?, failed: row.get(2)? }),
    )?;
    backlog.ok_or_else(|| Error::internal("a count without a row"))
}

fn taken(row: &Row) -> SqlResult<Taken> {
    Ok(Taken {
        id: row.get("id")?,
        mail: OutgoingMail {
            to: row.get("recipient")?,
            title: row.get("title")?,
            text: row.get("body_text")?,
            html: row.get("body_html")?,
            reply_to: None,
            message_id: row.get("message_id")?,
        },
        attempts: row.get("attempts")?,
        created_at: row.get("created_at")?,
        give_up_at: row.get("give_up_at")?,
    })
}

fn entry(row: &Row) -> SqlResult<Entry> {
    Ok(Entry {
        id: row.get("id")?,
        workspace: row.get("workspace_id")?,
        purpose: row.get("purpose")?,
        recipient: row.get("recipient")?,
        title: row.get("title")?,
        state: row.get("state")?,
        attempts: row.get("attempts")?,
        next_attempt_at: row.get("next_attempt_at")?,
        last_error: row.get("last_error")?,
        created_at: row.get("created_at")?,
        sent_at: row.get("sent_at")?,
    })
}
