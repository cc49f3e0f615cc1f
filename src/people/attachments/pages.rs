//! The pages of files: all of a record, one by itself, its content, and the question before it goes.

use askama::Template;
use serde::Deserialize;

use super::view::{self, Files};
use super::{Attachment, ObjectId, media, preview, service};
use crate::error::{Error, FieldError};
use crate::id::{AttachmentId, CompanyId, ContactId};
use crate::people::asker;
use crate::people::notes::pages::{above, name_of};
use crate::people::record::Record;
use crate::permission::{Action, Area};
use crate::web::file::{self, StoredFile};
use crate::web::ui;
use crate::web::upload::Allowance;
use crate::web::{Access, Reply, Request, Route};

/// What `attachments.file_mb` says at most.
pub const CEILING: u64 = 4_000_000_000;
/// Files that one form may bring.
const AT_ONCE: usize = 50;
/// A preview is small; more than this is no preview of ours.
const PREVIEW_BYTES: usize = 4_000_000;

const VIEW_CONTACTS: Access = Access::may(Action::View, Area::Contacts);
const EDIT_CONTACTS: Access = Access::may(Action::Edit, Area::Contacts);
const VIEW_COMPANIES: Access = Access::may(Action::View, Area::Companies);
const EDIT_COMPANIES: Access = Access::may(Action::Edit, Area::Companies);

pub const ROUTES: &[Route] = &[
    Route::get("/w/{slug}/people/contacts/{id}/attachments", VIEW_CONTACTS, |r| list(r, contact(r)?)),
    Route::post("/w/{slug}/people/contacts/{id}/attachments", EDIT_CONTACTS, |r| add(r, contact(r)?))
        .attachments(CEILING, |r| allow(r, contact(r)?)),
    Route::get("/w/{slug}/people/companies/{id}/attachments", VIEW_COMPANIES, |r| list(r, company(r)?)),
    Route::post("/w/{slug}/people/companies/{id}/attachments", EDIT_COMPANIES, |r| add(r, company(r)?))
        .attachments(CEILING, |r| allow(r, company(r)?)),
    // Whose files a member may see hangs on the record each is on; the service asks.
    Route::get("/w/{slug}/people/attachments/{object}", Access::Member, show),
    Route::post("/w/{slug}/people/attachments/{object}", Access::Member, rename),
    Route::get("/w/{slug}/people/attachments/{object}/content", Access::Member, content),
    Route::get("/w/{slug}/people/attachments/{object}/preview", Access::Member, small_picture),
    Route::get("/w/{slug}/people/attachments/{object}/delete", Access::Member, ask_delete),
    Route::post("/w/{slug}/people/attachments/{object}/delete", Access::Member, delete),
];

fn contact(request: &Request) -> Result<Record, Error> {
    request.param::<ContactId>("id").map(Record::Contact)
}

fn company(request: &Request) -> Result<Record, Error> {
    request.param::<CompanyId>("id").map(Record::Company)
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Look {
    before: Option<AttachmentId>,
    all: bool,
    /// The frame reads it.
    #[serde(rename = "done")]
    _done: String,
}

#[derive(Template)]
#[template(path = "people/attachments/list.html")]
struct List {
    name: String,
    files: Files,
}

fn list(request: &Request, on: Record) -> Result<Reply, Error> {
    let look: Look = request.query()?;
    page_of(request, on, look.before, Vec::new())
}

fn page_of(
    request: &Request,
    on: Record,
    before: Option<AttachmentId>,
    errors: Vec<FieldError>,
) -> Result<Reply, Error> {
    let access = asker::access(request, on.area());
    let (read, name, owner) = request.read(|db| {
        let owner = crate::people::notes::service::owner(db, on)?;
        access.demand_view(owner, on.kind())?;
        Ok((view::read_all(db, on, before)?, name_of(db, on)?, owner))
    })?;
    let is_refused = !errors.is_empty();
    let files = Files::new(request, read, on, access.edit.covers(owner)).with_errors(errors);
    let page = List { name, files };
    let above = [above(on), (page.name.as_str(), &*on.path())];
    if is_refused {
        request.page_with_errors("Files", &above, &page)
    } else {
        request.page_below("Files", &above, &page)
    }
}

/// How much the asker may send, before any of it is taken.
fn allow(request: &Request, on: Record) -> Result<Allowance, Error> {
    let limits = &request.app.config.attachments;
    let access = asker::access(request, on.area());
    let room = request.read(|db| {
        access.demand_edit(crate::people::notes::service::owner(db, on)?, on.kind())?;
        service::room(db, limits)
    })?;
    Ok(Allowance { each: limits.each, files: AT_ONCE, room, quota: limits.quota })
}

fn add(request: &Request, on: Record) -> Result<Reply, Error> {
    let look: Look = request.query()?;
    match attach(request, on) {
        Ok(()) if request.wants_fragment() => {
            let read = request.read(|db| if look.all { view::read_all(db, on, None) } else { view::read(db, on) })?;
            request.fragment(&Files::new(request, read, on, true))
        }
        Ok(()) if look.all => {
            Ok(Reply::see_other(request.url(&format!("{}/attachments", on.path()))).toast("attached"))
        }
        Ok(()) => Ok(Reply::see_other(request.url(&on.path())).toast("attached")),
        Err(Error::Invalid(errors)) => page_of(request, on, None, errors),
        Err(error) => Err(error),
    }
}

/// Attaches what came with the form.
fn attach(request: &Request, on: Record) -> Result<(), Error> {
    request.no_fields()?;
    let access = asker::access(request, on.area());
    let limits = &request.app.config.attachments;
    let sent: Vec<_> = request.uploads().iter().filter(|upload| !upload.is_nothing()).collect();
    if sent.is_empty() {
        return Err(Error::field("file", "required", "Choose a file."));
    }
    // Before pictures are decoded; asked again by what attaches them.
    request.read(|db| service::demand_place(db, on, sent.len(), limits, &access))?;
    let member = request.member()?;
    let keys = request.app.keys.workspace(member.workspace_id())?;
    let taken = sent.iter().map(|upload| service::take(&member.workspace, &keys, &upload.file_name, &upload.blob));
    let files = taken.collect::<Result<Vec<_>, _>>()?;
    request.write(|tx| service::add(tx, on, &files, &keys, limits, &access))?;
    files.iter().for_each(service::Taken::keep);
    Ok(())
}

/// The file of the address, as far as the asker may see it.
fn find(request: &Request) -> Result<Attachment, Error> {
    let object: ObjectId = request.param("object")?;
    request.read(|db| service::get_by_object(db, object, asker::access_to(request)))
}

#[derive(Template)]
#[template(path = "people/attachments/show.html")]
struct Show {
    path: String,
    back: String,
    on_name: String,
    file: Attachment,
    word: &'static str,
    icon: &'static str,
    misnamed: Option<&'static str>,
    added_by: String,
    /// As it was typed.
    name: String,
    version: i64,
    may_edit: bool,
    may_delete: bool,
    is_stale: bool,
    errors: Vec<FieldError>,
}

fn show(request: &Request) -> Result<Reply, Error> {
    // The history knows files by their id.
    if let Ok(id) = request.param::<AttachmentId>("object") {
        let file = request.read(|db| service::get(db, id, asker::access_to(request)))?;
        return Ok(Reply::see_other(request.url(&file.path())));
    }
    let file = find(request)?;
    let name = file.name.clone();
    page(request, file, name, false, Vec::new())
}

fn page(
    request: &Request,
    file: Attachment,
    name: String,
    is_stale: bool,
    errors: Vec<FieldError>,
) -> Result<Reply, Error> {
    let on = file.on;
    let access = asker::access(request, on.area());
    let (owner, on_name) = request.read(|db| Ok((crate::people::notes::service::owner(db, on)?, name_of(db, on)?)))?;
    let directory = asker::directory(request)?;
    let media = media::by_type(&file.media_type);
    let is_refused = !errors.is_empty();
    let page = Show {
        path: request.url(&file.path()),
        back: request.url(&on.path()),
        on_name,
        word: media.word,
        icon: media.icon,
        misnamed: media.misnamed(&file.name),
        added_by: file.author.map(|author| directory.name(author).to_owned()).unwrap_or_default(),
        name,
        version: file.version,
        may_edit: access.edit.covers(owner),
        may_delete: access.delete.covers(owner),
        is_stale,
        errors,
        file,
    };
    let above = [above(on), (page.on_name.as_str(), &*on.path())];
    if is_refused {
        return request.page_with_errors(&page.file.name, &above, &page);
    }
    Ok(request.page_below(&page.file.name, &above, &page)?.status(if is_stale { 409 } else { 200 }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RenameForm {
    version: i64,
    name: String,
}

fn rename(request: &Request) -> Result<Reply, Error> {
    let form: RenameForm = request.form()?;
    let id = find(request)?.id;
    match request.write(|tx| service::rename(tx, id, form.version, &form.name, asker::access_to(request))) {
        Ok(file) => Ok(Reply::see_other(request.url(&file.path())).toast("saved")),
        Err(Error::Invalid(errors)) => page(request, find(request)?, form.name, false, errors),
        Err(Error::Stale(_)) => page(request, find(request)?, form.name, true, Vec::new()),
        Err(error) => Err(error),
    }
}

fn content(request: &Request) -> Result<Reply, Error> {
    let file = find(request)?;
    hand_out(request, &file)
}

/// The content of a file that the asker was found to see. Shared with the API.
pub(super) fn hand_out(request: &Request, attachment: &Attachment) -> Result<Reply, Error> {
    let workspace = request.member()?.workspace.clone();
    let key = service::key(attachment, |version| request.app.keys.workspace_version(workspace.id, version))?;
    let stored = StoredFile {
        name: &attachment.name,
        media_type: media::by_type(&attachment.media_type).content_type,
        size: attachment.size.unsigned_abs(),
        tag: attachment.sha256_words(),
        is_shown: false,
    };
    file::reply(request, &stored, &|from| {
        let mut reader = workspace.blobs().open(&attachment.object.0, &key)?;
        if from > 0 {
            reader.seek_to(from)?;
        }
        Ok(Box::new(reader))
    })
}

fn small_picture(request: &Request) -> Result<Reply, Error> {
    let file = find(request)?;
    hand_out_preview(request, &file)
}

/// The small picture of a file that the asker was found to see. Shared with the API.
pub(super) fn hand_out_preview(request: &Request, attachment: &Attachment) -> Result<Reply, Error> {
    let object = attachment.preview.ok_or(Error::NotFound("preview"))?;
    let workspace = &request.member()?.workspace;
    let key = service::key(attachment, |version| request.app.keys.workspace_version(workspace.id, version))?;
    let bytes = workspace.blobs().open(&object.0, &key)?.read_all(PREVIEW_BYTES)?;
    let stored = StoredFile {
        name: &attachment.name,
        media_type: preview::content_type(&bytes),
        size: bytes.len() as u64,
        tag: object.to_string(),
        is_shown: true,
    };
    let bytes = bytes.to_vec();
    file::reply(request, &stored, &|from| {
        let rest = bytes.get(usize::try_from(from).unwrap_or(usize::MAX)..).unwrap_or_default();
        Ok(Box::new(std::io::Cursor::new(rest.to_vec())))
    })
}

#[derive(Template)]
#[template(path = "people/attachments/delete.html")]
struct Delete {
    path: String,
    name: String,
    version: i64,
    is_stale: bool,
}

fn ask_delete(request: &Request) -> Result<Reply, Error> {
    delete_page(request, false)
}

fn delete_page(request: &Request, is_stale: bool) -> Result<Reply, Error> {
    let file = find(request)?;
    let access = asker::access(request, file.on.area());
    let on_name = request.read(|db| {
        access.demand_delete(crate::people::notes::service::owner(db, file.on)?, "attachment")?;
        name_of(db, file.on)
    })?;
    let (on, own) = (file.on.path(), file.path());
    let above = [above(file.on), (on_name.as_str(), on.as_str()), (file.name.as_str(), own.as_str())];
    let page = Delete { path: request.url(&own), name: file.name.clone(), version: file.version, is_stale };
    request.page_below("Delete", &above, &page)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DeleteForm {
    version: i64,
}

fn delete(request: &Request) -> Result<Reply, Error> {
    let form: DeleteForm = request.form()?;
    let id = find(request)?.id;
    match request.write(|tx| service::delete(tx, id, Some(form.version), asker::access_to(request))) {
        Ok(file) => {
            clear(request)?;
            Ok(Reply::see_other(request.url(&file.on.path())).toast("file-deleted"))
        }
        // Somebody renamed it meanwhile: ask again, about what it is now.
        Err(Error::Stale(_)) => Ok(delete_page(request, true)?.status(409)),
        Err(error) => Err(error),
    }
}

/// Removes from the disk what the last commit deleted. Called after everything that deletes records or files.
///
/// The keys are gone with the commit; a disk that does not let go of a file is asked again by the job.
pub(in crate::people) fn clear(request: &Request) -> Result<(), Error> {
    if let Err(error) = service::clear(&request.member()?.workspace, request.now(), &request.origin()) {
        tracing::warn!(%error, "deleted files stay on the disk for now; the job removes them");
    }
    Ok(())
}
