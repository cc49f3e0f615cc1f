//! Address and password: what is let in, what is told, and what the cookie is.

use super::{OWNER, audited, is_in, sign_in, try_password};
use crate::support::client::COOKIE;
use crate::support::{PASSWORD, TestApp};

#[test]
fn p_004_an_address_and_a_password_sign_in() {
    let app = TestApp::start();
    let client = app.stranger();
    let to = client.get("/").expect(303);
    assert_eq!(to.location(), "/sign-in");
    let answer = try_password(&client, &format!(" {} ", OWNER.to_uppercase()), PASSWORD).expect(303);
    assert_eq!(answer.location(), "/");
    assert!(is_in(&client));
    assert_eq!(client.get("/").expect(303).location(), "/w/alpha");
    assert!(audited(&app, "members.session.started") >= 1);
}

#[test]
fn ses_1_ses_2_the_cookie_is_new_and_the_old_one_is_worth_nothing() {
    let app = TestApp::start();
    let client = app.stranger();
    client.get("/sign-in").expect(200);
    let before = client.cookie().expect("a cookie for the form");
    let answer = try_password(&client, OWNER, PASSWORD).expect(303);
    let line = answer.header("set-cookie").expect("one cookie").to_owned();
    for part in [COOKIE, "Path=/", "Secure", "HttpOnly", "SameSite=Lax"] {
        assert!(line.contains(part), "{line}");
    }
    let after = client.cookie().expect("a cookie");
    assert_ne!(before, after);
    assert!(!is_in(&app.stranger().with_cookie(&before)), "a planted cookie must not become a session");
    assert!(is_in(&app.stranger().with_cookie(&after)));
    // Signing in again ends the session that came with it.
    try_password_while_in(&client);
    assert!(!is_in(&app.stranger().with_cookie(&after)));
}

fn try_password_while_in(client: &crate::support::Client) {
    client.submit("/sign-in", &[("email", OWNER), ("password", PASSWORD), ("next", "")]).expect(303);
}

#[test]
fn aut_4_unknown_wrong_and_disabled_say_the_same() {
    let app = TestApp::start();
    app.control().execute("UPDATE accounts SET state = 'disabled' WHERE email = 'viewer@alpha.example'", []).unwrap();
    app.control().execute("UPDATE accounts SET password = NULL WHERE email = 'member@alpha.example'", []).unwrap();
    let say = |email: &str, password: &str| {
        let answer = try_password(&app.stranger(), email, password);
        let text = answer.text().replace(email, "EMAIL");
        // What differs between any two visitors: their form token.
        let at = text.find("csrf-token").unwrap();
        let token = text[at..].split('"').nth(2).unwrap().to_owned();
        (answer.status, text.replace(&token, "TOKEN"))
    };
    let unknown = say("nobody@alpha.example", PASSWORD);
    assert_eq!(unknown.0, 422);
    assert_eq!(unknown, say(OWNER, "not the password of anybody"));
    assert_eq!(unknown, say("viewer@alpha.example", PASSWORD));
    assert_eq!(unknown, say("member@alpha.example", PASSWORD));
    assert_eq!(audited(&app, "members.sign_in.failed"), 4);
}

#[test]
fn a_form_keeps_what_was_typed_and_never_the_password() {
    let app = TestApp::start();
    let client = app.stranger();
    let page = try_password(&client, OWNER, "wrong-canary-password").expect(422).text();
    assert!(page.contains(&format!("value=\"{OWNER}\"")) && page.contains("There is a problem"));
    assert!(!page.contains("wrong-canary"));
    let page = client.submit("/sign-in", &[("email", ""), ("password", ""), ("next", "")]).expect(422).text();
    assert!(page.contains("Enter your email address.") && page.contains("Enter your password."));
}

#[test]
fn web_2_web_5_the_form_needs_its_token_and_next_stays_here() {
    let app = TestApp::start();
    let client = app.stranger();
    client.get("/sign-in");
    let body = vec![("email".to_owned(), OWNER.to_owned()), ("password".to_owned(), PASSWORD.to_owned())];
    let ask = crate::support::Ask::new("POST", "/sign-in").header("sec-fetch-site", "same-origin").form(&body);
    client.send(ask).expect(403);
    let to = |next: &str| {
        let client = app.stranger();
        client.get("/sign-in");
        let answer = client.submit("/sign-in", &[("email", OWNER), ("password", PASSWORD), ("next", next)]).expect(303);
        answer.location().to_owned()
    };
    assert_eq!(to("/account/sessions"), "/account/sessions");
    for foreign in ["https://evil.example", "//evil.example", "/\\evil.example", "/%2fevil.example"] {
        assert_eq!(to(foreign), "/", "{foreign}");
    }
}

#[test]
fn signing_out_ends_the_session_for_good() {
    let app = TestApp::start();
    let client = sign_in(&app, OWNER);
    let cookie = client.cookie().unwrap();
    client.submit("/sign-out", &[]).expect(303);
    assert!(!is_in(&app.stranger().with_cookie(&cookie)));
    assert_eq!(audited(&app, "members.session.ended"), 1);
}

#[test]
fn aut_3_a_costlier_hash_replaces_the_old_one_at_sign_in() {
    // The fixture was hashed at the least cost; a server at the standard cost hashes anew.
    let start = crate::support::Start {
        environment: vec![("HOLDFAST_SECURITY__HASHING".into(), "standard".into())],
        ..Default::default()
    };
    let app = TestApp::start_with(start);
    sign_in(&app, OWNER);
    let hash: String =
        app.control().query_row("SELECT password FROM accounts WHERE email = ?1", [OWNER], |row| row.get(0)).unwrap();
    assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
}

#[test]
fn p_026_an_account_made_by_others_asks_for_the_age() {
    let app = TestApp::start();
    app.control().execute("UPDATE accounts SET age_confirmed_at = NULL WHERE email = ?1", [OWNER]).unwrap();
    let client = app.stranger();
    let answer = try_password(&client, OWNER, PASSWORD).expect(303);
    assert_eq!(answer.location(), "/account/age");
    client.submit("/account/age", &[("next", "/")]).expect(422);
    client.submit("/account/age", &[("next", "/"), ("age", "true")]).expect(303);
    assert_eq!(try_password(&app.stranger(), OWNER, PASSWORD).location(), "/");
}
