//! One copy: opened beside everything that is served, rid of those who were erased, sealed anew and read back.

use std::fs;

use super::Due;
use super::due::Wanted;
use crate::app::App;
use crate::backup::base::{self, Scratch};
use crate::backup::chain::Chain;
use crate::backup::files::{self, List};
use crate::backup::folder::Folder;
use crate::backup::manifest::Place;
use crate::backup::restore::unpack;
use crate::backup::segments::{self, Target};
use crate::backup::workspace::live;
use crate::backup::{Watch, at};
use crate::crypto::derive::WorkspaceKeys;
use crate::db::{self, DbFile, Origin, upgrade};
use crate::error::Error;
use crate::gate;
use crate::id::WorkspaceId;
use crate::privacy::erasure::copies::{self, Removed};
use crate::privacy::workspace_import;

/// Whether the backup holds the newest verified copy of a place, which everything since then is added to.
pub fn is_newest(chain: &Chain, due: &Due) -> bool {
    due.workspaces.iter().map(|wanted| wanted.id).chain([WorkspaceId::CONTROL]).any(|place| {
        let newest = chain.copies_of(place).rev().find(|(_, copy)| copy.verified.is_some());
        newest.is_some_and(|(manifest, copy)| manifest.number == due.number && copy.segments.is_some())
    })
}

/// Whether moments of the last days are restored from a copy of the backup that would change.
pub fn is_built_upon(app: &App, folder: &Folder, chain: &Chain, due: &Due) -> Result<bool, Error> {
    for place in due.workspaces.iter().map(|wanted| wanted.id).chain([WorkspaceId::CONTROL]) {
        let Some(copy) = super::copy_of(chain, due.number, place) else { continue };
        let Some(point) = &copy.segments else { continue };
        let keys = app.keys.workspace_version(place, copy.key_version)?;
        if segments::begins_at(&Target::new(&folder.root, &keys, &app.control_keys.manifest), point)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The work on one backup.
pub struct Work<'a> {
    pub app: &'a App,
    pub origin: &'a Origin,
    pub folder: &'a Folder,
    /// The copies that are to stand in for others.
    pub places: Vec<Place>,
    pub people: usize,
    pub held: usize,
}

impl Work<'_> {
    /// The copy of a workspace. What was found there tells what to look for in the installation's.
    pub fn workspace(&mut self, wanted: &Wanted, copy: &Place, watch: &mut Watch) -> Result<Removed, Error> {
        let (app, id) = (self.app, wanted.id);
        let scratch = self.unpacked(id, copy)?;
        unpack::under_key_in_use(app, &app.keys.workspace_version(id, copy.key_version)?, scratch.folder())?;
        let keys = app.keys.workspace(id)?;
        let workspace = app.workspaces.open_apart(id, scratch.folder(), keys.database_key())?;
        upgrade::remove_all(&scratch.file())?;
        workspace.file.set_blind_index(|| workspace_import::pseudonym_key(app, &workspace))?;
        let named = wanted
            .entries
            .iter()
            .map(|entry| Ok((entry.subject_kind.as_str(), serde_json::from_str::<Vec<i64>>(&entry.subject_ids)?)));
        let named = named.collect::<Result<Vec<_>, Error>>()?;
        let people = copies::people_of(app.modules, named.into_iter());
        let is_in = |person| workspace.file.read(app.now(), |db| Ok(copies::standing_in(db, person)?.is_some()));
        if !people.iter().map(is_in).collect::<Result<Vec<_>, _>>()?.contains(&true) {
            return Ok(Removed::default());
        }
        // A hold that was released since then keeps nobody.
        if let Ok(live) = gate::for_job(app, id) {
            live::keep(&live.file, &workspace.file, app.now(), self.origin, false)?;
        }
        let list = self.list(id, copy)?;
        // The sealed files themselves are not needed to see which of them still have a row.
        for file in list.0.keys() {
            let path = files::path_of(scratch.folder(), file);
            fs::create_dir_all(path.parent().unwrap_or(scratch.folder()))?;
            fs::write(path, [])?;
        }
        let removed = copies::clear(app, &workspace, self.origin, &people)?;
        refuse_left(&removed.left)?;
        let named = files::ids_in(scratch.folder())?;
        let list = List(list.0.into_iter().filter(|(file, _)| named.contains(file)).collect());
        self.seal(copy, &workspace.file, &keys, &list, watch)?;
        self.people += removed.people;
        self.held += usize::from(removed.is_held);
        Ok(removed)
    }

    /// The copy of the installation. `found` is what came out of the copies of the same backup; `None` where there is
    /// none.
    pub fn control(
        &mut self,
        copy: &Place,
        found: &[(WorkspaceId, Option<Removed>)],
        watch: &mut Watch,
    ) -> Result<(), Error> {
        // Whoever stood in no copy of that time is not in this one.
        let affected = |removed: &Option<Removed>| removed.as_ref().is_none_or(|removed| removed.people > 0);
        if !found.iter().any(|(_, removed)| affected(removed)) {
            return Ok(());
        }
        let id = WorkspaceId::CONTROL;
        let scratch = self.unpacked(id, copy)?;
        let keys = self.app.keys.workspace_version(id, copy.key_version)?;
        let control = db::open_control(&scratch.file(), keys.database_key())?;
        upgrade::remove_all(&scratch.file())?;
        for (workspace, removed) in found.iter().filter(|(_, removed)| affected(removed)) {
            let left = copies::clear_control(self.app, &control, self.origin, *workspace, removed.as_ref())?;
            refuse_left(&left)?;
        }
        let list = self.list(id, copy)?;
        self.seal(copy, &control, &keys, &list, watch)
    }

    fn unpacked(&self, id: WorkspaceId, copy: &Place) -> Result<Scratch, Error> {
        let keys = self.app.keys.workspace_version(id, copy.key_version)?;
        let scratch = Scratch::new(&self.app.config.data.join("scratch"))?;
        let path = self.folder.base(id, &copy.object);
        base::unpack(&path, &copy.sha256, |_| Ok((id, keys.base.clone())), &scratch.file())?;
        Ok(scratch)
    }

    fn list(&self, id: WorkspaceId, copy: &Place) -> Result<List, Error> {
        List::read(&self.folder.list(id, &copy.object), &copy.files_sha256)
    }

    /// Seals the file as the copy that stands in for `copy`, once it was read back from the disk and examined.
    fn seal(
        &mut self,
        copy: &Place,
        file: &DbFile,
        keys: &WorkspaceKeys,
        list: &List,
        watch: &mut Watch,
    ) -> Result<(), Error> {
        let (app, id) = (self.app, keys.workspace);
        let made = base::make(file, keys, &self.folder.data(id), &mut || Ok(()), watch)?;
        let files_sha256 = list.write(&self.folder.list(id, &made.object))?;
        let scratch = Scratch::new(&app.config.data.join("scratch"))?;
        let path = self.folder.base(id, &made.object);
        base::unpack(&path, &made.sha256, |_| Ok((id, keys.base.clone())), &scratch.file())?;
        let examined = base::examine(&scratch.file(), keys, &[], app.now()).map_err(at(path.display()))?;
        self.places.push(Place {
            key_version: keys.version,
            schema: examined.schema,
            // What was committed while the file was being copied is in it, and no segment says so any more. A clock that
            // was ahead then says nothing.
            at: Some(copy.holds_until()).filter(|until| *until <= app.now()).unwrap_or(copy.at),
            object: made.object,
            size: made.size,
            sha256: made.sha256,
            digest: examined.digest,
            audit: examined.audit.map_or_else(String::new, |head| head.text(&app.control_keys.manifest)),
            files: list.0.len() as u64,
            files_size: list.bytes(),
            files_sha256,
            verified: Some(app.now()),
            fault: String::new(),
            segments: None,
            ..copy.clone()
        });
        Ok(())
    }
}

fn refuse_left(left: &u64) -> Result<(), Error> {
    match left {
        0 => Ok(()),
        left => Err(Error::Refused(format!(
            "after the erasure {left} places of the copy still name somebody, so it stays as it is"
        ))),
    }
}
