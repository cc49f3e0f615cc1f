//! `holdfast certificate`: checks a certificate of erasure, and prints the key that signs them.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::answer::Answer;
use crate::app::App;
use crate::error::Error;
use crate::privacy::certificate::{Verdict, verify};
use crate::privacy::ledger;

#[derive(Debug, Clone, clap::Subcommand, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Check that a certificate is as it was signed; needs nothing but the file. Ends with 1 when it was altered
    #[command(after_help = "Example:\n  holdfast certificate verify erasure-3.json --public-key ed25519:…")]
    Verify {
        /// The certificate
        file: PathBuf,
        /// The key it must be signed with, as its installation publishes it
        #[arg(long, value_name = "K")]
        public_key: Option<String>,
    },
    /// Print the public key of this installation
    #[command(after_help = "Example:\n  holdfast certificate public-key")]
    PublicKey,
}

/// Checks a file; touches no data folder.
pub fn verify_file(file: &PathBuf, public_key: Option<&str>) -> Result<Answer, Error> {
    let text = std::fs::read_to_string(file)
        .map_err(|error| Error::field("file", "unreadable", format!("{} cannot be read: {error}", file.display())))?;
    Ok(match verify(&text, public_key) {
        Verdict::Valid { public_key: named } => {
            let mut words = "valid".to_owned();
            if public_key.is_none() {
                words.push_str(&format!(
                    "\nsigned with {named}: whose key that is you must know from elsewhere; give it by --public-key"
                ));
            }
            Answer::new(json!({ "valid": true, "public_key": named }), words)
        }
        Verdict::Altered(reason) => {
            Answer::new(json!({ "valid": false, "reason": reason }), format!("altered: {reason}")).or_no(true)
        }
    })
}

pub fn run(app: &App) -> Result<Answer, Error> {
    let key = ledger::signer(app)?.public_key();
    Ok(Answer::new(json!({ "public_key": key }), key.clone()))
}
