//! The page of a list, the same for every kind of record: search, filters, columns, rows, pages.

use askama::Template;
use askama::filters::HtmlSafe;

use super::address::Address;
use super::filter::Table;
use super::{Counted, Cursor, Filter, Page, Sort, SortKey, columns};
use crate::clock::Timestamp;
use crate::db::Db;
use crate::error::Error;
use crate::id::MemberId;
use crate::members::directory::Directory;
use crate::people::{asker, tags};
use crate::permission::{Action, Area};
use crate::web::ui::{self, Choice};
use crate::web::{Reply, Request, format};

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

/// A column one can have or hide. The name is always there, so it is none.
pub struct Column {
    pub key: &'static str,
    pub label: &'static str,
    /// Narrow tables let go of 3 first, then of 2.
    pub keep: &'static str,
    pub sort: Option<SortKey>,
    /// Shown to whoever has not chosen.
    pub usual: bool,
}

/// One record.
pub struct Row {
    pub id: i64,
    pub name: String,
    /// Under the name.
    pub line: String,
    pub path: String,
    pub restricted: bool,
    pub cells: Vec<Cell>,
}

/// What stands in one column.
pub enum Cell {
    Nothing,
    Text(String),
    Link { label: String, path: String },
    Owner(MemberId),
    Tags(Vec<String>),
    Day(Timestamp),
}

impl Cell {
    /// Empty text is nothing, and looks like it.
    pub fn text(text: impl Into<String>) -> Cell {
        let text = text.into();
        if text.is_empty() { Cell::Nothing } else { Cell::Text(text) }
    }
}

/// A heading, and where a click on it leads.
struct Head {
    label: &'static str,
    keep: &'static str,
    href: Option<String>,
    /// `ascending`, `descending` or `none`; empty where one cannot sort.
    order: &'static str,
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
    /// A label, what it is, and the link without it.
    chips: Vec<(&'static str, String, String)>,
    tags: Vec<Choice>,
    owners: Vec<Choice>,
    yes_or_no: Vec<Choice>,
    archived: Vec<Choice>,
    /// Key, label, and whether it is shown.
    columns: Vec<(&'static str, &'static str, bool)>,
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
    let sort = address.sort().filter(|sort| shape.table.sorts.contains(&sort.key)).unwrap_or(Sort::up(SortKey::Name));
    let cursor = address.cursor();
    let read = request.read(|db| {
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
        let Some(filter) = address.filter(db, shape.table.index, &reach, member.id, &zone)? else {
            return Ok((Vec::new(), None, Counted::default(), chosen, tags));
        };
        let (rows, page) = (shape.read)(db, &filter, sort, cursor.as_ref(), ROWS)?;
        let mut total = page.whole().map_or_else(|| (shape.count)(db, &filter), Ok)?;
        // What is shown is there, whether or not the count came that far.
        total.number = total.number.max(page.first - 1 + rows.len() as i64);
        Ok((rows, Some(page), total, chosen, tags))
    });
    let (rows, page, total, chosen, tags) = read?;
    let base = request.url(shape.path);
    let is_shown = |column: &Column| match &chosen {
        Some(chosen) => chosen.iter().any(|key| key == column.key),
        None => column.usual,
    };
    let shown_columns: Vec<usize> = (0..shape.columns.len()).filter(|index| is_shown(&shape.columns[*index])).collect();
    let owners = owner_choices(&directory);
    let rows = Rows {
        shape,
        caption: caption(shape, &address, sort),
        name_head: head("Name", "", Some(SortKey::Name), &address, &base, sort),
        heads: shown_columns
            .iter()
            .map(|index| &shape.columns[*index])
            .map(|column| head(column.label, column.keep, column.sort, &address, &base, sort))
            .collect(),
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
        chips: chips(&address, &base, &directory),
        tags: choices("Any tag", tags.iter().map(|tag| (tag.clone(), tag.clone()))),
        owners: choices(
            "Anybody",
            [("me".into(), "You".into())].into_iter().chain(owners.into_iter().map(|c| (c.value, c.label))),
        ),
        yes_or_no: choices("Either", [("yes".into(), "Yes".into()), ("no".into(), "No".into())]),
        archived: vec![Choice::new("", "No"), Choice::new("true", "Only archived")],
        columns: shape.columns.iter().map(|column| (column.key, column.label, is_shown(column))).collect(),
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

/// Keeps which columns the member wants: the boxes they ticked.
pub fn choose_columns(request: &Request, shape: &Shape) -> Result<Reply, Error> {
    let mut ticked = Vec::new();
    for (name, key) in request.form_pairs()? {
        if name != "column" {
            return Err(Error::field(name.clone(), "unknown_field", format!("There is no field {name} here.")));
        }
        ticked.push(key);
    }
    let keys: Vec<&str> =
        shape.columns.iter().map(|column| column.key).filter(|key| ticked.iter().any(|ticked| ticked == key)).collect();
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

fn choices(none: &str, rest: impl IntoIterator<Item = (String, String)>) -> Vec<Choice> {
    let first = Choice::new("", none);
    std::iter::once(first).chain(rest.into_iter().map(|(value, label)| Choice::new(value, label))).collect()
}

/// A click on the heading by which the list is sorted turns it round. During a search nothing can be
/// sorted: the newest come first.
fn head(
    label: &'static str,
    keep: &'static str,
    key: Option<SortKey>,
    address: &Address,
    base: &str,
    sort: Sort,
) -> Head {
    let Some(key) = key.filter(|_| address.q.trim().is_empty()) else {
        return Head { label, keep, href: None, order: "" };
    };
    let is_current = sort.key == key;
    // Dates begin with the newest, names with A.
    let is_text = matches!(key, SortKey::Name | SortKey::Company);
    let next = Sort { key, descending: if is_current { !sort.descending } else { !is_text } };
    let order = match (is_current, sort.descending) {
        (false, _) => "none",
        (true, false) => "ascending",
        (true, true) => "descending",
    };
    Head { label, keep, href: Some(address.with(base, "sort", &next.word())), order }
}

fn caption(shape: &Shape, address: &Address, sort: Sort) -> String {
    if !address.q.trim().is_empty() {
        return format!("{} that match, newest first", shape.title);
    }
    let by = match sort.key {
        SortKey::Name => "name",
        SortKey::Company => "company",
        SortKey::Created => "the day they were added",
        SortKey::Updated => "the last change",
        SortKey::Activity => "the last activity",
    };
    let order = match (sort.key, sort.descending) {
        (SortKey::Name | SortKey::Company, false) => "A to Z",
        (SortKey::Name | SortKey::Company, true) => "Z to A",
        (_, true) => "newest first",
        (_, false) => "oldest first",
    };
    format!("{}, sorted by {by}, {order}", shape.title)
}

fn chips(address: &Address, base: &str, directory: &Directory) -> Vec<(&'static str, String, String)> {
    let owner = match address.owner.as_str() {
        "me" => "you".to_owned(),
        id => id.parse().map(|id| directory.name(id).to_owned()).unwrap_or_default(),
    };
    let all = [
        ("tag", "Tag", address.tag.clone()),
        ("owner", "Owner", owner),
        ("company", "Company", "only its people".to_owned()),
        ("source", "Source", address.source.clone()),
        ("email", "Has an email address", address.email.clone()),
        ("phone", "Has a phone number", address.phone.clone()),
        ("created_since", "Added since", address.created_since.clone()),
        ("updated_since", "Changed since", address.updated_since.clone()),
        ("archived", "Archived", "only these".to_owned()),
    ];
    let given = address.parts();
    all.into_iter()
        .filter(|(name, ..)| given.iter().any(|(known, _)| known == name))
        .map(|(name, label, value)| (label, value, address.with(base, name, "")))
        .collect()
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
