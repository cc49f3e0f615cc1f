//! Who reaches what: strangers, every role in every state, and workspaces that are somebody else's
//! (TEN-1, TEN-2). The expectation is computed from what each route says it demands.

use holdfast::modules;
use holdfast::permission::{Level, OperatorScope, Permissions};
use holdfast::web::{Access, Route};

use super::{NOBODY, call, name, path};
use crate::support::{Answer, Client, OPERATOR, ROLES, TestApp, digest};
use crate::tidy::none;

/// A stranger on a page is sent to the sign-in page.
fn sent_to_sign_in(answer: &Answer) -> bool {
    answer.status == 303 && answer.location() == "/sign-in"
}

#[test]
fn ten_2_a_stranger_reaches_public_routes_only() {
    let app = TestApp::start();
    let (control, alpha) = (app.control(), app.workspace("alpha"));
    let before = (digest::of(&control, true), digest::of(&alpha, true));
    let mut broken = Vec::new();
    // Over one connection, and each time as somebody who was never here.
    let connection = app.stranger();
    let stranger = || connection.with_no_cookie();
    for route in modules::routes().filter(|route| route.access != Access::Public) {
        let answer = call(&stranger(), route, &path(route, "alpha", "1"));
        let refused = if route.is_api() { answer.status == 401 } else { sent_to_sign_in(&answer) };
        if !refused {
            broken.push(format!("{}: {} {}", name(route), answer.status, answer.location()));
        }
    }
    for route in modules::routes().filter(|route| route.access == Access::Public && route.method.is_safe()) {
        let answer = call(&stranger(), route, &path(route, "alpha", NOBODY));
        if answer.status == 401 || answer.status >= 500 {
            broken.push(format!("{}: {}", name(route), answer.status));
        }
    }
    none("A stranger met:", &broken);
    let after = (digest::of(&control, true), digest::of(&alpha, true));
    none("A stranger changed:", &[digest::changed(&before.0, &after.0), digest::changed(&before.1, &after.1)].concat());
}

/// What a role may do, as it stands in the file.
fn permissions(app: &TestApp, slug: &str, role: &str) -> Permissions {
    let json: String = app
        .control()
        .query_row(
            "SELECT r.permissions FROM roles r JOIN workspaces w ON w.id = r.workspace_id WHERE w.slug = ?1 AND r.key = ?2",
            [slug, role],
            |row| row.get(0),
        )
        .expect("a role");
    Permissions::from_json(&json)
}

/// Ownership is no permission: an admin may do all that an owner may, but not this (`members::roles`).
const OWNERS_ALONE: [&str; 12] = [
    "GET /w/{slug}/settings/ownership",
    "POST /w/{slug}/settings/ownership",
    "POST /w/{slug}/settings/data-export",
    "GET /w/{slug}/settings/data-export/progress",
    "POST /w/{slug}/settings/data-export/{id}/file",
    "POST /w/{slug}/settings/data-export/{id}/link",
    "POST /w/{slug}/settings/data-export/{id}/remove",
    "GET /api/v1/workspace-exports",
    "POST /api/v1/workspace-exports",
    "GET /api/v1/workspace-exports/{id}",
    "GET /api/v1/workspace-exports/{id}/file",
    "POST /api/v1/workspace-exports/{id}/removal",
];

/// Whether the route's own row admits somebody with these permissions.
fn admits(route: &Route, permissions: &Permissions) -> bool {
    match route.access {
        Access::Public | Access::HalfSignedIn | Access::Account | Access::Member => true,
        Access::May(wanted) => permissions.of(wanted.action, wanted.area) != Level::None,
        Access::Operator | Access::OperatorProgram(_) => false,
    }
}

#[test]
fn ten_2_every_role_reaches_what_its_permissions_say() {
    let mut broken = Vec::new();
    for role in ROLES {
        let app = TestApp::start();
        let email = format!("{role}@alpha.example");
        let permissions = permissions(&app, "alpha", role);
        let (page, program) = (app.session_of(&email), app.program_of(&email, "alpha"));
        let (control, alpha) = (app.control(), app.workspace("alpha"));
        let refused: Vec<&Route> =
            modules::routes().filter(|route| route.is_workspace() && !admits(route, &permissions)).collect();
        let before = (digest::of(&control, false), digest::of(&alpha, false));
        for route in &refused {
            let client = if route.is_api() { &program } else { &page };
            let answer = call(client, route, &path(route, "alpha", "1"));
            if answer.status != 403 {
                broken.push(format!("{role}: {} answers {}, but should be refused", name(route), answer.status));
            }
        }
        let after = (digest::of(&control, false), digest::of(&alpha, false));
        let changed = [digest::changed(&before.0, &after.0), digest::changed(&before.1, &after.1)].concat();
        broken.extend(changed.iter().map(|table| format!("{role}: a refusal changed {table}")));
        for route in modules::routes().filter(|route| route.is_workspace() && admits(route, &permissions)) {
            let client = if route.is_api() { &program } else { &page };
            let answer = call(client, route, &path(route, "alpha", NOBODY));
            if OWNERS_ALONE.contains(&name(route).as_str()) && role != "owner" {
                if answer.status != 403 {
                    broken.push(format!("{role}: {} answers {}, but is the owners'", name(route), answer.status));
                }
                continue;
            }
            if matches!(answer.status, 401 | 403) || answer.status >= 500 || sent_to_sign_in(&answer) {
                broken.push(format!("{role}: {} answers {}, but should be admitted", name(route), answer.status));
            }
        }
    }
    none("Roles and routes:", &broken);
}

#[test]
fn ten_2_only_active_members_get_in() {
    let app = TestApp::start();
    let mut broken = Vec::new();
    for state in ["invited", "suspended", "removed"] {
        let email = format!("{state}@alpha.example");
        let page = app.session_of(&email);
        let program = (state != "invited").then(|| app.program_of(&email, "alpha"));
        let before = (digest::of(&app.control(), true), digest::of(&app.workspace("alpha"), true));
        for route in modules::routes().filter(|route| route.is_workspace()) {
            let (answer, expected) = match (route.is_api(), &program) {
                (true, None) => continue,
                (true, Some(program)) => (call(program, route, &path(route, "alpha", "1")), 401),
                (false, _) => (call(&page, route, &path(route, "alpha", "1")), 404),
            };
            if answer.status != expected {
                broken.push(format!("{state}: {} answers {} instead of {expected}", name(route), answer.status));
            }
        }
        let after = (digest::of(&app.control(), true), digest::of(&app.workspace("alpha"), true));
        broken.extend([digest::changed(&before.0, &after.0), digest::changed(&before.1, &after.1)].concat());
    }
    none("Who is not an active member:", &broken);
}

/// The same words for a workspace that is not theirs and for one that is not there.
#[test]
fn ten_1_another_workspace_looks_like_none() {
    let app = TestApp::start();
    let owner = app.session_of("owner@alpha.example");
    let before = digest::of(&app.workspace("beta"), true);
    let mut broken = Vec::new();
    for route in modules::routes().filter(|route| route.is_workspace() && !route.is_api()) {
        let foreign = call(&owner, route, &path(route, "beta", "100001"));
        let nowhere = call(&owner, route, &path(route, "nowhere", "100001"));
        if foreign.status != 404 || alike(&foreign, "beta") != alike(&nowhere, "nowhere") {
            broken.push(format!(
                "{}: {}",
                name(route),
                difference(&alike(&foreign, "beta"), &alike(&nowhere, "nowhere"))
            ));
        }
    }
    none("Another workspace must look like none:", &broken);
    none("Another workspace was changed:", &digest::changed(&before, &digest::of(&app.workspace("beta"), true)));
}

/// An answer without what differs from request to request: the request's id and the address it named.
pub fn alike(answer: &Answer, named: &str) -> (u16, String, Vec<(String, String)>) {
    let id = regex::Regex::new(r"\b[0-9a-f]{16}\b").expect("a good pattern");
    let text = id.replace_all(&answer.text(), "…").replace(named, "…");
    let token = regex::Regex::new("[A-Za-z0-9_-]{43}").expect("a good pattern");
    let text = token.replace_all(&text, "…").into_owned();
    let mut headers: Vec<(String, String)> = answer
        .headers
        .iter()
        // Whether a connection is kept depends on how much of a refused upload was on its way.
        .filter(|(name, _)| !matches!(name.as_str(), "date" | "content-length" | "connection"))
        .map(|(name, value)| (name.clone(), value.replace(named, "…")))
        .collect();
    headers.sort();
    (answer.status, text, headers)
}

/// Where two answers part, for whoever has to find out why.
pub fn difference(one: &(u16, String, Vec<(String, String)>), other: &(u16, String, Vec<(String, String)>)) -> String {
    let line = one.1.lines().zip(other.1.lines()).find(|(one, other)| one != other);
    let headers: Vec<_> = one
        .2
        .iter()
        .filter(|header| !other.2.contains(header))
        .chain(other.2.iter().filter(|header| !one.2.contains(header)))
        .collect();
    format!("{} and {}, {line:?}, {headers:?}", one.0, other.0)
}

/// The console is as hidden as a workspace, and opens none.
#[test]
fn sup_1_the_console_and_the_workspaces_keep_apart() {
    let app = TestApp::start();
    let (operator, owner) = (app.session_of(OPERATOR), app.session_of("owner@alpha.example"));
    let mut broken = Vec::new();
    let mut expect = |who: &str, client: &Client, route: &Route, good: &dyn Fn(u16) -> bool| {
        let answer = call(client, route, &path(route, "alpha", NOBODY));
        if !good(answer.status) {
            broken.push(format!("{who}: {} answers {}", name(route), answer.status));
        }
    };
    for route in modules::routes().filter(|route| !route.is_api()) {
        match route.access {
            Access::Operator => {
                expect("an owner", &owner, route, &|status| status == 404);
                expect("the operator", &operator, route, &|status| status < 500 && status != 403 && status != 401);
            }
            Access::Member | Access::May(_) => expect("the operator", &operator, route, &|status| status == 404),
            _ => {}
        }
    }
    none("Console and workspaces:", &broken);
}

/// A token of an operator reaches what its scopes say and nothing else; no other token reaches that (SUP-1).
#[test]
fn sup_1_programs_of_the_operator_and_of_workspaces_keep_apart() {
    let app = TestApp::start();
    let (owner, everything) = (app.program_of("owner@alpha.example", "alpha"), app.operator_program());
    let before = (digest::of(&app.workspace("alpha"), true), digest::of(&app.workspace("beta"), true));
    let mut broken = Vec::new();
    let mut expect = |who: &str, client: &Client, route: &Route, good: &dyn Fn(u16) -> bool| {
        let answer = call(client, route, &path(route, "alpha", NOBODY));
        if !good(answer.status) {
            broken.push(format!("{who}: {} answers {}", name(route), answer.status));
        }
    };
    for route in modules::routes().filter(|route| route.is_api()) {
        match route.access {
            Access::OperatorProgram(_) => {
                expect("a workspace's owner", &owner, route, &|status| status == 401);
                expect("the operator", &everything, route, &|status| status < 500 && !matches!(status, 401 | 403));
            }
            Access::Member | Access::May(_) => expect("the operator", &everything, route, &|status| status == 401),
            _ => {}
        }
    }
    for scope in OperatorScope::ALL {
        let program = app.operator_program_with(&[*scope]);
        for route in modules::routes() {
            let Access::OperatorProgram(wanted) = route.access else { continue };
            let good = |status: u16| (status == 403) == (wanted != *scope) && status != 401 && status < 500;
            expect(scope.word(), &program, route, &good);
        }
        let used = modules::routes().any(|route| route.access == Access::OperatorProgram(*scope));
        assert!(used, "nothing asks for the scope {}", scope.word());
    }
    none("Programs:", &broken);
    let after = (digest::of(&app.workspace("alpha"), true), digest::of(&app.workspace("beta"), true));
    let changed = [digest::changed(&before.0, &after.0), digest::changed(&before.1, &after.1)].concat();
    none("A program of the operator changed a workspace:", &changed);
}

/// Tokens reach no page, cookies no API (SES-6).
#[test]
fn ses_6_a_token_is_no_cookie_and_a_cookie_no_token() {
    let app = TestApp::start();
    let (page, program) = (app.session_of("owner@alpha.example"), app.program_of("owner@alpha.example", "alpha"));
    let mut broken = Vec::new();
    for route in modules::routes().filter(|route| route.access != Access::Public) {
        let client = if route.is_api() { &page } else { &program };
        let answer = if route.method.is_safe() {
            client.get(&path(route, "alpha", "1"))
        } else {
            client.send(crate::support::Ask::new(route.method.name(), &path(route, "alpha", "1")))
        };
        let refused = if route.is_api() { answer.status == 401 } else { sent_to_sign_in(&answer) };
        if !refused {
            broken.push(format!("{}: {}", name(route), answer.status));
        }
    }
    none("Cookies and tokens:", &broken);
    let token = app.program_of("owner@alpha.example", "alpha");
    let text = crate::support::fixture::plant_token(&app.control(), "owner@alpha.example", "alpha", app.now());
    drop(token);
    let in_url = app.stranger().get(&format!("/api/v1/contacts?access_token={text}"));
    assert_eq!(in_url.status, 401, "a token in the address must not count");
}
