//! What one can do with the API tokens of operators.

use super::store::{self, NewRow};
use super::{Made, OperatorToken, OperatorTokenInput, PREFIX_LENGTH, read};
use crate::clock::Timestamp;
use crate::crypto::token::{NewToken, OPERATOR_PREFIX};
use crate::db::{Db, Tx};
use crate::error::Error;
use crate::id::{AccountId, OperatorTokenId};
use crate::members::accounts;
use crate::privacy::audit::{self, Event};

/// Makes a token for an operator. Fails on the field `operator` when the account is none, or is switched off.
pub fn create(tx: &Tx, operator: AccountId, input: &OperatorTokenInput) -> Result<Made, Error> {
    let account = accounts::find(tx, operator)?;
    if !account.is_operator || !account.is_active {
        return Err(Error::field("operator", "no_operator", "This account is not an operator's, or is switched off."));
    }
    let (name, allowed_networks) = read(input).map_err(Error::Invalid)?;
    let mut scopes = input.scopes.clone();
    scopes.sort();
    scopes.dedup();
    let token = NewToken::generate(OPERATOR_PREFIX);
    let prefix: String = token.text.chars().take(PREFIX_LENGTH).collect();
    let expires_at = tx.now.plus(input.days * Timestamp::DAY);
    let words: Vec<&str> = scopes.iter().map(|scope| scope.word()).collect();
    let new = NewRow {
        operator,
        name: &name,
        prefix: &prefix,
        hash: &token.hash,
        scopes: &words,
        allowed_networks: &allowed_networks,
        expires_at,
    };
    let id = store::insert(tx, &new)?;
    let event = Event::new("members.operator_token.created").on("operator-token", id).detail("account", operator.0);
    let event = event.detail("scopes", words).detail("expires_at", expires_at.rfc3339()).detail("prefix", prefix);
    audit::record(tx, event.personal("name", name).personal("allowed_networks", allowed_networks))?;
    Ok(Made { id, text: token.text })
}

/// Every token of every operator, those in force first.
pub fn list(db: &Db) -> Result<Vec<OperatorToken>, Error> {
    store::list(db)
}

pub fn find(db: &Db, id: OperatorTokenId) -> Result<OperatorToken, Error> {
    store::find(db, id)?.ok_or(Error::NotFound("token"))
}

/// Ends a token with its next request. Once more does nothing.
pub fn revoke(tx: &Tx, id: OperatorTokenId) -> Result<(), Error> {
    let token = find(tx, id)?;
    if !store::revoke(tx, id)? {
        return Ok(());
    }
    let event = Event::new("members.operator_token.revoked").on("operator-token", id);
    audit::record(tx, event.detail("account", token.account.0).personal("name", token.name))
}

/// Ends every token of an account; returns how many. The caller records why.
pub(in crate::members) fn revoke_of_account(tx: &Tx, account: AccountId) -> Result<usize, Error> {
    store::revoke_of_account(tx, account)
}
