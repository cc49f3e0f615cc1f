//! Erasing somebody while legal holds keep a part: exactly that stays, and the release takes it on the old clock (trap 11).

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::canary::bytes;
use crate::people::attachments::attach;
use crate::people::{OWNER, id};
use crate::support::{Client, TestApp};

/// Waits until the erasure is in this state.
pub fn wait(app: &TestApp, program: &Client, erasure: i64, state: &str) -> Value {
    let waiting = Instant::now();
    loop {
        let found = program.get(&format!("/api/v1/erasures/{erasure}")).expect(200).json();
        if found["state"] == state {
            return found;
        }
        assert!(waiting.elapsed() < Duration::from_secs(60), "not {state}: {found}\n{}", app.server.log());
        std::thread::sleep(Duration::from_millis(50));
    }
}

pub fn place(program: &Client, mut hold: Value) -> Value {
    hold["reason"] = "A claim".into();
    program.call("POST", "/api/v1/legal-holds", &hold).expect(201).json()
}

pub fn release(program: &Client, hold: &Value) {
    let path = format!("/api/v1/legal-holds/{}/release", hold["id"]);
    program.call("POST", &path, &json!({ "reason": "Settled" })).expect(200);
}

/// Somebody with two notes, a file, and a note on another person that names them.
struct Somebody {
    name: String,
    email: String,
    contact: i64,
    notes: [i64; 2],
    file: i64,
    mention: i64,
}

impl Somebody {
    fn add(program: &Client, family_name: &str) -> Somebody {
        let (name, email) = (format!("Quillon {family_name}"), format!("{family_name}@canary.example").to_lowercase());
        let body = json!({ "given_name": "Quillon", "family_name": family_name, "emails": [{ "value": email }] });
        let contact = id(&program.call("POST", "/api/v1/contacts", &body).expect(201).json());
        let note = |on: i64, body: String| {
            let body = json!({ "on": { "type": "contact", "id": on }, "body": body });
            id(&program.call("POST", "/api/v1/notes", &body).expect(201).json())
        };
        let other = json!({ "given_name": "Ada", "family_name": format!("Overbrook of {}", family_name.len()) });
        let other = id(&program.call("POST", "/api/v1/contacts", &other).expect(201).json());
        Somebody {
            notes: [note(contact, format!("{name} signed")), note(contact, format!("{email} bounced"))],
            file: id(&attach(program, contact, &format!("{family_name}.txt"), b"the contract")),
            mention: note(other, format!("Knows {name}")),
            name,
            email,
            contact,
        }
    }

    fn erase(&self, program: &Client) -> i64 {
        id(&program.call("POST", "/api/v1/erasures", &json!({ "person": self.contact })).expect(201).json())
    }
}

/// Table, rows, whether they are others': what is held, in this order.
fn groups(held: &Value) -> Vec<(String, i64, bool)> {
    let rows = held.as_array().into_iter().flatten();
    let mut groups: Vec<_> = rows
        .map(|row| {
            let is_mention = row["is_mention"].as_bool().or(row["mentions"].as_bool()).unwrap_or(false);
            (row["table"].as_str().unwrap_or_default().to_owned(), row["rows"].as_i64().unwrap_or(0), is_mention)
        })
        .collect();
    groups.sort();
    groups
}

fn count(app: &TestApp, sql: &str) -> i64 {
    app.workspace("alpha").query_row(sql, [], |row| row.get(0)).expect("a count")
}

#[test]
fn trap_11_a_hold_on_one_note_keeps_that_note_and_the_release_takes_it_under_the_same_erasure() {
    let mut app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let who = Somebody::add(&program, "Vexworth");
    let hold = place(
        &program,
        json!({ "scope": "record", "on_type": "notes", "on_id": who.notes[0], "matter": "Quay 7",
            "ends_at": app.now().plus(400 * 86_400_000).rfc3339() }),
    );
    let dry = json!({ "person": who.contact, "dry_run": true });
    let plan = program.call("POST", "/api/v1/erasures", &dry).expect(201).json()["plan"].clone();
    assert_eq!(groups(&plan["held"]), [("notes".to_owned(), 1, false)], "{plan}");
    assert!(plan["held"][0]["until"].as_str().is_some() && plan["held"][0]["hold"] == hold["id"], "{plan}");
    let goes = plan["goes"].as_array().expect("a list");
    let goes = |table: &str| goes.iter().find(|row| row["table"] == table).cloned().unwrap_or_default();
    assert_eq!(
        (goes("notes")["rows"].as_i64(), goes("contacts")["emptied"].as_bool()),
        (Some(1), Some(true)),
        "{plan}"
    );
    let owner = app.session_of(OWNER);
    let page = owner.get(&format!("/w/alpha/privacy/erasures/new?person={}", who.contact)).expect(200).text();
    assert!(page.contains("What a legal hold keeps") && page.contains("Quay 7"), "{page}");

    let erasure = who.erase(&program);
    let held = wait(&app, &program, erasure, "held");
    assert_eq!(groups(&held["held"]), [("notes".to_owned(), 1, false)], "{held}");
    let first = held["certificate"]["certificate"].clone();
    assert_eq!((&first["is_complete"], &first["scan"]["clean"]), (&json!(false), &json!(true)), "{first}");
    assert_eq!(groups(&first["held"]), [("notes".to_owned(), 1, false)], "{first}");
    assert!(first["held"][0]["ground"].as_str().is_some_and(|ground| ground.contains("17(3)(e)")), "{first}");
    assert!(!first.to_string().contains("Quay 7") && !first.to_string().contains("Vexworth"), "{first}");
    // What is held stays word for word, on a record that names nobody; everything else is gone.
    let person = program.get(&format!("/api/v1/contacts/{}", who.contact)).expect(200).json();
    assert_eq!((&person["display_name"], &person["emails"]), (&json!("[erased]"), &json!([])), "{person}");
    let notes = format!("SELECT count(*) FROM notes WHERE on_type = 'contact' AND on_id = {}", who.contact);
    assert_eq!(count(&app, &notes), 1);
    assert_eq!(
        program.get(&format!("/api/v1/notes/{}", who.notes[0])).expect(200).json()["body"],
        "Quillon Vexworth signed"
    );
    let history = owner.get(&format!("/w/alpha/people/contacts/{}", who.contact)).expect(200).text();
    assert!(history.contains("Quillon Vexworth signed") && !history.contains("bounced"), "{history}");
    assert_eq!(count(&app, &format!("SELECT count(*) FROM attachments WHERE id = {}", who.file)), 0);
    assert_eq!(program.get(&format!("/api/v1/notes/{}", who.mention)).expect(200).json()["body"], "Knows [erased]");
    assert_eq!(count(&app, "SELECT count(*) FROM audit WHERE personal LIKE '%vexworth%'"), 0);
    let page = owner.get(&format!("/w/alpha/privacy/erasures/{erasure}")).expect(200).text();
    assert!(page.contains("Finished, but for what legal holds keep") && page.contains("Quay 7"), "{page}");
    // Nobody asks twice, and nothing happens while the hold is in force.
    program.call("POST", "/api/v1/erasures", &json!({ "person": who.contact })).expect(409);
    app.run_job("privacy.erasures.finish", "alpha");
    assert_eq!(
        program.get(&format!("/api/v1/erasures/{erasure}")).expect(200).json()["certificates"].as_array().map(Vec::len),
        Some(1)
    );

    release(&program, &hold);
    let done = wait(&app, &program, erasure, "done");
    assert_eq!((&done["id"], &done["asked_at"]), (&held["id"], &held["asked_at"]), "the old clock");
    assert_eq!(count(&app, "SELECT count(*) FROM erasures"), 1);
    let certificates = done["certificates"].as_array().expect("both");
    assert_eq!(certificates.len(), 2);
    let second = &certificates[1]["certificate"];
    assert_eq!(
        (&second["is_complete"], &second["round"], &second["scan"]["clean"]),
        (&json!(true), &json!(2), &json!(true))
    );
    let done_now = second["done"].as_array().expect("a list");
    assert!(done_now.iter().any(|row| row["table"] == "notes" && row["rows"] == 1), "{second}");
    assert!(done_now.iter().all(|row| row["table"] != "attachments"), "only what really went: {second}");
    let page = owner.get(&format!("/w/alpha/privacy/erasures/{erasure}")).expect(200).text();
    assert!(page.contains("certificate?number=1") && page.contains("certificate?number=2"), "{page}");
    owner.get(&format!("/w/alpha/privacy/erasures/{erasure}/certificate?number=1")).expect(200);
    owner.get(&format!("/w/alpha/privacy/erasures/{erasure}/certificate?number=3")).expect(404);
    program.get(&format!("/api/v1/contacts/{}", who.contact)).expect(404);
    assert!(app.command(&["audit", "verify", "--all"]).status.success());
    app.server.kill();
    assert_eq!(bytes(&app, &[], &[who.name, who.email]), Vec::<String>::new());
}

/// Each scope in its turn, on somebody else each time.
#[test]
fn trap_11_every_scope_of_a_hold_keeps_what_it_covers_and_nothing_is_left_after_its_release() {
    let mut app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let note = |rows: i64, is_mention: bool| ("notes".to_owned(), rows, is_mention);
    let mut wanted = Vec::new();
    for scope in ["file", "mention", "category", "person", "workspace"] {
        let who = Somebody::add(&program, &format!("Vex{scope}worth"));
        let mut hold = match scope {
            "file" => json!({ "scope": "record", "on_type": "attachments", "on_id": who.file }),
            "mention" => json!({ "scope": "record", "on_type": "notes", "on_id": who.mention }),
            "category" => json!({ "scope": "category", "category": "notes" }),
            "person" => json!({ "scope": "person", "on_type": "contact", "on_id": who.contact }),
            _ => json!({ "scope": "workspace" }),
        };
        hold["matter"] = scope.into();
        let hold = place(&program, hold);
        let erasure = who.erase(&program);
        let held = wait(&app, &program, erasure, "held");
        let kept = groups(&held["held"]);
        let body = |note: i64| program.get(&format!("/api/v1/notes/{note}")).json()["body"].clone();
        let redacted = json!("Knows [erased]");
        match scope {
            "file" => {
                assert_eq!(kept, [("attachments".to_owned(), 1, false)]);
                assert_eq!(body(who.mention), redacted);
                let content = program.get(&format!("/api/v1/attachments/{}/content", who.file)).expect(200);
                assert_eq!(content.bytes, b"the contract");
            }
            "mention" => {
                assert_eq!(kept, [note(1, true)]);
                assert_eq!(body(who.mention), format!("Knows {}", who.name));
                program.get(&format!("/api/v1/contacts/{}", who.contact)).expect(404);
            }
            "category" => {
                assert_eq!(kept, [note(1, true), note(2, false)]);
                assert_eq!(body(who.notes[1]), format!("{} bounced", who.email));
            }
            "person" => {
                assert!(
                    kept.contains(&("contacts".to_owned(), 1, false)) && kept.contains(&note(2, false)),
                    "{kept:?}"
                );
                assert_eq!(body(who.mention), redacted);
                let person = program.get(&format!("/api/v1/contacts/{}", who.contact)).expect(200).json();
                assert_eq!(person["display_name"], who.name);
            }
            _ => {
                assert_eq!(held["certificate"], Value::Null, "nothing went: {held}");
                assert_eq!(body(who.mention), format!("Knows {}", who.name));
            }
        }
        release(&program, &hold);
        let done = wait(&app, &program, erasure, "done");
        assert_eq!(done["certificate"]["certificate"]["scan"]["clean"], true, "{scope}: {done}");
        assert_eq!(body(who.mention), redacted, "{scope}");
        program.get(&format!("/api/v1/contacts/{}", who.contact)).expect(404);
        wanted.extend([who.name, who.email]);
    }
    app.server.kill();
    assert_eq!(bytes(&app, &[], &wanted), Vec::<String>::new());
}

/// What an erasure leaves of consents is the proof without the person; a file that waits and names them goes.
#[test]
fn consents_lose_what_names_them_and_waiting_files_that_name_them_go() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let who = Somebody::add(&program, "Vexworth");
    let consent = json!({ "on": { "type": "contact", "id": who.contact }, "purpose": "newsletter", "action": "grant",
        "method": "form", "address": "192.0.2.77", "evidence": "Card of Quillon Vexworth" });
    program.call("POST", "/api/v1/consents", &consent).expect(201);
    let import = |file: &str| {
        let fields = [("object", "contact"), ("mode", "create")];
        id(&program.upload("/api/v1/imports", &fields, ("file", "people.csv", file.as_bytes())).expect(201).json())
    };
    let naming = import(&format!("Name;Email\r\nSomebody;{}\r\n", who.email.to_uppercase()));
    let other = import("Name;Email\r\nAda;ada@overbrook.example\r\n");
    let has_file =
        |import: i64| count(&app, &format!("SELECT count(*) FROM imports WHERE id = {import} AND file IS NOT NULL"));
    assert_eq!((has_file(naming), has_file(other)), (1, 1));
    let done = wait(&app, &program, who.erase(&program), "done");
    assert_eq!(done["certificate"]["certificate"]["scan"]["clean"], true, "{done}");
    assert_eq!((has_file(naming), has_file(other)), (0, 1));
    let kept = "SELECT count(*) FROM consent_events WHERE action = 'grant'";
    let emptied = "AND ifnull(address, '') = '' AND ifnull(evidence, '') = '' AND ifnull(user_agent, '') = ''";
    assert_eq!(count(&app, &format!("{kept} AND on_type = 'contact' AND on_id = {} {emptied}", who.contact)), 1);
}
