//! What people do with their own account's data: look at it, take it, have it deleted, and say no to being counted
//! (P-077 to P-080, P-090, P-106).

pub mod pages;
mod service;
mod store;

use crate::error::Error;
use crate::id::AccountId;
use crate::module::{IdentityKind, KnownIdentity, PersonKind};
use crate::privacy::data_map::File;

use super::accounts;

/// People who sign in, as the privacy core sees them.
pub const ACCOUNT: PersonKind = PersonKind {
    word: "account",
    file: File::Control,
    table: "accounts",
    normalise: |_, kind, value| {
        Ok(match kind {
            IdentityKind::Email => accounts::read_email("email", value).ok(),
            IdentityKind::Phone => None,
        })
    },
    find: |db, kind, normalised| {
        Ok(match kind {
            IdentityKind::Email => {
                accounts::by_email(db, normalised)?.map(|account| account.id.0).into_iter().collect()
            }
            IdentityKind::Phone => Vec::new(),
        })
    },
    ids: |_, id| Ok(vec![id]),
    name: |db, id| match accounts::find(db, AccountId(id)) {
        Ok(account) => Ok(Some(account.label().to_owned())),
        Err(Error::NotFound(_)) => Ok(None),
        Err(error) => Err(error),
    },
    identities: |db, id| {
        let email = accounts::find(db, AccountId(id))?.email;
        Ok(vec![KnownIdentity { kind: IdentityKind::Email, value: email.clone(), normalised: email }])
    },
    // Whoever had the account is known by its number alone once it is gone.
    was: |_, _| Ok(Vec::new()),
    restrict: |_, _, _| Err(Error::Conflict("an account is not restricted but switched off".into())),
    empty: |_, _| Err(Error::Conflict("no legal hold reaches an account".into())),
    // Nothing that somebody writes about others is held of accounts.
    called: |_, _| Ok(Vec::new()),
    unmarked: |text, _| text.to_owned(),
    // No request of a workspace is about an account: its person sees and changes it in the settings.
    search: |_, _, _| Ok(Vec::new()),
    fields: |_, _| Ok(Vec::new()),
    correct: |_, _, _| Err(Error::Conflict("an account is corrected by its person".into())),
};
