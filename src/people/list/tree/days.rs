//! Days as filters name them: fixed ones, and those that follow from today.

use jiff::civil::{Date, Weekday};
use jiff::{Span, ToSpan};

use super::operators::Operator;
use crate::clock::Timestamp;
use crate::people::custom_fields::Refusal;
use crate::permission::words;

words! {
    /// A day, week, month, quarter or year, as seen from today. Weeks begin on Monday.
    Period {
        Today = "today",
        Yesterday = "yesterday",
        Tomorrow = "tomorrow",
        ThisWeek = "this_week",
        LastWeek = "last_week",
        NextWeek = "next_week",
        ThisMonth = "this_month",
        LastMonth = "last_month",
        NextMonth = "next_month",
        ThisQuarter = "this_quarter",
        LastQuarter = "last_quarter",
        NextQuarter = "next_quarter",
        ThisYear = "this_year",
        LastYear = "last_year",
        NextYear = "next_year",
    }
}

impl Period {
    pub fn label(self) -> &'static str {
        match self {
            Period::Today => "today",
            Period::Yesterday => "yesterday",
            Period::Tomorrow => "tomorrow",
            Period::ThisWeek => "this week",
            Period::LastWeek => "last week",
            Period::NextWeek => "next week",
            Period::ThisMonth => "this month",
            Period::LastMonth => "last month",
            Period::NextMonth => "next month",
            Period::ThisQuarter => "this quarter",
            Period::LastQuarter => "last quarter",
            Period::NextQuarter => "next quarter",
            Period::ThisYear => "this year",
            Period::LastYear => "last year",
            Period::NextYear => "next year",
        }
    }
}

/// Days in a row, both ends included; an end that is absent is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Days {
    pub from: Option<Date>,
    pub until: Option<Date>,
}

/// A number of days that one may ask for: a hundred years.
const FARTHEST: i64 = 36_500;

const OUT_OF_RANGE: &str = "Choose a day between the years 1 and 9998.";

/// The days that an operator and its values mean, where today is `today`.
pub fn days(operator: Operator, values: &[String], today: Date) -> Result<Days, Refusal> {
    let value = |place: usize| values.get(place).map_or("", |value| value.trim());
    let all = |from: Option<Date>, until: Option<Date>| Ok(Days { from, until });
    match operator {
        Operator::Is | Operator::IsNot => day(value(0), today).and_then(|day| all(Some(day), Some(day))),
        Operator::Before => all(None, Some(moved(day(value(0), today)?, -1)?)),
        Operator::After => all(Some(moved(day(value(0), today)?, 1)?), None),
        Operator::AtLeast => all(Some(day(value(0), today)?), None),
        Operator::AtMost => all(None, Some(day(value(0), today)?)),
        Operator::Between => ordered(day(value(0), today)?, day(value(1), today)?),
        Operator::LastDays => all(Some(moved(today, -number(value(0))?)?), Some(today)),
        Operator::NextDays => all(Some(today), Some(moved(today, number(value(0))?)?)),
        Operator::OverDaysAgo => all(None, Some(moved(today, -number(value(0))? - 1)?)),
        Operator::OverDaysAhead => all(Some(moved(today, number(value(0))? + 1)?), None),
        Operator::Within => {
            let unknown = || ("unknown_period", "Choose a period, like this_month.".to_owned());
            period(Period::from_word(value(0)).ok_or_else(unknown)?, today)
        }
        _ => Err(("unknown_operator", "A date is not asked so.".into())),
    }
}

fn ordered(from: Date, until: Date) -> Result<Days, Refusal> {
    if from > until {
        return Err(("out_of_order", "The first day lies behind the last. Turn them round.".into()));
    }
    Ok(Days { from: Some(from), until: Some(until) })
}

/// A day like `2026-11-17`, or `today`, `yesterday`, `tomorrow`.
fn day(text: &str, today: Date) -> Result<Date, Refusal> {
    let day = match text {
        "today" => today,
        "yesterday" => moved(today, -1)?,
        "tomorrow" => moved(today, 1)?,
        _ => text.parse().map_err(|_| {
            ("invalid_date", "Enter a day like 2026-11-17, or today, yesterday or tomorrow.".to_owned())
        })?,
    };
    if (1..=9_998).contains(&day.year()) { Ok(day) } else { Err(("out_of_range", OUT_OF_RANGE.into())) }
}

fn number(text: &str) -> Result<i64, Refusal> {
    match text.parse::<i64>() {
        Ok(number) if (0..=FARTHEST).contains(&number) => Ok(number),
        _ => Err(("out_of_range", format!("Enter a number of days from 0 to {FARTHEST}."))),
    }
}

fn moved(day: Date, days: i64) -> Result<Date, Refusal> {
    shifted(day, Span::new().days(days))
}

fn shifted(day: Date, by: Span) -> Result<Date, Refusal> {
    let out_of_range = || ("out_of_range", OUT_OF_RANGE.to_owned());
    day.checked_add(by).ok().filter(|day| day.year() >= 1).ok_or_else(out_of_range)
}

fn period(period: Period, today: Date) -> Result<Days, Refusal> {
    let since_monday = i64::from(today.weekday().since(Weekday::Monday));
    let monday = moved(today, -since_monday)?;
    let month = today.first_of_month();
    let quarter = shifted(month, Span::new().months(-i64::from((today.month() - 1) % 3)))?;
    let year = today.first_of_year();
    let (begin, length, steps) = match period {
        Period::Today => (today, 1.day(), 0),
        Period::Yesterday => (today, 1.day(), -1),
        Period::Tomorrow => (today, 1.day(), 1),
        Period::ThisWeek => (monday, 7.days(), 0),
        Period::LastWeek => (monday, 7.days(), -1),
        Period::NextWeek => (monday, 7.days(), 1),
        Period::ThisMonth => (month, 1.month(), 0),
        Period::LastMonth => (month, 1.month(), -1),
        Period::NextMonth => (month, 1.month(), 1),
        Period::ThisQuarter => (quarter, 3.months(), 0),
        Period::LastQuarter => (quarter, 3.months(), -1),
        Period::NextQuarter => (quarter, 3.months(), 1),
        Period::ThisYear => (year, 1.year(), 0),
        Period::LastYear => (year, 1.year(), -1),
        Period::NextYear => (year, 1.year(), 1),
    };
    let from = match steps {
        0 => begin,
        1 => shifted(begin, length)?,
        _ => shifted(begin, length.negate())?,
    };
    let until = moved(shifted(from, length)?, -1)?;
    Ok(Days { from: Some(from), until: Some(until) })
}

impl Days {
    /// The same as moments on a wall clock: from the first midnight on, until before the last.
    pub fn moments(self, zone: &jiff::tz::TimeZone) -> Result<(Option<Timestamp>, Option<Timestamp>), Refusal> {
        let midnight = |day: Date| {
            let moment = day.to_zoned(zone.clone()).ok();
            let moment = moment.map(|moment| Timestamp(moment.timestamp().as_millisecond()));
            moment.ok_or_else(|| ("out_of_range", OUT_OF_RANGE.to_owned()))
        };
        let behind = self.until.map(|day| moved(day, 1)).transpose()?;
        Ok((self.from.map(midnight).transpose()?, behind.map(midnight).transpose()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(operator: Operator, values: &[&str]) -> String {
        let values: Vec<String> = values.iter().map(|value| (*value).to_owned()).collect();
        // A Saturday.
        match days(operator, &values, jiff::civil::date(2026, 11, 21)) {
            Ok(Days { from, until }) => {
                let text = |day: Option<Date>| day.map(|day| day.to_string()).unwrap_or_default();
                format!("{}..{}", text(from), text(until))
            }
            Err((code, _)) => code.to_owned(),
        }
    }

    #[test]
    fn days_follow_from_today() {
        for (operator, values, wanted) in [
            (Operator::Is, &["2026-02-28"][..], "2026-02-28..2026-02-28"),
            (Operator::Is, &["today"], "2026-11-21..2026-11-21"),
            (Operator::Before, &["today"], "..2026-11-20"),
            (Operator::After, &["yesterday"], "2026-11-21.."),
            (Operator::AtLeast, &["tomorrow"], "2026-11-22.."),
            (Operator::AtMost, &["2026-03-01"], "..2026-03-01"),
            (Operator::Between, &["2026-03-01", "2026-03-01"], "2026-03-01..2026-03-01"),
            (Operator::LastDays, &["30"], "2026-10-22..2026-11-21"),
            (Operator::NextDays, &["0"], "2026-11-21..2026-11-21"),
            (Operator::OverDaysAgo, &["90"], "..2026-08-22"),
            (Operator::OverDaysAhead, &["9"], "2026-12-01.."),
            (Operator::Within, &["this_week"], "2026-11-16..2026-11-22"),
            (Operator::Within, &["last_week"], "2026-11-09..2026-11-15"),
            (Operator::Within, &["this_month"], "2026-11-01..2026-11-30"),
            (Operator::Within, &["next_month"], "2026-12-01..2026-12-31"),
            (Operator::Within, &["this_quarter"], "2026-10-01..2026-12-31"),
            (Operator::Within, &["next_quarter"], "2027-01-01..2027-03-31"),
            (Operator::Within, &["last_year"], "2025-01-01..2025-12-31"),
            (Operator::Is, &["soon"], "invalid_date"),
            (Operator::Is, &["2026-02-30"], "invalid_date"),
            (Operator::After, &["9999-12-31"], "out_of_range"),
            (Operator::LastDays, &["-1"], "out_of_range"),
            (Operator::LastDays, &["36501"], "out_of_range"),
            (Operator::LastDays, &[""], "out_of_range"),
            (Operator::Within, &["someday"], "unknown_period"),
            (Operator::Between, &["2026-03-02", "2026-03-01"], "out_of_order"),
        ] {
            assert_eq!(asked(operator, values), wanted, "{operator:?} {values:?}");
        }
    }
}
