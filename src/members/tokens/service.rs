//! What one can do with API tokens.

use super::store::{self, NewRow};
use super::{ApiToken, Made, PREFIX_LENGTH, TokenInput, read};
use crate::clock::Timestamp;
use crate::crypto::token::{API_PREFIX, NewToken};
use crate::db::{Db, Tx};
use crate::error::{Error, FieldError};
use crate::id::{AccountId, MemberId, TokenId, WorkspaceId};
use crate::members::operator_tokens;
use crate::members::roles::Granter;
use crate::permission::Level;
use crate::privacy::audit::{self, Event};

/// Makes a token for a member. Its scopes may be what the granter has and no more; each request with it
/// is held against the member's role of that moment besides.
pub fn create(
    tx: &Tx,
    workspace: WorkspaceId,
    granter: &Granter,
    member: MemberId,
    input: &TokenInput,
) -> Result<Made, Error> {
    let (name, allowed_networks) = read(input).map_err(Error::Invalid)?;
    if let Some(beyond) = input.scopes.iter().find(|scope| granter.level(**scope) == Level::None) {
        let message = format!("You may not do {} yourself, so a token of yours cannot either.", beyond.word());
        return Err(Error::Invalid(vec![FieldError::new("scopes", "beyond_your_own", message)]));
    }
    let mut scopes = input.scopes.clone();
    scopes.sort();
    scopes.dedup();
    let token = NewToken::generate(API_PREFIX);
    let prefix: String = token.text.chars().take(PREFIX_LENGTH).collect();
    let expires_at = tx.now.plus(input.days * Timestamp::DAY);
    let new = NewRow {
        workspace,
        member,
        name: &name,
        prefix: &prefix,
        hash: &token.hash,
        scopes: &scopes,
        allowed_networks: &allowed_networks,
        expires_at,
    };
    let id = store::insert(tx, &new)?;
    let words: Vec<String> = scopes.iter().map(|scope| scope.word()).collect();
    let event = Event::new("members.token.created").on("token", id).in_workspace(workspace).detail("member", member.0);
    let event = event.detail("scopes", words).detail("expires_at", expires_at.rfc3339()).detail("prefix", prefix);
    audit::record(tx, event.personal("name", name).personal("allowed_networks", allowed_networks))?;
    Ok(Made { id, text: token.text })
}

/// Every token of the workspace, those in force first.
pub fn list(db: &Db, workspace: WorkspaceId) -> Result<Vec<ApiToken>, Error> {
    store::list(db, workspace)
}

pub fn find(db: &Db, workspace: WorkspaceId, id: TokenId) -> Result<ApiToken, Error> {
    store::find(db, workspace, id)?.ok_or(Error::NotFound("token"))
}

/// Ends a token with its next request. Once more does nothing.
pub fn revoke(tx: &Tx, workspace: WorkspaceId, id: TokenId) -> Result<(), Error> {
    let token = find(tx, workspace, id)?;
    if !store::revoke(tx, id)? {
        return Ok(());
    }
    let event = Event::new("members.token.revoked").on("token", id).in_workspace(workspace);
    audit::record(tx, event.detail("member", token.member.0).personal("name", token.name))
}

/// Ends every token of a member; returns how many. The caller records why.
pub fn revoke_all(tx: &Tx, member: MemberId) -> Result<usize, Error> {
    store::revoke_all(tx, member)
}

/// Ends every token of an account, in all its workspaces and as an operator; returns how many.
pub fn revoke_of_account(tx: &Tx, account: AccountId) -> Result<usize, Error> {
    let revoked = store::revoke_of_account(tx, account)? + operator_tokens::service::revoke_of_account(tx, account)?;
    audit::record(tx, Event::new("members.tokens.revoked").on("account", account).detail("count", revoked))?;
    Ok(revoked)
}
