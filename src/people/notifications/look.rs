//! A notification before it is shown: is the record still there, and may the member still see it?

use super::{Notification, settings, store};
use crate::db::Db;
use crate::error::Error;
use crate::id::MemberId;
use crate::members::directory::Directory;
use crate::module::{Module, NotificationKind, RecordKind, record_kind};
use crate::visitor::Reach;
use crate::web::format;

/// Rows looked at for one page: a member who lost sight of much still gets an answer soon.
const MOST: i64 = 2_000;

/// How far somebody reaches among the records of a kind.
pub type Sight<'a> = &'a dyn Fn(&RecordKind) -> Reach;

/// A notification that may be shown.
pub struct Told {
    pub notification: Notification,
    pub kind: &'static NotificationKind,
    pub record: &'static RecordKind,
    /// The name of the record; empty for one about several.
    pub name: String,
}

/// What may be shown of the newest, and where the older ones begin.
pub struct Page {
    pub told: Vec<Told>,
    pub older: Option<i64>,
}

/// The notification as it may be shown; `None` when its record is gone or out of sight.
pub fn look(
    db: &Db,
    notification: Notification,
    modules: &'static [&'static Module],
    sight: Sight,
) -> Result<Option<Told>, Error> {
    let kind = settings::kinds(modules).find(|kind| kind.word == notification.kind);
    let record = record_kind(modules, &notification.about.0);
    let (Some(kind), Some(record)) = (kind, record) else { return Ok(None) };
    let reach = sight(record);
    if notification.count > 1 {
        // It names none of them: the right to see some is enough.
        let told = Told { notification, kind, record, name: String::new() };
        return Ok((reach != Reach::Nothing).then_some(told));
    }
    let found = (record.find)(db, notification.about.1)?.filter(|found| reach.covers(found.owner));
    Ok(found.map(|found| Told { notification, kind, record, name: found.name }))
}

/// The newest `limit` that may be shown.
pub fn page(
    db: &Db,
    member: MemberId,
    modules: &'static [&'static Module],
    sight: Sight,
    unread: bool,
    before: Option<i64>,
    limit: usize,
) -> Result<Page, Error> {
    let mut told = Vec::new();
    let mut before = before.unwrap_or(i64::MAX);
    let mut looked = 0;
    while looked < MOST {
        let batch = store::page(db, member, unread, before, 100)?;
        if batch.is_empty() {
            return Ok(Page { told, older: None });
        }
        for notification in batch {
            if told.len() == limit {
                return Ok(Page { told, older: Some(before) });
            }
            before = notification.id;
            looked += 1;
            told.extend(look(db, notification, modules, sight)?);
        }
    }
    Ok(Page { told, older: Some(before) })
}

impl Told {
    /// What it says, with the name of the record apart, to be made a link.
    pub fn words(&self, directory: &Directory) -> String {
        let who = match self.notification.actor {
            Some(actor) => directory.name(actor),
            None => "Holdfast",
        };
        let words = match (self.notification.count, self.kind.gathered) {
            (count, Some(gathered)) if count > 1 => {
                gathered.replace("{many}", &format::plural(count, self.record.one, self.record.many))
            }
            _ => self.kind.words.to_owned(),
        };
        // What people wrote is put in last: it cannot bring placeholders of its own.
        match words.split_once("{record}") {
            Some((before, after)) => {
                format!("{}{}{}", before.replace("{who}", who), self.name, after.replace("{who}", who))
            }
            None => words.replace("{who}", who),
        }
    }

    /// Where it leads, below `/w/{slug}`.
    pub fn path(&self) -> String {
        let Notification { count, about: (_, id), note, .. } = &self.notification;
        match (count, note) {
            (2.., _) => self.record.own.to_owned(),
            (_, Some(note)) => format!("{}#note-{note}", (self.record.path)(*id)),
            _ => (self.record.path)(*id),
        }
    }
}
