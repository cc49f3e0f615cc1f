//! Links and codes by mail: sign-in, reset, another address.

use super::{OWNER, audited, is_in, link_in, mails, newest_mail, query_value, sign_in, try_password};
use crate::support::client::between;
use crate::support::{Client, PASSWORD, TestApp};

const NEW_PASSWORD: &str = "seven herons under a copper bridge";

fn ask_for_link(app: &TestApp) -> (Client, String) {
    let client = app.stranger();
    client.get("/sign-in/link").expect(200);
    client.submit("/sign-in/link", &[("email", OWNER), ("next", "/account/sessions")]).expect(303);
    let link = link_in(&newest_mail(app, OWNER, "sign_in_link"));
    (client, link)
}

fn open(client: &Client, link: &str) -> u16 {
    client.get(link);
    let (token, next) = (query_value(link, "token"), query_value(link, "next"));
    client.submit("/sign-in/link/open", &[("token", &token), ("next", &next)]).status
}

#[test]
fn p_004_a_link_signs_in_once_and_looking_does_not_use_it_up() {
    let app = TestApp::start();
    let (client, link) = ask_for_link(&app);
    for _ in 0..3 {
        app.stranger().get(&link).expect(200);
    }
    assert!(!is_in(&client));
    assert_eq!(open(&client, &link), 303);
    assert!(is_in(&client));
    assert_eq!(query_value(&link, "next"), "/account/sessions");
    assert_eq!(open(&app.stranger(), &link), 410);
    app.stranger().get(&link).expect(410);
}

#[test]
fn aut_8_links_die_with_time_and_password_and_stand_only_as_hashes() {
    let app = TestApp::start();
    let (client, link) = ask_for_link(&app);
    let token = query_value(&link, "token");
    assert_eq!(token.len(), 52);
    let plain: i64 = app
        .control()
        .query_row("SELECT count(*) FROM one_time_secrets WHERE secret_hash = CAST(?1 AS BLOB)", [&token], |row| {
            row.get(0)
        })
        .unwrap();
    assert_eq!(plain, 0);
    app.advance(15 * 60);
    assert_eq!(open(&client, &link), 410);
    let (client, link) = ask_for_link(&app);
    app.control()
        .execute("UPDATE accounts SET password_changed_at = password_changed_at + 1 WHERE email = ?1", [OWNER])
        .unwrap();
    assert_eq!(open(&client, &link), 410);
}

#[test]
fn aut_4_asking_for_mail_says_the_same_to_everybody() {
    let app = TestApp::start();
    for (path, lands) in [("/sign-in/link", "/sign-in/link/sent"), ("/reset", "/reset/sent")] {
        let client = app.stranger();
        client.get(path);
        let answer = client.submit(path, &[("email", "nobody@alpha.example")]).expect(303);
        assert_eq!(answer.location(), lands);
    }
    let client = app.stranger();
    client.get("/sign-in/code");
    client.submit("/sign-in/code", &[("email", "nobody@alpha.example"), ("next", "")]).expect(200);
    assert_eq!(mails(&app, "nobody@alpha.example"), 0);
}

#[test]
fn p_064_a_mailed_code_works_once_and_only_where_it_was_asked_for() {
    let app = TestApp::start();
    let client = app.stranger();
    client.get("/sign-in/code").expect(200);
    let page = client.submit("/sign-in/code", &[("email", OWNER), ("next", "")]).expect(200).text();
    assert!(page.contains("Enter the code from the mail"));
    let mail = newest_mail(&app, OWNER, "sign_in_code");
    let code = mail
        .lines()
        .find(|line| line.len() == 9 && line.replace(' ', "").parse::<u32>().is_ok())
        .expect("a code")
        .to_owned();
    let enter = |client: &Client, code: &str| {
        client.submit("/sign-in/code/enter", &[("email", OWNER), ("code", code), ("next", "")]).status
    };
    let elsewhere = app.stranger();
    elsewhere.get("/sign-in/code");
    assert_eq!(enter(&elsewhere, &code), 422);
    assert_eq!(enter(&client, "0000 0000"), 422);
    assert_eq!(enter(&client, &code.replace(' ', "")), 303);
    assert!(is_in(&client));
    let again = app.stranger();
    again.get("/sign-in/code");
    assert_eq!(enter(&again, &code), 422);
}

#[test]
fn a_code_ends_after_five_wrong_tries() {
    let app = TestApp::start();
    let client = app.stranger();
    client.get("/sign-in/code");
    client.submit("/sign-in/code", &[("email", OWNER), ("next", "")]).expect(200);
    let mail = newest_mail(&app, OWNER, "sign_in_code");
    let code = mail
        .lines()
        .find(|line| line.len() == 9 && line.replace(' ', "").parse::<u32>().is_ok())
        .expect("a code")
        .to_owned();
    for _ in 0..5 {
        app.advance(20);
        client.submit("/sign-in/code/enter", &[("email", OWNER), ("code", "1234 5678"), ("next", "")]).expect(422);
    }
    app.advance(60);
    client.submit("/sign-in/code/enter", &[("email", OWNER), ("code", &code), ("next", "")]).expect(422);
}

#[test]
fn a_reset_ends_all_sessions_and_works_once() {
    let app = TestApp::start();
    let elsewhere = sign_in(&app, OWNER);
    let client = app.stranger();
    client.get("/reset");
    client.submit("/reset", &[("email", OWNER)]).expect(303);
    let link = link_in(&newest_mail(&app, OWNER, "password_reset"));
    let token = query_value(&link, "token");
    client.get(&link).expect(200);
    let short = client.submit("/reset/choose", &[("token", &token), ("password", "too short")]).expect(422).text();
    assert!(short.contains("15 characters"));
    client.submit("/reset/choose", &[("token", &token), ("password", NEW_PASSWORD)]).expect(303);
    assert!(!is_in(&elsewhere) && !is_in(&client));
    client.get("/reset");
    client.submit("/reset/choose", &[("token", &token), ("password", NEW_PASSWORD)]).expect(410);
    try_password(&app.stranger(), OWNER, PASSWORD).expect(422);
    try_password(&app.stranger(), OWNER, NEW_PASSWORD).expect(303);
    assert!(newest_mail(&app, OWNER, "account_changed").contains("Your password was changed."));
}

#[test]
fn a_new_address_counts_once_its_mail_was_opened() {
    let app = TestApp::start();
    let client = sign_in(&app, OWNER);
    let new = "helm@alpha.example";
    let page = client.submit("/account/email", &[("email", new)]).expect(200).text();
    assert!(page.contains("Look into the mailbox"));
    try_password(&app.stranger(), new, PASSWORD).expect(422);
    let link = link_in(&newest_mail(&app, new, "email_change"));
    let other = app.stranger();
    let page = other.get(&link).expect(200).text();
    assert!(page.contains(new));
    other.submit("/account/email/confirm", &[("token", &query_value(&link, "token"))]).expect(303);
    try_password(&app.stranger(), new, PASSWORD).expect(303);
    assert!(newest_mail(&app, OWNER, "account_changed").contains("another email address"));
    assert_eq!(audited(&app, "members.email.changed"), 1);
    // An address that somebody has says the same and sends nothing.
    let before = mails(&app, "viewer@alpha.example");
    client.submit("/account/email", &[("email", "viewer@alpha.example")]).expect(200);
    assert_eq!(mails(&app, "viewer@alpha.example"), before);
}

#[test]
fn an_unknown_browser_is_told_by_mail_and_the_first_sign_in_is_not() {
    let app = TestApp::start();
    sign_in(&app, OWNER);
    assert_eq!(mails(&app, OWNER), 0);
    sign_in(&app, OWNER);
    assert_eq!(mails(&app, OWNER), 0, "the same browser");
    let phone = app.stranger();
    phone.get("/sign-in");
    let fields = [("email", OWNER), ("password", PASSWORD), ("next", ""), ("_csrf", &phone.form_token())];
    let fields: Vec<(String, String)> = fields.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    let ask = crate::support::Ask::new("POST", "/sign-in").header("sec-fetch-site", "same-origin");
    let ask = ask.header("user-agent", "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Safari/604.1");
    phone.send(ask.form(&fields)).expect(303);
    let mail = newest_mail(&app, OWNER, "new_device");
    assert!(mail.contains("Safari on iPhone") && mail.contains("127.0.0.1"), "{mail}");
    let link = between(&mail, "https://", "\n").expect("a link");
    assert!(link.ends_with("/account/sessions"), "{link}");
}
