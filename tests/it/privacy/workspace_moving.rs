//! A workspace as one file, and from the file into a fresh workspace: equal, or not there at all (P-086, M10).

use std::path::{Path, PathBuf};

use holdfast::modules;
use holdfast::privacy::data_map::{File, Holds};
use rusqlite::Connection;
use serde_json::{Value, json};

use super::workspace_moved::Followed;
use crate::people::{OWNER, id};
use crate::support::{Ask, Client, TestApp, shown};

/// A workspace in which every module has kept something, and what in it must be found again.
fn filled() -> (TestApp, tempfile::TempDir, Followed) {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let post = |path: &str, body: Value| program.call("POST", path, &body).expect(201).json();
    let field = json!({ "object": "contact", "label": "Berth", "kind": "number", "personal": false });
    let field = post("/api/v1/custom-fields", field)["key"].as_str().expect("a key").to_owned();
    let person = id(&post(
        "/api/v1/contacts",
        json!({ "given_name": "Zoë", "family_name": "Ångström «\"\\»", "emails": [{ "value": "zoe@north.example" }],
                "tags": ["Harbour"], "custom": { field: 12.75 } }),
    ));
    post("/api/v1/notes", json!({ "on": { "type": "contact", "id": person }, "body": "Ships\nat “dawn” \u{1f6a2}" }));
    post("/api/v1/views", json!({ "object": "contact", "name": "Mine" }));
    let consent = json!({ "on": { "type": "contact", "id": person }, "purpose": "newsletter", "action": "object" });
    post("/api/v1/consents", consent);
    let on = format!("contact:{person}");
    let picture = picture();
    for (name, bytes) in [("berth.png", picture.as_slice()), ("note.txt", b"low water at six"), ("lost.bin", b"gone")] {
        program.upload("/api/v1/attachments", &[("on", &on)], ("file", name, bytes)).expect(201);
    }
    // Somebody erased stays known by a keyed hash; somebody deleted lies in the trash.
    let gone = json!({ "given_name": "Gone", "emails": [{ "value": "gone@north.example" }] });
    let gone = id(&post("/api/v1/contacts", gone));
    program.call("POST", "/api/v1/erasures", &json!({ "person": gone })).expect(201);
    app.run_job("privacy.erasures.finish", "alpha");
    let deleted = post("/api/v1/contacts", json!({ "given_name": "Deleted", "family_name": "Harbour" }));
    program.send(Ask::new("DELETE", &format!("/api/v1/contacts/{}", deleted["id"]))).expect(204);
    damage(&app, "lost.bin");
    let followed = Followed::fill(&app);
    (app, tempfile::tempdir().expect("a folder"), followed)
}

/// A small picture: each gets a preview.
pub fn picture() -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    image::DynamicImage::new_rgb8(24, 16).write_to(&mut bytes, image::ImageFormat::Png).expect("a picture");
    bytes.into_inner()
}

/// Cuts the sealed file of an attachment short.
fn damage(app: &TestApp, name: &str) {
    let object: Vec<u8> = app
        .workspace("alpha")
        .query_row("SELECT object FROM attachments WHERE name = ?1", [name], |row| row.get(0))
        .expect("the file's row");
    let name = data_encoding::HEXLOWER.encode(&object);
    let id = crate::support::fixture::workspace_id(&app.control(), "alpha");
    let path = app.data().join("workspaces").join(id.to_string()).join("blobs").join(&name[..2]).join(name);
    std::fs::write(&path, &std::fs::read(&path).expect("a file")[..40]).expect("it is cut");
}

fn export(app: &TestApp, slug: &str, to: &Path) -> Value {
    let output = app.command(&["workspace", "export", slug, "--out", &to.display().to_string(), "--json"]);
    // Damaged files are a "no": 1.
    assert!(output.status.code().is_some_and(|code| code < 2), "{}", shown(&output));
    serde_json::from_slice(&std::fs::read(to).expect("the file")).expect("JSON")
}

fn import(app: &TestApp, file: &Path, slug: &str) -> (bool, String) {
    let file = file.display().to_string();
    let output = app.command(&["workspace", "import", "--file", &file, "--slug", slug, "--json"]);
    (output.status.success(), shown(&output))
}

fn count(conn: &Connection, table: &str) -> i64 {
    conn.query_row(&format!("SELECT count(*) FROM \"{table}\""), [], |row| row.get(0)).expect("a count")
}

/// Folders of workspaces, keys in use, and rows: what a failed import must not change.
fn traces(app: &TestApp) -> (usize, i64, i64) {
    let folders = std::fs::read_dir(app.data().join("workspaces")).expect("a folder").count();
    let control = app.control();
    (folders, count(&control, "workspaces"), count(&control, "memberships"))
}

/// One workspace for both: filling it takes most of the time.
#[test]
fn p_086_a_workspace_comes_back_equal_from_its_file_or_not_at_all() {
    let (app, folder, followed) = filled();
    let first = folder.path().join("first.json");
    let exported = export(&app, "alpha", &first);
    every_table_is_in_it(&app, &exported);
    comes_back_equal(&app, &folder, &exported, &followed);
    what_is_wrong_with_a_file_is_told_and_nothing_stays(&app, &folder);
}

fn comes_back_equal(app: &TestApp, folder: &tempfile::TempDir, exported: &Value, followed: &Followed) {
    let first = folder.path().join("first.json");
    let (is_good, said) = import(app, &first, "alpha-again");
    assert!(is_good, "{said}");
    let facts: Value = serde_json::from_str(said.split_once('\n').expect("a status").1.trim()).expect("JSON");
    for table in facts["tables"].as_array().expect("tables") {
        let written = &exported["tables"][table["table"].as_str().expect("a name")];
        assert_eq!((&table["rows"], &table["sha256"]), (&written["count"], &written["sha256"]), "{table}");
    }
    assert_eq!(facts["tables"].as_array().map(Vec::len), exported["tables"].as_object().map(serde_json::Map::len));
    assert_eq!((&facts["files"], &facts["damaged"]), (&json!(5), &json!(1)));

    // Tables without numbers of members are the same once more; of the others, as many rows.
    let second = export(app, "alpha-again", &folder.path().join("second.json"));
    let mut same = 0;
    for (name, table) in exported["tables"].as_object().expect("tables") {
        let again = &second["tables"][name];
        let more = i64::from(name == "audit");
        assert!(again["count"].as_i64() >= table["count"].as_i64().map(|count| count + more), "{name}");
        same += usize::from(table["sha256"] == again["sha256"]);
    }
    assert!(same > 30, "{same} tables are the same");
    assert_eq!(exported["files"], second["files"]);
    assert_eq!(exported["pseudonym_key"], second["pseudonym_key"]);
    assert!(!serde_json::to_string(&second).expect("JSON").contains("sealed_key"), "keys of files stay where they are");
    what_is_inside_works(app);
    followed.are_found_again(app);
}

fn every_table_is_in_it(app: &TestApp, exported: &Value) {
    let conn = app.workspace("alpha");
    let mut kept = 0;
    for table in modules::tables().filter(|table| table.file == File::Workspace && table.name != "pseudonym_key") {
        let written = &exported["tables"][table.name];
        // The command itself writes into the log before it reads.
        assert_eq!(written["count"].as_i64(), Some(count(&conn, table.name)), "{}", table.name);
        assert_eq!(written["rows"].as_array().map(Vec::len), written["count"].as_u64().map(|count| count as usize));
        let columns: Vec<&str> =
            written["columns"].as_array().expect("columns").iter().filter_map(Value::as_str).collect();
        for column in table.columns {
            let stays = column.holds == Holds::Credential || column.name == "key_version";
            assert_eq!(columns.contains(&column.name), !stays, "{}.{}", table.name, column.name);
        }
        kept += usize::from(written["count"] != 0);
    }
    assert!(kept >= 20, "only {kept} tables hold anything");
}

fn what_is_inside_works(app: &TestApp) {
    let output = app.command(&["audit", "verify", "alpha-again"]);
    assert!(output.status.success(), "{}", shown(&output));
    let program = app.program_of(OWNER, "alpha-again");
    let found = program.get("/api/v1/contacts?q=angstrom").expect(200).json();
    let person = &found["data"][0];
    assert_eq!(person["custom"].as_object().and_then(|custom| custom.values().next()), Some(&json!(12.75)), "{found}");
    let files = program.get("/api/v1/attachments").expect(200).json();
    let of = |name: &str| files["data"].as_array().expect("files").iter().find(|file| file["name"] == name).cloned();
    let text = of("note.txt").expect("a file");
    let content = format!("/api/v1/attachments/{}", text["id"]);
    assert_eq!(program.get(&format!("{content}/content")).expect(200).bytes, b"low water at six");
    let picture = of("berth.png").expect("a picture");
    program.get(&format!("/api/v1/attachments/{}/preview", picture["id"])).expect(200);
    let lost = of("lost.bin").expect("its row");
    assert_ne!(program.get(&format!("/api/v1/attachments/{}/content", lost["id"])).status, 200);
    // Nobody who was erased comes back unasked, since the keyed hashes still fit.
    let back = json!({ "given_name": "Gone", "emails": [{ "value": "gone@north.example" }] });
    program.call("POST", "/api/v1/contacts", &back).expect(422);
    // The next record gets a number that no record ever had.
    let next = id(&program.call("POST", "/api/v1/contacts", &json!({ "given_name": "Next" })).expect(201).json());
    let highest: i64 = app
        .workspace("alpha")
        .query_row("SELECT seq FROM sqlite_sequence WHERE name = 'contacts'", [], |row| row.get(0))
        .expect("a number");
    assert_eq!(next, highest + 1);
    names_are_right(&program, app);
}

/// Those who did things are called by the same names, also in the log, which keeps their old numbers.
fn names_are_right(program: &Client, app: &TestApp) {
    let owner = app.session_of(OWNER);
    let log = owner.get("/w/alpha-again/audit").expect(200).text();
    let before = owner.get("/w/alpha/audit").expect(200).text();
    assert!(!log.contains("A former member") || before.contains("A former member"));
    let members = program.get("/api/v1/members").expect(200).json();
    let emails = |list: &Value| -> Vec<String> {
        let list = list["data"].as_array().expect("members").iter();
        let mut emails: Vec<String> =
            list.map(|member| format!("{} {}", member["email"], member["role"]["key"])).collect();
        emails.sort();
        emails
    };
    let there = app.program_of(OWNER, "alpha").get("/api/v1/members").expect(200).json();
    assert_eq!(emails(&members), emails(&there));
}

fn what_is_wrong_with_a_file_is_told_and_nothing_stays(app: &TestApp, folder: &tempfile::TempDir) {
    let first = folder.path().join("first.json");
    let text = std::fs::read_to_string(&first).expect("the file");
    let before = traces(app);
    let replaced = |from: &str, to: &str| {
        assert!(text.contains(from), "{from}");
        text.replacen(from, to, 1).into_bytes()
    };
    let notes = text.find("\"notes\":{").expect("the notes");
    let body = notes + text[notes..].find("Ships").expect("a note");
    let changed = [&text.as_bytes()[..body], b"Shops", &text.as_bytes()[body + 5..]].concat();
    let rows = |table: &str, sql: &dyn Fn(&mut Value)| {
        let mut file: Value = serde_json::from_str(&text).expect("JSON");
        sql(&mut file["tables"][table]["rows"]);
        resealed(&mut file, table);
        serde_json::to_vec(&file).expect("JSON")
    };
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("half", text.as_bytes()[..text.len() / 2].to_vec(), "cut short"),
        ("end", text.as_bytes()[..text.len() - 4].to_vec(), "cut short"),
        ("file", text.as_bytes()[..text.len() - 40].to_vec(), "cut short"),
        ("else", b"{\"hello\": 1}".to_vec(), "no export"),
        ("newer", replaced("\"version\":2", "\"version\":9"), "version 9"),
        ("tables", replaced("\"schema\":", "\"schema\":9"), "newer one"),
        ("changed", changed, "not those that were written"),
        ("broken", replaced("\"columns\":", "\"columns\" "), "damaged at byte"),
        ("null", rows("contacts", &|rows| rows[0][3] = Value::Null), "table contacts, row 1"),
        (
            "twice",
            rows("tags", &|rows| {
                let row = rows[0].clone();
                rows.as_array_mut().unwrap().push(row)
            }),
            "table tags, row",
        ),
        ("dangling", rows("contact_tags", &|rows| last_row_of(rows, 987_654)), "points at a row of contacts"),
        ("after", [text.as_bytes(), b"{}"].concat(), "follows the end"),
    ];
    for (name, bytes, words) in cases {
        let path: PathBuf = folder.path().join(format!("{name}.json"));
        std::fs::write(&path, bytes).expect("it is written");
        let (is_good, said) = import(app, &path, "never");
        assert!(!is_good && said.contains(words), "{name}: {said}");
        assert_eq!(traces(app), before, "{name}");
    }
    let (is_good, said) = import(app, &first, "beta");
    assert!(!is_good && said.contains("Another workspace has this address"), "{said}");
    assert_eq!(traces(app), before);
    // An export that cannot be written leaves nothing either.
    let nowhere = folder.path().join("no-such-folder/out.json");
    let output = app.command(&["workspace", "export", "alpha", "--out", &nowhere.display().to_string()]);
    assert!(!output.status.success() && !nowhere.exists() && !nowhere.with_extension("part").exists());
}

/// The first row of a table about another record, in its place in the order.
fn last_row_of(rows: &mut Value, number: i64) {
    let rows = rows.as_array_mut().expect("rows");
    let mut row = rows.remove(0);
    row[0] = json!(number);
    rows.push(row);
}

/// Counts and hashes a table anew, as somebody would who changes a file on purpose.
fn resealed(file: &mut Value, table: &str) {
    use sha2::{Digest, Sha256};
    let mut hash = Sha256::new();
    let rows = file["tables"][table]["rows"].as_array().expect("rows").clone();
    for row in &rows {
        hash.update(serde_json::to_vec(row).expect("JSON"));
        hash.update(b"\n");
    }
    file["tables"][table]["count"] = json!(rows.len());
    file["tables"][table]["sha256"] = json!(data_encoding::HEXLOWER.encode(&hash.finalize()));
}
