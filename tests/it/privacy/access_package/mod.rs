//! The copy of all that is held of a person: complete, only theirs, handed out once, gone after seven days.

mod complete;
mod readable;
mod schema;

use std::collections::BTreeMap;
use std::io::{Cursor, Read};

use serde_json::{Value, json};

use crate::support::{Ask, Client, TestApp, fixture};

const OWNER: &str = "owner@alpha.example";
const DAY: i64 = 24 * 3_600;

/// Asks for the copy of a contact, has it made, and gives its id.
pub fn made(app: &TestApp, program: &Client, contact: i64) -> i64 {
    let body = json!({ "person": { "type": "contact", "id": contact } });
    let asked = program.call("POST", "/api/v1/access-packages", &body).expect(202);
    let id = asked.json()["id"].as_i64().expect("an id");
    assert_eq!(asked.header("location"), Some(format!("/api/v1/access-packages/{id}").as_str()));
    for _ in 0..200 {
        let package = program.get(&format!("/api/v1/access-packages/{id}")).expect(200).json();
        if package["state"] != "building" {
            assert_eq!(package["state"], "ready", "{package}\n{}", app.server.log());
            return id;
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    panic!("the copy was not made:\n{}", app.server.log());
}

/// Every file of a package.
fn unpacked(bytes: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).expect("a ZIP");
    let mut files = BTreeMap::new();
    for place in 0..zip.len() {
        let mut file = zip.by_index(place).expect("a file");
        let name = file.name().expect("a name").into_owned();
        let mut content = Vec::new();
        file.read_to_end(&mut content).expect("its content");
        files.insert(name, content);
    }
    files
}

/// The copy of a contact, made and taken by a program.
pub fn copy_of(app: &TestApp, program: &Client, contact: i64) -> BTreeMap<String, Vec<u8>> {
    let id = made(app, program, contact);
    let file = program.get(&format!("/api/v1/access-packages/{id}/file")).expect(200);
    assert_eq!(file.header("content-type"), Some("application/zip"));
    unpacked(&file.bytes)
}

fn json_of(files: &BTreeMap<String, Vec<u8>>, name: &str) -> Value {
    serde_json::from_slice(&files[name]).unwrap_or_else(|error| panic!("{name}: {error}"))
}

pub fn text_of(files: &BTreeMap<String, Vec<u8>>, name: &str) -> String {
    String::from_utf8(files[name].clone()).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[test]
fn a_copy_holds_what_the_law_asks_for() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let files = copy_of(&app, &program, 1);
    for name in ["index.html", "style.css", "data.json", "data.schema.json", "processing.json", "tables/notes.csv"] {
        assert!(files.contains_key(name), "{name} is missing: {:?}", files.keys());
    }
    let data = json_of(&files, "data.json");
    assert_eq!(data["person"]["name"], "Quill Marram 1");
    assert_eq!(data["tables"]["notes"]["items"][0]["values"]["body"], "Met at the alpha pier.");
    assert_eq!(data["tables"]["notes"]["items"][0]["values"]["written_by"], "Owner");
    assert_eq!(data["tables"]["contact_tags"]["items"][0]["values"]["tag"], "alpha-friends");
    assert_eq!(data["tables"]["contacts"]["items"][0]["values"]["company"], "alpha Works 1");
    let processing = json_of(&files, "processing.json");
    assert!(processing["automated_decisions"].as_str().is_some_and(|words| words.starts_with("None")));
    assert_eq!(processing["rights"].as_array().map(Vec::len), Some(7));
    for purpose in processing["processing"].as_array().expect("purposes") {
        for key in ["purpose", "lawful_basis", "retention", "erasure"] {
            assert!(purpose[key].as_str().is_some_and(|words| !words.is_empty()), "{key}: {purpose}");
        }
        assert!(purpose["recipients"].as_array().is_some_and(|some| !some.is_empty()), "{purpose}");
    }
    let page = text_of(&files, "index.html");
    assert!(page.contains("Met at the alpha pier.") && page.contains("Art. 17"), "{page}");
    assert!(!page.contains("<script") && !page.contains("http://") && !page.contains("style=\""), "{page}");
}

#[test]
fn others_are_masked_and_counted() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let body = "Quill Marram 1 came with Quill Marram 2 (quill2@alpha.example, +441632960002). \
                Call quill1@alpha.example, not owner@alpha.example or stranger@elsewhere.example. Order 20261121.";
    let note = json!({ "on": { "type": "contact", "id": 1 }, "body": body });
    program.call("POST", "/api/v1/notes", &note).expect(201);
    let other = json!({ "given_name": "Anselm", "family_name": "Korvath" });
    program.call("POST", "/api/v1/contacts", &other).expect(201);
    let note = json!({ "on": { "type": "contact", "id": 1 }, "body": "Ask anselm korvath, or @owner." });
    program.call("POST", "/api/v1/notes", &note).expect(201);
    let files = copy_of(&app, &program, 1);
    let data = json_of(&files, "data.json");
    let notes: Vec<String> = data["tables"]["notes"]["items"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|item| item["values"]["body"].as_str().map(str::to_owned))
        .collect();
    let all = notes.join("\n");
    for gone in ["quill2@", "2960002", "owner@alpha", "stranger@", "anselm", "korvath"] {
        assert!(!all.to_lowercase().contains(gone), "{gone} is still there: {all}");
        assert!(!text_of(&files, "index.html").to_lowercase().contains(gone), "{gone} is in the page");
    }
    for kept in ["quill1@alpha.example", "[another person's email address]", "[another person's phone number]"] {
        assert!(all.contains(kept), "{kept} is missing: {all}");
    }
    assert!(all.contains("Order 20261121") && all.contains("[Owner]") && all.contains("[another person]"), "{all}");
    let redacted = &data["redacted"];
    assert_eq!(redacted["email_addresses"], 2, "{redacted}: {all}");
    assert_eq!(redacted["phone_numbers"], 1, "{redacted}");
    assert!(redacted["people"].as_i64().is_some_and(|count| count >= 1), "{redacted}");
}

#[test]
fn a_link_works_once_and_says_so_and_is_gone_after_seven_days() {
    let app = TestApp::start();
    let (page, program) = (app.session_of(OWNER), app.program_of(OWNER, "alpha"));
    let id = made(&app, &program, 1);
    let given = page.submit(&format!("/w/alpha/privacy/packages/{id}/link"), &[]).expect(200).text();
    let (_, after) = given.split_once("/p/alpha/packages/").expect("the link is shown");
    let token: String = after.chars().take_while(char::is_ascii_alphanumeric).collect();
    let link = format!("/p/alpha/packages/{token}");
    let person = app.stranger();
    // A program that follows links in mails takes nothing.
    assert!(person.get(&link).expect(200).text().contains("Download my data"));
    assert!(person.get(&link).expect(200).text().contains("Download my data"));
    let file = person.submit(&link, &[]).expect(200);
    assert!(unpacked(&file.bytes).contains_key("index.html"));
    for answer in [person.get(&link), person.submit(&link, &[])] {
        assert!(answer.expect(410).text().contains("This link was used"));
    }
    let refused = program.get(&format!("/api/v1/access-packages/{id}/file")).expect(409).text();
    assert!(refused.contains("downloaded before"), "{refused}");
    // A new link is another way in; the old one opens nothing.
    page.submit(&format!("/w/alpha/privacy/packages/{id}/link"), &[]).expect(200);
    person.get(&link).expect(404);
    person.get("/p/beta/packages/0").expect(404);
    app.advance(7 * DAY + 60);
    let late = app.program_of(OWNER, "alpha");
    assert_eq!(late.get(&format!("/api/v1/access-packages/{id}")).expect(200).json()["state"], "expired");
    late.get(&format!("/api/v1/access-packages/{id}/file")).expect(409);
    app.run_job("privacy.access_packages.forget", "alpha");
    let folder = app.data().join("workspaces").join(fixture::workspace_id(&app.control(), "alpha").to_string());
    let left = walk(&folder.join("packages"));
    assert_eq!(left, Vec::<std::path::PathBuf>::new(), "the sealed file stayed");
}

fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.path().is_dir() {
            found.extend(walk(&entry.path()));
        } else {
            found.push(entry.path());
        }
    }
    found
}

#[test]
fn a_damaged_file_is_listed_and_the_others_come_along() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let attach = |name: &str, content: &[u8]| {
        let file = program.upload("/api/v1/attachments", &[("on", "contact:1")], ("file", name, content));
        file.expect(201).json()["id"].as_i64().expect("an id")
    };
    let (good, bad) = (attach("good.txt", b"a letter"), attach("bad.txt", b"another letter"));
    let object: String = app
        .workspace("alpha")
        .query_row("SELECT lower(hex(object)) FROM attachments WHERE id = ?1", [bad], |row| row.get(0))
        .expect("a file");
    let id = fixture::workspace_id(&app.control(), "alpha");
    let path = app.data().join("workspaces").join(id.to_string()).join("blobs").join(&object[..2]).join(&object);
    let mut sealed = std::fs::read(&path).expect("the sealed file");
    let last = sealed.len() - 1;
    sealed[last] ^= 1;
    std::fs::write(&path, sealed).expect("it is damaged");
    let package = made(&app, &program, 1);
    let state = program.get(&format!("/api/v1/access-packages/{package}")).expect(200).json();
    assert_eq!((state["files"].as_i64(), state["damaged"].as_i64()), (Some(1), Some(1)), "{state}");
    let file = program.get(&format!("/api/v1/access-packages/{package}/file")).expect(200);
    let files = unpacked(&file.bytes);
    assert_eq!(files[&format!("attachments/{good}-good.txt")], b"a letter");
    assert!(!files.contains_key(&format!("attachments/{bad}-bad.txt")));
    let data = json_of(&files, "data.json");
    let listed: Vec<&Value> =
        data["files"].as_array().into_iter().flatten().filter(|file| !file["damaged"].is_null()).collect();
    assert_eq!(listed.len(), 1, "{data}");
    assert_eq!(listed[0]["path"], format!("attachments/{bad}-bad.txt"));
    assert!(text_of(&files, "index.html").contains("bad.txt"));
}

#[test]
fn a_file_that_lies_in_the_trash_comes_along() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let deleted = program.call("POST", "/api/v1/contacts", &json!({ "given_name": "Twice" })).expect(201).json();
    let deleted = deleted["id"].as_i64().expect("an id");
    let on = format!("contact:{deleted}");
    let file = program.upload("/api/v1/attachments", &[("on", &on)], ("file", "kept.txt", b"low water at six"));
    let file = file.expect(201).json()["id"].as_i64().expect("an id");
    program.send(Ask::new("DELETE", &format!("/api/v1/contacts/{deleted}"))).expect(204);
    // The record of before belongs to somebody who is still here.
    app.workspace("alpha")
        .execute("UPDATE trash SET on_id = 1 WHERE on_id = ?1", [deleted])
        .expect("the record in the trash is theirs");
    let files = copy_of(&app, &program, 1);
    assert_eq!(files[&format!("attachments/{file}-kept.txt")], b"low water at six");
    let data = json_of(&files, "data.json");
    let items = data["tables"]["attachments"]["items"].as_array().expect("items");
    let held = items.iter().find(|item| item["held_in"] == "trash").expect("it says where it lies");
    assert_eq!(held["file"], format!("attachments/{file}-kept.txt"));
    assert!(text_of(&files, "index.html").contains("kept.txt"));
}

#[test]
fn what_answers_a_request_waits_for_its_checks() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let id = made(&app, &program, 1);
    app.workspace("alpha")
        .execute("UPDATE access_packages SET request_id = 5, released_at = NULL WHERE id = ?1", [id])
        .expect("it belongs to a request");
    let refused = program.get(&format!("/api/v1/access-packages/{id}/file")).expect(409).text();
    assert!(refused.contains("checks"), "{refused}");
    assert_eq!(program.get(&format!("/api/v1/access-packages/{id}")).json()["is_released"], false);
}

#[test]
fn nobody_is_copied_who_is_not_there() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let ask = |kind: &str, id: i64| {
        program.call("POST", "/api/v1/access-packages", &json!({ "person": { "type": kind, "id": id } }))
    };
    for (answer, pointer) in [(ask("contact", 99_999), "/person/id"), (ask("company", 1), "/person/type")] {
        assert_eq!(answer.expect(422).json()["errors"][0]["pointer"], pointer);
    }
    app.session_of(OWNER).get("/w/alpha/privacy/people/99999/data").expect(404);
    assert!(app.session_of(OWNER).get("/w/alpha/privacy/people/1/data").expect(200).text().contains("alpha pier"));
}
