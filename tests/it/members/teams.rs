//! Teams widen what the level "team" reaches, so nobody makes one that reaches further than they do.

use super::OWNER;
use super::memberships::{ADMIN, MEMBER, member_id, page};
use crate::support::{Client, TestApp};

#[test]
fn who_manages_members_reaches_no_further_by_a_team() {
    let app = TestApp::start();
    let owner = app.session_of(OWNER);
    let made = owner.submit(
        "/w/alpha/settings/roles/new",
        &[("name", "Lead"), ("contacts.view", "team"), ("members.view", "all"), ("members.manage", "all")],
    );
    made.expect(303);
    owner.submit("/w/alpha/settings/roles/new", &[("name", "Porter"), ("members.view", "all")]).expect(303);
    let id_of = |table: &str, name: &str| {
        let sql = format!("SELECT id FROM {table} WHERE name = ?1");
        app.control().query_row(&sql, [name], |row| row.get::<_, i64>(0)).expect("a row").to_string()
    };
    let id = |name: &str| id_of("teams", name);
    let (lead, porter) = (id_of("roles", "Lead"), id_of("roles", "Porter"));
    owner.submit(&page(&app, MEMBER, "/role"), &[("role", &lead)]).expect(303);
    let client = app.session_of(MEMBER);
    let ids = |emails: &[&str]| emails.iter().map(|email| member_id(&app, email).to_string()).collect::<Vec<_>>();
    let team = |client: &Client, path: &str, name: &str, emails: &[&str]| {
        let members = ids(emails);
        let mut fields = vec![("name", name)];
        fields.extend(members.iter().map(|id| ("members", id.as_str())));
        client.submit(&format!("/w/alpha/settings/teams/{path}"), &fields)
    };
    // Not themselves into a new team, not into one that is there.
    let refused = team(&client, "new", "Mine", &[MEMBER, OWNER]).expect(422).text();
    assert!(refused.contains("In this team you would reach the records of owner"), "{refused}");
    team(&owner, "new", "North", &[OWNER, ADMIN]).expect(303);
    team(&client, &id("North"), "North", &[OWNER, ADMIN, MEMBER]).expect(422);
    // Not an account of theirs in their place: once in such a team, its role goes no higher than theirs reaches.
    let helper = "viewer@alpha.example";
    owner.submit(&page(&app, helper, "/role"), &[("role", &porter)]).expect(303);
    team(&client, &id("North"), "North", &[OWNER, ADMIN, helper]).expect(303);
    let refused = client.submit(&page(&app, helper, "/role"), &[("role", &lead)]).expect(422).text();
    assert!(refused.contains("With this role they would reach records of their team"), "{refused}");
    // And nobody into the team they are in.
    team(&owner, "new", "South", &[MEMBER]).expect(303);
    team(&client, &id("South"), "South", &[MEMBER, ADMIN]).expect(422);
    // A team that gives nobody more than they reach is theirs to make; leaving one always is.
    team(&client, "new", "Desk", &[ADMIN, helper]).expect(303);
    team(&client, &id("South"), "South", &[]).expect(303);
    // Owners and admins may.
    team(&app.session_of(ADMIN), "new", "East", &[ADMIN, MEMBER, OWNER]).expect(303);
}
