//! The API: shapes, versions, merge patches, and doing things once.

use serde_json::json;

use super::{OWNER, add, audited, id};
use crate::support::{Ask, TestApp};

#[test]
fn a_contact_has_the_shape_that_is_promised() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let answer = program
        .call(
            "POST",
            "/api/v1/contacts",
            &json!({
                "given_name": "Sunniva", "family_name": "Hale", "job_title": "Warden", "company": { "name": "Holmgard" },
                "emails": [{ "value": "s@holmgard.example", "label": "work" }, { "value": "h@home.example", "primary": true }],
                "phones": [{ "value": "+44 (0)1632 960555" }],
                "address": { "street": "Pier 4", "city": "Skelwick", "country": "gb" },
                "language": "EN-gb", "time_zone": "europe/london", "tags": ["One", "one", "Two"],
            }),
        )
        .expect(201);
    let made = answer.json();
    assert_eq!(answer.header("location"), Some(format!("/api/v1/contacts/{}", id(&made)).as_str()));
    let shown = program.get(&format!("/api/v1/contacts/{}", id(&made))).expect(200);
    assert_eq!(shown.header("etag"), Some("\"1\""));
    assert_eq!(shown.json(), made);
    assert_eq!(made["display_name"], "Sunniva Hale");
    assert_eq!(
        made["emails"][0],
        json!({ "value": "h@home.example", "label": "", "primary": true, "verified_at": null })
    );
    assert_eq!(made["phones"][0]["value"], "+441632960555");
    assert_eq!(made["address"]["country"], "GB");
    assert_eq!((made["language"].as_str(), made["time_zone"].as_str()), (Some("en-GB"), Some("Europe/London")));
    assert_eq!(made["tags"], json!(["One", "Two"]));
    assert_eq!((made["source"].as_str(), made["restricted"].as_bool()), (Some("api"), Some(false)));
    assert_eq!(made["owner"]["name"], "owner");
    assert_eq!(made["custom"], json!({}));
    assert!(made["last_activity_at"].is_null());
    assert!(made["created_at"].as_str().unwrap().ends_with('Z'));
}

#[test]
fn a_merge_patch_changes_what_it_names_at_the_version_that_was_read() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let made = add(
        &program,
        &json!({ "given_name": "Yelena", "job_title": "Diver", "address": { "city": "Tern", "region": "North" } }),
    );
    let path = format!("/api/v1/contacts/{}", id(&made));
    program.call("PATCH", &path, &json!({ "job_title": "Pilot" })).expect(428);
    let patch = json!({ "job_title": null, "address": { "city": "Tidal" }, "family_name": "Marsh" });
    let changed = program.change("PATCH", &path, 1, &patch).expect(200).json();
    assert_eq!((changed["version"].as_i64(), changed["job_title"].as_str()), (Some(2), Some("")));
    assert_eq!(
        (changed["address"]["city"].as_str(), changed["address"]["region"].as_str()),
        (Some("Tidal"), Some("North"))
    );
    assert_eq!(changed["display_name"], "Yelena Marsh");
    program.change("PATCH", &path, 1, &json!({ "job_title": "Cook" })).expect(412);
    let refused = program.change("PATCH", &path, 2, &json!({ "version": 9 })).expect(422).json();
    assert_eq!(refused["errors"][0]["pointer"], "/version");
    // What changes nothing is no new version.
    assert_eq!(program.change("PATCH", &path, 2, &json!({ "family_name": "Marsh" })).expect(200).json()["version"], 2);
    assert_eq!(program.change("PATCH", &path, 2, &json!({ "archived": true })).expect(200).json()["archived"], true);
    program.send(Ask::new("DELETE", &path).header("if-match", "\"2\"")).expect(412);
    program.send(Ask::new("DELETE", &path)).expect(204);
    program.get(&path).expect(404);
}

#[test]
fn an_empty_patch_changes_nothing_of_anything() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let note = json!({ "on": { "type": "contact", "id": 1 }, "body": "Comes by boat." });
    for (collection, body) in [
        ("contacts", json!({ "given_name": "Still" })),
        ("companies", json!({ "name": "Still Works" })),
        ("notes", note),
        ("tags", json!({ "name": "Still" })),
    ] {
        let made = program.call("POST", &format!("/api/v1/{collection}"), &body).expect(201).json();
        let path = format!("/api/v1/{collection}/{}", id(&made));
        let answer = program.change("PATCH", &path, 1, &json!({})).expect(200);
        assert_eq!((answer.header("etag"), answer.json()), (Some("\"1\""), made), "{collection}");
        // The rules hold all the same: the version, and what may not be empty.
        program.change("PATCH", &path, 7, &json!({})).expect(412);
    }
    let tags = program.get("/api/v1/tags").expect(200).json();
    let tag = tags["data"].as_array().unwrap().iter().find(|tag| tag["name"] == "Still").unwrap().clone();
    program.change("PATCH", &format!("/api/v1/tags/{}", id(&tag)), 1, &json!({ "name": null })).expect(422);
}

#[test]
fn faults_point_at_their_place() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let body =
        json!({ "emails": [{ "value": "a@b.example" }, { "value": "nonsense" }], "phones": [{ "value": "12" }] });
    let refused = program.call("POST", "/api/v1/contacts", &body).expect(422).json();
    let found: Vec<(&str, &str)> = refused["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| (error["pointer"].as_str().unwrap(), error["code"].as_str().unwrap()))
        .collect();
    assert_eq!(found, [("/emails/1", "invalid_email"), ("/phones/0", "invalid_phone")]);
}

#[test]
fn the_same_key_does_a_thing_once_for_a_day() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let send = |body: serde_json::Value| {
        program.send(Ask::new("POST", "/api/v1/contacts").header("idempotency-key", "order-1129").json(&body))
    };
    let body = json!({ "given_name": "Once", "emails": [{ "value": "once@x.example" }] });
    let before = audited(&app, "people.contact.created");
    let first = send(body.clone()).expect(201);
    let again = send(body.clone()).expect(201);
    assert_eq!((first.bytes.clone(), first.header("location")), (again.bytes.clone(), again.header("location")));
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(audited(&app, "people.contact.created"), before + 1);
    send(json!({ "given_name": "Twice" })).expect(409);
    // Another program may use the same key.
    let other = app.program_of(OWNER, "alpha");
    other
        .send(Ask::new("POST", "/api/v1/tags").header("idempotency-key", "order-1129").json(&json!({ "name": "Mine" })))
        .expect(201);
    app.advance(24 * 3_600 + 1);
    send(body).expect(422);
}
