//! What one can do with an import: take a file, map it, check it, run it, stop it.

use std::io::Read;
use std::path::PathBuf;

use super::rows::{self, FirstLook, Format};
use super::store;
use super::{Import, Mapping, Mode, NewImport, Object, State, mapping};
use crate::clock::Timestamp;
use crate::db::{Db, Origin, Tx, Workspace};
use crate::error::Error;
use crate::id::{ChangeId, ImportId, MemberId};
use crate::people::custom_fields::Definitions;
use crate::people::undo;
use crate::privacy::audit::{self, Event};

/// An uploaded file is kept this long (promises.md, section 9).
const KEEP_FILE_MS: i64 = 7 * Timestamp::DAY;

/// A file that was uploaded and lies sealed in the folder `uploads`.
pub struct Uploaded<'a> {
    pub file_name: &'a str,
    /// Its name in the folder.
    pub file: String,
    pub size: i64,
    /// How it is written, where that is known.
    pub format: Option<Format>,
    /// See [`Import::remark`].
    pub remark: String,
}

/// What the member who imports may do; fixed when the import is made.
pub struct Power {
    pub member: MemberId,
    /// Whose records may be changed, as `Reach::owners_json` says it.
    pub reach: Option<String>,
    pub may_assign: bool,
}

/// Takes a file: finds out how it is written and guesses what its columns are.
pub fn create(
    tx: &Tx,
    object: Object,
    mode: Mode,
    uploaded: Uploaded,
    input: impl Read,
    power: Power,
) -> Result<ImportId, Error> {
    let FirstLook { format, columns, .. } = rows::look(input, uploaded.format.as_ref())?;
    let mapping = mapping::guess(object, &Definitions::load(tx, object)?, &columns);
    let kind = format.kind;
    let id = store::insert(
        tx,
        &NewImport {
            object,
            mode,
            file_name: uploaded.file_name.to_owned(),
            file: uploaded.file,
            file_size: uploaded.size,
            format,
            columns,
            mapping,
            reach: power.reach,
            may_assign: power.may_assign,
            remark: uploaded.remark,
            created_by: Some(power.member),
        },
    )?;
    let event = Event::new("people.import.uploaded").on("import", id).detail("object", object.word());
    let event = event.detail("kind", kind.word());
    audit::record(tx, event.detail("bytes", uploaded.size).personal("file_name", uploaded.file_name))?;
    Ok(id)
}

/// The import with this id.
pub fn get(db: &Db, id: ImportId) -> Result<Import, Error> {
    store::find(db, id)?.ok_or(Error::NotFound("import"))
}

/// How the file is to be read and where its columns go. Refused while a pass is under way or done.
pub fn set_mapping(
    tx: &Tx,
    id: ImportId,
    mode: Mode,
    format: Format,
    look: FirstLook,
    mapping: Mapping,
) -> Result<(), Error> {
    let mut import = get(tx, id)?;
    if !matches!(import.state, State::Mapping | State::Checked) {
        return Err(Error::Conflict("this import has been started, so its columns can no longer be changed".into()));
    }
    mapping::check(import.object, &Definitions::load(tx, import.object)?, look.columns.len(), &mapping)?;
    (import.mode, import.format, import.columns, import.mapping) = (mode, format, look.columns, mapping);
    store::set_mapping(tx, &import)?;
    audit::record(tx, Event::new("people.import.mapped").on("import", id).detail("mode", mode.word()))
}

/// Starts a pass: a dry run that writes nothing, or the real one. The job does the work.
pub fn start(tx: &Tx, id: ImportId, is_dry: bool) -> Result<(), Error> {
    let import = get(tx, id)?;
    if import.file.is_none() {
        return Err(Error::Conflict("the file of this import is gone: upload it again".into()));
    }
    if !matches!(import.state, State::Mapping | State::Checked) {
        return Err(Error::Conflict("this import has been started already".into()));
    }
    mapping::check(import.object, &Definitions::load(tx, import.object)?, import.columns.len(), &import.mapping)?;
    store::begin(tx, id, if is_dry { State::Checking } else { State::Running })?;
    let action = if is_dry { "people.import.check_started" } else { "people.import.started" };
    audit::record(tx, Event::new(action).on("import", id).detail("mode", import.mode.word()))
}

/// Asks a pass to stop after the batch at hand. What was written stays.
pub fn cancel(tx: &Tx, id: ImportId) -> Result<(), Error> {
    let import = get(tx, id)?;
    match import.state {
        State::Checking | State::Running => store::ask_to_cancel(tx, id)?,
        State::Mapping | State::Checked => store::finish(tx, id, State::Cancelled, "")?,
        State::Done | State::Failed | State::Cancelled => {
            return Err(Error::Conflict("this import has ended already".into()));
        }
    }
    audit::record(tx, Event::new("people.import.cancelled").on("import", id))
}

/// True while the import of this change has rows to write.
pub fn is_writing(db: &Db, change: ChangeId) -> Result<bool, Error> {
    store::is_running(db, change)
}

/// The change by which an import can be taken back.
pub fn change(import: &Import) -> Result<ChangeId, Error> {
    let message = "this import has written nothing that could be taken back";
    import.change.ok_or_else(|| Error::Conflict(message.into()))
}

/// The change that a batch is part of: begun with the first one, gone on with by all others.
pub fn go_on(tx: &Tx, import: &Import, begun: Option<ChangeId>) -> Result<undo::Change, Error> {
    if let Some(id) = begun {
        return Ok(undo::Change { id });
    }
    let change = undo::begin(tx, undo::Kind::Import, import.mode.word(), import.object, import.created_by)?;
    store::set_change(tx, import.id, change.id)?;
    Ok(change)
}

/// Where the sealed file of an import lies.
pub fn path(workspace: &Workspace, import: &Import) -> Result<PathBuf, Error> {
    let file = import.file.as_ref().ok_or(Error::NotFound("file"))?;
    Ok(workspace.folder.join("uploads").join(file))
}

/// Deletes files older than seven days and what was said about their rows; the counts stay.
pub fn discard_old(workspace: &Workspace, now: Timestamp, origin: &Origin) -> Result<(), Error> {
    let old = workspace.file.read(now, |db| store::with_old_files(db, now.plus(-KEEP_FILE_MS)))?;
    for (id, file) in old {
        match std::fs::remove_file(workspace.folder.join("uploads").join(&file)) {
            Ok(()) => {}
            // A run that was cut short between the file and its row.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(error.into()),
        }
        workspace.file.write(now, origin, |tx| {
            store::forget_file(tx, id)?;
            audit::record(tx, Event::new("people.import.file_deleted").on("import", id))
        })?;
    }
    Ok(())
}
