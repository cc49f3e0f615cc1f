//! Links and codes that work once (AUT-8): how long each holds, and what kills it early.

pub mod data_map;
mod store;

use crate::app::App;
use crate::clock::Timestamp;
use crate::crypto::derive::mac;
use crate::crypto::token::{self, NewToken};
use crate::crypto::{constant_time_eq, random};
use crate::db::{Db, Tx};
use crate::error::Error;
use crate::id::AccountId;
use crate::members::accounts::Account;

/// Wrong tries that a code survives.
const TRIES: i64 = 5;
/// Digits of a mailed code: with five tries one guess in twenty million gets through.
const DIGITS: u32 = 8;

/// What a link or code is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    SignInLink,
    SignInCode,
    /// Proves again who is signed in, where there is no password.
    ConfirmCode,
    PasswordReset,
    EmailChange,
    /// Makes the first account.
    Setup,
}

impl Kind {
    /// The word in the database and in audit entries.
    pub fn word(self) -> &'static str {
        match self {
            Kind::SignInLink => "sign_in_link",
            Kind::SignInCode => "sign_in_code",
            Kind::ConfirmCode => "confirm_code",
            Kind::PasswordReset => "password_reset",
            Kind::EmailChange => "email_change",
            Kind::Setup => "setup",
        }
    }

    /// How long it holds.
    pub const fn lifetime(self) -> i64 {
        match self {
            Kind::SignInLink => 15 * Timestamp::MINUTE,
            Kind::SignInCode | Kind::ConfirmCode => 10 * Timestamp::MINUTE,
            Kind::PasswordReset | Kind::EmailChange => 30 * Timestamp::MINUTE,
            Kind::Setup => Timestamp::HOUR,
        }
    }
}

/// A link that works now.
#[derive(Debug, Clone)]
pub struct Secret {
    id: i64,
    /// `None`: a setup link.
    pub account: Option<AccountId>,
    /// Where it was sent.
    pub email: Option<String>,
}

/// Makes a link's token. An earlier setup link or change of address stops working.
///
/// `email` is where it is sent. A sign-in link and a reset die when the account's address is another by then.
pub fn issue_link(tx: &Tx, kind: Kind, account: Option<&Account>, email: Option<&str>) -> Result<NewToken, Error> {
    let token = NewToken::generate("");
    issue(tx, kind, account, email, &token.hash, None)?;
    Ok(token)
}

fn issue(
    tx: &Tx,
    kind: Kind,
    account: Option<&Account>,
    email: Option<&str>,
    hash: &[u8],
    browser: Option<&[u8]>,
) -> Result<(), Error> {
    let id = account.map(|account| account.id);
    // Whoever asks for mails in another's name must not kill the link that the other is waiting for.
    if !matches!(kind, Kind::SignInLink | Kind::PasswordReset) {
        store::delete_kind(tx, kind.word(), id, browser)?;
    }
    store::insert(
        tx,
        &store::NewSecret {
            kind: kind.word(),
            hash,
            account: id,
            email,
            password_changed_at: account.and_then(|account| account.password_changed_at),
            browser,
            expires_at: tx.now.plus(kind.lifetime()),
        },
    )
}

/// The link, when it is good now: unused, in time, its account active with the same password and address.
pub fn find_link(db: &Db, kind: Kind, text: &str) -> Result<Option<Secret>, Error> {
    store::find_link(db, kind.word(), &token::hash_token(text), kind == Kind::EmailChange)
}

/// Uses the link up. `None` when it is not good (any more).
pub fn use_link(tx: &Tx, kind: Kind, text: &str) -> Result<Option<Secret>, Error> {
    let Some(secret) = find_link(tx, kind, text)? else { return Ok(None) };
    store::mark_used(tx, secret.id)?;
    Ok(Some(secret))
}

/// Makes a code of eight digits that works only for whoever holds this cookie; the one before stops working.
pub fn issue_code(tx: &Tx, app: &App, kind: Kind, account: &Account, cookie: &str) -> Result<String, Error> {
    let number = u64::from_be_bytes(random()) % 10_u64.pow(DIGITS);
    let digits = format!("{number:0width$}", width = DIGITS as usize);
    let hash = code_hash(app, account.id, &digits);
    issue(tx, kind, Some(account), Some(&account.email), &hash, Some(&token::hash_token(cookie)))?;
    Ok(format!("{} {}", &digits[..4], &digits[4..]))
}

/// Uses a code up. `false` when it does not fit; the fifth wrong try in a row ends it.
///
/// Commit in both cases: a try that is rolled back was not counted.
pub fn use_code(tx: &Tx, app: &App, kind: Kind, account: AccountId, cookie: &str, typed: &str) -> Result<bool, Error> {
    let digits: String = typed.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
    let Some((id, hash)) = store::find_code(tx, kind.word(), account, &token::hash_token(cookie), TRIES)? else {
        return Ok(false);
    };
    if !constant_time_eq(&hash, &code_hash(app, account, &digits)) {
        store::count_try(tx, id)?;
        return Ok(false);
    }
    store::mark_used(tx, id)?;
    Ok(true)
}

/// Keyed, because so few digits could be found out from a bare hash.
fn code_hash(app: &App, account: AccountId, digits: &str) -> [u8; 32] {
    mac(&app.control_keys.pepper, &[b"holdfast/mailed-code/v1", &account.0.to_be_bytes(), digits.as_bytes()])
}

/// Kills every link and code of the account.
pub fn forget(tx: &Tx, account: AccountId) -> Result<(), Error> {
    store::delete_of(tx, account)
}
