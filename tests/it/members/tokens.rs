//! API tokens, from the form to the last request (SES-6, P-057).

use super::{OWNER, audited};
use crate::support::client::between;
use crate::support::{Ask, Client, Start, TestApp};

const NEW: &str = "/w/alpha/settings/tokens/new";

fn make(client: &Client, fields: &[(&str, &str)]) -> String {
    let page = client.submit(NEW, fields).expect(200).text();
    between(&page, "data-copy=\"", "\"").expect("the token").to_owned()
}

#[test]
fn ses_6_a_token_is_shown_once_and_kept_as_a_hash() {
    let app = TestApp::start();
    let owner = app.session_of(OWNER);
    let token =
        make(&owner, &[("name", "Website"), ("scopes", "contacts.view"), ("scopes", "tokens.view"), ("days", "30")]);
    assert!(token.starts_with("hf_") && token.len() == 55, "256 bits");
    let list = owner.get("/w/alpha/settings/tokens").expect(200).text();
    assert!(list.contains("Website") && list.contains(&token[..8]) && !list.contains(&token));
    let kept: i64 = app
        .control()
        .query_row(
            "SELECT count(*) FROM api_tokens WHERE instr(token_hash || name || prefix || scopes, ?1) > 0",
            [&token],
            |row| row.get(0),
        )
        .expect("a count");
    assert_eq!(kept, 0);
    let program = app.stranger().with_token(&token);
    program.get("/api/v1/contacts").expect(200);
    program.get("/api/v1/members").expect(403);
    let tokens = program.get("/api/v1/tokens").expect(200);
    assert!(!tokens.text().contains(&token));
    // Neither in the address nor as a cookie.
    app.stranger().get(&format!("/api/v1/contacts?access_token={token}")).expect(401);
    app.stranger().with_cookie(&token).get("/api/v1/contacts").expect(401);
    assert_eq!(audited(&app, "members.token.created"), 1);
}

#[test]
fn ses_6_a_token_ends_when_it_expires_and_when_it_is_revoked() {
    let app = TestApp::start();
    let owner = app.session_of(OWNER);
    let fields = [("name", "Short"), ("scopes", "contacts.view"), ("days", "1")];
    let (expiring, revoked) = (make(&owner, &fields), make(&owner, &fields));
    let id: i64 = app.control().query_row("SELECT max(id) FROM api_tokens", [], |row| row.get(0)).expect("an id");
    let works = |token: &str| app.stranger().with_token(token).get("/api/v1/contacts").status == 200;
    assert!(works(&expiring) && works(&revoked));
    owner.submit(&format!("/w/alpha/settings/tokens/{id}/revoke"), &[]).expect(303);
    assert!(works(&expiring) && !works(&revoked));
    app.advance(24 * 3_600 + 1);
    assert!(!works(&expiring));
    assert_eq!(audited(&app, "members.token.revoked"), 1);
}

#[test]
fn a_token_is_revoked_through_the_api_but_never_made_there() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let doomed = app.program_of("admin@alpha.example", "alpha");
    let id: i64 = app.control().query_row("SELECT max(id) FROM api_tokens", [], |row| row.get(0)).expect("an id");
    program.call("POST", "/api/v1/tokens", &serde_json::json!({ "name": "More" })).expect(405);
    program.call("DELETE", &format!("/api/v1/tokens/{id}"), &serde_json::json!({})).expect(204);
    doomed.get("/api/v1/workspace").expect(401);
    let other = app.program_of("owner@beta.example", "beta");
    other.call("DELETE", &format!("/api/v1/tokens/{id}"), &serde_json::json!({})).expect(404);
}

#[test]
fn a_form_that_is_wrong_comes_back_filled() {
    let app = TestApp::start();
    let owner = app.session_of(OWNER);
    let page =
        owner.submit(NEW, &[("name", "Website"), ("days", "400"), ("allowed_networks", "here")]).expect(422).text();
    for words in
        ["Choose at least one thing", "from 1 to 365", "here is not a network", "value=\"Website\"", "error-summary"]
    {
        assert!(page.contains(words), "{words}");
    }
    owner.submit(NEW, &[("name", "Website"), ("days", "9"), ("scopes", "contacts.fly")]).expect(422);
    owner.submit(NEW, &[("name", "Website"), ("days", "9"), ("owner", "5")]).expect(422);
}

#[test]
fn a_token_reaches_no_further_than_its_member_and_its_networks() {
    let app = TestApp::start();
    let owner = app.session_of(OWNER);
    let fields = [("name", "Far"), ("scopes", "contacts.view"), ("days", "9"), ("allowed_networks", "203.0.113.0/24")];
    let far = make(&owner, &fields);
    app.stranger().with_token(&far).get("/api/v1/contacts").expect(401);
    let near = make(
        &owner,
        &[("name", "Near"), ("scopes", "contacts.view"), ("days", "9"), ("allowed_networks", "127.0.0.0/8, ::1")],
    );
    app.stranger().with_token(&near).get("/api/v1/contacts").expect(200);
    // What the officer may not do, no token of theirs may: they may not make one at all.
    app.session_of("privacy_officer@alpha.example").get(NEW).expect(403);
}

#[test]
fn aut_7_a_token_asks_for_a_fresh_proof() {
    let app = TestApp::start();
    let owner = app.session_of(OWNER);
    owner.get("/w/alpha/settings/tokens").expect(200);
    app.advance(10 * 60 + 1);
    let fields = [("name", "Late"), ("scopes", "contacts.view"), ("days", "9")];
    assert_eq!(owner.get(NEW).expect(303).location(), "/account/confirm");
    assert_eq!(owner.submit(NEW, &fields).expect(303).location(), "/account/confirm");
    assert_eq!(audited(&app, "members.token.created"), 0);
}

#[test]
fn a_token_is_no_way_around_the_second_step_that_a_role_asks_for() {
    let app = TestApp::start();
    let program = app.program_of("viewer@alpha.example", "alpha");
    program.get("/api/v1/contacts").expect(200);
    let control = app.control();
    let require = "UPDATE roles SET requires_second_factor = 1 WHERE key = 'viewer'";
    control.execute(require, []).expect("a change");
    let answer = program.get("/api/v1/contacts").expect(403);
    assert!(answer.text().contains("two-step"), "{}", answer.text());
    control
        .execute(
            "UPDATE accounts SET totp_secret = x'00', totp_confirmed_at = 1 WHERE email = 'viewer@alpha.example'",
            [],
        )
        .expect("a change");
    program.get("/api/v1/contacts").expect(200);
}

/// Some proxies add a line of their own below the one that the client sent: the client's counts for nothing.
#[test]
fn lim_3_of_two_forwarded_lines_the_proxys_counts() {
    let environment = vec![("HOLDFAST_SERVER__TRUSTED_PROXIES".to_owned(), "127.0.0.0/8".to_owned())];
    let app = TestApp::start_with(Start { environment, ..Start::default() });
    let fields = [("name", "Far"), ("scopes", "contacts.view"), ("days", "9"), ("allowed_networks", "203.0.113.0/24")];
    let program = app.stranger().with_token(&make(&app.session_of(OWNER), &fields));
    let from = |lines: &[&str]| {
        let ask = Ask::new("GET", "/api/v1/contacts");
        program.send(lines.iter().fold(ask, |ask, line| ask.header("x-forwarded-for", *line))).status
    };
    assert_eq!(from(&["203.0.113.7"]), 200);
    assert_eq!(from(&["203.0.113.7", "198.51.100.1"]), 401);
    assert_eq!(from(&["203.0.113.7, 198.51.100.1"]), 401);
}
