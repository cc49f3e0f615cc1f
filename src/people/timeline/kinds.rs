//! What lines in the history of contacts and companies say.

use crate::db::{Actor, Tx};
use crate::module::{EntryGroup, EntryKind};
use crate::people::imports;

pub const CHANGES: EntryGroup = EntryGroup { word: "changes", label: "Changes" };
pub const NOTES: EntryGroup = EntryGroup { word: "notes", label: "Notes" };

/// Stored nowhere: the record itself says when it came in, so that a large import writes no history.
/// `{record}` and `{source}` are the record's own.
pub const ADDED: EntryKind =
    EntryKind { word: "added", group: &CHANGES, icon: "plus", words: "added {record}. Source: {source}.", needs: None };

pub const CHANGED: EntryKind =
    EntryKind { word: "changed", group: &CHANGES, icon: "pencil", words: "changed {fields}", needs: None };

/// A change that an import made.
pub const IMPORTED: EntryKind = EntryKind {
    word: "imported",
    group: &CHANGES,
    icon: "upload",
    words: "changed {fields}, read from a file",
    needs: None,
};

pub const ASSIGNED: EntryKind = EntryKind {
    word: "assigned",
    group: &CHANGES,
    icon: "circle-user",
    words: "gave it to another owner",
    needs: None,
};

pub const TAGGED: EntryKind =
    EntryKind { word: "tagged", group: &CHANGES, icon: "tag", words: "changed the tags", needs: None };

pub const ARCHIVED: EntryKind =
    EntryKind { word: "archived", group: &CHANGES, icon: "archive-restore", words: "archived it", needs: None };

pub const UNARCHIVED: EntryKind =
    EntryKind { word: "unarchived", group: &CHANGES, icon: "undo-2", words: "took it out of the archive", needs: None };

pub const MERGED: EntryKind = EntryKind {
    word: "merged",
    group: &CHANGES,
    icon: "git-branch",
    words: "merged another record into it",
    needs: None,
};

/// An import, a bulk edit or a merge that was taken back.
pub const UNDONE: EntryKind = EntryKind {
    word: "undone",
    group: &CHANGES,
    icon: "undo-2",
    words: "took a change back: {fields} as before",
    needs: None,
};

pub const RESTORED: EntryKind = EntryKind {
    word: "restored",
    group: &CHANGES,
    icon: "undo-2",
    words: "brought it back from the trash",
    needs: None,
};

/// They were erased on their demand, and a legal hold keeps something that hangs on the record.
pub const ERASED: EntryKind = EntryKind {
    word: "erased",
    group: &CHANGES,
    icon: "eraser",
    words: "erased it on their demand, but for what a legal hold keeps",
    needs: None,
};

/// About a note, whose words are shown with it.
pub const NOTED: EntryKind =
    EntryKind { word: "noted", group: &NOTES, icon: "sticky-note", words: "left a note", needs: None };

/// The kinds of the spine.
pub const ALL: &[&EntryKind] = &[
    &ADDED,
    &CHANGED,
    &IMPORTED,
    &ASSIGNED,
    &TAGGED,
    &ARCHIVED,
    &UNARCHIVED,
    &MERGED,
    &UNDONE,
    &RESTORED,
    &ERASED,
    &NOTED,
];

/// The kind of a change of these fields: giving a record away and tagging it have words of their own, and
/// so has what an import does.
pub fn of_change(tx: &Tx, changed: &[&str]) -> &'static EntryKind {
    match (tx.origin.actor, changed) {
        (Actor::Job(name), _) if name == imports::jobs::RUN.name => &IMPORTED,
        (_, ["owner"]) => &ASSIGNED,
        (_, ["tags"]) => &TAGGED,
        _ => &CHANGED,
    }
}
