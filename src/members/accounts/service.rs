//! What one can do with an account. Every change ends what it must end, in the same transaction.

use super::store;
use super::{Account, HashedPassword, NewAccount};
use crate::app::App;
use crate::db::{Db, Tx};
use crate::error::Error;
use crate::id::{AccountId, SessionId};
use crate::mail::queue::{self, Recipient, Whom};
use crate::mail::templates::{AccountChanged, Until};
use crate::members::sessions;
use crate::members::sign_in::secrets;
use crate::privacy::audit::{self, Event};

/// Makes an account. Fails on the field `email` when the address has one already.
pub fn create(tx: &Tx, new: NewAccount) -> Result<AccountId, Error> {
    if store::by_email(tx, &new.email)?.is_some() {
        return Err(Error::field("email", "taken", "This email address has an account already."));
    }
    let id = store::insert(tx, &new)?;
    let event = Event::new("members.account.created").on("account", id);
    audit::record(tx, event.detail("is_operator", new.is_operator).personal("email", new.email))?;
    Ok(id)
}

pub fn find(db: &Db, id: AccountId) -> Result<Account, Error> {
    store::find(db, id)?.ok_or(Error::NotFound("account"))
}

/// `email` in the form that [`super::read_email`] gives.
pub fn by_email(db: &Db, email: &str) -> Result<Option<Account>, Error> {
    store::by_email(db, email)
}

/// The account of this address, or another one when nobody has it: see the store.
pub(in crate::members) fn by_email_or_another(db: &Db, email: &str) -> Result<Option<Account>, Error> {
    store::by_email_or_another(db, email)
}

/// Every account, by address.
pub fn list(db: &Db) -> Result<Vec<Account>, Error> {
    store::list(db)
}

pub fn count(db: &Db) -> Result<i64, Error> {
    store::count(db)
}

/// The stored password hash. For the sign-in and the proof of who asks, nobody else.
pub(in crate::members) fn password_hash(db: &Db, id: AccountId) -> Result<Option<String>, Error> {
    store::password_hash(db, id)
}

/// The password of the account of this address; takes as long when there is none (AUT-4).
pub(in crate::members) fn password_hash_of(db: &Db, email: &str) -> Result<Option<String>, Error> {
    store::password_hash_of(db, email)
}

/// The same password under today's cost. Changes nothing that anybody notices.
pub(in crate::members) fn rehash(tx: &Tx, id: AccountId, hash: &str) -> Result<(), Error> {
    store::rehash(tx, id, hash)
}

/// Sets or replaces the password. Ends all sessions but `keep`, and every link and code under way (SES-4).
pub fn set_password(tx: &Tx, id: AccountId, password: &HashedPassword, keep: Option<SessionId>) -> Result<(), Error> {
    find(tx, id)?;
    store::set_password(tx, id, &password.0)?;
    let ended = sessions::end_all(tx, id, keep)?;
    secrets::forget(tx, id)?;
    audit::record(tx, Event::new("members.password.changed").on("account", id).detail("sessions_ended", ended))
}

/// Gives the account another address, which its owner has shown to read. Links and codes to the old one die.
pub fn change_email(tx: &Tx, id: AccountId, email: &str) -> Result<(), Error> {
    let old = find(tx, id)?;
    if store::by_email(tx, email)?.is_some_and(|other| other.id != id) {
        return Err(Error::field("email", "taken", "This email address has an account already."));
    }
    store::set_email(tx, id, email)?;
    secrets::forget(tx, id)?;
    let event = Event::new("members.email.changed").on("account", id);
    audit::record(tx, event.personal("from", old.email).personal("to", email))
}

/// Notes that a link or a code that went to the address came back.
pub fn verify_email(tx: &Tx, id: AccountId) -> Result<(), Error> {
    store::verify_email(tx, id)
}

/// Notes that the person said to be 16 or older (P-026).
pub fn confirm_age(tx: &Tx, id: AccountId) -> Result<(), Error> {
    store::confirm_age(tx, id)?;
    audit::record(tx, Event::new("members.age.confirmed").on("account", id))
}

/// Name, time zone and whether single keys act.
pub fn set_profile(tx: &Tx, id: AccountId, name: &str, time_zone: &str, shortcuts: bool) -> Result<(), Error> {
    store::set_profile(tx, id, name, time_zone, shortcuts)?;
    audit::record(tx, Event::new("members.profile.changed").on("account", id))
}

pub fn set_theme(tx: &Tx, id: AccountId, theme: &str) -> Result<(), Error> {
    store::set_theme(tx, id, theme)?;
    audit::record(tx, Event::new("members.theme.changed").on("account", id).detail("theme", theme))
}

/// Makes somebody an operator of the installation, or takes it from them.
///
/// Fails with `Conflict` when nobody would be left.
pub fn set_operator(tx: &Tx, id: AccountId, is_operator: bool) -> Result<(), Error> {
    let account = find(tx, id)?;
    if !is_operator {
        refuse_without_operator(tx, &account)?;
    }
    store::set_operator(tx, id, is_operator)?;
    sessions::end_all(tx, id, None)?;
    audit::record(tx, Event::new("members.operator.changed").on("account", id).detail("is_operator", is_operator))
}

/// Nobody signs in with it any more; its sessions end at once. Memberships and records stay.
///
/// Fails with `Conflict` when no operator would be left.
pub fn disable(tx: &Tx, id: AccountId) -> Result<(), Error> {
    let account = find(tx, id)?;
    refuse_without_operator(tx, &account)?;
    store::set_state(tx, id, "disabled")?;
    let ended = sessions::end_all(tx, id, None)?;
    secrets::forget(tx, id)?;
    audit::record(tx, Event::new("members.account.disabled").on("account", id).detail("sessions_ended", ended))
}

pub fn enable(tx: &Tx, id: AccountId) -> Result<(), Error> {
    find(tx, id)?;
    store::set_state(tx, id, "active")?;
    audit::record(tx, Event::new("members.account.enabled").on("account", id))
}

/// True when nobody could look after the installation without this account.
pub(in crate::members) fn is_last_operator(db: &Db, account: &Account) -> Result<bool, Error> {
    Ok(account.is_operator && account.is_active && store::other_operators(db, account.id)? == 0)
}

fn refuse_without_operator(tx: &Tx, account: &Account) -> Result<(), Error> {
    if is_last_operator(tx, account)? {
        return Err(Error::Conflict("this is the only operator: make somebody else one first".into()));
    }
    Ok(())
}

/// Tells the person that something about their account changed, at `address`.
///
/// `change` is a whole sentence: "Your password was changed."
pub fn tell_of_change(tx: &Tx, app: &App, account: &Account, address: &str, change: &str) -> Result<(), Error> {
    let site = app.config.host_name();
    let operators = store::operator_addresses(tx)?.join(", ");
    let content = AccountChanged { site: &site, change, at: until(tx.now, account), contact: &operators }.content()?;
    queue::add(tx, &app.mailer, Recipient { address, whom: Whom::Account(account.id), workspace: None }, &content)?;
    Ok(())
}

/// A moment on the person's own clock, for mails.
pub fn until(moment: crate::clock::Timestamp, account: &Account) -> Until {
    let zone = jiff::tz::TimeZone::get(&account.time_zone).unwrap_or(jiff::tz::TimeZone::UTC);
    Until::new(moment, zone)
}
