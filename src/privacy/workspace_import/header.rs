//! What stands before the rows: whether this file can be taken in at all, and whose workspace it is.

use std::io::BufRead;

use serde::Deserialize;

use super::scan::Scanner;
use crate::clock::Timestamp;
use crate::crypto::Key;
use crate::db::{Schema, latest_version};
use crate::error::Error;
use crate::privacy::workspace_export::{FORMAT, VERSION};

/// The first version of the tables that an export names; files of before do not say how they are to be read.
const OLDEST_SCHEMA: i64 = 97;

/// The head of an export.
pub struct Header {
    pub schema: i64,
    pub exported_at: Timestamp,
    pub slug: String,
    pub name: String,
    pub pseudonym_key: Key,
    /// No member of the workspace has a higher number.
    pub members_through: i64,
}

#[derive(Deserialize)]
struct About {
    slug: String,
    name: String,
}

/// Reads up to the opening brace of `control`.
///
/// Fails with [`Error::Invalid`] on `file`, in words: no export, one of a newer program, a damaged one.
pub fn read<R: BufRead>(scanner: &mut Scanner<R>) -> Result<Header, Error> {
    let other = || Error::field("file", "format", "This is no export of a workspace.");
    if scanner.peek()? != b'{' {
        return Err(other());
    }
    scanner.expect(b'{')?;
    if scanner.key().is_ok_and(|key| key != "format") || scanner.typed::<String>().map_or(true, |found| found != FORMAT)
    {
        return Err(other());
    }
    let version: u32 = next(scanner, "version")?;
    demand_known("The file", i64::from(version), i64::from(VERSION))?;
    if version < VERSION {
        return Err(Error::field("file", "too_old", "The file was written by a program that could not import yet."));
    }
    let schema = next(scanner, "schema")?;
    demand_known("The tables in the file", schema, latest_version(Schema::Workspace))?;
    if schema < OLDEST_SCHEMA {
        return Err(Error::field("file", "too_old", "The tables in the file are of a program that could not export."));
    }
    let exported_at: String = next(scanner, "exported_at")?;
    let exported_at = Timestamp::parse(&exported_at).ok_or_else(|| scanner.damaged("this is no moment"))?;
    let about: About = next(scanner, "workspace")?;
    let key: String = next(scanner, "pseudonym_key")?;
    let key = data_encoding::BASE64.decode(key.as_bytes()).ok().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
    let key = key.ok_or_else(|| scanner.damaged("the key of pseudonyms has another length"))?;
    let members_through: i64 = next(scanner, "members_through")?;
    if !(0..=1 << 40).contains(&members_through) {
        return Err(scanner.damaged("no installation has had so many members"));
    }
    scanner.expect(b',')?;
    scanner.expect_key("control")?;
    Ok(Header {
        schema,
        exported_at,
        slug: about.slug,
        name: about.name,
        pseudonym_key: Key::new(key),
        members_through,
    })
}

fn next<R: BufRead, T: serde::de::DeserializeOwned>(scanner: &mut Scanner<R>, key: &'static str) -> Result<T, Error> {
    scanner.expect(b',')?;
    scanner.place = format!("the value of {key}");
    scanner.expect_key(key)?;
    scanner.typed()
}

fn demand_known(what: &str, found: i64, known: i64) -> Result<(), Error> {
    if found <= known {
        return Ok(());
    }
    let message = format!(
        "{what} are of version {found}, and this program knows up to {known}: use the program that wrote it, or a \
         newer one."
    );
    Err(Error::field("file", "newer", message.replace("The file are", "The file is")))
}
