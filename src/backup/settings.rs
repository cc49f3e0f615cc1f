//! The settings (`holdfast.toml`) in the backup folder: sealed like everything else there, and back with a restore.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::at;
use super::folder::Folder;
use crate::app::App;
use crate::crypto::file::{read_if_there, replace, sync_folder_of};
use crate::crypto::object::{self, Header, Kind, Reader};
use crate::error::Error;
use crate::id::WorkspaceId;
use crate::keys::Keys;

const FILE: &str = "holdfast.toml";
/// No settings are longer.
const LARGEST: usize = 1024 * 1024;

fn path_of(folder: &Folder) -> PathBuf {
    folder.root.join("settings.aobj")
}

/// Puts the settings of the data folder into the backup, when they are others than those that lie there.
pub fn carry(app: &App, folder: &Folder) -> Result<(), Error> {
    let path = path_of(folder);
    let Some(settings) = read_if_there(&app.config.data.join(FILE))? else {
        // What is set in the environment alone leaves no file, and an old one must not come back.
        return match std::fs::remove_file(&path) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => Err(folder.refused(&source)),
            _ => Ok(()),
        };
    };
    if matches!(read(folder, &app.keys), Ok(Some(there)) if there == settings) {
        return Ok(());
    }
    let begun = path.with_extension("part");
    let _ = std::fs::remove_file(&begun);
    let (keys, install) = (&app.control_keys.workspace, WorkspaceId(app.keys.installation()));
    let written = (|| {
        let mut writer = object::create(&begun, &keys.base, Kind::Settings, install, object::new_id(), keys.version)?;
        writer.write_all(&settings)?;
        writer.finish()?.sync_all()?;
        std::fs::rename(&begun, &path)?;
        sync_folder_of(&path)
    })();
    written.map_err(|source| folder.refused(&source))
}

/// The settings in the backup; `None` when there are none.
///
/// Fails with [`Error::Refused`], naming the object, when it was changed or is another installation's.
fn read(folder: &Folder, keys: &Keys) -> Result<Option<Vec<u8>>, Error> {
    let path = path_of(folder);
    let mut file = match File::open(&path) {
        Err(source) if source.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        opened => opened.map_err(|source| folder.refused(&source))?,
    };
    let opened = (|| {
        let header = Header::read(&mut file)?;
        header.expect(Kind::Settings, WorkspaceId(keys.installation()))?;
        let key = keys.workspace_version(WorkspaceId::CONTROL, header.key_version)?.base;
        Ok(Reader::new(file, &key, header).read_all(LARGEST)?.to_vec())
    })();
    opened.map(Some).map_err(at(path.display()))
}

/// What keeps the settings from coming back, in words.
pub fn fault(folder: &Folder, keys: &Keys) -> Option<String> {
    read(folder, keys).err().map(|error| format!("{error}; the next backup writes it anew"))
}

/// Puts the settings of the backup into the data folder `to`. Says whether there were any.
pub fn bring_back(folder: &Folder, keys: &Keys, to: &Path) -> Result<bool, Error> {
    match read(folder, keys)? {
        Some(settings) => replace(&to.join(FILE), &settings, 0o600).map(|()| true).map_err(Error::from),
        None => Ok(false),
    }
}
