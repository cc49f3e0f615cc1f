//! Guessing gets slow, and nobody can lock somebody else out for long (AUT-5).

use super::{OWNER, audited, sign_in, try_password};
use crate::support::{PASSWORD, TestApp};

const WRONG: &str = "not the password of anybody";

#[test]
fn aut_5_guessing_gets_slow_and_ends_within_15_minutes() {
    let app = TestApp::start();
    let client = app.stranger();
    let mut longest = 0;
    for _ in 0..24 {
        let answer = try_password(&client, OWNER, WRONG);
        if answer.status == 429 {
            let wait: i64 = answer.header("retry-after").expect("how long").parse().expect("seconds");
            assert!(answer.text().contains(&format!("value=\"{OWNER}\"")), "the form is kept");
            assert!(wait >= longest && wait <= 900, "{wait} after {longest}");
            longest = wait;
            // The right password is not even looked at, so that waiting cannot be skipped.
            try_password(&client, OWNER, PASSWORD).expect(429);
            app.advance(wait);
        } else {
            assert_eq!(answer.status, 422);
        }
    }
    assert!(longest > 60, "{longest}");
    app.advance(900);
    try_password(&client, OWNER, PASSWORD).expect(303);
    assert!(audited(&app, "members.sign_in.throttled") > 0);
    // A success starts anew.
    let client = app.stranger();
    for _ in 0..4 {
        try_password(&client, OWNER, WRONG).expect(422);
    }
    try_password(&client, OWNER, PASSWORD).expect(303);
}

#[test]
fn aut_5_an_unknown_name_is_slowed_like_a_known_one() {
    let app = TestApp::start();
    let statuses = |email: &str| -> Vec<u16> {
        let client = app.stranger();
        (0..7).map(|_| try_password(&client, email, WRONG).status).collect()
    };
    assert_eq!(statuses(OWNER), statuses("nobody@alpha.example"));
}

#[test]
fn aut_5_after_100_failures_only_the_mail_helps_but_where_one_was_before() {
    let app = TestApp::start();
    // As if a hundred had come from all over the world: no waiting, but the row is full.
    let fill = |email: &str| {
        let client = app.stranger();
        try_password(&client, email, WRONG).expect(422);
        app.control().execute("UPDATE throttles SET failures = 100 WHERE failures = 1", []).unwrap();
        app.advance(4_000);
    };
    fill("viewer@alpha.example");
    let page = try_password(&app.stranger(), "viewer@alpha.example", PASSWORD).expect(422).text();
    assert!(page.contains("100 times in a row"), "{page}");
    sign_in(&app, OWNER);
    fill(OWNER);
    try_password(&app.stranger(), OWNER, PASSWORD).expect(303);
}

#[test]
fn nobodys_mailbox_is_flooded() {
    let app = TestApp::start();
    let client = app.stranger();
    client.get("/sign-in/link");
    let statuses: Vec<u16> =
        (0..8).map(|_| client.submit("/sign-in/link", &[("email", OWNER), ("next", "")]).status).collect();
    assert_eq!(statuses, [303, 303, 303, 303, 303, 429, 429, 429]);
}

#[test]
fn the_table_of_failures_names_nobody() {
    let app = TestApp::start();
    try_password(&app.stranger(), OWNER, WRONG).expect(422);
    let control = app.control();
    let mut statement = control.prepare("SELECT key FROM throttles").unwrap();
    let keys: Vec<Vec<u8>> = statement.query_map([], |row| row.get(0)).unwrap().flatten().collect();
    assert!(keys.len() >= 3);
    assert!(keys.iter().all(|key| key.len() == 32));
}

#[test]
fn aut_5_a_clock_that_is_set_back_locks_nobody_out_for_longer() {
    let app = TestApp::start();
    let client = app.stranger();
    while try_password(&client, OWNER, WRONG).status != 429 {}
    app.advance(-30 * 86_400);
    try_password(&client, OWNER, PASSWORD).expect(303);
}

/// Ten people at the door in the same moment are no attack: nobody is told to wait because of the others.
#[test]
fn aut_5_those_who_come_at_the_same_moment_do_not_hold_each_other_up() {
    let app = TestApp::start();
    let refused: Vec<String> = std::thread::scope(|scope| {
        let people = ["owner", "admin", "member", "viewer", "privacy_officer"];
        let emails = ["alpha", "beta"].into_iter().flat_map(|slug| people.map(|role| format!("{role}@{slug}.example")));
        let coming: Vec<_> = emails
            .map(|email| {
                let app = &app;
                scope.spawn(move || {
                    let client = app.stranger();
                    client.get("/sign-in").expect(200);
                    let answers = (0..3).map(|_| try_password(&client, &email, PASSWORD).status);
                    answers.filter(|status| *status == 429).map(|_| email.clone()).collect::<Vec<_>>()
                })
            })
            .collect();
        coming.into_iter().flat_map(|coming| coming.join().expect("no panic")).collect()
    });
    assert_eq!(refused, Vec::<String>::new(), "told to wait");
}
