//! A mirror in another folder: a second disk, a share of another machine.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use rustix::fs::{Advice, fadvise};
use sha2::{Digest, Sha256};

use super::source::{is_left_out, stamp};
use super::{From, MARK, Put, Seen, Store};
use crate::backup::files::hash_file;
use crate::backup::folder::Folder;
use crate::backup::{STOPPED, hex};
use crate::crypto::file::{read_if_there, sync_folder_of};
use crate::error::Error;

pub(super) struct FolderStore {
    root: Folder,
    shown: String,
}

impl FolderStore {
    pub fn new(root: &Path) -> FolderStore {
        FolderStore { root: Folder::at(root), shown: root.display().to_string() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.root.join(name)
    }

    fn refused(&self, source: &io::Error) -> Error {
        self.root.refused(source)
    }

    fn look(&self, folder: &Path, above: &str, into: &mut BTreeMap<String, Seen>) -> io::Result<()> {
        let entries = match fs::read_dir(folder) {
            Err(source) if source.kind() == ErrorKind::NotFound => return Ok(()),
            entries => entries?,
        };
        for entry in entries {
            let entry = entry?;
            let name = format!("{above}{}", entry.file_name().to_string_lossy());
            let meta = entry.metadata()?;
            // What a disk has at its top by itself.
            if name == "lost+found" || name == MARK {
                continue;
            }
            if meta.is_dir() {
                self.look(&entry.path(), &format!("{name}/"), into)?;
            } else {
                into.insert(name, Seen { size: meta.len(), tag: stamp(&meta) });
            }
        }
        Ok(())
    }

    /// Writes beside the name, and reads from the disk what arrived there.
    fn write(
        &self,
        target: &Path,
        from: &mut dyn Read,
        is_stopping: &dyn Fn() -> bool,
    ) -> Result<(u64, String), Error> {
        let failed = |source: io::Error| self.refused(&source);
        fs::create_dir_all(target.parent().unwrap_or(target)).map_err(failed)?;
        let part = part_of(target);
        let (mut file, mut hash, mut buffer) =
            (File::create(&part).map_err(failed)?, Sha256::new(), vec![0; 256 * 1024]);
        loop {
            if is_stopping() {
                return Err(Error::Unavailable(STOPPED.into()));
            }
            let count = from.read(&mut buffer)?;
            if count == 0 {
                break;
            }
            hash.update(&buffer[..count]);
            file.write_all(&buffer[..count]).map_err(failed)?;
        }
        file.sync_all().map_err(failed)?;
        // So that what is compared comes from the disk, where it can be had.
        let _ = fadvise(&file, 0, None, Advice::DontNeed);
        let sent = hex(&hash.finalize());
        let (size, arrived) = hash_file(&part)?;
        if arrived != sent {
            return Err(Error::Refused(format!(
                "{}: what was read back is not what was written; look at this disk",
                target.display()
            )));
        }
        fs::rename(&part, target).map_err(failed)?;
        sync_folder_of(target).map_err(failed)?;
        Ok((size, sent))
    }
}

fn part_of(target: &Path) -> PathBuf {
    let mut name = target.as_os_str().to_owned();
    name.push(".part");
    PathBuf::from(name)
}

impl Store for FolderStore {
    fn shown(&self) -> &str {
        &self.shown
    }

    fn list(&self) -> Result<BTreeMap<String, Seen>, Error> {
        let mut seen = BTreeMap::new();
        self.look(&self.root.root, "", &mut seen).map_err(|source| self.refused(&source))?;
        seen.retain(|name, _| !is_left_out(name));
        Ok(seen)
    }

    fn tidy(&self) -> Result<(), Error> {
        let mut seen = BTreeMap::new();
        self.look(&self.root.root, "", &mut seen).map_err(|source| self.refused(&source))?;
        for name in seen.keys().filter(|name| name.ends_with(".part")) {
            self.delete(name)?;
        }
        Ok(())
    }

    fn small(&self, name: &str) -> Result<Option<Vec<u8>>, Error> {
        read_if_there(&self.path(name)).map_err(|source| self.refused(&source))
    }

    fn put(&self, name: &str, from: From, is_stopping: &dyn Fn() -> bool) -> Result<Put, Error> {
        let target = self.path(name);
        let (size, sha256) = match from {
            From::Bytes(mut bytes) => self.write(&target, &mut bytes, is_stopping)?,
            From::File(path, _) => match File::open(path) {
                Err(source) if source.kind() == ErrorKind::NotFound => return Err(Error::NotFound("file")),
                file => self.write(&target, &mut file?, is_stopping)?,
            },
        };
        let tag = stamp(&fs::metadata(&target).map_err(|source| self.refused(&source))?);
        Ok(Put { size, sha256, tag })
    }

    fn has(&self, name: &str, _: &Path, sha256: &str) -> Result<bool, Error> {
        Ok(hash_file(&self.path(name))?.1 == sha256)
    }

    fn read(&self, name: &str, into: &mut dyn Write) -> Result<(u64, String), Error> {
        let mut file = File::open(self.path(name)).map_err(|source| self.refused(&source))?;
        let _ = fadvise(&file, 0, None, Advice::DontNeed);
        let mut reading = super::verify::Reading::new(into);
        io::copy(&mut file, &mut reading)?;
        Ok(reading.end())
    }

    fn delete(&self, name: &str) -> Result<(), Error> {
        let path = self.path(name);
        match fs::remove_file(&path) {
            Err(source) if source.kind() == ErrorKind::NotFound => return Ok(()),
            removed => removed.map_err(|source| self.refused(&source))?,
        }
        sync_folder_of(&path)?;
        // Folders that nothing is left in go too, up to the top.
        for above in path.ancestors().skip(1).take_while(|above| *above != self.root.root) {
            if fs::remove_dir(above).is_err() {
                break;
            }
        }
        Ok(())
    }

    fn remark(&self) -> Result<Option<String>, Error> {
        Ok(None)
    }
}
