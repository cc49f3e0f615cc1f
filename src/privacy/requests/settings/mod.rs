//! How the workspace works on requests: whose rules hold, where the day ends, whether two people decide.

pub mod pages;
pub mod service;
mod store;

use jiff::tz::TimeZone;

use super::Profile;

/// The settings, as chosen or as they are at first.
#[derive(Debug, Clone)]
pub struct Settings {
    pub profile: Profile,
    /// In which the last day of a deadline ends. Holds for requests that come in from now on.
    pub time_zone: String,
    /// Whoever worked on a request cannot approve it.
    pub two_person: bool,
    /// Where people write to about their data; stands in letters.
    pub contact: String,
    /// Where people can complain; stands in refusals.
    pub authority: String,
}

impl Settings {
    pub fn zone(&self) -> TimeZone {
        TimeZone::get(&self.time_zone).unwrap_or(TimeZone::UTC)
    }
}
