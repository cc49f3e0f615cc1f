//! What stands around the sheets of a workbook: their names, the texts that cells share, and which formats are dates.

use std::collections::HashMap;
use std::io::{Read, Seek};

use quick_xml::events::Event;

use super::package::{Package, attribute, damaged, text_of};
use super::table::refused;
use crate::error::Error;

/// Sheets, formats and links that are looked at; real workbooks stay far below.
const SHEETS: usize = 1_000;
const FORMATS: usize = 70_000;
/// Texts that cells share: bytes of all, and how many.
const SHARED_BYTES: usize = 128 * 1024 * 1024;
const SHARED: usize = 8_000_000;

/// A sheet that may hold the table.
#[derive(Debug, Clone)]
pub struct SheetName {
    pub name: String,
    /// The part it lies in.
    pub part: String,
    pub is_hidden: bool,
}

/// How numbers of a format are to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    Number,
    Date,
    /// Filled up with zeros to so many digits, as postal codes are.
    Digits(usize),
}

/// A workbook, except for its sheets.
pub struct Workbook {
    pub sheets: Vec<SheetName>,
    pub shared: Shared,
    /// By the number that cells name.
    pub readings: Vec<Reading>,
    /// Days are counted from 1904, as old Macs did.
    pub is_1904: bool,
}

/// Texts that cells share, in one piece: a million small strings would take several times the memory.
#[derive(Default)]
pub struct Shared {
    text: String,
    ends: Vec<u32>,
}

impl Shared {
    pub fn get(&self, index: usize) -> Option<&str> {
        let end = *self.ends.get(index)? as usize;
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before] as usize);
        self.text.get(start..end)
    }
}

impl Workbook {
    /// Reads a workbook. Fails with a message that names what the file is instead.
    pub fn read<R: Read + Seek>(package: &mut Package<R>) -> Result<Workbook, Error> {
        let main = links(package, "_rels/.rels")?.into_iter().find(|link| link.kind == "officeDocument");
        let main = main.map_or_else(|| "xl/workbook.xml".to_owned(), |link| resolved("", &link.target));
        if !package.has(&main) || !main.ends_with(".xml") || package.has_folder("word/") || package.has_folder("ppt/") {
            return Err(other_archive(package));
        }
        let (folder, name) = main.rsplit_once('/').unwrap_or(("", &main));
        let links = links(package, &format!("{folder}/_rels/{name}.rels"))?;
        let place = |kind: &str| links.iter().find(|link| link.kind == kind).map(|link| resolved(folder, &link.target));
        // Sheets that are a chart alone have no rows.
        let tables = links.iter().filter(|link| link.kind == "worksheet");
        let parts: HashMap<&str, String> =
            tables.map(|link| (link.id.as_str(), resolved(folder, &link.target))).collect();
        let (sheets, is_1904) = sheets(package, &main, &parts)?;
        let shared = place("sharedStrings").filter(|part| package.has(part));
        let styles = place("styles").filter(|part| package.has(part));
        Ok(Workbook {
            sheets,
            is_1904,
            shared: shared.map_or_else(|| Ok(Shared::default()), |part| shared_texts(package, &part))?,
            readings: styles.map_or_else(|| Ok(Vec::new()), |part| readings(package, &part))?,
        })
    }
}

/// What an archive is that holds no workbook.
fn other_archive<R: Read + Seek>(package: &mut Package<R>) -> Error {
    let kind = if package.has_folder("word/") {
        "a Word document"
    } else if package.has_folder("ppt/") {
        "a presentation"
    } else if package.has("xl/workbook.bin") {
        "a binary Excel workbook (.xlsb)"
    } else if package.has("mimetype")
        && package.beginning("mimetype").is_ok_and(|kind| kind.contains("opendocument.spreadsheet"))
    {
        "an OpenDocument spreadsheet (.ods)"
    } else {
        "a ZIP archive without an Excel workbook in it"
    };
    refused("not_xlsx", format!("This is {kind}. Save the table as .xlsx or CSV and choose that file."))
}

/// From one part to another.
struct Link {
    id: String,
    /// The last word of what it is for, such as `worksheet`.
    kind: String,
    target: String,
}

fn links<R: Read + Seek>(package: &mut Package<R>, name: &str) -> Result<Vec<Link>, Error> {
    let mut links = Vec::new();
    if !package.has(name) {
        return Ok(links);
    }
    let mut part = package.part(name)?;
    loop {
        match part.next()? {
            Event::Empty(tag) | Event::Start(tag) if tag.local_name().as_ref() == "Relationship" => {
                let get = |name: &str| attribute(&tag, name).unwrap_or_default();
                let kind = get("Type").rsplit('/').next().unwrap_or_default().to_owned();
                links.push(Link { id: get("Id"), kind, target: get("Target") });
            }
            Event::Eof => return Ok(links),
            _ => {}
        }
        if links.len() > FORMATS {
            return Err(damaged());
        }
    }
}

/// A link's target as the name of a part.
fn resolved(folder: &str, target: &str) -> String {
    let target = target.replace('\\', "/");
    let whole = match target.strip_prefix('/') {
        Some(from_top) => from_top.to_owned(),
        None => format!("{folder}/{target}"),
    };
    let mut steps: Vec<&str> = Vec::new();
    for step in whole.split('/') {
        match step {
            "" | "." => {}
            ".." => drop(steps.pop()),
            step => steps.push(step),
        }
    }
    steps.join("/")
}

fn sheets<R: Read + Seek>(
    package: &mut Package<R>,
    main: &str,
    parts: &HashMap<&str, String>,
) -> Result<(Vec<SheetName>, bool), Error> {
    let (mut sheets, mut is_1904) = (Vec::new(), false);
    let mut part = package.part(main)?;
    loop {
        match part.next()? {
            Event::Empty(tag) | Event::Start(tag) => match tag.local_name().as_ref() {
                "workbookPr" => is_1904 = attribute(&tag, "date1904").is_some_and(|word| word == "1" || word == "true"),
                "sheet" if sheets.len() < SHEETS => {
                    let id = attribute(&tag, "id").unwrap_or_default();
                    let is_hidden = attribute(&tag, "state").is_some_and(|state| state != "visible");
                    if let Some(part) = parts.get(id.as_str()) {
                        let name = attribute(&tag, "name").unwrap_or_default().chars().take(60).collect();
                        sheets.push(SheetName { name, part: part.clone(), is_hidden });
                    }
                }
                _ => {}
            },
            Event::Eof => return Ok((sheets, is_1904)),
            _ => {}
        }
    }
}

fn shared_texts<R: Read + Seek>(package: &mut Package<R>, name: &str) -> Result<Shared, Error> {
    let mut shared = Shared::default();
    let mut part = package.part(name)?;
    // How a word is spoken stands beside it, in `rPh`, and is no part of the text.
    let (mut is_text, mut is_spoken) = (false, false);
    loop {
        let event = part.next()?;
        match &event {
            Event::Start(tag) => match tag.local_name().as_ref() {
                "t" => is_text = true,
                "rPh" => is_spoken = true,
                _ => {}
            },
            Event::End(tag) => match tag.local_name().as_ref() {
                "t" => is_text = false,
                "rPh" => is_spoken = false,
                "si" => shared.ends.push(u32::try_from(shared.text.len()).map_err(|_| damaged())?),
                _ => {}
            },
            Event::Empty(tag) if tag.local_name().as_ref() == "si" => {
                shared.ends.push(u32::try_from(shared.text.len()).map_err(|_| damaged())?);
            }
            Event::Eof => return Ok(shared),
            other if is_text && !is_spoken => text_of(other, &mut shared.text)?,
            _ => {}
        }
        if shared.text.len() > SHARED_BYTES || shared.ends.len() > SHARED {
            let message = "The workbook holds more text than can be read at once. Save the sheet as CSV.";
            return Err(refused("too_large", message));
        }
    }
}

fn readings<R: Read + Seek>(package: &mut Package<R>, name: &str) -> Result<Vec<Reading>, Error> {
    let mut codes: HashMap<u32, Reading> = HashMap::new();
    let mut readings = Vec::new();
    let mut is_of_cells = false;
    let mut part = package.part(name)?;
    loop {
        let event = part.next()?;
        match &event {
            Event::Start(tag) | Event::Empty(tag) => {
                let id = || attribute(tag, "numFmtId").and_then(|id| id.parse().ok()).unwrap_or(0);
                match tag.local_name().as_ref() {
                    "numFmt" => {
                        codes.insert(id(), reading(&attribute(tag, "formatCode").unwrap_or_default()));
                    }
                    "cellXfs" => is_of_cells = matches!(event, Event::Start(_)),
                    "xf" if is_of_cells => {
                        let id = id();
                        readings.push(codes.get(&id).copied().unwrap_or_else(|| built_in(id)));
                    }
                    _ => {}
                }
            }
            Event::End(tag) if tag.local_name().as_ref() == "cellXfs" => is_of_cells = false,
            Event::Eof => return Ok(readings),
            _ => {}
        }
        if readings.len() > FORMATS || codes.len() > FORMATS {
            return Err(damaged());
        }
    }
}

/// The formats that every workbook has (ECMA-376, part 1, 18.8.30).
fn built_in(id: u32) -> Reading {
    match id {
        14..=22 | 27..=36 | 45..=47 | 50..=58 => Reading::Date,
        _ => Reading::Number,
    }
}

/// What the code of a format makes of a number: only its first section counts, without what is quoted.
fn reading(code: &str) -> Reading {
    let mut characters = code.chars();
    let mut plain = String::new();
    while let Some(character) = characters.next() {
        match character {
            ';' => break,
            '"' => drop(characters.by_ref().find(|c| *c == '"')),
            '\\' | '_' | '*' => drop(characters.next()),
            '[' => {
                let within: String = characters.by_ref().take_while(|c| *c != ']').collect();
                // [h] and [mm] count hours and minutes; the rest are colours and countries.
                if !within.is_empty() && within.chars().all(|c| matches!(c.to_ascii_lowercase(), 'h' | 'm' | 's')) {
                    plain.push('h');
                }
            }
            other => plain.push(other.to_ascii_lowercase()),
        }
    }
    if plain.len() > 1 && plain.len() <= 20 && plain.chars().all(|c| c == '0') {
        return Reading::Digits(plain.len());
    }
    // "General" has an e and an a, but is no date.
    let is_date = !plain.contains("general") && plain.contains(['d', 'm', 'y', 'h', 's']);
    if is_date { Reading::Date } else { Reading::Number }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_of_dates_are_told_from_numbers() {
        for code in ["yyyy\\-mm\\-dd", "d/m/yy h:mm", "[h]:mm:ss", "[$-409]mmmm d", "dd.mm.yyyy;@"] {
            assert_eq!(reading(code), Reading::Date, "{code}");
        }
        for code in ["General", "0.00", "#,##0 \"days\"", "[Red]0.0", "0%", "@", "_-* #,##0_-"] {
            assert_eq!(reading(code), Reading::Number, "{code}");
        }
        assert_eq!(reading("00000"), Reading::Digits(5));
        assert_eq!((built_in(14), built_in(2)), (Reading::Date, Reading::Number));
    }

    #[test]
    fn links_lead_to_parts() {
        assert_eq!(resolved("xl", "worksheets/sheet1.xml"), "xl/worksheets/sheet1.xml");
        assert_eq!(resolved("xl", "/xl/worksheets/sheet1.xml"), "xl/worksheets/sheet1.xml");
        assert_eq!(resolved("xl/a", "..\\sheet1.xml"), "xl/sheet1.xml");
    }
}
