//! The page of a list, the same for every kind of record: search, filters, columns, rows, pages.

use std::collections::HashSet;

use askama::Template;
use askama::filters::HtmlSafe;
use jiff::tz::TimeZone;

use super::address::Address;
use super::custom::Reader;
use super::filter::Table;
use super::headings::{self, Head, Offered, Sorting};
use super::narrowing::{self, Chip, Control, choices};
use super::{Counted, Cursor, Filter, Page, Sort, SortKey, columns};
use crate::clock::Timestamp;
use crate::db::Db;
use crate::error::Error;
use crate::id::{CustomFieldId, MemberId};
use crate::members::directory::Directory;
use crate::people::custom_fields::related::{Related, Sight};
use crate::people::custom_fields::{CustomValue, Definitions, Kind};
use crate::people::{asker, tags};
use crate::permission::{Action, Area};
use crate::web::ui::{self, Choice};
use crate::web::{Reply, Request, format};

pub use super::headings::Column;

/// Rows of a page.
const ROWS: i64 = 50;

/// What a kind of record brings to its list.
pub struct Shape {
    pub title: &'static str,
    pub one: &'static str,
    pub many: &'static str,
    /// Below `/w/{slug}`.
    pub path: &'static str,
    /// The word under which chosen columns are kept.
    pub list: &'static str,
    pub area: Area,
    pub table: &'static Table,
    pub columns: &'static [Column],
    pub searched: &'static str,
    pub add: (&'static str, &'static str),
    /// What the list says while it is empty: a heading, and what will be here.
    pub nothing: (&'static str, &'static str),
    /// The list has companies to narrow by, and sources.
    pub is_contacts: bool,
    pub read: Read,
    pub count: fn(&Db, &Filter) -> Result<Counted, Error>,
}

/// Reads one page of rows, with a cell for every column.
pub type Read = fn(&Db, &Filter, Sort, Option<&Cursor>, i64) -> Result<(Vec<Row>, Page), Error>;

/// One record.
pub struct Row {
    pub id: i64,
    pub name: String,
    /// Under the name.
    pub line: String,
    pub path: String,
    pub restricted: bool,
    /// One for every column of the [`Shape`], in its order.
    pub cells: Vec<Cell>,
    /// What it holds in fields of the workspace's own: their cells follow.
    pub custom: Vec<CustomValue>,
}

/// What stands in one column.
pub enum Cell {
    Nothing,
    Text(String),
    Link { label: String, path: String },
    Owner(MemberId),
    Tags(Vec<String>),
    Day(Timestamp),
    Moment(Timestamp),
}

impl Cell {
    /// Empty text is nothing, and looks like it.
    pub fn text(text: impl Into<String>) -> Cell {
        let text = text.into();
        if text.is_empty() { Cell::Nothing } else { Cell::Text(text) }
    }
}

/// The rows, the bar for ticked ones, and the pager: what search and sorting replace.
#[derive(Template)]
#[template(path = "people/list/table.html")]
struct Rows<'a> {
    shape: &'a Shape,
    base: String,
    caption: String,
    name_head: Head,
    heads: Vec<Head>,
    rows: Vec<Row>,
    columns: &'a [Offered],
    /// Places in `columns` and in the cells of each row.
    shown_columns: Vec<usize>,
    directory: &'a Directory,
    owners: Vec<Choice>,
    is_archive: bool,
    is_narrowed: bool,
    clear: String,
    add_href: String,
    import_href: String,
    may_import: bool,
    /// Names the pager.
    pages: String,
    may_add: bool,
    may_edit: bool,
    may_assign: bool,
    may_delete: bool,
    back: String,
    shown: String,
    previous: Option<String>,
    next: Option<String>,
    total: String,
}

impl HtmlSafe for Rows<'_> {}

impl Rows<'_> {
    fn owner(&self, owner: &MemberId) -> &str {
        self.directory.name(*owner)
    }

    fn workspace_url(&self, path: &str) -> String {
        let workspace = self.base.strip_suffix(self.shape.path).unwrap_or("");
        format!("{workspace}{path}")
    }
}

/// The answer to a search or a click on a heading: the rows, and the count that goes with them.
#[derive(Template)]
#[template(path = "people/list/fragment.html")]
struct Fragment<'a> {
    rows: Rows<'a>,
}

#[derive(Template)]
#[template(path = "people/list/list.html")]
struct List<'a> {
    shape: &'a Shape,
    base: String,
    address: Address,
    chips: Vec<Chip>,
    tags: Vec<Choice>,
    owners: Vec<Choice>,
    yes_or_no: Vec<Choice>,
    archived: Vec<Choice>,
    /// For the workspace's own fields.
    controls: Vec<Control>,
    /// Each, and whether it is shown.
    columns: Vec<(Choice, bool)>,
    may_add: bool,
    may_import: bool,
    may_export: bool,
    import: String,
    export: String,
    duplicates: String,
    changes: String,
    trash: String,
    rows: Rows<'a>,
}

/// Answers a request for the list: the page, or only its rows when htmx asks.
pub fn show(request: &Request, shape: &Shape) -> Result<Reply, Error> {
    let address: Address = request.query()?;
    let member = request.member()?;
    let directory = asker::directory(request)?;
    let reach = request.reach(Action::View, shape.area);
    let zone = request.reader().zone;
    let sight = Sight::of(request);
    let cursor = address.cursor();
    let read = request.read(|db| {
        let reader = Reader::load(db, shape.table.object)?;
        let sort = shape.table.sort(&address.sort).or_else(|| reader.sort(&address.sort));
        let sort = sort.unwrap_or(Sort::up(SortKey::Name));
        let offered = headings::offered(shape, &reader.definitions);
        let chosen = columns::chosen(db, member.id, shape.list)?;
        let mut tags = if shape.is_contacts {
            tags::service::names_on_contacts(db)?
        } else {
            tags::service::names_on_companies(db)?
        };
        // What the list is narrowed by stays chosen, also when nothing carries it any more.
        if !address.tag.is_empty() && !tags.contains(&address.tag) {
            tags.push(address.tag.clone());
        }
        let mut found = Found::begin(reader.definitions, offered, chosen, tags, sort);
        let Some(filter) = address.filter(db, shape.table, &reach, member.id, &zone)? else { return Ok(found) };
        let (mut rows, page) = (shape.read)(db, &filter, sort, cursor.as_ref(), ROWS)?;
        add_cells(db, &mut rows, &found, &sight, &zone)?;
        found.total = page.whole().map_or_else(|| (shape.count)(db, &filter), Ok)?;
        // What is shown is there, whether or not the count came that far.
        found.total.number = found.total.number.max(page.first - 1 + rows.len() as i64);
        found.rows = rows;
        found.page = Some(page);
        Ok(found)
    });
    let Found { definitions, offered, chosen, tags, sort, rows, page, total } = read?;
    let base = request.url(shape.path);
    let is_shown = |column: &Offered| column.is_shown(chosen.as_deref());
    let shown_columns: Vec<usize> = (0..offered.len()).filter(|index| is_shown(&offered[*index])).collect();
    let owners = owner_choices(&directory);
    let rows = Rows {
        shape,
        caption: headings::caption(shape, &address, &offered, sort),
        name_head: Head::new("Name", "", Some(&Sorting::by_key(SortKey::Name)), &address, &base, sort),
        heads: shown_columns.iter().map(|index| offered[*index].head(&address, &base, sort)).collect(),
        columns: &offered,
        shown_columns,
        directory: &directory,
        owners: owners.clone(),
        is_archive: address.archived == "true",
        is_narrowed: address.parts().iter().any(|(name, _)| *name != "sort"),
        clear: base.clone(),
        add_href: format!("{base}/new"),
        pages: format!("Pages of {}", shape.many),
        may_add: request.may(Action::Edit, shape.area),
        may_edit: request.may(Action::Edit, shape.area),
        may_assign: request.may(Action::Assign, shape.area),
        may_delete: request.may(Action::Delete, shape.area),
        import_href: request.url("/people/imports"),
        may_import: request.may(Action::Import, shape.area),
        back: address.with(&base, "cursor", &address.cursor),
        shown: shown(&page, rows.len(), total),
        previous: page.as_ref().and_then(|page| page.previous.as_ref()).map(|cursor| address.at(&base, cursor)),
        next: page.as_ref().and_then(|page| page.next.as_ref()).map(|cursor| address.at(&base, cursor)),
        total: total_words(shape.one, shape.many, total),
        base: base.clone(),
        rows,
    };
    if request.wants_fragment() {
        return request.fragment(&Fragment { rows });
    }
    let list = List {
        shape,
        chips: narrowing::chips(&address, &base, &directory, &definitions),
        controls: narrowing::controls(&definitions, &address),
        tags: choices("Any tag", tags.iter().map(|tag| (tag.clone(), tag.clone()))),
        owners: choices(
            "Anybody",
            [("me".into(), "You".into())].into_iter().chain(owners.into_iter().map(|c| (c.value, c.label))),
        ),
        yes_or_no: narrowing::yes_or_no(),
        archived: vec![Choice::new("", "No"), Choice::new("true", "Only archived")],
        columns: offered.iter().map(|column| (column.choice(), is_shown(column))).collect(),
        may_add: rows.may_add,
        may_import: request.may(Action::Import, shape.area),
        may_export: request.may(Action::Export, shape.area),
        import: request.url("/people/imports"),
        duplicates: request.url("/people/duplicates"),
        changes: request.url("/people/changes"),
        trash: request.url("/people/trash"),
        export: address.with(&format!("{base}/export"), "cursor", ""),
        address,
        base,
        rows,
    };
    request.page(shape.title, &list)
}

/// What the database says about a list.
struct Found {
    definitions: Definitions,
    offered: Vec<Offered>,
    chosen: Option<Vec<String>>,
    tags: Vec<String>,
    sort: Sort,
    rows: Vec<Row>,
    page: Option<Page>,
    total: Counted,
}

impl Found {
    /// Nothing, as long as nothing was read.
    fn begin(
        definitions: Definitions,
        offered: Vec<Offered>,
        chosen: Option<Vec<String>>,
        tags: Vec<String>,
        sort: Sort,
    ) -> Found {
        Found { definitions, offered, chosen, tags, sort, rows: Vec::new(), page: None, total: Counted::default() }
    }
}

/// Adds the cells of the fields that are shown; those of the others stay empty.
fn add_cells(db: &Db, rows: &mut [Row], found: &Found, sight: &Sight, zone: &TimeZone) -> Result<(), Error> {
    let is_shown = |column: &&Offered| column.is_shown(found.chosen.as_deref());
    let shown: HashSet<CustomFieldId> = found.offered.iter().filter(is_shown).filter_map(Offered::field_id).collect();
    let points = rows.iter().flat_map(|row| &row.custom);
    let points = points.filter(|value| value.kind == Kind::Relation && shown.contains(&value.field));
    let related = Related::read(db, &points.cloned().collect::<Vec<_>>(), sight)?;
    for row in rows {
        let fields = found.offered.iter().filter_map(|column| column.field.as_ref());
        row.cells.extend(fields.map(|field| match shown.contains(&field.id) {
            true => headings::cell(&row.custom, field, &related, zone),
            false => Cell::Nothing,
        }));
    }
    Ok(())
}

/// Keeps which columns the member wants: the boxes they ticked.
pub fn choose_columns(request: &Request, shape: &Shape) -> Result<Reply, Error> {
    let mut ticked = Vec::new();
    for (name, key) in request.form_pairs()? {
        if name != "column" {
            return Err(Error::field(name.clone(), "unknown_field", format!("There is no field {name} here.")));
        }
        ticked.push(key);
    }
    let definitions = request.read(|db| Definitions::load(db, shape.table.object))?;
    let offered = headings::offered(shape, &definitions);
    let keys: Vec<&str> =
        offered.iter().map(|column| column.key.as_str()).filter(|key| ticked.iter().any(|t| t == key)).collect();
    let member = request.member()?;
    // How a list looks to one member is no change of anybody's data.
    member
        .workspace
        .file
        .write_unaudited(request.now(), &request.origin(), |tx| columns::choose(tx, member.id, shape.list, &keys))?;
    Ok(Reply::see_other(request.url(shape.path)))
}

/// Those who may own records, for select boxes.
pub fn owner_choices(directory: &Directory) -> Vec<Choice> {
    directory.active().map(|person| Choice::new(person.id.to_string(), person.name.clone())).collect()
}

/// Everybody a record can be given to, and nobody.
pub fn owners_with_nobody(directory: &Directory) -> Vec<Choice> {
    std::iter::once(Choice::new("", "Nobody")).chain(owner_choices(directory)).collect()
}

/// "1,284", or "9,000+" where counting further would take longer than reading.
pub fn total(count: Counted) -> String {
    if !count.is_floor {
        return format::count(count.number);
    }
    // The first digit is all that a floor says.
    let unit = 10_i64.pow(count.number.max(1).ilog10());
    format!("{}+", format::count(count.number / unit * unit))
}

/// The same with its noun: "1 person", "9,000+ people".
pub fn total_words(one: &str, many: &str, count: Counted) -> String {
    format!("{} {}", total(count), if count.number == 1 && !count.is_floor { one } else { many })
}

fn shown(page: &Option<Page>, rows: usize, count: Counted) -> String {
    let Some(page) = page.as_ref().filter(|_| rows > 0) else { return "None".into() };
    let last = page.first + i64::try_from(rows).unwrap_or(0) - 1;
    format!("{} to {} of {}", format::count(page.first), format::count(last), total(count))
}
