//! How the drills stand: for the console, the owners' page, alarms and measurements.

use super::rotation::Turn;
use super::{Drill, Verdict, store};
use crate::app::App;
use crate::backup::chain::Chain;
use crate::backup::run::living;
use crate::clock::Timestamp;
use crate::db::Db;
use crate::error::Error;
use crate::id::WorkspaceId;

/// A place that was not drilled for so long breaks the promise of a week.
pub const OVERDUE_MS: i64 = 8 * Timestamp::DAY;
/// Drills that a list shows of a place.
const SHOWN: i64 = 12;

/// The drills of one place.
pub struct Standing {
    pub place: WorkspaceId,
    pub name: String,
    /// The newest first, at most twelve.
    pub drills: Vec<Drill>,
    /// When the oldest of its copies that read back whole was made.
    backed_up_since: Option<Timestamp>,
}

/// What is wrong with the drills of a place.
pub enum Trouble {
    /// The last one failed: with what it found.
    Failed(String),
    /// There was none for more than a week: since when.
    Overdue(Timestamp),
}

impl Trouble {
    /// As a mail to whoever hosts says it.
    pub fn words(&self, name: &str) -> String {
        match self {
            Trouble::Failed(words) => format!("the restore drill of {name} failed: {words}"),
            Trouble::Overdue(since) => {
                format!("{name} was not restored as a drill since {}, more than a week", since.rfc3339())
            }
        }
    }
}

impl Standing {
    pub fn last(&self) -> Option<&Drill> {
        self.drills.first()
    }

    /// Since when it waits for a drill; none before there is something to restore.
    fn since(&self) -> Option<Timestamp> {
        self.last().map(|last| last.finished_at).or(self.backed_up_since)
    }

    pub fn trouble(&self, now: Timestamp) -> Option<Trouble> {
        match self.last() {
            Some(last) if last.verdict == Verdict::Failed => Some(Trouble::Failed(last.words.clone())),
            _ => self.since().filter(|since| now.since(*since) > OVERDUE_MS).map(Trouble::Overdue),
        }
    }

    /// Its place in the rotation; none before there is something to restore.
    pub(super) fn turn(&self) -> Option<Turn> {
        self.backed_up_since?;
        Some(Turn {
            place: self.place,
            since: self.since()?,
            was_drilled: self.last().is_some(),
            has_failed: self.last().is_some_and(|last| !last.is_good()),
        })
    }
}

/// Every place that is backed up, with its drills: the installation first.
pub fn standing(app: &App, chain: &Chain) -> Result<Vec<Standing>, Error> {
    let places = living(app)?;
    app.read(|db| {
        let of_place = |(place, name): (WorkspaceId, String)| {
            let verified = chain.copies_of(place).find(|(_, copy)| copy.verified.is_some());
            let backed_up_since = verified.map(|(_, copy)| copy.at);
            Ok(Standing { place, name, drills: store::newest(db, place, SHOWN)?, backed_up_since })
        };
        places.into_iter().map(of_place).collect()
    })
}

/// The drills of one workspace, the newest first.
pub fn of_workspace(db: &Db, workspace: WorkspaceId, limit: i64) -> Result<Vec<Drill>, Error> {
    store::newest(db, workspace, limit)
}

/// When the last good drill ended, in the place where that is longest ago; none while some place has had none.
pub fn last_good(app: &App) -> Result<Option<Timestamp>, Error> {
    let places = living(app)?;
    app.read(|db| {
        let ends: Vec<Option<Timestamp>> =
            places.iter().map(|(place, _)| store::last_good(db, *place)).collect::<Result<_, _>>()?;
        Ok(ends.into_iter().min().flatten())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(last: Option<(i64, Verdict)>, backed_up: Option<i64>) -> Standing {
        let drill = last.map(|(at, verdict)| Drill {
            id: 1,
            place: WorkspaceId::CONTROL,
            started_at: Timestamp(at),
            finished_at: Timestamp(at),
            restore_ms: 0,
            backup: 1,
            line: String::new(),
            segment: 0,
            moment: None,
            bytes: 0,
            rows: 0,
            files: 0,
            verdict,
            words: "the object is missing".into(),
        });
        Standing {
            place: WorkspaceId::CONTROL,
            name: "the installation".into(),
            drills: drill.into_iter().collect(),
            backed_up_since: backed_up.map(Timestamp),
        }
    }

    #[test]
    fn a_place_is_in_trouble_when_it_failed_or_has_waited_for_more_than_eight_days() {
        const DAY: i64 = Timestamp::DAY;
        let words = |place: Standing, now: i64| place.trouble(Timestamp(now)).map(|trouble| trouble.words("alpha"));
        assert_eq!(words(place(None, None), 99 * DAY), None, "there is nothing to restore yet");
        assert_eq!(words(place(None, Some(0)), 8 * DAY), None);
        assert!(words(place(None, Some(0)), 8 * DAY + 1).unwrap().contains("since 1970-01-01"));
        assert_eq!(words(place(Some((2 * DAY, Verdict::Ok)), Some(0)), 10 * DAY), None);
        assert!(words(place(Some((2 * DAY, Verdict::BaseOnly)), Some(0)), 10 * DAY + 1).is_some());
        let failed = words(place(Some((2 * DAY, Verdict::Failed)), Some(0)), 2 * DAY).unwrap();
        assert_eq!(failed, "the restore drill of alpha failed: the object is missing");
        assert!(place(None, None).turn().is_none() && place(None, Some(0)).turn().is_some());
    }
}
