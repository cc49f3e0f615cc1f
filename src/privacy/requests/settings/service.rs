//! Reads and changes how the workspace works on requests.

use jiff::tz::TimeZone;

use super::{Settings, store};
use crate::db::{Db, Tx};
use crate::error::Error;
use crate::privacy::audit::{self, Event};
use crate::privacy::requests::Profile;
use crate::privacy::requests::text::Faults;

const PROFILE: &str = "profile";
const TIME_ZONE: &str = "time_zone";
const TWO_PERSON: &str = "two_person";
const CONTACT: &str = "contact";
const AUTHORITY: &str = "authority";

pub fn read(db: &Db) -> Result<Settings, Error> {
    let known = store::all(db)?;
    let value = |key: &str| known.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str());
    Ok(Settings {
        profile: value(PROFILE).and_then(Profile::from_word).unwrap_or(Profile::Gdpr),
        time_zone: value(TIME_ZONE).unwrap_or("UTC").to_owned(),
        two_person: value(TWO_PERSON) == Some("true"),
        contact: value(CONTACT).unwrap_or_default().to_owned(),
        authority: value(AUTHORITY).unwrap_or_default().to_owned(),
    })
}

/// Changes the settings. Deadlines of requests that are there already stay as they are.
pub fn save(
    tx: &Tx,
    profile: &str,
    time_zone: &str,
    two_person: bool,
    contact: &str,
    authority: &str,
) -> Result<(), Error> {
    let mut faults = Faults::default();
    let contact = faults.line("contact", "The address", contact, 200);
    let authority = faults.line("authority", "The authority", authority, 300);
    if Profile::from_word(profile).is_none() {
        faults.add("profile", "unknown", "Choose the rules from the list.");
    }
    let time_zone = time_zone.trim();
    if TimeZone::get(time_zone).is_err() {
        faults.add("time_zone", "unknown_time_zone", "Enter a time zone, like Europe/Berlin or UTC.");
    }
    let wanted = faults.none_or([
        (PROFILE, profile.to_owned()),
        (TIME_ZONE, time_zone.to_owned()),
        (TWO_PERSON, two_person.to_string()),
        (CONTACT, contact),
        (AUTHORITY, authority),
    ])?;
    let before = store::all(tx)?;
    let changed: Vec<&(&str, String)> =
        wanted.iter().filter(|(key, value)| !before.iter().any(|(known, old)| known == key && old == value)).collect();
    if changed.is_empty() {
        return Ok(());
    }
    for (key, value) in &changed {
        store::set(tx, key, value)?;
    }
    let fields: Vec<&str> = changed.iter().map(|(key, _)| *key).collect();
    audit::record(tx, Event::new("privacy.request_settings.changed").detail("fields", fields))
}
