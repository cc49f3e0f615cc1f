//! What an uploaded file is, by its first bytes; its name only helps to word the message.

use super::table::refused;
use crate::error::Error;
use crate::people::imports::encoding;
use crate::permission::words;

words! {
    /// What a file was before it became the CSV that is read.
    Kind {
        Csv = "csv",
        /// A sheet of an Excel workbook.
        Sheet = "sheet",
        /// vCards, which phones and mail programs write.
        Cards = "cards",
    }
}

impl Kind {
    /// What the numbers of its rows count.
    pub fn place(self) -> &'static str {
        match self {
            Kind::Csv => "Line",
            Kind::Sheet => "Row",
            Kind::Cards => "Card",
        }
    }
}

/// Finds out what a file is. Fails with a message that names what it is when it cannot be read.
pub fn recognise(beginning: &[u8], file_name: &str) -> Result<Kind, Error> {
    let ending = file_name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default();
    if beginning.starts_with(b"PK\x03\x04") {
        return Ok(Kind::Sheet);
    }
    if beginning.starts_with(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") {
        let message = match has_password(beginning) {
            true => "This workbook has a password. Take the password off in Excel, or save the sheet as CSV.",
            false => {
                "This is an old Excel file (.xls) or a workbook with a password. Save it as .xlsx without a password, \
                 or as CSV, and choose that file."
            }
        };
        return Err(refused("old_excel", message));
    }
    let kinds: [(&[u8], &str); 8] = [
        (b"PK\x05\x06", "an empty ZIP archive"),
        (b"%PDF", "a PDF"),
        (b"\x89PNG", "a picture (PNG)"),
        (b"\xff\xd8\xff", "a picture (JPEG)"),
        (b"GIF8", "a picture (GIF)"),
        (b"\x1f\x8b", "a compressed file (gzip)"),
        (b"SQLite format 3", "a database (SQLite)"),
        (b"{\\rtf", "a text document (RTF)"),
    ];
    if let Some((_, name)) = kinds.into_iter().find(|(start, _)| beginning.starts_with(start)) {
        let message =
            format!("This is {name}, not a table. Choose a CSV file, an Excel workbook (.xlsx) or vCards (.vcf).");
        return Err(refused("not_csv", message));
    }
    let text = text(beginning);
    let start = text.trim_start().get(..15).unwrap_or(text.trim_start()).to_ascii_lowercase();
    if start.replace(' ', "").starts_with("begin:vcard") {
        return Ok(Kind::Cards);
    }
    if ["<!doctype html", "<html", "<table", "<?xml"].iter().any(|tag| start.starts_with(tag)) {
        let message = "This is a web page or XML, which some programs call .xls. Open it in a spreadsheet program, \
                       save it as .xlsx or CSV, and choose that file.";
        return Err(refused("not_csv", message));
    }
    if matches!(ending.as_str(), "vcf" | "vcard") {
        let message = "The name says vCards, but the file does not begin with BEGIN:VCARD. Export the cards again.";
        return Err(refused("not_vcard", message));
    }
    Ok(Kind::Csv)
}

/// A word about a name that says something else than the file is; empty when it is right.
pub fn misnamed(kind: Kind, file_name: &str) -> String {
    let ending = file_name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default();
    let is_right = match kind {
        Kind::Csv => !matches!(ending.as_str(), "xlsx" | "xlsm" | "xls"),
        Kind::Sheet => matches!(ending.as_str(), "" | "xlsx" | "xlsm" | "xltx"),
        Kind::Cards => matches!(ending.as_str(), "" | "vcf" | "vcard"),
    };
    let name = match kind {
        Kind::Csv => "a text file, and was read as CSV.",
        Kind::Sheet => "an Excel workbook, and was read as one.",
        Kind::Cards => "vCards, and was read as such.",
    };
    if is_right { String::new() } else { format!("The file is called .{ending} but is {name}") }
}

/// Workbooks with a password are wrapped in the old container, in a stream of this name.
fn has_password(beginning: &[u8]) -> bool {
    let name: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
    beginning.windows(name.len()).any(|part| part == name)
}

fn text(beginning: &[u8]) -> String {
    let (text, _, _) = encoding::detect(beginning, false).decode(beginning);
    text.into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(beginning: &[u8], name: &str) -> String {
        let Err(Error::Invalid(errors)) = recognise(beginning, name) else { panic!("{name} was taken") };
        errors[0].message.clone()
    }

    #[test]
    fn files_are_known_by_what_is_in_them() {
        assert_eq!(recognise(b"PK\x03\x04", "people.csv").unwrap(), Kind::Sheet);
        assert_eq!(recognise(b"\xef\xbb\xbfbegin:vcard\r\n", "x.csv").unwrap(), Kind::Cards);
        let wide: Vec<u8> =
            "\u{feff}BEGIN:VCARD\r\nVERSION:3.0\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(recognise(&wide, "x.vcf").unwrap(), Kind::Cards);
        assert_eq!(recognise(b"name,city\n", "people.xlsx").unwrap(), Kind::Csv);
        assert!(message(b"\x89PNG\r\n", "people.csv").contains("PNG"));
        assert!(message(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "people.xls").contains(".xlsx"));
        assert!(message(b"name,city\n", "people.vcf").contains("BEGIN:VCARD"));
        assert!(message(b"<html><table>", "people.xls").contains("web page"));
        assert!(misnamed(Kind::Sheet, "a.csv").contains("Excel") && misnamed(Kind::Csv, "a.csv").is_empty());
    }
}
