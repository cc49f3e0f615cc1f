//! Erased people leave the backups: what is left in a copy is looked for by somebody who knows nothing of how it is done.

use std::path::{Path, PathBuf};

use holdfast::backup::{base, files};
use holdfast::id::WorkspaceId;
use holdfast::privacy::data_map::File;
use serde_json::{Value, json};

use super::{facts, files_below};
use crate::privacy::canary::{self, Canary, columns, pages};
use crate::support::{OPERATOR, Start, TestApp, fixture, open};

const OWNER: &str = "owner@alpha.example";
const DAY: i64 = 86_400;

fn alpha(app: &TestApp) -> WorkspaceId {
    fixture::workspace_id(&app.control(), "alpha")
}

/// Every sealed database of a place, unpacked.
fn copies(app: &TestApp, place: WorkspaceId, into: &Path) -> Vec<PathBuf> {
    let keys = app.keys().workspace_version(place, 1).expect("keys");
    let folder = app.data().join("backup/data").join(place.to_string());
    let sealed = files_below(&folder, ".base");
    let unpack = |(number, path): (usize, &PathBuf)| {
        let to = into.join(format!("{place}-{number}.db"));
        let _ = std::fs::remove_file(&to);
        let (_, sha256) = files::hash_file(path).expect("it reads");
        base::unpack(path, &sha256, |_| Ok((place, keys.base.clone())), &to).expect("it unpacks");
        to
    };
    sealed.iter().enumerate().map(unpack).collect()
}

/// Copies in whose rows or pages one of the words stands, and the places.
fn naming(app: &TestApp, place: WorkspaceId, words: &[String]) -> Vec<String> {
    let scratch = tempfile::tempdir().expect("a folder");
    let keys = app.keys().workspace_version(place, 1).expect("keys");
    let file = if place == WorkspaceId::CONTROL { File::Control } else { File::Workspace };
    let mut found = Vec::new();
    for path in copies(app, place, scratch.path()) {
        let mut hits = 0;
        pages(&path, keys.database_key(), &mut |page| {
            let text = String::from_utf8_lossy(page).to_lowercase();
            hits += words.iter().filter(|word| text.contains(word.as_str())).count();
        });
        let columns = columns(&open(&path, &keys.database_key()), file, words);
        if hits > 0 || !columns.is_empty() {
            found.push(format!("{}: {hits} in pages, {columns:?}", path.display()));
        }
    }
    found
}

fn contact(app: &TestApp, name: &str) -> i64 {
    let person = json!({ "given_name": name, "family_name": "Quillon", "emails": [{ "value": format!("{name}@quay.example") }] });
    let made = app.program_of(OWNER, "alpha").call("POST", "/api/v1/contacts", &person).expect(201).json();
    made["id"].as_i64().expect("an id")
}

fn backups(app: &TestApp) -> Value {
    facts(app, &["backup", "list"], 0)["backups"].clone()
}

#[test]
fn era_3_an_erased_person_is_out_of_every_copy_and_the_rest_is_as_it_was() {
    let app = TestApp::start();
    let (alpha, control) = (alpha(&app), WorkspaceId::CONTROL);
    let person = Canary::settle(&app, 7);
    let stays = contact(&app, "merrow");
    app.control()
        .execute(
            "INSERT INTO outgoing_mail (workspace_id, purpose, recipient, title, body_text, body_html, message_id, state,
                 next_attempt_at, give_up_at, created_at, discard_after, last_error)
             VALUES (?1, 'test', ?2, ?3, ?3, ?3, '<a@test>', 'queued', ?4, ?4, ?4, ?4, '')",
            (alpha, person.email(), person.words(), app.now().plus(90 * DAY * 1_000)),
        )
        .expect("a mail that waits");
    app.backup(&["backup", "run"]);
    app.advance(DAY);
    contact(&app, "between");
    app.backup(&["backup", "run"]);
    canary::erase(&app, person.id);
    let words = person.needles();
    assert_eq!(naming(&app, alpha, &words).len(), 2, "they stand in each copy");
    assert_eq!(naming(&app, control, &words).len(), 2);
    app.advance(19 * DAY);
    app.backup(&["backup", "run"]);
    app.backup(&["backup", "prune", "--more-than-a-fifth"]);
    let then = backups(&app);
    assert_eq!(naming(&app, alpha, &words).len(), 2);
    let page = app.session_of(OPERATOR).get("/operator/backups").expect(200).text();
    assert!(page.contains("are older than an erasure and wait"), "{page}");

    // Copies that a moment of the last two weeks is restored from wait.
    let first = facts(&app, &["backup", "scrub"], 0);
    assert!(first["backups"].as_i64() > Some(0) && first["waiting"].as_i64() > Some(0), "{first}");
    let left = naming(&app, alpha, &words);
    assert_eq!(left.len(), 1, "{left:?}");
    assert_eq!(facts(&app, &["backup", "verify", "--all"], 0)["faults"], json!([]));

    let all = facts(&app, &["backup", "scrub", "--at-once"], 0);
    assert_eq!((&all["waiting"], &all["failed"]), (&json!(0), &json!([])), "{all}");
    crate::tidy::none("Copies of the workspace that still name them:", &naming(&app, alpha, &words));
    crate::tidy::none("Copies of the installation that still name them:", &naming(&app, control, &words));
    assert_eq!(facts(&app, &["backup", "verify", "--all"], 0)["faults"], json!([]));
    // Their sealed files went with them; those of others are there, once.
    let after = backups(&app);
    assert_eq!(after.as_array().map(Vec::len), then.as_array().map(Vec::len));
    let nothing = facts(&app, &["backup", "scrub", "--at-once"], 0);
    assert_eq!((&nothing["backups"], &nothing["copies"]), (&json!(0), &json!(0)), "what is done is not done again");

    // The oldest copy still brings everybody else back.
    let scratch = tempfile::tempdir().expect("a folder");
    let key = app.keys().workspace_version(alpha, 1).expect("keys").database_key();
    for path in copies(&app, alpha, scratch.path()) {
        let file = open(&path, &key);
        let rows = |sql: &str| file.query_row(sql, [], |row| row.get::<_, i64>(0)).expect("it reads");
        assert_eq!(rows(&format!("SELECT count(*) FROM contacts WHERE id = {stays}")), 1);
        assert_eq!(rows(&format!("SELECT count(*) FROM contacts WHERE id = {}", person.id)), 0);
        assert!(rows("SELECT count(*) FROM suppressions WHERE reason = 'erased'") > 0);
    }
    let page = app.session_of(OPERATOR).get("/operator/backups").expect(200).text();
    assert!(page.contains("Nobody who was erased is in any copy"), "{page}");
}

#[test]
fn era_3_two_records_that_were_made_one_later_both_leave_an_old_copy() {
    let app = TestApp::start();
    let (older, newer) = (contact(&app, "anselm"), contact(&app, "ansel"));
    app.backup(&["backup", "run"]);
    let merge = format!("/api/v1/contacts/{newer}/merge");
    app.program_of(OWNER, "alpha").call("POST", &merge, &json!({ "other": older })).expect(200);
    canary::erase(&app, newer);
    let words = vec!["anselm@quay".to_owned(), "ansel@quay".to_owned()];
    assert_eq!(naming(&app, alpha(&app), &words).len(), 1);
    let done = facts(&app, &["backup", "scrub", "--at-once"], 0);
    assert_eq!(done["people"], 1, "{done}");
    crate::tidy::none("Copies that still name them:", &naming(&app, alpha(&app), &words));
}

#[test]
fn bkp_5_a_pass_that_is_killed_leaves_whole_copies_and_is_done_again() {
    for place in ["scrub.sealed", "scrub.listed"] {
        let mut app = TestApp::start();
        let gone = contact(&app, "anselm");
        app.backup(&["backup", "run"]);
        canary::erase(&app, gone);
        app.server.stop();
        let mut dying = crate::support::server::command(&app.data(), &["backup", "scrub", "--at-once"]);
        let ended = dying
            .env("HOLDFAST_TEST_FAILPOINT", place)
            .env("HOLDFAST_TEST_CLOCK", app.data().with_file_name("clock"))
            .output()
            .expect("it runs");
        assert!(!ended.status.success(), "{place} was not reached");
        app.restart();
        assert_eq!(facts(&app, &["backup", "verify", "--all"], 0)["faults"], json!([]), "{place}");
        app.backup(&["backup", "scrub", "--at-once"]);
        assert_eq!(facts(&app, &["backup", "verify", "--all"], 0)["faults"], json!([]), "{place}");
        let words = vec!["anselm@quay".to_owned()];
        let named = naming(&app, alpha(&app), &words);
        // An object that was sealed and never listed has nobody in it; one that is no longer listed goes.
        if place == "scrub.listed" && !named.is_empty() {
            app.advance(2 * DAY);
            app.backup(&["backup", "run"]);
            app.backup(&["backup", "prune", "--more-than-a-fifth"]);
        }
        crate::tidy::none("Copies that still name them:", &naming(&app, alpha(&app), &words));
    }
}

#[test]
fn era_3_what_a_hold_keeps_stays_in_the_copies_until_it_is_released() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let (person, words) = (contact(&app, "anselm"), vec!["anselm@quay".to_owned()]);
    app.backup(&["backup", "run"]);
    let hold =
        json!({ "scope": "person", "on_type": "contact", "on_id": person, "matter": "Quay 7", "reason": "A claim" });
    let hold = program.call("POST", "/api/v1/legal-holds", &hold).expect(201).json()["id"].clone();
    program.call("POST", "/api/v1/erasures", &json!({ "person": person })).expect(201);
    let state = || program.get("/api/v1/erasures").expect(200).json()["data"][0]["state"].clone();
    super::until(|| (state() == "held").then_some(()));
    let kept = facts(&app, &["backup", "scrub", "--at-once"], 0);
    assert_eq!(kept["failed"], json!([]), "{kept}");
    assert!(!naming(&app, alpha(&app), &words).is_empty(), "the hold keeps them there as well");
    program.call("POST", &format!("/api/v1/legal-holds/{hold}/release"), &json!({ "reason": "Settled" })).expect(200);
    app.run_job("privacy.erasures.finish", "alpha");
    super::until(|| (state() == "done").then_some(()));
    app.backup(&["backup", "scrub", "--at-once"]);
    crate::tidy::none("Copies that still name them:", &naming(&app, alpha(&app), &words));
}

/// Four weeks, with the jobs as they run by themselves.
#[test]
fn era_3_within_thirty_days_nobody_has_to_do_anything() {
    let app = TestApp::start();
    let (person, words) = (contact(&app, "anselm"), vec!["anselm@quay".to_owned()]);
    app.run_job("backup.daily.run", "");
    app.advance(3 * DAY);
    app.run_job("backup.daily.run", "");
    canary::erase(&app, person);
    for week in 0..4 {
        app.advance(7 * DAY);
        contact(&app, &format!("somebody{week}"));
        app.run_job("backup.daily.run", "");
        app.run_job("backup.erased.scrub", "");
    }
    crate::tidy::none("Copies that still name them:", &naming(&app, alpha(&app), &words));
    let doctor = app.command(&["doctor"]);
    assert!(!String::from_utf8_lossy(&doctor.stdout).contains("may still be in"), "{doctor:?}");
}

/// With a step of the erasure left out the pass sees what is left, says so, and keeps the copy as it was.
#[test]
fn era_3_a_pass_that_leaves_something_is_noticed_by_itself() {
    let beside = tempfile::tempdir().expect("a folder");
    let faults = beside.path().join("faults");
    let mut start = Start::default();
    start.environment.push(("TEST_ERASURE_LEAVE_OUT".into(), faults.display().to_string()));
    let app = TestApp::start_with(start);
    let (person, other) = (contact(&app, "anselm"), contact(&app, "merrow"));
    let note = json!({ "on": { "type": "contact", "id": other }, "body": "Write to anselm@quay.example instead." });
    app.program_of(OWNER, "alpha").call("POST", "/api/v1/notes", &note).expect(201);
    app.backup(&["backup", "run"]);
    canary::erase(&app, person);
    let before = files_below(&app.data().join("backup/data"), ".base");
    std::fs::write(&faults, "mentions").expect("written");
    let told = facts(&app, &["backup", "scrub", "--at-once"], 1);
    assert!(told["failed"][0]["reason"].to_string().contains("still name somebody"), "{told}");
    assert!(before.iter().all(|path| path.exists()), "what stood there stays");
    std::fs::write(&faults, "").expect("written");
    assert_eq!(facts(&app, &["backup", "scrub", "--at-once"], 0)["people"], 1);
    crate::tidy::none("Copies that still name them:", &naming(&app, alpha(&app), &["anselm@quay".to_owned()]));
}

/// A copy that cannot be looked through is told of, in time and then as broken; the others are done.
#[test]
fn era_3_a_copy_that_cannot_be_looked_through_is_no_secret() {
    let app = TestApp::start();
    let person = contact(&app, "anselm");
    app.backup(&["backup", "run"]);
    canary::erase(&app, person);
    let sealed = files_below(&app.data().join("backup/data").join(alpha(&app).to_string()), ".base");
    let mut bytes = std::fs::read(&sealed[0]).expect("it reads");
    bytes[5_000] ^= 1;
    std::fs::write(&sealed[0], bytes).expect("written");
    let told = facts(&app, &["backup", "scrub", "--at-once"], 1);
    assert_eq!(told["failed"].as_array().map(Vec::len), Some(1), "{told}");
    let page = app.session_of(OPERATOR).get("/operator/backups").expect(200).text();
    assert!(page.contains("Not done"), "{page}");
    app.advance(31 * DAY);
    app.run_job("backup.daily.run", "");
    let page = app.session_of(OPERATOR).get("/operator/backups").expect(200).text();
    assert!(page.contains("may still be in") || page.contains("Late"), "{page}");
}

/// The newest copy is what everything since is added to: a pass leaves it on its line, and makes one when it must.
#[test]
fn pit_3_after_a_pass_every_change_still_leads_to_now() {
    let app = TestApp::start();
    let person = contact(&app, "anselm");
    app.backup(&["backup", "run"]);
    canary::erase(&app, person);
    app.backup(&["backup", "scrub", "--at-once"]);
    contact(&app, "afterwards");
    let drilled = facts(&app, &["backup", "drill"], 0);
    let verdicts: Vec<&Value> =
        drilled["drills"].as_array().expect("drills").iter().map(|one| &one["verdict"]).collect();
    assert_eq!(verdicts, vec!["ok"; 3], "{drilled}");
    crate::tidy::none("Copies that still name them:", &naming(&app, alpha(&app), &["anselm@quay".to_owned()]));
}

/// What a pass takes out of the copies goes from the mirror with its next run, however much of it that is.
#[test]
fn era_1_the_mirror_follows_a_pass_without_asking() {
    let beside = tempfile::tempdir().expect("a folder");
    let mut start = Start::default();
    start.environment.push(("HOLDFAST_MIRROR__FOLDER".into(), beside.path().join("mirror").display().to_string()));
    std::fs::create_dir(beside.path().join("mirror")).expect("a folder");
    let app = TestApp::start_with(start);
    let person = contact(&app, "anselm");
    for _ in 0..3 {
        app.backup(&["backup", "run"]);
    }
    let bases = |folder: &Path| {
        let named = files_below(folder, ".base").into_iter().filter_map(|path| Some(path.file_name()?.to_owned()));
        named.collect::<std::collections::BTreeSet<_>>()
    };
    let (own, mirror) = (app.data().join("backup"), beside.path().join("mirror"));
    let mirrored = || super::until(|| app.command(&["backup", "mirror"]).status.success().then_some(()));
    mirrored();
    let before = bases(&mirror);
    assert_eq!(before, bases(&own));
    canary::erase(&app, person);
    app.backup(&["backup", "scrub", "--at-once"]);
    mirrored();
    assert_eq!(bases(&mirror), bases(&own));
    assert!(before.difference(&bases(&mirror)).count() >= 6, "three copies of the workspace and of the installation");
}
