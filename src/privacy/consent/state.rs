//! What follows from everything that somebody said: a fold over the events of a person, for one purpose.
//!
//! Records that were merged are kept apart up to the merge, because somebody may have said yes on one and no on the
//! other. Each is folded by itself, with all that was said after it became part of the person, and the strictest wins.

use std::collections::{BTreeMap, HashSet};

use super::{Action, Event, State};
use crate::clock::Timestamp;
use crate::id::{ConsentEventId, PurposeId};

/// Whether somebody agreed. In the order of strictness: the last of two wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Consent {
    #[default]
    Unknown,
    Granted,
    Pending,
    Withdrawn,
}

/// What holds, and which events say so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Standing {
    pub consent: Consent,
    /// The yes that still stands, confirmed or not: it names the words.
    pub agreed: Option<ConsentEventId>,
    /// What made `consent` what it is.
    pub rests_on: Option<ConsentEventId>,
    /// The objection to this purpose that is in force.
    pub objection: Option<ConsentEventId>,
    /// The same to all direct marketing.
    pub objection_to_all: Option<ConsentEventId>,
}

impl Standing {
    /// The objection in force, whatever it was to.
    pub fn objected(&self) -> Option<ConsentEventId> {
        self.objection.or(self.objection_to_all)
    }

    /// As a word, for somebody whose data is not restricted.
    pub fn state(&self) -> State {
        match self.consent {
            _ if self.objected().is_some() => State::Objected,
            Consent::Unknown => State::Unknown,
            Consent::Granted => State::Granted,
            Consent::Pending => State::Pending,
            Consent::Withdrawn => State::Withdrawn,
        }
    }

    /// The standing after one more event, which must be the latest.
    pub(super) fn after(mut self, event: &Event) -> Standing {
        let id = Some(event.id);
        match event.action {
            // Whoever objected takes that back first; a yes meanwhile opens nothing.
            Action::Grant | Action::Import if self.objected().is_some() => {}
            Action::Grant if event.needs_confirmation && self.consent != Consent::Granted => {
                self = Standing { consent: Consent::Pending, agreed: id, rests_on: id, ..self };
            }
            // An unconfirmed yes to newer words leaves the yes that stands.
            Action::Grant if event.needs_confirmation => {}
            Action::Grant | Action::Import => {
                self = Standing { consent: Consent::Granted, agreed: id, rests_on: id, ..self };
            }
            Action::Confirm if self.consent == Consent::Pending => {
                self = Standing { consent: Consent::Granted, rests_on: id, ..self };
            }
            Action::Confirm => {}
            Action::Withdraw => self = Standing { consent: Consent::Withdrawn, agreed: None, rests_on: id, ..self },
            Action::Object => {
                match event.purpose {
                    Some(_) => self.objection = id,
                    None => self.objection_to_all = id,
                }
                // Taking the objection back does not bring an old yes back.
                if matches!(self.consent, Consent::Granted | Consent::Pending) {
                    self = Standing { consent: Consent::Withdrawn, agreed: None, rests_on: id, ..self };
                }
            }
            Action::Lift => match event.purpose {
                Some(_) => self.objection = None,
                None => self.objection_to_all = None,
            },
        }
        self
    }

    /// What holds for somebody for whom both hold.
    fn and(self, other: Standing) -> Standing {
        let stricter = if other.consent > self.consent { other } else { self };
        Standing {
            objection: self.objection.or(other.objection),
            objection_to_all: self.objection_to_all.or(other.objection_to_all),
            ..stricter
        }
    }
}

/// What holds for a purpose, of everything that a person said.
pub fn standing(events: &[Event], purpose: PurposeId, is_marketing: bool) -> Standing {
    let taken_back: HashSet<ConsentEventId> = events.iter().filter_map(|event| event.takes_back).collect();
    let is_about = |event: &&Event| match event.purpose {
        _ if event.takes_back.is_some() || taken_back.contains(&event.id) => false,
        Some(id) => id == purpose,
        None => is_marketing,
    };
    let mut about: Vec<&Event> = events.iter().filter(is_about).collect();
    about.sort_by_key(|event| (effective(event), event.id));
    let mut records: BTreeMap<i64, Option<i64>> = BTreeMap::new();
    for event in &about {
        let joined = records.entry(event.given_on).or_default();
        *joined = (*joined).max(event.joined_after);
    }
    let of_record = |(record, joined): (i64, Option<i64>)| {
        let counts = |event: &&&Event| event.given_on == record || joined.is_some_and(|after| event.id.0 > after);
        about.iter().filter(counts).fold(Standing::default(), |standing, event| standing.after(event))
    };
    records.into_iter().map(of_record).fold(Standing::default(), Standing::and)
}

/// When it counts from. A no counts from when it came in, whatever date it bears: it must not slip behind an older yes.
fn effective(event: &Event) -> Timestamp {
    match event.action {
        Action::Grant | Action::Confirm | Action::Import => event.at,
        Action::Withdraw | Action::Object | Action::Lift => event.recorded_at,
    }
}
