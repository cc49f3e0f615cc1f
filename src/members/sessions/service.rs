//! Begins, renews and ends sessions. A session is looked up for each request by `admission`.

use std::net::IpAddr;

use super::store::{self, NewRow};
use super::{Method, Session, device};
use crate::app::App;
use crate::clock::Timestamp;
use crate::crypto::token;
use crate::db::{Db, Origin, Tx};
use crate::error::Error;
use crate::id::{AccountId, SessionId};
use crate::mail::queue::{self, Recipient, Whom};
use crate::mail::templates::{NewDevice, TwoStepUnfinished};
use crate::members::accounts::{self, Account};
use crate::privacy::audit::{self, Event};

/// Time to show the second factor after the first.
const HALF_SIGNED_IN: i64 = 10 * Timestamp::MINUTE;
/// A browser and network not seen for this long are new again.
const DEVICE_MEMORY: i64 = 90 * Timestamp::DAY;

/// Begins a session under a fresh cookie value, after the first factor was shown.
///
/// With a second factor on the account the session is half: it admits to the second step alone, and
/// [`finish`] makes it whole. Say so to the visitor with the same cookie. Ends nothing by itself.
pub fn start(tx: &Tx, app: &App, account: &Account, cookie: &str, method: Method) -> Result<SessionId, Error> {
    if account.has_second_factor {
        let id = insert(tx, app, account, cookie, tx.now.plus(HALF_SIGNED_IN))?;
        let event = Event::new("members.sign_in.half_done").on("account", account.id);
        audit::record(tx, event.detail("method", method.word()).detail("session", id.0))?;
        return Ok(id);
    }
    tell_of_new_device(tx, app, account)?;
    let id = insert(tx, app, account, cookie, expires_at(tx, app))?;
    record_start(tx, account, id, method.word())?;
    Ok(id)
}

/// The second factor was shown: the half session becomes a whole one under another cookie (SES-2).
pub fn finish(tx: &Tx, app: &App, account: &Account, half: SessionId, cookie: &str, with: &str) -> Result<(), Error> {
    tell_of_new_device(tx, app, account)?;
    store::finish(tx, half, &token::hash_token(cookie), expires_at(tx, app))?;
    record_start(tx, account, half, with)
}

fn expires_at(tx: &Tx, app: &App) -> Timestamp {
    tx.now.plus(app.config.session.absolute_hours * Timestamp::HOUR)
}

fn record_start(tx: &Tx, account: &Account, id: SessionId, with: &str) -> Result<(), Error> {
    let event = Event::new("members.session.started").on("account", account.id);
    audit::record(tx, event.detail("method", with).detail("session", id.0))
}

fn insert(tx: &Tx, app: &App, account: &Account, cookie: &str, expires_at: Timestamp) -> Result<SessionId, Error> {
    let agent = tx.origin.user_agent.as_deref();
    store::insert(
        tx,
        &NewRow {
            token_hash: &token::hash_token(cookie),
            account: account.id,
            expires_at,
            address: tx.origin.address.map(|address| address.to_canonical().to_string()),
            user_agent: agent,
            device: &device_hash(app, account.id, tx.origin),
        },
    )
}

fn device_hash(app: &App, account: AccountId, origin: &Origin) -> [u8; 32] {
    let key = &app.control_keys.workspace.blind_index;
    device::hash(key, account, origin.user_agent.as_deref().unwrap_or(""), origin.address)
}

/// True when the account has signed in with this kind of browser from this network in the last 90 days.
pub fn is_known(db: &Db, app: &App, account: AccountId, origin: &Origin) -> Result<bool, Error> {
    let (_, with_device) = store::seen(db, account, &device_hash(app, account, origin), db.now.plus(-DEVICE_MEMORY))?;
    Ok(with_device > 0)
}

/// A mail to the person, unless it is their first sign-in ever or the device is known.
fn tell_of_new_device(tx: &Tx, app: &App, account: &Account) -> Result<(), Error> {
    let hash = device_hash(app, account.id, tx.origin);
    let (sign_ins, with_device) = store::seen(tx, account.id, &hash, tx.now.plus(-DEVICE_MEMORY))?;
    if sign_ins == 0 || with_device > 0 {
        return Ok(());
    }
    let content = NewDevice {
        site: &app.config.host_name(),
        at: accounts::service::until(tx.now, account),
        device: &device::label(tx.origin.user_agent.as_deref().unwrap_or("")),
        address: &tx.origin.address.map(address_words).unwrap_or_default(),
        link: &app.public_url("/account/sessions"),
    }
    .content()?;
    queue::add(
        tx,
        &app.mailer,
        Recipient { address: &account.email, whom: Whom::Account(account.id), workspace: None },
        &content,
    )?;
    Ok(())
}

fn address_words(address: IpAddr) -> String {
    address.to_canonical().to_string()
}

/// A fresh proof of who asks: the session goes on under another cookie (AUT-7, SES-2).
pub fn confirm(
    tx: &Tx,
    account: AccountId,
    id: SessionId,
    cookie: &str,
    with: &str,
    second_factor: bool,
) -> Result<(), Error> {
    store::renew(tx, id, &token::hash_token(cookie), second_factor)?;
    let event = Event::new("members.session.confirmed").on("account", account);
    audit::record(tx, event.detail("method", with).detail("session", id.0))
}

/// Ends one session of the account. Fails with `NotFound` when it has no such session in force.
pub fn end(tx: &Tx, account: AccountId, id: SessionId) -> Result<(), Error> {
    if !store::end(tx, id, account)? {
        return Err(Error::NotFound("session"));
    }
    audit::record(tx, Event::new("members.session.ended").on("account", account).detail("session", id.0))
}

/// Ends the session that a browser brings to a new sign-in, if it is one.
pub fn end_by_cookie(tx: &Tx, cookie: &str) -> Result<(), Error> {
    match store::by_cookie(tx, &token::hash_token(cookie))? {
        Some((id, account)) => end(tx, account, id),
        None => Ok(()),
    }
}

/// Ends all sessions of the account but `keep`; returns how many. The caller records why.
pub fn end_all(tx: &Tx, account: AccountId, keep: Option<SessionId>) -> Result<usize, Error> {
    store::end_all(tx, account, keep)
}

/// Sessions in force, the one used last first.
pub fn list(db: &Db, app: &App, account: AccountId) -> Result<Vec<Session>, Error> {
    store::list(db, account, idle_since(app, db.now))
}

fn idle_since(app: &App, now: Timestamp) -> Timestamp {
    now.plus(-app.config.session.idle_minutes * Timestamp::MINUTE)
}

/// Marks as ended what ran out by itself; says how many. What is kept of them goes by the rules of retention.
pub fn end_run_out(tx: &Tx, app: &App) -> Result<usize, Error> {
    store::end_expired(tx, idle_since(app, tx.now))
}

/// Tells those whose first factor was shown but not the second, since the last time this ran. Returns how many.
pub fn tell_of_unfinished(tx: &Tx, app: &App) -> Result<usize, Error> {
    let from = store::told_until(tx)?.unwrap_or(tx.now.plus(-Timestamp::DAY));
    let unfinished = store::unfinished(tx, from, tx.now)?;
    store::set_told_until(tx)?;
    for sign_in in &unfinished {
        let account = accounts::find(tx, sign_in.account)?;
        let content = TwoStepUnfinished {
            site: &app.config.host_name(),
            at: accounts::service::until(sign_in.at, &account),
            device: &device::label(sign_in.user_agent.as_deref().unwrap_or("")),
            address: sign_in.address.as_deref().unwrap_or(""),
            link: &app.public_url("/account/password"),
        }
        .content()?;
        let recipient = Recipient { address: &account.email, whom: Whom::Account(account.id), workspace: None };
        queue::add(tx, &app.mailer, recipient, &content)?;
        audit::record(tx, Event::new("members.sign_in.left_unfinished").on("account", account.id))?;
    }
    Ok(unfinished.len())
}
