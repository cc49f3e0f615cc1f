//! Files that are no CSV: known by what is in them, and turned once, as they stream, into the CSV that is read from then on.

mod cards;
mod kind;
mod package;
mod sealed;
mod sheet;
mod table;
mod vcard;
mod workbook;

use std::cell::Cell;
use std::io::{BufWriter, Read, Write};
use std::rc::Rc;

pub use self::kind::Kind;
use self::package::Package;
use self::sealed::Sealed;
use self::table::{Table, refused};
use self::workbook::Workbook;
use super::rows::Format;
use crate::crypto::derive::WorkspaceKeys;
use crate::db::Workspace;
use crate::db::blobs::{BlobWriter, NewBlob};
use crate::error::Error;
use crate::web::upload::{self, Upload};

/// An uploaded file, ready to be read.
pub struct Readable {
    pub kind: Kind,
    /// What to tell about the file beside its columns: the sheet that was read, what was left out.
    pub remark: String,
    /// The sealed CSV it became. Goes when dropped, unless kept.
    converted: Option<NewBlob>,
}

/// Finds out what a file is, and converts what is no CSV. Fails with a message that says what the file is, and what
/// to do.
pub fn readable(upload: &Upload, workspace: &Workspace, keys: &WorkspaceKeys) -> Result<Readable, Error> {
    let beginning = &upload.blob.beginning;
    let kind = kind::recognise(beginning, &upload.file_name)?;
    let misnamed = kind::misnamed(kind, &upload.file_name);
    let create = || Ok(BufWriter::with_capacity(64 * 1024, upload::spool_for_jobs(workspace, keys)()?));
    let (converted, remark) = match kind {
        Kind::Csv => (None, String::new()),
        Kind::Cards => {
            let census = cards::count(upload::open(upload.path(), keys)?, beginning)?;
            let mut out = create()?;
            cards::write(upload::open(upload.path(), keys)?, beginning, &census, &mut out)?;
            (Some(finished(out)?), census.remark())
        }
        Kind::Sheet => {
            let left = Rc::new(Cell::new(0));
            let file = Sealed::new(upload::open(upload.path(), keys)?, upload.size(), left.clone());
            let mut package = Package::open(file, upload.size(), &left)?;
            let (out, remark) = first_sheet(&mut package, create)?;
            (Some(finished(out)?), remark)
        }
    };
    let remark = [misnamed, remark].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
    Ok(Readable { kind, remark, converted })
}

impl Readable {
    /// The file it became; `None` for what was CSV from the beginning.
    pub fn converted(&self) -> Option<&NewBlob> {
        self.converted.as_ref()
    }

    /// How it is written, where no guess is needed.
    pub fn format(&self) -> Option<Format> {
        let delimiter = b',';
        let converted = Format { encoding: "UTF-8".to_owned(), delimiter, has_header: true, kind: self.kind };
        self.converted.as_ref().map(|_| converted)
    }
}

/// Converts the first sheet with anything in it, those that are hidden last.
fn first_sheet<R: Read + std::io::Seek, W: Write>(
    package: &mut Package<R>,
    create: impl Fn() -> Result<W, Error>,
) -> Result<(W, String), Error> {
    let book = Workbook::read(package)?;
    let (hidden, shown): (Vec<_>, Vec<_>) = book.sheets.iter().partition(|sheet| sheet.is_hidden);
    for sheet in shown.into_iter().chain(hidden).filter(|sheet| package.has(&sheet.part)).collect::<Vec<_>>() {
        let mut table = Table::new(create()?, "row");
        sheet::write(package, &book, sheet, &mut table)?;
        if table.last() == 0 {
            continue;
        }
        let mut remark = format!("Read from the sheet \u{201c}{}\u{201d}.", sheet.name);
        match book.sheets.len() - 1 {
            0 => {}
            1 => remark.push_str(" The other sheet was left out."),
            others => remark.push_str(&format!(" The {others} other sheets were left out.")),
        }
        return Ok((table.into_inner(), remark));
    }
    Err(refused("empty", "No sheet of the workbook has anything in it. Choose another file."))
}

fn finished(out: BufWriter<BlobWriter>) -> Result<NewBlob, Error> {
    out.into_inner().map_err(|error| error.into_error())?.finish()
}
