//! The mail queue for programs of the operator, and its page: send again, or not at all.

use std::net::TcpListener;

use serde_json::{Value, json};

use super::{audited, until};
use crate::support::{Ask, Client, OPERATOR, Start, TestApp};

const TO: &str = "owner@alpha.example";
const MAIL: &str = "/api/v1/operator/mail";

/// An installation whose mail server does not answer, so that mail waits.
fn without_server() -> TestApp {
    let closed = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port");
    let setting = |name: &str, value: &str| (format!("HOLDFAST_MAIL__{name}"), value.to_owned());
    let environment = vec![
        setting("TRANSPORT", "smtp"),
        setting("HOST", "127.0.0.1"),
        setting("PORT", &closed.port().to_string()),
        setting("TLS", "none"),
        setting("ALLOW_PLAIN", "127.0.0.1"),
        setting("FROM", "holdfast@house.example"),
    ];
    TestApp::start_with(Start { environment, ..Start::default() })
}

/// Somebody asks for a link; gives the mail once it was tried and waits.
fn waiting(app: &TestApp, program: &Client) -> Value {
    app.stranger().submit("/sign-in/link", &[("email", TO), ("next", "/")]).expect(303);
    until("a mail that was tried", || {
        let list = program.get(&format!("{MAIL}?state=queued")).expect(200).json();
        list["data"].as_array().and_then(|all| all.iter().find(|mail| mail["attempts"] == 1).cloned())
    })
}

fn words_of(app: &TestApp, id: i64) -> Option<String> {
    app.control()
        .query_row("SELECT body_text FROM outgoing_mail WHERE id = ?1", [id], |row| row.get(0))
        .expect("a mail")
}

fn fail(app: &TestApp, id: i64) {
    let sql = "UPDATE outgoing_mail SET state = 'failed', next_attempt_at = NULL WHERE id = ?1";
    assert_eq!(app.control().execute(sql, [id]).expect("a change"), 1);
}

#[test]
fn a_mail_that_waits_is_seen_without_its_words_and_cancelled() {
    let app = without_server();
    let program = app.operator_program();
    let mail = waiting(&app, &program);
    let id = mail["id"].as_i64().expect("an id");
    assert_eq!(
        (&mail["recipient"], &mail["purpose"], &mail["workspace"]),
        (&json!(TO), &json!("sign_in_link"), &json!(null))
    );
    assert!(!mail["last_error"].as_str().unwrap_or("").is_empty(), "why it waits");
    let words = words_of(&app, id).expect("its words");
    let shown = program.get(&format!("{MAIL}/{id}")).expect(200);
    let link = words.lines().find(|line| line.starts_with("https://")).expect("a link");
    assert!(!shown.text().contains(link) && !shown.text().contains("body"), "a link is a way in");
    program.call("POST", &format!("{MAIL}/{id}/retry"), &json!({})).expect(409);
    program.call("POST", &format!("{MAIL}/{id}/cancel"), &json!({ "all": true })).expect(400);

    let cancelled = program.call("POST", &format!("{MAIL}/{id}/cancel"), &json!({})).expect(200).json();
    assert_eq!((&cancelled["state"], &cancelled["next_attempt_at"]), (&json!("cancelled"), &json!(null)));
    assert_eq!(words_of(&app, id), None, "its words are gone");
    for act in ["cancel", "retry"] {
        program.call("POST", &format!("{MAIL}/{id}/{act}"), &json!({})).expect(409);
        program.call("POST", &format!("{MAIL}/777777/{act}"), &json!({})).expect(404);
    }
    app.advance(3_600);
    let state = program.get(&format!("{MAIL}/{id}")).expect(200).json()["state"].clone();
    assert_eq!(state, "cancelled", "it is never sent");
    assert_eq!(audited(&app, "operator.mail.cancelled", "operator-token"), 1);
}

#[test]
fn a_mail_that_was_given_up_is_sent_again_by_program_and_by_button() {
    let app = without_server();
    let program = app.operator_program();
    let id = waiting(&app, &program)["id"].as_i64().expect("an id");
    fail(&app, id);
    let failed = program.get(&format!("{MAIL}?state=failed&count=true")).expect(200).json();
    assert_eq!((&failed["total"], &failed["data"][0]["id"]), (&json!(1), &json!(id)));
    let again = program.call("POST", &format!("{MAIL}/{id}/retry"), &json!({})).expect(200).json();
    assert!(matches!(again["state"].as_str(), Some("queued" | "sending")), "{again}");
    until("the next try", || (program.get(&format!("{MAIL}/{id}")).json()["attempts"] == 1).then_some(()));
    assert_eq!(audited(&app, "operator.mail.retried", "operator-token"), 1);

    let operator = app.session_of(OPERATOR);
    fail(&app, id);
    assert!(operator.get("/operator/mail").expect(200).text().contains(&format!("/operator/mail/{id}/cancel")));
    operator.submit(&format!("/operator/mail/{id}/cancel"), &[]).expect(303);
    assert!(operator.get("/operator/mail").expect(200).text().contains("Cancelled"));
    operator.submit(&format!("/operator/mail/{id}/cancel"), &[]).expect(409);
    assert_eq!((audited(&app, "operator.mail.cancelled", "operator"), words_of(&app, id)), (1, None));
    let health = program.get("/api/v1/operator/health").expect(200).json();
    let mail = health["checks"].as_array().into_iter().flatten().find(|check| check["name"] == "Mail").expect("one");
    assert_eq!(mail["grade"], "well", "what was cancelled is nobody's worry: {mail}");
}

#[test]
fn what_a_program_asks_twice_with_one_key_happens_once() {
    let app = without_server();
    let program = app.operator_program();
    let id = waiting(&app, &program)["id"].as_i64().expect("an id");
    let address = format!("{MAIL}/{id}/cancel");
    let ask = |address: &str| program.send(Ask::new("POST", address).header("idempotency-key", "once"));
    let (first, second) = (ask(&address).expect(200), ask(&address).expect(200));
    assert_eq!((first.header("idempotent-replayed"), second.header("idempotent-replayed")), (None, Some("true")));
    assert_eq!(first.bytes, second.bytes);
    assert_eq!(audited(&app, "operator.mail.cancelled", "operator-token"), 1);
    // The key is this request's and this token's.
    ask(&format!("{MAIL}/{id}/retry")).expect(409);
    let other = app.operator_program();
    other.send(Ask::new("POST", &address).header("idempotency-key", "once")).expect(409);
    program.send(Ask::new("POST", &address).header("idempotency-key", "")).expect(400);
    // A day later the answer is forgotten, and the mail is still cancelled.
    app.advance(24 * 3_600 + 1);
    ask(&address).expect(409);
}

#[test]
fn the_queue_is_read_page_by_page_newest_first() {
    let app = TestApp::start();
    let program = app.operator_program();
    for number in 0..3 {
        app.control()
            .execute(
                "INSERT INTO outgoing_mail (purpose, recipient, message_id, state, give_up_at, created_at, discard_after)
                 VALUES ('invitation', 'somebody@elsewhere.example', 'planted-' || ?1, 'sent', 0, ?2, ?2)",
                rusqlite::params![number, app.now().0],
            )
            .expect("a mail");
    }
    let (mut seen, mut next) = (Vec::new(), String::new());
    loop {
        let page = program.get(&format!("{MAIL}?state=sent&limit=2{next}")).expect(200).json();
        seen.extend(page["data"].as_array().into_iter().flatten().filter_map(|mail| mail["id"].as_i64()));
        match page["next_cursor"].as_str() {
            Some(cursor) => next = format!("&cursor={cursor}"),
            None => break,
        }
    }
    assert!(seen.len() == 3 && seen.is_sorted_by(|one, other| one > other), "{seen:?}");
    for wrong in ["state=lost", "limit=0", "cursor=x", "q=a", "state=sent&state=kept"] {
        program.get(&format!("{MAIL}?{wrong}")).expect(422);
    }
    for unknown in ["0", "-1", "x", "777777"] {
        program.get(&format!("{MAIL}/{unknown}")).expect(404);
    }
}

/// The table was written anew to take the state: every mail and the count of ids came along.
#[test]
fn dur_7_no_mail_and_no_id_was_lost_when_the_queue_learnt_to_cancel() {
    let conn = rusqlite::Connection::open_in_memory().expect("a database");
    let migrate = |sql: &str| conn.execute_batch(sql).expect("a migration");
    migrate(include_str!("../../../migrations/control/V0002__workspaces.sql"));
    migrate(include_str!("../../../migrations/control/V0003__accounts.sql"));
    migrate(include_str!("../../../migrations/control/V0020__outgoing_mail.sql"));
    let insert = "INSERT INTO outgoing_mail (purpose, recipient, body_text, message_id, state, attempts, give_up_at, created_at, discard_after)
                  VALUES ('invitation', ?1 || '@elsewhere.example', 'Come in.', ?1, ?2, 3, 4, 5, 6)";
    for (message, state) in [("a", "queued"), ("b", "kept"), ("c", "failed")] {
        conn.execute(insert, [message, state]).expect("a mail");
    }
    conn.execute("DELETE FROM outgoing_mail WHERE id = 3", []).expect("the newest goes");
    let all = |conn: &rusqlite::Connection| -> Vec<String> {
        conn.prepare(
            "SELECT concat_ws('|', id, workspace_id, account_id, purpose, recipient, title, body_text, body_html, message_id,
                    state, attempts, next_attempt_at, give_up_at, last_error, created_at, sent_at, discard_after)
             FROM outgoing_mail ORDER BY id",
        )
        .and_then(|mut statement| statement.query_map([], |row| row.get(0))?.collect())
        .expect("the mails")
    };
    let before = all(&conn);
    migrate(include_str!("../../../migrations/control/V0041__outgoing_mail_cancelled.sql"));
    assert_eq!((all(&conn), before.len()), (before, 2));
    conn.execute(insert, ["d", "cancelled"]).expect("the new state is taken");
    assert_eq!(conn.last_insert_rowid(), 4, "an id is never handed out twice");
    conn.execute(insert, ["e", "lost"]).expect_err("no other");
    let indexes: i64 = conn
        .query_row("SELECT count(*) FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL AND tbl_name = 'outgoing_mail'", [], |row| row.get(0))
        .expect("a count");
    assert_eq!(indexes, 3);
}
