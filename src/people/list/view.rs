//! The page of a list, the same for every kind of record: search, filters, columns, rows, pages.

use std::collections::HashSet;

use askama::Template;
use askama::filters::HtmlSafe;
use jiff::tz::TimeZone;

use super::address::Address;
use super::builder::{self, Builder, Posted};
use super::custom::Reader;
use super::headings::{self, Head, Offered, Sorting};
use super::narrowing::{self, Chip, Control, choices};
use super::saying::shown;
use super::tree::{self, Fields, Group};
use super::{Counted, Page, Sort, SortKey, absorbing, columns};
use crate::db::Db;
use crate::error::{Error, FieldError};
use crate::id::{CustomFieldId, MemberId};
use crate::members::directory::Directory;
use crate::people::custom_fields::related::{Related, Sight};
use crate::people::custom_fields::{Definitions, Kind};
use crate::people::views::tabs::{self, Tabs};
use crate::people::views::{Looker, SavedView};
use crate::people::{asker, tags};
use crate::permission::Action;
use crate::web::ui::{self, Choice};
use crate::web::{Reply, Request, format};

pub use super::headings::Column;
pub use super::saying::{owner_choices, owners_with_nobody, total, total_words};
pub use super::shape::{Cell, Row, Shape};

/// Rows of a page.
const ROWS: i64 = 50;

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
    /// The list as its address narrows it: what an edit of all of it is about.
    narrowed: String,
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
    tabs: Tabs,
    /// Why nothing is shown, when the filter asks for what is not there any more.
    unreadable: Option<String>,
    builder: Option<Builder>,
    build: String,
    save: String,
    views: String,
    /// The page of the view that is open, for those who may change it.
    change_view: Option<String>,
    rows: Rows<'a>,
}

/// Answers a request for the list: the page, or only its rows when htmx asks.
pub fn show(request: &Request, shape: &Shape) -> Result<Reply, Error> {
    draw(request, shape, request.query()?, None)
}

/// The list, with the form for conditions as it was sent, when it was.
pub(super) fn draw(request: &Request, shape: &Shape, address: Address, posted: Option<Posted>) -> Result<Reply, Error> {
    let member = request.member()?;
    let looker = Looker::of(request)?;
    let directory = asker::directory(request)?;
    let reach = request.reach(Action::View, shape.area);
    let sight = Sight::of(request);
    let is_building = address.build == "true" || posted.is_some();
    let (address, found) = request.read(|db| {
        let reader = Reader::load(db, shape.table.object)?;
        let view = address.saved_view(db, &looker)?;
        if view.as_ref().is_some_and(|view| view.object != shape.table.object) {
            return Err(Error::NotFound("view"));
        }
        let address = if is_building { absorbing::absorb(address, view.as_ref())? } else { address };
        let by_view = view.as_ref().map_or("", |view| view.sort.as_str());
        let word = if address.sort.is_empty() { by_view } else { address.sort.as_str() };
        let sort = shape.table.sort(word).or_else(|| reader.sort(word)).unwrap_or(Sort::up(SortKey::Name));
        let offered = headings::offered(shape, &reader.definitions);
        let chosen = match view.as_ref().filter(|view| !view.columns.is_empty()) {
            Some(view) => Some(view.columns.clone()),
            None => columns::chosen(db, member.id, shape.list)?,
        };
        let mut tags = if shape.is_contacts {
            tags::service::names_on_contacts(db)?
        } else {
            tags::service::names_on_companies(db)?
        };
        // What the list is narrowed by stays chosen, also when nothing carries it any more.
        if !address.tag.is_empty() && !tags.contains(&address.tag) {
            tags.push(address.tag.clone());
        }
        let tree = match &posted {
            Some(posted) => posted.tree.clone(),
            None => address.tree(view.as_ref())?,
        };
        let mut found = Found::begin(reader.definitions, offered, chosen, tags, sort, tree, view);
        // While conditions are put together, those without a value yet are left out.
        let asked = if is_building { found.tree.filled() } else { found.tree.clone() };
        let filter = match address.narrowed(db, shape.table, &reach, &looker, &asked) {
            Err(Error::Invalid(errors)) if errors.iter().all(|error| error.field.starts_with("filter")) => {
                found.errors = match tree::read(db, shape.table.object, &found.tree, &looker.asking, "filter") {
                    Err(Error::Invalid(errors)) => errors,
                    _ => errors,
                };
                return Ok((address, found));
            }
            other => other?,
        };
        let Some(filter) = filter else { return Ok((address, found)) };
        let (mut rows, page) = (shape.read)(db, &filter, sort, address.cursor().as_ref(), ROWS)?;
        add_cells(db, &mut rows, &found, &sight, &looker.asking.zone)?;
        found.total = page.whole().map_or_else(|| (shape.count)(db, &filter), Ok)?;
        // What is shown is there, whether or not the count came that far.
        found.total.number = found.total.number.max(page.first - 1 + rows.len() as i64);
        found.rows = rows;
        found.page = Some(page);
        Ok((address, found))
    })?;
    let Found { definitions, offered, chosen, tags, sort, tree, view, mut errors, rows, page, total } = found;
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
        narrowed: address.with("", "cursor", "").trim_start_matches('?').to_owned(),
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
    let is_unreadable = !errors.is_empty() && posted.is_none();
    let is_refused = posted.as_ref().is_some_and(|posted| !posted.errors.is_empty())
        || (is_unreadable && !is_building && !address.filter.is_empty());
    let unreadable = is_unreadable.then(|| builder::unreadable(view.as_ref(), &errors));
    if let Some(posted) = posted {
        errors = posted.errors;
    }
    let fields = Fields::of(shape.table.object, &definitions);
    let choose = || builder::Offer { fields: &fields, directory: &directory, tags: &tags };
    let is_open = is_building || is_unreadable;
    let object = shape.table.object;
    let list = List {
        shape,
        chips: narrowing::chips(&address, &base, &directory, &definitions, &tree),
        controls: narrowing::controls(&definitions, &address),
        builder: is_open.then(|| {
            let builder = Builder::new(&tree, &errors, &choose(), &address, &base, view.as_ref(), &looker);
            // The banner says it already.
            if unreadable.is_some() { builder.without_summary() } else { builder }
        }),
        unreadable,
        tabs: tabs::of(request, object, &address.view, &looker)?,
        build: address.with(&base, "build", "true"),
        save: address.with(&request.url("/people/views/new"), "object", object.word()),
        views: request.url("/people/views"),
        change_view: view
            .as_ref()
            .filter(|view| looker.may_change(view))
            .map(|view| request.url(&format!("/people/views/{}", view.id))),
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
    if is_refused { request.page_with_errors(shape.title, &[], &list) } else { request.page(shape.title, &list) }
}

/// What the database says about a list.
struct Found {
    definitions: Definitions,
    offered: Vec<Offered>,
    chosen: Option<Vec<String>>,
    tags: Vec<String>,
    sort: Sort,
    /// What narrows the list beside the simple parts of its address.
    tree: Group,
    view: Option<SavedView>,
    /// What of the tree cannot be answered.
    errors: Vec<FieldError>,
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
        tree: Group,
        view: Option<SavedView>,
    ) -> Found {
        let (errors, rows, page, total) = (Vec::new(), Vec::new(), None, Counted::default());
        Found { definitions, offered, chosen, tags, sort, tree, view, errors, rows, page, total }
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
