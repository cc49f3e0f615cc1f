//! Roles: the matrix of permissions, the ceiling, and what each built-in role may really do.

use holdfast::members::roles::BUILT_IN;
use holdfast::permission::{Action, Area, Level};

use super::memberships::{member_id, role_id};
use super::{OWNER, audited};
use crate::support::{ROLES, TestApp};

const LIST: &str = "/w/alpha/settings/roles";

fn custom(app: &TestApp, name: &str) -> String {
    let id: i64 =
        app.control().query_row("SELECT id FROM roles WHERE name = ?1", [name], |row| row.get(0)).expect("a role");
    id.to_string()
}

#[test]
fn p_062_each_role_reaches_the_pages_its_table_says() {
    let app = TestApp::start();
    let places = [
        ("/w/alpha/settings/members", Action::View, Area::Members),
        ("/w/alpha/settings/roles", Action::View, Area::Roles),
        ("/w/alpha/settings/tokens", Action::View, Area::Tokens),
        ("/w/alpha/settings/general", Action::Manage, Area::Settings),
        ("/w/alpha/settings/roles/new", Action::Manage, Area::Roles),
        ("/w/alpha/settings/invitations/new", Action::Manage, Area::Members),
        ("/w/alpha/audit", Action::View, Area::Audit),
        ("/w/alpha/audit/export", Action::Export, Area::Audit),
    ];
    for key in ROLES {
        let role = BUILT_IN.iter().find(|role| role.key == key).expect("a built-in role");
        let client = app.session_of(&format!("{key}@alpha.example"));
        for (path, action, area) in places {
            let allowed = role.permissions().of(action, area) != Level::None;
            assert_eq!(client.get(path).status, if allowed { 200 } else { 403 }, "{key} at {path}");
        }
    }
}

#[test]
fn a_role_is_made_changed_used_and_deleted() {
    let app = TestApp::start();
    let owner = app.session_of(OWNER);
    let new = |fields: &[(&str, &str)]| owner.submit(&format!("{LIST}/new"), fields);
    new(&[("name", "")]).expect(422);
    new(&[("name", "viewer")]).expect(422);
    new(&[("name", "Sales"), ("contacts.fly", "all")]).expect(422);
    new(&[("name", "Sales"), ("contacts.view", "some")]).expect(422);
    new(&[("name", "Sales"), ("contacts.view", "team"), ("members.view", "all"), ("version", "0")]).expect(303);
    let id = custom(&app, "Sales");
    let place = format!("{LIST}/{id}");
    owner.get(&place).expect(200);
    owner.submit(&place, &[("name", "Sales"), ("version", "7")]).expect(412);
    owner.submit(&place, &[("name", "Sales"), ("version", "1"), ("contacts.view", "own")]).expect(303);
    let member = member_id(&app, "member@alpha.example");
    owner.submit(&format!("/w/alpha/settings/members/{member}/role"), &[("role", &id)]).expect(303);
    app.session_of("member@alpha.example").get("/w/alpha/settings/members").expect(403);
    owner.submit(&format!("{place}/delete"), &[]).expect(422);
    let viewer = role_id(&app, "alpha", "viewer");
    owner.submit(&format!("/w/alpha/settings/members/{member}/role"), &[("role", &viewer)]).expect(303);
    owner.submit(&format!("{place}/delete"), &[]).expect(303);
    owner.get(&place).expect(404);
    for action in ["members.role.created", "members.role.changed", "members.role.deleted"] {
        assert_eq!(audited(&app, action), 1, "{action}");
    }
}

#[test]
fn built_in_roles_keep_their_permissions_but_may_ask_for_the_second_step() {
    let app = TestApp::start();
    let owner = app.session_of(OWNER);
    let id = role_id(&app, "alpha", "viewer");
    let fields = [("name", "All"), ("contacts.delete", "all"), ("requires_second_factor", "true"), ("version", "1")];
    owner.submit(&format!("{LIST}/{id}"), &fields).expect(303);
    let (name, permissions): (String, String) = app
        .control()
        .query_row("SELECT name, permissions FROM roles WHERE id = ?1", [&id], |row| Ok((row.get(0)?, row.get(1)?)))
        .expect("a role");
    assert!(name == "Viewer" && !permissions.contains("delete"));
    let answer = app.session_of("viewer@alpha.example").get("/w/alpha/settings").expect(303);
    assert_eq!(answer.location(), "/account/security/two-step");
    owner.submit(&format!("{LIST}/{id}/delete"), &[]).expect(422);
}

#[test]
fn nobody_gives_more_than_they_have() {
    let app = TestApp::start();
    let owner = app.session_of(OWNER);
    let people = "Personnel";
    let fields = [
        ("name", people),
        ("members.view", "all"),
        ("members.manage", "all"),
        ("roles.view", "all"),
        ("roles.manage", "all"),
    ];
    owner.submit(&format!("{LIST}/new"), &fields).expect(303);
    let personnel = custom(&app, people);
    let member = member_id(&app, "member@alpha.example");
    owner.submit(&format!("/w/alpha/settings/members/{member}/role"), &[("role", &personnel)]).expect(303);
    let clerk = app.session_of("member@alpha.example");
    // Not by a new role, not by changing their own, not by giving an existing one, not by inviting.
    let beyond = clerk.submit(&format!("{LIST}/new"), &[("name", "Mine"), ("contacts.export", "all")]).expect(422);
    assert!(beyond.text().contains("more than you may do yourself"));
    clerk
        .submit(&format!("{LIST}/{personnel}"), &[("name", people), ("version", "1"), ("contacts.view", "own")])
        .expect(422);
    let admin = role_id(&app, "alpha", "admin");
    clerk.submit(&format!("/w/alpha/settings/members/{member}/role"), &[("role", &admin)]).expect(422);
    let invitation = [("email", "friend@new.example"), ("role", admin.as_str())];
    clerk.submit("/w/alpha/settings/invitations/new", &invitation).expect(422);
    let viewer = member_id(&app, "viewer@alpha.example");
    clerk.submit(&format!("/w/alpha/settings/members/{viewer}/remove"), &[]).expect(403);
    clerk.submit(&format!("{LIST}/{admin}"), &[("requires_second_factor", "true"), ("version", "1")]).expect(403);
    // Less than they have is theirs to give.
    clerk.submit(&format!("{LIST}/new"), &[("name", "Porter"), ("members.view", "all")]).expect(303);
}

#[test]
fn the_api_shows_what_each_role_may_do() {
    let app = TestApp::start();
    let roles = app.program_of(OWNER, "alpha").get("/api/v1/roles").expect(200).json();
    let viewer =
        roles["data"].as_array().and_then(|roles| roles.iter().find(|role| role["key"] == "viewer")).expect("it");
    assert_eq!((&viewer["permissions"]["contacts.view"], &viewer["builtin"]), (&"all".into(), &true.into()));
    app.program_of("member@alpha.example", "alpha").get("/api/v1/roles").expect(403);
}
