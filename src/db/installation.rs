//! Facts about the installation itself, in the table `installation` of `control.db`.

use super::{Db, Tx};
use crate::error::Error;

/// The highest generation of the keyring that was in use: an older one is refused (KEY-4).
const KEYRING_GENERATION: &str = "keyring_generation";

/// What [`set_keyring_generation`] wrote; 0 before the first time.
pub fn keyring_generation(db: &Db) -> Result<u64, Error> {
    let text: Option<String> =
        db.value("SELECT value FROM installation WHERE key = :key", &[(":key", &KEYRING_GENERATION)])?;
    match text {
        Some(text) => text.parse().map_err(|_| Error::internal("the keyring generation in control.db is no number")),
        None => Ok(0),
    }
}

/// Remembers a generation. Machinery: the change of the keyring itself has its audit entry.
pub fn set_keyring_generation(tx: &Tx, generation: u64) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO installation (key, value) VALUES (:key, :value) ON CONFLICT (key) DO UPDATE SET value = :value",
        &[(":key", &KEYRING_GENERATION), (":value", &generation.to_string())],
    )?;
    Ok(())
}

/// A fact under a name; `None` while nobody has written it.
pub fn fact(db: &Db, name: &str) -> Result<Option<String>, Error> {
    db.value("SELECT value FROM installation WHERE key = :key", &[(":key", &name)])
}

/// Writes a fact down, over what stood there.
pub fn set_fact(tx: &Tx, name: &str, value: &str) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO installation (key, value) VALUES (:key, :value) ON CONFLICT (key) DO UPDATE SET value = :value",
        &[(":key", &name), (":value", &value)],
    )?;
    Ok(())
}

/// Takes a fact away; one that is not there is fine.
pub fn forget_fact(tx: &Tx, name: &str) -> Result<(), Error> {
    tx.execute("DELETE FROM installation WHERE key = :key", &[(":key", &name)])?;
    Ok(())
}

/// Why nothing goes out: see [`hold_outbound`].
const OUTBOUND_HOLD: &str = "outbound_hold";

/// After a restore: mail and retention stand still until somebody has looked at what waits (RST-5). `about` is for
/// the page that asks.
pub fn hold_outbound(tx: &Tx, about: &str) -> Result<(), Error> {
    set_fact(tx, OUTBOUND_HOLD, about)
}

/// What [`hold_outbound`] was told; `None` when nothing is held.
pub fn outbound_hold(db: &Db) -> Result<Option<String>, Error> {
    fact(db, OUTBOUND_HOLD)
}

/// Lets things go out again.
pub fn release_outbound(tx: &Tx) -> Result<(), Error> {
    forget_fact(tx, OUTBOUND_HOLD)
}
