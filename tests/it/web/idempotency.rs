//! `Idempotency-Key` on every POST of the workspace's API: the same request happens once and is answered alike,
//! another one with the same key is refused (interfaces.md).

use holdfast::modules;
use holdfast::web::{Access, Method, Route};
use serde_json::{Value, json};

use super::name;
use crate::support::{Answer, Ask, Client, TestApp};
use crate::tidy::none;

const OWNER: &str = "owner@alpha.example";

/// What is sent to a route: something that works, and something else.
pub(super) struct Sample {
    path: String,
    first: Sent,
    other: Sent,
}

pub(super) enum Sent {
    Json(Value),
    /// Fields, and the content of a file.
    File(Vec<(&'static str, String)>, &'static [u8]),
    /// No body: the address says it all. Another request is one to another address.
    Nothing(String),
}

pub(super) fn json_sample(path: &str, first: Value, other: Value) -> Sample {
    Sample { path: path.into(), first: Sent::Json(first), other: Sent::Json(other) }
}

/// A request that the route answers with success. A new POST needs a row here.
fn sample(route: &Route, program: &Client) -> Option<Sample> {
    let one = |path: &str, key: &str, value: &str, other: &str| {
        Some(json_sample(path, json!({ key: value }), json!({ key: other })))
    };
    match route.path {
        path @ "/api/v1/contacts" => one(path, "given_name", "Only", "Another"),
        path @ "/api/v1/companies" => one(path, "name", "Only Works", "Another Works"),
        path @ "/api/v1/views" => {
            let view = |name: &str| json!({ "object": "contact", "name": name });
            Some(json_sample(path, view("Only"), view("Another")))
        }
        path @ "/api/v1/tags" => one(path, "name", "Only", "Another"),
        path @ "/api/v1/notes" => {
            let note = |body: &str| json!({ "on": { "type": "contact", "id": 1 }, "body": body });
            Some(json_sample(path, note("Once."), note("Twice.")))
        }
        path @ "/api/v1/invitations" => {
            let roles = program.get("/api/v1/roles").expect(200).json();
            let viewer = roles["data"].as_array()?.iter().find(|role| role["key"] == "viewer")?["id"].clone();
            let invitation = |email: &str| json!({ "email": email, "role": viewer });
            Some(json_sample(path, invitation("once@new.example"), invitation("twice@new.example")))
        }
        path @ "/api/v1/access-packages" => {
            let of = |id: i64| json!({ "person": { "type": "contact", "id": id } });
            Some(json_sample(path, of(1), of(2)))
        }
        path @ "/api/v1/workspace-exports" => Some(nothing(path.to_owned())),
        "/api/v1/workspace-exports/{id}/removal" => {
            let list = program.get("/api/v1/workspace-exports").expect(200).json();
            Some(nothing(format!("/api/v1/workspace-exports/{}/removal", list["data"][0]["id"])))
        }
        path @ "/api/v1/exports" => Some(json_sample(
            path,
            json!({ "object": "contact", "format": "csv" }),
            json!({ "object": "contact", "format": "json" }),
        )),
        path @ "/api/v1/custom-fields" => {
            let field = |label: &str| json!({ "object": "contact", "label": label, "kind": "text", "personal": false });
            Some(json_sample(path, field("Berth"), field("Mooring")))
        }
        path @ "/api/v1/imports" => {
            let fields = vec![("object", "contact".to_owned()), ("mode", "create".to_owned())];
            Some(Sample {
                path: path.into(),
                first: Sent::File(fields.clone(), b"given_name\nPast\n"),
                other: Sent::File(fields, b"given_name\nFuture\n"),
            })
        }
        path @ "/api/v1/attachments" => {
            let fields = vec![("on", "contact:1".to_owned())];
            Some(Sample {
                path: path.into(),
                first: Sent::File(fields.clone(), b"a letter"),
                other: Sent::File(fields, b"another one"),
            })
        }
        "/api/v1/imports/{id}/run" => {
            let path = format!("/api/v1/imports/{}/run", import(program));
            Some(json_sample(&path, json!({ "dry_run": false }), json!({ "dry_run": true })))
        }
        "/api/v1/imports/{id}/values" => {
            let path = format!("/api/v1/imports/{}/values", checked(program));
            Some(json_sample(&path, json!({ "values": {} }), json!({ "values": { "given_name": {} } })))
        }
        "/api/v1/imports/{id}/resembling" => {
            let path = format!("/api/v1/imports/{}/resembling", checked(program));
            Some(json_sample(&path, json!({ "all": "skip" }), json!({ "all": "create" })))
        }
        "/api/v1/imports/{id}/cancellation" => {
            let path = |id: i64| format!("/api/v1/imports/{id}/cancellation");
            let (first, other) = (path(import(program)), path(import(program)));
            Some(Sample { path: first.clone(), first: Sent::Nothing(first), other: Sent::Nothing(other) })
        }
        "/api/v1/imports/{id}/undo" => {
            let written = || {
                let id = import(program);
                let path = format!("/api/v1/imports/{id}");
                program.call("POST", &format!("{path}/run"), &json!({ "dry_run": false })).expect(202);
                until(|| (program.get(&path).expect(200).json()["state"] == "done").then_some(()));
                format!("{path}/undo")
            };
            let (first, other) = (written(), written());
            Some(Sample { path: first.clone(), first: Sent::Nothing(first), other: Sent::Nothing(other) })
        }
        "/api/v1/changes/{id}/undo" => {
            let merged = || {
                let address = format!("/api/v1/contacts/{}/merge", made(program, "Stays"));
                let answer = program.call("POST", &address, &json!({ "other": made(program, "Goes") }));
                format!("/api/v1/changes/{}/undo", answer.expect(200).json()["change"])
            };
            let (first, other) = (merged(), merged());
            assert_ne!(first, other);
            Some(Sample { path: first.clone(), first: Sent::Nothing(first), other: Sent::Nothing(other) })
        }
        "/api/v1/trash/{id}/restore" => {
            let deleted = |name: &str| {
                program.send(Ask::new("DELETE", &format!("/api/v1/contacts/{}", made(program, name)))).expect(204);
                let trash = program.get("/api/v1/trash").expect(200).json();
                let found = trash["data"].as_array()?.iter().find(|one| one["name"] == name)?["id"].clone();
                Some(format!("/api/v1/trash/{found}/restore"))
            };
            let (first, other) = (deleted("Gone")?, deleted("Lost")?);
            Some(Sample { path: first.clone(), first: Sent::Nothing(first), other: Sent::Nothing(other) })
        }
        "/api/v1/tags/{id}/merge" => {
            let made = |name: &str| {
                program.call("POST", "/api/v1/tags", &json!({ "name": name })).expect(201).json()["id"].clone()
            };
            let path = format!("/api/v1/tags/{}/merge", made("Goes"));
            let into = |name: &str| json!({ "version": 1, "into": made(name) });
            Some(json_sample(&path, into("Stays"), into("Waits")))
        }
        "/api/v1/contacts/{id}/merge" | "/api/v1/companies/{id}/merge" => {
            let collection = route.path.trim_end_matches("/{id}/merge");
            let key = if collection.ends_with("contacts") { "given_name" } else { "name" };
            let made =
                |name: &str| program.call("POST", collection, &json!({ key: name })).expect(201).json()["id"].clone();
            let path = format!("{collection}/{}/merge", made("Stays"));
            Some(json_sample(&path, json!({ "other": made("Goes") }), json!({ "other": made("Waits") })))
        }
        path @ "/api/v1/bulk-edits" => {
            let edit =
                |tag: &str| json!({ "object": "contact", "action": "tag", "value": tag, "ids": [made(program, tag)] });
            Some(json_sample(path, edit("Once"), edit("Twice")))
        }
        "/api/v1/bulk-edits/{id}/cancel" => {
            // Large enough to be under way when it is told to stop.
            let rows: String = (0..5_000).map(|row| format!("Bulk{row}\n")).collect();
            let fields = [("object", "contact"), ("mode", "create")];
            let file = format!("given_name\n{rows}");
            let upload = program.upload("/api/v1/imports", &fields, ("file", "many.csv", file.as_bytes()));
            let import = upload.expect(201).json()["id"].clone();
            program.call("POST", &format!("/api/v1/imports/{import}/run"), &json!({ "dry_run": false })).expect(202);
            let state = || program.get(&format!("/api/v1/imports/{import}")).expect(200).json()["state"] == "done";
            until(|| state().then_some(()));
            let running = |tag: &str| {
                let edit = json!({ "object": "contact", "action": "tag", "value": tag, "filter": "" });
                let id = program.call("POST", "/api/v1/bulk-edits", &edit).expect(202).json()["id"].clone();
                format!("/api/v1/bulk-edits/{id}/cancel")
            };
            let (first, other) = (running("Under way"), running("Waiting"));
            Some(Sample { path: first.clone(), first: Sent::Nothing(first), other: Sent::Nothing(other) })
        }
        path @ "/api/v1/legal-holds" => {
            let hold = |matter: &str| json!({ "scope": "category", "category": "notes", "matter": matter, "reason": "A claim" });
            Some(json_sample(path, hold("Once"), hold("Twice")))
        }
        "/api/v1/legal-holds/{id}/release" => {
            let hold = json!({ "scope": "category", "category": "notes", "matter": "Ends", "reason": "A claim" });
            let id = program.call("POST", "/api/v1/legal-holds", &hold).expect(201).json()["id"].clone();
            let path = format!("/api/v1/legal-holds/{id}/release");
            Some(json_sample(&path, json!({ "reason": "Settled" }), json!({ "reason": "Dropped" })))
        }
        path @ ("/api/v1/backups" | "/api/v1/outbound-hold/release") => Some(nothing(path.to_owned())),
        path @ "/api/v1/restores" => {
            program.send(Ask::new("POST", "/api/v1/backups")).expect(202);
            let copy = until(|| {
                let copies = program.get("/api/v1/backups").expect(200).json();
                copies["data"].as_array()?.last()?["at"].as_str().map(str::to_owned)
            });
            let restore = |slug: &str| json!({ "into": "new", "until": copy, "name": slug, "slug": slug });
            Some(json_sample(path, restore("once"), restore("twice")))
        }
        path @ "/api/v1/retention-runs" => Some(nothing(path.to_owned())),
        path @ "/api/v1/duplicates/search" => Some(nothing(path.to_owned())),
        "/api/v1/duplicates/{id}/dismissal" => {
            for _ in 0..2 {
                program
                    .call("POST", "/api/v1/contacts", &json!({ "given_name": "Twin", "family_name": "Mooring" }))
                    .expect(201);
            }
            program.send(Ask::new("POST", "/api/v1/duplicates/search")).expect(202);
            let pair = until(|| program.get("/api/v1/duplicates").expect(200).json()["data"][0]["id"].as_i64());
            Some(nothing(format!("/api/v1/duplicates/{pair}/dismissal")))
        }
        path @ "/api/v1/subject-requests" => {
            let asked = |words: &str| json!({ "kind": "access", "name": "Only", "words": words });
            Some(json_sample(path, asked("Once."), asked("Twice.")))
        }
        path if path.starts_with("/api/v1/subject-requests/{id}/") => super::requested::sample(program, path),
        path @ "/api/v1/notifications/read" => Some(nothing(path.to_owned())),
        path @ "/api/v1/purposes" => {
            let purpose =
                |title: &str| json!({ "title": title, "description": "x", "basis": "contract", "wording": "x" });
            Some(json_sample(path, purpose("Berths"), purpose("Moorings")))
        }
        path @ "/api/v1/consents" => {
            let no = |action: &str| json!({ "on": { "type": "contact", "id": 1 }, "purpose": "newsletter", "action": action });
            Some(json_sample(path, no("withdraw"), no("object")))
        }
        path @ "/api/v1/erasures" => {
            let one = |name: &str| json!({ "person": made(program, name) });
            Some(json_sample(path, one("Gone"), one("Gone too")))
        }
        path @ "/api/v1/restrictions" => {
            let one = |name: &str| restriction(made(program, name));
            Some(json_sample(path, one("Kept"), one("Held")))
        }
        "/api/v1/restrictions/{id}/lifting" => {
            let path = format!("{}/lifting", restricted(program, "Kept"));
            Some(json_sample(&path, json!({ "reason": "Once" }), json!({ "reason": "Twice" })))
        }
        "/api/v1/restrictions/{id}/notice" => {
            let path = restricted(program, "Told");
            program.call("POST", &format!("{path}/lifting"), &json!({ "reason": "Mended" })).expect(200);
            let told = |method: &str| json!({ "method": method, "reference": "x" });
            Some(json_sample(&format!("{path}/notice"), told("phone"), told("letter")))
        }
        _ => None,
    }
}

/// A request that its address says all of; another one is one to another address.
fn nothing(path: String) -> Sample {
    let other =
        if path.ends_with("/notifications/read") { "/api/v1/duplicates/search" } else { "/api/v1/notifications/read" };
    Sample { first: Sent::Nothing(path.clone()), other: Sent::Nothing(other.into()), path }
}

fn until<T>(look: impl Fn() -> Option<T>) -> T {
    for _ in 0..600 {
        if let Some(found) = look() {
            return found;
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    panic!("nothing came of it");
}

/// A fresh import that waits.
fn import(program: &Client) -> i64 {
    let fields = [("object", "contact"), ("mode", "create")];
    let answer = program.upload("/api/v1/imports", &fields, ("file", "one.csv", b"given_name\nNever\n"));
    answer.expect(201).json()["id"].as_i64().expect("an id")
}

/// An import whose file was checked.
fn checked(program: &Client) -> i64 {
    let id = import(program);
    let path = format!("/api/v1/imports/{id}");
    program.call("POST", &format!("{path}/run"), &json!({ "dry_run": true })).expect(202);
    until(|| (program.get(&path).expect(200).json()["state"] == "checked").then_some(()));
    id
}

/// The id of a fresh contact.
pub(super) fn made(program: &Client, name: &str) -> i64 {
    let answer = program.call("POST", "/api/v1/contacts", &json!({ "given_name": name }));
    answer.expect(201).json()["id"].as_i64().expect("an id")
}

fn restriction(contact: i64) -> Value {
    json!({ "on": { "type": "contact", "id": contact }, "ground": "accuracy", "reason": "Wrong" })
}

/// The address of the restriction of a fresh contact.
fn restricted(program: &Client, name: &str) -> String {
    let answer = program.call("POST", "/api/v1/restrictions", &restriction(made(program, name)));
    format!("/api/v1/restrictions/{}", answer.expect(201).json()["id"])
}

fn send(program: &Client, path: &str, key: &str, sent: &Sent) -> Answer {
    let path = if let Sent::Nothing(address) = sent { address } else { path };
    let ask = Ask::new("POST", path).header("idempotency-key", key);
    program.send(match sent {
        Sent::Json(value) => ask.json(value),
        Sent::File(fields, content) => {
            let fields: Vec<(String, String)> =
                fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
            ask.multipart(&fields, ("file", "file.csv", content))
        }
        Sent::Nothing(_) => ask,
    })
}

/// What programs did: every change leaves an entry in one of the two logs.
fn done_by_programs(app: &TestApp) -> i64 {
    let sql = "SELECT count(*) FROM audit WHERE actor LIKE 'token:%'";
    [app.workspace("alpha"), app.control()]
        .iter()
        .map(|file| file.query_row(sql, [], |row| row.get::<_, i64>(0)).expect("a count"))
        .sum()
}

fn posts() -> impl Iterator<Item = &'static Route> {
    let is_post = |route: &&Route| route.is_api() && route.method == Method::Post;
    modules::routes().filter(is_post).filter(|route| matches!(route.access, Access::Member | Access::May(_)))
}

/// Marks, and work asked of a job, leave no entry of the program's. Their answer is kept all the same.
/// A release leaves one only when something was held, which takes a restore that ends the program's token.
const WITHOUT_ENTRY: &[&str] =
    &["/api/v1/notifications/read", "/api/v1/duplicates/search", "/api/v1/outbound-hold/release"];
/// Needs a notification, which only another member's mention makes; the route shares its code with the one above.
const ELSEWHERE: &[&str] = &["/api/v1/notifications/{id}/read"];

#[test]
fn every_post_happens_once_for_its_key() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let mut broken = Vec::new();
    let mut keys = 0;
    for route in posts().filter(|route| !ELSEWHERE.contains(&route.path)) {
        let Some(Sample { path, first, other }) = sample(route, &program) else {
            broken.push(format!("{}: give it a sample", name(route)));
            continue;
        };
        keys += 1;
        let key = format!("a key of its own {keys}");
        let before = done_by_programs(&app);
        let once = send(&program, &path, &key, &first);
        if !(200..300).contains(&once.status) {
            broken.push(format!("{}: the sample was answered {} {}", name(route), once.status, once.text()));
            continue;
        }
        let after = done_by_programs(&app);
        if after == before && !WITHOUT_ENTRY.contains(&route.path) {
            broken.push(format!("{}: it left no entry, so nothing is proven", name(route)));
        }
        let again = send(&program, &path, &key, &first);
        let alike =
            |answer: &Answer| (answer.status, answer.bytes.clone(), answer.header("location").map(str::to_owned));
        if alike(&again) != alike(&once) || again.header("idempotent-replayed") != Some("true") {
            broken.push(format!("{}: again it was answered {} {}", name(route), again.status, again.text()));
        }
        let refused = send(&program, &path, &key, &other);
        if refused.status != 409 {
            broken.push(format!("{}: another request with the key was answered {}", name(route), refused.status));
        }
        if done_by_programs(&app) != after {
            broken.push(format!("{}: it happened more than once", name(route)));
        }
    }
    none("The same POST with the same key must happen once:", &broken);
    assert!(keys > 5);
}

#[test]
fn one_key_means_one_thing_wherever_its_effect_is_kept() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let send =
        |path: &str, body: &Value| program.send(Ask::new("POST", path).header("idempotency-key", "shared").json(body));
    send("/api/v1/tags", &json!({ "name": "First" })).expect(201);
    send("/api/v1/invitations", &json!({ "email": "late@new.example", "role": 1 })).expect(409);
    let waiting: i64 = app
        .control()
        .query_row("SELECT count(*) FROM invitations WHERE email = 'late@new.example'", [], |row| row.get(0))
        .expect("a count");
    assert_eq!(waiting, 0);
}

#[test]
fn a_key_that_cannot_be_understood_is_refused() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let body = json!({ "name": "Never made" });
    let ask = || Ask::new("POST", "/api/v1/tags").json(&body);
    program.send(ask().header("idempotency-key", "")).expect(400);
    program.send(ask().header("idempotency-key", "x".repeat(256))).expect(400);
    program.send(ask().header("idempotency-key", "one").header("idempotency-key", "two")).expect(400);
    program.send(ask().header("idempotency-key", "x".repeat(255))).expect(201);
}
