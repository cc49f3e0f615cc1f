//! One workspace back to an earlier moment: as a new one, in place, and `kill -9` at every step.

use serde_json::{Value, json};

use super::{back_up, ended, files_below, until};
use crate::support::{Ask, Client, Start, TestApp, fixture, open};

const OWNER: &str = "owner@alpha.example";
const ALPHA: &str = "alpha";

fn add(program: &Client, name: &str) -> i64 {
    let person = json!({ "given_name": name, "emails": [{ "value": format!("{name}@quay.example") }] });
    program.call("POST", "/api/v1/contacts", &person).expect(201).json()["id"].as_i64().expect("an id")
}

fn erase(program: &Client, person: i64) {
    let id = program.call("POST", "/api/v1/erasures", &json!({ "person": person })).expect(201).json()["id"].clone();
    until(|| (program.get(&format!("/api/v1/erasures/{id}")).expect(200).json()["state"] == "done").then_some(()));
}

fn restrict(program: &Client, person: i64) {
    let on = json!({ "on": { "type": "contact", "id": person }, "ground": "accuracy", "reason": "Wrong" });
    program.call("POST", "/api/v1/restrictions", &on).expect(201);
}

/// The workspace's name, typed as the form asks for it.
fn name(app: &TestApp) -> String {
    app.control().query_row("SELECT name FROM workspaces WHERE slug = 'alpha'", [], |row| row.get(0)).expect("a name")
}

fn count(app: &TestApp, slug: &str, sql: &str) -> i64 {
    app.workspace(slug).query_row(sql, [], |row| row.get(0)).expect("a count")
}

/// What was asked of people's data is carried to the ledger by a job.
fn carried(app: &TestApp) {
    until(|| (count(app, ALPHA, "SELECT count(*) FROM ledger_outbox") == 0).then_some(()));
}

/// The moment that is to come back; whatever follows is later.
fn moment(app: &TestApp) -> String {
    let moment = app.now().rfc3339();
    app.advance(2);
    moment
}

#[test]
fn rst_1_a_state_comes_back_as_a_new_workspace_and_keeps_every_promise() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, ALPHA);
    let (gone, held, stays) = (add(&program, "quillon"), add(&program, "merrow"), add(&program, "samphire"));
    let owner = program.get(&format!("/api/v1/contacts/{stays}")).expect(200).json()["owner"].clone();
    let letter = program.upload(
        "/api/v1/attachments",
        &[("on", &format!("contact:{stays}"))],
        ("file", "letter.txt", b"about the quay"),
    );
    let letter = letter.expect(201).json()["id"].clone();
    back_up(&program);
    let moment = moment(&app);
    erase(&program, gone);
    restrict(&program, held);
    let no = json!({ "on": { "type": "contact", "id": stays }, "action": "object", "method": "letter", "evidence": "A letter" });
    program.call("POST", "/api/v1/consents", &no).expect(201);
    let late = add(&program, "afterwards");
    carried(&app);
    // Bad input is named; nothing begins.
    let wrong = |body: Value, field: &str| {
        let answer = program.call("POST", "/api/v1/restores", &body).expect(422).text();
        assert!(answer.contains(field), "{answer}");
    };
    wrong(json!({ "into": "new", "until": "2020-01-01T00:00:00Z", "name": "Past", "slug": "past" }), "until");
    wrong(json!({ "into": "new", "until": "2099-01-01T00:00:00Z", "name": "Past", "slug": "past" }), "until");
    wrong(json!({ "into": "new", "until": moment, "name": "Past", "slug": "beta" }), "slug");
    wrong(json!({ "into": "in_place", "until": moment, "name": "Another" }), "name");
    let admin = app.program_of("admin@alpha.example", ALPHA);
    let asked = json!({ "into": "new", "until": moment, "name": "Past", "slug": "past" });
    assert!([403, 409].contains(&admin.call("POST", "/api/v1/restores", &asked).status));
    let id = program.call("POST", "/api/v1/restores", &asked).expect(202).json()["id"].clone();
    let done = ended(&app, OWNER, ALPHA, &id);
    assert_eq!(done["state"], "done", "{done}");
    let kept = &done["report"]["kept_again"];
    assert_eq!((&kept["erase"], &kept["restrict"], &kept["object"]), (&json!(1), &json!(1), &json!(1)), "{done}");
    // The new one: its owner alone, its files under its own key, nobody back who was promised to be gone.
    let past = app.program_of(OWNER, "past");
    past.get(&format!("/api/v1/contacts/{gone}")).expect(404);
    past.get(&format!("/api/v1/contacts/{late}")).expect(404);
    let there = past.get(&format!("/api/v1/contacts/{stays}")).expect(200).json();
    assert_eq!(there["owner"]["name"], owner["name"], "{there}");
    assert_ne!(there["owner"]["id"], owner["id"], "a member of another workspace");
    assert_eq!(past.get(&format!("/api/v1/attachments/{letter}/content")).expect(200).text(), "about the quay");
    let restricted = format!("SELECT count(*) FROM restrictions WHERE on_id = {held} AND lifted_at IS NULL");
    assert_eq!(count(&app, "past", &restricted), 1);
    let objected = format!("SELECT count(*) FROM consent_events WHERE on_id = {stays} AND action = 'object'");
    assert_eq!(count(&app, "past", &objected), 1);
    assert!(count(&app, "past", "SELECT count(*) FROM suppressions WHERE reason = 'erased'") > 0);
    app.session_of(OWNER).get("/w/past/people/contacts").expect(200);
    app.session_of("admin@alpha.example").get("/w/past/people/contacts").expect(404);
    assert_eq!(past.get("/api/v1/outbound-hold").expect(200).json()["is_held"], true);
    // The old one did not change, and its token lives.
    program.get(&format!("/api/v1/contacts/{late}")).expect(200);
    assert_eq!(program.get("/api/v1/outbound-hold").expect(200).json()["is_held"], false);
    // Whoever was erased is refused there too: the keys of pseudonyms are the same.
    let again = json!({ "given_name": "Q", "emails": [{ "value": "quillon@quay.example" }] });
    past.call("POST", "/api/v1/contacts", &again).expect(422);
    let verified = app.command(&["audit", "verify", "past"]);
    assert_eq!(verified.status.code(), Some(0), "{}", crate::support::shown(&verified));
}

#[test]
fn rst_1_in_place_the_log_goes_on_the_state_before_waits_and_comes_back() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, ALPHA);
    let (gone, stays) = (add(&program, "quillon"), add(&program, "merrow"));
    back_up(&program);
    // After the backup, so that only what was shipped since can bring it back.
    let between = add(&program, "between");
    let moment = moment(&app);
    erase(&program, gone);
    let late = add(&program, "afterwards");
    let hold = json!({ "scope": "category", "category": "notes", "matter": "Late", "reason": "A claim" });
    program.call("POST", "/api/v1/legal-holds", &hold).expect(201);
    // What people ask has a deadline of the law, and a child stays one.
    let request = |person: i64| {
        let asked = json!({ "kind": "access", "person": { "type": "contact", "id": person } });
        program.call("POST", "/api/v1/subject-requests", &asked).expect(201).json()
    };
    let (of_stays, of_late) = (request(stays), request(late));
    let marked = format!(
        "INSERT INTO minors (on_type, on_id, marked_at) VALUES ('contact', {stays}, 1), ('contact', {late}, 1)"
    );
    app.workspace(ALPHA).execute(&marked, []).expect("marks");
    let session = app.session_of(OWNER);
    session.get("/w/alpha").expect(200);
    let entries = count(&app, ALPHA, "SELECT count(*) FROM audit");
    let page = session.get(&format!("/w/alpha/settings/backups/restore?at={moment}")).expect(200).text();
    assert!(page.contains("In the place of this one") && page.contains("made to people since then"), "{page}");
    let name = name(&app);
    let fields = [("into", "in_place"), ("at", &*moment), ("name", &*name)];
    let answer = session.submit("/w/alpha/settings/backups/restore", &fields).expect(303);
    let id = json!(answer.location().rsplit('/').next().and_then(|id| id.parse::<i64>().ok()).expect("an id"));
    let done = ended(&app, OWNER, ALPHA, &id);
    assert_eq!((&done["state"], &done["report"]["log_kept"]), (&json!("done"), &json!(true)), "{done}");
    // Every way in from before is dead.
    program.get("/api/v1/contacts").expect(401);
    assert_ne!(session.get("/w/alpha").status, 200);
    let program = app.program_of(OWNER, ALPHA);
    program.get(&format!("/api/v1/contacts/{gone}")).expect(404);
    program.get(&format!("/api/v1/contacts/{late}")).expect(404);
    program.get(&format!("/api/v1/contacts/{between}")).expect(200);
    program.get(&format!("/api/v1/contacts/{stays}")).expect(200);
    assert_eq!(count(&app, ALPHA, "SELECT count(*) FROM legal_holds WHERE matter = 'Late'"), 1, "holds never go back");
    assert_eq!((&done["report"]["requests_kept"], &done["report"]["minors_kept"]), (&json!(2), &json!(1)), "{done}");
    for (asked, known) in [(&of_stays, true), (&of_late, false)] {
        let there = program.get(&format!("/api/v1/subject-requests/{}", asked["id"])).expect(200).json();
        assert_eq!((&there["due_at"], &there["state"]), (&asked["due_at"], &asked["state"]), "{there}");
        assert_eq!(there["person"].is_null(), !known, "{there}");
    }
    assert!(count(&app, ALPHA, "SELECT count(*) FROM subject_request_steps") >= 2, "with what was done about them");
    assert!(count(&app, ALPHA, "SELECT count(*) FROM audit") > entries, "the log goes on");
    let verified = app.command(&["audit", "verify", ALPHA]);
    assert_eq!(verified.status.code(), Some(0), "{}", crate::support::shown(&verified));
    // A number that was given is not given again.
    assert!(add(&program, "newcomer") > late);
    let mails: i64 = app
        .control()
        .query_row("SELECT count(*) FROM outgoing_mail WHERE purpose = 'workspace_restored'", [], |row| row.get(0))
        .unwrap();
    assert_eq!(mails, 1, "the owner hears of it");
    // The state before comes back, and with it what was entered then; whoever was erased stays erased.
    let asked = json!({ "into": "in_place", "state_before": id, "name": name });
    let back = program.call("POST", "/api/v1/restores", &asked).expect(202).json()["id"].clone();
    let back = ended(&app, OWNER, ALPHA, &back);
    assert_eq!(back["state"], "done", "{back}");
    let program = app.program_of(OWNER, ALPHA);
    program.get(&format!("/api/v1/contacts/{late}")).expect(200);
    program.get(&format!("/api/v1/contacts/{gone}")).expect(404);
    // After a week nothing of it is left on the disk.
    assert_eq!(files_below(&app.data().join("quarantine"), "data.db").len(), 2);
    app.advance(8 * 24 * 60 * 60);
    app.run_job("backup.quarantine.destroy", "");
    assert!(files_below(&app.data().join("quarantine"), "").is_empty());
    let page = app.session_of(OWNER).get(&format!("/w/alpha/settings/backups/restores/{id}")).expect(200).text();
    assert!(!page.contains("Bring the state before it back"), "{page}");
}

#[test]
fn rst_1_after_kill_9_the_old_state_is_served_or_the_new_one() {
    let mut app = TestApp::start();
    let program = app.program_of(OWNER, ALPHA);
    add(&program, "merrow");
    back_up(&program);
    let moment = moment(&app);
    let late = add(&program, "afterwards");
    let (name, id) = (name(&app), fixture::workspace_id(&app.control(), ALPHA));
    let folder = app.data().join("workspaces").join(id.to_string());
    let is_held = |app: &TestApp| -> i64 {
        app.control().query_row("SELECT count(*) FROM outbound_holds", [], |row| row.get(0)).unwrap()
    };
    for (place, is_new) in [
        ("restore.staged", false),
        ("restore.promises_kept", false),
        ("restore.switching", false),
        ("restore.switched", true),
    ] {
        app.server.stop();
        app.set_start(Start {
            environment: vec![("HOLDFAST_TEST_FAILPOINT".into(), place.into())],
            ..Start::default()
        });
        app.restart();
        let program = app.program_of(OWNER, ALPHA);
        let asked = json!({ "into": "in_place", "until": moment, "name": name });
        let asked = program.try_send(Ask::new("POST", "/api/v1/restores").json(&asked)).expect("an answer").expect(202);
        assert!(app.server.wait(std::time::Duration::from_secs(30)).is_some(), "{place} was never reached");
        app.set_start(Start::default());
        app.restart();
        let restore = ended(&app, OWNER, ALPHA, &asked.json()["id"]);
        let (state, status) = if is_new { ("done", 404) } else { ("failed", 200) };
        assert_eq!(restore["state"], state, "{place}: {restore}");
        app.program_of(OWNER, ALPHA).get(&format!("/api/v1/contacts/{late}")).expect(status);
        assert_eq!(is_held(&app), i64::from(is_new), "{place}");
        assert!(!folder.join("restoring").exists(), "{place}: nothing is left");
        assert_eq!(files_below(&app.data().join("quarantine"), "data.db").len(), usize::from(is_new), "{place}");
    }
    // As a new one: half made is cleared away, and what is served never changed.
    app.server.stop();
    app.set_start(Start {
        environment: vec![("HOLDFAST_TEST_FAILPOINT".into(), "rotate.copied".into())],
        ..Start::default()
    });
    app.restart();
    let asked = json!({ "into": "new", "until": moment, "name": "Past", "slug": "past" });
    let asked = app.program_of(OWNER, ALPHA).call("POST", "/api/v1/restores", &asked).expect(202).json();
    assert!(app.server.wait(std::time::Duration::from_secs(30)).is_some(), "never reached");
    app.set_start(Start::default());
    app.restart();
    assert_eq!(ended(&app, OWNER, ALPHA, &asked["id"])["state"], "failed");
    assert_eq!(std::fs::read_dir(app.data().join("workspaces")).unwrap().count(), 2, "alpha and beta");
    let keys: i64 = app.control().query_row("SELECT count(*) FROM workspaces", [], |row| row.get(0)).unwrap();
    assert_eq!(keys, 2);
}

/// A copy from before the key was exchanged comes back under the key of today.
#[test]
fn rst_1_a_copy_under_an_older_key_comes_back_and_suppressions_are_still_known() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, ALPHA);
    let (gone, stays) = (add(&program, "quillon"), add(&program, "merrow"));
    erase(&program, gone);
    back_up(&program);
    let rotated = app.command(&["key", "rotate-workspace", ALPHA]);
    assert_eq!(rotated.status.code(), Some(0), "{}", crate::support::shown(&rotated));
    let again = json!({ "given_name": "Q", "emails": [{ "value": "quillon@quay.example" }] });
    program.call("POST", "/api/v1/contacts", &again).expect(422);
    let asked = json!({ "into": "in_place", "until": app.now().rfc3339(), "name": name(&app) });
    let id = program.call("POST", "/api/v1/restores", &asked).expect(202).json()["id"].clone();
    let done = ended(&app, OWNER, ALPHA, &id);
    assert_eq!(done["state"], "done", "{done}");
    let program = app.program_of(OWNER, ALPHA);
    program.get(&format!("/api/v1/contacts/{stays}")).expect(200);
    program.call("POST", "/api/v1/contacts", &again).expect(422);
    let (id, keys) = (fixture::workspace_id(&app.control(), ALPHA), app.keys());
    let path = app.data().join("workspaces").join(id.to_string()).join("data.db");
    let file = open(&path, &keys.workspace(id).unwrap().database_key());
    assert!(file.query_row("SELECT count(*) FROM contacts", [], |row| row.get::<_, i64>(0)).unwrap() > 0);
}
