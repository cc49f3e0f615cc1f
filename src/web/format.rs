//! How pages write dates, sizes, counts and names. Pure functions; `ui` wraps them for templates.

use jiff::tz::TimeZone;

use crate::clock::Timestamp;

/// A day as people say it: "Today", "Yesterday", "13 Nov", or "13 Nov 2024" in another year.
pub fn day(at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let (at, now) = (at.zoned(zone), now.zoned(zone));
    if at.date() == now.date() {
        return "Today".to_owned();
    }
    if now.date().yesterday().is_ok_and(|yesterday| at.date() == yesterday) {
        return "Yesterday".to_owned();
    }
    at.strftime(if at.year() == now.year() { "%-d %b" } else { "%-d %b %Y" }).to_string()
}

/// A day and the time of day: "Today 09:40", "13 Nov 09:40". The clock has 24 hours.
pub fn moment(at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    format!("{} {}", day(at, now, zone), at.zoned(zone).strftime("%H:%M"))
}

/// How far a moment is from now: "4 min ago", "in 2 h", "6 days ago"; a day after a month.
pub fn relative(at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let distance = now.since(at);
    let apart = distance.saturating_abs();
    if apart < Timestamp::MINUTE {
        return "now".to_owned();
    }
    if apart >= 30 * Timestamp::DAY {
        return day(at, now, zone);
    }
    let words = if apart < Timestamp::HOUR {
        format!("{} min", apart / Timestamp::MINUTE)
    } else if apart < Timestamp::DAY {
        format!("{} h", apart / Timestamp::HOUR)
    } else {
        plural(apart / Timestamp::DAY, "day", "days")
    };
    if distance > 0 { format!("{words} ago") } else { format!("in {words}") }
}

/// The whole truth about a moment, for `title`: "13 November 2026, 09:40:12, Europe/Berlin".
pub fn in_full(at: Timestamp, zone: &TimeZone) -> String {
    let zone_name = zone.iana_name().unwrap_or("UTC");
    format!("{}, {zone_name}", at.zoned(zone).strftime("%-d %B %Y, %H:%M:%S"))
}

/// A moment for programs, for `datetime`: "2026-11-13T09:40:12+01:00".
pub fn machine(at: Timestamp, zone: &TimeZone) -> String {
    at.zoned(zone).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

/// Bytes in the unit that needs three digits at most: "812 bytes", "64 KB", "1.2 MB".
pub fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KB", "MB", "GB", "TB"];
    if bytes < 1_000 {
        return plural(i64::try_from(bytes).unwrap_or(i64::MAX), "byte", "bytes");
    }
    let mut value = bytes as f64;
    let mut unit = "bytes";
    for next in UNITS {
        if value < 999.5 {
            break;
        }
        value /= 1_000.0;
        unit = next;
    }
    if value < 9.95 { format!("{value:.1} {unit}") } else { format!("{value:.0} {unit}") }
}

/// A whole number with a comma between thousands: "1,284".
pub fn count(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    if number < 0 {
        grouped.push('−');
    }
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A count with its noun: "1 contact", "1,284 contacts".
pub fn plural(number: i64, one: &str, many: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { many })
}

/// Two letters for an avatar: of the first and the last word that begin with a letter or digit.
pub fn initials(name: &str) -> String {
    let mut letters = name.split_whitespace().filter_map(|word| word.chars().next().filter(|c| c.is_alphanumeric()));
    let first = letters.next();
    first.into_iter().chain(letters.next_back()).flat_map(char::to_uppercase).collect()
}

/// The colour class of an avatar or tag, `cat-1` to `cat-6`: the same for the same name everywhere.
pub fn tint(name: &str) -> &'static str {
    const TINTS: [&str; 6] = ["cat-1", "cat-2", "cat-3", "cat-4", "cat-5", "cat-6"];
    let sum = name.bytes().fold(0_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte)));
    TINTS[sum as usize % TINTS.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).expect("a moment")
    }

    fn berlin() -> TimeZone {
        TimeZone::get("Europe/Berlin").expect("a zone")
    }

    #[test]
    fn days_are_said_in_the_zone_of_the_reader() {
        let now = at("2026-11-17T09:00:00Z");
        // Half past eleven in the evening in UTC is already the next day in Berlin.
        assert_eq!(day(at("2026-11-16T23:30:00Z"), now, &berlin()), "Today");
        assert_eq!(day(at("2026-11-16T23:30:00Z"), now, &TimeZone::UTC), "Yesterday");
        assert_eq!(day(at("2026-11-13T10:00:00Z"), now, &berlin()), "13 Nov");
        assert_eq!(day(at("2024-11-13T10:00:00Z"), now, &berlin()), "13 Nov 2024");
        assert_eq!(moment(at("2026-11-17T08:40:00Z"), now, &berlin()), "Today 09:40");
    }

    #[test]
    fn distances_are_short() {
        let now = at("2026-11-17T09:00:00Z");
        for (moment, words) in [
            ("2026-11-17T08:59:30Z", "now"),
            ("2026-11-17T08:56:00Z", "4 min ago"),
            ("2026-11-17T11:00:00Z", "in 2 h"),
            ("2026-11-16T08:00:00Z", "1 day ago"),
            ("2026-11-23T09:00:00Z", "in 6 days"),
            ("2026-01-02T09:00:00Z", "2 Jan"),
        ] {
            assert_eq!(relative(at(moment), now, &TimeZone::UTC), words);
        }
    }

    #[test]
    fn the_full_date_names_its_zone() {
        let moment = at("2026-11-13T08:40:12Z");
        assert_eq!(in_full(moment, &berlin()), "13 November 2026, 09:40:12, Europe/Berlin");
        assert_eq!(machine(moment, &berlin()), "2026-11-13T09:40:12+01:00");
    }

    #[test]
    fn sizes_and_counts() {
        let sizes = [(1, "1 byte"), (812, "812 bytes"), (64_400, "64 KB"), (999_900, "1.0 MB"), (1_240_000, "1.2 MB")];
        for (bytes, words) in sizes {
            assert_eq!(size(bytes), words);
        }
        assert_eq!(size(612_000_000_000), "612 GB");
        assert_eq!(
            (count(0).as_str(), count(1_284).as_str(), count(-1_000_000).as_str()),
            ("0", "1,284", "−1,000,000")
        );
        assert_eq!(
            (plural(1, "contact", "contacts"), plural(2, "contact", "contacts")),
            ("1 contact".into(), "2 contacts".into())
        );
    }

    #[test]
    fn initials_take_the_first_and_the_last_word() {
        for (name, letters) in [
            ("Maren Aldous", "MA"),
            ("Łucja de la Brandvold", "ŁB"),
            ("Cher", "C"),
            ("Tern & Tidal", "TT"),
            ("ines@saltmere.example", "I"),
            ("", ""),
        ] {
            assert_eq!(initials(name), letters, "{name}");
        }
        assert_eq!(tint("Maren"), tint("Maren"));
    }
}
