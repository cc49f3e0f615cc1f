//! More traps of erasure (beyond.md, section 3): those that lie beside the person's rows, in files, queues, answers,
//! logs, and in work that is under way.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::access_package::copy_of;
use super::canary::{Place, bytes, erase, program, sealed};
use crate::people::id;
use crate::support::{Ask, Client, OPERATOR, Start, TestApp};

const EMAIL: &str = "isolde.farthingale@canary.example";
const WORDS: [&str; 2] = ["isolde", "farthingale"];

fn words() -> Vec<String> {
    WORDS.map(str::to_owned).to_vec()
}

fn person() -> Value {
    json!({ "given_name": "Isolde", "family_name": "Farthingale", "emails": [{ "value": EMAIL }] })
}

fn add(program: &Client) -> i64 {
    id(&program.call("POST", "/api/v1/contacts", &person()).expect(201).json())
}

fn attach(program: &Client, contact: i64, content: &[u8]) -> Value {
    let on = format!("contact:{contact}");
    program.upload("/api/v1/attachments", &[("on", &on)], ("file", "letter.txt", content)).expect(201).json()
}

#[test]
fn trap_02_what_programs_were_answered_is_not_kept_for_them() {
    let app = TestApp::start();
    let program = program(&app);
    let ask = || Ask::new("POST", "/api/v1/contacts").json(&person()).header("Idempotency-Key", "isolde-1");
    let made = program.send(ask()).expect(201).json();
    assert_eq!(program.send(ask()).expect(201).json()["id"], made["id"], "it is kept for a day");
    erase(&app, id(&made));
    let again = program.send(ask());
    assert!(!again.text().contains("Farthingale"), "{}", again.text());
    assert_eq!(bytes(&app, &[], &words()), Vec::<String>::new());
}

#[test]
fn trap_03_files_go_from_the_disk_with_the_person_and_with_what_was_deleted() {
    let app = TestApp::start();
    let mut program = program(&app);
    let before = sealed(&app);
    let (erased, deleted) = (
        add(&program),
        id(&program.call("POST", "/api/v1/contacts", &json!({ "given_name": "Bo" })).expect(201).json()),
    );
    for contact in [erased, deleted] {
        attach(&program, contact, b"a letter");
    }
    assert_eq!(sealed(&app).difference(&before).count(), 2);
    erase(&app, erased);
    assert_eq!(sealed(&app).difference(&before).count(), 1);
    program.send(Ask::new("DELETE", &format!("/api/v1/contacts/{deleted}"))).expect(204);
    app.advance(91 * 86_400);
    program = super::canary::program(&app);
    program.get("/api/v1/workspace").expect(200);
    let run = app.command(&["retention", "run", "--workspace", "alpha"]);
    assert!(run.status.success(), "{}", crate::support::shown(&run));
    assert_eq!(sealed(&app).difference(&before).count(), 0, "{:?}", sealed(&app));
}

#[test]
fn trap_06_what_waits_to_be_sent_to_them_never_is() {
    let place = Place::new();
    let app = &place.app;
    let person = add(&program(app));
    let control = app.control();
    let workspace = crate::support::fixture::workspace_id(&control, "alpha");
    let soon = app.now().plus(3_600_000);
    for (recipient, words) in [(EMAIL, "Good day"), ("someone@else.example", "About Isolde Farthingale")] {
        control
            .execute(
                "INSERT INTO outgoing_mail (workspace_id, purpose, recipient, title, body_text, message_id, state, next_attempt_at,
                     give_up_at, created_at, discard_after) VALUES (?1, 'test', ?2, ?3, ?3, '<' || ?2 || '>', 'queued', ?4, ?5, ?4, ?5)",
                (workspace, recipient, words, soon, soon.plus(86_400_000)),
            )
            .expect("a mail that waits");
    }
    erase(app, person);
    app.advance(2 * 3_600);
    app.run_job("mail.outgoing.deliver", "");
    let sent: Vec<_> = std::fs::read_dir(&place.folders()[1]).expect("the folder").collect();
    assert!(sent.is_empty(), "{sent:?}");
    let waiting: i64 = control
        .query_row("SELECT count(*) FROM outgoing_mail WHERE state IN ('queued', 'sending')", [], |row| row.get(0))
        .expect("a count");
    assert_eq!(waiting, 0);
}

#[test]
fn trap_14_logs_jobs_and_metrics_never_held_them() {
    let environment = vec![("HOLDFAST_LOG__LEVEL".into(), "debug".into())];
    let app = TestApp::start_with(Start { environment, ..Start::default() });
    let program = program(&app);
    let person = add(&program);
    attach(&program, person, b"for Isolde Farthingale");
    program.get("/api/v1/search?q=farthingale").expect(200);
    program.get("/api/v1/contacts/farthingale").expect(404);
    let edit = json!({ "object": "contact", "ids": [person], "action": "tag", "value": "farthingale" });
    program.call("POST", "/api/v1/bulk-edits", &edit).expect(202);
    app.run_job("people.bulk.run", "alpha");
    copy_of(&app, &program, person);
    // Before the person goes: nothing of this is cleaned up, it was never there.
    let metrics = app.operator_program().get("/metrics").expect(200).text();
    let jobs = app.operator_program().get("/api/v1/operator/jobs?limit=200").expect(200).text();
    let console = app.session_of(OPERATOR).get("/operator/jobs").expect(200).text();
    for (place, text) in [("log", app.server.log()), ("metrics", metrics), ("jobs", jobs), ("console", console)] {
        assert!(text.len() > 200, "the {place} says too little to prove anything: {text}");
        let lower = text.to_lowercase();
        assert_eq!(WORDS.iter().find(|word| lower.contains(*word)), None, "the {place}: {text}");
    }
    let left: Vec<String> =
        super::canary::columns(&app.control(), holdfast::privacy::data_map::File::Control, &words());
    assert_eq!(left, Vec::<String>::new(), "the installation's file");
}

#[test]
fn trap_15_the_same_file_on_two_people_is_two_files() {
    let app = TestApp::start();
    let program = program(&app);
    let before = sealed(&app);
    let (mine, theirs) = (add(&program), 1);
    let content = b"the very same bytes";
    attach(&program, mine, content);
    let other = attach(&program, theirs, content);
    assert_eq!(sealed(&app).difference(&before).count(), 2, "one file for two people could not go with one of them");
    erase(&app, mine);
    assert_eq!(sealed(&app).difference(&before).count(), 1);
    let path = other["content_url"].as_str().expect("an address");
    assert_eq!(program.get(path).expect(200).bytes, content);
}

#[test]
fn trap_20_a_copy_of_their_data_leaves_nothing_in_temporary_folders_and_goes_with_them() {
    let place = Place::new();
    let app = &place.app;
    let program = program(app);
    let before = sealed(app);
    let person = add(&program);
    attach(&program, person, b"for Isolde Farthingale");
    copy_of(app, &program, person);
    let left: Vec<_> =
        std::fs::read_dir(&place.folders()[0]).expect("the folder").flatten().map(|entry| entry.path()).collect();
    assert_eq!(left, Vec::<std::path::PathBuf>::new(), "left in the temporary folder");
    assert!(sealed(app).difference(&before).count() > 0);
    erase(app, person);
    let left: BTreeSet<_> = sealed(app).difference(&before).cloned().collect();
    assert_eq!(left, BTreeSet::new(), "the copy outlives the person");
}

/// The last row of a long import is about somebody who is erased while it runs.
#[test]
fn trap_21_an_import_that_runs_does_not_bring_them_back() {
    let app = TestApp::start();
    let program = program(&app);
    let person = add(&program);
    let mut rows = String::from("Given name,Family name,Email\n");
    for row in 0..3_000 {
        rows += &format!("Row,Number {row},row{row}@many.example\n");
    }
    rows += &format!("Isolde,Farthingale,{EMAIL}\n");
    let fields = [("object", "contact"), ("mode", "create")];
    let import = program.upload("/api/v1/imports", &fields, ("file", "people.csv", rows.as_bytes())).expect(201).json();
    let path = format!("/api/v1/imports/{}", id(&import));
    program.call("POST", &format!("{path}/run"), &json!({ "dry_run": false })).expect(202);
    let watch = Instant::now();
    let state = |wanted: &[&str]| loop {
        let found = program.get(&path).expect(200).json();
        if wanted.contains(&found["state"].as_str().unwrap_or_default()) && (wanted.len() > 1 || found["read"] != 0) {
            return found;
        }
        assert!(watch.elapsed() < Duration::from_secs(60), "{found}");
        std::thread::sleep(Duration::from_millis(10));
    };
    state(&["running"]);
    let certificate = erase(&app, person);
    let ended = state(&["done", "failed", "cancelled"]);
    assert_eq!(certificate["scan"]["clean"], true, "{certificate}");
    let found = program.get("/api/v1/contacts?q=farthingale").expect(200).json();
    assert_eq!(found["data"], json!([]), "{ended}");
    assert_eq!(bytes(&app, &[], &words()), Vec::<String>::new(), "{ended}");
}
