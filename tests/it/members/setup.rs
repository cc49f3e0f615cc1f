//! The first account, with the link that the program prints (AUT-9).

use std::time::Duration;

use super::{is_in, link_in, query_value};
use crate::support::{TestApp, fixture};

/// An installation without accounts, served; and the link that the server printed.
fn fresh() -> (TestApp, String) {
    let mut app = TestApp::start();
    app.server.kill();
    let data = app.data();
    std::fs::remove_dir_all(&data).expect("the fixture's folder goes");
    fixture::empty(&data);
    app.restart();
    let link = setup_link(&app);
    (app, link)
}

fn setup_link(app: &TestApp) -> String {
    for _ in 0..50 {
        let log = app.server.log();
        if let Some(line) = log.lines().rev().find(|line| line.contains("/setup?token=")) {
            let at = line.find("https://").expect("a whole address");
            return link_in(line[at..].split_whitespace().next().unwrap_or(""));
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    panic!("no setup link: {}", app.server.log());
}

#[test]
fn aut_9_the_first_account_is_made_with_the_printed_link_once() {
    let (app, link) = fresh();
    let client = app.stranger();
    let page = client.get("/").expect(200).text();
    assert!(page.contains("Not set up yet"));
    client.get("/setup?token=nonsense").expect(410);
    client.get(&link).expect(200);
    let token = query_value(&link, "token");
    let submit = |fields: &[(&str, &str)]| {
        let mut all = vec![
            ("token", token.as_str()),
            ("email", "maren@saltmere.example"),
            ("password", "a lantern over the harbour wall"),
        ];
        all.extend_from_slice(fields);
        client.submit("/setup", &all)
    };
    let page = submit(&[("workspace", "Saltmere Instruments")]).expect(422).text();
    assert!(page.contains("16 or older") && page.contains("maren@saltmere.example") && !page.contains("a lantern"));
    submit(&[("workspace", "Saltmere Instruments"), ("age", "true")]).expect(303);
    assert!(is_in(&client));
    assert_eq!(client.get("/").expect(303).location(), "/w/saltmere-instruments");
    client.get("/operator").expect(200);
    app.stranger().get(&link).expect(410);
    let made: (bool, bool) = app
        .control()
        .query_row("SELECT is_operator, age_confirmed_at IS NOT NULL FROM accounts", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .expect("one account");
    assert_eq!(made, (true, true));
}

#[test]
fn aut_9_the_link_dies_after_an_hour() {
    let (app, link) = fresh();
    app.advance(3_601);
    app.stranger().get(&link).expect(410);
}
