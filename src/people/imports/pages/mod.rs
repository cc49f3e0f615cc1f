//! The HTML pages under `/people/imports`: the wizard from file to finished import.

use askama::Template;
use serde::Deserialize;

mod column;
mod mapping;

use super::deciding;
use super::deciding::pages::Decisions;
use super::fields::Fields;
use super::jobs::RUN;
use super::rows::{self, FirstLook, Format};
use super::{Import, ImportError, Object, State, rejected, remembered, sent, service, store};
use crate::error::{Error, FieldError};
use crate::jobs;
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
    // Before those with an id in the same place.
    Route::get("/w/{slug}/people/imports/mappings", ACCESS, remembered::pages::list),
    Route::post("/w/{slug}/people/imports/mappings/{id}/name", ACCESS, remembered::pages::rename),
    Route::post("/w/{slug}/people/imports/mappings/{id}/removal", ACCESS, remembered::pages::forget),
    Route::get("/w/{slug}/people/imports/{id}", ACCESS, show),
    Route::get("/w/{slug}/people/imports/{id}/progress", ACCESS, progress),
    Route::get("/w/{slug}/people/imports/{id}/errors.csv", ACCESS, errors_file),
    Route::get("/w/{slug}/people/imports/{id}/left-out.csv", ACCESS, left_out_file),
    Route::post("/w/{slug}/people/imports/{id}/mapping", ACCESS, mapping::map),
    Route::get("/w/{slug}/people/imports/{id}/columns", ACCESS, columns),
    Route::get("/w/{slug}/people/imports/{id}/columns/{position}", ACCESS, column::show),
    Route::post("/w/{slug}/people/imports/{id}/columns/{position}", ACCESS, column::save),
    Route::post("/w/{slug}/people/imports/{id}/values", ACCESS, deciding::pages::decide_values),
    Route::post("/w/{slug}/people/imports/{id}/resembling", ACCESS, deciding::pages::decide_rows),
    Route::post("/w/{slug}/people/imports/{id}/run", ACCESS, run),
    Route::post("/w/{slug}/people/imports/{id}/cancel", ACCESS, cancel),
];

pub(super) const ABOVE: &[(&str, &str)] = &[("Contacts", "/people/contacts"), ("Imports", "/people/imports")];

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

pub(super) fn mode_choices() -> Vec<Choice> {
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
#[template(path = "people/imports/show.html")]
struct Show {
    base: String,
    contacts: String,
    /// The page of the change by which it can be taken back; empty when nothing can be.
    change: String,
    import: Import,
    fields: Fields,
    errors: Vec<ImportError>,
    /// Consents that were not taken from rows that were.
    remarks: Vec<ImportError>,
    /// What is to be decided before the run.
    decisions: Decisions,
    faults: Vec<FieldError>,
}

impl Show {
    /// Of a hundred; by bytes, since nobody knows how many rows a file has before it is read.
    fn percent(&self) -> i64 {
        (self.import.bytes_read * 100 / self.import.file_size.max(1)).min(100)
    }

    fn contact_url(&self, path: &str) -> String {
        format!("{}{path}", self.base.trim_end_matches("/people/imports"))
    }

    fn is_under_way(&self) -> bool {
        matches!(self.import.state, State::Checking | State::Running)
    }

    fn field_words(&self, field: &str) -> String {
        self.fields.label(field).unwrap_or_else(|| "The whole row".to_owned())
    }
}

fn show(request: &Request) -> Result<Reply, Error> {
    let import = sent::find(request)?;
    match import.state {
        State::Mapping => columns(request),
        _ => request.page_below("Import", ABOVE, &show_page(request, import, None)?),
    }
}

/// The columns, also of an import that was checked already: it can be changed until it is run.
fn columns(request: &Request) -> Result<Reply, Error> {
    let import = sent::find(request)?;
    if !matches!(import.state, State::Mapping | State::Checked) {
        return Err(Error::Conflict("this import has been started, so its columns can no longer be changed".into()));
    }
    let look = look(request, &import, Some(&import.format))?;
    request.page_below("Columns", ABOVE, &mapping::page(request, import, look, Vec::new())?)
}

/// The page of a checked import with what is wrong with what somebody decided, and with what they chose.
pub(in crate::people::imports) fn with_faults(
    request: &Request,
    import: Import,
    chosen: &[(String, String)],
    faults: Vec<FieldError>,
) -> Result<Reply, Error> {
    let page = Show { faults, ..show_page(request, import, Some(chosen))? };
    request.page_with_errors("Import", ABOVE, &page)
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
    let page = show_page(request, sent::find(request)?, None)?;
    if page.is_under_way() {
        return request.fragment(&Progress { base: &page.base, import: &page.import, percent: page.percent() });
    }
    // The pass has ended: the whole page shows what came of it.
    Ok(Reply::nothing().status(200).header("HX-Redirect", format!("{}/{}", page.base, page.import.id)))
}

fn show_page(request: &Request, import: Import, chosen: Option<&[(String, String)]>) -> Result<Show, Error> {
    let contacts = match import.object {
        Object::Contact => request.url("/people/contacts"),
        Object::Company => request.url("/people/companies"),
    };
    let may_define = request.may(Action::Manage, Area::Settings);
    let (errors, remarks, fields, decisions) = request.read(|db| {
        let fields = service::fields(db, &import)?;
        let decisions = Decisions::read(db, &import, &fields, may_define, chosen.unwrap_or_default())?;
        let shown = |is_remark| store::errors(db, import.id, is_remark, ERRORS_SHOWN);
        Ok((shown(false)?, shown(true)?, fields, decisions))
    })?;
    let is_over = matches!(import.state, State::Done | State::Failed | State::Cancelled);
    let change = import.change.filter(|_| is_over).map(|change| request.url(&format!("/people/changes/{change}")));
    let (base, change) = (request.url("/people/imports"), change.unwrap_or_default());
    Ok(Show { base, contacts, change, import, fields, errors, remarks, decisions, faults: Vec::new() })
}

/// The beginning of the file, read as `format` says, or as is guessed.
pub(in crate::people::imports) fn look(
    request: &Request,
    import: &Import,
    format: Option<&Format>,
) -> Result<FirstLook, Error> {
    let member = request.member()?;
    let keys = request.app.keys.workspace(member.workspace_id())?;
    rows::look(upload::open(&service::path(&member.workspace, import)?, &keys)?, format)
}

fn run(request: &Request) -> Result<Reply, Error> {
    let import = sent::find(request)?;
    sent::demand_fields(request, &import)?;
    if import.counts.resembling > 0 && import.on_resembling.is_none() {
        let message = "Say first what becomes of rows that resemble somebody.";
        return with_faults(request, import, &[], vec![FieldError::new("all", "required", message)]);
    }
    request.write(|tx| service::start(tx, import.id, false))?;
    ask(request, &import)
}

/// Asks for the pass that was started, and leads to the import.
pub(in crate::people::imports) fn ask(request: &Request, import: &Import) -> Result<Reply, Error> {
    jobs::ask(&request.app, &RUN, Some(request.member()?.workspace_id()))?;
    Ok(Reply::see_other(request.url(&format!("/people/imports/{}", import.id))))
}

fn cancel(request: &Request) -> Result<Reply, Error> {
    let id = sent::find(request)?.id;
    request.write(|tx| service::cancel(tx, id))?;
    Ok(Reply::see_other(request.url(&format!("/people/imports/{id}"))).toast("import-cancelled"))
}

fn errors_file(request: &Request) -> Result<Reply, Error> {
    let id = sent::find(request)?.id;
    let errors = request.read(|db| store::errors_and_remarks(db, id))?;
    Ok(Reply::download(&format!("import-{id}-errors.csv"), CSV, super::errors_csv(errors)))
}

/// Left out rows as they stood in the file.
fn left_out_file(request: &Request) -> Result<Reply, Error> {
    rejected::reply(request, &sent::find(request)?)
}
