//! The history of a record as its page shows it: notes and what happened, in one list, newest first.

use askama::Template;
use askama::filters::HtmlSafe;
use serde::Deserialize;

use super::{Entry, Kind};
use crate::clock::Timestamp;
use crate::db::Db;
use crate::error::Error;
use crate::members::directory::Directory;
use crate::people::form::source_words;
use crate::people::notes::{self, Note};
use crate::people::record::Record;
use crate::web::Request;
use crate::web::ui;

/// Lines shown at first.
const SHOWN: i64 = 50;
/// Lines shown to whoever asks for all.
const ALL: i64 = 2_000;

/// The history, and the box to write a note in.
#[derive(Template)]
#[template(path = "people/_history.html")]
pub struct History {
    /// Where a note is posted.
    action: String,
    note: String,
    note_error: Option<String>,
    may_write: bool,
    hint: String,
    only_notes: bool,
    everything: String,
    notes_only: String,
    older: Option<String>,
    lines: Vec<Line>,
}

impl HtmlSafe for History {}

/// What the address of a record's page may say.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub struct Look {
    pub show: String,
    pub all: bool,
    /// The frame reads it.
    #[serde(rename = "done")]
    pub _done: String,
}

struct Line {
    at: Timestamp,
    icon: &'static str,
    who: String,
    what: String,
    note: Option<NoteLine>,
}

struct NoteLine {
    body: String,
    is_edited: bool,
    edit: Option<String>,
    delete: Option<String>,
}

/// What the history needs to know of the record it is of.
pub struct Of<'a> {
    pub record: Record,
    pub name: &'a str,
    pub source: &'a str,
    pub created_at: Timestamp,
    pub created_by: Option<crate::id::MemberId>,
    pub may_edit: bool,
    pub may_delete: bool,
    pub label: fn(&str) -> &str,
}

/// What was read from the workspace, before the names of members are known.
pub struct Read {
    notes: Vec<Note>,
    entries: Vec<Entry>,
    limit: i64,
    only_notes: bool,
}

/// Reads what the page asks for: `?show=notes` leaves out everything else, `?all=true` goes far back.
pub fn read(db: &Db, record: Record, show: &str, all: bool) -> Result<Read, Error> {
    let limit = if all { ALL } else { SHOWN };
    let only_notes = show == "notes";
    let entries = if only_notes { Vec::new() } else { super::of(db, record, limit)? };
    Ok(Read { notes: notes::service::of(db, record, None, limit)?, entries, limit, only_notes })
}

impl History {
    /// Merges notes and entries. `note` is what was typed into the box when it could not be saved.
    pub fn new(
        request: &Request,
        read: Read,
        of: &Of,
        directory: &Directory,
        note: &str,
        error: Option<String>,
    ) -> History {
        let base = request.url(&of.record.path());
        let me = request.member().ok().map(|member| member.id);
        let name = |member: Option<crate::id::MemberId>| match member {
            Some(member) if Some(member) == me => "You".to_owned(),
            Some(member) => directory.name(member).to_owned(),
            None => "Holdfast".to_owned(),
        };
        let is_cut = [read.notes.len(), read.entries.len()].iter().any(|found| *found as i64 >= read.limit);
        let mut lines: Vec<Line> = Vec::with_capacity(read.notes.len() + read.entries.len() + 1);
        for note in read.notes {
            let is_mine = note.author.is_some() && note.author == me;
            let place = |verb: &str| request.url(&format!("/people/notes/{}/{verb}", note.id));
            lines.push(Line {
                at: note.created_at,
                icon: "sticky-note",
                who: name(note.author),
                what: "left a note".into(),
                note: Some(NoteLine {
                    edit: (is_mine && of.may_edit).then(|| place("edit")),
                    delete: (is_mine || of.may_delete).then(|| place("delete")),
                    is_edited: note.updated_at != note.created_at,
                    body: note.body,
                }),
            });
        }
        for entry in read.entries {
            let (icon, what) = words(&entry, of.label);
            lines.push(Line { at: entry.at, icon, who: name(entry.member), what, note: None });
        }
        if !read.only_notes && !is_cut {
            let what = format!("added {}. Source: {}.", of.name, source_words(of.source));
            lines.push(Line { at: of.created_at, icon: "plus", who: name(of.created_by), what, note: None });
        }
        // Stable: of two at the same moment the one that was read first, which is the newer, stays first.
        lines.sort_by_key(|line| std::cmp::Reverse(line.at));
        History {
            action: format!("{base}/notes"),
            note: note.to_owned(),
            note_error: error,
            may_write: of.may_edit,
            hint: format!("What should the team know about {}? Notes are part of a copy of the data.", of.name),
            only_notes: read.only_notes,
            older: is_cut.then(|| format!("{base}?all=true{}", if read.only_notes { "&show=notes" } else { "" })),
            notes_only: format!("{base}?show=notes"),
            everything: base,
            lines,
        }
    }
}

fn words(entry: &Entry, label: fn(&str) -> &str) -> (&'static str, String) {
    match entry.kind {
        Kind::Changed => {
            let fields: Vec<String> = entry.fields.iter().map(|field| label(field).to_lowercase()).collect();
            let fields = match fields.as_slice() {
                [] => "the record".to_owned(),
                [one] => one.clone(),
                [most @ .., last] => format!("{} and {last}", most.join(", ")),
            };
            ("pencil", format!("changed {fields}"))
        }
        Kind::Assigned => ("circle-user", "gave it to another owner".into()),
        Kind::Tagged => ("tag", "changed the tags".into()),
        Kind::Archived => ("archive-restore", "archived it".into()),
        Kind::Unarchived => ("undo-2", "took it out of the archive".into()),
    }
}
