//! The rule against a model that knows nothing of its code, and over 400 days.

use chrono::Datelike;
use proptest::prelude::*;

use super::rotation::{Copy, Profile, Reason, decide, leading, must_ask};
use crate::clock::Timestamp;

const DAY: i64 = Timestamp::DAY;

fn copy(number: u64, at: i64) -> Copy {
    Copy { number, at: Timestamp(at), is_verified: true }
}

fn moment(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

/// The numbers that stay.
fn kept(copies: &[Copy], profile: Profile, now: Timestamp, is_living: bool) -> Vec<u64> {
    let fates = decide(copies, profile.rule(), now, is_living);
    fates.into_iter().filter(|fate| !fate.reasons.is_empty()).map(|fate| fate.number).collect()
}

/// Day by day, with what was let go gone for good, as in life.
fn live(profile: Profile, from: &str, days: i64) -> (Vec<Copy>, Timestamp, usize) {
    let start = moment(from);
    let (mut copies, mut now, mut most) = (Vec::new(), start, 0);
    for day in 0..days {
        now = start.plus(day * DAY);
        copies.push(copy(day as u64 + 1, now.0));
        let stays = kept(&copies, profile, now, true);
        let going = copies.len() - stays.len();
        assert!(!must_ask(going, copies.len()), "day {day}: {going} of {}", copies.len());
        copies.retain(|copy| stays.contains(&copy.number));
        most = most.max(copies.len());
    }
    (copies, now, most)
}

#[test]
fn p_113_after_400_days_exactly_30_days_12_weeks_and_6_months_are_there() {
    let (copies, now, most) = live(Profile::Standard, "2025-10-20T02:15:00Z", 400);
    assert_eq!(now.rfc3339(), "2026-11-23T02:15:00.000Z");
    let fates = decide(&copies, Profile::Standard.rule(), now, true);
    let dates = |reason: Reason| -> Vec<String> {
        let of = fates.iter().zip(&copies).filter(|(fate, _)| fate.reasons.contains(&reason));
        of.map(|(_, copy)| copy.at.rfc3339()[..10].to_owned()).collect()
    };
    assert_eq!(dates(Reason::Day).len(), 30);
    assert_eq!(dates(Reason::Day)[0], "2026-10-25");
    // Sundays, and today: the newest of its week.
    let weeks = [
        "2026-09-13",
        "2026-09-20",
        "2026-09-27",
        "2026-10-04",
        "2026-10-11",
        "2026-10-18",
        "2026-10-25",
        "2026-11-01",
        "2026-11-08",
        "2026-11-15",
        "2026-11-22",
        "2026-11-23",
    ];
    assert_eq!(dates(Reason::Week), weeks);
    assert_eq!(
        dates(Reason::Month),
        ["2026-06-30", "2026-07-31", "2026-08-31", "2026-09-30", "2026-10-31", "2026-11-23"]
    );
    assert!(most <= 42 + 6, "{most}");
    let oldest = copies.iter().map(|copy| now.since(copy.at) / DAY).max();
    assert!(oldest.is_some_and(|days| days <= 160), "{oldest:?}");
}

#[test]
fn p_117_the_ninety_day_profile_keeps_nothing_longer() {
    for from in ["2025-10-20T02:15:00Z", "2024-02-29T23:59:59Z", "2026-01-01T00:00:00Z"] {
        let (copies, now, _) = live(Profile::NinetyDays, from, 400);
        assert!(copies.iter().all(|copy| now.since(copy.at) <= 90 * DAY));
        let fates = decide(&copies, Profile::NinetyDays.rule(), now, true);
        let held = |reason: Reason| fates.iter().filter(|fate| fate.reasons.contains(&reason)).count();
        assert_eq!((held(Reason::Day), held(Reason::Week), held(Reason::Month)), (30, 12, 3));
    }
}

#[test]
fn bkp_3_year_ends_fall_into_iso_weeks() {
    // 2020 has a week 53 that reaches into January; 31 December 2024 is in week 1 of 2025.
    let day = |text: &str, number| copy(number, moment(text).0);
    let copies = [day("2020-12-28T12:00:00Z", 1), day("2021-01-03T12:00:00Z", 2), day("2021-01-04T12:00:00Z", 3)];
    let fates = decide(&copies, Profile::Standard.rule(), moment("2021-01-05T00:00:00Z"), true);
    let weekly: Vec<bool> = fates.iter().map(|fate| fate.reasons.contains(&Reason::Week)).collect();
    assert_eq!(weekly, [false, true, true], "one of week 53, one of week 1");
    let copies = [day("2024-12-30T12:00:00Z", 1), day("2024-12-31T12:00:00Z", 2), day("2025-01-01T12:00:00Z", 3)];
    let fates = decide(&copies, Profile::Standard.rule(), moment("2025-01-02T00:00:00Z"), true);
    let weekly: Vec<bool> = fates.iter().map(|fate| fate.reasons.contains(&Reason::Week)).collect();
    assert_eq!(weekly, [false, false, true], "all three days are one week");
}

#[test]
fn a_gap_a_clock_ahead_and_a_clock_behind() {
    let now = moment("2026-11-23T02:15:00Z");
    let day = |days: i64, number| copy(number, now.0 - days * DAY);
    // Off for 200 days: the newest of a living workspace stays, of a deleted one nothing does.
    let old = [day(230, 1), day(201, 2), day(200, 3)];
    assert_eq!(kept(&old, Profile::Standard, now, true), [3]);
    assert!(kept(&old, Profile::Standard, now, false).is_empty());
    assert!(must_ask(2, 3));
    // One of 2099 pushes nobody out and stays; so does everything when the clock says 1970.
    let ahead = [day(2, 1), day(1, 2), day(-27_000, 3)];
    assert_eq!(kept(&ahead, Profile::Standard, now, true), [1, 2, 3]);
    assert_eq!(kept(&ahead, Profile::Standard, Timestamp(0), true), [1, 2, 3]);
    // An unverified one never pushes a verified one out, and waits only while it is the newest.
    let unread = |number, days| Copy { is_verified: false, ..day(days, number) };
    assert_eq!(kept(&[day(0, 1), unread(2, 0)], Profile::Standard, now, true), [1, 2]);
    assert_eq!(kept(&[unread(1, 0), day(0, 2)], Profile::Standard, now, true), [2]);
}

/// The rule as it is stated, without cleverness: for each kind, all buckets with a verified copy of the past, the
/// newest so many of them, and of each the newest copy.
fn model(copies: &[Copy], profile: Profile, now: Timestamp, is_living: bool) -> Vec<u64> {
    let rule = profile.rule();
    let sound = |copy: &&Copy| copy.is_verified && copy.at <= now;
    let newest = copies.iter().filter(sound).max_by_key(|copy| (copy.at, copy.number));
    let counting: Vec<&Copy> =
        copies.iter().filter(sound).filter(|copy| copy.at.0 >= now.0 - rule.cap_days * DAY).collect();
    let date = |copy: &Copy| chrono::DateTime::from_timestamp_millis(copy.at.0).unwrap();
    type Bucket = fn(chrono::DateTime<chrono::Utc>) -> String;
    let kinds: [(usize, Bucket); 3] = [
        (rule.days, |at| at.date_naive().to_string()),
        (rule.weeks, |at| format!("{:?}", at.iso_week())),
        (rule.months, |at| at.date_naive().to_string()[..7].to_owned()),
    ];
    let mut stays = std::collections::BTreeSet::new();
    for (most, bucket) in kinds {
        let buckets: std::collections::BTreeSet<String> = counting.iter().map(|copy| bucket(date(copy))).collect();
        for name in buckets.iter().rev().take(most) {
            let inside = counting.iter().filter(|copy| bucket(date(copy)) == *name);
            stays.extend(inside.max_by_key(|copy| (copy.at, copy.number)).map(|copy| copy.number));
        }
    }
    stays.extend(newest.filter(|_| is_living).map(|copy| copy.number));
    stays.extend(copies.iter().filter(|copy| copy.at > now).map(|copy| copy.number));
    let last = newest.map_or(0, |copy| copy.number);
    let waiting = copies.iter().filter(|copy| !copy.is_verified && copy.number > last && copy.at <= now);
    stays.extend(waiting.map(|copy| copy.number));
    stays.into_iter().collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    /// BKP-3, BKP-4: irregular series, failures and clocks that jump, with and without life.
    #[test]
    fn bkp_3_the_rule_is_the_model(
        steps in prop::collection::vec((-40_i64..2_000, prop::bool::weighted(0.9)), 0..160),
        jump in -20_000_i64..5_000,
        is_living: bool,
        is_short: bool,
    ) {
        let profile = if is_short { Profile::NinetyDays } else { Profile::Standard };
        let mut at = 1_700_000_000_000;
        let copies: Vec<Copy> = steps.iter().enumerate().map(|(number, (minutes, is_verified))| {
            at += minutes * 60_000;
            Copy { number: number as u64 + 1, at: Timestamp(at), is_verified: *is_verified }
        }).collect();
        let now = Timestamp(at + jump * 60_000);
        let stays = kept(&copies, profile, now, is_living);
        prop_assert_eq!(&stays, &model(&copies, profile, now, is_living));
        // Once more on what is left: the rule changes nothing that it has settled.
        let left: Vec<Copy> = copies.into_iter().filter(|copy| stays.contains(&copy.number)).collect();
        prop_assert_eq!(kept(&left, profile, now, is_living), stays);
    }
}

/// The naive look: which copy a restore to each moment begins with, when all of them are there.
#[test]
fn each_moment_of_the_window_keeps_a_copy_on_its_line() {
    const HOUR: i64 = Timestamp::HOUR;
    // The line changes thrice on one day, and once before the window.
    let lines = [("a", -20), ("b", -16), ("b", -9), ("c", 5), ("d", 7), ("d", 9), ("e", 11), ("e", 40)];
    let copies: Vec<(Copy, &str)> =
        lines.iter().zip(1..).map(|((line, hour), number)| (copy(number, hour * HOUR), *line)).collect();
    for oldest in -30..60 {
        let kept = leading(&copies, Timestamp(oldest * HOUR));
        for moment in oldest..60 {
            let Some((_, line)) = copies.iter().rfind(|(copy, _)| copy.at <= Timestamp(moment * HOUR)) else {
                continue;
            };
            let is_reached = |(copy, of): &(Copy, &str)| {
                of == line && copy.at <= Timestamp(moment * HOUR) && kept.contains(&copy.number)
            };
            assert!(copies.iter().any(is_reached), "{moment} of a window since {oldest}: {kept:?}");
        }
        assert!(kept.len() <= 5, "one of each line: {kept:?}");
    }
    assert_eq!(leading(&copies, Timestamp(8 * HOUR)), [5, 7]);
    assert_eq!(leading(&copies, Timestamp(60 * HOUR)), [8]);
    assert!(leading(&[], Timestamp(0)).is_empty());
}
