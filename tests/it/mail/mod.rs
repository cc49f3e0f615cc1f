//! Mail out, to a real listener: what arrives, and what happens while nobody listens.

mod postfix;

use std::net::TcpListener;

use crate::support::client::between;
use crate::support::smtp::MailServer;
use crate::support::{Start, TestApp};

const TO: &str = "owner@alpha.example";

/// Settings that send to a server on this machine, in plain, as said in so many words.
fn to_port(port: u16) -> Start {
    let setting = |name: &str, value: &str| (format!("HOLDFAST_MAIL__{name}"), value.to_owned());
    let environment = vec![
        setting("TRANSPORT", "smtp"),
        setting("HOST", "127.0.0.1"),
        setting("PORT", &port.to_string()),
        setting("TLS", "none"),
        setting("ALLOW_PLAIN", "127.0.0.1"),
        setting("FROM", "holdfast@house.example"),
    ];
    Start { environment, ..Start::default() }
}

fn ask_for_link(app: &TestApp) {
    app.stranger().submit("/sign-in/link", &[("email", TO), ("next", "/")]).expect(303);
}

#[test]
fn a_mail_arrives_with_a_link_to_this_installation() {
    let post = MailServer::start();
    let app = TestApp::start_with(to_port(post.port));
    ask_for_link(&app);
    let mail = post.wait_for(TO, "/sign-in/link/open?");
    for header in
        ["From: ", "To: ", "Subject: ", "Date: ", "Message-ID: ", "Auto-Submitted: auto-generated", "MIME-Version: 1.0"]
    {
        assert!(
            mail.text.lines().any(|line| line.to_lowercase().starts_with(&header.to_lowercase())),
            "no {header} in\n{}",
            mail.text
        );
    }
    let link = between(&mail.text, "https://", "/sign-in").expect("a link");
    assert_eq!(
        format!("https://{link}"),
        app.server.base,
        "the host comes from the settings, never from a request (AUT-8)"
    );
    assert!(!mail.text.contains("http://"), "a mail fetches nothing and links to nothing in plain");
}

/// The queue outlives the server, and what was asked for arrives once.
#[test]
fn a_mail_waits_while_nobody_listens() {
    let closed = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = closed.local_addr().expect("bound").port();
    drop(closed);
    let mut app = TestApp::start_with(to_port(port));
    ask_for_link(&app);
    let waiting = std::time::Instant::now();
    let state = || -> (String, i64) {
        app.control()
            .query_row("SELECT state, attempts FROM outgoing_mail ORDER BY id DESC LIMIT 1", [], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .expect("a mail")
    };
    while state().1 == 0 {
        assert!(waiting.elapsed().as_secs() < 20, "no attempt was made: {:?}", state());
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    assert_eq!(state().0, "queued", "it is kept for later");
    app.server.kill();
    let post = MailServer::start();
    app.set_start(to_port(post.port));
    app.restart();
    app.advance(10 * 60);
    post.wait_for(TO, "/sign-in/link/open?");
}
