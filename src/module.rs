//! What a feature hands to the house: its routes, its tables, its jobs, its place in the navigation.

use crate::jobs::Job;
use crate::privacy::data_map::Table;
use crate::web::{Access, Route};

/// A feature as a value. The list of them is `modules::MODULES`.
pub struct Module {
    /// One word; the first part of audit actions and job names.
    pub name: &'static str,
    pub routes: &'static [&'static [Route]],
    pub tables: &'static [&'static Table],
    pub jobs: &'static [&'static Job],
    pub navigation: &'static [NavigationItem],
    /// Lines in the operator console: label, icon, path.
    pub console: &'static [(&'static str, &'static str, &'static str)],
}

/// A line in the sidebar of a workspace. Shown only to those whom the route behind it admits.
pub struct NavigationItem {
    pub label: &'static str,
    /// A symbol of `assets/icons.svg`.
    pub icon: &'static str,
    /// The page below `/w/{slug}`, such as `/people/contacts`.
    pub path: &'static str,
    pub access: Access,
    /// Items of one group stand together; groups are divided by a space.
    pub group: u8,
    /// The key after `G`.
    pub shortcut: Option<char>,
}
