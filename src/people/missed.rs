//! What others changed since somebody read a record: for a form that was open meanwhile, and for a program that
//! holds an older copy.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use serde::Serialize;
use serde_json::Value;

use super::asker;
use super::custom_fields::{Definitions, Typed, rows};
use super::record::Record;
use super::settings;
use super::timeline::{self, Entry};
use crate::clock::Timestamp;
use crate::db::Db;
use crate::error::Error;
use crate::id::MemberId;
use crate::members::directory::Directory;
use crate::web::{ProblemChange, ProblemMember, Reply, Request};

/// Parts of a record in the API that nobody enters.
const MACHINERY: [&str; 6] = ["id", "version", "created_at", "updated_at", "last_activity_at", "custom"];

/// The history of a record from a version on.
pub struct Since {
    entries: Vec<Entry>,
    /// Each version since then has a line in the history. Otherwise any field may have changed.
    is_whole: bool,
}

impl Since {
    /// What happened after `opened`, up to `now`. A version above `now` is nobody's: nothing was missed since.
    pub fn read(db: &Db, record: Record, opened: i64, now: i64) -> Result<Since, Error> {
        let entries = timeline::since_version(db, record, opened)?;
        let told = |version: i64| entries.iter().any(|entry| entry.version == version);
        let is_whole = (opened + 1..=now).all(told);
        Ok(Since { entries, is_whole })
    }

    /// True unless the history says that the field stayed as it was.
    fn may_have_changed(&self, field: &str) -> bool {
        !self.is_whole || self.last(field).is_some()
    }

    fn last(&self, field: &str) -> Option<&Entry> {
        self.entries.iter().rev().find(|entry| entry.fields.iter().any(|written| covers(written, field)))
    }

    /// The fields to tell of, by the names of the API; `now` is the record as the API gives it.
    fn fields(&self, now: &Value) -> Vec<String> {
        let names = |value: Option<&Value>| -> Vec<String> {
            value.and_then(Value::as_object).map(|object| object.keys().cloned().collect()).unwrap_or_default()
        };
        let usual = names(Some(now)).into_iter().filter(|name| !MACHINERY.contains(&name.as_str()));
        let own = names(now.get("custom")).into_iter().map(|key| format!("custom/{key}"));
        let mut fields: Vec<String> = usual.chain(own).filter(|field| self.may_have_changed(field)).collect();
        // What is empty now is in no list of the record's values.
        for written in self.entries.iter().flat_map(|entry| &entry.fields) {
            if written != "custom" && !fields.contains(written) {
                fields.push(written.clone());
            }
        }
        fields
    }
}

/// Lines of an earlier release name all fields of the workspace's own at once.
fn covers(written: &str, field: &str) -> bool {
    written == field || (written == "custom" && field.starts_with("custom/"))
}

/// The answer to a program that sent `opened`, an old version of a record. `now` is the record as the API gives it.
pub fn answer(
    request: &Request,
    record: Record,
    opened: i64,
    version: i64,
    now: &impl Serialize,
) -> Result<Reply, Error> {
    let since = request.read(|db| Since::read(db, record, opened, version))?;
    let directory = asker::directory(request)?;
    let now = serde_json::to_value(now)?;
    let change = |field: String| {
        let last = since.last(&field);
        let pointer = format!("/{field}");
        ProblemChange {
            value: now.pointer(&pointer).cloned().unwrap_or_default(),
            by: last.and_then(|entry| entry.member).map(|member| by(member, &directory)),
            at: last.map(|entry| entry.at.rfc3339()),
            pointer,
        }
    };
    Ok(crate::web::stale(request, version, since.fields(&now).into_iter().map(change).collect()))
}

/// The one field that can change of something small: the words of a note, the name of a file or a tag.
pub struct Only<'a> {
    pub field: &'static str,
    pub value: &'a str,
    pub version: i64,
    pub by: Option<MemberId>,
    pub at: Timestamp,
}

/// Like [`answer`], for what has one field and no history.
pub fn answer_only(request: &Request, opened: i64, only: &Only) -> Result<Reply, Error> {
    let directory = asker::directory(request)?;
    let change = ProblemChange {
        pointer: format!("/{}", only.field),
        value: only.value.into(),
        by: only.by.map(|member| by(member, &directory)),
        at: Some(only.at.rfc3339()),
    };
    let changes = if opened < only.version { vec![change] } else { Vec::new() };
    Ok(crate::web::stale(request, only.version, changes))
}

fn by(member: MemberId, directory: &Directory) -> ProblemMember {
    ProblemMember { id: member.0, name: directory.name(member).to_owned() }
}

/// The form of a record, field by field.
pub trait Filled: Sized {
    /// The fields by the names of the API, and what forms call them.
    const FIELDS: &'static [(&'static str, &'static str)];

    /// What stands in a field, the labels of addresses too; an owner by number.
    fn text(&self, field: &str) -> String;
    fn owner(&self) -> Option<MemberId>;
    fn custom(&mut self) -> &mut Typed;
    fn typed(&self) -> &Typed;
    /// Puts what stands in a field of the other form into this one.
    fn take(&mut self, field: &str, from: &Self);
    /// What [`marks`] said when the form was opened.
    fn opened(&self) -> &str;
}

/// A short mark of what stands in each field, to carry along in the form: so a field that nobody touched is told
/// from one that was typed into.
pub fn marks(form: &impl Filled) -> String {
    all_marks(form).into_iter().map(|(field, mark)| format!("{field}={mark:x}")).collect::<Vec<_>>().join(" ")
}

fn all_marks<F: Filled>(form: &F) -> BTreeMap<String, u64> {
    let usual = F::FIELDS.iter().map(|(field, _)| ((*field).to_owned(), mark(&form.text(field))));
    // Nothing in a field of one's own is as good as no such field: it may be younger than the form.
    let own = form.typed().iter().filter(|(_, texts)| !texts.is_empty());
    usual.chain(own.map(|(key, texts)| (format!("custom/{key}"), mark(&own_text(texts))))).collect()
}

/// A moment to the minute: that is how forms show and send it.
fn own_text(texts: &[String]) -> String {
    let minute = |text: &String| match Timestamp::parse(text) {
        Some(at) => (at.0 / Timestamp::MINUTE).to_string(),
        None => text.clone(),
    };
    texts.iter().map(minute).collect::<Vec<_>>().join("\n")
}

/// Browsers send lines with CR LF, whatever stood there.
fn mark(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.replace('\r', "").trim().hash(&mut hasher);
    hasher.finish()
}

/// A field that somebody else changed while a form was open.
pub struct Missed {
    pub label: String,
    /// As it is now; empty: nothing.
    pub theirs: String,
    /// As it stands in the form.
    pub yours: String,
}

/// What somebody whose form is out of date needs to see.
pub struct Stale {
    /// Who changed the record last; empty when Holdfast did.
    pub who: String,
    /// Fields that both changed: what is typed stands until it is saved again.
    pub missed: Vec<Missed>,
    /// Fields that only the other changed: they stand in the form by now.
    pub taken: Vec<Missed>,
}

/// Brings a form up to date with the record as it is: what only others changed is taken over, what both changed
/// keeps what was typed and is told.
pub fn catch_up<F: Filled>(
    request: &Request,
    record: Record,
    (opened, version): (i64, i64),
    form: &mut F,
    now: &F,
    definitions: &Definitions,
) -> Result<Stale, Error> {
    let (since, country) =
        request.read(|db| Ok((Since::read(db, record, opened, version)?, settings::service::default_country(db)?)))?;
    let directory = asker::directory(request)?;
    let zone = &request.reader().zone;
    let name = |member: Option<MemberId>| member.map(|id| directory.name(id).to_owned()).unwrap_or_default();
    let was: BTreeMap<String, u64> = form
        .opened()
        .split(' ')
        .filter_map(|part| part.split_once('='))
        .filter_map(|(field, mark)| Some((field.to_owned(), u64::from_str_radix(mark, 16).ok()?)))
        .collect();
    let (mine, theirs) = (all_marks(form), all_marks(now));
    let mut stale =
        Stale { who: name(since.entries.last().and_then(|entry| entry.member)), missed: Vec::new(), taken: Vec::new() };
    let differs = |field: &str| since.may_have_changed(field) && mine.get(field) != theirs.get(field);
    let is_untouched = |field: &str| !was.is_empty() && was.get(field) == mine.get(field);
    for (field, label) in F::FIELDS.iter().filter(|(field, _)| differs(field)) {
        let text = |form: &F| if *field == "owner" { name(form.owner()) } else { form.text(field) };
        let missed = Missed { label: (*label).to_owned(), theirs: text(now), yours: text(form) };
        if is_untouched(field) {
            form.take(field, now);
            stale.taken.push(missed);
        } else {
            stale.missed.push(missed);
        }
    }
    for field in definitions.live().filter(|field| differs(&field.place())) {
        let texts = |form: &F| form.typed().get(&field.key).cloned().unwrap_or_default();
        let text = |form: &F| rows::shown(field, &texts(form), zone, &country);
        let missed = Missed { label: field.label.clone(), theirs: text(now), yours: text(form) };
        if is_untouched(&field.place()) {
            let theirs = texts(now);
            form.custom().insert(field.key.clone(), theirs);
            stale.taken.push(missed);
        } else {
            stale.missed.push(missed);
        }
    }
    Ok(stale)
}
