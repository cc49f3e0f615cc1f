//! Which copies of a place are kept: the rule of keys-and-backups 2.7, as one function of times.
//!
//! One copy counts per calendar bucket in UTC; the newest verified one in the bucket is kept; day, ISO-week and month
//! buckets, each rule by itself. Nothing older than the cap is kept except the newest verified copy of a living
//! workspace. A copy with a time in the future never counts and never pushes another out.
//!
//! Besides, the copies stay that the moments of the last two weeks are reached from (3.10).

use jiff::civil::ISOWeekDate;
use jiff::tz::TimeZone;

use crate::clock::Timestamp;
use crate::permission::words;

words! {
    /// How long backups are kept.
    Profile {
        /// 30 days, 12 weeks, 6 months.
        Standard = "standard",
        /// 30 days, 12 weeks, 3 months: nothing lies longer than 90 days.
        NinetyDays = "ninety_days",
    }
}

/// How many buckets of each kind hold a copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    pub days: usize,
    pub weeks: usize,
    pub months: usize,
    /// No copy is older, but for the newest of a living workspace.
    pub cap_days: i64,
}

impl Profile {
    pub const fn rule(self) -> Rule {
        match self {
            Profile::Standard => Rule { days: 30, weeks: 12, months: 6, cap_days: 160 },
            Profile::NinetyDays => Rule { days: 30, weeks: 12, months: 3, cap_days: 90 },
        }
    }
}

/// A copy, as the rule sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Copy {
    /// Backups are numbered in the order in which they were made.
    pub number: u64,
    pub at: Timestamp,
    pub is_verified: bool,
}

/// Why a copy is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// The copy of its day.
    Day,
    Week,
    Month,
    /// The newest verified one of a living workspace.
    Newest,
    /// Moments of the last two weeks are reached from it and from no other.
    Moments,
    /// Its time has not come: the clock was ahead, or is behind.
    Future,
    /// Newer than any verified one: it may still be found whole.
    Waiting,
}

impl Reason {
    /// In a word, for lists.
    pub fn word(self) -> &'static str {
        match self {
            Reason::Day => "daily",
            Reason::Week => "weekly",
            Reason::Month => "monthly",
            Reason::Newest => "newest",
            Reason::Moments => "moments",
            Reason::Future => "future",
            Reason::Waiting => "unverified",
        }
    }
}

/// What becomes of a copy: kept for these reasons, let go when there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fate {
    pub number: u64,
    pub reasons: Vec<Reason>,
}

/// Decides on every copy of one place, in the order they are given.
pub fn decide(copies: &[Copy], rule: Rule, now: Timestamp, is_living: bool) -> Vec<Fate> {
    let mut past: Vec<&Copy> = copies.iter().filter(|copy| copy.at <= now && copy.is_verified).collect();
    // The newest first; of two made in one moment the later one.
    past.sort_by_key(|copy| std::cmp::Reverse((copy.at, copy.number)));
    let newest = past.first().copied().copied();
    past.retain(|copy| now.since(copy.at) <= rule.cap_days * Timestamp::DAY);
    let days = first_of_each(&past, rule.days, day);
    let weeks = first_of_each(&past, rule.weeks, week);
    let months = first_of_each(&past, rule.months, month);
    let fate = |copy: &Copy| {
        let number = copy.number;
        let mut reasons = Vec::new();
        for (kept, reason) in [(&days, Reason::Day), (&weeks, Reason::Week), (&months, Reason::Month)] {
            reasons.extend(kept.contains(&number).then_some(reason));
        }
        let is_newest = newest.is_some_and(|newest| newest.number == number);
        reasons.extend((is_newest && is_living).then_some(Reason::Newest));
        reasons.extend((copy.at > now).then_some(Reason::Future));
        let is_later = newest.is_none_or(|newest| number > newest.number);
        reasons.extend((!copy.is_verified && is_later && copy.at <= now).then_some(Reason::Waiting));
        Fate { number, reasons }
    };
    copies.iter().map(fate).collect()
}

/// The newest copy of each of the newest buckets that have one.
fn first_of_each<B: PartialEq>(newest_first: &[&Copy], most: usize, bucket: fn(Timestamp) -> B) -> Vec<u64> {
    let mut kept = Vec::new();
    let mut last = None;
    for copy in newest_first {
        let here = Some(bucket(copy.at));
        if here != last && kept.len() < most {
            kept.push(copy.number);
        }
        last = here;
    }
    kept
}

fn day(at: Timestamp) -> (i16, i8, i8) {
    let date = at.zoned(&TimeZone::UTC).date();
    (date.year(), date.month(), date.day())
}

fn week(at: Timestamp) -> (i16, i8) {
    let week: ISOWeekDate = at.zoned(&TimeZone::UTC).date().iso_week_date();
    (week.year(), week.week())
}

fn month(at: Timestamp) -> (i16, i8) {
    let date = at.zoned(&TimeZone::UTC).date();
    (date.year(), date.month())
}

/// The copies that moments since `oldest` are reached from. `copies` are all of one place that stand on a line, each
/// with the name of its line, in the order in which they were made; given are their numbers.
///
/// A line leads from any of its copies to each later moment until the next line begins, so of each line that reaches
/// into the window one copy is enough: the newest from before it, or else the first.
pub fn leading(copies: &[(Copy, &str)], oldest: Timestamp) -> Vec<u64> {
    let lines: Vec<&[(Copy, &str)]> = copies.chunk_by(|one, next| one.1 == next.1).collect();
    let reaches = |index: usize| lines.get(index + 1).is_none_or(|next| next[0].0.at > oldest);
    let leads = |line: &[(Copy, &str)]| {
        let before = line.iter().rfind(|(copy, _)| copy.at <= oldest);
        before.unwrap_or(&line[0]).0.number
    };
    lines.iter().enumerate().filter(|(index, _)| reaches(*index)).map(|(_, line)| leads(line)).collect()
}

/// Whether letting so many of so many go must be asked about first: more than a fifth.
pub fn must_ask(going: usize, of: usize) -> bool {
    going * 5 > of
}
