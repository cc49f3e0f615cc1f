//! One table of an export: its columns, then row by row, then how many there were and their fingerprint.

use std::io::BufRead;

use rusqlite::types::Value as Stored;
use serde_json::value::RawValue;

use super::scan::Scanner;
use crate::error::Error;
use crate::privacy::images::stored;
use crate::privacy::workspace_export::Fingerprint;

/// What was read of one table.
pub struct Read {
    pub columns: Vec<String>,
    pub rows: u64,
    pub sha256: String,
}

/// Hears of each row: where it stood, the columns, its values.
type Each<'a, R> = &'a mut dyn FnMut(&Scanner<R>, &[String], Vec<Stored>) -> Result<(), Error>;

/// Reads one table, and hands over each row with the columns. The rows must be those that were written: as many, and
/// with the same fingerprint.
pub fn read<R: BufRead>(
    scanner: &mut Scanner<R>,
    name: &str,
    begin: &mut dyn FnMut(&[String]) -> Result<(), Error>,
    each: Each<R>,
) -> Result<Read, Error> {
    scanner.place = format!("table {name}");
    scanner.expect(b'{')?;
    scanner.expect_key("columns")?;
    let columns: Vec<String> = scanner.typed()?;
    begin(&columns)?;
    scanner.expect(b',')?;
    scanner.expect_key("rows")?;
    scanner.expect(b'[')?;
    let mut fingerprint = Fingerprint::default();
    let mut text = Vec::new();
    while !scanner.is_next(b']')? {
        if fingerprint.rows > 0 {
            scanner.expect(b',')?;
        }
        scanner.place.clear();
        scanner.place.push_str(&format!("table {name}, row {}", fingerprint.rows + 1));
        scanner.value_into(&mut text)?;
        fingerprint.add(&text);
        let cells: Vec<&RawValue> = serde_json::from_slice(&text).map_err(|error| scanner.damaged(error))?;
        if cells.len() != columns.len() {
            return Err(scanner.damaged(format!("it has {} values for {} columns", cells.len(), columns.len())));
        }
        let cells: Option<Vec<Stored>> = cells.into_iter().map(|cell| stored(cell.get())).collect();
        let cells = cells.ok_or_else(|| scanner.damaged("a value is of no kind that a table has"))?;
        each(scanner, &columns, cells)?;
    }
    scanner.place = format!("the end of table {name}");
    scanner.expect(b',')?;
    scanner.expect_key("count")?;
    let count: u64 = scanner.typed()?;
    if count != fingerprint.rows {
        return Err(scanner.damaged(format!("it says {count} rows, and {} are there", fingerprint.rows)));
    }
    scanner.expect(b',')?;
    scanner.expect_key("sha256")?;
    let sha256: String = scanner.typed()?;
    scanner.expect(b'}')?;
    if sha256 != fingerprint.hex() {
        return Err(scanner.damaged("its rows are not those that were written"));
    }
    Ok(Read { columns, rows: count, sha256 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::privacy::workspace_export::cell;

    #[test]
    fn every_value_of_a_table_comes_back_exactly() {
        let values = [
            Stored::Null,
            Stored::Integer(i64::MIN),
            Stored::Integer(i64::MAX),
            Stored::Real(5.0),
            Stored::Real(0.1 + 0.2),
            Stored::Real(f64::MIN_POSITIVE),
            Stored::Text("«Zoë» \"\\\u{0}\u{1f600}\n".into()),
            Stored::Blob(vec![0, 255, 34]),
        ];
        for value in values {
            let text = serde_json::to_string(&cell(value.clone())).unwrap();
            assert_eq!(stored(&text), Some(value), "{text}");
        }
        for wrong in ["true", "1.5", "{}", "{\"real\":1,\"base64\":\"\"}", "[1]", "99999999999999999999"] {
            assert_eq!(stored(wrong), None, "{wrong}");
        }
    }
}
