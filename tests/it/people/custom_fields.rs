//! Fields that a workspace defines for itself: defining them, filling them in, and what is refused.

use serde_json::{Value, json};

use super::{MEMBER, OWNER, add, audited, id, version};
use crate::support::{Client, TestApp};

const FIELDS: &str = "/api/v1/custom-fields";

pub fn define(program: &Client, body: &Value) -> Value {
    program.call("POST", FIELDS, body).expect(201).json()
}

/// One field of every kind on contacts.
pub fn define_all(program: &Client) {
    for kind in ["text", "long_text", "number", "date", "date_time", "yes_no", "url", "email", "phone"] {
        define(
            program,
            &json!({ "object": "contact", "label": format!("A {kind}"), "key": kind, "kind": kind, "personal": true, "category": "content" }),
        );
    }
    define(
        program,
        &json!({ "object": "contact", "label": "Budget", "kind": "currency", "currency": "eur", "personal": false }),
    );
    for kind in ["choice", "choices"] {
        define(
            program,
            &json!({ "object": "contact", "label": kind, "kind": kind, "personal": false, "choices": ["Red", "Green", "Blue"] }),
        );
    }
    define(
        program,
        &json!({ "object": "contact", "label": "Boss", "kind": "relation", "target": "contact", "personal": true, "category": "identity" }),
    );
}

#[test]
fn every_kind_of_field_is_kept_found_and_given_back() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    define_all(&program);
    let boss = id(&add(&program, &json!({ "given_name": "Bo", "family_name": "Ss" })));
    let custom = json!({
        "text": "Left-handed", "long_text": "Line one\nLine two", "number": -12.5, "date": "2024-02-29",
        "date_time": "2026-11-17T08:30:00.000Z", "yes_no": true, "url": "https://example.org/zymurgy", "email": "Side@Example.org",
        "phone": "+441632960777", "budget": { "amount": "1250.50", "currency": "USD" }, "choice": "Green",
        "choices": ["Red", "Blue"], "boss": { "id": boss },
    });
    let contact = add(&program, &json!({ "given_name": "Ada", "custom": custom }));
    assert_eq!(contact["custom"], custom);
    // What a field holds is found by search, and is on the page.
    for words in ["left-handed", "zymurgy", "side@example.org", "green"] {
        let found = program.get(&format!("/api/v1/contacts?q={words}")).expect(200).json();
        assert_eq!(found["data"][0]["id"], contact["id"], "{words}");
    }
    let page = app.session_of(OWNER).get(&format!("/w/alpha/people/contacts/{}", contact["id"])).expect(200).text();
    for words in ["Left-handed", "−12.5", "1,250.50 USD", "Red, Blue", "Bo Ss"] {
        assert!(page.contains(words), "{words} is not in {page}");
    }
    // A merge patch changes what it names, and null takes a value away.
    let path = format!("/api/v1/contacts/{}", contact["id"]);
    let patch = json!({ "custom": { "choice": "Blue", "number": null } });
    let changed = program.change("PATCH", &path, version(&contact), &patch).expect(200).json();
    assert_eq!((changed["custom"]["choice"].as_str(), changed["custom"].get("number")), (Some("Blue"), None));
    assert_eq!(changed["custom"]["text"], "Left-handed");
    assert!(program.get("/api/v1/contacts?q=green").expect(200).json()["data"].as_array().expect("data").is_empty());
    // The old value stands in the part of the audit entry that can be erased.
    let personal: String = app
        .workspace("alpha")
        .query_row("SELECT personal FROM audit WHERE action = 'people.contact.changed' ORDER BY seq DESC", [], |row| {
            row.get(0)
        })
        .expect("an entry");
    assert!(personal.contains("Green") && !personal.contains("Left-handed"), "{personal}");
}

#[test]
fn values_that_break_a_rule_are_named_and_nothing_is_written() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    define_all(&program);
    let answer = program.call(
        "POST",
        "/api/v1/contacts",
        &json!({ "given_name": "Ada", "custom": { "number": "a lot", "choice": "Purple", "choices": ["Red", "Pink"], "boss": { "id": 999_999 }, "shoe": 1 } }),
    );
    let problem = answer.expect(422).json();
    let fields: Vec<&str> =
        problem["errors"].as_array().expect("errors").iter().filter_map(|error| error["pointer"].as_str()).collect();
    for field in ["number", "choice", "choices", "boss", "shoe"] {
        assert!(fields.iter().any(|found| found.ends_with(&format!("custom/{field}"))), "{field} is not in {fields:?}");
    }
    program
        .call("POST", "/api/v1/contacts", &json!({ "given_name": "Ada", "custom": { "text": [["deep"]] } }))
        .expect(422);
    assert!(program.get("/api/v1/contacts?q=ada").expect(200).json()["data"].as_array().expect("data").is_empty());
}

#[test]
fn a_required_field_is_asked_for_and_a_default_fills_in() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let old = add(&program, &json!({ "given_name": "Old" }));
    define(
        &program,
        &json!({ "object": "contact", "label": "Number", "kind": "text", "required": true, "personal": true, "category": "identity" }),
    );
    define(
        &program,
        &json!({ "object": "contact", "label": "Tier", "kind": "choice", "choices": ["Gold", "Tin"], "default": "Tin", "personal": false }),
    );
    program.call("POST", "/api/v1/contacts", &json!({ "given_name": "New" })).expect(422);
    let new = add(&program, &json!({ "given_name": "New", "custom": { "number": "7" } }));
    assert_eq!(new["custom"], json!({ "number": "7", "tier": "Tin" }));
    // Who was there before stays as they are until somebody fills it in; then it cannot be emptied.
    let path = format!("/api/v1/contacts/{}", old["id"]);
    program.change("PATCH", &path, version(&old), &json!({ "job_title": "Pilot" })).expect(200);
    let path = format!("/api/v1/contacts/{}", new["id"]);
    program.change("PATCH", &path, version(&new), &json!({ "custom": { "number": null } })).expect(422);
}

#[test]
fn a_definition_keeps_its_rules() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let body = json!({ "object": "company", "label": "Seats", "kind": "number", "personal": false });
    let field = define(&program, &body);
    assert_eq!((field["key"].as_str(), field["category"].as_str()), (Some("seats"), Some("none")));
    for (wrong, at) in [
        (json!({ "object": "company", "label": "Seats", "kind": "text", "personal": false }), "label"),
        (json!({ "object": "ship", "label": "X", "kind": "text", "personal": false }), "object"),
        (json!({ "object": "contact", "label": "X", "kind": "colour", "personal": false }), "kind"),
        (json!({ "object": "contact", "label": "X", "kind": "choice", "personal": false }), "choices"),
        (json!({ "object": "contact", "label": "X", "kind": "text", "personal": true }), "category"),
        (json!({ "object": "contact", "label": "X", "kind": "relation", "personal": false }), "target"),
        (
            json!({ "object": "contact", "label": "X", "kind": "number", "default": "many", "personal": false }),
            "default_value",
        ),
        (json!({ "object": "contact", "label": "X", "key": "Not a key", "kind": "text", "personal": false }), "key"),
    ] {
        let problem = program.call("POST", FIELDS, &wrong).expect(422).json();
        assert!(problem["errors"].to_string().contains(at), "{at} is not in {problem}");
    }
    // Whether it is personal cannot be left unsaid.
    program.call("POST", FIELDS, &json!({ "object": "contact", "label": "X", "kind": "text" })).expect(422);
    let path = format!("{FIELDS}/{}", field["id"]);
    let changed = program.change("PATCH", &path, version(&field), &json!({ "label": "Desks" })).expect(200).json();
    assert_eq!((changed["label"].as_str(), changed["key"].as_str()), (Some("Desks"), Some("seats")));
    program.change("PATCH", &path, version(&field), &json!({ "label": "Chairs" })).expect(412);
    assert_eq!(audited(&app, "people.custom_field.changed"), 1);
    app.program_of(MEMBER, "alpha").call("POST", FIELDS, &body).expect(403);
    app.program_of(MEMBER, "alpha").get(FIELDS).expect(200);
}

#[test]
fn a_choice_that_is_taken_out_stays_where_it_was_chosen() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let field = define(
        &program,
        &json!({ "object": "contact", "label": "Size", "kind": "choice", "choices": ["S", "M", "L"], "personal": false }),
    );
    let ada = add(&program, &json!({ "given_name": "Ada", "custom": { "size": "M" } }));
    let path = format!("{FIELDS}/{}", field["id"]);
    program.change("PATCH", &path, version(&field), &json!({ "choices": ["S", "L"] })).expect(200);
    let seen = program.get(&format!("/api/v1/contacts/{}", ada["id"])).expect(200).json();
    assert_eq!(seen["custom"]["size"], "M");
}

#[test]
fn deleting_a_field_takes_its_values_and_deleting_a_record_takes_its_own() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let nick = define(
        &program,
        &json!({ "object": "contact", "label": "Nick", "kind": "text", "personal": true, "category": "identity" }),
    );
    define(
        &program,
        &json!({ "object": "contact", "label": "Boss", "kind": "relation", "target": "contact", "personal": true, "category": "identity" }),
    );
    let bo = add(&program, &json!({ "given_name": "Bo", "custom": { "nick": "Quokka" } }));
    let ada =
        add(&program, &json!({ "given_name": "Ada", "custom": { "nick": "Numbat", "boss": { "id": bo["id"] } } }));
    let values = || -> i64 {
        app.workspace("alpha").query_row("SELECT count(*) FROM custom_values", [], |row| row.get(0)).expect("a count")
    };
    assert_eq!(values(), 3);
    program.send(crate::support::Ask::new("DELETE", &format!("/api/v1/contacts/{}", bo["id"]))).expect(204);
    assert_eq!(values(), 1, "what pointed at the record points nowhere");
    assert_eq!(program.get("/api/v1/contacts?q=numbat").expect(200).json()["data"][0]["id"], ada["id"]);
    program.send(crate::support::Ask::new("DELETE", &format!("{FIELDS}/{}", nick["id"]))).expect(204);
    assert_eq!(values(), 0);
    assert!(program.get("/api/v1/contacts?q=numbat").expect(200).json()["data"].as_array().expect("data").is_empty());
}

#[test]
fn the_form_of_a_contact_has_the_fields_and_keeps_what_was_typed() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    define_all(&program);
    let ana = app.session_of(OWNER);
    let ids: Vec<i64> = {
        let workspace = app.workspace("alpha");
        let mut statement = workspace
            .prepare("SELECT c.id FROM custom_field_choices c JOIN custom_fields f ON f.id = c.field_id WHERE f.key = 'choices' ORDER BY c.position")
            .expect("a statement");
        statement.query_map([], |row| row.get(0)).expect("rows").map(|id| id.expect("an id")).collect()
    };
    let red = format!("custom/choices/{}", ids[0]);
    let blue = format!("custom/choices/{}", ids[2]);
    let fields = [
        ("given_name", "Ada"),
        ("custom/number", "lots"),
        ("custom/budget", "12,5"),
        ("custom/budget/currency", "gbp"),
        (red.as_str(), "true"),
        (blue.as_str(), "true"),
    ];
    let page = ana.submit("/w/alpha/people/contacts/new", &fields).expect(422).text();
    for words in ["Enter a number", "value=\"lots\"", "href=\"#custom/number\"", "value=\"12,5\""] {
        assert!(page.contains(words), "{words} is not in {page}");
    }
    let fields: Vec<(&str, &str)> =
        fields.into_iter().map(|(name, value)| (name, if name == "custom/number" { "3" } else { value })).collect();
    let page = ana.follow(ana.submit("/w/alpha/people/contacts/new", &fields).expect(303)).expect(200).text();
    for words in ["12.50 GBP", "Red, Blue"] {
        assert!(page.contains(words), "{words} is not in {page}");
    }
}
