//! Files on records: in and out byte for byte, who may, what they may be, and what is left when they go.

mod content;
mod crash;
mod hostile;
mod limits;

use std::io::Read;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{MEMBER, OWNER, add_named, audited, id, permit, version};
use crate::support::{Answer, Ask, Client, TestApp, fixture};

/// Attaches a file to a contact as a program and gives back what was answered.
pub fn attach(program: &Client, contact: i64, name: &str, content: &[u8]) -> Value {
    send(program, &format!("contact:{contact}"), name, content).expect(201).json()
}

pub fn send(program: &Client, on: &str, name: &str, content: &[u8]) -> Answer {
    program.upload("/api/v1/attachments", &[("on", on)], ("file", name, content))
}

/// The random name of a file, as it stands in addresses of pages.
fn handle(app: &TestApp, attachment: i64) -> String {
    app.workspace("alpha")
        .query_row("SELECT lower(hex(object)) FROM attachments WHERE id = ?1", [attachment], |row| row.get(0))
        .expect("a file")
}

/// Every sealed file of the workspace `alpha` that lies on the disk.
fn blobs(app: &TestApp) -> Vec<PathBuf> {
    let id = fixture::workspace_id(&app.control(), "alpha");
    let mut found = Vec::new();
    walk(&app.data().join("workspaces").join(id.to_string()).join("blobs"), &mut found);
    found
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.path().is_dir() {
            walk(&entry.path(), found);
        } else {
            found.push(entry.path());
        }
    }
}

fn count(app: &TestApp, table: &str) -> i64 {
    app.workspace("alpha").query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).expect("a count")
}

fn run_job(app: &TestApp, name: &str) {
    let output = app.command(&["job", "run", name, "--workspace", "alpha"]);
    assert!(output.status.success(), "{}", crate::support::shown(&output));
}

fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(&Sha256::digest(bytes))
}

#[test]
fn a_file_comes_back_as_it_went_in_by_page_and_by_program() {
    let app = TestApp::start();
    let (ana, program) = (app.session_of(OWNER), app.program_of(OWNER, "alpha"));
    let contact = add_named(&program, "Rhys", "Dune");
    let page = format!("/w/alpha/people/contacts/{contact}");
    assert!(ana.get(&page).expect(200).text().contains("Nothing yet. Offers, letters and pictures"));
    let sent = b"Quarterly tide table\n12:00 high\n";
    ana.upload(&format!("{page}/attachments"), &[], ("file", "Tides <4>.txt", sent)).expect(303);
    let listed = program.get(&format!("/api/v1/attachments?filter=contact:{contact}")).expect(200).json();
    let file = &listed["data"][0];
    assert_eq!(
        (&file["name"], &file["media_type"], &file["size"], &file["on"]),
        (
            &json!("Tides <4>.txt"),
            &json!("text/plain"),
            &json!(sent.len()),
            &json!({ "type": "contact", "id": contact })
        )
    );
    assert_eq!(file["sha256"], hex(sent));
    assert_eq!(file["preview_url"], Value::Null);
    let content = program.get(file["content_url"].as_str().expect("an address")).expect(200);
    assert_eq!(content.bytes, sent);
    let own = format!("/w/alpha/people/attachments/{}", handle(&app, id(file)));
    let shown = ana.get(&page).expect(200).text();
    assert!(shown.contains("Tides &#60;4&#62;.txt") && shown.contains(&format!("{own}/content")), "{shown}");
    assert_eq!(ana.get(&format!("{own}/content")).expect(200).bytes, sent);
    assert!(ana.get(&own).expect(200).text().contains(&hex(sent)));
    // The history knows it by its id and leads on.
    assert!(shown.contains(&format!("/w/alpha/people/attachments/{}\"", id(file))), "{shown}");
    let led = ana.get(&format!("/w/alpha/people/attachments/{}", id(file))).expect(303);
    assert_eq!(led.location(), own);
    assert_eq!(audited(&app, "people.attachment.added"), 1);
    assert!(!program.get(&format!("/api/v1/contacts/{contact}")).json()["last_activity_at"].is_null());
    // The name stands in the part of the entry that can be erased, and nowhere else in it.
    let (detail, personal): (String, String) = app
        .workspace("alpha")
        .query_row("SELECT detail, personal FROM audit WHERE action = 'people.attachment.added'", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .expect("an entry");
    assert!(personal.contains("Tides") && !detail.contains("Tides"), "{detail} {personal}");
}

#[test]
fn several_files_at_once_and_on_companies_too() {
    let app = TestApp::start();
    let (ana, program) = (app.session_of(OWNER), app.program_of(OWNER, "alpha"));
    let boundary = "two";
    let mut body =
        format!("--{boundary}\r\nContent-Disposition: form-data; name=\"_csrf\"\r\n\r\n{}\r\n", ana.form_token());
    for name in ["one.txt", "two.txt"] {
        body += &format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\nwords of {name}\r\n"
        );
    }
    body += &format!("--{boundary}--\r\n");
    let path = "/w/alpha/people/companies/1/attachments";
    ana.send(Ask::new("POST", path).body("multipart/form-data; boundary=two", body.into_bytes())).expect(303);
    let listed = program.get("/api/v1/attachments?filter=company:1").expect(200).json();
    let names: Vec<&str> =
        listed["data"].as_array().expect("files").iter().filter_map(|f| f["name"].as_str()).collect();
    assert_eq!(names, ["two.txt", "one.txt"]);
    assert!(ana.get("/w/alpha/people/companies/1").expect(200).text().contains("one.txt"));
    // Whoever looks at all of them page by page finds each once.
    let first = program.get("/api/v1/attachments?limit=1").json();
    let next = first["next_cursor"].as_str().expect("there is more");
    let second = program.get(&format!("/api/v1/attachments?limit=1&cursor={next}")).json();
    assert_eq!((&first["data"][0]["name"], &second["data"][0]["name"]), (&json!("two.txt"), &json!("one.txt")));
    assert_eq!(second["next_cursor"], Value::Null);
}

#[test]
fn renaming_asks_for_the_version_and_search_follows() {
    let app = TestApp::start();
    let (ana, program) = (app.session_of(OWNER), app.program_of(OWNER, "alpha"));
    let file = attach(&program, 1, "Zyxwdraft_report.txt", b"words");
    let path = format!("/api/v1/attachments/{}", id(&file));
    let found = |q: &str| ana.get(&format!("/w/alpha/search?q={q}")).expect(200).text().contains("attachments/");
    assert!(found("zyxwdraft") && found("REPO"));
    program.call("PATCH", &path, &json!({ "name": "x" })).expect(428);
    let renamed = program.change("PATCH", &path, 1, &json!({ "name": "../Zyxwfinal.txt" })).expect(200).json();
    assert_eq!((&renamed["name"], version(&renamed)), (&json!("Zyxwfinal.txt"), 2));
    program.change("PATCH", &path, 1, &json!({ "name": "Other.txt" })).expect(412);
    program.change("PATCH", &path, 2, &json!({ "name": " .. " })).expect(422);
    program.change("PATCH", &path, 2, &json!({ "name": "x".repeat(201) })).expect(422);
    assert!(!found("zyxwdraft") && found("zyxwfinal"));
    let own = format!("/w/alpha/people/attachments/{}", handle(&app, id(&file)));
    let stale = ana.submit(&own, &[("version", "1"), ("name", "Mine.txt")]).expect(409).text();
    assert!(stale.contains("It is called Zyxwfinal.txt now") && stale.contains("Mine.txt"), "{stale}");
    ana.submit(&own, &[("version", "2"), ("name", "Mine.txt")]).expect(303);
    assert_eq!(program.get(&path).json()["name"], "Mine.txt");
    assert_eq!(audited(&app, "people.attachment.renamed"), 2);
}

#[test]
fn deleting_destroys_key_and_file_at_once() {
    let app = TestApp::start();
    let (ana, program) = (app.session_of(OWNER), app.program_of(OWNER, "alpha"));
    let picture = hostile::png(40, 30);
    let (one, two) = (attach(&program, 1, "one.png", &picture), attach(&program, 1, "two.txt", b"words"));
    assert_eq!(blobs(&app).len(), 3, "two files and a preview");
    let own = format!("/w/alpha/people/attachments/{}", handle(&app, id(&one)));
    assert!(ana.get(&format!("{own}/delete")).expect(200).text().contains("Delete one.png?"));
    ana.submit(&format!("{own}/delete"), &[("version", "7")]).expect(409);
    ana.submit(&format!("{own}/delete"), &[("version", "1")]).expect(303);
    assert_eq!((blobs(&app).len(), count(&app, "attachments"), count(&app, "attachment_remains")), (1, 1, 0));
    for gone in [own.clone(), format!("{own}/content"), format!("{own}/preview")] {
        ana.get(&gone).expect(404);
    }
    program.call("DELETE", &format!("/api/v1/attachments/{}", id(&two)), &json!({})).expect(204);
    assert_eq!((blobs(&app).len(), count(&app, "attachments")), (0, 0));
    let totals: (i64, i64) = app
        .workspace("alpha")
        .query_row("SELECT files, bytes FROM attachment_totals", [], |row| Ok((row.get(0)?, row.get(1)?)))
        .expect("totals");
    assert_eq!(totals, (0, 0));
    assert_eq!(audited(&app, "people.attachment.deleted"), 2);
    let shown = ana.get("/w/alpha/people/contacts/1").expect(200).text();
    assert!(shown.contains("deleted a file") && !shown.contains("one.png"), "{shown}");
}

#[test]
fn deleting_a_record_takes_its_files_and_emptying_the_trash_removes_them() {
    let app = TestApp::start();
    let (ana, program) = (app.session_of(OWNER), app.program_of(OWNER, "alpha"));
    let doomed = add_named(&program, "Doomed", "Person");
    let letter = attach(&program, doomed, "letter.txt", b"words");
    attach(&program, 1, "stays.txt", b"words");
    send(&program, "company:1", "offer.txt", b"words").expect(201);
    ana.submit(&format!("/w/alpha/people/contacts/{doomed}/delete"), &[("version", "1")]).expect(303);
    program.call("DELETE", "/api/v1/companies/1", &json!({})).expect(204);
    program.get(letter["content_url"].as_str().expect("an address")).expect(404);
    // While the records can be taken back, so can their files; nobody reaches them meanwhile.
    assert_eq!((blobs(&app).len(), count(&app, "attachments"), count(&app, "attachment_remains")), (3, 1, 2));
    run_job(&app, "people.attachments.clear");
    run_job(&app, "people.attachments.sweep");
    assert_eq!(blobs(&app).len(), 3);
    for object in ["contact", "company"] {
        let trashed = program.get(&format!("/api/v1/trash?object={object}")).expect(200).json();
        let path = format!("/api/v1/trash/{}", id(&trashed["data"][0]));
        program.call("DELETE", &path, &json!({})).expect(204);
    }
    assert_eq!((blobs(&app).len(), count(&app, "attachments"), count(&app, "attachment_remains")), (1, 1, 0));
}

#[test]
fn the_same_bytes_on_two_people_share_nothing() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let (one, two) = (attach(&program, 1, "same.txt", b"same"), attach(&program, 2, "same.txt", b"same"));
    let files = blobs(&app);
    assert_eq!(files.len(), 2);
    assert_ne!(std::fs::read(&files[0]).expect("a file"), std::fs::read(&files[1]).expect("a file"));
    program.call("DELETE", &format!("/api/v1/attachments/{}", id(&one)), &json!({})).expect(204);
    assert_eq!(program.get(&format!("/api/v1/attachments/{}/content", id(&two))).expect(200).bytes, b"same");
}

#[test]
fn the_reach_of_the_record_decides_per_request() {
    let app = TestApp::start();
    let owner = app.program_of(OWNER, "alpha");
    let (one, secret) = (attach(&owner, 1, "seen.txt", b"words"), attach(&owner, 2, "Zyxwunseen.txt", b"words"));
    let own = |file: &Value| format!("/w/alpha/people/attachments/{}", handle(&app, id(file)));
    let (viewer, viewing) = (app.session_of("viewer@alpha.example"), app.program_of("viewer@alpha.example", "alpha"));
    viewer.get(&format!("{}/content", own(&one))).expect(200);
    let page = viewer.get("/w/alpha/people/contacts/1").expect(200).text();
    assert!(!page.contains("data-uploads"), "who may not attach is offered nothing");
    viewer.upload("/w/alpha/people/contacts/1/attachments", &[], ("file", "a.txt", b"words")).expect(403);
    send(&viewing, "contact:1", "a.txt", b"words").expect(403);
    viewer.submit(&own(&one), &[("version", "1"), ("name", "b.txt")]).expect(403);
    viewer.get(&format!("{}/delete", own(&one))).expect(403);
    viewing.call("DELETE", &format!("/api/v1/attachments/{}", id(&one)), &json!({})).expect(403);
    // A member edits everything, and deletes only what is theirs: so with files.
    let member = app.program_of(MEMBER, "alpha");
    send(&member, "contact:1", "a.txt", b"words").expect(201);
    member.call("DELETE", &format!("/api/v1/attachments/{}", id(&one)), &json!({})).expect(403);
    // Somebody who sees only their own records does not see the others' files, by no way.
    permit(&app, "viewer", &json!({ "contacts:view": "own" }));
    let (page, api) = (own(&secret), format!("/api/v1/attachments/{}", id(&secret)));
    for path in [page.clone(), format!("{page}/content"), format!("{page}/preview"), format!("{page}/delete")] {
        viewer.get(&path).expect(404);
        viewer.send(Ask::new("HEAD", &path)).expect(404);
    }
    for path in [api.clone(), format!("{api}/content")] {
        viewing.get(&path).expect(404);
        viewing.send(Ask::new("GET", &path).header("range", "bytes=0-1")).expect(404);
    }
    assert_eq!(viewing.get("/api/v1/attachments").expect(200).json()["data"], json!([]));
    viewing.get("/api/v1/attachments?filter=contact:2").expect(404);
    assert!(!viewer.get("/w/alpha/search?q=Zyxwunseen").expect(200).text().contains("attachments/"));
}

#[test]
fn an_idempotent_upload_happens_once_and_leaves_one_file() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let body = |content: &str| {
        let parts = "--x\r\nContent-Disposition: form-data; name=\"on\"\r\n\r\ncontact:1\r\n--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\n";
        format!("{parts}{content}\r\n--x--\r\n")
    };
    let ask = |content: &str| {
        let ask = Ask::new("POST", "/api/v1/attachments").header("idempotency-key", "once");
        program.send(ask.body("multipart/form-data; boundary=x", body(content)))
    };
    let (first, again) = (ask("words").expect(201), ask("words").expect(201));
    assert_eq!((first.json(), again.header("idempotent-replayed")), (again.json(), Some("true")));
    assert_eq!((blobs(&app).len(), count(&app, "attachments")), (1, 1));
    ask("others").expect(409);
    assert_eq!((blobs(&app).len(), count(&app, "attachments")), (1, 1));
}

#[test]
fn another_workspaces_file_is_no_file() {
    let app = TestApp::start();
    let program = app.program_of("owner@beta.example", "beta");
    let file = send(&program, "contact:100001", "beta.txt", b"words").expect(201).json();
    let object: String = app
        .workspace("beta")
        .query_row("SELECT lower(hex(object)) FROM attachments WHERE id = ?1", [id(&file)], |row| row.get(0))
        .expect("a file");
    let (ana, own) = (app.session_of(OWNER), app.program_of(OWNER, "alpha"));
    for path in ["", "/content", "/preview", "/delete"] {
        ana.get(&format!("/w/alpha/people/attachments/{object}{path}")).expect(404);
        ana.get(&format!("/w/beta/people/attachments/{object}{path}")).expect(404);
    }
    own.get(&format!("/api/v1/attachments/{}/content", id(&file))).expect(404);
    send(&own, "contact:100001", "a.txt", b"words").expect(404);
    assert_eq!(blobs(&app).len(), 0);
}

/// Bytes that a rule gives, so that a large file need not stand anywhere.
struct Pattern {
    at: u64,
    length: u64,
}

impl Read for Pattern {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let left = usize::try_from(self.length - self.at).unwrap_or(usize::MAX);
        let given = into.len().min(left);
        for byte in &mut into[..given] {
            *byte = (self.at.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8;
            self.at += 1;
        }
        Ok(given)
    }
}
