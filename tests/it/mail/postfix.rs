//! Mail to a real Postfix: it arrives over TLS, and what Postfix says decides what becomes of it.

use std::time::{Duration, Instant};

use crate::support::client::between;
use crate::support::postfix::{Postfix, SECRET, USER};
use crate::support::{OPERATOR, Start, TestApp};

const OWNER: &str = "owner@alpha.example";
const VIEWER: &str = "viewer@alpha.example";

fn ask_for_link(app: &TestApp, address: &str) {
    app.stranger().submit("/sign-in/link", &[("email", address), ("next", "/")]).expect(303);
}

/// State, attempts and last reason of the newest mail to somebody.
fn state(app: &TestApp, address: &str) -> (String, i64, String) {
    app.control()
        .query_row(
            "SELECT state, attempts, last_error FROM outgoing_mail WHERE recipient = ?1 ORDER BY id DESC LIMIT 1",
            [address],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )
        .expect("a mail")
}

/// Waits until the newest mail to somebody is in this state after so many attempts; gives the reason.
#[track_caller]
fn wait_for_state(app: &TestApp, address: &str, wanted: &str, attempts: i64) -> String {
    let waiting = Instant::now();
    loop {
        let (found, tried, reason) = state(app, address);
        if found == wanted && tried >= attempts {
            return reason;
        }
        assert!(
            waiting.elapsed() < Duration::from_secs(20),
            "{found} after {tried} attempts, not {wanted} after {attempts}: {reason}"
        );
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// What the operator reads in the console about mail.
fn console(app: &TestApp) -> String {
    app.session_of(OPERATOR).get("/operator/mail").expect(200).text()
}

#[test]
fn p_054_a_mail_arrives_at_postfix_encrypted_and_signed_in_either_way() {
    let post = Postfix::start(&[OWNER, VIEWER]);
    for (tls, address) in [("starttls", OWNER), ("implicit", VIEWER)] {
        let app = TestApp::start_with(post.settings(tls));
        ask_for_link(&app, address);
        let mail = post.wait_for(address);
        let received = mail.split("\nMessage-ID:").next().unwrap_or_default();
        for words in ["with ESMTPSA", "TLSv1.3", &format!("(Authenticated sender: {USER})")] {
            assert!(received.contains(words), "no {words} over {tls} in\n{received}");
        }
        for header in ["From: Holdfast <holdfast@house.example>", "Auto-Submitted: auto-generated", "MIME-Version: 1.0"]
        {
            assert!(mail.contains(header), "no {header} in\n{mail}");
        }
        assert!(mail.contains(&format!("Delivered-To: {address}")), "{mail}");
        // Quoted-printable breaks long lines with "=".
        let text = mail.replace("=\n", "").replace("=3D", "=");
        let link = between(&text, &app.server.base, "\n").expect("a link to this installation");
        let page = app.stranger().get(link.trim()).expect(200).text();
        assert!(page.contains(address), "the link leads to somebody else:\n{page}");
        assert_eq!(wait_for_state(&app, address, "sent", 1), "");
        let log = app.server.log();
        assert!(!log.contains(SECRET) && !log.contains(address), "{log}");
    }
    let log = post.log();
    assert!(!log.contains("warning:"), "postfix complains:\n{log}");
}

#[test]
fn a_recipient_that_postfix_does_not_know_fails_and_the_operator_reads_why() {
    let post = Postfix::start(&[OWNER]);
    let app = TestApp::start_with(post.settings("starttls"));
    ask_for_link(&app, VIEWER);
    let reason = wait_for_state(&app, VIEWER, "failed", 1);
    assert!(reason.contains("550") && reason.contains("User unknown"), "{reason}");
    let page = console(&app);
    assert!(page.contains("550") && page.contains("User unknown"), "the console does not say why:\n{page}");
    // It is not tried again, and does not stand in the way of others.
    ask_for_link(&app, OWNER);
    post.wait_for(OWNER);
    app.advance(25 * 3_600);
    assert_eq!(state(&app, VIEWER).1, 1, "a refusal for good is final");
    assert_eq!(post.log().matches("User unknown").count(), 1, "{}", post.log());
}

#[test]
fn a_recipient_that_postfix_puts_off_is_tried_again_until_it_is_taken() {
    let mut post = Postfix::prepare(&[OWNER, VIEWER]);
    post.put_off(OWNER);
    post.up();
    let app = TestApp::start_with(post.settings("starttls"));
    ask_for_link(&app, OWNER);
    let reason = wait_for_state(&app, OWNER, "queued", 1);
    assert!(reason.contains("450") && reason.contains("Come back in a minute"), "{reason}");
    assert!(console(&app).contains("Come back in a minute"), "the console does not say what it waits for");
    // One who is put off does not hold up the others.
    ask_for_link(&app, VIEWER);
    post.wait_for(VIEWER);
    app.advance(2 * 60);
    wait_for_state(&app, OWNER, "queued", 2);
    post.down();
    post.put_nobody_off();
    post.up();
    app.advance(10 * 60);
    post.wait_for(OWNER);
    wait_for_state(&app, OWNER, "sent", 3);
    assert_eq!(post.mails(OWNER).len(), 1);
}

#[test]
fn mai_6_what_was_asked_for_while_postfix_was_down_arrives_once_when_it_is_up() {
    let mut post = Postfix::prepare(&[OWNER]);
    let mut app = TestApp::start_with(post.settings("starttls"));
    ask_for_link(&app, OWNER);
    let reason = wait_for_state(&app, OWNER, "queued", 1);
    assert!(reason.contains("refused") || reason.contains("reached"), "{reason}");
    app.crash_and_restart();
    post.up();
    app.advance(5 * 60);
    post.wait_for(OWNER);
    wait_for_state(&app, OWNER, "sent", 2);
    app.advance(3_600);
    assert_eq!(post.mails(OWNER).len(), 1, "it came more than once");
}

#[test]
fn a_wrong_password_for_the_mail_server_loses_no_mail() {
    let post = Postfix::start(&[OWNER]);
    post.write_password("not the secret");
    let settings: Start = post.settings("starttls");
    let mut app = TestApp::start_with(settings.clone());
    ask_for_link(&app, OWNER);
    let reason = wait_for_state(&app, OWNER, "queued", 1);
    assert!(reason.contains("535"), "{reason}");
    assert!(console(&app).contains("535"), "the console does not say why");
    assert!(!reason.contains("not the secret") && !app.server.log().contains("not the secret"));
    app.server.stop();
    post.write_password(SECRET);
    app.restart();
    app.advance(5 * 60);
    post.wait_for(OWNER);
}
