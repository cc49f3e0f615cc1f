//! The one clock. Nothing else asks the machine for the time.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jiff::tz::TimeZone;
use rusqlite::ToSql;
use rusqlite::types::{FromSql, FromSqlResult, ToSqlOutput, ValueRef};

/// A moment: milliseconds since 1970-01-01T00:00:00Z. Stored as an integer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(pub i64);

impl Timestamp {
    pub const SECOND: i64 = 1_000;
    pub const MINUTE: i64 = 60 * Timestamp::SECOND;
    pub const HOUR: i64 = 60 * Timestamp::MINUTE;
    pub const DAY: i64 = 24 * Timestamp::HOUR;

    /// This moment moved by `ms` milliseconds; never wraps.
    pub fn plus(self, ms: i64) -> Timestamp {
        Timestamp(self.0.saturating_add(ms))
    }

    /// Milliseconds from `earlier` to this moment; negative when `earlier` is later.
    pub fn since(self, earlier: Timestamp) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// Whole seconds since the epoch.
    pub fn seconds(self) -> i64 {
        self.0.div_euclid(1_000)
    }

    /// RFC 3339 in UTC with milliseconds, as the API prints it.
    pub fn rfc3339(self) -> String {
        format!("{:.3}", self.jiff())
    }

    /// Reads RFC 3339; `None` when the text is not a moment.
    pub fn parse(text: &str) -> Option<Timestamp> {
        text.parse::<jiff::Timestamp>().ok().map(|moment| Timestamp(moment.as_millisecond()))
    }

    /// The same moment on a wall clock in `zone`.
    pub fn zoned(self, zone: &TimeZone) -> jiff::Zoned {
        self.jiff().to_zoned(zone.clone())
    }

    fn jiff(self) -> jiff::Timestamp {
        jiff::Timestamp::from_millisecond(self.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH)
    }
}

impl ToSql for Timestamp {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::from(self.0))
    }
}

impl FromSql for Timestamp {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Timestamp> {
        value.as_i64().map(Timestamp)
    }
}

impl serde::Serialize for Timestamp {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.rfc3339())
    }
}

impl<'de> serde::Deserialize<'de> for Timestamp {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Timestamp, D::Error> {
        let text = String::deserialize(from)?;
        Timestamp::parse(&text).ok_or_else(|| serde::de::Error::custom("no moment in the form of RFC 3339"))
    }
}

/// Says what time it is.
///
/// Built with the feature `test-clock`, it adds the signed number of seconds in the file that
/// `HOLDFAST_TEST_CLOCK` names, re-read at most every 100 ms. A release build does not contain that.
#[derive(Debug, Clone, Copy, Default)]
pub struct Clock;

impl Clock {
    #[allow(clippy::disallowed_methods)] // This is the one place that may.
    pub fn now(self) -> Timestamp {
        let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        Timestamp(i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX)).plus(offset::ms())
    }
}

/// Measures how long something takes. For timings in logs and pages, and for how long a call to another machine may
/// take; never for a deadline that anybody was told.
#[derive(Debug, Clone, Copy)]
pub struct Stopwatch(std::time::Instant);

impl Stopwatch {
    #[allow(clippy::disallowed_methods)] // As above: durations come from here.
    pub fn start() -> Stopwatch {
        Stopwatch(std::time::Instant::now())
    }

    pub fn elapsed(self) -> Duration {
        self.0.elapsed()
    }
}

#[cfg(not(feature = "test-clock"))]
mod offset {
    pub fn ms() -> i64 {
        0
    }
}

#[cfg(feature = "test-clock")]
mod offset {
    use std::sync::Mutex;

    use super::Stopwatch;

    static LAST: Mutex<Option<(Stopwatch, i64)>> = Mutex::new(None);

    pub fn ms() -> i64 {
        let Ok(file) = std::env::var("HOLDFAST_TEST_CLOCK") else { return 0 };
        let mut last = LAST.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if let Some((read, ms)) = *last
            && read.elapsed().as_millis() < 100
        {
            return ms;
        }
        let seconds = std::fs::read_to_string(file).ok().and_then(|text| text.trim().parse::<i64>().ok()).unwrap_or(0);
        *last = Some((Stopwatch::start(), seconds * 1_000));
        seconds * 1_000
    }
}
