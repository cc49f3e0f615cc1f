//! Until when a request must be answered, by the law that holds for it.
//!
//! The last day counts in full, in the workspace's time zone, and ends with its last millisecond. The day of
//! receipt does not count. Where the last day is a weekend or a holiday it is not moved: never later than the law.

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;

use crate::clock::Timestamp;
use crate::permission::words;

words! {
    /// Whose rules hold.
    Profile {
        /// Art. 12(3): one month, and two more when the person is told why within the first.
        Gdpr = "gdpr",
        /// 11 CCR 7021: confirmed within 10 business days, 45 days, and 45 more.
        Ccpa = "ccpa",
    }
}

impl Profile {
    pub fn label(self) -> &'static str {
        match self {
            Profile::Gdpr => "GDPR: one month, two more when extended",
            Profile::Ccpa => "CCPA: 45 days, 45 more when extended",
        }
    }

    /// The rule in a sentence, under the clock.
    pub fn rule(self) -> &'static str {
        match self {
            Profile::Gdpr => {
                "One month after receipt (Art. 12(3)), and never later than 30 days. It can be extended by two \
                 months, once, if the person is told why before the last day."
            }
            Profile::Ccpa => {
                "45 days after receipt, confirmed within 10 business days. It can be extended by 45 days, once, \
                 if the person is told why before the last day."
            }
        }
    }
}

/// The promise that holds beside the GDPR's month (P-091).
const PROMISED_DAYS: i64 = 30;

/// What is fixed at receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadlines {
    /// The day that counts: the stricter of the law and our own promise.
    pub due: Timestamp,
    /// What the law alone says.
    pub legal: Timestamp,
    /// Until when receipt is to be confirmed, where the law asks for it.
    pub confirm_by: Option<Timestamp>,
}

/// The deadlines of what came in at `received`, for a workspace whose days end in `zone`.
pub fn at_receipt(profile: Profile, received: Timestamp, zone: &TimeZone) -> Deadlines {
    let day = received.zoned(zone).date();
    match profile {
        Profile::Gdpr => {
            let legal = months_after(day, 1);
            let due = legal.min(days_after(day, PROMISED_DAYS));
            Deadlines { due: end_of(due, zone), legal: end_of(legal, zone), confirm_by: None }
        }
        Profile::Ccpa => {
            let due = end_of(days_after(day, 45), zone);
            Deadlines { due, legal: due, confirm_by: Some(end_of(business_days_after(day, 10), zone)) }
        }
    }
}

/// The last day after the one extension there can be.
pub fn extended(profile: Profile, received: Timestamp, zone: &TimeZone) -> Timestamp {
    let day = received.zoned(zone).date();
    let last = match profile {
        // Two months after the first last day, and no later than three after receipt.
        Profile::Gdpr => {
            let first = months_after(day, 1).min(days_after(day, PROMISED_DAYS));
            months_after(first, 2).min(months_after(day, 3))
        }
        Profile::Ccpa => days_after(day, 90),
    };
    end_of(last, zone)
}

/// Whole days left, counted by the calendar: 0 on the last day, negative after it.
pub fn days_left(now: Timestamp, due: Timestamp, zone: &TimeZone) -> i64 {
    let (today, last) = (now.zoned(zone).date(), due.zoned(zone).date());
    today.until(last).map_or(0, |span| i64::from(span.get_days()))
}

/// The same day of a later month, or its last day when there is none: 31 January, one month: 28 or 29 February.
fn months_after(day: Date, months: i64) -> Date {
    day.checked_add(months.months()).unwrap_or(day)
}

fn days_after(day: Date, days: i64) -> Date {
    day.checked_add(days.days()).unwrap_or(day)
}

/// Mondays to Fridays. Holidays differ from place to place, so they count: the date is never too late.
fn business_days_after(day: Date, mut days: i64) -> Date {
    let mut last = day;
    while days > 0 {
        last = days_after(last, 1);
        if !matches!(last.weekday(), Weekday::Saturday | Weekday::Sunday) {
            days -= 1;
        }
    }
    last
}

/// The last millisecond of a day. Where clocks change at midnight the next day begins when its first moment does.
pub(super) fn end_of(day: Date, zone: &TimeZone) -> Timestamp {
    let next = days_after(day, 1).to_zoned(zone.clone());
    next.map_or(Timestamp(0), |start| Timestamp(start.timestamp().as_millisecond()).plus(-1))
}
