//! What each member wants to hear of, and how: in the app, by mail within minutes, in the mail of the day.

pub mod api;
pub mod pages;
mod store;

use crate::db::{Db, Tx};
use crate::error::Error;
use crate::id::MemberId;
use crate::module::{MailChoice, Module, NotificationKind};
use crate::privacy::audit::{self, Event};

/// The hour of the daily mail until a member chooses another.
pub const USUAL_HOUR: i8 = 8;

/// How a member hears of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    pub in_app: bool,
    pub mail: MailChoice,
}

/// What a member chose, for every kind there is.
#[derive(Clone)]
pub struct Settings {
    pub kinds: Vec<(&'static NotificationKind, Wanted)>,
    /// Of the daily mail, on the member's own clock.
    pub hour: i8,
}

/// Every kind of every module, in their order.
pub fn kinds(modules: &'static [&'static Module]) -> impl Iterator<Item = &'static NotificationKind> {
    modules.iter().flat_map(|module| module.notifications).copied().flatten().copied()
}

/// How a member wants to hear of a kind.
pub fn of_kind(db: &Db, member: MemberId, kind: &NotificationKind) -> Result<Wanted, Error> {
    let usual = Wanted { in_app: kind.in_app, mail: kind.mail };
    Ok(store::find(db, member, kind.word)?.unwrap_or(usual))
}

/// What a member chose, or the usual.
pub fn of(db: &Db, member: MemberId, modules: &'static [&'static Module]) -> Result<Settings, Error> {
    let kinds = kinds(modules).map(|kind| Ok((kind, of_kind(db, member, kind)?)));
    Ok(Settings { kinds: kinds.collect::<Result<_, Error>>()?, hour: hour(db, member)? })
}

/// Takes away everything that a member chose.
pub(super) fn forget(tx: &Tx, member: MemberId) -> Result<(), Error> {
    store::delete_of(tx, member)
}

/// The hour of a member's daily mail.
pub fn hour(db: &Db, member: MemberId) -> Result<i8, Error> {
    Ok(store::hour(db, member)?.unwrap_or(USUAL_HOUR))
}

/// Takes a member's choices. What they were told already stays as it was told.
pub fn set(tx: &Tx, member: MemberId, new: &Settings, modules: &'static [&'static Module]) -> Result<(), Error> {
    if !(0..24).contains(&new.hour) {
        return Err(Error::field("hour", "out_of_range", "Choose an hour from 0 to 23."));
    }
    let before = of(tx, member, modules)?;
    let changed: Vec<&(&'static NotificationKind, Wanted)> = new
        .kinds
        .iter()
        .filter(|(kind, wanted)| before.kinds.iter().any(|(known, old)| known.word == kind.word && old != wanted))
        .collect();
    if changed.is_empty() && before.hour == new.hour {
        return Ok(());
    }
    for (kind, wanted) in &changed {
        store::set(tx, member, kind.word, wanted)?;
    }
    if before.hour != new.hour {
        store::set_hour(tx, member, new.hour)?;
    }
    let words: Vec<&str> = changed.iter().map(|(kind, _)| kind.word).collect();
    let event = Event::new("people.notification_settings.changed").on("member", member);
    audit::record(tx, event.detail("kinds", words).detail("hour", new.hour))
}
