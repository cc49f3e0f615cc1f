//! The tabs of the settings: each is shown to those whom the page behind it admits.

use askama::Template;
use askama::filters::HtmlSafe;

use crate::permission::{Action, Area, Level, Permission};
use crate::web::Request;

/// One page of the settings.
pub(super) struct Place {
    pub label: &'static str,
    /// Below `/w/{slug}`.
    pub path: &'static str,
    pub icon: &'static str,
    pub about: &'static str,
    /// `None`: every member's own.
    permission: Option<Permission>,
}

const fn place(
    label: &'static str,
    path: &'static str,
    icon: &'static str,
    action: Action,
    area: Area,
    about: &'static str,
) -> Place {
    Place { label, path, icon, about, permission: Some(Permission::new(action, area)) }
}

const PLACES: [Place; 13] = [
    place(
        "General",
        "/settings/general",
        "sliders-horizontal",
        Action::Manage,
        Area::Settings,
        "The name of the workspace, and who owns it.",
    ),
    place(
        "Members",
        "/settings/members",
        "users",
        Action::View,
        Area::Members,
        "Who can come in, in which role, and who is invited.",
    ),
    place("Teams", "/settings/teams", "network", Action::View, Area::Members, "Who works on one another's records."),
    place("Roles", "/settings/roles", "shield-check", Action::View, Area::Roles, "What each role may see and do."),
    place(
        "Fields",
        "/settings/fields",
        "columns-3",
        Action::Manage,
        Area::Settings,
        "What contacts and companies hold beyond the usual.",
    ),
    place(
        "Tags",
        "/settings/tags",
        "tag",
        Action::Manage,
        Area::Settings,
        "The words on contacts and companies: rename them, make two one, delete them.",
    ),
    place(
        "API tokens",
        "/settings/tokens",
        "key-round",
        Action::View,
        Area::Tokens,
        "Which programs can come in, and how far.",
    ),
    place(
        "Contacts",
        "/settings/people",
        "contact",
        Action::Manage,
        Area::Settings,
        "How phone numbers without a country code are read.",
    ),
    Place {
        label: "Notifications",
        path: "/settings/notifications",
        icon: "bell",
        about: "What you want to hear of, in the app and by mail.",
        permission: None,
    },
    place(
        "Privacy contact",
        "/settings/controller",
        "shield-check",
        Action::Manage,
        Area::Privacy,
        "Who answers for the data, and whom people can write to.",
    ),
    place(
        "Data export",
        "/settings/data-export",
        "download",
        Action::Manage,
        Area::Settings,
        "Everything in the workspace as one file, to keep or to take elsewhere.",
    ),
    place(
        "Backups",
        "/settings/backups",
        "archive-restore",
        Action::Manage,
        Area::Settings,
        "The copies of the workspace, and the way back to an earlier moment.",
    ),
    place("Mail", "/settings/mail", "mail", Action::Manage, Area::Settings, "How mail leaves for this workspace."),
    place(
        "Closing",
        "/settings/closing",
        "trash-2",
        Action::Manage,
        Area::Settings,
        "Close the workspace, or delete it. For its owner.",
    ),
];

/// The pages of the settings that this member may open.
pub(super) fn places(request: &Request) -> impl Iterator<Item = &'static Place> {
    let may = |permission: Permission| request.level(permission.action, permission.area) != Level::None;
    PLACES.iter().filter(move |place| place.permission.is_none_or(may))
}

/// The row of tabs above each page of the settings.
#[derive(Template)]
#[template(path = "members/workspaces/_tabs.html")]
pub struct Tabs {
    links: Vec<(&'static str, String, bool)>,
}

impl HtmlSafe for Tabs {}

/// The tabs, with the one at `current` (such as `/settings/members`) marked.
pub fn tabs(request: &Request, current: &str) -> Tabs {
    let links = places(request).map(|place| (place.label, request.url(place.path), place.path == current));
    Tabs { links: links.collect() }
}
