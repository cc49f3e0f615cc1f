//! How lists say who may own a record, and how many there are.

use super::{Counted, Page};
use crate::members::directory::Directory;
use crate::web::format;
use crate::web::ui::Choice;

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

/// "51 to 100 of 1,284", or that there are none.
pub(super) fn shown(page: &Option<Page>, rows: usize, count: Counted) -> String {
    let Some(page) = page.as_ref().filter(|_| rows > 0) else { return "None".into() };
    let last = page.first + i64::try_from(rows).unwrap_or(0) - 1;
    format!("{} to {} of {}", format::count(page.first), format::count(last), total(count))
}
