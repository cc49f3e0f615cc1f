//! The mark beside a database: on which line it is, and which segment was sealed before its log was folded in last.

use std::path::Path;

use crate::crypto::file::{read_if_there, replace};
use crate::error::Error;

/// What the mark says. A file without one is on no line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    pub line: u64,
    pub number: u64,
}

impl Mark {
    pub fn read(path: &Path) -> Result<Option<Mark>, Error> {
        let Some(bytes) = read_if_there(path)? else { return Ok(None) };
        let text = String::from_utf8_lossy(&bytes);
        let parsed = text.trim_end().split_once(' ').and_then(|(line, number)| {
            Some(Mark { line: u64::from_str_radix(line, 16).ok()?, number: number.parse().ok()? })
        });
        // One that cannot be read fits no line.
        Ok(Some(parsed.unwrap_or(Mark { line: 0, number: 0 })))
    }

    /// On the disk when this returns.
    pub fn write(&self, path: &Path) -> Result<(), Error> {
        Ok(replace(path, format!("{:016x} {}\n", self.line, self.number).as_bytes(), 0o600)?)
    }
}
