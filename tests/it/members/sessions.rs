//! How long a session lasts, how it ends, and the fresh proof in the middle of it.

use super::{OWNER, audited, code_of, enrol, is_in, link_in, newest_mail, query_value, sign_in, try_password};
use crate::support::client::between;
use crate::support::{PASSWORD, TestApp};

#[test]
fn ses_3_a_session_ends_when_idle_and_when_old() {
    let app = TestApp::start();
    let client = sign_in(&app, OWNER);
    app.advance(59 * 60);
    assert!(is_in(&client));
    app.advance(59 * 60);
    assert!(is_in(&client), "used in between");
    app.advance(60 * 60 + 1);
    assert!(!is_in(&client), "idle for an hour");
    let client = sign_in(&app, OWNER);
    for _ in 0..47 {
        app.advance(30 * 60);
        assert!(is_in(&client));
    }
    app.advance(30 * 60 + 1);
    assert!(!is_in(&client), "a day old");
}

#[test]
fn ses_5_one_sees_and_ends_ones_own_sessions() {
    let app = TestApp::start();
    let (here, there, third) = (sign_in(&app, OWNER), sign_in(&app, OWNER), sign_in(&app, OWNER));
    let page = here.get("/account/sessions").expect(200).text();
    assert_eq!(page.matches("127.0.0.1").count(), 3);
    assert_eq!(page.matches("This one").count(), 1);
    let newest: i64 = app.control().query_row("SELECT max(id) FROM sessions", [], |row| row.get(0)).unwrap();
    // Somebody else's session is not there to be ended.
    let stranger = sign_in(&app, "viewer@beta.example");
    stranger.submit(&format!("/account/sessions/{newest}/end"), &[]).expect(404);
    assert!(is_in(&third));
    here.submit(&format!("/account/sessions/{newest}/end"), &[]).expect(303);
    assert!(!is_in(&third) && is_in(&there));
    here.submit("/account/sessions/end-others", &[]).expect(303);
    assert!(is_in(&here) && !is_in(&there));
}

#[test]
fn ses_4_a_new_password_ends_all_other_sessions() {
    let app = TestApp::start();
    let (here, there) = (sign_in(&app, OWNER), sign_in(&app, OWNER));
    let old = here.cookie().unwrap();
    here.submit("/account/password", &[("password", "qwertyuiopasdfgh")]).expect(422);
    here.submit("/account/password", &[("password", "seven herons under a copper bridge")]).expect(303);
    assert!(is_in(&here) && !is_in(&there));
    assert!(!is_in(&app.stranger().with_cookie(&old)));
    try_password(&app.stranger(), OWNER, PASSWORD).expect(422);
}

#[test]
fn ses_4_a_disabled_account_is_out_at_once() {
    let app = TestApp::start();
    let client = sign_in(&app, OWNER);
    let output = app.command(&["user", "disable", OWNER]);
    assert!(output.status.success(), "{}", crate::support::shown(&output));
    assert!(!is_in(&client));
    try_password(&app.stranger(), OWNER, PASSWORD).expect(422);
}

#[test]
fn aut_7_what_matters_asks_again_after_ten_minutes() {
    let app = TestApp::start();
    let client = sign_in(&app, OWNER);
    client.get("/account/password").expect(200);
    app.advance(10 * 60 + 1);
    let answer = client.get("/account/password").expect(303);
    assert_eq!(answer.location(), "/account/confirm");
    let old = client.cookie().unwrap();
    let confirm = |password: &str| {
        client
            .submit("/account/confirm", &[("with", "password"), ("password", password), ("next", "/account/password")])
    };
    client.get("/account/confirm").expect(200);
    confirm("not mine at all").expect(422);
    assert_eq!(confirm(PASSWORD).expect(303).location(), "/account/password");
    client.get("/account/password").expect(200);
    assert!(!is_in(&app.stranger().with_cookie(&old)), "the session goes on under another cookie");
    assert_eq!((audited(&app, "members.session.confirmed"), audited(&app, "members.session.not_confirmed")), (1, 1));
}

#[test]
fn aut_7_the_app_proves_it_too_and_without_a_password_the_mail_does() {
    let app = TestApp::start();
    let client = sign_in(&app, OWNER);
    let (secret, _) = enrol(&app, &client);
    app.advance(10 * 60 + 1);
    client.get("/account/security/two-step").expect(303);
    let code = code_of(&app, &secret);
    client
        .submit("/account/confirm", &[("with", "app"), ("code", &code), ("next", "/account/security/two-step")])
        .expect(303);
    client.get("/account/security/two-step").expect(200);

    let member = "member@alpha.example";
    app.control().execute("UPDATE accounts SET password = NULL WHERE email = ?1", [member]).unwrap();
    let client = app.stranger();
    client.get("/sign-in/link");
    client.submit("/sign-in/link", &[("email", member), ("next", "")]).expect(303);
    let link = link_in(&newest_mail(&app, member, "sign_in_link"));
    client.get(&link);
    client.submit("/sign-in/link/open", &[("token", &query_value(&link, "token")), ("next", "")]).expect(303);
    app.advance(10 * 60 + 1);
    client.get("/account/password").expect(303);
    client.submit("/account/confirm/mail", &[("next", "/account/password")]).expect(200);
    let mail = newest_mail(&app, member, "sign_in_code");
    let code = mail
        .lines()
        .find(|line| line.len() == 9 && line.replace(' ', "").parse::<u32>().is_ok())
        .expect("a code")
        .to_owned();
    client.submit("/account/confirm", &[("with", "mail"), ("code", &code), ("next", "/account/password")]).expect(303);
    client.get("/account/password").expect(200);
}

#[test]
fn p_006_places_of_ended_sessions_are_forgotten_after_30_days() {
    let app = TestApp::start();
    let client = sign_in(&app, OWNER);
    client.submit("/sign-out", &[]).expect(303);
    let places = || -> i64 {
        app.control()
            .query_row("SELECT count(*) FROM sessions WHERE address IS NOT NULL OR user_agent IS NOT NULL", [], |row| {
                row.get(0)
            })
            .unwrap()
    };
    let tidy = || {
        let output = app.command(&["job", "run", "privacy.retention.run_installation"]);
        assert!(output.status.success(), "{}", crate::support::shown(&output));
    };
    app.advance(29 * 24 * 3_600);
    tidy();
    assert_eq!(places(), 1);
    app.advance(2 * 24 * 3_600);
    tidy();
    assert_eq!(places(), 0);
}

#[test]
fn the_theme_and_the_profile_are_kept_with_the_account() {
    let app = TestApp::start();
    let client = sign_in(&app, OWNER);
    client.submit("/account/theme", &[("theme", "dark"), ("next", "/account/sessions")]).expect(303);
    assert!(client.get("/account/sessions").text().contains("data-theme=\"dark\""));
    let fields = [("display_name", ""), ("time_zone", "Europe/Berlin"), ("theme", "light")];
    client.submit("/account/profile", &fields).expect(303);
    let page = client.get("/account/profile").expect(200).text();
    assert!(page.contains("data-theme=\"light\"") && !page.contains("data-shortcuts"));
    assert!(between(&page, "<option value=\"Europe/Berlin\"", ">").expect("the zone").contains("selected"));
    client
        .submit("/account/profile", &[("display_name", ""), ("time_zone", "Mars/Olympus"), ("theme", "light")])
        .expect(422);
}
