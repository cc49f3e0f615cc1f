//! What members are told: in the app, by mail, and only about what they may see.

use std::time::Duration;

use serde_json::{Value, json};

use super::{MEMBER, OWNER, add_named, audited, member_id, permit, version};
use crate::support::{Client, TestApp, server, shown};

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;

fn told(program: &Client, query: &str) -> Vec<Value> {
    program.get(&format!("/api/v1/notifications{query}")).expect(200).json()["data"].as_array().expect("data").clone()
}

fn mention(program: &Client, contact: i64, body: &str) {
    let note = json!({ "on": { "type": "contact", "id": contact }, "body": body });
    program.call("POST", "/api/v1/notes", &note).expect(201);
}

fn assign(app: &TestApp, program: &Client, contact: i64, email: &str) {
    let path = format!("/api/v1/contacts/{contact}");
    let now = version(&program.get(&path).expect(200).json());
    program.change("PATCH", &path, now, &json!({ "owner_id": member_id(app, email) })).expect(200);
}

/// Runs a job now. The scheduler may be at it already: then once more, when it is through.
fn run(app: &TestApp, job: &str) {
    for _ in 0..50 {
        let output = app.command(&["job", "run", job, "--workspace", "alpha"]);
        if output.status.success() {
            return;
        }
        assert!(shown(&output).contains("running already"), "{}", shown(&output));
        std::thread::sleep(Duration::from_millis(100));
    }
    panic!("{job} never comes to an end");
}

/// The mails about notifications to an address, oldest first.
fn mails(app: &TestApp, email: &str) -> Vec<String> {
    let control = app.control();
    let mut found = control
        .prepare("SELECT body_text FROM outgoing_mail WHERE purpose = 'notifications' AND recipient = ?1 ORDER BY id")
        .expect("the queue");
    found.query_map([email], |row| row.get(0)).and_then(Iterator::collect).expect("mails")
}

/// Noon of a plain day, by the server's clock.
fn move_to_noon(app: &TestApp) {
    let of_day = app.now().0.rem_euclid(DAY * 1_000) / 1_000;
    app.advance((DAY - of_day) + 12 * HOUR);
}

/// Sets everything that a member hears of.
fn hear(program: &Client, kind: &str, in_app: bool, mail: &str, hour: i64) {
    let body = json!({ "kinds": [{ "kind": kind, "in_app": in_app, "mail": mail }], "hour": hour });
    program.call("PUT", "/api/v1/notification-settings", &body).expect(200);
}

#[test]
fn the_bell_counts_what_is_unread_until_it_is_opened() {
    let app = TestApp::start();
    let (ana, bo) = (app.program_of(OWNER, "alpha"), app.session_of(MEMBER));
    let contact = add_named(&ana, "Freya", "Castellan");
    mention(&ana, contact, "@member have a look");
    assert!(bo.get("/w/alpha").expect(200).text().contains("aria-label=\"Notifications, 1 unread\""));
    let list = bo.get("/w/alpha/notifications").expect(200).text();
    assert!(list.contains("owner mentioned you in a note on Freya Castellan"), "{list}");
    let id = told(&app.program_of(MEMBER, "alpha"), "")[0]["id"].as_i64().expect("an id");
    let before =
        app.workspace("alpha").query_row("SELECT count(*) FROM audit", [], |row| row.get::<_, i64>(0)).unwrap();
    // Looking changes nothing, and what is another's is nothing.
    app.session_of("viewer@alpha.example").submit(&format!("/w/alpha/notifications/{id}/open"), &[]).expect(404);
    app.session_of("viewer@alpha.example").submit(&format!("/w/alpha/notifications/{id}/read"), &[]).expect(404);
    let opened = bo.submit(&format!("/w/alpha/notifications/{id}/open"), &[]).expect(303);
    assert!(opened.location().starts_with(&format!("/w/alpha/people/contacts/{contact}#note-")), "{opened:?}");
    assert!(bo.get("/w/alpha/notifications/bell").expect(200).text().contains("aria-label=\"Notifications\""));
    assert!(bo.get("/w/alpha/notifications").text().contains("All read"));
    assert!(bo.get("/w/alpha/notifications?all=true").text().contains("mentioned you"));
    let after = app.workspace("alpha").query_row("SELECT count(*) FROM audit", [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(before, after, "reading marks are no audit entries");
}

#[test]
fn all_is_what_was_there_when_the_page_was_drawn() {
    let app = TestApp::start();
    let (ana, bo) = (app.program_of(OWNER, "alpha"), app.session_of(MEMBER));
    let contact = add_named(&ana, "Freya", "Castellan");
    mention(&ana, contact, "@member one");
    let page = bo.get("/w/alpha/notifications").text();
    let through =
        crate::support::client::between(&page, "name=\"through\" value=\"", "\"").expect("a place").to_owned();
    mention(&ana, contact, "@member two");
    bo.submit("/w/alpha/notifications/read", &[("through", &through)]).expect(303);
    let program = app.program_of(MEMBER, "alpha");
    assert_eq!((told(&program, "").len(), told(&program, "?unread=true").len()), (2, 1));
    assert_eq!(program.call("POST", "/api/v1/notifications/read", &json!({})).expect(200).json(), json!({ "read": 1 }));
    assert!(told(&program, "?unread=true").is_empty());
}

#[test]
fn nobody_is_told_of_what_they_may_no_longer_see() {
    let app = TestApp::start();
    let (ana, bo) = (app.program_of(OWNER, "alpha"), app.program_of(MEMBER, "alpha"));
    let contact = add_named(&ana, "Freya", "Castellan");
    mention(&ana, contact, "@member have a look");
    hear(&bo, "mentioned", true, "soon", 8);
    mention(&ana, contact, "@member and another look");
    assert_eq!(told(&bo, "").len(), 2);
    permit(&app, "member", &json!({ "contacts.view": "own" }));
    assert!(told(&bo, "").is_empty());
    let page = app.session_of(MEMBER).get("/w/alpha/notifications?all=true").expect(200).text();
    assert!(!page.contains("Freya") && page.contains("aria-label=\"Notifications\""), "{page}");
    let id: i64 = app.workspace("alpha").query_row("SELECT max(id) FROM notifications", [], |row| row.get(0)).unwrap();
    app.session_of(MEMBER).submit(&format!("/w/alpha/notifications/{id}/open"), &[]).expect(404);
    run(&app, "people.notifications.mail");
    assert!(mails(&app, MEMBER).is_empty());
    ana.change(
        "DELETE",
        &format!("/api/v1/contacts/{contact}"),
        version(&ana.get(&format!("/api/v1/contacts/{contact}")).json()),
        &json!(null),
    )
    .expect(204);
    let left: i64 =
        app.workspace("alpha").query_row("SELECT count(*) FROM notifications", [], |row| row.get(0)).unwrap();
    assert_eq!(left, 0, "a record takes along what was told about it");
}

#[test]
fn much_given_at_once_is_one_notification() {
    let app = TestApp::start();
    let (ana, bo) = (app.program_of(OWNER, "alpha"), app.program_of(MEMBER, "alpha"));
    let contacts: Vec<i64> = ["One", "Two", "Three"].iter().map(|name| add_named(&ana, "Rhys", name)).collect();
    assign(&app, &ana, contacts[0], MEMBER);
    let first = told(&bo, "");
    assert_eq!(first[0]["text"], "owner gave you Rhys One");
    assign(&app, &ana, contacts[1], MEMBER);
    assign(&app, &ana, contacts[2], MEMBER);
    let all = told(&bo, "");
    assert_eq!(all.len(), 1);
    assert_eq!((&all[0]["text"], &all[0]["about"]), (&json!("owner gave you 3 contacts"), &Value::Null));
    app.advance(11 * 60);
    assign(&app, &ana, contacts[0], OWNER);
    assign(&app, &ana, contacts[0], MEMBER);
    assert_eq!(told(&bo, "").len(), 2, "what comes later is told anew");
    assert!(told(&ana, "").is_empty(), "nobody is told what they did themselves");
}

#[test]
fn an_import_tells_whoever_started_it() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let csv = b"Given name,Family name,Email\nIona,Row,iona@row.example\n";
    let fields = [("object", "contact"), ("mode", "create")];
    let import = program.upload("/api/v1/imports", &fields, ("file", "people.csv", csv)).expect(201).json();
    let path = format!("/api/v1/imports/{}", import["id"]);
    program.call("POST", &format!("{path}/run"), &json!({ "dry_run": false })).expect(202);
    for _ in 0..200 {
        if program.get(&path).json()["state"] == "done" {
            break;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    let all = told(&program, "");
    assert_eq!(all[0]["text"], "Your import people.csv is done");
    assert_eq!(all[0]["about"]["type"], "import");
}

#[test]
fn settings_decide_what_is_told_and_every_choice_is_audited() {
    let app = TestApp::start();
    let (ana, bo) = (app.program_of(OWNER, "alpha"), app.program_of(MEMBER, "alpha"));
    let contact = add_named(&ana, "Freya", "Castellan");
    let page = app.session_of(MEMBER);
    assert!(page.get("/w/alpha/settings/notifications").expect(200).text().contains("Somebody mentions me in a note"));
    let form = [
        ("mail-mentioned", "never"),
        ("app-assigned", "true"),
        ("mail-assigned", "daily"),
        ("mail-import_finished", "never"),
        ("app-import_finished", "true"),
        ("mail-import_failed", "soon"),
        ("app-import_failed", "true"),
        ("hour", "8"),
    ];
    page.submit("/w/alpha/settings/notifications", &form).expect(303);
    page.submit("/w/alpha/settings/notifications", &form).expect(303);
    assert_eq!(audited(&app, "people.notification_settings.changed"), 1, "the same again changes nothing");
    mention(&ana, contact, "@member have a look");
    let rows: i64 =
        app.workspace("alpha").query_row("SELECT count(*) FROM notifications", [], |row| row.get(0)).unwrap();
    assert_eq!(rows, 0);
    hear(&bo, "mentioned", false, "daily", 8);
    mention(&ana, contact, "@member have a look");
    assert!(told(&bo, "").is_empty());
    let rows: i64 =
        app.workspace("alpha").query_row("SELECT count(*) FROM notifications", [], |row| row.get(0)).unwrap();
    assert_eq!(rows, 1, "it waits for the daily mail");
    page.submit("/w/alpha/settings/notifications", &[("hour", "24")]).expect(422);
    page.submit("/w/alpha/settings/notifications", &[("mail-mentioned", "hourly")]).expect(422);
    page.submit("/w/alpha/settings/notifications", &[("mail-sung", "never")]).expect(422);
    let wrong = json!({ "kinds": [{ "kind": "sung", "in_app": true, "mail": "never" }] });
    let problem = bo.call("PUT", "/api/v1/notification-settings", &wrong).expect(422).json();
    assert_eq!(problem["errors"][0]["pointer"], "/kinds/0/kind");
    bo.call("PUT", "/api/v1/notification-settings", &json!({ "hour": 99 })).expect(422);
}

#[test]
fn a_digest_comes_once_at_the_chosen_hour_and_names_nobody() {
    let app = TestApp::start();
    let (ana, bo) = (app.program_of(OWNER, "alpha"), app.program_of(MEMBER, "alpha"));
    let contact = add_named(&ana, "Freya", "Castellan");
    app.control()
        .execute("UPDATE accounts SET time_zone = 'Asia/Tokyo' WHERE email = ?1", [MEMBER])
        .expect("an account");
    move_to_noon(&app);
    // 12:00 in UTC is 21:00 in Tokyo.
    hear(&bo, "mentioned", true, "daily", 22);
    mention(&ana, contact, "@member have a look at Zyxwnote");
    mention(&ana, contact, "@member and again");
    run(&app, "people.notifications.mail");
    assert!(mails(&app, MEMBER).is_empty(), "it is not yet 22 in Tokyo");
    app.advance(HOUR + 60);
    run(&app, "people.notifications.mail");
    run(&app, "people.notifications.mail");
    let sent = mails(&app, MEMBER);
    assert_eq!(sent.len(), 1);
    assert!(sent[0].contains("2 mentions in notes") && sent[0].contains("/w/alpha/notifications"), "{}", sent[0]);
    assert!(sent[0].contains("personal data stays in the workspace"));
    for word in ["Freya", "Castellan", "Zyxw", "owner", "contacts/"] {
        assert!(!sent[0].contains(word), "{word} in {}", sent[0]);
    }
    // What comes after the hour waits for the next day; nothing new brings no mail.
    mention(&ana, contact, "@member a third time");
    run(&app, "people.notifications.mail");
    assert_eq!(mails(&app, MEMBER).len(), 1);
    app.advance(DAY);
    run(&app, "people.notifications.mail");
    assert_eq!(mails(&app, MEMBER).len(), 2);
    app.advance(DAY);
    run(&app, "people.notifications.mail");
    assert_eq!(mails(&app, MEMBER).len(), 2);
}

#[test]
fn what_was_read_is_not_mailed_and_who_left_gets_nothing() {
    let app = TestApp::start();
    let (ana, bo) = (app.program_of(OWNER, "alpha"), app.program_of(MEMBER, "alpha"));
    let contact = add_named(&ana, "Freya", "Castellan");
    hear(&bo, "mentioned", true, "soon", 8);
    mention(&ana, contact, "@member have a look");
    bo.call("POST", "/api/v1/notifications/read", &json!({})).expect(200);
    run(&app, "people.notifications.mail");
    assert!(mails(&app, MEMBER).is_empty());
    mention(&ana, contact, "@member have another");
    app.control()
        .execute("UPDATE memberships SET state = 'removed' WHERE id = ?1", [member_id(&app, MEMBER)])
        .expect("a member");
    run(&app, "people.notifications.mail");
    assert!(mails(&app, MEMBER).is_empty());
}

/// The mail and the mark of how far it got are one transaction: whatever a crash takes, neither stands alone.
#[test]
fn a_crash_at_any_moment_mails_nothing_twice_and_forgets_nothing() {
    let mut app = TestApp::start();
    let contact = add_named(&app.program_of(OWNER, "alpha"), "Freya", "Castellan");
    hear(&app.program_of(MEMBER, "alpha"), "mentioned", true, "soon", 8);
    for (round, wait) in [0, 3, 8, 15, 25, 40, 60, 90].into_iter().enumerate() {
        mention(&app.program_of(OWNER, "alpha"), contact, "@member have a look");
        let arguments = ["job", "run", "people.notifications.mail", "--workspace", "alpha"];
        let mut asking = server::command(&app.data(), &arguments).spawn().expect("the program runs");
        std::thread::sleep(Duration::from_millis(wait));
        app.server.kill();
        // Without the server the command would do the work itself: it dies too.
        let _ = asking.kill();
        let _ = asking.wait();
        app.restart();
        run(&app, "people.notifications.mail");
        run(&app, "people.notifications.mail");
        assert_eq!(mails(&app, MEMBER).len(), round + 1, "killed after {wait} ms");
    }
}

#[test]
fn old_notifications_are_forgotten_read_ones_sooner() {
    let app = TestApp::start();
    let (ana, bo) = (app.program_of(OWNER, "alpha"), app.program_of(MEMBER, "alpha"));
    let contact = add_named(&ana, "Freya", "Castellan");
    mention(&ana, contact, "@member one, read");
    bo.call("POST", "/api/v1/notifications/read", &json!({})).expect(200);
    mention(&ana, contact, "@member two, unread");
    let left = || -> i64 {
        app.workspace("alpha").query_row("SELECT count(*) FROM notifications", [], |row| row.get(0)).unwrap()
    };
    app.advance(89 * DAY);
    run(&app, "privacy.retention.run");
    assert_eq!(left(), 2);
    app.advance(2 * DAY);
    run(&app, "privacy.retention.run");
    assert_eq!(left(), 1);
    app.advance(275 * DAY);
    run(&app, "privacy.retention.run");
    assert_eq!(left(), 0);
}
