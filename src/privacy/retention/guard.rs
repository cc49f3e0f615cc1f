//! Refuses to let anything go while the clock cannot be right: a machine that wakes in 2099 must not empty itself.

use super::store;
use crate::clock::Timestamp;
use crate::db::Db;
use crate::error::Error;

/// The longest time between two runs that needs nobody's word. A machine that was off for longer asks its people.
const LEAP: i64 = 400 * Timestamp::DAY;
/// A clock may be set back a little, as time servers do.
const BACK: i64 = Timestamp::HOUR;

/// Why the clock is not to be trusted, as a sentence for people; `None` when all is well.
pub fn doubt(db: &Db) -> Result<Option<String>, Error> {
    let Some(last) = store::last_known(db)? else { return Ok(None) };
    let day = |at: Timestamp| at.rfc3339().chars().take(10).collect::<String>();
    Ok(if db.now < last.plus(-BACK) {
        Some(format!(
            "The clock says {}, but something happened here on {} already. Nothing is deleted until the clock is right.",
            day(db.now),
            day(last)
        ))
    } else if db.now > last.plus(LEAP) {
        Some(format!(
            "The clock says {}, and the last thing happened on {}. That is more than 400 days: nothing is deleted until somebody confirms that the clock is right.",
            day(db.now),
            day(last)
        ))
    } else {
        None
    })
}
