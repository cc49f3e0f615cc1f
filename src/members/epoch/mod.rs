//! The end of every way in: after a restore nobody enters with what they held before (RST-4).

mod store;

use crate::db::Tx;
use crate::error::Error;

/// Ends all sessions, links, codes, invitations and tokens of the installation; says how many. The caller audits.
pub fn end_everything(tx: &Tx) -> Result<usize, Error> {
    Ok(store::end_sessions(tx)?
        + store::forget_secrets(tx)?
        + store::revoke_invitations(tx)?
        + store::revoke_tokens(tx)?)
}
