//! The tables `usage_views` and `usage_totals`.

use super::FEWEST;
use crate::clock::Timestamp;
use crate::db::{Db, Tx};
use crate::error::Error;
use crate::id::AccountId;

/// Adds views of one page by one person on the day of `tx.now`; nothing when they switched it off or are gone.
pub fn add(tx: &Tx, account: AccountId, page: &str, views: i64) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO usage_views (day, page, account_id, views)
         SELECT :day, :page, id, :views FROM accounts WHERE id = :account AND usage_counted = 1
         ON CONFLICT (day, page, account_id) DO UPDATE SET views = views + excluded.views",
        &[(":day", &day(tx.now)), (":page", &page), (":account", &account), (":views", &views)],
    )?;
    Ok(())
}

/// The beginning of the day in UTC.
fn day(at: Timestamp) -> Timestamp {
    Timestamp(at.0 - at.0.rem_euclid(Timestamp::DAY))
}

/// Makes totals of the whole months before this one that have none yet, of pages that enough people looked at.
pub fn make_totals(tx: &Tx) -> Result<usize, Error> {
    tx.execute(
        "INSERT INTO usage_totals (month, page, people, views)
         SELECT month, page, count(DISTINCT account_id), sum(views) FROM (
             SELECT *, (strftime('%Y', day / 1000, 'unixepoch') - 1970) * 12 + strftime('%m', day / 1000, 'unixepoch') - 1 AS month
             FROM usage_views)
         WHERE month < (strftime('%Y', :now / 1000, 'unixepoch') - 1970) * 12 + strftime('%m', :now / 1000, 'unixepoch') - 1
         GROUP BY month, page HAVING count(DISTINCT account_id) >= :fewest
         ON CONFLICT (month, page) DO NOTHING",
        &[(":now", &tx.now), (":fewest", &FEWEST)],
    )
}

/// One page in the last 30 days or in a month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Used {
    pub page: String,
    pub people: i64,
    pub views: i64,
}

/// What enough people looked at since `since`, the most looked at first.
pub fn recent(db: &Db, since: Timestamp) -> Result<Vec<Used>, Error> {
    db.rows(
        "SELECT page, count(DISTINCT account_id) AS people, sum(views) AS views FROM usage_views WHERE day >= :since
         GROUP BY page HAVING people >= :fewest ORDER BY views DESC, page",
        &[(":since", &since), (":fewest", &FEWEST)],
        |row| Ok(Used { page: row.get("page")?, people: row.get("people")?, views: row.get("views")? }),
    )
}

/// The same by whole months, the last first: months since January 1970, and the page.
pub fn totals(db: &Db) -> Result<Vec<(i64, Used)>, Error> {
    db.rows(
        "SELECT month, page, people, views FROM usage_totals ORDER BY month DESC, views DESC, page LIMIT 500",
        &[],
        |row| {
            let used = Used { page: row.get("page")?, people: row.get("people")?, views: row.get("views")? };
            Ok((row.get("month")?, used))
        },
    )
}
