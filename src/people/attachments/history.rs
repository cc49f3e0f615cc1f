//! What the history of a record says about its files, and how a line finds the file it is about.

use super::{Attachment, service};
use crate::db::Db;
use crate::error::Error;
use crate::id::{AttachmentId, MemberId};
use crate::module::{EntryGroup, EntryKind, FoundRecord, RecordKind};
use crate::people::record::{Access, Record};
use crate::permission::{Action, Area, Permission};

pub const FILES: EntryGroup = EntryGroup { word: "files", label: "Files" };

pub const ATTACHED: EntryKind =
    EntryKind { word: "attached", group: &FILES, icon: "paperclip", words: "attached {about}", needs: None };

pub const RENAMED: EntryKind =
    EntryKind { word: "attachment_renamed", group: &FILES, icon: "pencil", words: "renamed {about}", needs: None };

/// About nothing: what it was called went with it.
pub const DELETED: EntryKind =
    EntryKind { word: "attachment_deleted", group: &FILES, icon: "trash-2", words: "deleted a file", needs: None };

/// The kinds of lines about files.
pub const ALL: &[&EntryKind] = &[&ATTACHED, &RENAMED, &DELETED];

pub const ON_CONTACT: RecordKind = RecordKind {
    word: "contact_attachment",
    one: "file",
    many: "files",
    needs: Permission::new(Action::View, Area::Contacts),
    path,
    own: "/people/contacts?owner=me",
    find,
};

pub const ON_COMPANY: RecordKind = RecordKind {
    word: "company_attachment",
    needs: Permission::new(Action::View, Area::Companies),
    own: "/people/companies?owner=me",
    ..ON_CONTACT
};

/// The word of a file on this record.
pub(super) fn word(on: Record) -> &'static str {
    match on {
        Record::Contact(_) => ON_CONTACT.word,
        Record::Company(_) => ON_COMPANY.word,
    }
}

/// Leads on to the file's own address, which cannot be guessed.
fn path(id: i64) -> String {
    format!("/people/attachments/{id}")
}

fn find(db: &Db, id: i64) -> Result<Option<FoundRecord>, Error> {
    let found: Result<(Attachment, Option<MemberId>), Error> =
        service::get(db, AttachmentId(id), |_| Access::everything()).and_then(|file| {
            let owner = crate::people::notes::service::owner(db, file.on)?;
            Ok((file, owner))
        });
    match found {
        Ok((file, owner)) => Ok(Some(FoundRecord { name: file.name, owner })),
        Err(Error::NotFound(_)) => Ok(None),
        Err(error) => Err(error),
    }
}
