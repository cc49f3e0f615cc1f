//! Contacts and companies: the spine that every other module leans on.
//!
//! A contact is a person; what reaches them (email, phone) is their identity, and one identity belongs
//! to one person. A company is where they work. Notes, tags and history hang on either.

pub mod acting;
pub mod asker;
pub mod attachments;
pub mod bulk;
pub mod companies;
pub mod contacts;
pub mod countries;
pub mod custom_fields;
pub mod data_map;
pub mod email;
pub mod erasing;
pub mod exports;
pub mod form;
pub mod home;
pub mod identities;
pub mod images;
pub mod imports;
pub mod list;
pub mod mentions;
pub mod merging;
pub mod missed;
pub mod notes;
pub mod notifications;
pub mod person;
pub mod phone;
pub mod places;
pub mod record;
pub mod search;
pub mod settings;
pub mod tags;
pub mod text;
pub mod timeline;
pub mod trash;
pub mod undo;
pub mod views;
pub mod wire;

use crate::module::{Module, NavigationItem};
use crate::permission::{Action, Area};
use crate::web::Access;

pub const MODULE: Module = Module {
    name: "people",
    routes: &[
        home::ROUTES,
        search::pages::ROUTES,
        search::suggestions::ROUTES,
        search::api::ROUTES,
        // Literal paths stand before those with an id in the same place.
        exports::pages::ROUTES,
        exports::api::ROUTES,
        imports::pages::ROUTES,
        imports::api::ROUTES,
        imports::deciding::api::ROUTES,
        imports::remembered::api::ROUTES,
        contacts::pages::ROUTES,
        contacts::api::ROUTES,
        companies::pages::ROUTES,
        companies::api::ROUTES,
        notes::pages::ROUTES,
        notes::api::ROUTES,
        mentions::pages::ROUTES,
        timeline::api::ROUTES,
        notifications::pages::ROUTES,
        notifications::api::ROUTES,
        notifications::settings::pages::ROUTES,
        notifications::settings::api::ROUTES,
        attachments::pages::ROUTES,
        attachments::api::ROUTES,
        tags::pages::ROUTES,
        tags::api::ROUTES,
        settings::pages::ROUTES,
        custom_fields::pages::ROUTES,
        custom_fields::api::ROUTES,
        merging::pages::ROUTES,
        merging::api::ROUTES,
        bulk::pages::ROUTES,
        bulk::api::ROUTES,
        trash::pages::ROUTES,
        trash::api::ROUTES,
        views::pages::ROUTES,
        views::api::ROUTES,
        undo::pages::ROUTES,
        undo::api::ROUTES,
    ],
    tables: &[
        &contacts::data_map::CONTACTS,
        &contacts::data_map::CONTACT_IDENTITIES,
        &contacts::data_map::CONTACT_TAGS,
        &companies::data_map::COMPANIES,
        &companies::data_map::COMPANY_IDENTITIES,
        &companies::data_map::COMPANY_TAGS,
        &custom_fields::data_map::CUSTOM_FIELDS,
        &custom_fields::data_map::CUSTOM_FIELD_CHOICES,
        &custom_fields::data_map::CUSTOM_VALUES,
        &bulk::data_map::BULK_EDITS,
        &trash::data_map::TRASH,
        &undo::data_map::CHANGES,
        &undo::data_map::CHANGE_IMAGES,
        &undo::data_map::CHANGE_RANGES,
        &merging::data_map::MERGED_RECORDS,
        &merging::data_map::DUPLICATE_CANDIDATES,
        &data_map::TAGS,
        &data_map::NOTES,
        &attachments::data_map::ATTACHMENTS,
        &attachments::data_map::ATTACHMENT_TOTALS,
        &attachments::data_map::ATTACHMENT_REMAINS,
        &data_map::TIMELINE_ENTRIES,
        &notifications::data_map::MENTIONS,
        &notifications::data_map::NOTIFICATIONS,
        &notifications::data_map::NOTIFICATION_SETTINGS,
        &notifications::data_map::DIGEST_HOURS,
        &notifications::data_map::NOTIFICATION_MAILS,
        &data_map::SETTINGS,
        &data_map::MEMBER_COLUMNS,
        &views::data_map::SAVED_VIEWS,
        &data_map::RECORD_COUNTS,
        &data_map::IDEMPOTENT_ANSWERS,
        &exports::data_map::EXPORTS,
        &imports::data_map::IMPORTS,
        &imports::data_map::IMPORT_ERRORS,
        &imports::data_map::IMPORT_MAPPINGS,
        &imports::data_map::IMPORT_VALUES,
        &imports::data_map::IMPORT_RESEMBLANCES,
    ],
    jobs: &[
        &imports::jobs::RUN,
        &merging::jobs::FIND,
        &bulk::jobs::RUN,
        &undo::jobs::RUN,
        &attachments::jobs::CLEAR,
        &attachments::jobs::SWEEP,
        &notifications::jobs::MAIL,
    ],
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
    records: &[
        &contacts::RECORD,
        &companies::RECORD,
        &imports::RECORD,
        &attachments::history::ON_CONTACT,
        &attachments::history::ON_COMPANY,
    ],
    timeline: &[timeline::kinds::ALL, attachments::history::ALL],
    notifications: &[notifications::kinds::ALL],
    persons: &[&person::CONTACT],
    forget_member: &[notifications::service::forget_member, list::columns::forget_member],
    files: &[&attachments::opening::FILES],
    passing_files: &[&erasing::IMPORT_FILES],
    named_members: &[&notes::NAMED, &views::NAMED, &exports::NAMED],
    clear_files: &[attachments::service::clear],
    indexes: &[&erasing::SEARCH_WORDS],
    defined: &[&custom_fields::defined::DEFINED],
    arrived: &[imports::service::arrived, bulk::service::arrived, crate::web::idempotency::arrived],
    bell: Some(notifications::pages::BELL),
    ..Module::EMPTY
};
