//! `kill -9` in the middle of letting things go: it is finished after the next start, by itself, or never happened (ERA-2).

use std::time::{Duration, Instant};

use serde_json::json;

use super::canary::bytes;
use super::erasure_held::{place, release, wait};
use crate::people::{OWNER, id};
use crate::support::{Start, TestApp};

fn dying_at(point: &str) -> Start {
    let mut start = Start::default();
    start.environment.push(("TEST_PRIVACY_DIE_AT".into(), point.into()));
    start
}

/// Waits for the death that a test asked for, then starts as usual and lets the schedule come.
fn go_on(app: &mut TestApp, point: &str) {
    assert!(app.server.wait(Duration::from_secs(60)).is_some(), "it did not die at {point}");
    app.set_start(Start::default());
    app.restart();
    app.advance(61 * 60);
}

#[test]
fn era_2_what_a_hold_kept_goes_after_a_crash_in_the_second_round_too() {
    let mut app = TestApp::start();
    for point in ["before_destroying", "after_destroying", "before_certifying"] {
        let program = app.program_of(OWNER, "alpha");
        let email = format!("{point}@canary.example");
        let body =
            json!({ "given_name": "Quillon", "family_name": format!("Vex {point}"), "emails": [{ "value": email }] });
        let person = id(&program.call("POST", "/api/v1/contacts", &body).expect(201).json());
        let note = json!({ "on": { "type": "contact", "id": person }, "body": format!("Wrote from {email}") });
        let note = id(&program.call("POST", "/api/v1/notes", &note).expect(201).json());
        let hold = place(&program, json!({ "scope": "record", "on_type": "notes", "on_id": note, "matter": point }));
        let erasure = id(&program.call("POST", "/api/v1/erasures", &json!({ "person": person })).expect(201).json());
        wait(&app, &program, erasure, "held");
        app.server.stop();
        app.set_start(dying_at(point));
        app.restart();
        release(&app.program_of(OWNER, "alpha"), &hold);
        go_on(&mut app, point);
        let done = wait(&app, &app.program_of(OWNER, "alpha"), erasure, "done");
        assert_eq!(done["certificates"].as_array().map(Vec::len), Some(2), "{point}: {done}");
        assert_eq!(done["certificate"]["certificate"]["scan"]["clean"], true, "{point}: {done}");
    }
    app.server.kill();
    let emails = ["before_destroying", "after_destroying", "before_certifying"].map(|p| format!("{p}@canary.example"));
    assert_eq!(bytes(&app, &[], &emails), Vec::<String>::new());
}

#[test]
fn era_2_a_retention_run_that_was_killed_is_gone_on_with_by_the_next_one() {
    for point in ["after_a_batch", "before_ending_a_run"] {
        let mut app = TestApp::start_with(dying_at(point));
        app.workspace("alpha")
            .execute(
                "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 700)
                 INSERT INTO notifications (member_id, kind, about_type, about_id, in_app, mail, at)
                 SELECT 1, 'mentioned', 'contact', i, 1, 'never', ?1 FROM n",
                [app.now().plus(-366 * 86_400_000).0],
            )
            .expect("old rows");
        app.advance(61 * 60);
        go_on(&mut app, point);
        let count = |sql: &str| app.workspace("alpha").query_row(sql, [], |row| row.get::<_, i64>(0)).expect("a count");
        let waiting = Instant::now();
        while count("SELECT count(*) FROM audit WHERE action = 'privacy.retention.ran'") == 0 {
            assert!(waiting.elapsed() < Duration::from_secs(30), "no run ended: {}", app.server.log());
            std::thread::sleep(Duration::from_millis(50));
        }
        assert_eq!(
            count("SELECT count(*) FROM notifications WHERE kind = 'mentioned' AND about_id <= 700 AND member_id = 1"),
            0
        );
        let acted =
            "SELECT detail ->> '$.acted' FROM audit WHERE action = 'privacy.retention.ran' ORDER BY seq LIMIT 1";
        assert_eq!(count(acted), 700, "{point}: the numbers of both halves");
        assert!(app.command(&["audit", "verify", "--all"]).status.success());
    }
}
