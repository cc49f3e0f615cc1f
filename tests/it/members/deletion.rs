//! The page of a workspace that is being deleted: two steps, the way back, and what nobody can open any more (ERA-1).

use std::fs::File;
use std::path::{Path, PathBuf};

use holdfast::crypto::object::{Header, Reader};
use serde_json::{Value, json};

use crate::support::{Ask, TestApp, fixture, keys, open, shown};

const DAY: i64 = 24 * 60 * 60;
const END: &str = "members.lifecycle.end";
const OWNER: &str = "owner@beta.example";
const SECOND: &str = "admin@beta.example";

fn name(app: &TestApp, slug: &str) -> String {
    app.control().query_row("SELECT name FROM workspaces WHERE slug = ?1", [slug], |row| row.get(0)).expect("a name")
}

fn make_owner(app: &TestApp, email: &str) {
    let sql = "UPDATE memberships SET role_id = (SELECT r.id FROM roles r WHERE r.key = 'owner' AND r.workspace_id = memberships.workspace_id)
               WHERE account_id = (SELECT id FROM accounts WHERE email = ?1)";
    assert_eq!(app.control().execute(sql, [email]).expect("a second owner"), 1);
}

/// Who was told of the deletion, and what.
fn told(app: &TestApp) -> Vec<(String, String)> {
    let control = app.control();
    let sql = "SELECT recipient, body_text FROM outgoing_mail WHERE purpose = 'deletion_asked' ORDER BY recipient";
    let mut statement = control.prepare(sql).expect("a table");
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).expect("mails");
    rows.map(Result::unwrap).collect()
}

fn the_end(app: &TestApp) -> Value {
    app.operator_program().get("/api/v1/operator/workspace-ends").expect(200).json()["data"][0].clone()
}

#[test]
fn a_deletion_takes_a_second_owner_or_a_day_and_any_owner_can_stop_it() {
    let app = TestApp::start();
    let id = fixture::workspace_id(&app.control(), "beta");
    make_owner(&app, SECOND);
    let (owner, second) = (app.session_of(OWNER), app.session_of(SECOND));
    let (member, elsewhere) = (app.session_of("member@beta.example"), app.session_of("owner@alpha.example"));
    let page = format!("/account/deletions/{id}");
    owner.get(&page).expect(404);
    let ask = || {
        let fields = [("name", &*name(&app, "beta")), ("grace_days", "0")];
        let asked = app.session_of(OWNER).submit("/w/beta/settings/closing", &fields).expect(303);
        assert!(asked.location().starts_with(&page), "{}", asked.location());
    };
    ask();
    let mails = told(&app);
    assert_eq!(mails.iter().map(|(to, _)| to.as_str()).collect::<Vec<_>>(), [SECOND, OWNER]);
    assert!(mails.iter().all(|(_, text)| text.contains(&page) && text.contains("Asked by: ")), "{mails:?}");
    // The asker can keep it and not agree; a member sees it; nobody else does.
    let seen = owner.get(&page).expect(200).text();
    assert!(seen.contains("Keep the workspace") && !seen.contains("Agree to the deletion"), "{seen}");
    let seen = member.get(&page).expect(200).text();
    assert!(!seen.contains("Keep the workspace") && seen.contains("An owner of the workspace can keep it"), "{seen}");
    assert!(member.get("/").expect(200).text().contains(&page), "the way to it");
    elsewhere.get(&page).expect(404);
    elsewhere.submit(&format!("{page}/keep"), &[]).expect(404);
    member.submit(&format!("{page}/keep"), &[]).expect(404);
    member.submit(&format!("{page}/agree"), &[]).expect(404);
    owner.submit(&format!("{page}/agree"), &[]).expect(409);
    // Without a second word nothing goes within the day, although no grace was wanted.
    app.advance(DAY - 60);
    app.run_job(END, "");
    assert!(the_end(&app)["purged_at"].is_null() && the_end(&app)["can_be_kept"] == true);
    let second_now = app.session_of(SECOND);
    assert!(second_now.get(&page).expect(200).text().contains("Agree to the deletion"));
    second_now.submit(&format!("{page}/keep"), &[]).expect(303);
    app.program_of(OWNER, "beta").get("/api/v1/contacts").expect(200);
    second_now.get(&page).expect(404);
    drop(second);
    // Once more, and this time the second owner agrees.
    ask();
    let again = app.session_of(SECOND);
    again.submit(&format!("{page}/agree"), &[]).expect(303);
    again.submit(&format!("{page}/agree"), &[]).expect(409);
    app.run_job(END, "");
    assert!(!the_end(&app)["purged_at"].is_null() && !the_end(&app)["agreed_at"].is_null());
    assert!(told(&app).is_empty(), "its mails went with it");
    let gone = again.get(&page).expect(200).text();
    assert!(gone.contains("Destroyed") && !gone.contains(OWNER) && !gone.contains("Keep the workspace"), "{gone}");
    again.submit(&format!("{page}/keep"), &[]).expect(404);
    again.get(&format!("{page}/certificate")).expect(404);
    app.advance(15 * DAY);
    let waiting = std::time::Instant::now();
    while the_end(&app)["certificate"].is_null() {
        assert!(waiting.elapsed().as_secs() < 30, "it does not come to its end");
        app.run_job(END, "");
    }
    let reader = app.session_of(SECOND);
    assert!(reader.get(&page).expect(200).text().contains("Nothing of it can be read any more"));
    let file = app.data().join("certificate.json");
    std::fs::write(&file, reader.get(&format!("{page}/certificate")).expect(200).text()).expect("written");
    let verified = app.command(&["certificate", "verify", file.to_str().expect("a path")]);
    assert!(verified.status.success(), "{}", shown(&verified));
}

/// What somebody copied on the first day: the live folder, and the backups as a mirror holds them.
struct Saved {
    database: PathBuf,
    objects: Vec<PathBuf>,
}

impl Saved {
    fn take(app: &TestApp, id: &str, to: &Path) -> Saved {
        let live = app.data().join("workspaces").join(id);
        std::fs::create_dir_all(to).expect("a folder");
        let database = to.join("data.db");
        std::fs::copy(live.join("data.db"), &database).expect("a copy");
        let mut objects = Vec::new();
        for (number, path) in
            files_of(&live).into_iter().chain(files_of(&app.data().join("backup/data").join(id))).enumerate()
        {
            let begins = std::fs::read(&path).expect("a file");
            if begins.starts_with(b"HFSO") {
                let copy = to.join(number.to_string());
                std::fs::write(&copy, begins).expect("a copy");
                objects.push(copy);
            }
        }
        Saved { database, objects }
    }

    /// How much of it opens with any key of a keyring: the databases and objects of which a page or chunk decrypts.
    fn opened(&self, app: &TestApp) -> usize {
        let keys = keys(&app.data());
        let held: Vec<_> =
            keys.versions().iter().filter_map(|one| keys.workspace_version(one.workspace, one.version).ok()).collect();
        let database = held.iter().filter(|keys| {
            open(&self.database, &keys.database_key())
                .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0))
                .is_ok()
        });
        let opens = |path: &&PathBuf| {
            held.iter().flat_map(|keys| [&keys.base, &keys.segment, &keys.export, &keys.field]).any(|key| {
                let mut file = File::open(path).expect("a copy");
                let header = Header::read(&mut file).expect("a header");
                Reader::new(file, key, header).next_chunk().is_ok_and(|chunk| chunk.is_some())
            })
        };
        database.count() + self.objects.iter().filter(opens).count()
    }
}

fn files_of(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        match entry.path().is_dir() {
            true => found.extend(files_of(&entry.path())),
            false => found.push(entry.path()),
        }
    }
    found
}

/// Copies of keyrings in the backup folder.
fn rings(app: &TestApp) -> Vec<PathBuf> {
    files_of(&app.data().join("backup/keys"))
        .into_iter()
        .filter(|path| path.to_string_lossy().ends_with("aobj"))
        .collect()
}

#[test]
fn era_1_at_each_deadline_no_saved_copy_opens_with_any_key_that_is_left() {
    let app = TestApp::start();
    let id = fixture::workspace_id(&app.control(), "beta");
    let program = app.program_of(OWNER, "beta");
    let contact = program.get("/api/v1/contacts?limit=1").expect(200).json()["data"][0]["id"].clone();
    let on = format!("contact:{contact}");
    program.upload("/api/v1/attachments", &[("on", &on)], ("file", "paper.txt", b"sealed words")).expect(201);
    app.backup(&["backup", "run"]);
    program.call("POST", "/api/v1/contacts", &json!({ "given_name": "Shipped" })).expect(201);
    let segments = app.data().join("backup/data").join(id.to_string()).join("segments");
    crate::operator::until("a segment", || {
        files_of(&segments).iter().any(|path| path.to_string_lossy().ends_with("seg")).then_some(())
    });
    let elsewhere = tempfile::tempdir().expect("a folder");
    let saved = Saved::take(&app, &id.to_string(), elsewhere.path());
    let before = saved.opened(&app);
    assert!(before >= 3, "the file, a base and a segment open while the key is there: {before}");
    let first_rings = rings(&app);
    let delete = json!({ "name": name(&app, "beta"), "grace_days": 7 });
    app.operator_program().call("POST", "/api/v1/operator/workspaces/beta/delete", &delete).expect(200);
    assert_eq!(told(&app).len(), 1, "the owner hears of it, whoever asked");
    let at = |days: i64, is_due: &dyn Fn() -> bool| {
        let asked: i64 =
            app.control().query_row("SELECT requested_at FROM workspace_ends", [], |row| row.get(0)).expect("asked");
        app.advance(days * DAY + 120 - (app.now().0 - asked) / 1000);
        let waiting = std::time::Instant::now();
        while !is_due() {
            assert!(waiting.elapsed().as_secs() < 30, "day {days}: it is not done");
            app.run_job(END, "");
        }
        app.stranger().get("/healthz").expect(200);
        saved.opened(&app)
    };
    assert_eq!(at(6, &|| true), before, "within its grace it can still come back");
    assert_eq!(at(7, &|| !the_end(&app)["purged_at"].is_null()), 0, "day 7");
    assert!(!app.data().join("workspaces").join(id.to_string()).exists());
    assert_eq!(at(8, &|| !the_end(&app)["backups_gone_at"].is_null()), 0, "day 8");
    assert!(!app.data().join("backup/data").join(id.to_string()).exists());
    assert_eq!(at(21, &|| !the_end(&app)["certificate"].is_null()), 0, "day 21");
    let left = rings(&app);
    assert!(!left.is_empty() && first_rings.iter().all(|ring| !left.contains(ring)), "{left:?}");
    for days in [30, 91] {
        assert_eq!(at(days, &|| true), 0, "day {days}");
        let name = id.to_string();
        let traces = files_of(&app.data()).into_iter().filter(|path| path.to_string_lossy().contains(&name));
        // What a restore of the installation must know: that this one is gone. It names nobody.
        let traces: Vec<_> = traces.filter(|path| !path.to_string_lossy().contains("/ledger/")).collect();
        assert!(traces.is_empty(), "day {days}: {traces:?}");
    }
    app.operator_program().send(Ask::new("POST", "/api/v1/operator/workspaces/beta/reopen")).expect(404);
}

/// The watchdog: an installation is not well an hour after any deadline, and on no day after the ninetieth.
#[test]
fn era_1_a_deadline_that_passed_is_never_well() {
    let app = TestApp::start();
    let now = app.now().0;
    let well = |sql: &str| {
        let control = app.control();
        control.execute("DELETE FROM workspace_ends", []).expect("none");
        control.execute(&format!("INSERT INTO workspace_ends (workspace_id, {sql})"), []).expect("an end");
        app.stranger().get("/healthz").status
    };
    let ago = |hours: i64| now - hours * 60 * 60 * 1000;
    // Each row stands for a step that cannot be done: its workspace has no file, so only the clock is looked at.
    let rows = [
        ("destroyed", format!("requested_at, step) VALUES (randomblob(16), {}, 9", ago(7 * 24 + 2))),
        (
            "out of the backups",
            format!("requested_at, step, purged_at) VALUES (randomblob(16), {}, 3, {}", ago(200), ago(26)),
        ),
        (
            "copies of the key",
            format!(
                "requested_at, step, purged_at, backups_gone_at) VALUES (randomblob(16), {}, 3, {}, {}",
                ago(600),
                ago(14 * 24 + 2),
                ago(300)
            ),
        ),
        ("closed", format!("closed_at, closed_until) VALUES (randomblob(16), {}, {}", ago(800), ago(2))),
        ("day 90", format!("requested_at, grace_days, step) VALUES (randomblob(16), {}, 30, 3", ago(90 * 24 + 1))),
    ];
    for (what, sql) in rows {
        assert_eq!(well(&sql), 503, "{what} is late, and the installation says that it is well");
    }
    let certified = format!("requested_at, step, certificate) VALUES (randomblob(16), {}, 3, 'signed'", ago(400 * 24));
    assert_eq!(well(&certified), 200, "what is certified is over");
}
