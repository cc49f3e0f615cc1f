//! Empties the personal part of entries. The chain holds without it: what the hash covers is a commitment (AUD-3).

use super::store;
use crate::db::Tx;
use crate::error::Error;
use crate::id::WorkspaceId;

/// Empties the personal part of every entry about the object, such as `account:5`; says how many there were. The
/// caller writes the entry that says so.
pub fn about(tx: &Tx, object: &str) -> Result<usize, Error> {
    store::forget_about(tx, object)
}

/// The same for every entry about objects of a kind, such as `invitation:`, whose personal part says exactly this of
/// somebody: the object may be gone for long.
pub fn naming_about(tx: &Tx, kind: &str, value: &str) -> Result<usize, Error> {
    store::forget_naming_about(tx, kind, value)
}

/// Empties the personal part of every entry by the actor, such as `member:3` (their tokens count too), where it
/// says nothing but their network and device. An entry that also says what somebody else was called before a
/// change is that person's as much as the actor's, and stays for as long as the log does.
pub fn devices_of(tx: &Tx, actor: &str) -> Result<usize, Error> {
    store::forget_devices_of(tx, actor)
}

/// Empties the personal part of one entry. The caller writes the entry that says so.
pub fn entry(tx: &Tx, sequence: i64) -> Result<(), Error> {
    store::forget_entry(tx, sequence)
}

/// Empties the personal part of every entry of `control.db` about a workspace that names somebody, as `names` says;
/// how many there were. The caller writes the entry that says so.
pub fn naming(tx: &Tx, workspace: WorkspaceId, names: &dyn Fn(&str) -> bool) -> Result<usize, Error> {
    let mut count = 0;
    for (sequence, personal) in store::personal_of(tx, workspace)? {
        if names(&personal) {
            store::forget_entry(tx, sequence)?;
            count += 1;
        }
    }
    Ok(count)
}
