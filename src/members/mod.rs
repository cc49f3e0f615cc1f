//! People who sign in: accounts, sessions, second factors, memberships, roles, teams, invitations, tokens.

pub mod accounts;
pub mod admission;
pub mod directory;
pub mod epoch;
pub mod invitations;
pub mod lifecycle;
pub mod memberships;
pub mod moving;
pub mod operator_tokens;
pub mod own_data;
pub mod roles;
pub mod second_factor;
pub mod sessions;
pub mod sign_in;
pub mod standing;
pub mod teams;
pub mod throttle;
pub mod tokens;
pub(crate) mod wire;
pub mod workspaces;

use crate::module::{Module, NavigationItem};
use crate::web::Access;

pub const MODULE: Module = Module {
    name: "members",
    routes: &[
        accounts::pages::age::ROUTES,
        accounts::pages::profile::ROUTES,
        accounts::pages::password::ROUTES,
        accounts::pages::email::ROUTES,
        own_data::pages::ROUTES,
        second_factor::pages::ROUTES,
        sessions::pages::ROUTES,
        sign_in::home::ROUTES,
        sign_in::password::ROUTES,
        sign_in::second_step::ROUTES,
        sign_in::link::ROUTES,
        sign_in::code::ROUTES,
        sign_in::reset::ROUTES,
        sign_in::setup::ROUTES,
        sign_in::confirm::ROUTES,
        workspaces::pages::ROUTES,
        lifecycle::pages::ROUTES,
        lifecycle::deletion::ROUTES,
        lifecycle::api::ROUTES,
        memberships::pages::ROUTES,
        memberships::changes::ROUTES,
        invitations::pages::ROUTES,
        invitations::accept::ROUTES,
        roles::pages::ROUTES,
        teams::pages::ROUTES,
        tokens::pages::ROUTES,
        workspaces::api::ROUTES,
        memberships::api::ROUTES,
        invitations::api::ROUTES,
        roles::api::ROUTES,
        teams::api::ROUTES,
        tokens::api::ROUTES,
    ],
    tables: &[
        &accounts::data_map::ACCOUNTS,
        &second_factor::data_map::RECOVERY_CODES,
        &sessions::data_map::SESSIONS,
        &sessions::data_map::WORKSPACE_ENTRIES,
        &sign_in::secrets::data_map::ONE_TIME_SECRETS,
        &throttle::data_map::THROTTLES,
        &workspaces::data_map::WORKSPACES,
        &workspaces::data_map::INSTALLATION,
        &lifecycle::data_map::WORKSPACE_ENDS,
        &roles::data_map::ROLES,
        &memberships::data_map::MEMBERSHIPS,
        &teams::data_map::TEAMS,
        &teams::data_map::TEAM_MEMBERS,
        &invitations::data_map::INVITATIONS,
        &tokens::data_map::API_TOKENS,
        &operator_tokens::data_map::OPERATOR_TOKENS,
        &operator_tokens::data_map::IDEMPOTENT_ANSWERS,
    ],
    jobs: &[&lifecycle::jobs::END, &sessions::jobs::END, &sessions::jobs::UNFINISHED, &second_factor::jobs::REMIND],
    navigation: &[NavigationItem {
        label: "Settings",
        icon: "settings",
        path: "/settings",
        access: Access::Member,
        group: 9,
        shortcut: Some('s'),
    }],
    persons: &[&own_data::ACCOUNT],
    ..Module::EMPTY
};
