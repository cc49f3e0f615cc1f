//! Members of a workspace: roles, suspension, removal, ownership, invitations, teams.

use super::{OWNER, is_in, link_in, newest_mail, query_value, sign_in};
use crate::support::{Client, TestApp};

pub const ADMIN: &str = "admin@alpha.example";
pub const MEMBER: &str = "member@alpha.example";

/// The member id of an account in `alpha`.
pub fn member_id(app: &TestApp, email: &str) -> i64 {
    let sql = "SELECT m.id FROM memberships m JOIN accounts a ON a.id = m.account_id WHERE a.email = ?1";
    app.control().query_row(sql, [email], |row| row.get(0)).expect("a member")
}

/// The id of a role in a workspace.
pub fn role_id(app: &TestApp, workspace: &str, key: &str) -> String {
    let sql = "SELECT r.id FROM roles r JOIN workspaces w ON w.id = r.workspace_id WHERE w.slug = ?1 AND r.key = ?2";
    let id: i64 = app.control().query_row(sql, [workspace, key], |row| row.get(0)).expect("a role");
    id.to_string()
}

fn role_of(app: &TestApp, email: &str) -> String {
    let sql = "SELECT r.key FROM memberships m JOIN roles r ON r.id = m.role_id JOIN accounts a ON a.id = m.account_id
               WHERE a.email = ?1";
    app.control().query_row(sql, [email], |row| row.get(0)).expect("a role")
}

fn state_of(app: &TestApp, email: &str) -> String {
    let sql = "SELECT m.state FROM memberships m JOIN accounts a ON a.id = m.account_id WHERE a.email = ?1";
    app.control().query_row(sql, [email], |row| row.get(0)).expect("a state")
}

/// A page of a member's, by address.
pub fn page(app: &TestApp, email: &str, action: &str) -> String {
    format!("/w/alpha/settings/members/{}{action}", member_id(app, email))
}

/// How many entries about `alpha` have this action.
fn entries(app: &TestApp, action: &str) -> i64 {
    let sql = "SELECT count(*) FROM audit a JOIN workspaces w ON w.id = a.workspace_id WHERE w.slug = 'alpha' AND action = ?1";
    app.control().query_row(sql, [action], |row| row.get(0)).expect("a count")
}

fn works(program: &Client) -> bool {
    program.get("/api/v1/workspace").status == 200
}

#[test]
fn every_settings_page_opens_and_hides_what_a_role_may_not_see() {
    let app = TestApp::start();
    let owner = app.session_of(OWNER);
    let pages = ["", "/general", "/mail", "/members", "/teams", "/roles", "/tokens", "/ownership"];
    for path in pages {
        owner.get(&format!("/w/alpha/settings{path}")).expect(200);
    }
    owner.get(&page(&app, MEMBER, "")).expect(200);
    owner.get(&page(&app, MEMBER, "/role")).expect(200);
    owner.get(&page(&app, MEMBER, "/remove")).expect(200);
    owner.get("/w/alpha/settings/invitations/new").expect(200);
    let viewer = app.session_of("viewer@alpha.example");
    viewer.get("/w/alpha/settings").expect(200);
    let list = viewer.get("/w/alpha/settings/members").expect(200).text();
    assert!(list.contains(MEMBER) && !list.contains("Invite someone"));
    viewer.get("/w/alpha/settings/roles").expect(403);
    viewer.get("/w/alpha/settings/tokens").expect(403);
}

#[test]
fn the_last_owner_stays_whatever_is_tried() {
    let app = TestApp::start();
    let owner = app.session_of(OWNER);
    let admin_role = role_id(&app, "alpha", "admin");
    let answer = owner.submit(&page(&app, OWNER, "/role"), &[("role", &admin_role)]).expect(422);
    assert!(answer.text().contains("only owner"));
    owner.submit(&page(&app, OWNER, "/remove"), &[]).expect(422);
    owner.submit(&page(&app, OWNER, "/suspend"), &[]).expect(409);
    // An admin holds the same permissions, but an owner is out of reach.
    let admin = app.session_of(ADMIN);
    for action in ["/suspend", "/remove", "/role", "/end-sessions"] {
        admin.submit(&page(&app, OWNER, action), &[]).expect(403);
    }
    admin.get("/w/alpha/settings/ownership").expect(403);
    assert_eq!((role_of(&app, OWNER).as_str(), state_of(&app, OWNER).as_str()), ("owner", "active"));
}

#[test]
fn an_owner_whose_account_is_off_is_no_owner_to_rely_on() {
    let app = TestApp::start();
    let owner = app.session_of(OWNER);
    let owner_role = role_id(&app, "alpha", "owner");
    owner.submit(&page(&app, ADMIN, "/role"), &[("role", &owner_role)]).expect(303);
    app.control().execute("UPDATE accounts SET state = 'disabled' WHERE email = ?1", [ADMIN]).expect("a change");
    owner.submit(&page(&app, OWNER, "/remove"), &[]).expect(422);
    app.control().execute("UPDATE accounts SET state = 'active' WHERE email = ?1", [ADMIN]).expect("a change");
    owner.submit(&page(&app, OWNER, "/remove"), &[]).expect(303);
    assert_eq!(state_of(&app, OWNER), "removed");
}

#[test]
fn ses_4_another_role_holds_at_once_and_asks_for_a_new_proof() {
    let app = TestApp::start();
    let (owner, member) = (app.session_of(OWNER), app.session_of(MEMBER));
    let program = app.program_of(MEMBER, "alpha");
    member.get("/account/password").expect(200);
    let viewer = role_id(&app, "alpha", "viewer");
    owner.submit(&page(&app, MEMBER, "/role"), &[("role", &viewer)]).expect(303);
    assert_eq!(role_of(&app, MEMBER), "viewer");
    assert_eq!(member.get("/account/password").expect(303).location(), "/account/confirm");
    assert!(works(&program));
    owner.submit(&page(&app, MEMBER, "/role"), &[("role", &viewer), ("revoke_tokens", "true")]).expect(303);
    assert!(!works(&program));
    assert_eq!(entries(&app, "members.membership.role_changed"), 2);
    // A role of the other workspace is no role.
    let foreign = role_id(&app, "beta", "admin");
    owner.submit(&page(&app, MEMBER, "/role"), &[("role", &foreign)]).expect(422);
    owner.submit(&page(&app, MEMBER, "/role"), &[("role", "")]).expect(422);
}

#[test]
fn ses_4_suspension_and_removal_lock_out_at_once() {
    let app = TestApp::start();
    let owner = app.session_of(OWNER);
    let (member, program) = (app.session_of(MEMBER), app.program_of(MEMBER, "alpha"));
    owner.submit(&page(&app, MEMBER, "/suspend"), &[]).expect(303);
    assert!(!is_in(&member) && !works(&program));
    owner.submit(&page(&app, MEMBER, "/reactivate"), &[]).expect(303);
    assert!(works(&program), "tokens wait while somebody is suspended");
    let member = app.session_of(MEMBER);
    member.get("/w/alpha/settings").expect(200);
    owner.submit(&page(&app, MEMBER, "/remove"), &[]).expect(303);
    assert!(!is_in(&member) && !works(&program));
    app.session_of(MEMBER).get("/w/alpha/settings").expect(404);
    owner.get(&page(&app, MEMBER, "")).expect(404);
    assert_eq!(entries(&app, "members.membership.removed"), 1);
}

#[test]
fn ses_5_an_admin_ends_the_sessions_of_others() {
    let app = TestApp::start();
    let member = sign_in(&app, MEMBER);
    app.session_of(ADMIN).submit(&page(&app, MEMBER, "/end-sessions"), &[]).expect(303);
    assert!(!is_in(&member));
    assert_eq!(entries(&app, "members.sessions.ended"), 1);
}

#[test]
fn aut_7_removal_and_roles_ask_for_a_fresh_proof() {
    let app = TestApp::start();
    let owner = app.session_of(OWNER);
    owner.get("/w/alpha/settings").expect(200);
    app.advance(10 * 60 + 1);
    for action in ["/role", "/remove"] {
        assert_eq!(owner.get(&page(&app, MEMBER, action)).expect(303).location(), "/account/confirm");
        assert_eq!(owner.submit(&page(&app, MEMBER, action), &[]).expect(303).location(), "/account/confirm");
    }
    assert_eq!(owner.get("/w/alpha/settings/ownership").expect(303).location(), "/account/confirm");
    assert_eq!(state_of(&app, MEMBER), "active");
}

#[test]
fn an_owner_hands_over_and_becomes_an_admin() {
    let app = TestApp::start();
    let owner = app.session_of(OWNER);
    owner.submit("/w/alpha/settings/ownership", &[("to", "")]).expect(422);
    let foreign = {
        let sql = "SELECT m.id FROM memberships m JOIN accounts a ON a.id = m.account_id WHERE a.email = 'admin@beta.example'";
        app.control().query_row(sql, [], |row| row.get::<_, i64>(0)).expect("a member").to_string()
    };
    owner.submit("/w/alpha/settings/ownership", &[("to", &foreign)]).expect(422);
    let heir = member_id(&app, MEMBER).to_string();
    owner.submit("/w/alpha/settings/ownership", &[("to", &heir)]).expect(303);
    assert_eq!((role_of(&app, OWNER), role_of(&app, MEMBER)), ("admin".into(), "owner".into()));
    for reader in [OWNER, MEMBER] {
        assert!(newest_mail(&app, reader, "ownership_transferred").contains("The alpha workspace"));
    }
    assert_eq!(entries(&app, "members.ownership.transferred"), 1);
}

#[test]
fn aut_8_an_invitation_makes_an_account_and_works_once() {
    let app = TestApp::start();
    let owner = app.session_of(OWNER);
    let viewer = role_id(&app, "alpha", "viewer");
    let invite =
        |email: &str| owner.submit("/w/alpha/settings/invitations/new", &[("email", email), ("role", &viewer)]);
    invite("not an address").expect(422);
    invite(MEMBER).expect(422);
    invite("petra@new.example").expect(303);
    let link = link_in(&newest_mail(&app, "petra@new.example", "invitation"));
    let token = query_value(&link, "token");
    assert!(token.len() >= 26, "128 bits or more");
    let stored: i64 = app
        .control()
        .query_row("SELECT count(*) FROM invitations WHERE instr(secret_hash, ?1) > 0", [&token], |row| row.get(0))
        .expect("a count");
    assert_eq!(stored, 0, "only a hash is kept");

    let petra = app.stranger();
    assert!(petra.get(&link).expect(200).text().contains("Make an account and join"));
    let join = |name: &str, password: &str, age: &str| {
        petra.submit("/invitation", &[("token", &token), ("name", name), ("password", password), ("age", age)])
    };
    let wrong = join("Petra", "short", "false").expect(422).text();
    assert!(wrong.contains("15 characters") && wrong.contains("16 or older") && wrong.contains("Petra"));
    let joined = join("Petra", "a heron walks over wet slate", "true").expect(303);
    assert_eq!(joined.location(), "/w/alpha");
    petra.get("/w/alpha/settings").expect(200);
    assert_eq!(role_of(&app, "petra@new.example"), "viewer");
    app.stranger().get(&link).expect(404);
}

#[test]
fn aut_8_an_invitation_ends_after_72_hours_when_withdrawn_and_when_sent_again() {
    let app = TestApp::start();
    let viewer = role_id(&app, "alpha", "viewer");
    let email = "petra@new.example";
    let owner = app.session_of(OWNER);
    owner.submit("/w/alpha/settings/invitations/new", &[("email", email), ("role", &viewer)]).expect(303);
    let id: i64 = app.control().query_row("SELECT max(id) FROM invitations", [], |row| row.get(0)).expect("an id");
    let first = link_in(&newest_mail(&app, email, "invitation"));
    owner.submit(&format!("/w/alpha/settings/invitations/{id}/resend"), &[]).expect(303);
    let second = link_in(&newest_mail(&app, email, "invitation"));
    app.stranger().get(&first).expect(404);
    app.stranger().get(&second).expect(200);
    app.advance(72 * 3_600 + 1);
    app.stranger().get(&second).expect(404);
    let owner = app.session_of(OWNER);
    owner.submit(&format!("/w/alpha/settings/invitations/{id}/resend"), &[]).expect(303);
    let third = link_in(&newest_mail(&app, email, "invitation"));
    app.stranger().get(&third).expect(200);
    owner.submit(&format!("/w/alpha/settings/invitations/{id}/revoke"), &[]).expect(303);
    app.stranger().get(&third).expect(404);
    owner.submit(&format!("/w/alpha/settings/invitations/{id}/resend"), &[]).expect(404);
}

#[test]
fn an_invitation_is_for_the_invited_address_only() {
    let app = TestApp::start();
    let invited = "invited@alpha.example";
    let link = "/invitation?token=invitation to alpha".replace(' ', "+");
    let fields = [("token", "invitation to alpha")];
    let stranger = app.stranger();
    let page = stranger.get(&link).expect(200).text();
    assert!(page.contains("/sign-in?next="), "an account that is there is signed in to, not made again");
    stranger.submit("/invitation", &fields).expect(422);
    let other = app.session_of("viewer@beta.example");
    assert!(other.get(&link).expect(200).text().contains("You are signed in as viewer@beta.example"));
    other.submit("/invitation", &fields).expect(422);
    let right = app.session_of(invited);
    assert_eq!(right.submit("/invitation", &fields).expect(303).location(), "/w/alpha");
    right.get("/w/alpha/settings").expect(200);
    right.submit("/invitation", &fields).expect(404);
}

#[test]
fn who_was_removed_leaves_no_invitation_behind_and_comes_back_as_the_same_member() {
    let app = TestApp::start();
    let (owner, admin) = (app.session_of(OWNER), app.session_of(ADMIN));
    let viewer = role_id(&app, "alpha", "viewer");
    let before = member_id(&app, ADMIN);
    admin.submit("/w/alpha/settings/invitations/new", &[("email", "back@door.example"), ("role", &viewer)]).expect(303);
    let link = link_in(&newest_mail(&app, "back@door.example", "invitation"));
    owner.submit(&page(&app, ADMIN, "/remove"), &[]).expect(303);
    app.stranger().get(&link).expect(404);
    owner.submit("/w/alpha/settings/invitations/new", &[("email", ADMIN), ("role", &viewer)]).expect(303);
    let token = query_value(&link_in(&newest_mail(&app, ADMIN, "invitation")), "token");
    app.session_of(ADMIN).submit("/invitation", &[("token", &token)]).expect(303);
    assert_eq!((member_id(&app, ADMIN), role_of(&app, ADMIN)), (before, "viewer".into()));
}

#[test]
fn teams_hold_members_of_the_workspace_only() {
    let app = TestApp::start();
    let owner = app.session_of(OWNER);
    let (mine, foreign) = (member_id(&app, MEMBER).to_string(), member_id(&app, "member@beta.example").to_string());
    let new = |name: &str, members: &[&str]| {
        let mut fields = vec![("name", name)];
        fields.extend(members.iter().map(|id| ("members", *id)));
        owner.submit("/w/alpha/settings/teams/new", &fields)
    };
    new("", &[]).expect(422);
    new("ALPHA team", &[]).expect(422);
    new("North", &[&foreign]).expect(422);
    new("North", &[&mine]).expect(303);
    let id: i64 =
        app.control().query_row("SELECT id FROM teams WHERE name = 'North'", [], |row| row.get(0)).expect("it");
    owner.get(&format!("/w/alpha/settings/teams/{id}")).expect(200);
    owner.submit(&format!("/w/alpha/settings/teams/{id}"), &[("name", "South")]).expect(303);
    let left: i64 = app
        .control()
        .query_row("SELECT count(*) FROM team_members WHERE team_id = ?1", [id], |row| row.get(0))
        .expect("a count");
    assert_eq!(left, 0);
    owner.submit(&format!("/w/alpha/settings/teams/{id}/delete"), &[]).expect(303);
    owner.get(&format!("/w/alpha/settings/teams/{id}")).expect(404);
}

#[test]
fn a_workspace_is_renamed_and_keeps_its_address() {
    let app = TestApp::start();
    let owner = app.session_of(OWNER);
    owner.submit("/w/alpha/settings/general", &[("name", " ")]).expect(422);
    owner.submit("/w/alpha/settings/general", &[("name", "Saltmere  Instruments")]).expect(303);
    assert!(owner.get("/w/alpha/settings/general").expect(200).text().contains("Saltmere Instruments"));
    app.session_of(MEMBER).submit("/w/alpha/settings/general", &[("name", "Mine")]).expect(403);
    assert_eq!(entries(&app, "members.workspace.renamed"), 1);
}

#[test]
fn ten_3_the_api_lists_people_and_refuses_fields_it_does_not_know() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let first = program.get("/api/v1/members?limit=2&count=true").expect(200).json();
    assert_eq!((first["data"].as_array().map(Vec::len), first["total"].as_i64()), (Some(2), Some(6)));
    let next = first["next_cursor"].as_str().expect("more").to_owned();
    let rest = program.get(&format!("/api/v1/members?cursor={next}")).expect(200).json();
    assert_eq!((rest["data"].as_array().map(Vec::len), rest["next_cursor"].is_null()), (Some(4), true));
    program.get("/api/v1/members?limit=0").expect(422);
    program.get("/api/v1/members?sort=name").expect(422);
    let id = member_id(&app, MEMBER);
    assert_eq!(program.get(&format!("/api/v1/members/{id}")).expect(200).json()["role"]["key"], "member");
    let foreign = member_id(&app, "member@beta.example");
    program.get(&format!("/api/v1/members/{foreign}")).expect(404);
    assert_eq!(program.get("/api/v1/workspace").expect(200).json()["slug"], "alpha");
    assert_eq!(program.get("/api/v1/teams").expect(200).json()["data"][0]["name"], "alpha team");
    let role: i64 = role_id(&app, "alpha", "viewer").parse().expect("an id");
    let body = serde_json::json!({ "email": "robot@new.example", "role": role });
    let made = program.call("POST", "/api/v1/invitations", &body).expect(201);
    let place = made.header("location").expect("a place").to_owned();
    assert_eq!(program.get(&place).expect(200).json()["email"], "robot@new.example");
    let mut wrong = body.clone();
    wrong["workspace"] = "beta".into();
    program.call("POST", "/api/v1/invitations", &wrong).expect(422);
    // A program of an owner is no owner: it makes none.
    let owner: i64 = role_id(&app, "alpha", "owner").parse().expect("an id");
    let body = serde_json::json!({ "email": "boss@new.example", "role": owner });
    program.call("POST", "/api/v1/invitations", &body).expect(422);
    program.call("DELETE", &place, &serde_json::json!({})).expect(204);
    program.get(&place).expect(404);
}

#[test]
fn what_somebody_suspended_has_sent_waits_with_them() {
    let app = TestApp::start();
    let (owner, admin) = (app.session_of(OWNER), app.session_of(ADMIN));
    let role = role_id(&app, "alpha", "admin");
    admin.submit("/w/alpha/settings/invitations/new", &[("email", "side@door.example"), ("role", &role)]).expect(303);
    let link = link_in(&newest_mail(&app, "side@door.example", "invitation"));
    app.stranger().get(&link).expect(200);
    owner.submit(&page(&app, ADMIN, "/suspend"), &[]).expect(303);
    app.stranger().get(&link).expect(404);
    owner.submit(&page(&app, ADMIN, "/reactivate"), &[]).expect(303);
    app.stranger().get(&link).expect(200);
}
