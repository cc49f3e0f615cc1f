//! The file with everything in a workspace: for owners, made by a job, sealed, handed out once, gone after seven days
//! (P-086, P-090).

use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};

use crate::people::{OWNER, id};
use crate::support::schema::fault;
use crate::support::{Answer, Ask, Client, Start, TestApp, fixture, shown};

const DAY: i64 = 24 * 3_600;
const PAGE: &str = "/w/alpha/settings/data-export";
const API: &str = "/api/v1/workspace-exports";

fn post(program: &Client, path: &str) -> Answer {
    program.send(Ask::new("POST", path))
}

/// Waits until an export is made, and gives what the API says of it.
fn made(app: &TestApp, program: &Client, id: i64) -> Value {
    for _ in 0..300 {
        let export = program.get(&format!("{API}/{id}")).expect(200).json();
        if export["state"] != "building" {
            assert_eq!(export["state"], "ready", "{export}\n{}", app.server.log());
            return export;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("it was not made:\n{}", app.server.log());
}

/// The newest export, as the API lists it.
fn newest(program: &Client) -> Value {
    program.get(&format!("{API}?limit=1")).expect(200).json()["data"][0].clone()
}

fn sealed_files(app: &TestApp) -> Vec<PathBuf> {
    let id = fixture::workspace_id(&app.control(), "alpha");
    let folder = app.data().join("workspaces").join(id.to_string()).join("packages");
    let below = |folder: PathBuf| std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    below(folder).filter(|path| path.is_dir()).flat_map(below).collect()
}

fn count(app: &TestApp, sql: &str) -> i64 {
    app.workspace("alpha").query_row(sql, [], |row| row.get(0)).expect("a count")
}

fn entries(app: &TestApp, action: &str) -> i64 {
    count(app, &format!("SELECT count(*) FROM audit WHERE action = 'privacy.workspace_export.{action}'"))
}

/// P-087: the file is as the published schema says, and one that is not would be noticed.
fn is_as_published(program: &Client, file: &Value) {
    let published = program.get(&format!("{API}/schema")).expect(200).json();
    assert_eq!(fault(&published, file), None);
    for (place, spoilt) in [
        ("/version", json!(1)),
        ("/workspace", json!({ "slug": "alpha" })),
        ("/tables/contacts/count", json!(-1)),
        ("/tables/contacts/rows/0/0", json!(true)),
        ("/control/roles", json!([])),
    ] {
        let mut broken = file.clone();
        *broken.pointer_mut(place).unwrap_or_else(|| panic!("there is no {place}")) = spoilt;
        assert!(fault(&published, &broken).is_some(), "{place} was not noticed");
    }
}

/// The rows of the file are those of the tables.
fn is_everything(app: &TestApp, file: &Value) {
    assert_eq!(file["format"], "holdfast-workspace");
    for table in ["contacts", "notes", "contact_identities", "tags", "saved_views"] {
        let there = count(app, &format!("SELECT count(*) FROM {table}"));
        assert_eq!(file["tables"][table]["count"], there, "{table}");
        assert_eq!(file["tables"][table]["rows"].as_array().map(Vec::len), usize::try_from(there).ok(), "{table}");
    }
}

#[test]
fn p_086_an_owner_takes_everything_out_once_and_it_goes_after_seven_days() {
    let app = TestApp::start();
    let (owner, program) = (app.session_of(OWNER), app.program_of(OWNER, "alpha"));
    assert!(owner.get(PAGE).expect(200).text().contains("No file was made yet"));
    owner.submit(PAGE, &[]).expect(303);
    let export = made(&app, &program, newest(&program)["id"].as_i64().expect("an id"));
    app.run_job("privacy.workspace_exports.build", "alpha");
    let page = owner.get(PAGE).expect(200).text();
    assert!(page.contains("Download, once") && page.contains("Make a link"), "{page}");

    // On the disk it is noise, and the mail to the owner names nobody.
    let [sealed] = sealed_files(&app).try_into().expect("one sealed file");
    let bytes = std::fs::read(&sealed).expect("the file");
    assert_eq!(&bytes[..4], b"HFSO");
    assert!(!bytes.windows(6).any(|part| part == b"Marram"), "a name stands in it");
    let (mails, text): (i64, String) = app
        .control()
        .query_row(
            "SELECT count(*), coalesce(max(body_text), '') FROM outgoing_mail WHERE purpose = 'workspace_exported'",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .expect("a mail");
    assert_eq!(mails, 1, "one for each owner, however often the job runs");
    assert!(text.contains("/w/alpha/settings/data-export") && !text.contains("/p/alpha"), "{text}");

    let path = format!("{PAGE}/{}", export["id"]);
    let file = owner.submit(&format!("{path}/file"), &[]).expect(200);
    assert_eq!(file.header("content-disposition"), Some("attachment; filename=\"alpha.json\""));
    assert_eq!(export["size"].as_u64(), Some(file.bytes.len() as u64));
    is_everything(&app, &file.json());
    is_as_published(&program, &file.json());
    let again = owner.submit(&format!("{path}/file"), &[]).expect(409).text();
    assert!(again.contains("downloaded before"), "{again}");
    let again = program.get(&format!("{API}/{}/file", export["id"])).expect(409).text();
    assert!(again.contains("downloaded before"), "{again}");

    // A link opens it once more, without an account, once.
    let given = owner.submit(&format!("{path}/link"), &[]).expect(200).text();
    let (_, after) = given.split_once("/p/alpha/exports/").expect("the link is shown");
    let token: String = after.chars().take_while(char::is_ascii_alphanumeric).collect();
    let link = format!("/p/alpha/exports/{token}");
    let anybody = app.stranger();
    assert!(anybody.get(&link).expect(200).text().contains("Download everything"));
    assert_eq!(anybody.submit(&link, &[]).expect(200).bytes, file.bytes);
    for answer in [anybody.get(&link), anybody.submit(&link, &[])] {
        assert!(answer.expect(410).text().contains("This link was used"));
    }
    owner.submit(&format!("{path}/link"), &[]).expect(200);
    anybody.get(&link).expect(404);
    anybody.get(&format!("/p/beta/exports/{token}")).expect(404);

    app.advance(7 * DAY + 60);
    let (late, program) = (app.session_of(OWNER), app.program_of(OWNER, "alpha"));
    assert_eq!(newest(&program)["state"], "expired", "whether or not the job came by");
    late.submit(&format!("{path}/file"), &[]).expect(409);
    app.run_job("privacy.workspace_exports.forget", "alpha");
    assert_eq!(sealed_files(&app), Vec::<PathBuf>::new());
    for action in ["asked_for", "made", "expired"] {
        assert_eq!(entries(&app, action), 1, "{action}");
    }
    assert_eq!((entries(&app, "taken"), entries(&app, "linked")), (2, 2));
    assert!(late.get(PAGE).expect(200).text().contains("Gone"));
}

#[test]
fn p_086_it_is_the_owners_alone_also_while_the_workspace_closes() {
    let app = TestApp::start();
    let admin = app.session_of("admin@alpha.example");
    assert!(admin.get(PAGE).expect(200).text().contains("Only an owner"));
    admin.submit(PAGE, &[]).expect(403);
    post(&app.program_of("admin@alpha.example", "alpha"), API).expect(403);
    assert_eq!(count(&app, "SELECT count(*) FROM workspace_exports"), 0);

    let (owner, program) = (app.session_of(OWNER), app.program_of(OWNER, "alpha"));
    owner.submit("/w/alpha/settings/closing/close", &[]).expect(303);
    let asked = post(&program, API).expect(202).json();
    let id = asked["id"].as_i64().expect("an id");
    let export = made(&app, &program, id);
    assert!(export["rows"].as_i64().is_some_and(|rows| rows > 50), "{export}");
    let file = program.get(&format!("{API}/{id}/file")).expect(200);
    assert!(file.header("content-type").is_some_and(|kind| kind.starts_with("application/json")));
    is_everything(&app, &file.json());

    // What came out goes in elsewhere.
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("alpha.json");
    std::fs::write(&path, &file.bytes).expect("the file");
    let output =
        app.command(&["workspace", "import", "--file", &path.display().to_string(), "--slug", "again", "--json"]);
    assert!(output.status.success(), "{}", shown(&output));
    let moved = app.program_of(OWNER, "again").get(API).expect(200).json();
    assert_eq!(moved["data"][0]["state"], "expired", "what is sealed elsewhere is not here: {moved}");
    // Destroyed before its time, at once.
    program.send(Ask::new("POST", &format!("{API}/{id}/removal"))).expect(200);
    program.send(Ask::new("POST", &format!("{API}/{id}/removal"))).expect(409);
    app.run_job("privacy.workspace_exports.forget", "alpha");
    assert_eq!(sealed_files(&app), Vec::<PathBuf>::new());
    assert_eq!(entries(&app, "removed"), 1);
}

/// As the row stands while a job works on it.
fn under_way(app: &TestApp) -> i64 {
    let conn = app.workspace("alpha");
    let now = app.now().0;
    let sql =
        "INSERT INTO workspace_exports (state, created_by, created_at, expires_at) VALUES ('building', 1, ?1, ?2)";
    conn.execute(sql, [now, now + DAY * 1_000]).expect("a row");
    conn.last_insert_rowid()
}

#[test]
fn an_export_can_be_stopped_and_there_is_one_at_a_time() {
    let app = TestApp::start();
    let (owner, program) = (app.session_of(OWNER), app.program_of(OWNER, "alpha"));
    let id = under_way(&app);
    let refused = post(&program, API).expect(409).text();
    assert!(refused.contains("being made already"), "{refused}");
    program.get(&format!("{API}/{id}/file")).expect(409);
    assert!(owner.get(PAGE).expect(200).text().contains("It begins as soon as a place is free"));
    assert!(owner.get(&format!("{PAGE}/progress")).expect(200).text().contains("id=\"progress\""));
    owner.submit(&format!("{PAGE}/{id}/remove"), &[]).expect(303);
    app.run_job("privacy.workspace_exports.build", "alpha");
    let export = program.get(&format!("{API}/{id}")).expect(200).json();
    assert_eq!((&export["state"], &export["rows"]), (&json!("cancelled"), &json!(0)));
    assert_eq!(sealed_files(&app), Vec::<PathBuf>::new());
    assert_eq!((entries(&app, "cancelled"), entries(&app, "made")), (1, 0));
    // The way is free for another one.
    let next = post(&program, API).expect(202).json()["id"].as_i64().expect("an id");
    made(&app, &program, next);
}

/// ERA-3: a file that holds an erased person is no place for them to live on.
#[test]
fn era_3_an_erasure_destroys_every_export_that_holds_the_person() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let gone = id(&program.call("POST", "/api/v1/contacts", &json!({ "given_name": "Quillon" })).expect(201).json());
    let first = post(&program, API).expect(202).json()["id"].as_i64().expect("an id");
    made(&app, &program, first);
    assert_eq!(sealed_files(&app).len(), 1);
    program.call("POST", "/api/v1/erasures", &json!({ "person": gone })).expect(201);
    app.run_job("privacy.erasures.finish", "alpha");
    assert_eq!(program.get(&format!("{API}/{first}")).expect(200).json()["state"], "expired");
    program.get(&format!("{API}/{first}/file")).expect(409);
    assert_eq!(sealed_files(&app), Vec::<PathBuf>::new());
    let keys = "SELECT count(*) FROM workspace_exports WHERE sealed_key IS NOT NULL OR object IS NOT NULL";
    assert_eq!(count(&app, keys), 0);
}

/// `kill -9` between the sealed file and its row: it is made anew, and what lies there without a row goes.
#[test]
fn an_export_that_was_killed_is_made_anew() {
    let mut start = Start::default();
    start.environment.push(("HOLDFAST_TEST_FAILPOINT".into(), "export.placed".into()));
    let mut app = TestApp::start_with(start);
    let program = app.program_of(OWNER, "alpha");
    let asked = post(&program, API).expect(202).json()["id"].as_i64().expect("an id");
    assert!(app.server.wait(Duration::from_secs(30)).is_some(), "the place was never reached");
    assert_eq!(sealed_files(&app).len(), 1, "a sealed file without a row");
    app.set_start(Start::default());
    app.restart();
    let program = app.program_of(OWNER, "alpha");
    made(&app, &program, asked);
    app.run_job("privacy.workspace_exports.forget", "alpha");
    assert_eq!(sealed_files(&app).len(), 1, "the one that has a row");
    is_everything(&app, &program.get(&format!("{API}/{asked}/file")).expect(200).json());
    assert_eq!(entries(&app, "made"), 1);
    assert!(app.command(&["audit", "verify", "alpha"]).status.success());
}
