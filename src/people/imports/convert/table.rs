//! The CSV that a conversion writes: one row for each place of the file it came from.

use std::io::Write;

use crate::error::Error;
use crate::people::imports::rows::{COLUMNS, ROW_BYTES};

/// Rows a converted file may have: as many as the largest sheet that spreadsheets write.
pub const ROWS: u64 = 1_048_576;
/// Bytes of a converted file: what an uploaded CSV may have.
const BYTES: u64 = 512 * 1024 * 1024;

/// Writes rows so that a reader of lines finds each at the number it was given.
pub struct Table<W: Write> {
    out: W,
    /// What a row is called in messages: "row" or "card".
    place: &'static str,
    last: u64,
    bytes: u64,
    line: String,
}

impl<W: Write> Table<W> {
    pub fn new(out: W, place: &'static str) -> Table<W> {
        Table { out, place, last: 0, bytes: 0, line: String::new() }
    }

    /// Writes a row at `number`, which is beyond that of the row before; the numbers between stay blank.
    pub fn row<S: AsRef<str>>(&mut self, number: u64, cells: &[S]) -> Result<(), Error> {
        let place = self.place;
        if number > ROWS {
            return Err(refused("too_many_rows", format!("The file has more than {ROWS} rows. Split it.")));
        }
        if cells.len() > COLUMNS {
            let message = format!("The {place} {number} has more than {COLUMNS} columns, which are the most.");
            return Err(refused("too_many_columns", message));
        }
        self.line.clear();
        for _ in self.last + 1..number {
            self.line.push('\n');
        }
        let before = self.line.len();
        for (position, cell) in cells.iter().enumerate() {
            if position > 0 {
                self.line.push(',');
            }
            push_cell(&mut self.line, cell.as_ref());
        }
        if self.line.len() - before > ROW_BYTES {
            return Err(refused("row_too_long", format!("The {place} {number} is longer than 1 MB.")));
        }
        self.line.push('\n');
        self.last = number;
        self.bytes += self.line.len() as u64;
        if self.bytes > BYTES {
            return Err(refused("too_large", "The file holds more than 512 MB of text. Split it."));
        }
        Ok(self.out.write_all(self.line.as_bytes())?)
    }

    /// The number of the last row; 0 without any.
    pub fn last(&self) -> u64 {
        self.last
    }

    pub fn into_inner(self) -> W {
        self.out
    }
}

/// One cell, within quotation marks where it has to be; what is no text is left out.
fn push_cell(line: &mut String, cell: &str) {
    let is_quoted = cell.contains(['"', ',', '\n', '\r']);
    if is_quoted {
        line.push('"');
    }
    for character in cell.chars() {
        match character {
            '"' => line.push_str("\"\""),
            '\r' => {}
            '\t' | '\n' => line.push(character),
            other if other.is_control() => {}
            other => line.push(other),
        }
    }
    if is_quoted {
        line.push('"');
    }
}

/// A field error on the file.
pub fn refused(code: &'static str, message: impl Into<String>) -> Error {
    Error::field("file", code, message.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_stand_at_their_numbers() {
        let mut table = Table::new(Vec::new(), "row");
        table.row(2, &["a", "b\u{0}c"]).unwrap();
        table.row(4, &["x,\"y\"", "1\r\n2"]).unwrap();
        assert_eq!(String::from_utf8(table.into_inner()).unwrap(), "\na,bc\n\n\"x,\"\"y\"\"\",\"1\n2\"\n");
    }

    #[test]
    fn what_is_too_large_is_refused_by_its_place() {
        let mut table = Table::new(Vec::new(), "card");
        let Err(Error::Invalid(errors)) = table.row(7, &["x".repeat(ROW_BYTES + 1)]) else { panic!("accepted") };
        assert!(errors[0].message.contains("card 7"));
        assert!(table.row(7, &vec!["x"; COLUMNS + 1]).is_err());
        assert!(table.row(ROWS + 1, &["x"]).is_err());
    }
}
