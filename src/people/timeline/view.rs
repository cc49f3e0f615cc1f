//! The history of a record on its page: the box to write a note in, a filter, and a page of lines.

use askama::Template;
use askama::filters::HtmlSafe;
use serde::Deserialize;

use super::lines::{self, Line, Piece, SHOWN};
use super::{Place, kinds};
use crate::clock::Timestamp;
use crate::db::Db;
use crate::error::Error;
use crate::id::{MemberId, NoteId};
use crate::members::directory::Directory;
use crate::people::form::source_words;
use crate::people::mentions::{self, Audience, Segment};
use crate::people::notes::{self, Note};
use crate::people::record::Record;
use crate::web::Request;
use crate::web::ui;

/// The history, and the box to write a note in.
#[derive(Template)]
#[template(path = "people/_history.html")]
pub struct History {
    /// Where a note is posted.
    action: String,
    /// Where the members come from that fit what is typed after an @.
    mentions: String,
    note: String,
    note_error: Option<String>,
    may_write: bool,
    hint: String,
    /// What of a note just saved was no mention.
    unclear: Vec<String>,
    filters: Vec<Choice>,
    newest: Option<String>,
    older: Option<String>,
    lines: Vec<Shown>,
}

impl HtmlSafe for History {}

/// A group of lines that the reader may ask for.
struct Choice {
    label: &'static str,
    count: Option<i64>,
    href: String,
    is_chosen: bool,
}

/// What the address of a record's page may say.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub struct Look {
    /// A group of lines; everything when empty.
    pub show: String,
    /// Where the page begins; at the newest line when empty.
    pub before: String,
    /// A note that was just saved, and about whose mentions there is something to say.
    pub note: Option<NoteId>,
    /// The frame reads it.
    #[serde(rename = "done")]
    pub _done: String,
}

struct Shown {
    at: Timestamp,
    icon: &'static str,
    who: String,
    pieces: Vec<Piece>,
    note: Option<Written>,
}

/// A note as it is shown.
struct Written {
    id: NoteId,
    lines: Vec<Vec<Segment>>,
    is_edited: bool,
    edit: Option<String>,
    delete: Option<String>,
    /// For its author: who was named and may not see the record.
    blind: String,
}

/// What the history needs to know of the record it is of.
pub struct Of<'a> {
    pub record: Record,
    pub name: &'a str,
    pub source: &'a str,
    pub owner: Option<MemberId>,
    pub created_at: Timestamp,
    pub created_by: Option<MemberId>,
    pub may_edit: bool,
    pub may_delete: bool,
    pub label: fn(&str) -> &str,
}

/// What was read from the workspace, before the names of members are known.
pub struct Read {
    lines: lines::Read,
    show: String,
    is_first: bool,
    saved: Option<Note>,
}

/// Reads what the page asks for: `?show=notes` leaves out everything else, `?before=` goes further back.
pub fn read(request: &Request, db: &Db, record: Record, look: &Look) -> Result<Read, Error> {
    let before = Place::decode(&look.before);
    let saved = match look.note {
        Some(id) => notes::service::find(db, id)?.filter(|note| note.on == record),
        None => None,
    };
    let lines = lines::read(request, db, record, &look.show, before, SHOWN)?;
    Ok(Read { lines, show: look.show.clone(), is_first: before.is_none(), saved })
}

impl History {
    /// `note` is what was typed into the box when it could not be saved.
    pub fn new(
        request: &Request,
        read: Read,
        of: &Of,
        directory: &Directory,
        note: &str,
        error: Option<String>,
    ) -> Result<History, Error> {
        let base = request.url(&of.record.path());
        let me = request.member().ok().map(|member| member.id);
        let with_show = |rest: &str| match (read.show.as_str(), rest) {
            ("", "") => base.clone(),
            ("", rest) => format!("{base}?{rest}"),
            (_, "") => format!("{base}?show={}", kind_of(&read)),
            (_, rest) => format!("{base}?show={}&{rest}", kind_of(&read)),
        };
        let older = read.lines.older.map(|place| with_show(&format!("before={}", place.encode())));
        let newest = (!read.is_first).then(|| with_show(""));
        let filters = filters(&base, &read);
        let unclear = read.saved.filter(|saved| saved.author.is_some() && saved.author == me);
        let unclear = unclear.map(|saved| mentions::resolve(&saved.body, directory, "").unclear).unwrap_or_default();
        let source = source_words(of.source);
        let lines = read.lines.lines(&lines::Of {
            record: of.record,
            name: of.name,
            source,
            created_at: of.created_at,
            created_by: of.created_by,
            label: of.label,
        });
        let mine = |line: &Line| line.note.as_ref().is_some_and(|note| note.author.is_some() && note.author == me);
        // What others may see is asked only when there is something to say about it.
        let asks = lines.iter().any(|line| mine(line) && line.note.as_ref().is_some_and(names_somebody));
        let audience = if asks { Some(Audience::of(&request.app, request.member()?.workspace_id())?) } else { None };
        let shown = lines.into_iter().map(|line| {
            let is_mine = mine(&line);
            Shown {
                at: line.at,
                icon: line.kind.icon,
                who: lines::who(line.member, me, directory),
                pieces: line.pieces,
                note: line.note.map(|note| {
                    let audience = audience.as_ref().filter(|_| is_mine);
                    Written::new(request, note, is_mine, of, directory, audience)
                }),
            }
        });
        Ok(History {
            lines: shown.collect(),
            action: format!("{base}/notes"),
            mentions: request.url(&format!("/people/mentions?on={}:{}", of.record.kind(), of.record.id())),
            note: note.to_owned(),
            note_error: error,
            may_write: of.may_edit,
            hint: format!("What should the team know about {}? Notes are part of a copy of the data.", of.name),
            unclear: unclear.iter().map(mentions::Unclear::words).collect(),
            filters,
            newest,
            older,
        })
    }
}

/// The group that was asked for, in our own spelling; what nobody declared asks for nothing.
fn kind_of(read: &Read) -> &'static str {
    let known = read.lines.groups.iter().map(|(group, _)| group.word);
    known.into_iter().find(|word| *word == read.show).unwrap_or(kinds::NOTES.word)
}

fn filters(base: &str, read: &Read) -> Vec<Choice> {
    let everything =
        Choice { label: "Everything", count: None, href: base.to_owned(), is_chosen: read.show.is_empty() };
    let mut groups = read.lines.groups.clone();
    // Notes can be asked for before there is one.
    if !groups.iter().any(|(group, _)| group.word == kinds::NOTES.word) {
        groups.push((&kinds::NOTES, 0));
    }
    let choice = |(group, count): (&'static crate::module::EntryGroup, i64)| Choice {
        label: group.label,
        count: Some(count),
        href: format!("{base}?show={}", group.word),
        is_chosen: read.show == group.word,
    };
    std::iter::once(everything).chain(groups.into_iter().map(choice)).collect()
}

fn names_somebody(note: &Note) -> bool {
    !mentions::members(&note.body).is_empty()
}

impl Written {
    fn new(
        request: &Request,
        note: Note,
        is_mine: bool,
        of: &Of,
        directory: &Directory,
        audience: Option<&Audience>,
    ) -> Written {
        let place = |verb: &str| request.url(&format!("/people/notes/{}/{verb}", note.id));
        let blind = |audience: &Audience| {
            let named = mentions::members(&note.body).into_iter();
            let blind = named.filter(|member| !audience.sees(*member, of.record, of.owner));
            blind
                .filter_map(|member| audience.directory.find_active(member))
                .map(|person| person.name.clone())
                .collect::<Vec<_>>()
        };
        Written {
            id: note.id,
            edit: (is_mine && of.may_edit).then(|| place("edit")),
            delete: (is_mine || of.may_delete).then(|| place("delete")),
            is_edited: note.updated_at != note.created_at,
            lines: note.body.lines().map(|line| mentions::segments(line, directory)).collect(),
            blind: audience.map(blind).unwrap_or_default().join(" and "),
        }
    }
}
