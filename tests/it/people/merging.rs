//! Two records become one, and two again.

use serde_json::{Value, json};

use super::{MEMBER, OWNER, add, audited, id, undone, version};
use crate::support::{Client, TestApp, digest};

fn note(program: &Client, contact: &Value, words: &str) {
    let body = json!({ "on": { "type": "contact", "id": contact["id"] }, "body": words });
    program.call("POST", "/api/v1/notes", &body).expect(201);
}

fn show(program: &Client, contact: i64) -> Value {
    program.get(&format!("/api/v1/contacts/{contact}")).expect(200).json()
}

fn two(program: &Client) -> (Value, Value) {
    let stays = add(
        program,
        &json!({ "given_name": "Freya", "family_name": "Castellan", "emails": [{ "value": "freya@old.example" }], "tags": ["North"] }),
    );
    let goes = add(
        program,
        &json!({ "given_name": "Freja", "family_name": "Castellan", "job_title": "Harbour master", "emails": [{ "value": "freja@new.example" }], "phones": [{ "value": "+441632960901" }], "tags": ["VIP"] }),
    );
    note(program, &goes, "Prefers the tide tables on paper.");
    (stays, goes)
}

#[test]
fn what_hung_on_the_one_hangs_on_the_other_and_comes_back_as_it_was() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    program.call("POST", "/api/v1/custom-fields", &json!({ "object": "contact", "label": "Boss", "kind": "relation", "target": "contact", "personal": true, "category": "identity" })).expect(201);
    let (stays, goes) = two(&program);
    let pupil = add(&program, &json!({ "given_name": "Pupil", "custom": { "boss": { "id": goes["id"] } } }));
    let before = digest::of(&app.workspace("alpha"), false);

    let body = json!({ "other": goes["id"], "take": ["given_name"], "version": version(&stays), "other_version": version(&goes) });
    let merged = program.call("POST", &format!("/api/v1/contacts/{}/merge", stays["id"]), &body).expect(200).json();
    let now = show(&program, id(&stays));
    assert_eq!((now["given_name"].as_str(), now["job_title"].as_str()), (Some("Freja"), Some("Harbour master")));
    assert_eq!(now["tags"], json!(["North", "VIP"]));
    assert_eq!(now["emails"].as_array().map(Vec::len), Some(2));
    assert_eq!(now["phones"].as_array().map(Vec::len), Some(1));
    assert_eq!(show(&program, id(&pupil))["custom"]["boss"]["id"], stays["id"], "relations follow");
    program.get(&format!("/api/v1/contacts/{}", goes["id"])).expect(404);
    let ana = app.session_of(OWNER);
    let page = ana.follow(ana.get(&format!("/w/alpha/people/contacts/{}", goes["id"])).expect(303)).expect(200).text();
    assert!(
        page.contains("Freja Castellan") && page.contains("tide tables on paper"),
        "the old link leads to the one that stayed"
    );
    assert_eq!(audited(&app, "people.contact.merged"), 1);

    let change = merged["change"].as_i64().expect("a change");
    program.call("POST", &format!("/api/v1/changes/{change}/undo"), &json!({})).expect(202);
    let told = undone(&program, change);
    assert_eq!((told["restored"].as_i64(), told["kept"].as_i64()), (Some(2), Some(0)));
    // Merge then undo is the identity, but for what says that it happened.
    let after = digest::of(&app.workspace("alpha"), false);
    let changed = digest::changed(&before, &after);
    let allowed = ["changes", "contacts", "idempotent_answers", "timeline_entries"];
    assert!(
        changed.iter().all(|line| allowed.iter().any(|table| line.starts_with(&format!("{table}:")))),
        "{changed:?}"
    );
    for (known, contact) in [(&stays, id(&stays)), (&goes, id(&goes))] {
        let (mut known, mut now) = (known.clone(), show(&program, contact));
        for field in ["version", "updated_at", "last_activity_at"] {
            known[field] = Value::Null;
            now[field] = Value::Null;
        }
        assert_eq!(known, now);
    }
    program.call("POST", &format!("/api/v1/changes/{change}/undo"), &json!({})).expect(409);
}

#[test]
fn a_merge_that_cannot_be_is_refused_and_changes_nothing() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let (stays, goes) = two(&program);
    let path = format!("/api/v1/contacts/{}/merge", stays["id"]);
    let before = digest::of(&app.workspace("alpha"), true);
    program.call("POST", &path, &json!({ "other": stays["id"] })).expect(422);
    program.call("POST", &path, &json!({ "other": 999_999 })).expect(404);
    program.call("POST", &path, &json!({ "other": goes["id"], "take": ["shoe_size"] })).expect(422);
    program.call("POST", &path, &json!({ "other": goes["id"], "version": 1, "other_version": 7 })).expect(412);
    // A member who owns neither may not.
    app.program_of(MEMBER, "alpha").call("POST", &path, &json!({ "other": goes["id"] })).expect(403);
    let after = digest::of(&app.workspace("alpha"), true);
    assert_eq!(digest::changed(&before, &after), Vec::<String>::new());
}

#[test]
fn a_merged_record_that_somebody_edited_stays_one() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let (stays, goes) = two(&program);
    let merged = program
        .call("POST", &format!("/api/v1/contacts/{}/merge", stays["id"]), &json!({ "other": goes["id"] }))
        .expect(200)
        .json();
    let now = show(&program, id(&stays));
    program
        .change("PATCH", &format!("/api/v1/contacts/{}", stays["id"]), version(&now), &json!({ "job_title": "Pilot" }))
        .expect(200);
    let answer = program.call("POST", &format!("/api/v1/changes/{}/undo", merged["change"]), &json!({})).expect(409);
    assert!(answer.text().contains("changed since"), "{}", answer.text());
    assert!(answer.text().contains("copy what you need into a new one"), "it says what to do: {}", answer.text());
}

#[test]
fn what_was_verified_stays_verified() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let (stays, goes) = two(&program);
    let file = app.workspace("alpha");
    let verify = |contact: &Value, at: i64| {
        file.execute("UPDATE contact_identities SET verified_at = ?1 WHERE contact_id = ?2", [at, id(contact)])
            .expect("they have addresses");
    };
    verify(&goes, 1_700_000_000_000);
    let proofs = || -> Vec<(String, Option<i64>)> {
        let mut all =
            file.prepare("SELECT value, verified_at FROM contact_identities ORDER BY value").expect("a table");
        let rows = all.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get(1)?))).expect("rows");
        rows.map(|row| row.expect("a row"))
            .filter(|(value, _)| value.contains("fre") || value.contains("960901"))
            .collect()
    };
    let before = proofs();
    assert_eq!(before.iter().filter(|(_, at)| at.is_some()).count(), 2, "{before:?}");
    let body = json!({ "other": goes["id"] });
    let merged = program.call("POST", &format!("/api/v1/contacts/{}/merge", stays["id"]), &body).expect(200).json();
    assert_eq!(proofs(), before, "the one that stays has what the other showed to be theirs");
    program.call("POST", &format!("/api/v1/changes/{}/undo", merged["change"]), &json!({})).expect(202);
    undone(&program, merged["change"].as_i64().expect("a change"));
    assert_eq!(proofs(), before);
}

#[test]
fn a_merge_with_itself_is_answered_with_what_to_do() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let (stays, _) = two(&program);
    let path = format!("/api/v1/contacts/{}/merge", stays["id"]);
    let refused = program.call("POST", &path, &json!({ "other": stays["id"] })).expect(422).json();
    assert_eq!(refused["errors"][0]["pointer"], "/other");
    assert!(refused["detail"].as_str().unwrap().contains("Choose another one"), "{refused}");
    // On the page: the question which one it is, with the reason above it.
    let ana = app.session_of(OWNER);
    let page = format!("/w/alpha/people/contacts/{}/merge", stays["id"]);
    let own = stays["id"].to_string();
    for answer in [
        ana.get(&format!("{page}?with={own}")),
        ana.submit(&page, &[("other", own.as_str()), ("version", "1"), ("other_version", "1")]),
    ] {
        let text = answer.expect(422).text();
        assert!(text.contains("This is the same record. Choose another one"), "{text}");
    }
}

#[test]
fn after_seven_days_a_change_is_final() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let (stays, goes) = two(&program);
    let merged = program
        .call("POST", &format!("/api/v1/contacts/{}/merge", stays["id"]), &json!({ "other": goes["id"] }))
        .expect(200)
        .json();
    let images = || -> i64 {
        app.workspace("alpha").query_row("SELECT count(*) FROM change_images", [], |row| row.get(0)).expect("a count")
    };
    assert_eq!(images(), 2);
    app.advance(8 * 86_400);
    let program = app.program_of(OWNER, "alpha");
    let answer = program.call("POST", &format!("/api/v1/changes/{}/undo", merged["change"]), &json!({})).expect(409);
    assert!(answer.text().contains("seven days"), "{}", answer.text());
    assert!(answer.text().contains("change them by hand"), "it says what to do: {}", answer.text());
    let ana = app.session_of(OWNER);
    let page = ana.submit(&format!("/w/alpha/people/changes/{}/undo", merged["change"]), &[]).expect(409).text();
    assert!(page.contains("change them by hand"), "{page}");
    app.run_job("privacy.retention.run", "alpha");
    assert_eq!(images(), 0, "images are kept beyond their time");
}

#[test]
fn companies_merge_with_their_people() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let company = |name: &str| program.call("POST", "/api/v1/companies", &json!({ "name": name })).expect(201).json();
    let (stays, goes) = (company("Skelwick Harbour"), company("Skelwick Harbour Ltd"));
    let ada = add(&program, &json!({ "given_name": "Ada", "company_id": goes["id"] }));
    let merged = program
        .call("POST", &format!("/api/v1/companies/{}/merge", stays["id"]), &json!({ "other": goes["id"] }))
        .expect(200)
        .json();
    assert_eq!(show(&program, id(&ada))["company"]["id"], stays["id"]);
    program.call("POST", &format!("/api/v1/changes/{}/undo", merged["change"]), &json!({})).expect(202);
    undone(&program, merged["change"].as_i64().expect("a change"));
    assert_eq!(show(&program, id(&ada))["company"]["id"], goes["id"]);
    assert_eq!(program.get("/api/v1/contacts?q=ltd").expect(200).json()["data"][0]["id"], ada["id"], "search follows");
}

#[test]
fn duplicates_are_found_with_reasons_and_dismissed_for_good() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let company = program.call("POST", "/api/v1/companies", &json!({ "name": "Skelwick GmbH" })).expect(201).json();
    program.call("POST", "/api/v1/companies", &json!({ "name": "Skelwick", "domain": "skelwick.example" })).expect(201);
    for given in ["Meryl", "Merryl"] {
        add(&program, &json!({ "given_name": given, "family_name": "Oakenshaw", "company_id": company["id"] }));
    }
    program.call("POST", "/api/v1/duplicates/search", &json!({})).expect(202);
    let pairs = |object: &str| -> Vec<Value> {
        let found = program.get(&format!("/api/v1/duplicates?object={object}")).expect(200).json();
        found["data"].as_array().expect("data").clone()
    };
    let wait = || {
        for _ in 0..200 {
            if pairs("company").iter().any(|pair| pair["reasons"] == json!(["same_name"])) {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        panic!("no duplicates found: {:?}", pairs("company"));
    };
    wait();
    let people = pairs("contact");
    let pair = people
        .iter()
        .find(|pair| pair["reasons"] == json!(["close_name", "same_company"]))
        .unwrap_or_else(|| panic!("{people:?}"));
    program.call("POST", &format!("/api/v1/duplicates/{}/dismissal", pair["id"]), &json!({})).expect(204);
    program.call("POST", "/api/v1/duplicates/search", &json!({})).expect(202);
    std::thread::sleep(std::time::Duration::from_millis(500));
    wait();
    assert!(!pairs("contact").iter().any(|other| other["records"] == pair["records"]), "it is offered again");
}

#[test]
fn the_page_of_a_merge_shows_both_and_keeps_what_was_chosen() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let (stays, goes) = two(&program);
    let ana = app.session_of(OWNER);
    let path = format!("/w/alpha/people/contacts/{}/merge", stays["id"]);
    let chosen = ana.get(&path).expect(200).text();
    assert!(chosen.contains("with…"), "{chosen}");
    let page = ana.get(&format!("{path}?with={}", goes["id"])).expect(200).text();
    for words in ["Freya", "Freja", "Harbour master", "freja@new.example", "The other way round"] {
        assert!(page.contains(words), "{words} is not in {page}");
    }
    let (other, one, two) = (goes["id"].to_string(), version(&stays).to_string(), version(&goes).to_string());
    let stale =
        [("other", other.as_str()), ("version", "9"), ("other_version", two.as_str()), ("take/given_name", "other")];
    let page = ana.submit(&path, &stale).expect(409).text();
    assert!(page.contains("Somebody changed one of the two"), "{page}");
    let form = [
        ("other", other.as_str()),
        ("version", one.as_str()),
        ("other_version", two.as_str()),
        ("take/given_name", "other"),
    ];
    let page = ana.follow(ana.submit(&path, &form).expect(303)).expect(200).text();
    assert!(page.contains("Freja Castellan"), "{page}");
    let changes = ana.get("/w/alpha/people/changes").expect(200).text();
    assert!(changes.contains("Merge of contacts") && changes.contains("Can be taken back"), "{changes}");
}
