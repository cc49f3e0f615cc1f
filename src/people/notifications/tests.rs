//! When digests are due, whatever the clocks do.

use jiff::tz::TimeZone;

use super::mails::last_digest;
use crate::clock::Timestamp;

fn last(now: &str, hour: i8, zone: &str) -> String {
    let now = Timestamp::parse(now).expect("a moment");
    last_digest(now, hour, &TimeZone::get(zone).expect("a zone")).rfc3339()
}

#[test]
fn a_digest_is_due_at_the_hour_on_the_members_own_clock() {
    assert_eq!(last("2026-11-21T07:00:00Z", 8, "Europe/Berlin"), "2026-11-21T07:00:00.000Z");
    assert_eq!(last("2026-11-21T06:59:59Z", 8, "Europe/Berlin"), "2026-11-20T07:00:00.000Z");
    assert_eq!(last("2026-07-21T06:30:00Z", 8, "Europe/Berlin"), "2026-07-21T06:00:00.000Z");
    assert_eq!(last("2026-11-21T07:00:00Z", 8, "Pacific/Auckland"), "2026-11-20T19:00:00.000Z");
}

#[test]
fn clocks_that_jump_neither_skip_nor_repeat_a_digest() {
    // Berlin, 29 March 2026: 02:00 does not exist and comes at 03:00.
    assert_eq!(last("2026-03-29T00:59:00Z", 2, "Europe/Berlin"), "2026-03-28T01:00:00.000Z");
    assert_eq!(last("2026-03-29T01:00:00Z", 2, "Europe/Berlin"), "2026-03-29T01:00:00.000Z");
    // Berlin, 25 October 2026: 02:00 comes twice, at 00:00 and at 01:00 UTC.
    assert_eq!(last("2026-10-25T00:30:00Z", 2, "Europe/Berlin"), "2026-10-25T00:00:00.000Z");
    assert_eq!(last("2026-10-25T01:30:00Z", 2, "Europe/Berlin"), "2026-10-25T00:00:00.000Z");
    assert_eq!(last("2026-10-26T00:59:00Z", 2, "Europe/Berlin"), "2026-10-25T00:00:00.000Z");
}
