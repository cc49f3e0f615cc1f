//! The attached files of a place in its backup: those that a restore of the newest base demands, and those that came
//! since.

use std::collections::BTreeMap;

use crate::app::App;
use crate::backup::files::{self, List};
use crate::backup::folder::Folder;
use crate::backup::manifest::Place;
use crate::backup::restore::copy_until;
use crate::backup::{Watch, health, words};
use crate::error::Error;
use crate::id::WorkspaceId;

/// Files by their ids: size and SHA-256 of each.
pub(super) type Wanted = BTreeMap<String, (u64, String)>;

/// What was seen of them.
#[derive(Default)]
pub(super) struct Seen {
    pub(super) read: i64,
    /// A line for each that would not come back.
    pub(super) faults: Vec<String>,
}

/// Reads all of them, each to its end. One that went away meanwhile, with the copy or the record that wanted it, is no
/// fault.
pub(super) fn look(
    app: &App,
    folder: &Folder,
    wanted: Result<Wanted, Error>,
    place: WorkspaceId,
    watch: &mut Watch,
) -> Result<Seen, Error> {
    let wanted = match wanted {
        Ok(wanted) => wanted,
        Err(Error::Refused(fault)) => return Ok(Seen { read: 0, faults: vec![fault] }),
        Err(error) => return Err(error),
    };
    let mut faulty = Vec::new();
    for (done, (id, expected)) in wanted.iter().enumerate() {
        watch.step("reading attached files", done, wanted.len())?;
        if let Some(fault) = files::fault_of(&folder.data(place), place, id, expected) {
            faulty.push((id, fault));
        }
    }
    let read = i64::try_from(wanted.len()).unwrap_or(i64::MAX);
    if faulty.is_empty() {
        return Ok(Seen { read, faults: Vec::new() });
    }
    let chain = health::read(app)?;
    let still = match copy_until(&chain, place, None, app.now()) {
        Some((_, copy)) => self::wanted(app, folder, copy, place).map_err(|error| Error::Refused(words(&error)))?,
        None => Wanted::new(),
    };
    let faults = faulty.into_iter().filter(|(id, _)| still.contains_key(*id)).map(|(_, fault)| fault).collect();
    Ok(Seen { read, faults })
}

/// By id: size and hash of each, as the base lists it, or as it lies beside the live file. To be found out while nothing
/// is deleted from the folder.
pub(super) fn wanted(app: &App, folder: &Folder, copy: &Place, place: WorkspaceId) -> Result<Wanted, Error> {
    if place == WorkspaceId::CONTROL {
        return Ok(Wanted::new());
    }
    let (live, data) = (app.workspaces.folder_of(place), folder.data(place));
    let mut wanted = List::read(&folder.list(place, &copy.object), &copy.files_sha256)?.0;
    // The shipper takes them over each minute; here it is about whether they are whole.
    files::add_new(&live, &data)?;
    for id in files::ids_in(&live)? {
        if !wanted.contains_key(&id)
            && let Ok(expected) = files::hash_file(&files::path_of(&live, &id))
        {
            wanted.insert(id, expected);
        }
    }
    Ok(wanted)
}
