//! The files of a record as its page shows them: a list, and a place to drop more.

use askama::Template;
use askama::filters::HtmlSafe;

use super::{Attachment, media, service};
use crate::clock::Timestamp;
use crate::db::Db;
use crate::error::{Error, FieldError};
use crate::people::record::Record;
use crate::web::{Request, format, ui};

/// Files on the page of the record; the page of its files has all of them.
const SHOWN: i64 = 6;
/// Files on one page of all of them.
const PAGE: i64 = 100;

/// The card.
#[derive(Template)]
#[template(path = "people/attachments/_files.html")]
pub struct Files {
    /// Where files are sent, and where all of them stand.
    action: String,
    all: String,
    older: Option<String>,
    count: i64,
    files: Vec<Line>,
    may_add: bool,
    /// Bytes of the largest file, and the same in words.
    most: u64,
    most_words: String,
    is_whole: bool,
    errors: Vec<FieldError>,
}

impl HtmlSafe for Files {}

struct Line {
    name: String,
    page: String,
    content: String,
    preview: Option<String>,
    icon: &'static str,
    word: &'static str,
    misnamed: Option<&'static str>,
    size: i64,
    at: Timestamp,
}

/// What was read from the workspace.
pub(super) struct Read {
    files: Vec<Attachment>,
    count: i64,
    limit: i64,
}

/// Reads what the page of a record shows.
pub(super) fn read(db: &Db, on: Record) -> Result<Read, Error> {
    Ok(Read { files: service::of(db, on, None, SHOWN)?, count: service::count_of(db, on)?, limit: SHOWN })
}

/// Reads one page of all files of a record, older than `before`.
pub(super) fn read_all(db: &Db, on: Record, before: Option<crate::id::AttachmentId>) -> Result<Read, Error> {
    let files = service::of(db, on, before, PAGE + 1)?;
    Ok(Read { files, count: service::count_of(db, on)?, limit: PAGE })
}

impl Files {
    /// The card on the page of a record that the asker was found to see.
    pub fn of(request: &Request, on: Record, may_add: bool) -> Result<Files, Error> {
        let read = request.read(|db| read(db, on))?;
        Ok(Files::new(request, read, on, may_add))
    }

    pub(super) fn new(request: &Request, read: Read, on: Record, may_add: bool) -> Files {
        let all = request.url(&format!("{}/attachments", on.path()));
        let is_whole = read.limit == PAGE;
        let mut files = read.files;
        let is_cut = files.len() as i64 > read.limit;
        files.truncate(usize::try_from(read.limit).unwrap_or(usize::MAX));
        let last = files.last().filter(|_| is_cut);
        Files {
            action: if is_whole { format!("{all}?all=true") } else { all.clone() },
            older: last.map(|last| format!("{all}?before={}", last.id)),
            all,
            count: read.count,
            files: files.into_iter().map(|file| Line::new(request, file)).collect(),
            may_add,
            most: request.app.config.attachments.each,
            most_words: format::size(request.app.config.attachments.each),
            is_whole,
            errors: Vec::new(),
        }
    }

    /// What is wrong with files that were sent and not taken.
    pub(super) fn with_errors(self, errors: Vec<FieldError>) -> Files {
        Files { errors, ..self }
    }

    fn has_more(&self) -> bool {
        !self.is_whole && self.count > self.files.len() as i64
    }
}

impl Line {
    fn new(request: &Request, file: Attachment) -> Line {
        let page = request.url(&file.path());
        let media = media::by_type(&file.media_type);
        Line {
            content: format!("{page}/content"),
            preview: file.preview.map(|_| format!("{page}/preview")),
            page,
            icon: media.icon,
            word: media.word,
            misnamed: media.misnamed(&file.name),
            name: file.name,
            size: file.size,
            at: file.created_at,
        }
    }
}
