//! The rows of a sheet as text: dates as ISO, numbers without noise, formulas by the value that was kept with them.

use std::io::{Read, Seek, Write};

use jiff::civil::{Date, date};
use quick_xml::events::{BytesStart, Event};

use super::package::{Package, attribute, damaged, text_of};
use super::table::{ROWS, Table, refused};
use super::workbook::{Reading, SheetName, Workbook};
use crate::error::Error;
use crate::people::imports::rows::COLUMNS;

/// Characters of a cell: what Excel itself allows.
const CELL: usize = 32_767;

/// Writes a sheet, each row at its own number. Nothing is written for a sheet without text.
pub fn write<R: Read + Seek>(
    package: &mut Package<R>,
    book: &Workbook,
    sheet: &SheetName,
    table: &mut Table<impl Write>,
) -> Result<(), Error> {
    let mut part = package.part(&sheet.part)?;
    let mut row: Vec<String> = Vec::new();
    let (mut number, mut column) = (0_u64, 0_usize);
    let mut cell = Raw::default();
    let mut within = Within::Nothing;
    let mut is_spoken = false;
    loop {
        let event = part.next()?;
        match &event {
            Event::Start(tag) | Event::Empty(tag) => {
                let is_empty = matches!(event, Event::Empty(_));
                match tag.local_name().as_ref() {
                    "row" => {
                        let named = attribute(tag, "r").and_then(|r| r.parse().ok());
                        number = named.unwrap_or(number + 1);
                        if number <= table.last() || number > ROWS {
                            return Err(damaged());
                        }
                        column = 0;
                        row.clear();
                    }
                    "c" => {
                        column = attribute(tag, "r").and_then(|place| column_of(&place)).unwrap_or(column);
                        cell = Raw::new(tag);
                        if is_empty {
                            column += 1;
                        }
                    }
                    "sheetData" if is_empty => return Ok(()),
                    "v" if !is_empty => within = Within::Value,
                    "t" if !is_empty => within = Within::Text,
                    "rPh" if !is_empty => is_spoken = true,
                    _ => {}
                }
            }
            Event::End(tag) => match tag.local_name().as_ref() {
                "c" => {
                    put(&mut row, column, cell.text(book)?, number)?;
                    column += 1;
                }
                "row" if row.iter().any(|text| !text.is_empty()) => table.row(number, &row)?,
                "v" | "t" => within = Within::Nothing,
                "rPh" => is_spoken = false,
                "sheetData" => return Ok(()),
                _ => {}
            },
            Event::Eof => return Err(damaged()),
            other if !is_spoken => match within {
                Within::Value => text_of(other, &mut cell.value)?,
                Within::Text => text_of(other, &mut cell.inline)?,
                Within::Nothing => {}
            },
            _ => {}
        }
        // A byte is at least a quarter of a character: the exact count follows when the cell is whole.
        if cell.value.len() + cell.inline.len() > CELL * 4 {
            return Err(cell_too_long(number));
        }
    }
}

#[derive(Clone, Copy)]
enum Within {
    Nothing,
    Value,
    Text,
}

/// A cell as it stands in the file.
#[derive(Default)]
struct Raw {
    kind: String,
    style: usize,
    value: String,
    inline: String,
}

impl Raw {
    fn new(tag: &BytesStart) -> Raw {
        let style = attribute(tag, "s").and_then(|style| style.parse().ok()).unwrap_or(0);
        Raw { kind: attribute(tag, "t").unwrap_or_default(), style, ..Raw::default() }
    }

    fn text(&mut self, book: &Workbook) -> Result<String, Error> {
        let value = std::mem::take(&mut self.value);
        Ok(match self.kind.as_str() {
            "s" => {
                let index = value.trim().parse().map_err(|_| damaged())?;
                book.shared.get(index).ok_or_else(damaged)?.to_owned()
            }
            "inlineStr" => std::mem::take(&mut self.inline),
            "str" | "d" => value,
            "b" => if value.trim() == "1" { "TRUE" } else { "FALSE" }.to_owned(),
            // "#N/A" is nothing that anybody is called.
            "e" => String::new(),
            _ => {
                let reading = book.readings.get(self.style).copied().unwrap_or(Reading::Number);
                number_text(value.trim(), reading, book.is_1904)
            }
        })
    }
}

fn put(row: &mut Vec<String>, column: usize, text: String, number: u64) -> Result<(), Error> {
    if text.is_empty() {
        return Ok(());
    }
    if column >= COLUMNS {
        let message =
            format!("Row {number} of the sheet has something beyond column {COLUMNS}, which is the last that is read.");
        return Err(refused("too_many_columns", message));
    }
    if text.len() > CELL && text.chars().count() > CELL {
        return Err(cell_too_long(number));
    }
    if row.len() <= column {
        row.resize(column + 1, String::new());
    }
    row[column] = text;
    Ok(())
}

fn cell_too_long(number: u64) -> Error {
    refused(
        "cell_too_long",
        format!("Row {number} of the sheet has a cell of more than {CELL} characters. Shorten it."),
    )
}

/// `AB12` is column 27, counted from zero.
fn column_of(place: &str) -> Option<usize> {
    let letters = place.bytes().take_while(u8::is_ascii_alphabetic).take(4);
    let number = letters.fold(0, |number, letter| number * 26 + usize::from(letter.to_ascii_uppercase() - b'A') + 1);
    number.checked_sub(1)
}

/// A number as people wrote it. Text that is no number stays as it is.
fn number_text(text: &str, reading: Reading, is_1904: bool) -> String {
    let Some(number) = text.parse::<f64>().ok().filter(|number| number.is_finite()) else { return text.to_owned() };
    match reading {
        Reading::Date => date_text(number, is_1904).unwrap_or_else(|| plain(number, text)),
        Reading::Digits(digits) if number >= 0.0 && number.fract() == 0.0 && number < 1e15 => {
            format!("{:0digits$}", number as u64)
        }
        _ => plain(number, text),
    }
}

/// Fifteen digits, as spreadsheets show them: what lies behind is noise of the binary form.
fn plain(number: f64, text: &str) -> String {
    if number != 0.0 && !(1e-9..1e21).contains(&number.abs()) {
        return text.to_owned();
    }
    let rounded: f64 = format!("{number:.14e}").parse().unwrap_or(number);
    format!("{rounded}")
}

/// Days since the end of 1899, or since 1904, as a date, a time, or both.
fn date_text(number: f64, is_1904: bool) -> Option<String> {
    let seconds = (number * 86_400.0).round();
    if !(0.0..2_958_466.0 * 86_400.0).contains(&seconds) {
        return None;
    }
    let seconds = seconds as i64;
    let (days, time) = (seconds / 86_400, seconds % 86_400);
    let clock = format!("{:02}:{:02}:{:02}", time / 3_600, time / 60 % 60, time % 60);
    if days == 0 && !is_1904 {
        return Some(clock);
    }
    let first: Date = match is_1904 {
        true => date(1904, 1, 1),
        // Spreadsheets believe in a 29 February 1900; before it they are a day behind.
        false if days < 60 => date(1899, 12, 31),
        false => date(1899, 12, 30),
    };
    let day = first.checked_add(jiff::Span::new().try_days(days).ok()?).ok()?;
    Some(if time == 0 { day.to_string() } else { format!("{day}T{clock}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_lose_their_noise_and_nothing_else() {
        let number = |text: &str| number_text(text, Reading::Number, false);
        assert_eq!(number("0.30000000000000004"), "0.3");
        assert_eq!(number("4.91701234567E11"), "491701234567");
        assert_eq!(number("-12.5"), "-12.5");
        assert_eq!(number("1E+300"), "1E+300");
        assert_eq!((number("0").as_str(), number("n/a").as_str()), ("0", "n/a"));
        assert_eq!(number_text("1067", Reading::Digits(5), false), "01067");
    }

    #[test]
    fn dates_are_iso_in_both_ways_of_counting() {
        let date = |text: &str, is_1904| number_text(text, Reading::Date, is_1904);
        assert_eq!(date("45292", false), "2024-01-01");
        assert_eq!(date("45292.5", false), "2024-01-01T12:00:00");
        assert_eq!(date("1", false), "1900-01-01");
        assert_eq!(date("61", false), "1900-03-01");
        assert_eq!(date("0.75", false), "18:00:00");
        assert_eq!(date("43830", true), "2024-01-01");
        assert_eq!(date("99999999", false), "99999999");
    }

    #[test]
    fn columns_are_letters() {
        assert_eq!((column_of("A1"), column_of("Z9"), column_of("AB12")), (Some(0), Some(25), Some(27)));
        assert_eq!(column_of("12"), None);
    }
}
