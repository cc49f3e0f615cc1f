//! Contacts and companies: the spine that every other module leans on.
//!
//! A contact is a person; what reaches them (email, phone) is their identity, and one identity belongs
//! to one person. A company is where they work. Notes, tags and history hang on either.

pub mod asker;
pub mod companies;
pub mod contacts;
pub mod countries;
pub mod data_map;
pub mod email;
pub mod exports;
pub mod form;
pub mod home;
pub mod identities;
pub mod imports;
pub mod jobs;
pub mod list;
pub mod notes;
pub mod phone;
pub mod places;
pub mod record;
pub mod search;
pub mod settings;
pub mod tags;
pub mod text;
pub mod timeline;
pub mod wire;

use crate::module::{Module, NavigationItem};
use crate::permission::{Action, Area};
use crate::web::Access;

pub const MODULE: Module = Module {
    name: "people",
    routes: &[
        home::ROUTES,
        search::pages::ROUTES,
        // Literal paths stand before those with an id in the same place.
        exports::pages::ROUTES,
        imports::pages::ROUTES,
        imports::api::ROUTES,
        contacts::pages::ROUTES,
        contacts::api::ROUTES,
        companies::pages::ROUTES,
        companies::api::ROUTES,
        notes::pages::ROUTES,
        notes::api::ROUTES,
        tags::api::ROUTES,
        settings::pages::ROUTES,
    ],
    tables: &[
        &contacts::data_map::CONTACTS,
        &contacts::data_map::CONTACT_IDENTITIES,
        &contacts::data_map::CONTACT_TAGS,
        &companies::data_map::COMPANIES,
        &companies::data_map::COMPANY_IDENTITIES,
        &companies::data_map::COMPANY_TAGS,
        &data_map::TAGS,
        &data_map::NOTES,
        &data_map::TIMELINE_ENTRIES,
        &data_map::SETTINGS,
        &data_map::MEMBER_COLUMNS,
        &data_map::RECORD_COUNTS,
        &data_map::IDEMPOTENT_ANSWERS,
        &imports::data_map::IMPORTS,
        &imports::data_map::IMPORT_ERRORS,
    ],
    jobs: &[&imports::jobs::RUN, &imports::jobs::DISCARD, &jobs::FORGET_ANSWERS],
    navigation: &[
        NavigationItem {
            label: "Home",
            icon: "house",
            path: "",
            access: Access::Member,
            group: 1,
            shortcut: Some('h'),
        },
        NavigationItem {
            label: "Contacts",
            icon: "users",
            path: "/people/contacts",
            access: Access::may(Action::View, Area::Contacts),
            group: 2,
            shortcut: Some('c'),
        },
        NavigationItem {
            label: "Companies",
            icon: "building-2",
            path: "/people/companies",
            access: Access::may(Action::View, Area::Companies),
            group: 2,
            shortcut: Some('o'),
        },
    ],
    console: &[],
};
