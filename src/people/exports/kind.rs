//! What is exported: contacts or companies, how many there are, and the file, written while it is sent.

use std::cell::Cell;

use super::columns::Frame;
use super::{Format, Line, Sheet, columns, consents, service};
use crate::db::{Db, Tx};
use crate::error::Error;
use crate::id::ExportId;
use crate::people::custom_fields::related::Sight;
use crate::people::custom_fields::{CustomField, Definitions};
use crate::people::list::filter::{self, Table};
use crate::people::list::{Counted, Cursor, Filter, Sort, SortKey};
use crate::people::record::Object;
use crate::people::{asker, companies, contacts, imports};
use crate::permission::{Action, Area};
use crate::privacy::audit::Event;
use crate::privacy::purposes::Purpose;
use crate::visitor::Reach;
use crate::web::{CSV, JSON, Reply, Request};

/// Records read at a time while a file is written.
const PAGE: i64 = 500;

/// What differs between contacts and companies.
pub struct Kind {
    /// The word in the API and in the table `exports`.
    pub word: &'static str,
    pub object: Object,
    pub area: Area,
    pub table: &'static Table,
    /// The page of the list, below `/w/{slug}`.
    pub path: &'static str,
    pub title: &'static str,
    pub one: &'static str,
    pub many: &'static str,
    /// The audit action of taking the file.
    action: &'static str,
    file_name: &'static str,
    headings: &'static [&'static str],
    pub count: fn(&Db, &Filter) -> Result<Counted, Error>,
    page: ReadPage,
}

/// How a file is written.
pub struct Written<'a> {
    pub format: Format,
    /// Keys of the columns of a view; none: all.
    pub columns: &'a [String],
    /// With what people said about the use of their data. Ask [`may_consents`] before.
    pub with_consents: bool,
    /// The export that a program asked for.
    pub export: Option<ExportId>,
}

/// What people said, with its proof, leaves with who works on people's rights.
pub fn may_consents(request: &Request, kind: &Kind) -> bool {
    kind.area == Area::Contacts && request.may(Action::Edit, Area::Privacy)
}

/// Reads one page of records as they stand in the file, and gives the cursor of the next.
type ReadPage = fn(&Db, &Filter, Option<&Cursor>, &Frame, Format) -> Result<(Vec<Line>, Option<Cursor>), Error>;

pub const CONTACTS: Kind = Kind {
    word: "contact",
    table: &filter::CONTACTS,
    object: Object::Contact,
    area: Area::Contacts,
    path: "/people/contacts",
    title: "Contacts",
    one: "contact",
    many: "contacts",
    action: "people.contacts.exported",
    file_name: "contacts",
    headings: columns::CONTACT,
    count: contacts::service::count,
    page: contact_page,
};

pub const COMPANIES: Kind = Kind {
    word: "company",
    table: &filter::COMPANIES,
    object: Object::Company,
    area: Area::Companies,
    path: "/people/companies",
    title: "Companies",
    one: "company",
    many: "companies",
    action: "people.companies.exported",
    file_name: "companies",
    headings: columns::COMPANY,
    count: companies::service::count,
    page: company_page,
};

impl Kind {
    /// The kind of this word; `None` when there is none.
    pub fn from_word(word: &str) -> Option<&'static Kind> {
        [&CONTACTS, &COMPANIES].into_iter().find(|kind| kind.word == word)
    }

    /// Whose records the asker may see and may export.
    pub fn reach(&self, request: &Request) -> Reach {
        both(request.reach(Action::View, self.area), request.reach(Action::Export, self.area))
    }

    /// How many records there are; `None` as a filter lets nothing through.
    pub fn counted(&self, request: &Request, filter: Option<&Filter>) -> Result<Counted, Error> {
        match filter {
            Some(filter) => request.read(|db| (self.count)(db, filter)),
            None => Ok(Counted::default()),
        }
    }

    /// The audit entry of a file that leaves: what, how many, narrowed by which conditions (P-068). Record it before
    /// the first byte is sent.
    pub fn event(&self, format: Format, narrowed_by: Vec<&str>, count: Counted) -> Event {
        let event = Event::new(self.action).detail("format", format.word()).detail("narrowed_by", narrowed_by);
        event.detail("count", count.number).detail("count_is_a_floor", count.is_floor)
    }

    /// The file: page after page, each read by itself and sent before the next. So whoever takes it slowly holds up
    /// nobody; what changes meanwhile is in it as it is when its page comes.
    ///
    /// With `only_for`, people whose data may not be used for that purpose are left out, restricted ones among them, and
    /// counted: in `export` too, when the file is that of one.
    /// A table has the columns of a view where it names some; otherwise, and in JSON, it has everything.
    pub fn reply(
        &'static self,
        request: &Request,
        filter: Option<Filter>,
        only_for: Option<Purpose>,
        written: &Written,
    ) -> Result<Reply, Error> {
        let Written { format, columns: chosen, with_consents, export } = *written;
        let (workspace, now, origin) = (request.member()?.workspace.clone(), request.now(), request.origin());
        let frame = Frame {
            directory: asker::directory(request)?,
            definitions: request.read(|db| Definitions::load(db, self.object))?,
            sight: Sight::of(request),
            only_for,
            purposes: if with_consents { request.read(imports::consents::purposes)? } else { Vec::new() },
            left_out: Cell::new(0),
        };
        let (name, content_type) = match format {
            Format::Csv => (format!("{}.csv", self.file_name), CSV),
            Format::Json => (format!("{}.json", self.file_name), JSON),
        };
        let mut picked: Vec<(String, usize)> = match chosen {
            [] => {
                let own = frame.definitions.live().map(CustomField::place);
                self.headings.iter().map(|name| (*name).to_owned()).chain(own).zip(0..).collect()
            }
            chosen => columns::of_view(self.headings, chosen, &frame),
        };
        picked.extend(columns::of_consents(self.headings, &frame));
        let body = move |out: &mut dyn std::io::Write| {
            let headings: Vec<&str> = picked.iter().map(|(name, _)| name.as_str()).collect();
            let mut sheet = Sheet::begin(format, &headings, out)?;
            let mut cursor = None;
            while let Some(filter) = &filter {
                let read = |db: &Db| (self.page)(db, filter, cursor.as_ref(), &frame, format);
                let (lines, next) = workspace.file.read(now, read)?;
                lines.into_iter().try_for_each(|line| sheet.add(&line.picked(&picked)))?;
                if next.is_none() {
                    break;
                }
                cursor = next;
            }
            sheet.end()?;
            if let Some(purpose) = &frame.only_for {
                let note = |tx: &Tx| service::note_left_out(tx, export, &purpose.key, frame.left_out.get());
                workspace.file.write(now, &origin, note)?;
            }
            Ok(())
        };
        Ok(Reply::download(&name, content_type, Box::new(body)))
    }
}

/// What both permissions reach.
fn both(view: Reach, export: Reach) -> Reach {
    match (view, export) {
        (Reach::Everything, other) | (other, Reach::Everything) => other,
        (Reach::OwnedBy(a), Reach::OwnedBy(b)) => Reach::OwnedBy(a.into_iter().filter(|id| b.contains(id)).collect()),
        (Reach::Nothing, _) | (_, Reach::Nothing) => Reach::Nothing,
    }
}

fn contact_page(
    db: &Db,
    filter: &Filter,
    cursor: Option<&Cursor>,
    frame: &Frame,
    format: Format,
) -> Result<(Vec<Line>, Option<Cursor>), Error> {
    let (mut records, page) = contacts::service::page(db, filter, Sort::up(SortKey::Created), cursor, PAGE)?;
    if frame.only_for.is_some() {
        let mut cleared = Vec::new();
        for contact in records {
            if frame.lets(db, contact.id)? {
                cleared.push(contact);
            }
        }
        records = cleared;
    }
    let line = |record| match format {
        Format::Csv => Ok(Line::Cells(columns::contact(db, &record, frame)?)),
        Format::Json => {
            let said = consents::json(db, &frame.purposes, record.id)?;
            let mut object = contacts::api::json(record, &frame.directory)?;
            if !frame.purposes.is_empty() {
                object["consents"] = said;
            }
            Ok(Line::Object(object))
        }
    };
    Ok((records.into_iter().map(line).collect::<Result<_, Error>>()?, page.next))
}

fn company_page(
    db: &Db,
    filter: &Filter,
    cursor: Option<&Cursor>,
    frame: &Frame,
    format: Format,
) -> Result<(Vec<Line>, Option<Cursor>), Error> {
    let (records, page) = companies::service::page(db, filter, Sort::up(SortKey::Created), cursor, PAGE)?;
    let line = |record| match format {
        Format::Csv => Ok(Line::Cells(columns::company(db, &record, frame)?)),
        Format::Json => companies::api::json(record, &frame.directory).map(Line::Object),
    };
    Ok((records.into_iter().map(line).collect::<Result<_, Error>>()?, page.next))
}
