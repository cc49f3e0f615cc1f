//! The form in which conditions are put together, and what its buttons do. Each button sends the whole form, so it
//! works without any script.

use askama::Template;
use askama::filters::HtmlSafe;

use super::address::Address;
use super::control::{self, Control};
use super::shape::Shape;
use super::tree::form::{self, Press};
use super::tree::{self, Condition, DEEPEST, Fields, Group, MOST, Node, Operator, json};
use super::view;
use crate::error::{Error, FieldError};
use crate::members::directory::Directory;
use crate::people::custom_fields::Definitions;
use crate::people::views::{self, Looker, NewView, SavedView};
use crate::people::{asker, tags};
use crate::web::ui::{self, Choice};
use crate::web::{Reply, Request};

/// A form that was sent, to be drawn again.
pub(super) struct Posted {
    pub tree: Group,
    pub errors: Vec<FieldError>,
}

/// What the controls offer.
pub(super) struct Offer<'a> {
    pub fields: &'a Fields,
    pub directory: &'a Directory,
    pub tags: &'a [String],
}

#[derive(Template)]
#[template(path = "people/list/builder.html")]
pub(super) struct Builder {
    action: String,
    /// The list without conditions, as it was before the form was opened.
    close: String,
    q: String,
    sort: String,
    view: String,
    version: i64,
    /// The view to which the conditions can be saved.
    keep: Option<String>,
    lines: Vec<Line>,
    errors: Vec<FieldError>,
}

impl HtmlSafe for Builder {}

/// The form from top to bottom.
enum Line {
    Open {
        group: String,
        any: bool,
        name: String,
        is_root: bool,
        errors: Vec<String>,
    },
    Row(Box<Row>),
    /// The end of a group, with what can be added to it.
    Close {
        group: String,
        may_add: bool,
        may_nest: bool,
    },
}

/// One condition.
struct Row {
    path: String,
    /// Its number, for those who hear the form.
    name: String,
    /// Where its errors stand: `filter/and/0`.
    place: String,
    fields: Vec<Choice>,
    field: String,
    operators: Vec<Choice>,
    operator: String,
    control: Control,
    errors: Vec<String>,
}

impl Builder {
    pub fn new(
        tree: &Group,
        errors: &[FieldError],
        offer: &Offer,
        address: &Address,
        base: &str,
        view: Option<&SavedView>,
        looker: &Looker,
    ) -> Builder {
        let mut shown = tree.clone();
        if shown.of.is_empty() {
            shown.of.push(Node::Condition(form::fresh(offer.fields)));
        }
        let mut drawing = Drawing { offer, errors, lines: Vec::new(), count: 0, is_full: shown.count() >= MOST };
        drawing.group(&shown, &[], "filter");
        Builder {
            action: format!("{base}/filter"),
            close: address.with(base, "build", ""),
            q: address.q.clone(),
            sort: address.sort.clone(),
            view: address.view.clone(),
            version: view.map_or(0, |view| view.version),
            keep: view.filter(|view| looker.may_change(view)).map(|view| view.name.clone()),
            lines: drawing.lines,
            errors: errors.to_vec(),
        }
    }

    /// Without the list of faults above: they stand at their conditions all the same.
    pub fn without_summary(self) -> Builder {
        Builder { errors: Vec::new(), ..self }
    }
}

struct Drawing<'a> {
    offer: &'a Offer<'a>,
    errors: &'a [FieldError],
    lines: Vec<Line>,
    count: usize,
    is_full: bool,
}

impl Drawing<'_> {
    fn group(&mut self, group: &Group, path: &[usize], place: &str) {
        let at = form::at(path);
        let name = if path.is_empty() { "The conditions".to_owned() } else { format!("Group {}", spoken(path)) };
        let errors = self.errors.iter().filter(|error| error.field == place && !path.is_empty());
        let errors = errors.map(|error| error.message.clone()).collect();
        let is_root = path.is_empty();
        self.lines.push(Line::Open { group: at.clone(), any: group.any, name, is_root, errors });
        let key = if group.any { "or" } else { "and" };
        for (index, node) in group.of.iter().enumerate() {
            let (path, place) = ([path, &[index]].concat(), format!("{place}/{key}/{index}"));
            match node {
                Node::Group(inner) => self.group(inner, &path, &place),
                Node::Condition(condition) => self.row(condition, &path, place),
            }
        }
        let may_nest = !self.is_full && path.len() + 1 < DEEPEST;
        self.lines.push(Line::Close { group: at, may_add: !self.is_full, may_nest });
    }

    fn row(&mut self, condition: &Condition, path: &[usize], place: String) {
        self.count += 1;
        let name = format!("condition {}", self.count);
        let field = self.offer.fields.find(&condition.field);
        let choice = |field: &tree::Field| Choice::new(field.key.clone(), field.label.clone());
        let mut fields: Vec<Choice> = self.offer.fields.all.iter().map(choice).collect();
        let mut operators: Vec<Choice> = Vec::new();
        match field {
            Some(field) => {
                let holds = field.holds;
                let choice = |operator: &Operator| Choice::new(operator.word(), operator.label(holds));
                operators.extend(field.operators().iter().map(choice));
            }
            // It is shown as it was asked, so that somebody can see what to put in its place.
            None => fields.push(Choice::new(condition.field.clone(), format!("{} (gone)", condition.field))),
        }
        if !operators.iter().any(|known| known.value == condition.operator) {
            operators.push(Choice::new(condition.operator.clone(), condition.operator.replace('_', " ")));
        }
        let errors = self.errors.iter().filter(|error| error.field.strip_prefix(&place).is_some_and(is_part));
        let errors = errors.map(|error| error.message.clone()).collect();
        self.lines.push(Line::Row(Box::new(Row {
            path: form::at(path),
            name,
            fields,
            field: condition.field.clone(),
            operators,
            operator: condition.operator.clone(),
            control: control::of(field, condition, self.offer.directory, self.offer.tags),
            errors,
            place,
        })));
    }
}

/// `2.1` for the first of the second group.
fn spoken(path: &[usize]) -> String {
    path.iter().map(|at| (at + 1).to_string()).collect::<Vec<_>>().join(".")
}

fn is_part(rest: &str) -> bool {
    matches!(rest, "" | "/field" | "/op" | "/value")
}

/// Why a list shows nothing: the first thing that its filter asks for and that is not there.
pub(super) fn unreadable(view: Option<&SavedView>, errors: &[FieldError]) -> String {
    let what = match view {
        Some(view) => format!("The view {} cannot be shown as it is.", view.name),
        None => "This filter cannot be answered.".to_owned(),
    };
    let why = errors.first().map(|error| error.message.as_str()).unwrap_or_default();
    let more = match errors.len() {
        0 | 1 => String::new(),
        2 => " One more condition has a fault.".to_owned(),
        more => format!(" {} more conditions have a fault.", more - 1),
    };
    format!("{what} {why}{more}")
}

/// What the form brings beside the conditions.
#[derive(Default)]
struct Rest {
    press: String,
    version: i64,
    address: Address,
}

fn rest(others: Vec<(String, String)>) -> Result<Rest, Error> {
    let mut rest = Rest::default();
    for (name, value) in others {
        match name.as_str() {
            "do" => rest.press = value,
            "q" => rest.address.q = value,
            "sort" => rest.address.sort = value,
            "view" => rest.address.view = value,
            "version" => rest.version = value.parse().unwrap_or(0),
            _ => return Err(Error::field(name.clone(), "unknown_field", format!("There is no field {name} here."))),
        }
    }
    Ok(rest)
}

/// Does what the pressed button says.
pub fn act(request: &Request, shape: &Shape) -> Result<Reply, Error> {
    let (mut tree, others) = form::read(request.form_pairs()?)?;
    let Rest { press, version, mut address } = rest(others)?;
    let press = Press::read(&press).ok_or_else(|| Error::BadRequest("there is no such button".into()))?;
    let looker = Looker::of(request)?;
    let object = shape.table.object;
    let (fields, view) = request.read(|db| {
        let fields = Fields::of(object, &Definitions::load(db, object)?);
        Ok((fields, address.saved_view(db, &looker)?))
    })?;
    form::press(&mut tree, &press, &fields);
    let base = request.url(shape.path);
    let is_done = matches!(press, Press::Show | Press::Save | Press::Keep);
    if is_done && let Err(error) = check(request, shape, &tree, &looker) {
        let Error::Invalid(errors) = error else { return Err(error) };
        address.filter = json::text(&tree.filled());
        return view::draw(request, shape, address, Some(Posted { tree, errors }));
    }
    let is_views_own = view.as_ref().is_some_and(|view| view.filter == tree);
    address.filter = if is_views_own { String::new() } else { json::text(&tree.filled()) };
    if address.filter.is_empty() && !is_views_own {
        // Without conditions it is the list itself, and no view of it.
        address.view.clear();
    }
    match (&press, view) {
        (Press::Show, _) => Ok(Reply::see_other(address.with(&base, "build", ""))),
        (Press::Save, _) => {
            Ok(Reply::see_other(address.with(&request.url("/people/views/new"), "object", object.word())))
        }
        (Press::Keep, Some(view)) => {
            let new = NewView { filter: tree, ..NewView::of(&view) };
            request.write(|tx| views::service::update(tx, view.id, version, &new, &looker))?;
            Ok(Reply::see_other(format!("{base}?view={}", view.id)).toast("saved"))
        }
        (Press::Keep, None) => Err(Error::NotFound("view")),
        (_, view) if request.wants_fragment() => {
            let directory = asker::directory(request)?;
            let tags =
                request.read(|db| Ok(tags::service::all(db)?.into_iter().map(|tag| tag.name).collect::<Vec<_>>()))?;
            let offer = Offer { fields: &fields, directory: &directory, tags: &tags };
            request.fragment(&Builder::new(&tree, &[], &offer, &address, &base, view.as_ref(), &looker))
        }
        _ => view::draw(request, shape, address, Some(Posted { tree, errors: Vec::new() })),
    }
}

/// Whether the conditions can be answered, and fit into an address.
fn check(request: &Request, shape: &Shape, tree: &Group, looker: &Looker) -> Result<(), Error> {
    if tree.of.is_empty() {
        return Ok(());
    }
    json::parse(&json::text(tree), "filter")?;
    request.read(|db| tree::read(db, shape.table.object, tree, &looker.asking, "filter").map(drop))
}
