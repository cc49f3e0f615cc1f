//! What one can do with saved views.

use super::{Looker, MOST, NewView, SavedView, Using, columns, store};
use crate::db::{Db, Tx};
use crate::error::Error;
use crate::id::ViewId;
use crate::people::list::tree::{self, rename};
use crate::people::record::Object;
use crate::people::text::Faults;
use crate::privacy::audit::{self, Event};

/// The views of a kind of record that somebody sees: their own first, then by name.
pub fn visible(db: &Db, object: Object, looker: &Looker) -> Result<Vec<SavedView>, Error> {
    let mut views: Vec<SavedView> = store::all(db, object)?.into_iter().filter(|view| looker.sees(view)).collect();
    views.sort_by_key(|view| view.owner != Some(looker.me()));
    Ok(views)
}

/// The view with this id, when the asker sees it.
pub fn get(db: &Db, id: ViewId, looker: &Looker) -> Result<SavedView, Error> {
    store::find(db, id)?.filter(|view| looker.sees(view)).ok_or(Error::NotFound("view"))
}

/// Saves a list. Fails with [`Error::Invalid`] on what cannot be answered, and on a name that is taken.
pub fn create(tx: &Tx, new: &NewView, looker: &Looker) -> Result<ViewId, Error> {
    if store::count_of(tx, new.object, looker.me())? >= MOST as i64 {
        let message = format!("{MOST} views of {} are the most for one member. Delete one first.", new.object.many());
        return Err(Error::field("name", "too_many", message));
    }
    let new = checked(tx, new, looker, None)?;
    let id = store::insert(tx, &new, looker.me())?;
    audit::record(tx, event("people.view.created", id, &new))?;
    Ok(id)
}

/// Changes a view. `version` is what the asker read.
pub fn update(tx: &Tx, id: ViewId, version: i64, new: &NewView, looker: &Looker) -> Result<(), Error> {
    let before = to_change(tx, id, Some(version), looker)?;
    let new = checked(tx, new, looker, Some(&before))?;
    store::update(tx, id, &new)?;
    audit::record(tx, event("people.view.changed", id, &new))
}

/// Takes a view away. `version` is what the asker read; `None` deletes whatever is there.
pub fn delete(tx: &Tx, id: ViewId, version: Option<i64>, looker: &Looker) -> Result<(), Error> {
    let before = to_change(tx, id, version, looker)?;
    store::delete(tx, id)?;
    audit::record(tx, event("people.view.deleted", id, &NewView::of(&before)))
}

fn to_change(tx: &Tx, id: ViewId, version: Option<i64>, looker: &Looker) -> Result<SavedView, Error> {
    let view = get(tx, id, looker)?;
    if !looker.may_change(&view) {
        return Err(Error::Forbidden);
    }
    match version {
        Some(version) if version != view.version => Err(Error::Stale(view.version)),
        _ => Ok(view),
    }
}

/// Names and values that a filter holds may name somebody; how many conditions it has says nothing.
fn event(action: &'static str, id: ViewId, view: &NewView) -> Event {
    let event = Event::new(action).on("view", id).detail("object", view.object.word());
    let event = event.detail("sharing", view.sharing.word()).detail("conditions", view.filter.count());
    event.personal("name", view.name.as_str())
}

/// The view with a clean name; `before` is what it was. Errors stand at `name`, `filter/…`, `columns/0`, `sort`.
fn checked(db: &Db, new: &NewView, looker: &Looker, before: Option<&SavedView>) -> Result<NewView, Error> {
    let mut faults = Faults::default();
    let name = faults.line("name", "The name", &new.name, 60);
    let owner = before.map_or(Some(looker.me()), |before| before.owner);
    if name.is_empty() {
        faults.add("name", "required", "Enter the name of the view.");
    } else if store::named(db, new.object, owner, &name)?.is_some_and(|other| before.is_none_or(|b| b.id != other)) {
        faults.add("name", "duplicate", "There is a view of this name already. Choose another.");
    }
    // What was broken before and is left alone must not stop somebody from renaming or sharing it.
    let is_kept = before.is_some_and(|before| before.filter == new.filter);
    if !is_kept && !new.filter.of.is_empty() {
        match tree::read(db, new.object, &new.filter, &looker.asking, "filter") {
            Err(Error::Invalid(errors)) => errors.into_iter().for_each(|e| faults.add(e.field, e.code, e.message)),
            other => drop(other?),
        }
    }
    columns::check(db, new, before, &mut faults)?;
    let checked = NewView { name, ..new.clone() };
    faults.none_or(checked).map_err(Error::Invalid)
}

/// A tag has another name by now: views that ask for it go on asking for the same tag.
pub(in crate::people) fn tag_renamed(tx: &Tx, before: &str, after: &str) -> Result<(), Error> {
    for object in Object::ALL {
        renamed(tx, *object, "tags", before, after)?;
    }
    Ok(())
}

/// A choice of a field is called otherwise by now.
pub(in crate::people) fn choice_renamed(
    tx: &Tx,
    object: Object,
    key: &str,
    before: &str,
    after: &str,
) -> Result<(), Error> {
    renamed(tx, object, &format!("{}{key}", tree::fields::CUSTOM), before, after)
}

fn renamed(tx: &Tx, object: Object, field: &str, before: &str, after: &str) -> Result<(), Error> {
    for view in store::all(tx, object)? {
        if let Some(filter) = rename::value(&view.filter, field, before, after) {
            store::update(tx, view.id, &NewView { filter, ..NewView::of(&view) })?;
        }
    }
    Ok(())
}

/// The views that ask for a field or show it: for those who think about deleting it.
pub fn that_use(db: &Db, object: Object, key: &str) -> Result<Using, Error> {
    let (asked, shown) = (format!("{}{key}", tree::fields::CUSTOM), format!("custom/{key}"));
    let mut views = store::all(db, object)?;
    views.retain(|view| {
        let asks = view.filter.conditions().iter().any(|condition| condition.field == asked);
        asks || view.columns.contains(&shown) || view.sort.trim_start_matches('-') == asked
    });
    Ok(Using::of(views))
}

/// The views that ask for a tag.
pub fn that_ask_for_tag(db: &Db, name: &str) -> Result<Using, Error> {
    let mut views = Vec::new();
    for object in Object::ALL {
        views.extend(store::all(db, *object)?);
    }
    // A filter that would change if the tag were called otherwise names it.
    views.retain(|view| rename::value(&view.filter, "tags", name, "").is_some());
    Ok(Using::of(views))
}
