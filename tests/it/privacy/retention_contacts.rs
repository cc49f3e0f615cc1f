//! Contacts without consent and without business (promises.md, section 9): off at first, then what the forecast says.

use serde_json::{Value, json};

use crate::people::attachments::attach;
use crate::people::{OWNER, add, id};
use crate::support::{Client, TestApp};

const RULE: &str = "/api/v1/retention-rules/contacts";

fn named(program: &Client, name: &str) -> i64 {
    id(&add(program, &json!({ "given_name": name, "emails": [{ "value": format!("{name}@idle.example") }] })))
}

fn say(program: &Client, contact: i64, action: &str) {
    let method = if action == "import" { "import" } else { "phone" };
    let body = json!({
        "on": { "type": "contact", "id": contact }, "purpose": "newsletter", "action": action, "method": method,
        "evidence": "Said so.",
    });
    program.call("POST", "/api/v1/consents", &body).expect(201);
}

/// What this rule would let go now, and what it would but for a hold or a restriction.
fn expected(program: &Client, app: &TestApp) -> (i64, i64) {
    let until = app.now().rfc3339();
    let found = program.get(&format!("/api/v1/retention-forecast?until={until}")).expect(200).json();
    let rules = found["rules"].as_array().cloned().unwrap_or_default();
    let of_rule = |rule: &&Value| rule["rule"] == "contacts";
    rules.iter().find(of_rule).map_or((0, 0), |rule| {
        let number = |key: &str| rule[key].as_i64().unwrap_or(0);
        (number("rows"), number("held"))
    })
}

#[test]
fn contacts_that_nothing_speaks_for_go_after_two_years_where_the_workspace_says_so() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let idle = named(&program, "idle");
    let withdrew = named(&program, "withdrew");
    say(&program, withdrew, "import");
    say(&program, withdrew, "withdraw");
    let waits = named(&program, "waits");
    say(&program, waits, "grant");
    let agreed = named(&program, "agreed");
    say(&program, agreed, "import");
    let noted = named(&program, "noted");
    let note = json!({ "on": { "type": "contact", "id": noted }, "body": "Wants the grey one" });
    program.call("POST", "/api/v1/notes", &note).expect(201);
    let filed = named(&program, "filed");
    attach(&program, filed, "offer.txt", b"an offer");
    let works = add(&program, &json!({ "given_name": "Works", "company": { "name": "Quay Works" } }));
    let held = named(&program, "held");
    let hold = json!({ "scope": "person", "on_type": "contact", "on_id": held, "matter": "Quay 7", "reason": "A claim" });
    let hold = program.call("POST", "/api/v1/legal-holds", &hold).expect(201).json();
    let restricted = named(&program, "restricted");
    let ground = json!({ "on": { "type": "contact", "id": restricted }, "ground": "accuracy", "reason": "Wrong" });
    program.call("POST", "/api/v1/restrictions", &ground).expect(201);

    let rule = program.get(RULE).expect(200).json();
    assert_eq!((&rule["days"], &rule["is_on"], &rule["may_be_off"]), (&json!(730), &json!(false), &json!(true)));
    assert!(rule["because"].as_str().is_some_and(|words| words.contains("a company, a note, a file")), "{rule}");
    let is_there = |program: &Client, contact: i64| program.get(&format!("/api/v1/contacts/{contact}")).status == 200;

    // A clock that leaps by more than 400 days is not trusted: so the years pass in steps.
    for _ in 0..2 {
        app.advance(366 * 86_400);
        app.run_job("privacy.retention.run", "alpha");
    }
    let program = app.program_of(OWNER, "alpha");
    assert!(is_there(&program, idle), "off until somebody chooses it");
    program.change("PATCH", RULE, 1, &json!({ "is_on": true, "days": 90 })).expect(422);
    let page = app.session_of(OWNER);
    let path = "/w/alpha/privacy/retention/rules/contacts";
    let asked = page.submit(path, &[("version", "1"), ("days", "730"), ("is_on", "true")]).expect(200).text();
    assert!(asked.contains("Save, and let them go"), "what goes at once is said first: {asked}");
    page.submit(path, &[("version", "1"), ("days", "730"), ("is_on", "true"), ("confirmed", "true")]).expect(303);

    let before = (expected(&program, &app), program.get("/api/v1/contacts?count=true").expect(200).json()["total"].clone());
    let (rows, kept) = before.0;
    assert_eq!(kept, 2, "the held and the restricted one");
    app.run_job("privacy.retention.run", "alpha");
    for (contact, stays, why) in [
        (idle, false, "nothing speaks for it"),
        (withdrew, false, "a withdrawn consent is none"),
        (waits, false, "one that waits to be confirmed is none"),
        (agreed, true, "their consent stands"),
        (noted, true, "a note"),
        (filed, true, "a file"),
        (id(&works), true, "a company"),
        (held, true, "a hold"),
        (restricted, true, "a restriction"),
    ] {
        assert_eq!(is_there(&program, contact), stays, "{why}");
    }
    let total = program.get("/api/v1/contacts?count=true").expect(200).json()["total"].as_i64();
    assert_eq!(total, before.1.as_i64().map(|total| total - rows), "the forecast is what went");
    assert_eq!(expected(&program, &app), (0, 2));
    // The release lets the old clock go on.
    let path = format!("/api/v1/legal-holds/{}/release", hold["id"]);
    program.call("POST", &path, &json!({ "reason": "Settled" })).expect(200);
    app.run_job("privacy.retention.run", "alpha");
    assert!(!is_there(&program, held));
}
