//! What a restore must not forget stands in the journal beside the backups, and names nobody (keys-and-backups 2.6).

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::support::fixture::workspace_id;
use crate::support::{Client, TestApp};

const OWNER: &str = "owner@alpha.example";

fn journal(app: &TestApp) -> PathBuf {
    let id = workspace_id(&app.control(), "alpha");
    app.data().join("backup").join("ledger").join(format!("{id}.jsonl"))
}

/// The kinds of the lines, in order; waits until there are `count`.
fn kinds(app: &TestApp, count: usize) -> Vec<String> {
    for _ in 0..100 {
        let text = std::fs::read_to_string(journal(app)).unwrap_or_default();
        let lines: Vec<Value> = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        if lines.len() >= count {
            return lines.iter().filter_map(|line| line["certificate"]["kind"].as_str().map(str::to_owned)).collect();
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    panic!("no {count} lines came: {}", std::fs::read_to_string(journal(app)).unwrap_or_default());
}

fn say(program: &Client, action: &str, purpose: Option<&str>) {
    let mut body =
        json!({ "on": { "type": "contact", "id": 1 }, "action": action, "method": "letter", "evidence": "A letter" });
    if let Some(purpose) = purpose {
        body["purpose"] = json!(purpose);
    }
    program.call("POST", "/api/v1/consents", &body).expect(201);
}

#[test]
fn m2_restrictions_objections_and_withdrawals_reach_the_journal_by_themselves() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let body =
        json!({ "on": { "type": "contact", "id": 1 }, "ground": "accuracy", "reason": "Secret reason of Quill" });
    let id = program.call("POST", "/api/v1/restrictions", &body).expect(201).json()["id"].clone();
    assert_eq!(kinds(&app, 1), ["restrict"], "nobody asked for the job");
    let path = format!("/api/v1/restrictions/{id}");
    program.call("POST", &format!("{path}/lifting"), &json!({ "reason": "Mended", "wait_days": 0 })).expect(200);
    program.call("POST", &format!("{path}/notice"), &json!({ "method": "phone", "reference": "Ines" })).expect(200);
    say(&program, "grant", Some("phone_offers"));
    say(&program, "withdraw", Some("phone_offers"));
    say(&program, "object", None);
    say(&program, "lift", None);
    let expected = ["restrict", "restriction_lifted", "consent_withdrawn", "object", "objection_lifted"];
    assert_eq!(kinds(&app, 5), expected);
    let text = std::fs::read_to_string(journal(&app)).expect("the journal");
    for name in ["quill", "Quill", "alpha.example", "Secret reason", "Mended", "Ines", "A letter"] {
        assert!(!text.contains(name), "{name} stands in {text}");
    }
    // Who it was about is known to whoever has the workspace's key, and by the numbers of the rows.
    let last: Value = serde_json::from_str(text.lines().last().expect("a line")).expect("JSON");
    assert_eq!(last["certificate"]["subject_ids"], "[1]");
    assert!(last["certificate"]["pseudonyms"].as_str().is_some_and(|hashes| hashes.len() > 60), "{last}");
    let waiting: i64 =
        app.workspace("alpha").query_row("SELECT count(*) FROM ledger_outbox", [], |row| row.get(0)).expect("a count");
    assert_eq!(waiting, 0);
}

/// A crash after the ledger has a row and before the workspace knows: the row is carried once.
#[test]
fn m2_what_was_carried_before_a_crash_is_not_carried_again() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    say(&program, "object", None);
    assert_eq!(kinds(&app, 1), ["object"]);
    app.run_job("privacy.ledger.carry", "alpha");
    let back = "INSERT INTO ledger_outbox (id, kind, subject_kind, subject_ids, detail, pseudonyms, at)
        SELECT ?1, 'object', 'contact', '[1]', '{}', '[]', ?2";
    let (note, at): (i64, String) = app
        .control()
        .query_row(
            "SELECT json_extract(detail, '$.note'), json_extract(detail, '$.done_at') FROM erasure_ledger",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .expect("the entry");
    let at = holdfast::clock::Timestamp::parse(&at).expect("a moment").0;
    app.workspace("alpha").execute(back, rusqlite::params![note, at]).expect("the row");
    app.run_job("privacy.ledger.carry", "alpha");
    assert_eq!(kinds(&app, 1), ["object"]);
    // Numbers count anew in a file that was restored: the moment tells the two apart.
    app.workspace("alpha").execute(back, rusqlite::params![note, at + 60_000]).expect("the row");
    app.run_job("privacy.ledger.carry", "alpha");
    assert_eq!(kinds(&app, 2), ["object", "object"]);
}
