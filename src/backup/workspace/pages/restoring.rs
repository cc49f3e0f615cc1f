//! The choice before a restore, and its progress and report.

use askama::Template;
use serde::Deserialize;

use super::{ABOVE, At, PAGE, ask, chain, read_moment};
use crate::backup::restore;
use crate::backup::workspace::{Into, NewRestore, Restore, State, service};
use crate::clock::Timestamp;
use crate::error::{Error, FieldError};
use crate::id::WorkspaceId;
use crate::members::roles::OWNER;
use crate::members::workspaces;
use crate::privacy::audit::{self, EntryFilter};
use crate::privacy::ledger;
use crate::web::{Reply, Request, ui};

/// What a form of this page says.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub struct Form {
    into: String,
    #[serde(default)]
    at: String,
    /// The restore whose state before it is wanted.
    #[serde(default)]
    before: Option<i64>,
    #[serde(default)]
    name: String,
    #[serde(default)]
    slug: String,
}

#[derive(Template)]
#[template(path = "backup/workspace/restore.html")]
struct Choose {
    here: String,
    is_owner: bool,
    workspace: String,
    /// As the browser's field writes it.
    field: String,
    at: String,
    moment: Option<Timestamp>,
    /// The moment that can be reached: it or just before.
    reached: Option<Timestamp>,
    oldest: Option<Timestamp>,
    /// Lines of the log after the moment that comes back, and between it and the one that is wanted.
    lost: i64,
    missing: i64,
    erased: i64,
    new_name: String,
    new_slug: String,
    typed: String,
    hint: String,
    /// Of the form for a new workspace, of that in place, and of the moment.
    new_errors: Vec<FieldError>,
    place_errors: Vec<FieldError>,
    moment_errors: Vec<FieldError>,
}

impl Choose {
    fn new(request: &Request, form: &Form, errors: Vec<FieldError>) -> Result<Choose, Error> {
        let member = request.member()?;
        let id = member.workspace.id;
        let chain = chain(request)?;
        let moment = read_moment(&form.at);
        let reached = match moment {
            Some(moment) => restore::reached(&request.app, &chain, id, moment)?,
            None => None,
        };
        let oldest =
            chain.copies_of(id).filter(|(_, copy)| copy.verified.is_some()).map(|(_, copy)| copy.holds_until()).min();
        let since = |from: Option<Timestamp>, until: Option<Timestamp>| {
            let filter = EntryFilter { from, until, ..EntryFilter::default() };
            request.read(|db| audit::count(db, &filter))
        };
        let (lost, missing) = match (reached, moment) {
            (Some(reached), Some(moment)) => (since(Some(reached), None)?, since(Some(reached), Some(moment))?),
            _ => (0, 0),
        };
        let (moment_errors, others): (Vec<_>, Vec<_>) = errors.into_iter().partition(|error| error.field == "until");
        let is_new = form.into == Into::New.word();
        let (new_errors, place_errors) = if is_new { (others, Vec::new()) } else { (Vec::new(), others) };
        let day = moment.map_or_else(String::new, |moment| moment.rfc3339()[..10].to_owned());
        let as_typed = |text: &str, usual: String| if is_new { text.to_owned() } else { usual };
        Ok(Choose {
            here: request.url(PAGE),
            is_owner: member.role_key == OWNER,
            workspace: member.workspace_name.clone(),
            field: moment.map_or_else(|| form.at.clone(), |moment| moment.rfc3339()[..19].to_owned()),
            at: moment.map_or_else(String::new, Timestamp::rfc3339),
            moment,
            reached,
            oldest,
            lost,
            missing,
            erased: promised(request, id, reached)?,
            new_name: as_typed(&form.name, format!("{} of {day}", member.workspace_name)),
            new_slug: as_typed(&form.slug, free_slug(request, &format!("{}-{day}", member.workspace_slug))?),
            typed: if is_new { String::new() } else { form.name.clone() },
            hint: format!("Type {} to say that you mean this one.", member.workspace_name),
            new_errors,
            place_errors,
            moment_errors,
        })
    }
}

/// A slug that no workspace has yet.
fn free_slug(request: &Request, wanted: &str) -> Result<String, Error> {
    let wanted: String = wanted.chars().take(36).collect();
    let numbered = (2..100).map(|number| format!("{wanted}-{number}"));
    for slug in std::iter::once(wanted.clone()).chain(numbered) {
        match request.read_control(|db| workspaces::find_by_slug(db, &slug)) {
            Err(Error::NotFound(_)) => return Ok(slug),
            Err(error) => return Err(error),
            Ok(_) => {}
        }
    }
    Ok(wanted)
}

/// People who were erased since, or restricted, or who said no: the restore repeats it.
fn promised(request: &Request, id: WorkspaceId, since: Option<Timestamp>) -> Result<i64, Error> {
    let Some(since) = since else { return Ok(0) };
    let entries = request.read_control(|db| ledger::entries(db, id, 0))?;
    let is_done = |entry: &&ledger::Entry| entry.at >= since && entry.phase == ledger::Phase::Done.word();
    Ok(i64::try_from(entries.iter().filter(is_done).count()).unwrap_or(i64::MAX))
}

pub fn choose(request: &Request) -> Result<Reply, Error> {
    let at: At = request.query()?;
    let form = Form { at: at.at, ..Form::default() };
    let is_readable = read_moment(&form.at).is_some();
    let errors = if is_readable { Vec::new() } else { vec![no_moment()] };
    request.page_below("Go back in time", ABOVE, &Choose::new(request, &form, errors)?)
}

fn no_moment() -> FieldError {
    FieldError::new("until", "no_moment", "Choose a day and a time.")
}

pub fn begin(request: &Request) -> Result<Reply, Error> {
    let form: Form = request.form()?;
    let into = Into::from_word(&form.into).unwrap_or(Into::New);
    let until = match (read_moment(&form.at), form.before) {
        (_, Some(_)) => Ok(Timestamp(0)),
        (Some(until), None) => Ok(until),
        (None, None) => Err(Error::Invalid(vec![no_moment()])),
    };
    let (name, slug) = (form.name.clone(), form.slug.clone());
    let asked =
        until.and_then(|until| ask(request, &NewRestore { into, until, from_restore: form.before, name, slug }));
    match (asked, form.before) {
        (Ok(page), _) => Ok(Reply::see_other(page)),
        (Err(Error::Invalid(errors)), Some(before)) => {
            let workspace = request.member()?.workspace.id;
            let restore = request.read_control(|db| service::find(db, workspace, before))?;
            request.page_with_errors("Restore", ABOVE, &Show::new(request, restore, form.name, errors)?)
        }
        (Err(Error::Invalid(errors)), None) => {
            request.page_with_errors("Go back in time", ABOVE, &Choose::new(request, &form, errors)?)
        }
        (Err(error), _) => Err(error),
    }
}

#[derive(Template)]
#[template(path = "backup/workspace/show.html")]
struct Show {
    here: String,
    page: String,
    is_owner: bool,
    restore: Restore,
    has_quarantine: bool,
    /// What was kept again, in words.
    kept: Vec<(String, i64)>,
    /// The page of the workspace that was made.
    made: String,
    typed: String,
    hint: String,
    errors: Vec<FieldError>,
}

impl Show {
    fn new(request: &Request, restore: Restore, typed: String, errors: Vec<FieldError>) -> Result<Show, Error> {
        let member = request.member()?;
        let here = request.url(PAGE);
        let kept = restore.report.iter().flat_map(|report| &report.kept_again);
        Ok(Show {
            page: format!("{here}/restores/{}", restore.id),
            is_owner: member.role_key == OWNER,
            has_quarantine: restore.has_quarantine(request.now()),
            kept: kept.map(|(word, count)| (promise(word), i64::try_from(*count).unwrap_or(i64::MAX))).collect(),
            made: format!("/w/{}", restore.new_slug),
            typed,
            hint: format!("Type {} to say that you mean this one.", member.workspace_name),
            errors,
            here,
            restore,
        })
    }

    fn heading(&self) -> &'static str {
        match (self.restore.into, self.restore.state) {
            (_, State::Failed) => "The restore failed",
            (_, State::Cancelled) => "The restore was stopped",
            (Into::New, State::Done) => "The restored workspace is ready",
            (Into::InPlace, State::Done) => "The workspace is back",
            _ => "The restore is under way",
        }
    }
}

/// A word of the ledger, for a list.
fn promise(word: &str) -> String {
    match word {
        "erase" => "erased again",
        "restrict" => "restricted again",
        "restriction_lifted" => "restrictions ended again",
        "object" => "objections",
        "objection_lifted" => "objections taken back",
        "unsubscribe" => "unsubscribed addresses",
        "consent_withdrawn" => "consents withdrawn again",
        other => other,
    }
    .to_owned()
}

pub fn show(request: &Request) -> Result<Reply, Error> {
    let (workspace, id) = (request.member()?.workspace.id, request.param("id")?);
    let restore = request.read_control(|db| service::find(db, workspace, id))?;
    request.page_below("Restore", ABOVE, &Show::new(request, restore, String::new(), Vec::new())?)
}

/// The report as JSON, as programs get it.
pub fn report(request: &Request) -> Result<Reply, Error> {
    let (workspace, id) = (request.member()?.workspace.id, request.param("id")?);
    let restore = request.read_control(|db| service::find(db, workspace, id))?;
    Reply::json(&restore.report.ok_or(Error::NotFound("report"))?)
}
