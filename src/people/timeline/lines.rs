//! From stored lines to what a reader is shown: the one place that turns kinds into words.

use super::kinds::{ADDED, NOTED};
use super::{Entry, Place, store};
use crate::clock::Timestamp;
use crate::db::Db;
use crate::error::Error;
use crate::id::{MemberId, NoteId};
use crate::members::directory::Directory;
use crate::module::{EntryGroup, EntryKind, Module, record_kind};
use crate::people::custom_fields;
use crate::people::notes::{self, Note};
use crate::people::record::Record;
use crate::permission::{Level, Permission};
use crate::visitor::Reach;
use crate::web::Request;

/// Lines on one page.
pub const SHOWN: i64 = 50;

/// The record that a history is of, as far as its words need it.
pub struct Of<'a> {
    pub record: Record,
    pub name: &'a str,
    /// In words: "Web form".
    pub source: &'a str,
    pub created_at: Timestamp,
    pub created_by: Option<MemberId>,
    /// What people call a field.
    pub label: fn(&str) -> &str,
}

/// What a page of a history holds, before names are known.
pub struct Read {
    entries: Vec<(Entry, &'static EntryKind)>,
    notes: Vec<Note>,
    /// Name and link of what lines are about, for those who may see it.
    subjects: Vec<((String, i64), (String, String))>,
    /// Where the older lines begin.
    pub older: Option<Place>,
    /// True when the line that the record came in belongs on this page.
    ends: bool,
    /// The groups that this record has lines of, with how many.
    pub groups: Vec<(&'static EntryGroup, i64)>,
    /// What the workspace calls its own fields, by their names in the API; read when a line names one.
    own: Vec<(String, String)>,
}

/// One line as it is shown.
pub struct Line {
    /// `None` for the line that the record came in.
    pub id: Option<i64>,
    pub at: Timestamp,
    pub kind: &'static EntryKind,
    pub fields: Vec<String>,
    pub member: Option<MemberId>,
    pub pieces: Vec<Piece>,
    pub about: Option<(String, i64)>,
    pub note: Option<Note>,
}

/// A part of the words of a line.
pub struct Piece {
    pub text: String,
    pub href: Option<String>,
}

impl Piece {
    pub fn text(text: impl Into<String>) -> Piece {
        Piece { text: text.into(), href: None }
    }
}

/// The kinds that the asker may see, and that the filter asks for: a group, a kind, or everything.
fn kinds(request: &Request, show: &str) -> Vec<&'static EntryKind> {
    let may = |permission: Permission| request.level(permission.action, permission.area) != Level::None;
    all(request.app.modules)
        .filter(|kind| kind.needs.is_none_or(may))
        .filter(|kind| show.is_empty() || kind.group.word == show || kind.word == show)
        .collect()
}

/// Every kind of every module.
pub fn all(modules: &'static [&'static Module]) -> impl Iterator<Item = &'static EntryKind> {
    modules.iter().flat_map(|module| module.timeline).copied().flatten().copied()
}

/// Reads a page of the history of a record that the asker may see.
pub fn read(
    request: &Request,
    db: &Db,
    record: Record,
    show: &str,
    before: Option<Place>,
    limit: i64,
) -> Result<Read, Error> {
    let kinds = kinds(request, show);
    let words = serde_json::to_string(&kinds.iter().map(|kind| kind.word).collect::<Vec<_>>())?;
    let mut entries = store::page(db, record.into(), &words, before, limit + 1)?;
    let is_cut = i64::try_from(entries.len()).is_ok_and(|found| found > limit);
    entries.truncate(usize::try_from(limit).unwrap_or(0));
    let older = entries.last().filter(|_| is_cut).map(|last| Place { at: last.at, id: last.id });
    let known = |word: &str| kinds.iter().find(|kind| kind.word == word).copied();
    let entries: Vec<(Entry, &'static EntryKind)> =
        entries.into_iter().filter_map(|entry| known(&entry.kind).map(|kind| (entry, kind))).collect();
    let mut read = Read {
        notes: Vec::new(),
        subjects: Vec::new(),
        ends: older.is_none() && kinds.iter().any(|kind| kind.word == ADDED.word),
        groups: groups(request, db, record)?,
        own: own_labels(db, record, &entries)?,
        entries,
        older,
    };
    for (entry, kind) in &read.entries {
        let Some((about, id)) = &entry.about else { continue };
        if kind.word == NOTED.word {
            read.notes.extend(notes::service::find(db, NoteId(*id))?);
        } else if let Some(subject) = subject(request, db, about, *id)? {
            read.subjects.push(((about.clone(), *id), subject));
        }
    }
    Ok(read)
}

fn own_labels(
    db: &Db,
    record: Record,
    entries: &[(Entry, &'static EntryKind)],
) -> Result<Vec<(String, String)>, Error> {
    if !entries.iter().any(|(entry, _)| entry.fields.iter().any(|field| field.starts_with("custom/"))) {
        return Ok(Vec::new());
    }
    let fields = custom_fields::service::all(db, record.object())?;
    Ok(fields.into_iter().map(|field| (field.place(), field.label)).collect())
}

/// Name and link of what a line is about, when it is still there and the asker may see it.
fn subject(request: &Request, db: &Db, word: &str, id: i64) -> Result<Option<(String, String)>, Error> {
    let Some(kind) = record_kind(request.app.modules, word) else { return Ok(None) };
    let reach = request.reach(kind.needs.action, kind.needs.area);
    if reach == Reach::Nothing {
        return Ok(None);
    }
    let found = (kind.find)(db, id)?.filter(|found| reach.covers(found.owner));
    Ok(found.map(|found| (found.name, request.url(&(kind.path)(id)))))
}

/// The groups that the record has lines of, in the order of their declaration.
fn groups(request: &Request, db: &Db, record: Record) -> Result<Vec<(&'static EntryGroup, i64)>, Error> {
    let counts = store::counts(db, record.into())?;
    let mut groups: Vec<(&'static EntryGroup, i64)> = Vec::new();
    for kind in kinds(request, "") {
        // That it came in is a line of every record.
        let stored = counts.iter().find(|(word, _)| word == kind.word).map_or(0, |(_, count)| *count);
        let count = if kind.word == ADDED.word { 1 } else { stored };
        match groups.iter_mut().find(|(group, _)| group.word == kind.group.word) {
            Some((_, total)) => *total += count,
            None => groups.push((kind.group, count)),
        }
    }
    groups.retain(|(_, count)| *count > 0);
    Ok(groups)
}

impl Read {
    /// The lines, newest first.
    pub fn lines(self, of: &Of) -> Vec<Line> {
        let mut lines = Vec::with_capacity(self.entries.len() + 1);
        let mut notes = self.notes;
        for (entry, kind) in self.entries {
            let at = notes.iter().position(|note| {
                kind.word == NOTED.word && entry.about.as_ref().is_some_and(|(_, id)| *id == note.id.0)
            });
            let about = entry.about.as_ref();
            let subject = self.subjects.iter().find(|(key, _)| Some(key) == about).map(|(_, subject)| subject);
            lines.push(Line {
                id: Some(entry.id),
                at: entry.at,
                kind,
                member: entry.member,
                pieces: pieces(kind, &labels(&entry.fields, &self.own, of), subject, of),
                fields: entry.fields,
                note: at.map(|at| notes.swap_remove(at)),
                about: entry.about,
            });
        }
        if self.ends {
            lines.push(Line {
                id: None,
                at: of.created_at,
                kind: &ADDED,
                fields: Vec::new(),
                member: of.created_by,
                pieces: pieces(&ADDED, &[], None, of),
                about: None,
                note: None,
            });
        }
        lines
    }
}

/// Names of fields in the middle of a sentence. What the workspace called one stays as it was written; one that is
/// gone keeps its name in the API.
pub(super) fn labels(fields: &[String], own: &[(String, String)], of: &Of) -> Vec<String> {
    let label = |field: &String| match field.strip_prefix("custom/") {
        None => (of.label)(field).to_lowercase(),
        Some(key) => own.iter().find(|(place, _)| place == field).map_or(key, |(_, label)| label).to_owned(),
    };
    fields.iter().map(label).collect()
}

/// What a line says after the name of who did it.
pub(super) fn pieces(kind: &EntryKind, fields: &[String], subject: Option<&(String, String)>, of: &Of) -> Vec<Piece> {
    let fields = listed(fields, "the record");
    let values = [("{fields}", fields.as_str()), ("{source}", of.source), ("{record}", of.name)];
    match kind.words.split_once("{about}") {
        None => vec![Piece::text(filled(kind.words, &values))],
        Some((before, after)) => {
            let about = match subject {
                Some((name, href)) => Piece { text: name.clone(), href: Some(href.clone()) },
                None => Piece::text("something you cannot see"),
            };
            let pieces = [Piece::text(filled(before, &values)), about, Piece::text(filled(after, &values))];
            pieces.into_iter().filter(|piece| !piece.text.is_empty()).collect()
        }
    }
}

/// Puts values into their places, from left to right: what people wrote cannot bring places of its own.
fn filled(words: &str, values: &[(&str, &str)]) -> String {
    let first = values.iter().filter_map(|(place, value)| words.find(place).map(|at| (at, *place, *value))).min();
    match first {
        None => words.to_owned(),
        Some((at, place, value)) => {
            format!("{}{value}{}", &words[..at], filled(&words[at + place.len()..], values))
        }
    }
}

/// "email, phone and tags".
fn listed(words: &[String], none: &str) -> String {
    match words {
        [] => none.to_owned(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

/// Who did it, for whoever reads.
pub fn who(member: Option<MemberId>, me: Option<MemberId>, directory: &Directory) -> String {
    match member {
        Some(member) if Some(member) == me => "You".to_owned(),
        Some(member) => directory.name(member).to_owned(),
        None => "Holdfast".to_owned(),
    }
}
