//! Telling, reading marks, forgetting.

use super::{Notice, settings, store};
use crate::clock::Timestamp;
use crate::db::{Db, Tx};
use crate::error::Error;
use crate::id::{MemberId, NoteId};
use crate::module::MailChoice;
use crate::people::record::acting_member;

/// What one member does within this time counts as one notification, where the kind allows it.
const GATHER_MS: i64 = 10 * Timestamp::MINUTE;

/// Tells a member something, as far as their settings say they want to hear it.
///
/// Nobody is told what they did themselves. The transaction needs no audit entry for it: what happened has one.
pub fn tell(tx: &Tx, notice: &Notice) -> Result<(), Error> {
    let actor = acting_member(tx.origin);
    if actor == Some(notice.to) {
        return Ok(());
    }
    let wanted = settings::of_kind(tx, notice.to, notice.kind)?;
    if !wanted.in_app && wanted.mail == MailChoice::Never {
        return Ok(());
    }
    if notice.kind.gathered.is_some() && store::gather(tx, notice, actor, tx.now.plus(-GATHER_MS))? {
        return Ok(());
    }
    store::insert(tx, notice, actor, &wanted)
}

/// Takes away what a member was told and what they chose to hear of: their account is gone.
pub(in crate::people) fn forget_member(tx: &Tx, member: MemberId) -> Result<(), Error> {
    store::delete_of(tx, member)?;
    settings::forget(tx, member)
}

/// Takes back what a member was told about a note that no longer names them, unless they have read it.
pub fn take_back(tx: &Tx, member: MemberId, note: NoteId) -> Result<(), Error> {
    store::delete_unread_of_note(tx, member, note)
}

/// Marks one as read; fails with [`Error::NotFound`] when the member was not told it.
pub fn mark_read(tx: &Tx, member: MemberId, id: i64) -> Result<(), Error> {
    if store::mark_read(tx, member, id)? { Ok(()) } else { Err(Error::NotFound("notification")) }
}

/// Marks everything up to `through` as read, so that what comes in while somebody presses the button stays.
pub fn mark_all_read(tx: &Tx, member: MemberId, through: i64) -> Result<usize, Error> {
    store::mark_all_read(tx, member, through)
}

/// The newest notification of anybody: where "all" ends.
pub fn newest(db: &Db) -> Result<i64, Error> {
    store::newest(db)
}
