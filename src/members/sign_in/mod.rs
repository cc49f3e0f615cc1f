//! The door: how people get in, by password, by mail, for the first time, and once more to be sure.

pub mod code;
pub mod confirm;
pub mod home;
pub mod link;
pub mod password;
pub mod reset;
pub mod second_step;
pub mod secrets;
pub mod setup;
mod store;

use std::time::Duration;

use askama::Template;

use super::accounts::{self, Account};
use super::sessions::{self, Method};
use super::throttle;
use crate::clock::Stopwatch;
use crate::db::{Actor, Db, Origin, Tx};
use crate::error::{Error, FieldError};
use crate::id::AccountId;
use crate::web::{Reply, Request, cookie, is_own_path};

/// Every answer to "mail me something" takes this long, so that its time does not say whether there is an account (AUT-4).
const EVEN_TIME: Duration = Duration::from_millis(250);

/// A page of the door. Gives a stranger the cookie that its form token hangs on (WEB-2).
pub(in crate::members) fn door(request: &Request, title: &str, body: &impl Template) -> Result<Reply, Error> {
    request.cookie_or_fresh();
    request.page(title, body)
}

/// The form once more with what is wrong with it, when the error is one that a form can say.
pub(in crate::members) fn again<T: Template>(
    request: &Request,
    title: &str,
    error: Error,
    form: impl FnOnce(Vec<FieldError>) -> T,
) -> Result<Reply, Error> {
    let (errors, wait) = match error {
        Error::Invalid(errors) => (errors, None),
        Error::Conflict(words) => (vec![FieldError::new("", "not_now", words)], None),
        Error::TooMany(seconds) => {
            let words = format!("Too many tries. Wait {}, then try again.", throttle::wait_in_words(seconds));
            (vec![FieldError::new("", "too_many", words)], Some(seconds))
        }
        other => return Err(other),
    };
    request.cookie_or_fresh();
    let reply = request.page_with_errors(title, &[], &form(errors))?;
    Ok(match wait {
        Some(seconds) => reply.status(429).header("Retry-After", seconds.to_string()),
        None => reply,
    })
}

/// Lets somebody in who has shown the first factor: ends the session they came with, begins another (SES-2).
///
/// Returns the new cookie value for [`welcome`]. Invitations use it too.
pub fn let_in(request: &Request, tx: &Tx, account: &Account, method: Method) -> Result<String, Error> {
    if let Some(old) = request.head.cookie() {
        sessions::end_by_cookie(tx, old)?;
    }
    let fresh = cookie::fresh();
    sessions::start(tx, &request.app, account, &fresh, method)?;
    Ok(fresh)
}

/// On to where they wanted to go, by way of the second step when there is one.
pub fn welcome(request: &Request, account: &Account, fresh: &str, next: &str) -> Reply {
    let next = request.next_or(next, "/");
    let to = if account.has_second_factor { with_next("/sign-in/second-step", &next) } else { onward(account, next) };
    Reply::see_other(to).with_cookie(cookie::set(fresh))
}

/// To `next`, past the one question that an account made by somebody else still owes.
pub(in crate::members) fn onward(account: &Account, next: String) -> String {
    if account.age_confirmed { next } else { with_next("/account/age", &next) }
}

/// `path?next=…`, or the path alone when there is nowhere special to go.
pub(in crate::members) fn with_next(path: &str, next: &str) -> String {
    if next.is_empty() || next == "/" || !is_own_path(next) {
        return path.to_owned();
    }
    let next: String = form_urlencoded::byte_serialize(next.as_bytes()).collect();
    format!("{path}?next={next}")
}

/// The same request as an act of this account: for the audit entry of a success.
pub(in crate::members) fn as_account(request: &Request, account: AccountId) -> Origin {
    Origin { actor: Actor::Account(account), ..request.origin() }
}

/// Changes `control.db` in the name of somebody who is just being let in.
pub(in crate::members) fn write_as<T>(
    request: &Request,
    account: AccountId,
    work: impl FnOnce(&Tx) -> Result<T, Error>,
) -> Result<T, Error> {
    request.app.control.write(request.now(), &as_account(request, account), work)
}

/// The account behind an address, if it may sign in, and whether it is at home in this browser.
fn visitor_account(db: &Db, request: &Request, email: &str) -> Result<(Option<Account>, bool), Error> {
    // For nobody the same is asked of somebody else and thrown away: an answer that comes sooner would tell (AUT-4).
    let Some(account) = accounts::service::by_email_or_another(db, email)? else { return Ok((None, false)) };
    let is_known = sessions::is_known(db, &request.app, account.id, &request.origin())?;
    let is_theirs = account.email == email;
    Ok((is_theirs.then_some(account), is_theirs && is_known))
}

/// Waits until [`EVEN_TIME`] is over.
fn even_out(since: Stopwatch) {
    std::thread::sleep(EVEN_TIME.saturating_sub(since.elapsed()));
}
