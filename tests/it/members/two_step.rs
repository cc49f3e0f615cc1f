//! The second step: set up, used, replayed, lost, turned off.

use super::{OWNER, audited, code_of, enrol, is_in, link_in, newest_mail, query_value, sign_in, try_password};
use crate::support::{Client, PASSWORD, TestApp};

fn second(client: &Client, code: &str) -> u16 {
    client.submit("/sign-in/second-step", &[("code", code), ("next", "")]).status
}

#[test]
fn aut_6_a_code_of_the_app_is_asked_for_and_works_once() {
    let app = TestApp::start();
    let elsewhere = sign_in(&app, OWNER);
    let first = sign_in(&app, OWNER);
    let old = first.cookie().unwrap();
    let (secret, _) = enrol(&app, &first);
    assert!(is_in(&first), "the session that enrolled goes on");
    assert_ne!(first.cookie().unwrap(), old, "under another cookie");
    assert!(!is_in(&app.stranger().with_cookie(&old)) && !is_in(&elsewhere));

    app.advance(60);
    let client = app.stranger();
    let answer = try_password(&client, OWNER, PASSWORD).expect(303);
    assert_eq!(answer.location(), "/sign-in/second-step");
    let half = client.cookie().unwrap();
    assert!(!is_in(&client), "half is not in");
    let led = client.follow(client.get("/account/profile")).expect(200).text();
    assert!(led.contains("Enter the code from your app"));
    assert_eq!(second(&client, "000000"), 422);
    let code = code_of(&app, &secret);
    assert_eq!(second(&client, &code), 303);
    assert!(is_in(&client));
    assert_ne!(client.cookie().unwrap(), half);
    assert!(!is_in(&app.stranger().with_cookie(&half)));

    let again = app.stranger();
    try_password(&again, OWNER, PASSWORD).expect(303);
    assert_eq!(second(&again, &code), 422, "no code works twice");
    app.advance(30);
    assert_eq!(second(&again, &code), 422, "also not a step later");
    assert_eq!(second(&again, &code_of(&app, &secret)), 303);
}

#[test]
fn aut_6_a_used_code_is_refused_after_a_crash() {
    let mut app = TestApp::start();
    let (secret, _) = enrol(&app, &sign_in(&app, OWNER));
    app.advance(60);
    let client = app.stranger();
    try_password(&client, OWNER, PASSWORD).expect(303);
    let code = code_of(&app, &secret);
    assert_eq!(second(&client, &code), 303);
    app.crash_and_restart();
    let client = app.stranger();
    try_password(&client, OWNER, PASSWORD).expect(303);
    assert_eq!(second(&client, &code), 422);
}

#[test]
fn aut_6_recovery_codes_work_once_each() {
    let app = TestApp::start();
    let (_, codes) = enrol(&app, &sign_in(&app, OWNER));
    let try_code = |code: &str| {
        let client = app.stranger();
        try_password(&client, OWNER, PASSWORD).expect(303);
        client.get("/sign-in/recovery-code").expect(200);
        let status = client.submit("/sign-in/recovery-code", &[("code", code), ("next", "")]).status;
        (status, is_in(&client))
    };
    assert_eq!(try_code(&codes[0].to_lowercase().replace('-', " ")), (303, true));
    assert_eq!(try_code(&codes[0]), (422, false));
    assert_eq!(try_code(&codes[9]), (303, true));
    assert_eq!(audited(&app, "members.recovery_code.used"), 2);
}

#[test]
fn aut_8_neither_a_link_nor_a_reset_goes_around_the_second_step() {
    let app = TestApp::start();
    enrol(&app, &sign_in(&app, OWNER));
    let client = app.stranger();
    client.get("/sign-in/link");
    client.submit("/sign-in/link", &[("email", OWNER), ("next", "")]).expect(303);
    let link = link_in(&newest_mail(&app, OWNER, "sign_in_link"));
    client.get(&link);
    let answer =
        client.submit("/sign-in/link/open", &[("token", &query_value(&link, "token")), ("next", "")]).expect(303);
    assert_eq!(answer.location(), "/sign-in/second-step");
    assert!(!is_in(&client));
    let client = app.stranger();
    client.get("/reset");
    client.submit("/reset", &[("email", OWNER)]).expect(303);
    let link = link_in(&newest_mail(&app, OWNER, "password_reset"));
    client.get(&link);
    // With a second step eight characters are enough.
    client
        .submit("/reset/choose", &[("token", &query_value(&link, "token")), ("password", "gorse-84-nine")])
        .expect(303);
    let answer = try_password(&client, OWNER, "gorse-84-nine").expect(303);
    assert_eq!(answer.location(), "/sign-in/second-step");
}

#[test]
fn p_065_p_067_the_secret_is_sealed_and_leaves_with_the_second_step() {
    let app = TestApp::start();
    let client = sign_in(&app, OWNER);
    let other = sign_in(&app, OWNER);
    let (secret, codes) = enrol(&app, &client);
    let raw = data_encoding::BASE32_NOPAD.decode(secret.as_bytes()).unwrap();
    let sealed: Vec<u8> = app
        .control()
        .query_row("SELECT totp_secret FROM accounts WHERE email = ?1", [OWNER], |row| row.get(0))
        .unwrap();
    assert_eq!(sealed.len(), 12 + 20 + 16);
    assert!(!sealed.windows(raw.len()).any(|window| window == raw));
    let file = client.submit("/account/security/two-step/codes.txt", &[("codes", &codes.join("\n"))]).expect(200);
    assert!(file.text().contains(&codes[3]));
    client.submit("/account/security/two-step/disable", &[]).expect(303);
    let left: (Option<Vec<u8>>, Option<i64>, Option<i64>) = app
        .control()
        .query_row(
            "SELECT totp_secret, totp_confirmed_at, totp_last_step FROM accounts WHERE email = ?1",
            [OWNER],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )
        .unwrap();
    assert_eq!(left, (None, None, None));
    let codes: i64 = app.control().query_row("SELECT count(*) FROM recovery_codes", [], |row| row.get(0)).unwrap();
    assert_eq!(codes, 0);
    assert!(is_in(&client) && !is_in(&other));
    assert_eq!(
        (audited(&app, "members.second_factor.enabled"), audited(&app, "members.second_factor.disabled")),
        (1, 1)
    );
    assert_eq!(try_password(&app.stranger(), OWNER, PASSWORD).location(), "/");
}

#[test]
fn enrolment_needs_a_code_that_fits() {
    let app = TestApp::start();
    let client = sign_in(&app, OWNER);
    client.submit("/account/security/two-step/begin", &[("next", "")]).expect(303);
    let page = client.submit("/account/security/two-step/enrol", &[("code", "123"), ("next", "")]).expect(422).text();
    assert!(page.contains("This code does not fit") && page.contains("<svg class=\"qr\""));
    assert_eq!(try_password(&app.stranger(), OWNER, PASSWORD).location(), "/");
}

#[test]
fn an_unfinished_second_step_is_told_by_mail() {
    let app = TestApp::start();
    enrol(&app, &sign_in(&app, OWNER));
    try_password(&app.stranger(), OWNER, PASSWORD).expect(303);
    app.advance(11 * 60);
    let output = app.command(&["job", "run", "members.sessions.tell_unfinished"]);
    assert!(output.status.success(), "{}", crate::support::shown(&output));
    assert!(newest_mail(&app, OWNER, "two_step_unfinished").contains("They did not get in"));
}
