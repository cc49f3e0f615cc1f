//! How long things stay: rules declared beside the tables, one engine that lets go, and a forecast that says what goes
//! when and what is held by whom.
//!
//! Nothing here names a table. A later module declares a [`Rule`] in its data map and is part of the engine, the
//! forecast, the page and the tests.

pub mod api;
pub mod calendar;
pub mod data_map;
mod engine;
pub mod forecast;
mod guard;
pub mod jobs;
pub mod pages;
mod rule;
pub mod service;
mod store;
pub mod tabs;
#[cfg(test)]
mod tests;

use crate::module::Module;
use crate::privacy::data_map::{File, Retention, Table};

pub use calendar::day_end as calendar_day_end;
pub use engine::{Done, Run, kept_entries};
pub use forecast::{Going, Timetable, of_person, when};
pub use guard::doubt;
pub use rule::{Action, Rule};
pub use service::{Setting, days};

/// Every rule of a file with its table, in the order in which they run.
pub fn rules(modules: &'static [&'static Module], file: File) -> impl Iterator<Item = (&'static Table, &'static Rule)> {
    let tables = modules.iter().flat_map(|module| module.tables).copied().filter(move |table| table.file == file);
    tables.flat_map(|table| {
        let rules = match table.retention {
            Retention::Rules(rules) => rules,
            _ => &[],
        };
        rules.iter().map(move |rule| (table, *rule))
    })
}

/// The rule of a workspace with this key, and its table.
pub fn find(modules: &'static [&'static Module], key: &str) -> Option<(&'static Table, &'static Rule)> {
    rules(modules, File::Workspace).find(|(_, rule)| rule.key == key)
}
