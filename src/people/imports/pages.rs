//! The HTML pages under `/people/imports`: the wizard from file to finished import.

use askama::Template;
use serde::Deserialize;

use super::jobs::RUN;
use super::rows::{self, FirstLook, Format};
use super::{Import, ImportError, Kind, Mapping, Mode, Object, State, mapping, rejected, sent, service, store};
use crate::error::{Error, FieldError};
use crate::jobs;
use crate::people::custom_fields::Definitions;
use crate::permission::{Action, Area};
use crate::web::ui::{self, Choice};
use crate::web::{Access, CSV, Reply, Request, Route, upload};

/// Largest file: a million rows of contacts with room to spare.
pub const FILE_LIMIT: u64 = 512 * 1024 * 1024;
const ACCESS: Access = Access::may(Action::Import, Area::Contacts);
/// Errors that the page shows; the file of errors has all that are kept.
const ERRORS_SHOWN: i64 = 100;
const IMPORTS_SHOWN: i64 = 50;

pub const ROUTES: &[Route] = &[
    Route::get("/w/{slug}/people/imports", ACCESS, list),
    Route::post("/w/{slug}/people/imports", ACCESS, create).upload(FILE_LIMIT),
    Route::get("/w/{slug}/people/imports/{id}", ACCESS, show),
    Route::get("/w/{slug}/people/imports/{id}/progress", ACCESS, progress),
    Route::get("/w/{slug}/people/imports/{id}/errors.csv", ACCESS, errors_file),
    Route::get("/w/{slug}/people/imports/{id}/left-out.csv", ACCESS, left_out_file),
    Route::post("/w/{slug}/people/imports/{id}/mapping", ACCESS, map),
    Route::post("/w/{slug}/people/imports/{id}/run", ACCESS, run),
    Route::post("/w/{slug}/people/imports/{id}/cancel", ACCESS, cancel),
];

const ABOVE: &[(&str, &str)] = &[("Contacts", "/people/contacts"), ("Imports", "/people/imports")];

#[derive(Template)]
#[template(path = "people/imports/list.html")]
struct List {
    base: String,
    imports: Vec<Import>,
    object: String,
    mode: String,
    objects: Vec<Choice>,
    modes: Vec<Choice>,
    errors: Vec<FieldError>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct NewForm {
    #[serde(default)]
    object: String,
    #[serde(default)]
    mode: String,
    /// The word of a message that the last action left (`web/toast.rs`).
    #[serde(default, rename = "done")]
    _done: Option<String>,
}

fn list(request: &Request) -> Result<Reply, Error> {
    let form: NewForm = request.query()?;
    request.page_below("Imports", &ABOVE[..1], &list_page(request, form, Vec::new())?)
}

fn list_page(request: &Request, form: NewForm, errors: Vec<FieldError>) -> Result<List, Error> {
    let or = |value: String, fallback: &str| if value.is_empty() { fallback.to_owned() } else { value };
    Ok(List {
        base: request.url("/people/imports"),
        imports: sent::list(request, None, IMPORTS_SHOWN)?,
        object: or(form.object, "contact"),
        mode: or(form.mode, "create"),
        objects: vec![
            Choice::new("contact", "Contacts").hint("People. Their companies are made along the way."),
            Choice::new("company", "Companies"),
        ],
        modes: mode_choices(),
        errors,
    })
}

fn mode_choices() -> Vec<Choice> {
    vec![
        Choice::new("create", "Add new ones only")
            .hint("Rows whose email or phone is known already are left out and listed."),
        Choice::new("update", "Change known ones only").hint("Rows are matched by email, then by phone."),
        Choice::new("create_or_update", "Add new ones and change known ones"),
    ]
}

fn create(request: &Request) -> Result<Reply, Error> {
    let form: NewForm = request.form()?;
    let taken = sent::sent(request, &form.object, &form.mode).and_then(|sent| {
        let id = request.write(|tx| sent.take(tx))?;
        sent.keep();
        Ok(id)
    });
    match taken {
        Ok(id) => Ok(Reply::see_other(request.url(&format!("/people/imports/{id}")))),
        Err(Error::Invalid(errors)) => {
            request.page_with_errors("Imports", &ABOVE[..1], &list_page(request, form, errors)?)
        }
        Err(error) => Err(error),
    }
}

#[derive(Template)]
#[template(path = "people/imports/mapping.html")]
struct MappingPage {
    base: String,
    import: Import,
    columns: Vec<ColumnChoice>,
    preview: Vec<Vec<String>>,
    fields: Vec<Choice>,
    encodings: Vec<Choice>,
    delimiters: Vec<Choice>,
    modes: Vec<Choice>,
    errors: Vec<FieldError>,
}

struct ColumnChoice {
    name: String,
    heading: String,
    example: String,
    field: String,
}

impl MappingPage {
    fn delimiter_word(&self) -> &'static str {
        delimiter_word(self.import.format.delimiter)
    }
}

#[derive(Template)]
#[template(path = "people/imports/show.html")]
struct Show {
    base: String,
    contacts: String,
    /// The page of the change by which it can be taken back; empty when nothing can be.
    change: String,
    import: Import,
    definitions: Definitions,
    errors: Vec<ImportError>,
}

impl Show {
    /// Of a hundred; by bytes, since nobody knows how many rows a file has before it is read.
    fn percent(&self) -> i64 {
        (self.import.bytes_read * 100 / self.import.file_size.max(1)).min(100)
    }

    fn is_under_way(&self) -> bool {
        matches!(self.import.state, State::Checking | State::Running)
    }

    fn field_words(&self, field: &str) -> &str {
        mapping::label(self.import.object, &self.definitions, field).unwrap_or("The whole row")
    }
}

fn show(request: &Request) -> Result<Reply, Error> {
    let import = sent::find(request)?;
    match import.state {
        State::Mapping => {
            let look = look(request, &import, Some(&import.format))?;
            request.page_below("Columns", ABOVE, &mapping_page(request, import, look, Vec::new())?)
        }
        _ => request.page_below("Import", ABOVE, &show_page(request, import)?),
    }
}

/// The part of the page that polls itself while a pass is under way.
#[derive(Template)]
#[template(path = "people/imports/_progress.html")]
struct Progress<'a> {
    base: &'a str,
    import: &'a Import,
    percent: i64,
}

fn progress(request: &Request) -> Result<Reply, Error> {
    let page = show_page(request, sent::find(request)?)?;
    if page.is_under_way() {
        return request.fragment(&Progress { base: &page.base, import: &page.import, percent: page.percent() });
    }
    // The pass has ended: the whole page shows what came of it.
    Ok(Reply::nothing().status(200).header("HX-Redirect", format!("{}/{}", page.base, page.import.id)))
}

fn show_page(request: &Request, import: Import) -> Result<Show, Error> {
    let errors = request.read(|db| store::errors(db, import.id, ERRORS_SHOWN))?;
    let contacts = match import.object {
        Object::Contact => request.url("/people/contacts"),
        Object::Company => request.url("/people/companies"),
    };
    let definitions = request.read(|db| Definitions::load(db, import.object))?;
    let is_over = matches!(import.state, State::Done | State::Failed | State::Cancelled);
    let change = import.change.filter(|_| is_over).map(|change| request.url(&format!("/people/changes/{change}")));
    let change = change.unwrap_or_default();
    Ok(Show { base: request.url("/people/imports"), contacts, change, import, definitions, errors })
}

fn mapping_page(
    request: &Request,
    import: Import,
    look: FirstLook,
    errors: Vec<FieldError>,
) -> Result<MappingPage, Error> {
    let definitions = request.read(|db| Definitions::load(db, import.object))?;
    let mut fields = vec![Choice::new("", "Leave out")];
    fields.extend(mapping::fields(import.object, &definitions).map(|(key, label)| Choice::new(key, label)));
    let columns = look.columns.iter().enumerate().map(|(position, heading)| ColumnChoice {
        name: format!("column_{position}"),
        heading: if heading.is_empty() { format!("Column {}", position + 1) } else { heading.clone() },
        example: look
            .preview
            .iter()
            .filter_map(|row| row.get(position))
            .find(|text| !text.is_empty())
            .cloned()
            .unwrap_or_default(),
        field: import.mapping.get(&position).cloned().unwrap_or_default(),
    });
    let mut encodings: Vec<Choice> = [
        ("UTF-8", "UTF-8"),
        ("windows-1252", "Western European (Windows-1252)"),
        ("ISO-8859-2", "Central European (ISO 8859-2)"),
        ("windows-1250", "Central European (Windows-1250)"),
        ("windows-1251", "Cyrillic (Windows-1251)"),
        ("UTF-16LE", "UTF-16"),
        ("UTF-16BE", "UTF-16, big end first"),
        ("Shift_JIS", "Japanese (Shift JIS)"),
        ("GBK", "Chinese (GBK)"),
    ]
    .iter()
    .map(|(value, label)| Choice::new(*value, *label))
    .collect();
    if !encodings.iter().any(|choice| choice.value == import.format.encoding) {
        encodings.push(Choice::new(&import.format.encoding, &import.format.encoding));
    }
    Ok(MappingPage {
        base: request.url("/people/imports"),
        columns: columns.collect(),
        preview: look.preview,
        fields,
        encodings,
        delimiters: [("comma", "Comma"), ("semicolon", "Semicolon"), ("tab", "Tab"), ("pipe", "Vertical bar")]
            .iter()
            .map(|(value, label)| Choice::new(*value, *label))
            .collect(),
        modes: mode_choices(),
        import,
        errors,
    })
}

fn delimiter_word(delimiter: u8) -> &'static str {
    match delimiter {
        b';' => "semicolon",
        b'\t' => "tab",
        b'|' => "pipe",
        _ => "comma",
    }
}

fn delimiter_of(word: &str) -> Option<u8> {
    [b',', b';', b'\t', b'|'].into_iter().find(|delimiter| delimiter_word(*delimiter) == word)
}

/// The beginning of the file, read as `format` says, or as is guessed.
pub(super) fn look(request: &Request, import: &Import, format: Option<&Format>) -> Result<FirstLook, Error> {
    let member = request.member()?;
    let keys = request.app.keys.workspace(member.workspace_id())?;
    rows::look(upload::open(&service::path(&member.workspace, import)?, &keys)?, format)
}

/// Takes the columns, or only reads the file again in another way, then checks the whole file without writing.
fn map(request: &Request) -> Result<Reply, Error> {
    let mut import = sent::find(request)?;
    let mut is_reread = false;
    let mut mapping = Mapping::new();
    let mut errors = Vec::new();
    // Cards always have their headings: nobody is asked.
    let mut format = Format { has_header: import.format.kind == Kind::Cards, ..import.format.clone() };
    let mut mode = import.mode;
    for (name, value) in request.form_pairs()? {
        match name.as_str() {
            "action" => is_reread = value == "reread",
            "encoding" => format.encoding = value,
            // A box that is not ticked is not sent.
            "has_header" => format.has_header = true,
            "delimiter" => match delimiter_of(&value) {
                Some(delimiter) => format.delimiter = delimiter,
                None => errors.push(FieldError::new("delimiter", "unknown", "Choose what stands between the fields.")),
            },
            "mode" => match Mode::from_word(&value) {
                Some(chosen) => mode = chosen,
                None => errors.push(FieldError::new("mode", "unknown", "Choose what becomes of known records.")),
            },
            _ => match name.strip_prefix("column_").and_then(|position| position.parse().ok()) {
                Some(position) if !value.is_empty() => {
                    mapping.insert(position, value);
                }
                Some(_) => {}
                None => return Err(Error::field(name, "unknown_field", "This form has no such field.")),
            },
        }
    }
    let id = import.id;
    let result = if errors.is_empty() {
        look(request, &import, Some(&format)).and_then(|found| {
            request.write(|tx| {
                let mapping = match is_reread {
                    true => mapping::guess(import.object, &Definitions::load(tx, import.object)?, &found.columns),
                    false => mapping.clone(),
                };
                service::set_mapping(tx, id, mode, format.clone(), found, mapping)?;
                if is_reread { Ok(()) } else { service::start(tx, id, true) }
            })
        })
    } else {
        Err(Error::Invalid(errors))
    };
    match result {
        Ok(()) if is_reread => {}
        Ok(()) => jobs::ask(&request.app, &RUN, Some(request.member()?.workspace_id()))?,
        Err(Error::Invalid(errors)) => {
            let errors = errors.into_iter().map(as_form_error).collect();
            let found = look(request, &import, Some(&import.format))?;
            (import.mapping, import.mode) = (mapping, mode);
            return request.page_with_errors("Columns", ABOVE, &mapping_page(request, import, found, errors)?);
        }
        Err(error) => return Err(error),
    }
    Ok(Reply::see_other(request.url(&format!("/people/imports/{id}"))))
}

/// `mapping/3` is the select `column_3` of the form.
fn as_form_error(error: FieldError) -> FieldError {
    match error.field.strip_prefix("mapping/") {
        Some(position) => FieldError::new(format!("column_{position}"), error.code, error.message),
        None if error.field == "mapping" => FieldError::new("column_0", error.code, error.message),
        None => error,
    }
}

fn run(request: &Request) -> Result<Reply, Error> {
    let id = sent::find(request)?.id;
    request.write(|tx| service::start(tx, id, false))?;
    jobs::ask(&request.app, &RUN, Some(request.member()?.workspace_id()))?;
    Ok(Reply::see_other(request.url(&format!("/people/imports/{id}"))))
}

fn cancel(request: &Request) -> Result<Reply, Error> {
    let id = sent::find(request)?.id;
    request.write(|tx| service::cancel(tx, id))?;
    Ok(Reply::see_other(request.url(&format!("/people/imports/{id}"))).toast("import-cancelled"))
}

fn errors_file(request: &Request) -> Result<Reply, Error> {
    let id = sent::find(request)?.id;
    let errors = request.read(|db| store::errors(db, id, store::ERRORS_KEPT))?;
    Ok(Reply::download(&format!("import-{id}-errors.csv"), CSV, super::errors_csv(errors)))
}

/// Left out rows as they stood in the file.
fn left_out_file(request: &Request) -> Result<Reply, Error> {
    rejected::reply(request, &sent::find(request)?)
}
