//! The rows that were left out, as they stood in the file, each with its reason: to mend and upload again.

use std::collections::BTreeMap;
use std::io::Read;

use super::fields::Fields;
use super::rows::Rows;
use super::{Import, ImportError, service, store};
use crate::error::Error;
use crate::people::exports::{broken, cell};
use crate::web::{BodyWriter, CSV, Reply, Request, upload};

/// The heading of the reasons. Uploaded again, the file has such a column already; it is put in place of that.
const REASON: &str = "reason";

/// The file of left out rows: those whose errors are kept, while the uploaded file is kept.
pub fn reply(request: &Request, import: &Import) -> Result<Reply, Error> {
    let member = request.member()?;
    let keys = request.app.keys.workspace(member.workspace_id())?;
    let input = upload::open(&service::path(&member.workspace, import)?, &keys)?;
    let (errors, fields) =
        request.read(|db| Ok((store::errors(db, import.id, false, store::ERRORS_KEPT)?, service::fields(db, import)?)))?;
    let reasons = reasons(&fields, errors);
    let name = format!("import-{}-left-out.csv", import.id);
    Ok(Reply::download(&name, CSV, write(input, import, reasons)?))
}

/// Why each row was left out, by its line.
fn reasons(fields: &Fields, errors: Vec<ImportError>) -> BTreeMap<u64, String> {
    let mut reasons: BTreeMap<u64, String> = BTreeMap::new();
    for error in errors {
        let reason = match fields.label(&error.field) {
            Some(label) => format!("{label}: {}", error.message),
            None => error.message,
        };
        let told = reasons.entry(u64::try_from(error.line).unwrap_or(0)).or_default();
        if !told.is_empty() {
            told.push(' ');
        }
        told.push_str(&reason);
    }
    reasons
}

/// The reason comes first: a row that is too long keeps its end as it stood. In UTF-8, whatever the file was
/// written in, with the delimiter of the file.
fn write<R: Read + Send + 'static>(
    input: R,
    import: &Import,
    mut reasons: BTreeMap<u64, String>,
) -> Result<BodyWriter, Error> {
    let mut rows = Rows::new(input, &import.format)?;
    let (columns, delimiter) = (import.columns.clone(), import.format.delimiter);
    let known = usize::from(import.format.has_header && columns.first().is_some_and(|heading| heading == REASON));
    Ok(Box::new(move |out| {
        out.write_all("\u{feff}".as_bytes())?;
        let mut writer = csv::WriterBuilder::new();
        let mut writer = writer.flexible(true).delimiter(delimiter).terminator(csv::Terminator::CRLF).from_writer(out);
        let headings = columns.iter().skip(known).map(|heading| cell::neutral(heading).into_owned());
        writer.write_record(std::iter::once(REASON.to_owned()).chain(headings)).map_err(broken)?;
        while !reasons.is_empty() {
            let Some(row) = rows.next()? else { break };
            let Some(reason) = reasons.remove(&row.line) else { continue };
            let fields = row.fields.iter().skip(known).map(|field| cell::neutral(field).into_owned());
            writer.write_record(std::iter::once(reason).chain(fields)).map_err(broken)?;
        }
        Ok(writer.flush()?)
    }))
}
