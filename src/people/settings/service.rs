//! Reads and changes the settings of a workspace.

use super::{DEFAULT_COUNTRY, TRASH_DAYS, store};
use crate::db::{Db, Tx};
use crate::error::Error;
use crate::people::places;
use crate::people::text::Faults;
use crate::people::trash;
use crate::privacy::audit::{self, Event};
use crate::privacy::retention;

/// Two letters, or empty when nobody has chosen.
pub fn default_country(db: &Db) -> Result<String, Error> {
    Ok(store::value(db, DEFAULT_COUNTRY)?.unwrap_or_default())
}

/// Chooses the country of phone numbers without a code. Numbers already kept stay as they are.
pub fn set_default_country(tx: &Tx, country: &str) -> Result<(), Error> {
    let mut faults = Faults::default();
    let country = places::country(&mut faults, DEFAULT_COUNTRY, country);
    let country = faults.none_or(country).map_err(Error::Invalid)?;
    if default_country(tx)? == country {
        return Ok(());
    }
    store::set(tx, DEFAULT_COUNTRY, &country)?;
    audit::record(tx, Event::new("people.settings.changed").detail(DEFAULT_COUNTRY, country))
}

/// Chooses how long deleted records are kept, among the rules of retention. Holds for those in the trash now, too.
pub fn set_trash_days(tx: &Tx, days: &str) -> Result<(), Error> {
    let chosen = days.parse::<u32>().ok().filter(|days| trash::DAYS.contains(&i64::from(*days)));
    let Some(chosen) = chosen else {
        return Err(Error::field(TRASH_DAYS, "unknown", "Choose how long from the list."));
    };
    retention::service::choose(tx, &trash::term::DELETED, chosen, true, None).map(drop)
}
