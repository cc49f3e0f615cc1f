//! The columns and the order of a view: which there are, and whether a view may name them.

use super::{NewView, SavedView, shape};
use crate::db::Db;
use crate::error::Error;
use crate::people::custom_fields::Definitions;
use crate::people::list::Sort;
use crate::people::record::Object;
use crate::people::text::Faults;

/// Key and label of every column that a list of this kind of record can have, in their order.
pub fn offered(object: Object, definitions: &Definitions) -> Vec<(String, String)> {
    let usual = shape(object).columns.iter().map(|column| (column.key.to_owned(), column.label.to_owned()));
    usual.chain(definitions.live().map(|field| (field.place(), field.label.clone()))).collect()
}

/// Word and label of every order, each upwards: the address puts a minus before it for the other way.
pub fn orders(object: Object, definitions: &Definitions) -> Vec<(String, String)> {
    let usual = shape(object).columns.iter().filter_map(|column| {
        let key = column.sort?;
        Some((key.word().to_owned(), column.label.to_owned()))
    });
    let own = definitions.live().filter(|field| field.kind.is_sortable());
    let own = own.map(|field| (format!("custom.{}", field.key), field.label.clone()));
    std::iter::once(("name".to_owned(), "Name".to_owned())).chain(usual).chain(own).collect()
}

/// Notes what the list does not have. What the view had before may stay: it comes back when the field does.
pub(super) fn check(db: &Db, new: &NewView, before: Option<&SavedView>, faults: &mut Faults) -> Result<(), Error> {
    let definitions = Definitions::load(db, new.object)?;
    let offered = offered(new.object, &definitions);
    for (place, column) in new.columns.iter().enumerate() {
        let is_known = offered.iter().any(|(key, _)| key == column);
        if !is_known && !before.is_some_and(|before| before.columns.contains(column)) {
            let message = format!("There is no column {column}. Choose among those of the list.");
            faults.add(format!("columns/{place}"), "unknown_column", message);
        }
    }
    let is_kept = before.is_some_and(|before| before.sort == new.sort);
    let word = new.sort.trim_start_matches('-');
    let is_known = orders(new.object, &definitions).iter().any(|(known, _)| known == word);
    let is_order = Sort::parse(&new.sort).is_some() || word.starts_with("custom.");
    let is_good = new.sort.is_empty() || is_kept || (is_known && is_order);
    if !is_good {
        faults.add("sort", "unknown_sort", "Choose a column to sort by, with - in front for descending.");
    }
    Ok(())
}
