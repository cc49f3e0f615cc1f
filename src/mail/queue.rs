//! What one can do with the program's own mail: queue it, send what is due, forget what is old.

use super::message::{self, OutgoingMail};
use super::store::{self, Backlog, Entry, NewEntry, State, Taken};
use super::templates::Content;
use super::{Delivery, Mailer, SendError};
use crate::clock::{Clock, Timestamp};
use crate::db::{Db, DbFile, Origin, Tx};
use crate::error::Error;
use crate::id::{AccountId, WorkspaceId};
use crate::privacy::consent::Cleared;

/// A job may hold a mail for this long before it counts as abandoned: longer than all of SMTP's timeouts,
/// so that nothing but a crash comes that far.
const LEASE: i64 = 15 * Timestamp::MINUTE;
/// After the n-th failed attempt; the last one repeats. Servers that greylist want some minutes.
const BACK_OFF: [i64; 5] =
    [Timestamp::MINUTE, 5 * Timestamp::MINUTE, 15 * Timestamp::MINUTE, Timestamp::HOUR, 4 * Timestamp::HOUR];
/// How long a mail is offered to a server before it is given up.
const GIVE_UP: i64 = 24 * Timestamp::HOUR;
/// A link or a code is long dead after a day; nobody needs its words any more.
const SECRET_WORDS: i64 = 24 * Timestamp::HOUR;
/// The default schedule for words and address of what was sent (promises.md, section 9).
const WORDS: i64 = 30 * Timestamp::DAY;
/// The most one run sends, so that a long queue does not hold the job for hours.
const BATCH: usize = 200;

/// Who a mail goes to.
#[derive(Debug, Clone, Copy)]
pub struct Recipient<'a> {
    pub address: &'a str,
    pub whom: Whom<'a>,
    /// The workspace it is about, if it is about one.
    pub workspace: Option<WorkspaceId>,
}

/// Who stands behind an address.
#[derive(Debug, Clone, Copy)]
pub enum Whom<'a> {
    /// Somebody who signs in here. Erasing the account erases the mail.
    Account(AccountId),
    /// Somebody without an account, whom a member or the operator asked to come in.
    Guest,
    /// Somebody who exercises a right, at the address they gave: the law demands an answer (Art. 12), so no objection
    /// and no restriction of theirs stops it.
    Requester,
    /// A person of whom a workspace holds data. Only the gate of the privacy core makes the proof that they may be
    /// written to, so no mail to one can be queued around it.
    Person(&'a Cleared),
}

/// What one run of the job has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Delivered {
    pub sent: usize,
    /// Put back for a later attempt.
    pub put_back: usize,
    pub failed: usize,
}

/// Queues a mail in the caller's transaction on the control file and returns its id.
///
/// Nothing leaves before the transaction commits. Without a configured server the mail is kept instead, for the
/// operator console. Fails with [`Error::Invalid`] when the address is not one. Records no audit
/// entry: the change that causes the mail does.
pub fn add(tx: &Tx, mailer: &Mailer, recipient: Recipient, content: &Content) -> Result<i64, Error> {
    add_as(tx, mailer, recipient, content, mailer.sender.new_message_id())
}

/// Like [`add`], once for each Message-ID: for a mail that another file tells of. Returns the id of the first.
pub fn add_once(
    tx: &Tx,
    mailer: &Mailer,
    recipient: Recipient,
    content: &Content,
    message_id: &str,
) -> Result<i64, Error> {
    match store::by_message_id(tx, message_id)? {
        Some(id) => Ok(id),
        None => add_as(tx, mailer, recipient, content, message_id.to_owned()),
    }
}

fn add_as(tx: &Tx, mailer: &Mailer, recipient: Recipient, content: &Content, message_id: String) -> Result<i64, Error> {
    let account = match recipient.whom {
        Whom::Account(account) => Some(account),
        Whom::Guest | Whom::Requester => None,
        Whom::Person(cleared) if cleared.covers(recipient.address) => None,
        Whom::Person(_) => return Err(Error::internal("a mail to an address that the gate did not clear")),
    };
    let mail = OutgoingMail {
        to: recipient.address.to_owned(),
        title: content.title.clone(),
        text: content.text.clone(),
        html: Some(content.html.clone()),
        reply_to: None,
        message_id,
    };
    // Built once for its refusals: who asks should hear of a bad address, not a log.
    message::build(&mailer.sender, &mail, tx.now)?;
    let state = if matches!(mailer.delivery, Delivery::Kept) { State::Kept } else { State::Queued };
    store::insert(
        tx,
        &NewEntry {
            workspace: recipient.workspace,
            account,
            purpose: content.purpose,
            mail: &mail,
            state,
            give_up_at: tx.now.plus(GIVE_UP),
            discard_after: tx.now.plus(if content.secret { SECRET_WORDS } else { WORDS }),
        },
    )
}

/// Sends what is due, one mail after the other, each outside any transaction.
///
/// A crash between taking a mail and recording the result leaves it taken until its lease ends; then it is sent
/// again under the same Message-ID. That is the only way a person can get it twice (MAI-6). When the
/// server cannot be reached at all the run ends, and the rest of the queue waits for the next one.
/// The caller makes sure that no outbound hold is in force (RST-5) and that no second run is going on.
pub fn deliver_due(control: &DbFile, mailer: &Mailer, clock: Clock, origin: &Origin) -> Result<Delivered, Error> {
    let mut delivered = Delivered::default();
    if matches!(mailer.delivery, Delivery::Kept) {
        control.write_unaudited(clock.now(), origin, store::keep_all)?;
        return Ok(delivered);
    }
    for _ in 0..BATCH {
        let taken = control.write_unaudited(clock.now(), origin, |tx| store::take_due(tx, tx.now.plus(LEASE)))?;
        let Some(taken) = taken else { break };
        let result = mailer.send(&taken.mail, taken.created_at);
        control.write_unaudited(clock.now(), origin, |tx| record(tx, &taken, &result, &mut delivered))?;
        if matches!(result, Err(SendError::Unreachable(_))) {
            break;
        }
    }
    Ok(delivered)
}

fn record(tx: &Tx, taken: &Taken, result: &Result<(), SendError>, delivered: &mut Delivered) -> Result<(), Error> {
    let id = taken.id;
    let error = match result {
        Ok(()) => {
            delivered.sent += 1;
            tracing::info!(id, "a mail was sent");
            return store::mark_sent(tx, id);
        }
        Err(error) => error,
    };
    // The words stay in the database: a server likes to repeat the address in them.
    let permanent = matches!(error, SendError::Permanent(_));
    if permanent || tx.now >= taken.give_up_at {
        delivered.failed += 1;
        tracing::warn!(id, attempts = taken.attempts, permanent, "a mail was given up; the console shows why");
        return store::mark_failed(tx, id, error.words());
    }
    delivered.put_back += 1;
    tracing::info!(id, attempts = taken.attempts, "a mail was not taken; it will be tried again");
    // The last attempt falls on the deadline itself.
    let next = tx.now.plus(back_off(taken.attempts)).min(taken.give_up_at);
    store::mark_waiting(tx, id, next, error.words())
}

fn back_off(attempts: i64) -> i64 {
    let step = usize::try_from(attempts.saturating_sub(1)).unwrap_or(0);
    BACK_OFF[step.min(BACK_OFF.len() - 1)]
}

/// Puts a failed mail back into the queue for another day.
///
/// Fails with [`Error::NotFound`], or with [`Error::Conflict`] when it has not failed or its words are gone. The caller records the audit entry.
pub fn retry(tx: &Tx, id: i64) -> Result<(), Error> {
    find(tx, id)?;
    if store::requeue(tx, id, tx.now.plus(GIVE_UP))? {
        return Ok(());
    }
    Err(Error::Conflict("Only a mail that has failed, and whose text is still here, can be sent again.".to_owned()))
}

/// Takes a mail that waits or was given up out of the queue for good: its words go at once.
///
/// Fails with [`Error::NotFound`] or, when it is on its way, sent or kept, with [`Error::Conflict`]. The caller
/// records the audit entry.
pub fn cancel(tx: &Tx, id: i64) -> Result<(), Error> {
    find(tx, id)?;
    if store::cancel(tx, id)? {
        return Ok(());
    }
    Err(Error::Conflict("Only a mail that waits or was given up can be cancelled.".to_owned()))
}

/// The newest mails, without their words.
pub fn list(db: &Db, limit: u32) -> Result<Vec<Entry>, Error> {
    store::list(db, None, None, limit)
}

/// A part of the queue, newest first: below the id `before`, of one state when one is named.
pub fn part(db: &Db, state: Option<State>, before: Option<i64>, limit: u32) -> Result<Vec<Entry>, Error> {
    store::list(db, state, before, limit)
}

/// What waits to be sent for a workspace, the oldest first, without its words.
pub fn waiting_of(db: &Db, workspace: WorkspaceId) -> Result<Vec<Entry>, Error> {
    store::waiting_of(db, workspace)
}

/// One mail, without its words.
pub fn find(db: &Db, id: i64) -> Result<Entry, Error> {
    store::find(db, id)?.ok_or(Error::NotFound("mail"))
}

/// How many mails are in each state, for lists and measurements.
pub fn counts(db: &Db) -> Result<Vec<(State, i64)>, Error> {
    store::counts(db)
}

/// The words of a kept mail: the operator console is its delivery.
///
/// Fails with [`Error::NotFound`] for every other state. The caller records the audit entry: whoever reads a
/// sign-in link could use it.
pub fn kept_text(db: &Db, id: i64) -> Result<String, Error> {
    store::kept_text(db, id)?.ok_or(Error::NotFound("mail"))
}

/// What waits and what was given up, for health pages.
pub fn backlog(db: &Db) -> Result<Backlog, Error> {
    store::backlog(db)
}

/// Stops and empties every mail of a workspace that is to somebody or names them, as `names` says; how many there
/// were. The caller audits.
pub fn stop_about(tx: &Tx, workspace: WorkspaceId, names: &dyn Fn(&str) -> bool) -> Result<usize, Error> {
    let mut count = 0;
    for (id, text) in store::texts_of(tx, workspace)? {
        if names(&text) {
            store::empty(tx, id)?;
            count += 1;
        }
    }
    Ok(count)
}
