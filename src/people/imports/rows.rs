//! The rows of an uploaded file: headings, a preview, and all of them in order with their line numbers.

use std::io::{self, Cursor, Read};

use csv::StringRecord;
use encoding_rs::Encoding;

use super::convert::Kind;
use super::encoding::{self, SAMPLE, Utf8Reader};
use crate::error::Error;

/// Columns a file may have.
pub(super) const COLUMNS: usize = 300;
/// Longest text of one row, in bytes: a quote that never closes would otherwise swallow the file.
pub(super) const ROW_BYTES: usize = 1024 * 1024;
/// What the CSV reader asks for at a time, beyond the row at hand.
const READ_AHEAD: usize = 64 * 1024;
/// Rows of the preview.
const PREVIEW: usize = 20;
/// Rows that are looked at to find out how values are written.
const LOOKED_AT: usize = 400;

/// How a file is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Format {
    /// A name of the Encoding Standard, such as `UTF-8` or `windows-1252`.
    pub encoding: String,
    pub delimiter: u8,
    pub has_header: bool,
    /// What it was before it became CSV.
    pub kind: Kind,
}

/// What a first look at a file shows.
pub struct FirstLook {
    pub format: Format,
    pub columns: Vec<String>,
    pub preview: Vec<Vec<String>>,
    /// More of the first rows, to find out how their values are written. The preview is its beginning.
    pub sample: Vec<Vec<String>>,
}

/// Looks at the beginning of a file. `chosen` overrides what would be guessed.
///
/// Fails with [`Error::Invalid`] on `file` when it is empty, binary, or has too many columns.
pub fn look(mut input: impl Read, chosen: Option<&Format>) -> Result<FirstLook, Error> {
    let mut sample = Vec::with_capacity(SAMPLE);
    input.by_ref().take(SAMPLE as u64).read_to_end(&mut sample)?;
    let is_whole = sample.len() < SAMPLE;
    refuse_what_is_no_text(&sample)?;
    let encoding = match chosen {
        Some(format) => encoding_of(&format.encoding)?,
        None => encoding::detect(&sample, is_whole),
    };
    let mut text = String::new();
    Utf8Reader::new(Cursor::new(&sample), encoding).read_to_string(&mut text)?;
    if !is_whole {
        // The last line of a sample may be cut.
        text.truncate(text.rfind('\n').map_or(text.len(), |end| end + 1));
    }
    if text.trim().is_empty() {
        return Err(Error::field(
            "file",
            "empty",
            "The file has no text. Choose a CSV file with a heading and at least one row.",
        ));
    }
    refuse_control_characters(&text)?;
    let format = match chosen {
        Some(format) => format.clone(),
        None => {
            let delimiter = encoding::delimiter(&text);
            Format { encoding: encoding.name().to_owned(), delimiter, has_header: true, kind: Kind::Csv }
        }
    };
    let mut records = reader(text.as_bytes(), format.delimiter);
    let mut rows: Vec<Vec<String>> = Vec::new();
    for record in records.records().take(LOOKED_AT + 1) {
        let record = record.map_err(|error| unreadable(&error))?;
        rows.push(record.iter().map(|field| field.trim().chars().take(200).collect()).collect());
    }
    let width = rows.iter().take(PREVIEW + 1).map(Vec::len).max().unwrap_or(0);
    if width > COLUMNS {
        return Err(Error::field(
            "file",
            "too_many_columns",
            format!("The file has {width} columns; {COLUMNS} are the most."),
        ));
    }
    let columns = if format.has_header {
        // The heading says how wide the table is: a longer row has something wrong with it.
        if rows.is_empty() { Vec::new() } else { rows.remove(0) }
    } else {
        (1..=width).map(|number| format!("Column {number}")).collect()
    };
    rows.truncate(LOOKED_AT);
    let preview = rows.iter().take(PREVIEW).cloned().collect();
    Ok(FirstLook { format, columns, preview, sample: rows })
}

/// A spreadsheet, an archive or a picture is told by name, instead of being read as odd letters.
fn refuse_what_is_no_text(sample: &[u8]) -> Result<(), Error> {
    let kinds: [(&[u8], &str); 7] = [
        (b"PK\x03\x04", "an Excel file or a ZIP archive"),
        (b"\xd0\xcf\x11\xe0", "an old Excel file"),
        (b"%PDF", "a PDF"),
        (b"\x89PNG", "a picture"),
        (b"\xff\xd8\xff", "a picture"),
        (b"\x1f\x8b", "a compressed file"),
        (b"SQLite format 3", "a database"),
    ];
    for (start, kind) in kinds {
        if sample.starts_with(start) {
            let message = format!("This is {kind}, not a CSV file. Save it as CSV and choose that file.");
            return Err(Error::field("file", "not_csv", message));
        }
    }
    Ok(())
}

/// What begins like no kind we know, and still is no text: programs, sound, text in an encoding nobody reads.
fn refuse_control_characters(text: &str) -> Result<(), Error> {
    let odd = |c: &char| c.is_control() && !matches!(c, '\t' | '\n' | '\r');
    if text.chars().filter(odd).count() * 100 > text.chars().count() {
        let message = "This is not a text file. Save the table as CSV in UTF-8 and choose that file.";
        return Err(Error::field("file", "not_csv", message));
    }
    Ok(())
}

/// The encoding of this name, or a field error.
pub fn encoding_of(name: &str) -> Result<&'static Encoding, Error> {
    Encoding::for_label(name.as_bytes())
        .ok_or_else(|| Error::field("encoding", "unknown", format!("There is no encoding called {name}.")))
}

/// A row and where it stands.
#[derive(Clone)]
pub struct Row {
    /// The line of the file it begins at; of a sheet its row, of vCards the number of the card.
    pub line: u64,
    /// Where the row ends, in bytes of the file as it was uploaded: for the progress bar.
    pub end: u64,
    pub fields: StringRecord,
}

/// All rows after the heading, one at a time.
pub struct Rows<R> {
    records: csv::Reader<Lines<Utf8Reader<R>>>,
    kind: Kind,
    /// Line ends within the fields so far: a converted file has one line for each row but for these.
    within: u64,
}

impl<R: Read> Rows<R> {
    pub fn new(input: R, format: &Format) -> Result<Rows<R>, Error> {
        let text = Lines::new(Utf8Reader::new(input, encoding_of(&format.encoding)?));
        let mut records = reader(text, format.delimiter);
        let mut within = 0;
        if format.has_header {
            let mut heading = StringRecord::new();
            records.read_record(&mut heading).map_err(|error| unreadable(&error))?;
            within = line_ends(&heading);
        }
        Ok(Rows { records, kind: format.kind, within })
    }

    /// The next row that has any text; `None` at the end.
    pub fn next(&mut self) -> Result<Option<Row>, Error> {
        let mut fields = StringRecord::new();
        loop {
            let behind = self.records.position().line();
            self.records.get_mut().left = ROW_BYTES + READ_AHEAD;
            let is_row = self.records.read_record(&mut fields).map_err(|error| match error.kind() {
                csv::ErrorKind::Io(source) if source.kind() == io::ErrorKind::FileTooLarge => row_too_long(behind),
                _ => unreadable(&error),
            })?;
            if !is_row {
                return Ok(None);
            }
            // The reader knows where it stopped: behind the row's own line, and behind those within quotation marks.
            let within = line_ends(&fields);
            // A quotation mark that never closes takes the end of the file in: the row has no line of its own behind it.
            let line = self.records.position().line().saturating_sub(within + 1).max(behind);
            if fields.as_slice().len() > ROW_BYTES {
                return Err(row_too_long(line));
            }
            let line = match self.kind {
                Kind::Csv => line,
                Kind::Sheet => line.saturating_sub(self.within),
                // The headings stand before the first card.
                Kind::Cards => line.saturating_sub(self.within + 1),
            };
            self.within += within;
            if fields.iter().any(|field| !field.trim().is_empty()) {
                return Ok(Some(Row { line, end: self.end(), fields }));
            }
        }
    }
}

impl<R: Read> Rows<R> {
    /// The CSV reader reads ahead and counts text as UTF-8, the file may be written in anything: so its
    /// place in the text is turned into a place in the file by how much of the one made how much of the other.
    fn end(&self) -> u64 {
        let text = self.records.get_ref();
        let share = u128::from(text.input.taken()) * u128::from(self.records.position().byte());
        u64::try_from(share / u128::from(text.given.max(1))).unwrap_or(u64::MAX)
    }
}

/// Ends every line with `\n`, the last one too, so that lines can be counted however the file was written.
struct Lines<R> {
    input: R,
    after_return: bool,
    ended: bool,
    /// Bytes handed out.
    given: u64,
    /// Bytes that the row at hand may still take: one without an end must not fill the memory.
    left: usize,
}

impl<R> Lines<R> {
    fn new(input: R) -> Lines<R> {
        Lines { input, after_return: false, ended: false, given: 0, left: ROW_BYTES + READ_AHEAD }
    }
}

impl<R: Read> Read for Lines<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            let count = self.input.read(into)?;
            if count == 0 {
                if self.ended || into.is_empty() {
                    return Ok(0);
                }
                // Where the file ends its last line itself, this is a blank line, which is no row.
                self.ended = true;
                into[0] = b'\n';
                self.given += 1;
                return Ok(1);
            }
            let mut kept = 0;
            for at in 0..count {
                let byte = into[at];
                let after_return = std::mem::replace(&mut self.after_return, byte == b'\r');
                if byte != b'\n' || !after_return {
                    into[kept] = if byte == b'\r' { b'\n' } else { byte };
                    kept += 1;
                }
            }
            if kept > self.left {
                return Err(io::ErrorKind::FileTooLarge.into());
            }
            if kept > 0 {
                self.left -= kept;
                self.given += kept as u64;
                return Ok(kept);
            }
        }
    }
}

fn line_ends(fields: &StringRecord) -> u64 {
    fields.as_slice().bytes().filter(|byte| *byte == b'\n').count() as u64
}

fn reader<R: Read>(input: R, delimiter: u8) -> csv::Reader<R> {
    csv::ReaderBuilder::new().delimiter(delimiter).has_headers(false).flexible(true).from_reader(input)
}

fn row_too_long(line: u64) -> Error {
    let message =
        format!("The row that begins in line {line} is longer than 1 MB: a quotation mark there may never close.");
    Error::field("file", "row_too_long", message)
}

fn unreadable(error: &csv::Error) -> Error {
    match error.kind() {
        csv::ErrorKind::Io(source) if source.kind() == std::io::ErrorKind::StorageFull => Error::DiskFull,
        _ => Error::field("file", "unreadable", format!("The file could not be read: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> Vec<(u64, Vec<String>)> {
        let look = look(text.as_bytes(), None).unwrap();
        let mut rows = Rows::new(text.as_bytes(), &look.format).unwrap();
        let mut found = Vec::new();
        while let Some(row) = rows.next().unwrap() {
            found.push((row.line, row.fields.iter().map(str::to_owned).collect()));
        }
        found
    }

    #[test]
    fn rows_carry_the_line_they_begin_at() {
        let rows = all("name,note\r\n\r\nAna,\"two\r\nlines\"\r\n ,\r\nBo,x\r\n");
        assert_eq!(rows, [(3, vec!["Ana".into(), "two\nlines".into()]), (6, vec!["Bo".into(), "x".into()])]);
        for end in ["\n", "\r\n", "\r"] {
            let rows = all(&["name", "Ana", "", "Bo", "Cleo"].join(end));
            assert_eq!(rows.iter().map(|row| row.0).collect::<Vec<_>>(), [2, 4, 5], "{end:?}");
        }
    }

    #[test]
    fn rows_of_converted_files_keep_the_numbers_of_where_they_came_from() {
        let text = "\nname,note\n\"A\nna\",\"two\nlines\"\n\nBo,x\n";
        for (kind, expected) in [(Kind::Csv, [3, 7]), (Kind::Sheet, [3, 5]), (Kind::Cards, [2, 4])] {
            let format = Format { encoding: "UTF-8".into(), delimiter: b',', has_header: true, kind };
            let mut rows = Rows::new(text.as_bytes(), &format).unwrap();
            let mut lines = Vec::new();
            while let Some(row) = rows.next().unwrap() {
                lines.push(row.line);
            }
            assert_eq!(lines, expected, "{kind:?}");
        }
    }

    #[test]
    fn the_place_of_a_row_is_told_in_bytes_of_the_file_in_every_encoding() {
        let text = format!("name;city\r\n{}", "José Müller;Kölle\r\n".repeat(50_000));
        let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let (latin, _, _) = encoding_rs::WINDOWS_1252.encode(&text);
        for (encoding, bytes) in [("UTF-8", text.as_bytes()), ("UTF-16LE", &utf16), ("windows-1252", &latin)] {
            let format = Format { encoding: encoding.into(), delimiter: b';', has_header: true, kind: Kind::Csv };
            let mut rows = Rows::new(bytes, &format).unwrap();
            let (mut read, mut before) = (0_u64, 0);
            while let Some(row) = rows.next().unwrap() {
                read += 1;
                let expected = bytes.len() as u64 * read / 50_000;
                assert!(row.end.abs_diff(expected) < 2_000, "{encoding}, row {read}: {} for {expected}", row.end);
                assert!(row.end <= bytes.len() as u64, "{encoding}, row {read}");
                before = row.end;
            }
            assert!(before > bytes.len() as u64 * 99 / 100, "{encoding} ends at {before} of {}", bytes.len());
        }
    }

    #[test]
    fn a_quotation_mark_that_never_closes_is_told_where_it_stands() {
        assert_eq!(all("name\nAna\n\"Bo\nCleo\n").last().map(|row| row.0), Some(3));
        let endless = Cursor::new(b"name\nAna\n\"Bo\n").chain(io::repeat(b'x'));
        let format = Format { encoding: "UTF-8".into(), delimiter: b',', has_header: true, kind: Kind::Csv };
        let mut rows = Rows::new(endless, &format).unwrap();
        assert_eq!(rows.next().unwrap().map(|row| row.line), Some(2));
        let Err(Error::Invalid(errors)) = rows.next() else { panic!("a row without an end was read") };
        assert!(errors[0].message.contains("line 3 is longer"), "{}", errors[0].message);
    }

    #[test]
    fn a_ragged_row_is_read_as_it_is() {
        let rows = all("a,b,c\n1,2\n1,2,3,4\n");
        assert_eq!(rows.iter().map(|row| row.1.len()).collect::<Vec<_>>(), [2, 4]);
    }

    #[test]
    fn what_is_no_csv_is_named() {
        let Err(Error::Invalid(errors)) = look(&b"PK\x03\x04rest"[..], None) else { panic!("accepted") };
        assert!(errors[0].message.contains("Excel"));
        let program = b"\x7fELF\x02\x01\x01\0\0\0\0\0name,\x03\0>\0city\n".repeat(20);
        let Err(Error::Invalid(errors)) = look(&program[..], None) else { panic!("accepted") };
        assert_eq!(errors[0].code, "not_csv");
        assert!(look(&b"name,city\nA\0na,Oslo\nBo,Bergen\nCleo,Kristiansand\nDag,Drammen\nEli,Fredrikstad\nGro,Sandnes\nAda,Alta\nIda,Narvik\n"[..], None).is_ok());
        assert!(look(&b" \n"[..], None).is_err());
    }

    #[test]
    fn the_preview_has_twenty_rows_and_names_for_nameless_columns() {
        let text = format!("name,city\n{}", "Ana,Oslo\n".repeat(50));
        let found = look(text.as_bytes(), None).unwrap();
        assert_eq!((found.columns.len(), found.preview.len()), (2, 20));
        let format = Format { has_header: false, ..found.format };
        assert_eq!(look(text.as_bytes(), Some(&format)).unwrap().columns, ["Column 1", "Column 2"]);
    }
}
