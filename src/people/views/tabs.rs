//! The row of views above a list. Counts come after the page, so that no list waits for those of others.

use askama::Template;
use askama::filters::HtmlSafe;
use serde::Deserialize;

use super::{Looker, SavedView, service, shape};
use crate::db::Db;
use crate::error::Error;
use crate::people::list::tree;
use crate::people::list::view::total;
use crate::people::list::{Counted, Filter, count_within};
use crate::people::record::Object;
use crate::permission::Action;
use crate::visitor::Reach;
use crate::web::ui;
use crate::web::{Reply, Request};

/// Views beside one another; the others are in a menu.
const BESIDE: usize = 6;
/// Records looked at for one count: "1,000+" says as much in a tab.
const EXAMINED: i64 = 1_000;

#[derive(Template)]
#[template(path = "people/views/_tabs.html")]
pub struct Tabs {
    label: String,
    tabs: Vec<Tab>,
    more: Vec<Tab>,
    /// Where the same comes from with counts; empty once they are there.
    refresh: String,
    all_views: String,
}

impl HtmlSafe for Tabs {}

struct Tab {
    label: String,
    href: String,
    is_current: bool,
    count: Option<String>,
}

/// The tabs of one kind of record, without counts; `current` is the number of the view that is open.
pub fn of(request: &Request, object: Object, current: &str, looker: &Looker) -> Result<Tabs, Error> {
    let views = request.read(|db| service::visible(db, object, looker))?;
    let refresh = format!("{}?object={}&view={current}", request.url("/people/views/tabs"), object.word());
    let counts = vec![None; views.len() + 1];
    Ok(tabs(request, object, current, views, counts, refresh))
}

fn tabs(
    request: &Request,
    object: Object,
    current: &str,
    views: Vec<SavedView>,
    counts: Vec<Option<String>>,
    refresh: String,
) -> Tabs {
    let shape = shape(object);
    let base = request.url(shape.path);
    let everything = Tab {
        label: format!("All {}", shape.many),
        href: base.clone(),
        is_current: current.is_empty(),
        count: counts.first().cloned().flatten(),
    };
    let views = views.into_iter().zip(counts.into_iter().skip(1)).map(|(view, count)| Tab {
        href: format!("{base}?view={}", view.id),
        is_current: view.id.to_string() == current,
        label: view.name,
        count,
    });
    let mut tabs: Vec<Tab> = std::iter::once(everything).chain(views).collect();
    // The one that is open is always to be seen.
    if let Some(at) = tabs.iter().position(|tab| tab.is_current).filter(|at| *at > BESIDE) {
        tabs[1..=at].rotate_right(1);
    }
    let more = tabs.split_off(tabs.len().min(BESIDE + 1));
    Tabs { label: format!("Views of {}", shape.many), tabs, more, refresh, all_views: request.url("/people/views") }
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Asked {
    object: String,
    view: String,
}

/// The tabs with their counts.
pub(super) fn refresh(request: &Request) -> Result<Reply, Error> {
    let asked: Asked = request.query()?;
    let object = Object::from_word(&asked.object).unwrap_or(Object::Contact);
    let area = shape(object).area;
    if !request.may(Action::View, area) {
        return Err(Error::NotFound("page"));
    }
    let looker = Looker::of(request)?;
    let reach = request.reach(Action::View, area);
    let (views, counts) = request.read(|db| {
        let views = service::visible(db, object, &looker)?;
        let table = shape(object).table;
        let mut counts = vec![Some(total(count_within(db, table, &Filter::within(&reach), EXAMINED)?))];
        for view in &views {
            counts.push(counted(db, view, &reach, &looker)?.map(total));
        }
        Ok((views, counts))
    })?;
    request.fragment(&tabs(request, object, &asked.view, views, counts, String::new()))
}

/// How many records a view has, as far as the asker sees; `None` when its filter cannot be answered any more.
pub(super) fn counted(db: &Db, view: &SavedView, reach: &Reach, looker: &Looker) -> Result<Option<Counted>, Error> {
    let mut filter = Filter::within(reach);
    if !view.filter.of.is_empty() {
        match tree::read(db, view.object, &view.filter, &looker.asking, "filter") {
            Ok(compiled) => filter.tree = Some(compiled),
            Err(Error::Invalid(_)) => return Ok(None),
            Err(error) => return Err(error),
        }
    }
    count_within(db, shape(view.object).table, &filter, EXAMINED).map(Some)
}
