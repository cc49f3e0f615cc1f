//! Mail as files, for sites where another machine picks it up.
//!
//! The one place where Holdfast writes personal data in plain text, and only when the operator sets
//! `mail.folder`. Whoever picks the files up must delete them.

use std::fs::{File, OpenOptions, rename};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Writes `<message id>.eml` so that it appears whole or not at all.
///
/// The name comes from the Message-ID: sending the same mail again after a crash replaces the file.
pub fn put(folder: &Path, message_id: &str, bytes: &[u8]) -> std::io::Result<()> {
    let name: String = message_id.chars().filter(|c| c.is_ascii_alphanumeric()).take(32).collect();
    let unfinished = folder.join(format!(".{name}.unfinished"));
    let finished = folder.join(format!("{name}.eml"));
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&unfinished)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    rename(&unfinished, &finished)?;
    File::open(folder)?.sync_all()
}
