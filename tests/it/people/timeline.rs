//! The history of a record: every kind of line on the page and in the API, filtered, page after page.

use std::collections::BTreeSet;

use holdfast::modules::MODULES;
use serde_json::{Value, json};

use super::{MEMBER, OWNER, add_named, member_id, permit, version};
use crate::support::{Client, TestApp};
use crate::tidy::none;

fn change(program: &Client, contact: i64, body: &Value) {
    let path = format!("/api/v1/contacts/{contact}");
    let now = version(&program.get(&path).expect(200).json());
    program.change("PATCH", &path, now, body).expect(200);
}

fn kinds(program: &Client, contact: i64, query: &str) -> Vec<String> {
    let answer = program.get(&format!("/api/v1/contacts/{contact}/timeline{query}")).expect(200).json();
    let data = answer["data"].as_array().expect("data").clone();
    data.iter().map(|line| line["kind"].as_str().expect("a kind").to_owned()).collect()
}

/// A kind that nothing draws, or two under one word, would be a line that never shows.
#[test]
fn every_kind_of_every_module_is_shown() {
    let app = TestApp::start();
    let (page, program) = (app.session_of(OWNER), app.program_of(OWNER, "alpha"));
    let all: Vec<_> = MODULES.iter().flat_map(|module| module.timeline).copied().flatten().copied().collect();
    let words: BTreeSet<&str> = all.iter().map(|kind| kind.word).collect();
    assert_eq!(words.len(), all.len(), "two kinds under one word");
    let contact = add_named(&program, "Rhys", "Every");
    let file = app.workspace("alpha");
    for (at, kind) in all.iter().filter(|kind| kind.word != "added").enumerate() {
        file.execute(
            "INSERT INTO timeline_entries (on_type, on_id, at, kind, fields, member_id) VALUES ('contact', ?1, ?2, ?3, 'emails', 1)",
            (contact, 1_000_000 + i64::try_from(at).unwrap_or(0), kind.word),
        )
        .expect("a line");
    }
    let shown = page.get(&format!("/w/alpha/people/contacts/{contact}")).expect(200).text();
    let drawn =
        shown.split("<ol class=\"timeline\">").nth(1).and_then(|rest| rest.split("</ol>").next()).expect("a history");
    assert_eq!(drawn.matches("class=\"node\"").count(), all.len());
    let icons = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/assets/icons.svg")).expect("the icons");
    let told: BTreeSet<String> = kinds(&program, contact, "").into_iter().collect();
    let mut broken = Vec::new();
    for kind in &all {
        let beginning = kind.words.split('{').next().unwrap_or_default().trim();
        if !beginning.is_empty() && !drawn.contains(beginning) {
            broken.push(format!("{}: the page does not say {beginning:?}", kind.word));
        }
        if !told.contains(kind.word) {
            broken.push(format!("{}: not in the API", kind.word));
        }
        if !icons.contains(&format!("<symbol id=\"{}\"", kind.icon)) {
            broken.push(format!("{}: there is no icon {}", kind.word, kind.icon));
        }
        if !shown.contains(&format!("?show={}\"", kind.group.word)) {
            broken.push(format!("{}: the filter does not offer {}", kind.word, kind.group.word));
        }
    }
    assert!(!drawn.contains('{'), "a placeholder stays: {drawn}");
    none("Kinds of lines:", &broken);
}

#[test]
fn what_happens_stands_in_one_history_without_values() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let contact = add_named(&program, "Rhys", "Dune");
    change(&program, contact, &json!({ "job_title": "Pilot zyxw", "emails": [{ "value": "zyxw@dune.example" }] }));
    change(&program, contact, &json!({ "tags": ["zyxwtag"] }));
    change(&program, contact, &json!({ "owner_id": member_id(&app, MEMBER) }));
    change(&program, contact, &json!({ "archived": true }));
    let note = json!({ "on": { "type": "contact", "id": contact }, "body": "Called back." });
    program.call("POST", "/api/v1/notes", &note).expect(201);
    assert_eq!(kinds(&program, contact, ""), ["noted", "archived", "assigned", "tagged", "changed", "added"]);
    assert_eq!(kinds(&program, contact, "?kind=notes"), ["noted"]);
    assert_eq!(kinds(&program, contact, "?kind=tagged"), ["tagged"]);
    program.get(&format!("/api/v1/contacts/{contact}/timeline?kind=sung")).expect(422);
    let lines = program.get(&format!("/api/v1/contacts/{contact}/timeline?kind=changed")).json();
    assert_eq!(lines["data"][0]["fields"], json!(["job_title", "emails"]));
    assert_eq!(lines["data"][0]["text"], "changed job title and email addresses");
    let stored: String = app
        .workspace("alpha")
        .query_row("SELECT group_concat(kind || fields || ifnull(about_type, '')) FROM timeline_entries", [], |row| {
            row.get(0)
        })
        .expect("lines");
    assert!(!stored.contains("zyxw") && !stored.contains("Pilot"), "{stored}");
}

#[test]
fn a_long_history_is_read_page_by_page_and_misses_nothing() {
    let app = TestApp::start();
    let (page, program) = (app.session_of(OWNER), app.program_of(OWNER, "alpha"));
    let contact = add_named(&program, "Rhys", "Long");
    let file = app.workspace("alpha");
    for line in 0..130 {
        // Several at one moment: the place in the history must tell them apart.
        file.execute(
            "INSERT INTO timeline_entries (on_type, on_id, at, kind, member_id) VALUES ('contact', ?1, ?2, 'tagged', 1)",
            (contact, 1_000_000 + line / 7),
        )
        .expect("a line");
    }
    let (mut ids, mut cursor) = (BTreeSet::new(), String::new());
    let mut lines = 0;
    loop {
        let path = format!("/api/v1/contacts/{contact}/timeline?limit=40{cursor}");
        let answer = program.get(&path).expect(200).json();
        for line in answer["data"].as_array().expect("data") {
            lines += 1;
            ids.insert(line["id"].as_i64());
        }
        let Some(next) = answer["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!((lines, ids.len()), (131, 131));
    let mut path = format!("/w/alpha/people/contacts/{contact}?show=changes");
    let older = regex::Regex::new(r#"href="([^"]+)" rel="next""#).expect("a good pattern");
    let mut shown = 0;
    for _ in 0..3 {
        let text = page.get(&path).expect(200).text();
        shown += text.matches("class=\"node\"").count();
        match older.captures(&text) {
            Some(found) => path = found[1].replace("&amp;", "&").replace("&#38;", "&"),
            None => path.clear(),
        }
    }
    assert_eq!(shown, 131);
    assert!(path.is_empty(), "the last page leads on");
}

#[test]
fn who_may_not_see_the_record_sees_no_history() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let contact = add_named(&program, "Rhys", "Hidden");
    permit(&app, "member", &json!({ "contacts.view": "own" }));
    let other = app.program_of(MEMBER, "alpha");
    other.get(&format!("/api/v1/contacts/{contact}/timeline")).expect(404);
    other.get("/api/v1/companies/1/timeline").expect(403);
}
