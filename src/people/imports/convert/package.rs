//! The parts of an Excel workbook, each read as a stream with a bound on what it may unpack to.

use std::cell::Cell;
use std::collections::HashMap;
use std::io::{self, BufReader, Read, Seek};
use std::rc::Rc;

use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;
use zip::ZipArchive;

use super::sealed::Sealed;
use super::table::refused;
use crate::error::Error;

/// What may be read to find the list of parts.
const DIRECTORY: u64 = 4 * 1024 * 1024;
/// Parts a workbook may have.
const PARTS: usize = 10_000;
/// What all parts together may unpack to: never more than this, and than so many times the file.
const UNPACKED: u64 = 2 * 1024 * 1024 * 1024;
const RATIO: u64 = 200;
/// What even a small file may unpack to.
const UNPACKED_LEAST: u64 = 32 * 1024 * 1024;
/// What may be unpacked for one tag or one piece of text.
const EVENT: u64 = 1024 * 1024;

/// How much may still be unpacked.
#[derive(Clone)]
struct Budget {
    all: Rc<Cell<u64>>,
    event: Rc<Cell<u64>>,
}

/// A workbook whose parts can be read by name.
pub struct Package<R: Read + Seek> {
    zip: ZipArchive<Sealed<R>>,
    /// Lower case → place in the archive: programs do not agree on the case of names.
    places: HashMap<String, usize>,
    budget: Budget,
}

impl<R: Read + Seek> Package<R> {
    /// Reads the list of parts. `left` is the bound that `file` was made with.
    pub fn open(file: Sealed<R>, size: u64, left: &Cell<u64>) -> Result<Package<R>, Error> {
        left.set(DIRECTORY);
        let zip = ZipArchive::new(file).map_err(|_| damaged())?;
        // Reading goes to and fro, so each byte of the file may be asked for many times.
        left.set(u64::MAX);
        if zip.len() > PARTS {
            return Err(refused(
                "too_many_parts",
                format!("The workbook has more than {PARTS} parts inside. Save the sheet as CSV."),
            ));
        }
        let mut places = HashMap::new();
        for place in 0..zip.len() {
            let name = zip.name_for_index(place).and_then(Result::ok).ok_or_else(damaged)?;
            places.insert(name.replace('\\', "/").to_lowercase(), place);
        }
        let all = UNPACKED.min(UNPACKED_LEAST.max(size.saturating_mul(RATIO)));
        let budget = Budget { all: Rc::new(Cell::new(all)), event: Rc::new(Cell::new(EVENT)) };
        Ok(Package { zip, places, budget })
    }

    pub fn has(&self, name: &str) -> bool {
        self.places.contains_key(&name.to_lowercase())
    }

    /// Whether any part lies in the folder.
    pub fn has_folder(&self, folder: &str) -> bool {
        self.places.keys().any(|name| name.starts_with(folder))
    }

    /// The beginning of a part, as text.
    pub fn beginning(&mut self, name: &str) -> Result<String, Error> {
        let place = *self.places.get(name).ok_or_else(damaged)?;
        let part = self.zip.by_index(place).map_err(|_| damaged())?;
        let mut text = Vec::new();
        part.take(200).read_to_end(&mut text).map_err(|_| damaged())?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    }

    /// Reads a part of XML from its beginning.
    pub fn part(&mut self, name: &str) -> Result<Part<impl Read + use<'_, R>>, Error> {
        let place = *self.places.get(&name.to_lowercase()).ok_or_else(damaged)?;
        let input = self.zip.by_index(place).map_err(|_| damaged())?;
        let metered = Metered { input, budget: self.budget.clone() };
        Ok(Part {
            reader: Reader::from_reader(BufReader::new(metered)),
            buffer: Vec::new(),
            budget: self.budget.clone(),
        })
    }
}

/// A part of a workbook.
pub struct Part<R: Read> {
    reader: Reader<BufReader<Metered<R>>>,
    buffer: Vec<u8>,
    budget: Budget,
}

impl<R: Read> Part<R> {
    /// The next tag or piece of text.
    pub fn next(&mut self) -> Result<Event<'_>, Error> {
        self.buffer.clear();
        self.budget.event.set(EVENT);
        let budget = self.budget.clone();
        self.reader.read_event_into(&mut self.buffer).map_err(|_| budget.why())
    }
}

impl Budget {
    /// Why reading failed.
    fn why(&self) -> Error {
        if self.all.get() == 0 {
            let message = "The workbook unpacks to far more than a table of people: it was not read further. Save the sheet as CSV.";
            return refused("too_large", message);
        }
        if self.event.get() == 0 {
            return refused(
                "cell_too_long",
                "A cell of the workbook is longer than 1 MB. Shorten it, or save the sheet as CSV.",
            );
        }
        damaged()
    }
}

/// Counts what is unpacked.
pub struct Metered<R> {
    input: R,
    budget: Budget,
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let left = self.budget.all.get().min(self.budget.event.get());
        if left == 0 {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let room = into.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        let count = self.input.read(&mut into[..room])?;
        for meter in [&self.budget.all, &self.budget.event] {
            meter.set(meter.get() - count as u64);
        }
        Ok(count)
    }
}

/// What is no workbook, or one that was cut off.
pub fn damaged() -> Error {
    refused(
        "damaged",
        "The workbook is damaged or was cut off. Open it in a spreadsheet program, save it again, and choose that file.",
    )
}

/// An attribute of a tag, by its name without what stands before a colon.
pub fn attribute(tag: &BytesStart, name: &str) -> Option<String> {
    let found =
        tag.attributes().with_checks(false).flatten().find(|attribute| attribute.key.local_name().as_ref() == name)?;
    found.normalized_value(XmlVersion::Implicit1_0).ok().map(std::borrow::Cow::into_owned)
}

/// The text that an event adds to what is read.
pub fn text_of(event: &Event, into: &mut String) -> Result<(), Error> {
    match event {
        Event::Text(text) => into.push_str(text),
        Event::CData(text) => into.push_str(text),
        Event::GeneralRef(name) => match name.resolve_char_ref() {
            Ok(Some(character)) => into.push(character),
            Ok(None) => into.push_str(match &**name {
                "amp" => "&",
                "lt" => "<",
                "gt" => ">",
                "quot" => "\"",
                "apos" => "'",
                _ => return Err(damaged()),
            }),
            Err(_) => return Err(damaged()),
        },
        _ => {}
    }
    Ok(())
}
