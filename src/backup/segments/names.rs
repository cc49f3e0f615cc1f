//! Names of the objects in a folder of segments: the line that one belongs to, and the numbers it stands for.

use std::io::ErrorKind;
use std::path::Path;

/// One object of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Name {
    pub(super) line: u64,
    pub(super) first: u64,
    pub(super) last: u64,
    /// It stands for the segments `first` to `last`; otherwise it is the one segment of that number.
    pub(super) is_merged: bool,
}

impl Name {
    pub(super) fn segment(line: u64, number: u64) -> Name {
        Name { line, first: number, last: number, is_merged: false }
    }

    pub(super) fn file(&self) -> String {
        match self.is_merged {
            true => format!("g{:016x}-{:012}-{:012}.seg", self.line, self.first, self.last),
            false => format!("g{:016x}-{:012}.seg", self.line, self.first),
        }
    }

    /// `None` when the file is none of ours.
    fn parse(file: &str) -> Option<Name> {
        let mut parts = file.strip_prefix('g')?.strip_suffix(".seg")?.split('-');
        let line = u64::from_str_radix(parts.next()?, 16).ok()?;
        let first = parts.next()?.parse().ok()?;
        let last = parts.next().map(str::parse).transpose().ok()?;
        let name = Name { line, first, last: last.unwrap_or(first), is_merged: last.is_some() };
        // What would be written otherwise was written by somebody else.
        (name.first <= name.last && name.file() == file).then_some(name)
    }
}

/// The objects that lie in a folder, in order.
pub(super) fn listed(folder: &Path) -> std::io::Result<Vec<Name>> {
    let entries = match std::fs::read_dir(folder) {
        Err(source) if source.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut found = Vec::new();
    for entry in entries {
        found.extend(entry?.file_name().to_str().and_then(Name::parse));
    }
    found.sort_unstable();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_as_it_is_written_and_no_other() {
        let one = Name::segment(0xab, 7);
        let many = Name { last: 41, is_merged: true, ..one };
        for name in [one, many] {
            assert_eq!(Name::parse(&name.file()), Some(name));
        }
        assert_eq!(many.file(), "g00000000000000ab-000000000007-000000000041.seg");
        for foreign in
            ["head.json", "g00000000000000ab-7.seg", "g00000000000000ab-000000000007-000000000006.seg", "gx-y.seg"]
        {
            assert_eq!(Name::parse(foreign), None, "{foreign}");
        }
    }
}
