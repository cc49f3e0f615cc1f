//! `/audit/export`: a log as JSON lines, of any length, and an entry that says who took it.

use std::io::Write;
use std::sync::Arc;

use askama::Template;
use serde::Deserialize;

use super::pages::Filter;
use super::view::{self, Log, Names};
use super::{EntryFilter, Event, lines, record, store};
use crate::app::App;
use crate::db::Workspace;
use crate::error::{Error, FieldError};
use crate::permission::{Action, Area};
use crate::web::ui::{self, Choice};
use crate::web::{Access, Reply, Request, Route};

const EXPORT: Access = Access::may(Action::Export, Area::Audit);
/// Entries read at a time: a long log needs no memory, and no reader is held while it is sent.
const BATCH: i64 = 500;
const JSON_LINES: &str = "application/x-ndjson; charset=utf-8";

pub const ROUTES: &[Route] = &[
    Route::get("/w/{slug}/audit/export", EXPORT, ask).step_up(),
    Route::post("/w/{slug}/audit/export", EXPORT, export).step_up(),
];

const ABOVE: &[(&str, &str)] = &[("Audit log", "/audit")];

#[derive(Template)]
#[template(path = "privacy/audit/export.html")]
struct Export {
    log: String,
    logs: [Choice; 2],
    from: String,
    until: String,
    /// True when names and old values of both logs come along.
    everything: bool,
    back: String,
    errors: Vec<FieldError>,
}

impl Export {
    fn new(request: &Request, form: Form, errors: Vec<FieldError>) -> Result<Export, Error> {
        let names = Names::of(request)?;
        Ok(Export {
            log: form.log,
            logs: [
                Choice::new(Log::Records.word(), "Records")
                    .hint("What happened to contacts, companies and everything kept here."),
                Choice::new(Log::Access.word(), "People and access")
                    .hint("Members, roles, invitations, tokens of this workspace."),
            ],
            from: form.from,
            until: form.until,
            everything: names.may_see_personal(Log::Records) && names.may_see_personal(Log::Access),
            back: request.url("/audit"),
            errors,
        })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    #[serde(default)]
    log: String,
    #[serde(default)]
    from: String,
    #[serde(default)]
    until: String,
}

fn ask(request: &Request) -> Result<Reply, Error> {
    let form = Form { log: Log::Records.word().into(), from: String::new(), until: String::new() };
    request.page_below("Export", ABOVE, &Export::new(request, form, Vec::new())?)
}

fn export(request: &Request) -> Result<Reply, Error> {
    let form: Form = request.form()?;
    let days = Filter::days(&form.from, &form.until);
    let (log, filter) = match (Log::from_word(&form.log), days.read(&request.reader().zone)) {
        (Some(log), Ok(filter)) => (log, filter),
        (log, filter) => {
            let mut errors = filter.err().unwrap_or_default();
            if log.is_none() {
                errors.insert(0, FieldError::new("log", "required", "Choose one of the two logs."));
            }
            return request.page_with_errors("Export", ABOVE, &Export::new(request, form, errors)?);
        }
    };
    let workspace = request.member()?.workspace.clone();
    let filter = log.scope(workspace.id, EntryFilter { limit: BATCH, ..filter });
    let with_personal = Names::of(request)?.may_see_personal(log);
    // Counted and recorded before the first byte leaves: an export that breaks off was still taken.
    let count = log.read(request, |db| store::count(db, &filter))?;
    log.write(request, |tx| {
        let event = Event::new("privacy.audit.exported").on("log", log.word()).in_workspace(workspace.id);
        let event = event.detail("entries", count).detail("with_personal", with_personal);
        record(tx, event.detail("from", form.from.as_str()).detail("until", form.until.as_str()))
    })?;
    let name = format!("audit-{}.jsonl", log.word());
    let app = request.app.clone();
    Ok(Reply::download(
        &name,
        JSON_LINES,
        Box::new(move |out| write(&app, &workspace, log, filter, with_personal, out)),
    ))
}

fn write(
    app: &App,
    workspace: &Arc<Workspace>,
    log: Log,
    mut filter: EntryFilter,
    with_personal: bool,
    out: &mut dyn Write,
) -> Result<(), Error> {
    loop {
        let (entries, next) = match log {
            Log::Records => workspace.file.read(app.now(), |db| view::page(db, &filter))?,
            Log::Access => app.read(|db| view::page(db, &filter))?,
        };
        for entry in &entries {
            serde_json::to_writer(&mut *out, &lines::fact(entry, with_personal)?)?;
            out.write_all(b"\n")?;
        }
        match next {
            Some(before) => filter.before = Some(before),
            None => return Ok(()),
        }
    }
}
