//! The end of every way in: after a restore nobody enters with what they held before (RST-4).

mod store;

use crate::db::Tx;
use crate::error::Error;
use crate::id::WorkspaceId;

/// Ends all sessions, links, codes, invitations and tokens of the installation; says how many. The caller audits.
pub fn end_everything(tx: &Tx) -> Result<usize, Error> {
    Ok(store::end_sessions(tx)?
        + store::forget_secrets(tx)?
        + store::revoke_invitations(tx)?
        + store::revoke_tokens(tx)?)
}

/// Ends the sessions of everybody who is in a workspace, its invitations and its tokens; says how many. The caller
/// audits.
pub fn end_all_of(tx: &Tx, workspace: WorkspaceId) -> Result<usize, Error> {
    Ok(store::end_sessions_of(tx, workspace)?
        + store::revoke_invitations_of(tx, workspace)?
        + store::revoke_tokens_of(tx, workspace)?)
}
