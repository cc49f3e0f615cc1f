//! Sets up, checks and removes the second factor. The seed is open only while a code is checked (P-066).

use zeroize::Zeroizing;

use super::store;
use crate::app::App;
use crate::clock::Timestamp;
use crate::crypto::envelope::{self, Place};
use crate::crypto::totp::{self, Seed};
use crate::db::{Db, Tx};
use crate::error::Error;
use crate::id::{AccountId, SessionId, WorkspaceId};
use crate::mail::queue::{self, Recipient, Whom};
use crate::mail::templates::TwoStepReminder;
use crate::members::{accounts, sessions};
use crate::privacy::audit::{self, Event};

/// A setup that was begun and left is worth a reminder after this long.
const BEGUN: i64 = Timestamp::DAY;
/// Nobody is reminded more often than this.
const REMIND_EVERY: i64 = 7 * Timestamp::DAY;

/// Recovery codes as they are shown once.
pub type RecoveryCodes = Vec<Zeroizing<String>>;

/// Where the seed of an account stands; moved to another row it does not open.
fn place(app: &App, account: AccountId) -> Place<'static> {
    Place {
        workspace: WorkspaceId::CONTROL,
        table: "accounts",
        column: "totp_secret",
        row: account.0,
        key_version: app.control_keys.workspace.version,
    }
}

fn open(app: &App, account: AccountId, sealed: &[u8]) -> Result<Seed, Error> {
    Seed::from_bytes(envelope::open(&app.control_keys.workspace.field, &place(app, account), sealed)?)
}

/// Makes a seed and seals it into the account; it is not in force until [`enable`]. A pending one is replaced.
///
/// Fails with `Conflict` when a second factor is in force.
pub fn begin(tx: &Tx, app: &App, account: AccountId) -> Result<(), Error> {
    if store::authenticator(tx, account)?.confirmed_at.is_some() {
        return Err(Error::Conflict("two-step sign-in is on already: turn it off before you set it up anew".into()));
    }
    let seed = Seed::generate();
    let sealed = envelope::seal(&app.control_keys.workspace.field, &place(app, account), seed.bytes());
    store::put_pending(tx, account, &sealed)?;
    audit::record(tx, Event::new("members.second_factor.begun").on("account", account))
}

/// The seed that waits to be confirmed, to be shown to its owner.
pub fn pending(db: &Db, app: &App, account: AccountId) -> Result<Option<Seed>, Error> {
    let found = store::authenticator(db, account)?;
    match (found.confirmed_at, found.sealed) {
        (None, Some(sealed)) => open(app, account, &sealed).map(Some),
        _ => Ok(None),
    }
}

/// Puts the pending seed into force, when `code` shows that the app has it. Gives fresh recovery codes.
///
/// `None` when the code is wrong. `session` goes on, as one that has shown the second factor; all others end.
pub fn enable(
    tx: &Tx,
    app: &App,
    account: AccountId,
    session: SessionId,
    code: &str,
) -> Result<Option<RecoveryCodes>, Error> {
    if store::authenticator(tx, account)?.confirmed_at.is_some() {
        return Err(Error::Conflict("two-step sign-in is on already".into()));
    }
    if !check(tx, app, account, code)? {
        return Ok(None);
    }
    store::confirm(tx, account)?;
    let ended = sessions::end_all(tx, account, Some(session))?;
    let codes = replace_codes(tx, app, account)?;
    audit::record(
        tx,
        Event::new("members.second_factor.enabled").on("account", account).detail("sessions_ended", ended),
    )?;
    Ok(Some(codes))
}

/// Whether `code` is the app's code of now or half a minute ago, and later than the last one used.
///
/// The step is stored in the caller's transaction, so no code works twice, also after a restart (AUT-6).
pub fn use_code(tx: &Tx, app: &App, account: AccountId, code: &str) -> Result<bool, Error> {
    match store::authenticator(tx, account)?.confirmed_at {
        Some(_) => check(tx, app, account, code),
        None => Ok(false),
    }
}

fn check(tx: &Tx, app: &App, account: AccountId, code: &str) -> Result<bool, Error> {
    let found = store::authenticator(tx, account)?;
    let Some(sealed) = found.sealed else { return Ok(false) };
    let last = found.last_step.and_then(|step| u64::try_from(step).ok());
    let Some(step) = open(app, account, &sealed)?.check(code, tx.now, last) else { return Ok(false) };
    store::set_last_step(tx, account, i64::try_from(step).unwrap_or(i64::MAX))?;
    Ok(true)
}

/// Uses a recovery code up. `false` when it is none of theirs, or used.
pub fn use_recovery_code(tx: &Tx, app: &App, account: AccountId, typed: &str) -> Result<bool, Error> {
    let Some(hash) = totp::recovery_hash(&app.control_keys.pepper, typed) else { return Ok(false) };
    if !store::use_code(tx, account, &hash)? {
        return Ok(false);
    }
    let left = store::codes_left(tx, account)?;
    audit::record(tx, Event::new("members.recovery_code.used").on("account", account).detail("left", left))?;
    Ok(true)
}

/// True when this is an unused recovery code of the account. Does not use it up.
pub fn has_recovery_code(db: &Db, app: &App, account: AccountId, typed: &str) -> Result<bool, Error> {
    match totp::recovery_hash(&app.control_keys.pepper, typed) {
        Some(hash) => store::has_code(db, account, &hash),
        None => Ok(false),
    }
}

/// Recovery codes that are still good.
pub fn codes_left(db: &Db, account: AccountId) -> Result<i64, Error> {
    store::codes_left(db, account)
}

/// Ten fresh recovery codes; the old ones are dead.
pub fn new_recovery_codes(tx: &Tx, app: &App, account: AccountId) -> Result<RecoveryCodes, Error> {
    let codes = replace_codes(tx, app, account)?;
    audit::record(tx, Event::new("members.recovery_codes.renewed").on("account", account))?;
    Ok(codes)
}

fn replace_codes(tx: &Tx, app: &App, account: AccountId) -> Result<RecoveryCodes, Error> {
    store::delete_codes(tx, account)?;
    let codes = totp::recovery_codes();
    for code in &codes {
        let hash = totp::recovery_hash(&app.control_keys.pepper, code);
        store::insert_code(tx, account, &hash.ok_or_else(|| Error::internal("a recovery code that is none"))?)?;
    }
    Ok(codes.into())
}

/// Turns two-step sign-in off: the seed and the codes leave the database, all sessions but `keep` end.
pub fn disable(tx: &Tx, account: AccountId, keep: Option<SessionId>) -> Result<(), Error> {
    remove(tx, account, keep, "members.second_factor.disabled")
}

/// The same for somebody who lost app and codes, from the command line or by an operator.
pub fn reset(tx: &Tx, account: AccountId) -> Result<(), Error> {
    remove(tx, account, None, "members.second_factor.reset")
}

fn remove(tx: &Tx, account: AccountId, keep: Option<SessionId>, action: &'static str) -> Result<(), Error> {
    accounts::find(tx, account)?;
    store::remove(tx, account)?;
    let ended = sessions::end_all(tx, account, keep)?;
    audit::record(tx, Event::new(action).on("account", account).detail("sessions_ended", ended))
}

/// Reminds those who began and did not finish, or whose role asks for what they have not got. Returns how many.
pub fn remind(tx: &Tx, app: &App) -> Result<usize, Error> {
    let ids = store::to_remind(tx, tx.now.plus(-BEGUN), tx.now.plus(-REMIND_EVERY))?;
    for id in &ids {
        let account = accounts::find(tx, *id)?;
        let site = app.config.host_name();
        let content = TwoStepReminder { site: &site, link: &app.public_url("/account/security/two-step") }.content()?;
        queue::add(
            tx,
            &app.mailer,
            Recipient { address: &account.email, whom: Whom::Account(*id), workspace: None },
            &content,
        )?;
        store::mark_reminded(tx, *id)?;
        audit::record(tx, Event::new("members.second_factor.reminded").on("account", id))?;
    }
    Ok(ids.len())
}
