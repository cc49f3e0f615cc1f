//! Rules for the route table: who may reach what without signing in stands here by name.

use std::collections::HashSet;

use holdfast::modules;
use holdfast::web::{Access, Method, Route};

use super::none;

/// Everything that answers somebody who has not signed in. Adding a row is a decision.
const PUBLIC: &[&str] = &[
    "GET /",
    "GET /account/email/confirm",
    "GET /api/docs",
    "GET /api/v1/openapi.json",
    "GET /healthz",
    "GET /invitation",
    "GET /p/{slug}/confirm/{link}",
    "GET /p/{slug}/exports/{token}",
    "GET /p/{slug}/packages/{token}",
    "GET /p/{slug}/privacy",
    "GET /p/{slug}/your-data",
    "GET /p/{slug}/your-data/held",
    "GET /p/{slug}/your-data/paper",
    "GET /reset",
    "GET /reset/choose",
    "GET /reset/sent",
    "GET /setup",
    "GET /sign-in",
    "GET /sign-in/code",
    "GET /sign-in/code/enter",
    "GET /sign-in/link",
    "GET /sign-in/link/open",
    "GET /sign-in/link/sent",
    "POST /account/email/confirm",
    "POST /invitation",
    "POST /p/{slug}/confirm/{link}",
    "POST /p/{slug}/exports/{token}",
    "POST /p/{slug}/packages/{token}",
    "POST /p/{slug}/your-data",
    "POST /p/{slug}/your-data/ask",
    "POST /p/{slug}/your-data/code",
    "POST /p/{slug}/your-data/copy",
    "POST /p/{slug}/your-data/leave",
    "POST /p/{slug}/your-data/paper",
    "POST /p/{slug}/your-data/restrict",
    "POST /p/{slug}/your-data/say",
    "POST /reset",
    "POST /reset/choose",
    "POST /setup",
    "POST /sign-in",
    "POST /sign-in/code",
    "POST /sign-in/code/enter",
    "POST /sign-in/link",
    "POST /sign-in/link/open",
];

/// Of these, what changes something.
const PUBLIC_UNSAFE: &[&str] = &[
    "POST /account/email/confirm",
    "POST /invitation",
    "POST /p/{slug}/confirm/{link}",
    "POST /p/{slug}/exports/{token}",
    "POST /p/{slug}/packages/{token}",
    "POST /p/{slug}/your-data",
    "POST /p/{slug}/your-data/ask",
    "POST /p/{slug}/your-data/code",
    "POST /p/{slug}/your-data/copy",
    "POST /p/{slug}/your-data/leave",
    "POST /p/{slug}/your-data/paper",
    "POST /p/{slug}/your-data/restrict",
    "POST /p/{slug}/your-data/say",
    "POST /reset",
    "POST /reset/choose",
    "POST /setup",
    "POST /sign-in",
    "POST /sign-in/code",
    "POST /sign-in/code/enter",
    "POST /sign-in/link",
    "POST /sign-in/link/open",
];

/// What asks for a fresh proof of who acts (AUT-7).
const STEP_UP: &[&str] = &[
    "GET /account/delete",
    "GET /account/email",
    "GET /account/password",
    "GET /account/security/two-step",
    "GET /account/security/two-step/enrol",
    "GET /operator/tokens/new",
    "GET /w/{slug}/audit/export",
    "GET /w/{slug}/privacy/erasures/new",
    "GET /w/{slug}/settings/invitations/new",
    "GET /w/{slug}/settings/members/{id}/remove",
    "GET /w/{slug}/settings/members/{id}/role",
    "GET /w/{slug}/settings/ownership",
    "GET /w/{slug}/settings/roles/new",
    "GET /w/{slug}/settings/tokens/new",
    "POST /account/data",
    "POST /account/delete",
    "POST /account/deletions/{workspace}/agree",
    "POST /account/deletions/{workspace}/keep",
    "POST /account/email",
    "POST /account/password",
    "POST /account/security/two-step/begin",
    "POST /account/security/two-step/codes",
    "POST /account/security/two-step/codes.txt",
    "POST /account/security/two-step/disable",
    "POST /account/security/two-step/enrol",
    "POST /operator/keys/{id}/rotate",
    "POST /operator/tokens/new",
    "POST /w/{slug}/audit/export",
    "POST /w/{slug}/people/companies/export",
    "POST /w/{slug}/people/contacts/export",
    "POST /w/{slug}/privacy/erasures/new",
    "POST /w/{slug}/privacy/people/{id}/portal-code",
    "POST /w/{slug}/privacy/requests/{id}/erase",
    "POST /w/{slug}/privacy/requests/{id}/start",
    "POST /w/{slug}/settings/backups/hold/release",
    "POST /w/{slug}/settings/backups/restore",
    "POST /w/{slug}/settings/closing",
    "POST /w/{slug}/settings/closing/close",
    "POST /w/{slug}/settings/closing/reopen",
    "POST /w/{slug}/settings/data-export",
    "POST /w/{slug}/settings/data-export/{id}/file",
    "POST /w/{slug}/settings/data-export/{id}/link",
    "POST /w/{slug}/settings/data-export/{id}/remove",
    "POST /w/{slug}/settings/invitations/new",
    "POST /w/{slug}/settings/members/{id}/remove",
    "POST /w/{slug}/settings/members/{id}/role",
    "POST /w/{slug}/settings/ownership",
    "POST /w/{slug}/settings/roles/new",
    "POST /w/{slug}/settings/roles/{id}",
    "POST /w/{slug}/settings/roles/{id}/delete",
    "POST /w/{slug}/settings/tokens/new",
];

fn name(route: &Route) -> String {
    format!("{} {}", route.method.name(), route.path)
}

fn compare(rule: &str, listed: &[&str], found: Vec<String>) {
    let mut broken: Vec<String> = found
        .iter()
        .filter(|route| !listed.contains(&route.as_str()))
        .map(|route| format!("{route}: in the table, but not in the list"))
        .collect();
    broken.extend(
        listed
            .iter()
            .filter(|route| !found.iter().any(|found| found == *route))
            .map(|route| format!("{route}: in the list, but not in the table")),
    );
    none(rule, &broken);
}

#[test]
fn public_routes_are_listed_by_name() {
    compare(
        "Routes that answer strangers:",
        PUBLIC,
        modules::routes().filter(|route| route.access == Access::Public).map(name).collect(),
    );
}

#[test]
fn unsafe_public_routes_are_listed_by_name() {
    let found =
        modules::routes().filter(|route| route.access == Access::Public && !route.method.is_safe()).map(name).collect();
    compare("Routes that let strangers change something:", PUBLIC_UNSAFE, found);
}

#[test]
fn aut_7_sensitive_routes_are_listed_by_name() {
    compare(
        "Routes that ask for a fresh proof:",
        STEP_UP,
        modules::routes().filter(|route| route.step_up).map(name).collect(),
    );
}

/// What takes much out, or changes who can get in, is sensitive wherever it stands.
#[test]
fn aut_7_what_sounds_sensitive_is() {
    let sensitive = ["export", "tokens/new", "ownership", "password", "/account/email", "two-step", "/role"];
    let broken: Vec<String> = modules::routes()
        .filter(|route| !route.is_api() && !route.method.is_safe() && route.access != Access::Public)
        .filter(|route| !route.step_up && sensitive.iter().any(|word| route.path.contains(word)))
        .map(name)
        .collect();
    none("Ask for a fresh proof here:", &broken);
}

#[test]
fn a_path_and_a_method_meet_once() {
    let mut seen = HashSet::new();
    // Two patterns that differ only in the parameter's name are the same path to the router.
    let shape = |route: &Route| {
        let parts: Vec<&str> =
            route.path.split('/').map(|part| if part.starts_with('{') { "{}" } else { part }).collect();
        (route.method.name(), parts.join("/"))
    };
    let broken: Vec<String> = modules::routes().filter(|route| !seen.insert(shape(route))).map(name).collect();
    none("These stand twice:", &broken);
}

#[test]
fn every_api_route_is_described() {
    // /metrics speaks a format of its own.
    let mut broken: Vec<String> = modules::routes()
        .filter(|route| route.is_api() && route.api.is_none() && route.path != "/metrics")
        .map(name)
        .collect();
    broken.extend(modules::routes().filter(|route| !route.is_api() && route.api.is_some()).map(name));
    none("Give it an Operation, or move it under /api/v1:", &broken);
}

#[test]
fn the_path_says_who_is_admitted() {
    let mut broken = Vec::new();
    for route in modules::routes() {
        let path = route.path;
        let fits = match route.access {
            Access::Public => {
                !path.starts_with("/w/") && !path.starts_with("/operator") && !path.starts_with("/api/v1/operator")
            }
            Access::HalfSignedIn | Access::Account => {
                !path.starts_with("/w/") && !path.starts_with("/operator") && !route.is_api()
            }
            Access::Member | Access::May(_) => {
                path.starts_with("/w/{slug}") || route.is_api() && !path.starts_with("/api/v1/operator")
            }
            Access::Operator => path.starts_with("/operator"),
            Access::OperatorProgram(_) => path.starts_with("/api/v1/operator/") || path == "/metrics",
        };
        if !fits {
            broken.push(format!("{}: {:?}", name(route), route.access));
        }
        if path.len() > 1 && path.ends_with('/') {
            broken.push(format!("{}: ends with a slash", name(route)));
        }
    }
    none("Where a route stands and whom it admits must agree:", &broken);
}

/// Plural nouns and lower case; ids are numbers, so nothing in an address names a person (P-071).
#[test]
fn addresses_are_lower_case_words() {
    let broken: Vec<String> = modules::routes()
        .filter(|route| {
            !route.path.split('/').skip(1).all(|part| {
                part.is_empty()
                    || part.starts_with('{')
                    || part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.')
            })
        })
        .map(name)
        .collect();
    none("Addresses:", &broken);
}

#[test]
fn every_link_of_the_navigation_leads_somewhere() {
    let pages: HashSet<&str> =
        modules::routes().filter(|route| route.method == Method::Get).map(|route| route.path).collect();
    let mut broken = Vec::new();
    for module in modules::MODULES {
        for item in module.navigation {
            let path = format!("/w/{{slug}}{}", item.path);
            match modules::routes().find(|route| route.method == Method::Get && route.path == path) {
                None => broken.push(format!("{}: {path} is no page", item.label)),
                Some(route) if route.access != item.access => {
                    broken.push(format!(
                        "{}: shown for {:?}, but the page wants {:?}",
                        item.label, item.access, route.access
                    ));
                }
                Some(_) => {}
            }
        }
        for (label, _, path) in module.console {
            if !pages.contains(path) {
                broken.push(format!("{label}: {path} is no page"));
            }
        }
    }
    none("Navigation:", &broken);
}

/// A job's name begins with the folder of its code, as audit actions do.
#[test]
fn job_names_are_unique_and_say_where_they_live() {
    let mut seen = HashSet::new();
    let mut broken = Vec::new();
    for module in modules::MODULES {
        for job in module.jobs {
            let folder = job.name.split('.').next().unwrap_or_default();
            if job.name.split('.').count() < 2 || !super::top().join("src").join(folder).is_dir() {
                broken.push(format!("{}: there is no src/{folder}", job.name));
            }
            if !seen.insert(job.name) {
                broken.push(format!("{}: stands twice", job.name));
            }
        }
    }
    none("Jobs:", &broken);
}
