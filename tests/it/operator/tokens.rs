//! Tokens of operators, from the form and the command line to the last request (SES-6, SES-4).

use holdfast::permission::OperatorScope;
use serde_json::{Value, json};

use super::audited;
use crate::support::client::between;
use crate::support::{Client, OPERATOR, TestApp, shown};

const NEW: &str = "/operator/tokens/new";

fn make(client: &Client, fields: &[(&str, &str)]) -> String {
    let page = client.submit(NEW, fields).expect(200).text();
    between(&page, "data-copy=\"", "\"").expect("the token").to_owned()
}

fn answers(app: &TestApp, token: &str) -> u16 {
    app.stranger().with_token(token).get("/api/v1/operator/health").status
}

#[test]
fn ses_6_a_token_of_an_operator_is_shown_once_and_kept_as_a_hash() {
    let app = TestApp::start();
    let operator = app.session_of(OPERATOR);
    let fields = [("name", "Prometheus"), ("scopes", "metrics.view"), ("scopes", "health.view"), ("days", "30")];
    let page = operator.submit(NEW, &fields).expect(200).text();
    let token = between(&page, "data-copy=\"", "\"").expect("the token").to_owned();
    assert!(token.starts_with("hf_op_") && token.len() == 58, "256 bits");
    assert!(page.contains("/metrics"), "whoever may read the measurements is told where they are");
    let list = operator.get("/operator/tokens").expect(200).text();
    assert!(list.contains("Prometheus") && list.contains(&token[..11]) && !list.contains(&token));
    assert!(list.contains("Never"), "not used so far");
    let kept: i64 = app
        .control()
        .query_row(
            "SELECT count(*) FROM operator_tokens WHERE instr(token_hash || name || prefix || scopes, ?1) > 0",
            [&token],
            |row| row.get(0),
        )
        .expect("a count");
    assert_eq!(kept, 0);
    let program = app.stranger().with_token(&token);
    program.get("/metrics").expect(200);
    program.get("/api/v1/operator/mail").expect(403);
    let used: Option<i64> =
        app.control().query_row("SELECT last_used_at FROM operator_tokens", [], |row| row.get(0)).expect("a row");
    assert!(used.is_some(), "the list says when it was used last");
    // Neither in the address nor as a cookie, and no way in anywhere else.
    app.stranger().get(&format!("/api/v1/operator/health?access_token={token}")).expect(401);
    app.stranger().with_cookie(&token).get("/api/v1/operator/health").expect(401);
    program.get("/api/v1/contacts").expect(401);
    assert_eq!(program.get("/operator").status, 303, "the console is for people");
    assert_eq!(audited(&app, "members.operator_token.created", "operator"), 1);
}

#[test]
fn ses_6_a_token_of_an_operator_ends_when_it_expires_and_when_it_is_revoked() {
    let app = TestApp::start();
    let operator = app.session_of(OPERATOR);
    let fields = [("name", "Short"), ("scopes", "health.view"), ("days", "1")];
    let (expiring, revoked) = (make(&operator, &fields), make(&operator, &fields));
    let id: i64 = app.control().query_row("SELECT max(id) FROM operator_tokens", [], |row| row.get(0)).expect("an id");
    assert_eq!((answers(&app, &expiring), answers(&app, &revoked)), (200, 200));
    operator.submit(&format!("/operator/tokens/{id}/revoke"), &[]).expect(303);
    assert_eq!((answers(&app, &expiring), answers(&app, &revoked)), (200, 401));
    operator.submit(&format!("/operator/tokens/{id}/revoke"), &[]).expect(303);
    assert_eq!(audited(&app, "members.operator_token.revoked", "operator"), 1, "once more does nothing");
    app.advance(24 * 3_600 + 1);
    assert_eq!(answers(&app, &expiring), 401);
}

#[test]
fn ses_4_a_token_of_an_operator_ends_with_their_office() {
    let app = TestApp::start();
    let token = make(&app.session_of(OPERATOR), &[("name", "Script"), ("scopes", "health.view"), ("days", "9")]);
    let change = |sql: &str| {
        app.control().execute(sql, [OPERATOR]).expect("a change");
        answers(&app, &token)
    };
    assert_eq!(change("UPDATE accounts SET is_operator = 0 WHERE email = ?1"), 401);
    assert_eq!(change("UPDATE accounts SET is_operator = 1 WHERE email = ?1"), 200);
    assert_eq!(change("UPDATE accounts SET state = 'disabled' WHERE email = ?1"), 401);
    assert_eq!(change("UPDATE accounts SET state = 'active' WHERE email = ?1"), 200);
    // A new password ends the tokens too when its owner says so.
    let fields = [("password", "another lantern over the harbour"), ("tokens", "true")];
    app.session_of(OPERATOR).submit("/account/password", &fields).expect(303);
    assert_eq!(answers(&app, &token), 401);
}

#[test]
fn a_form_that_is_wrong_comes_back_filled() {
    let app = TestApp::start();
    let operator = app.session_of(OPERATOR);
    let wrong = [("name", "Prometheus"), ("days", "400"), ("allowed_networks", "here")];
    let page = operator.submit(NEW, &wrong).expect(422).text();
    for words in
        ["Choose at least one thing", "from 1 to 365", "here is not a network", "value=\"Prometheus\"", "error-summary"]
    {
        assert!(page.contains(words), "{words}");
    }
    let good = [("name", "Prometheus"), ("days", "9"), ("scopes", "metrics.view")];
    operator.submit(NEW, &[&good[..2], &[("scopes", "contacts.view")]].concat()).expect(422);
    operator.submit(NEW, &[&good[..], &[("account_id", "5")]].concat()).expect(422);
    operator.submit(NEW, &[&good[1..], &[("name", " ")]].concat()).expect(422);
    assert_eq!(audited(&app, "members.operator_token.created", "operator"), 0);
}

#[test]
fn a_token_of_an_operator_is_bound_to_its_networks() {
    let app = TestApp::start();
    let operator = app.session_of(OPERATOR);
    let from =
        |networks| [("name", "Script"), ("scopes", "health.view"), ("days", "9"), ("allowed_networks", networks)];
    assert_eq!(answers(&app, &make(&operator, &from("203.0.113.0/24"))), 401);
    assert_eq!(answers(&app, &make(&operator, &from("127.0.0.0/8, ::1"))), 200);
}

#[test]
fn aut_7_a_token_of_an_operator_asks_for_a_fresh_proof() {
    let app = TestApp::start();
    let operator = app.session_of(OPERATOR);
    operator.get("/operator/tokens").expect(200);
    app.advance(10 * 60 + 1);
    let fields = [("name", "Late"), ("scopes", "health.view"), ("days", "9")];
    assert_eq!(operator.get(NEW).expect(303).location(), "/account/confirm");
    assert_eq!(operator.submit(NEW, &fields).expect(303).location(), "/account/confirm");
    assert_eq!(audited(&app, "members.operator_token.created", "operator"), 0);
}

#[test]
fn a_token_of_an_operator_is_revoked_through_the_api_but_never_made_there() {
    let app = TestApp::start();
    let (program, doomed) = (app.operator_program(), app.operator_program_with(&[OperatorScope::ViewHealth]));
    let tokens = program.get("/api/v1/operator/tokens?count=true").expect(200).json();
    assert_eq!(tokens["total"], 2);
    let last = tokens["data"].as_array().and_then(|all| all.last()).expect("a token");
    assert_eq!((&last["scopes"], &last["operator"]), (&json!(["health.view"]), &json!("operator")));
    program.call("POST", "/api/v1/operator/tokens", &json!({ "name": "More" })).expect(405);
    let address = format!("/api/v1/operator/tokens/{}", last["id"]);
    doomed.call("DELETE", &address, &json!({})).expect(403);
    program.call("DELETE", &address, &json!({})).expect(204);
    doomed.get("/api/v1/operator/health").expect(401);
    program.call("DELETE", "/api/v1/operator/tokens/777777", &json!({})).expect(404);
    assert_eq!(audited(&app, "members.operator_token.revoked", "operator-token"), 1);
}

#[test]
fn a_token_of_an_operator_is_made_listed_and_revoked_by_command() {
    let app = TestApp::start();
    let run = |arguments: &[&str]| {
        let output = app.command(&[&["--json", "operator-token"], arguments].concat());
        (output.status.code(), serde_json::from_slice::<Value>(&output.stdout).unwrap_or_default(), shown(&output))
    };
    let create = ["create", "--name", "Provisioning", "--operator", OPERATOR];
    let (code, made, words) = run(&[&create[..], &["--scope", "workspaces.view", "--from", "127.0.0.1"]].concat());
    assert_eq!(code, Some(0), "{words}");
    let program = app.stranger().with_token(made["token"].as_str().expect("the token"));
    program.get("/api/v1/operator/workspaces").expect(200);
    program.get("/metrics").expect(403);
    let (_, list, words) = run(&["list"]);
    assert_eq!((&list["tokens"][0]["name"], &list["tokens"][0]["state"]), (&json!("Provisioning"), &json!("in force")));
    assert!(!words.contains(made["token"].as_str().expect("the token")), "shown once");
    let id = made["id"].to_string();
    assert_eq!(run(&["revoke", &id]).0, Some(0));
    program.get("/api/v1/operator/workspaces").expect(401);
    for (wrong, words) in [
        (&["revoke", "777777"][..], "there is no token 777777"),
        (&[&create[..], &["--scope", "contacts.view"]].concat(), "there is no scope contacts.view"),
        (&[&create[..], &["--scope", "mail.view", "--days", "0"]].concat(), "from 1 to 365"),
        (&[&create[..], &["--scope", "mail.view", "--from", "home"]].concat(), "home is not a network"),
        (
            &["create", "--name", "x", "--operator", "owner@alpha.example", "--all-scopes"],
            "This account is not an operator's",
        ),
        (&["create", "--name", "x", "--operator", "nobody@alpha.example", "--all-scopes"], "has no account here"),
    ] {
        let (code, _, said) = run(wrong);
        assert!(code == Some(2) && said.contains(words), "{wrong:?}: {said}");
    }
    assert_eq!(audited_by_command(&app), 2);
}

/// What the command line made and revoked.
fn audited_by_command(app: &TestApp) -> i64 {
    app.control()
        .query_row(
            "SELECT count(*) FROM audit WHERE action LIKE 'members.operator_token.%' AND actor = 'command-line'",
            [],
            |row| row.get(0),
        )
        .expect("a count")
}
