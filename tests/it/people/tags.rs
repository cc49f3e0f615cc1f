//! Tags by themselves: renamed, made one, deleted, and what follows them.

use serde_json::{Value, json};

use super::{MEMBER, OWNER, add, audited, id, names, permit};
use crate::support::{Ask, Client, TestApp};

#[test]
fn a_tag_is_renamed_and_deleted_on_every_record() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let made = add(&program, &json!({ "given_name": "Dario", "tags": ["Lock keeper"] }));
    let tags = program.get("/api/v1/tags").expect(200).json();
    let tag = tags["data"].as_array().unwrap().iter().find(|tag| tag["name"] == "Lock keeper").unwrap().clone();
    assert_eq!(tag["contacts"], 1);
    let path = format!("/api/v1/tags/{}", id(&tag));
    program.change("PATCH", &path, 1, &json!({ "name": "Weir warden" })).expect(200);
    assert_eq!(program.get("/api/v1/contacts?q=weir").json()["data"][0]["id"], made["id"]);
    assert!(program.get("/api/v1/contacts?q=keeper").json()["data"].as_array().unwrap().is_empty());
    program.send(Ask::new("DELETE", &path)).expect(204);
    assert_eq!(program.get(&format!("/api/v1/contacts/{}", id(&made))).json()["tags"], json!([]));
}

/// The tag of this name, as the API tells it.
fn tag(program: &Client, name: &str) -> Option<Value> {
    let tags = program.get("/api/v1/tags").expect(200).json();
    tags["data"].as_array().unwrap().iter().find(|tag| tag["name"] == name).cloned()
}

#[test]
fn two_tags_become_one_and_what_asked_for_either_follows() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    for (name, tags) in
        [("Ines", json!(["Fair-2026"])), ("Jon", json!(["fairs"])), ("Kim", json!(["Fair-2026", "fairs"]))]
    {
        add(&program, &json!({ "given_name": name, "tags": tags }));
    }
    let view = json!({ "object": "contact", "name": "From the fair", "sharing": "everybody",
        "filter": { "and": [{ "field": "tags", "op": "is", "value": "fairs" }] } });
    let view = id(&program.call("POST", "/api/v1/views", &view).expect(201).json());
    let (goes, stays) = (tag(&program, "fairs").unwrap(), tag(&program, "Fair-2026").unwrap());
    let path = format!("/api/v1/tags/{}/merge", id(&goes));

    // Into itself, into one that is not there, and of a version that is past: nothing happens.
    for (into, version, status) in [(id(&goes), 1, 422), (99_999, 1, 422), (id(&stays), 7, 412)] {
        let refused = program.call("POST", &path, &json!({ "version": version, "into": into })).expect(status);
        assert!(status == 412 || refused.json().to_string().contains("\"/into\""), "{}", refused.text());
    }
    assert_eq!(audited(&app, "people.tag.merged"), 0);

    let merged = program.call("POST", &path, &json!({ "version": 1, "into": id(&stays) })).expect(200).json();
    assert_eq!((&merged["name"], &merged["contacts"]), (&json!("Fair-2026"), &json!(3)));
    assert!(tag(&program, "fairs").is_none());
    assert_eq!(names(&program.get("/api/v1/contacts?filter=tag:Fair-2026").expect(200)), ["Ines", "Jon", "Kim"]);
    assert!(names(&program.get("/api/v1/contacts?q=fairs&limit=5").expect(200)).is_empty());
    let view = program.get(&format!("/api/v1/views/{view}")).expect(200).json();
    assert!(view["filter"].to_string().contains("Fair-2026"), "{view}");
    assert_eq!(audited(&app, "people.tag.merged"), 1);
}

#[test]
fn the_page_of_tags_says_what_follows_and_keeps_what_was_typed() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    add(&program, &json!({ "given_name": "Lea", "tags": ["Sluice"] }));
    let view = json!({ "object": "contact", "name": "Sluice people", "sharing": "everybody",
        "filter": { "and": [{ "field": "tags", "op": "is", "value": "sluice" }] } });
    program.call("POST", "/api/v1/views", &view).expect(201);
    let session = app.session_of(OWNER);
    let list = "/w/alpha/settings/tags";
    session.submit(list, &[("name", "Weir & lock")]).expect(303);
    let page = session.get(list).expect(200).text();
    assert!(page.contains("contacts?tag=Weir+%26+lock") && page.contains("Sluice"), "{page}");

    let twice = session.submit(list, &[("name", "SLUICE")]).expect(422).text();
    assert!(twice.contains("There is a tag of this name.") && twice.contains("value=\"SLUICE\""), "{twice}");
    let one = format!("{list}/{}", id(&tag(&program, "Sluice").unwrap()));
    let comma = session.submit(&one, &[("version", "1"), ("name", "a, b")]).expect(422).text();
    assert!(comma.contains("cannot hold a comma") && comma.contains("value=\"a, b\""), "{comma}");
    let none = session.submit(&format!("{one}/merge"), &[("version", "1"), ("into", "")]).expect(422).text();
    assert!(none.contains("Choose another tag that is there."), "{none}");
    let late = session.submit(&one, &[("version", "9"), ("name", "Gate")]).expect(409).text();
    assert!(late.contains("Somebody changed this tag") && late.contains("value=\"Gate\""), "{late}");

    let ask = session.get(&format!("{one}/delete")).expect(200).text();
    assert!(ask.contains("1 view asks for it: Sluice people") && ask.contains("1 contact"), "{ask}");
    session.submit(&format!("{one}/delete"), &[("version", "1")]).expect(303);
    session.get(&one).expect(404);

    // Whoever may change only records of their own may not change everybody's tags.
    permit(&app, "member", &json!({ "settings.manage": "all", "contacts.edit": "own", "contacts.view": "all" }));
    let other = app.session_of(MEMBER);
    other.get(list).expect(200);
    other.submit(list, &[("name", "Mine")]).expect(403);
}
