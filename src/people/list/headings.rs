//! The columns of a list, those of the workspace's own fields among them, and their headings.

use jiff::tz::TimeZone;

use super::address::Address;
use super::view::{Cell, Shape};
use super::{Sort, SortBy, SortKey};
use crate::clock::Timestamp;
use crate::id::CustomFieldId;
use crate::people::custom_fields::related::Related;
use crate::people::custom_fields::{CustomField, CustomValue, Definitions, Kind};
use crate::web::ui::Choice;

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

/// A column of this list of this workspace.
pub(super) struct Offered {
    /// `company`, `custom/size`.
    pub key: String,
    pub label: String,
    pub keep: &'static str,
    sort: Option<Sorting>,
    usual: bool,
    /// The field whose values stand in it.
    pub field: Option<CustomField>,
}

/// How a heading sorts.
#[derive(Clone)]
pub(super) struct Sorting {
    by: SortBy,
    /// The word in the address.
    word: String,
    /// What begins the list at the first click, and the other way round, in words.
    begins_descending: bool,
    up: &'static str,
    down: &'static str,
}

impl Sorting {
    pub fn by_key(key: SortKey) -> Sorting {
        let is_text = matches!(key, SortKey::Name | SortKey::Company);
        let (up, down) = if is_text { ("A to Z", "Z to A") } else { ("oldest first", "newest first") };
        Sorting { by: SortBy::Key(key), word: key.word().to_owned(), begins_descending: !is_text, up, down }
    }

    fn by_field(field: &CustomField) -> Sorting {
        let (begins_descending, up, down) = match field.kind {
            Kind::Number | Kind::Currency => (true, "smallest first", "largest first"),
            Kind::Date | Kind::DateTime => (true, "oldest first", "newest first"),
            Kind::YesNo => (true, "no first", "yes first"),
            Kind::Choice | Kind::Choices => (false, "in the order they were made", "the last made first"),
            _ => (false, "A to Z", "Z to A"),
        };
        Sorting { by: SortBy::Field(field.id), word: format!("custom.{}", field.key), begins_descending, up, down }
    }
}

/// Every column that somebody can choose: those of the kind of record, then the fields in use.
pub(super) fn offered(shape: &Shape, definitions: &Definitions) -> Vec<Offered> {
    let usual = shape.columns.iter().map(|column| Offered {
        key: column.key.to_owned(),
        label: column.label.to_owned(),
        keep: column.keep,
        sort: column.sort.map(Sorting::by_key),
        usual: column.usual,
        field: None,
    });
    let own = definitions.live().map(|field| Offered {
        key: field.place(),
        label: field.label.clone(),
        keep: "3",
        sort: field.kind.is_sortable().then(|| Sorting::by_field(field)),
        usual: false,
        field: Some(field.clone()),
    });
    usual.chain(own).collect()
}

impl Offered {
    /// Whether it is shown to whoever chose these.
    pub fn is_shown(&self, chosen: Option<&[String]>) -> bool {
        chosen.map_or(self.usual, |chosen| chosen.contains(&self.key))
    }

    pub fn head(&self, address: &Address, base: &str, sort: Sort) -> Head {
        Head::new(&self.label, self.keep, self.sort.as_ref(), address, base, sort)
    }

    pub fn field_id(&self) -> Option<CustomFieldId> {
        self.field.as_ref().map(|field| field.id)
    }

    /// For the box of the column.
    pub fn choice(&self) -> Choice {
        Choice::new(self.key.clone(), self.label.clone())
    }
}

/// A heading, and where a click on it leads.
pub(super) struct Head {
    pub label: String,
    pub keep: &'static str,
    pub href: Option<String>,
    /// `ascending`, `descending` or `none`; empty where one cannot sort.
    pub order: &'static str,
}

impl Head {
    /// A click on the heading by which the list is sorted turns it round. During a search nothing can be
    /// sorted: the newest come first.
    pub fn new(
        label: &str,
        keep: &'static str,
        sorting: Option<&Sorting>,
        address: &Address,
        base: &str,
        sort: Sort,
    ) -> Head {
        let label = label.to_owned();
        let Some(sorting) = sorting.filter(|_| address.q.trim().is_empty()) else {
            return Head { label, keep, href: None, order: "" };
        };
        let is_current = sort.by == sorting.by;
        let descending = if is_current { !sort.descending } else { sorting.begins_descending };
        let word = format!("{}{}", if descending { "-" } else { "" }, sorting.word);
        let order = match (is_current, sort.descending) {
            (false, _) => "none",
            (true, false) => "ascending",
            (true, true) => "descending",
        };
        Head { label, keep, href: Some(address.with(base, "sort", &word)), order }
    }
}

/// Says what the table holds, and in which order.
pub(super) fn caption(shape: &Shape, address: &Address, columns: &[Offered], sort: Sort) -> String {
    if !address.q.trim().is_empty() {
        return format!("{} that match, newest first", shape.title);
    }
    let column = columns.iter().find(|column| column.sort.as_ref().is_some_and(|sorting| sorting.by == sort.by));
    let by = match (sort.by, column) {
        (SortBy::Key(SortKey::Name), _) => "name".to_owned(),
        (SortBy::Key(SortKey::Company), _) => "company".to_owned(),
        (SortBy::Key(SortKey::Created), _) => "the day they were added".to_owned(),
        (SortBy::Key(SortKey::Updated), _) => "the last change".to_owned(),
        (SortBy::Key(SortKey::Activity), _) => "the last activity".to_owned(),
        (SortBy::Field(_), column) => column.map(|column| column.label.clone()).unwrap_or_default(),
    };
    let sorting = match (sort.by, column) {
        (SortBy::Key(key), _) => Some(Sorting::by_key(key)),
        (SortBy::Field(_), column) => column.and_then(|column| column.sort.clone()),
    };
    let order = sorting.map_or("", |sorting| if sort.descending { sorting.down } else { sorting.up });
    format!("{}, sorted by {by}, {order}", shape.title)
}

/// What a record holds in a field, for a cell. Days and moments are written as the reader writes them.
pub(super) fn cell(values: &[CustomValue], field: &CustomField, related: &Related, zone: &TimeZone) -> Cell {
    let mut held = values.iter().filter(|value| value.field == field.id);
    let Some(first) = held.next() else { return Cell::Nothing };
    match first.kind {
        Kind::Choices => {
            let labels: Vec<String> = std::iter::once(first).chain(held).map(|value| value.value.clone()).collect();
            Cell::Text(labels.join(", "))
        }
        Kind::Date => {
            let midnight =
                first.value.parse::<jiff::civil::Date>().ok().and_then(|day| day.to_zoned(zone.clone()).ok());
            match midnight {
                Some(midnight) => Cell::Day(Timestamp(midnight.timestamp().as_millisecond())),
                None => Cell::text(first.shown()),
            }
        }
        Kind::DateTime => Timestamp::parse(&first.value).map_or_else(|| Cell::text(first.shown()), Cell::Moment),
        Kind::Relation => match related.find(first) {
            Some((name, record)) => Cell::Link { label: name.clone(), path: record.path() },
            None => Cell::text("One that you may not see"),
        },
        _ => Cell::text(first.shown()),
    }
}
