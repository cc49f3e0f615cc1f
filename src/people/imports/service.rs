//! What one can do with an import: take a file, map it, check it, run it, stop it.

use std::io::Read;
use std::path::PathBuf;

use super::consents::Rests;
use super::fields::Fields;
use super::rows::{self, FirstLook, Format};
use super::{Import, Mapping, Mode, NewImport, Object, State, Treatments, mapping, treatment};
use super::{deciding, remembered, store};
use crate::db::{Db, Tx, Workspace};
use crate::error::Error;
use crate::id::{ChangeId, ImportId, ImportMappingId, MemberId};
use crate::people::undo;
use crate::privacy::audit::{self, Event};

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
    /// Whose companies may be changed; `None`: companies may not be imported at all.
    pub company_reach: Option<Option<String>>,
    /// May write down what people said about the use of their data.
    pub may_consents: bool,
}

/// Takes a file: finds out how it is written and what its columns are, by a mapping that was used for the same
/// headings before, else by their words.
pub fn create(
    tx: &Tx,
    object: Object,
    mode: Mode,
    uploaded: Uploaded,
    input: impl Read,
    power: Power,
) -> Result<ImportId, Error> {
    let look = rows::look(input, uploaded.format.as_ref())?;
    let fields = Fields::load(tx, object, power.company_reach.is_some(), power.may_consents)?;
    let (mapping, treatments, remembered) = guess(tx, &fields, &look)?;
    let FirstLook { format, columns, .. } = look;
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
            treatments,
            remembered,
            power,
            remark: uploaded.remark,
        },
    )?;
    let event = Event::new("people.import.uploaded").on("import", id).detail("object", object.word());
    let event = event.detail("kind", kind.word());
    audit::record(tx, event.detail("bytes", uploaded.size).personal("file_name", uploaded.file_name))?;
    Ok(id)
}

/// How a file would be mapped: as one with the same headings was before, else by the words of its headings.
pub fn guess(
    db: &Db,
    fields: &Fields,
    look: &FirstLook,
) -> Result<(Mapping, Treatments, Option<ImportMappingId>), Error> {
    if look.format.has_header
        && let Some(known) = remembered::service::for_headings(db, fields.object, &look.columns)?
    {
        let (mapping, treatments) = known.applied(fields, &look.columns);
        return Ok((mapping, treatments, Some(known.id)));
    }
    let mapping = mapping::guess(fields, &look.columns);
    let treatments = treatment::propose(fields, &mapping, &look.sample);
    Ok((mapping, treatments, None))
}

/// The fields that an import can fill.
pub fn fields(db: &Db, import: &Import) -> Result<Fields, Error> {
    Fields::of(db, import)
}

/// The import with this id.
pub fn get(db: &Db, id: ImportId) -> Result<Import, Error> {
    store::find(db, id)?.ok_or(Error::NotFound("import"))
}

/// How a file is to be read and where its columns go.
pub struct Wanted {
    pub mode: Mode,
    pub format: Format,
    pub columns: Vec<String>,
    pub mapping: Mapping,
    pub treatments: Treatments,
    /// The remembered mapping it began with.
    pub remembered: Option<ImportMappingId>,
    pub rests: Rests,
}

impl Wanted {
    /// As the import is now.
    pub fn of(import: &Import) -> Wanted {
        Wanted {
            mode: import.mode,
            format: import.format.clone(),
            columns: import.columns.clone(),
            mapping: import.mapping.clone(),
            treatments: import.treatments.clone(),
            remembered: import.remembered,
            rests: import.rests.clone(),
        }
    }
}

/// Sets how the file is to be read and where its columns go. Refused while a pass is under way or done.
pub fn set_mapping(tx: &Tx, id: ImportId, wanted: Wanted) -> Result<(), Error> {
    let import = get(tx, id)?;
    mapping::check(&fields(tx, &import)?, &wanted.columns, &wanted.mapping, &wanted.treatments)?;
    keep(tx, import, wanted)
}

/// The same for a mapping that somebody is still at work on: it need not be complete.
pub fn set_draft(tx: &Tx, id: ImportId, mut wanted: Wanted) -> Result<(), Error> {
    let import = get(tx, id)?;
    let fields = fields(tx, &import)?;
    let count = wanted.columns.len();
    wanted.mapping.retain(|position, key| *position < count && fields.is_known(key));
    keep(tx, import, wanted)
}

fn keep(tx: &Tx, mut import: Import, wanted: Wanted) -> Result<(), Error> {
    if !matches!(import.state, State::Mapping | State::Checked) {
        return Err(Error::Conflict("this import has been started, so its columns can no longer be changed".into()));
    }
    (import.mode, import.format, import.columns) = (wanted.mode, wanted.format, wanted.columns);
    (import.mapping, import.treatments, import.remembered) = (wanted.mapping, wanted.treatments, wanted.remembered);
    import.rests = wanted.rests;
    store::set_mapping(tx, &import)?;
    audit::record(tx, Event::new("people.import.mapped").on("import", import.id).detail("mode", import.mode.word()))
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
    mapping::check(&fields(tx, &import)?, &import.columns, &import.mapping, &import.treatments)?;
    if !is_dry {
        let added = deciding::service::add_choices(tx, &import)?;
        if !added.is_empty() {
            let change = go_on(tx, &import, import.change)?;
            added.iter().try_for_each(|choice| change.made(tx, undo::Made::Choice, choice.0))?;
        }
        remembered::service::remember(tx, &import)?;
    }
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

/// Deletes the files of imports and what was said about their rows; the counts stay. The file goes first: should the
/// transaction fail, the row names a file that is gone, and the next run finds it so.
pub fn discard(tx: &Tx, workspace: &Workspace, ids: &[i64]) -> Result<usize, Error> {
    for id in ids {
        let import = get(tx, ImportId(*id))?;
        match std::fs::remove_file(path(workspace, &import)?) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(error.into()),
        }
        store::forget_file(tx, import.id)?;
        audit::record(tx, Event::new("people.import.file_deleted").on("import", import.id))?;
    }
    Ok(ids.len())
}

/// After the workspace itself was imported: files that waited to be read stayed where it was.
pub fn arrived(tx: &Tx) -> Result<(), Error> {
    store::let_go_of_files(tx, "Its file stayed behind when the workspace was moved. Import the file again.")
}
