//! `holdfast key`: what protects this installation, and whether the paper is still right.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::answer::{Answer, Failure};
use super::installation::{self, Place};
use super::terminal;
use crate::app::App;
use crate::error::Error;
use crate::keys::{Keys, RecoveryCode, Slots};

#[derive(Debug, Clone, clap::Subcommand, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Where the master key comes from, and which keys it opens
    #[command(after_help = "Example:\n  holdfast key status --json")]
    Status,
    /// Check a written-down recovery code without changing anything; ends with 1 when it does not fit
    #[command(after_help = "Example:\n  holdfast key verify-recovery --data /srv/holdfast")]
    VerifyRecovery,
}

/// What the open installation says. `verify-recovery` needs none: see [`verify_recovery`].
pub fn status(app: &Arc<App>) -> Result<Answer, Error> {
    let data = &app.config.data;
    let has_passphrase = Slots::read(&Keys::slots_path(data))?.is_some_and(|slots| slots.has_passphrase());
    let source = match &app.config.keys.master_key_file {
        _ if installation::has_credential() => "a systemd credential".to_owned(),
        Some(path) => path.display().to_string(),
        None if installation::key_of_first_try(data).exists() => {
            format!("{} (beside the data: for a first try only)", installation::key_of_first_try(data).display())
        }
        None => "a passphrase".to_owned(),
    };
    let (generation, workspaces) = (app.keys.ring_seq(), app.keys.workspaces().len());
    let words = format!(
        "Master key      {source}\nPassphrase      {}\nKeyring         generation {generation}, authentic\nWorkspace keys  {workspaces}",
        if has_passphrase { "set" } else { "none" }
    );
    let facts = json!({
        "source": source, "has_passphrase": has_passphrase, "keyring_generation": generation, "workspace_keys": workspaces,
    });
    Ok(Answer::new(facts, words))
}

/// Asks for the code and tries it on `keys/slots`. Works beside a running server and without the master key.
pub fn verify_recovery(place: &Place) -> Result<Answer, Failure> {
    let path = Keys::slots_path(&place.folder()?);
    let slots = Slots::read(&path)?.ok_or_else(|| {
        Failure::refused(format!("{}: there is no such file, so there is no recovery code", path.display()))
    })?;
    let typed = terminal::read_secret("Recovery code: ")?;
    let opened = RecoveryCode::parse(&typed).and_then(|code| slots.open_with_recovery_code(&code).map(drop));
    Ok(match opened {
        Ok(()) => Answer::new(json!({ "fits": true }), "This recovery code opens the master key."),
        Err(error) => {
            let reason = Failure::from(error).message;
            Answer::new(json!({ "fits": false, "reason": reason }), reason.clone()).or_no(true)
        }
    })
}
