//! The page of a package that a person reads: one file and its style beside it, without scripts, made to be printed.

use askama::Template;

use super::contents::{Data, FileData, Processing, Purpose};
use super::gather::{Held, Item};
use crate::clock::Timestamp;
use crate::error::Error;

/// Lies beside the page, so that the page carries none of its own.
pub const STYLE: &str = include_str!("../../../templates/privacy/access_package/style.css");

#[derive(Template)]
#[template(path = "privacy/access_package/index.html")]
struct Page<'a> {
    data: &'a Data,
    processing: &'a Processing,
    made_on: String,
    items: usize,
    sections: Vec<Shown<'a>>,
    damaged: Vec<&'a FileData>,
}

/// One table of the page.
struct Shown<'a> {
    name: &'static str,
    label: &'static str,
    purpose: &'a Purpose,
    items: Vec<ShownItem<'a>>,
}

struct ShownItem<'a> {
    item: &'a Item,
    lines: Vec<(String, String)>,
    file: Option<String>,
    goes: String,
}

/// The page, whole.
pub fn page(data: &Data, processing: &Processing, held: &Held) -> Result<String, Error> {
    let sections = held.sections.iter().zip(&processing.processing).map(|(section, purpose)| Shown {
        name: section.table.name,
        label: section.table.label,
        purpose,
        items: section
            .items
            .iter()
            .enumerate()
            .map(|(place, item)| ShownItem {
                item,
                lines: lines(item),
                file: data.tables[section.table.name].items.get(place).and_then(|item| item.file.clone()),
                goes: item.goes_at.map_or_else(|| item.goes.clone(), |at| format!("On {}", day(at))),
            })
            .collect(),
    });
    let page = Page {
        made_on: Timestamp::parse(&data.made_at).map(moment).unwrap_or_default(),
        items: held.items(),
        sections: sections.collect(),
        damaged: data.files.iter().filter(|file| file.damaged.is_some()).collect(),
        data,
        processing,
    };
    page.render().map_err(|error| Error::Internal(Box::new(error)))
}

/// What an item says, without what is empty.
pub fn lines(item: &Item) -> Vec<(String, String)> {
    let told = item.values.iter().map(|value| {
        let words = value.words();
        // Moments are written for programs; people get a day and a time.
        let words = value.json.as_str().and_then(Timestamp::parse).map_or(words, moment);
        (value.label.clone().into_owned(), words)
    });
    told.filter(|(_, words)| !words.is_empty()).collect()
}

/// "21 November 2026": the reader's zone is not known, so it is the day in UTC.
pub fn day(at: Timestamp) -> String {
    at.zoned(&jiff::tz::TimeZone::UTC).strftime("%-d %B %Y").to_string()
}

fn moment(at: Timestamp) -> String {
    at.zoned(&jiff::tz::TimeZone::UTC).strftime("%-d %B %Y, %H:%M UTC").to_string()
}
