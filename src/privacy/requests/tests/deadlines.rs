//! DSR-1 over many dates and zones: month ends, leap years, year ends, and nights on which clocks change.

use jiff::ToSpan;
use jiff::civil::{Date, Weekday, date};
use jiff::tz::TimeZone;
use proptest::prelude::*;

use crate::clock::Timestamp;
use crate::privacy::requests::Profile;
use crate::privacy::requests::deadlines::{at_receipt, days_left, extended};

/// Far east and far west, half hours, clocks that change at midnight, and none that change at all.
const ZONES: [&str; 9] = [
    "UTC",
    "Europe/Berlin",
    "America/Los_Angeles",
    "Asia/Kathmandu",
    "Pacific/Kiritimati",
    "Pacific/Pago_Pago",
    "America/Santiago",
    "Australia/Lord_Howe",
    "Africa/Cairo",
];

fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).expect("a zone")
}

fn at(day: Date, hour: i8, zone: &TimeZone) -> Timestamp {
    let moment = day.at(hour, 30, 0, 0).to_zoned(zone.clone()).expect("a moment");
    Timestamp(moment.timestamp().as_millisecond())
}

fn last_day(moment: Timestamp, zone: &TimeZone) -> Date {
    moment.zoned(zone).date()
}

#[test]
fn a_month_is_cut_to_the_month_it_ends_in_and_the_promise_to_thirty_days() {
    let utc = TimeZone::UTC;
    // Received, the law's last day, the day that counts: never later than 30 days.
    let rows = [
        (date(2026, 1, 31), date(2026, 2, 28), date(2026, 2, 28)),
        (date(2024, 1, 31), date(2024, 2, 29), date(2024, 2, 29)),
        (date(2024, 1, 29), date(2024, 2, 29), date(2024, 2, 28)),
        (date(2026, 2, 28), date(2026, 3, 28), date(2026, 3, 28)),
        (date(2024, 2, 29), date(2024, 3, 29), date(2024, 3, 29)),
        (date(2026, 10, 28), date(2026, 11, 28), date(2026, 11, 27)),
        (date(2026, 12, 31), date(2027, 1, 31), date(2027, 1, 30)),
        (date(2026, 4, 15), date(2026, 5, 15), date(2026, 5, 15)),
        (date(2026, 8, 31), date(2026, 9, 30), date(2026, 9, 30)),
    ];
    for (received, legal, due) in rows {
        let found = at_receipt(Profile::Gdpr, at(received, 9, &utc), &utc);
        assert_eq!((last_day(found.legal, &utc), last_day(found.due, &utc)), (legal, due), "received {received}");
        assert_eq!(found.confirm_by, None);
    }
}

#[test]
fn an_extension_is_two_months_or_forty_five_days() {
    let utc = TimeZone::UTC;
    let gdpr = |day| last_day(extended(Profile::Gdpr, at(day, 9, &utc), &utc), &utc);
    assert_eq!(gdpr(date(2026, 4, 15)), date(2026, 7, 15));
    assert_eq!(gdpr(date(2026, 1, 31)), date(2026, 4, 28), "two months after the last day of February");
    assert_eq!(gdpr(date(2026, 11, 30)), date(2027, 2, 28), "and no later than three after receipt");
    let ccpa = last_day(extended(Profile::Ccpa, at(date(2026, 11, 30), 9, &utc), &utc), &utc);
    assert_eq!(ccpa, date(2027, 2, 28), "90 days");
}

#[test]
fn ten_business_days_leave_out_weekends() {
    let utc = TimeZone::UTC;
    let confirm = |day| {
        let by = at_receipt(Profile::Ccpa, at(day, 9, &utc), &utc).confirm_by.expect("a day");
        last_day(by, &utc)
    };
    assert_eq!(confirm(date(2026, 11, 2)), date(2026, 11, 16), "a Monday");
    assert_eq!(confirm(date(2026, 11, 7)), date(2026, 11, 20), "a Saturday");
    assert_eq!(confirm(date(2026, 12, 24)), date(2027, 1, 7), "holidays count, so it is never too late");
}

#[test]
fn the_last_day_ends_where_the_workspace_is() {
    let berlin = zone("Europe/Berlin");
    // 23:30 UTC on the 14th is the 15th in Berlin already.
    let received = Timestamp::parse("2026-04-14T23:30:00Z").expect("a moment");
    let due = at_receipt(Profile::Gdpr, received, &berlin).due;
    assert_eq!(due.rfc3339(), "2026-05-15T21:59:59.999Z");
    // The clocks go forward on 29 March: the day is short, and its end moves with it.
    let due = at_receipt(Profile::Gdpr, at(date(2026, 2, 28), 12, &berlin), &berlin).due;
    assert_eq!(due.rfc3339(), "2026-03-28T22:59:59.999Z");
    let due = at_receipt(Profile::Gdpr, at(date(2026, 3, 1), 12, &berlin), &berlin).due;
    assert_eq!(due.rfc3339(), "2026-03-31T21:59:59.999Z");
}

proptest! {
    /// Whatever the day, the hour and the place.
    #[test]
    fn deadlines_hold_the_law_and_the_promise(day in 0_i32..20_000, hour in 0_i8..24, place in 0_usize..ZONES.len()) {
        let zone = zone(ZONES[place]);
        let received_day = date(1990, 1, 1).checked_add(day.days()).expect("a day");
        let received = at(received_day, hour, &zone);
        // Where clocks skip the hour the wall shows a later one, on the same day.
        let received_day = received.zoned(&zone).date();
        for profile in Profile::ALL {
            let found = at_receipt(*profile, received, &zone);
            let longer = extended(*profile, received, &zone);
            prop_assert!(found.due <= found.legal && found.due < longer, "never later than the law");
            prop_assert_eq!(found.due.zoned(&zone).date(), found.due.plus(-1).zoned(&zone).date());
            prop_assert!(found.due.plus(1).zoned(&zone).date() > found.due.zoned(&zone).date(), "the day counts in full");
            let days = days_left(received, found.due, &zone);
            let limit = if *profile == Profile::Gdpr { 28..=30 } else { 45..=45 };
            prop_assert!(limit.contains(&days), "{:?} {}: {}", profile, received_day, days);
            prop_assert_eq!(days_left(found.due, found.due, &zone), 0);
            prop_assert_eq!(days_left(found.due.plus(1), found.due, &zone), -1);
            if *profile == Profile::Gdpr {
                let month = received_day.checked_add(1.month()).expect("a day");
                prop_assert_eq!(found.legal.zoned(&zone).date(), month);
                let most = received_day.checked_add(3.months()).expect("a day");
                prop_assert!(longer.zoned(&zone).date() <= most);
            } else {
                let by = found.confirm_by.expect("a day").zoned(&zone).date();
                prop_assert!(!matches!(by.weekday(), Weekday::Saturday | Weekday::Sunday));
                let days = received_day.until(by).expect("a span").get_days();
                prop_assert!((12..=14).contains(&days), "two weekends at least: {}", days);
                prop_assert_eq!(days_left(received, longer, &zone), 90);
            }
        }
    }
}
