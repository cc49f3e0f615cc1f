//! Filter trees and saved views: what they find, who sees and changes them, and what happens to them when a field, a
//! tag or a company goes.

mod pages;

use serde_json::{Value, json};

use super::{MEMBER, OWNER, add, audited, id, member_id, names, permit, version};
use crate::support::{Ask, Client, TestApp};

const LIST: &str = "/w/alpha/people/contacts";

fn query(parts: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(parts).finish()
}

/// The names of those whom a tree finds, in order.
fn found(program: &Client, tree: &Value) -> Vec<String> {
    let query = query(&[("filter", &tree.to_string()), ("limit", "200")]);
    let mut found = names(&program.get(&format!("/api/v1/contacts?{query}")).expect(200));
    found.sort();
    found
}

fn save(program: &Client, body: &Value) -> Value {
    program.call("POST", "/api/v1/views", body).expect(201).json()
}

/// Three people, a field and a company, all marked as this test's own.
fn fill(program: &Client) -> (i64, i64) {
    let field = json!({ "object": "contact", "label": "Size", "kind": "number", "personal": false });
    let field = id(&program.call("POST", "/api/v1/custom-fields", &field).expect(201).json());
    let works = id(&program.call("POST", "/api/v1/companies", &json!({ "name": "Quill Works" })).expect(201).json());
    for (name, city, country, size, tags) in [
        ("Ada", "Lübeck", "DE", json!(5), json!(["Quill", "vip"])),
        ("Bo", "Gdańsk", "PL", json!(7), json!(["Quill"])),
        ("Cy", "Lubeck", "DE", json!(null), json!(["Quill"])),
    ] {
        let body = json!({
            "given_name": name, "tags": tags, "address": { "city": city, "country": country },
            "emails": [{ "value": format!("{}@quill.example", name.to_lowercase()) }], "custom": { "size": size },
            "company_id": works,
        });
        add(program, &body);
    }
    (field, works)
}

fn quills(more: &Value) -> Value {
    json!({ "and": [{ "field": "tags", "op": "is", "value": "quill" }, more] })
}

#[test]
fn a_tree_narrows_lists_counts_exports_and_edits() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let (_, works) = fill(&program);
    let me = member_id(&app, OWNER).to_string();
    for (more, wanted) in [
        (json!({ "field": "city", "op": "is", "value": "LUBECK" }), &["Ada", "Cy"][..]),
        (json!({ "field": "city", "op": "is_not", "value": "Lübeck" }), &["Bo"]),
        (json!({ "field": "country", "op": "any_of", "value": ["pl", "France"] }), &["Bo"]),
        (json!({ "field": "email", "op": "contains", "value": "@QUILL." }), &["Ada", "Bo", "Cy"]),
        (json!({ "field": "email", "op": "is", "value": "Ada@quill.example" }), &["Ada"]),
        (json!({ "field": "company", "op": "starts_with", "value": "quill w" }), &["Ada", "Bo", "Cy"]),
        (json!({ "field": "company_id", "op": "is", "value": works }), &["Ada", "Bo", "Cy"]),
        (json!({ "field": "owner", "op": "is", "value": "me" }), &["Ada", "Bo", "Cy"]),
        (json!({ "field": "created_by", "op": "is_not", "value": me }), &[]),
        (json!({ "field": "created_at", "op": "last_days", "value": 1 }), &["Ada", "Bo", "Cy"]),
        (json!({ "field": "created_at", "op": "before", "value": "today" }), &[]),
        (json!({ "field": "created_at", "op": "after", "value": "2026-01-01T00:00:00Z" }), &["Ada", "Bo", "Cy"]),
        (json!({ "field": "custom.size", "op": "between", "value": [6, 8] }), &["Bo"]),
        (json!({ "field": "custom.size", "op": "empty" }), &["Cy"]),
        (json!({ "field": "custom.size", "op": "is_not", "value": 5 }), &["Bo", "Cy"]),
        (json!({ "field": "restricted", "op": "is", "value": false }), &["Ada", "Bo", "Cy"]),
        (json!({ "field": "archived", "op": "is", "value": true }), &[]),
        (
            json!({ "or": [
                { "field": "custom.size", "op": "greater", "value": 6 },
                { "and": [
                    { "field": "city", "op": "contains", "value": "beck" },
                    { "or": [{ "field": "tags", "op": "is", "value": "VIP" }, { "field": "name", "op": "is", "value": "nobody" }] },
                ] },
            ] }),
            &["Ada", "Bo"],
        ),
    ] {
        assert_eq!(found(&program, &quills(&more)), wanted, "{more}");
    }
    let tree = quills(&json!({ "field": "country", "op": "is", "value": "DE" })).to_string();
    let path = format!("/api/v1/contacts?{}&count=true&limit=1&sort=-custom.size", query(&[("filter", &tree)]));
    let page = program.get(&path).expect(200).json();
    assert_eq!((page["total"].as_i64(), page["data"][0]["display_name"].as_str()), (Some(2), Some("Ada")));
    let next = program.get(&format!("{path}&cursor={}", page["next_cursor"].as_str().expect("a next page")));
    assert_eq!(names(&next.expect(200)), ["Cy"]);
    // With words beside it, and by the other ways that take a filter.
    assert_eq!(
        names(&program.get(&format!("/api/v1/contacts?q=cy&{}", query(&[("filter", &tree)]))).expect(200)),
        ["Cy"]
    );
    let export = json!({ "object": "contact", "format": "csv", "filter": tree });
    let export = program.call("POST", "/api/v1/exports", &export).expect(201).json();
    assert_eq!(export["total"], 2);
    let edit = json!({ "object": "contact", "action": "tag", "value": "German", "filter": tree });
    assert_eq!(program.call("POST", "/api/v1/bulk-edits", &edit).expect(202).json()["total"], 2);
}

#[test]
fn a_fault_is_named_by_a_pointer_and_its_rule() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let deep = (0..6).fold(json!({ "field": "city", "op": "empty" }), |inner, _| json!({ "and": [inner] }));
    let many = vec![json!({ "field": "city", "op": "empty" }); 51];
    for (tree, pointer, code) in [
        (json!({ "or": [{ "field": "shoe", "op": "is", "value": 1 }] }), "/filter/or/0/field", "unknown_field"),
        (json!({ "and": [{ "field": "city", "op": "less", "value": 1 }] }), "/filter/and/0/op", "unknown_operator"),
        (
            json!({ "and": [{ "or": [{ "field": "created_at", "op": "before", "value": "soon" }] }] }),
            "/filter/and/0/or/0/value",
            "invalid_date",
        ),
        (deep, "/filter/and/0/and/0/and/0/and/0/and/0", "too_deep"),
        (json!({ "or": many }), "/filter", "too_many"),
    ] {
        let path = format!("/api/v1/contacts?{}", query(&[("filter", &tree.to_string())]));
        let error = program.get(&path).expect(422).json()["errors"][0].clone();
        assert_eq!((error["pointer"].as_str(), error["code"].as_str()), (Some(pointer), Some(code)), "{error}");
        assert!(error["detail"].as_str().is_some_and(|detail| detail.ends_with('.')), "{error}");
    }
    let long = format!("{{\"and\":[{}]}}", " ".repeat(8_000));
    program.get(&format!("/api/v1/contacts?{}", query(&[("filter", &long)]))).expect(422);
    // Fields of contacts are none of companies.
    let tree = json!({ "field": "job_title", "op": "is", "value": "x" }).to_string();
    program.get(&format!("/api/v1/companies?{}", query(&[("filter", &tree)]))).expect(422);
    // The document says what a tree is.
    let document = app.stranger().get("/api/v1/openapi.json").expect(200).json();
    assert!(document["components"]["schemas"]["FilterTree"]["oneOf"].is_array());
    let parameters = document["paths"]["/contacts"]["get"]["parameters"].as_array().expect("parameters").clone();
    let filter = parameters.iter().find(|one| one["name"] == "filter").expect("a filter");
    assert_eq!(filter["schema"]["contentSchema"]["$ref"], "#/components/schemas/FilterTree");
}

#[test]
fn a_tree_shows_no_more_than_the_reach_covers() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    fill(&program);
    permit(&app, "member", &json!({ "contacts.view": "own" }));
    let mine =
        json!({ "given_name": "Mine", "owner": { "id": member_id(&app, MEMBER) }, "address": { "city": "Lübeck" } });
    add(&program, &mine);
    let tree = json!({ "or": [
        { "field": "city", "op": "is", "value": "lubeck" },
        { "field": "owner", "op": "is_not", "value": "me" },
        { "field": "tags", "op": "empty" },
    ] });
    let seen = found(&app.program_of(MEMBER, "alpha"), &tree);
    assert_eq!(seen, ["Mine"]);
    assert!(found(&program, &tree).len() > 2);
}

#[test]
fn views_are_saved_shared_changed_and_taken_away() {
    let app = TestApp::start();
    let (program, other) = (app.program_of(OWNER, "alpha"), app.program_of(MEMBER, "alpha"));
    fill(&program);
    let body = json!({
        "object": "contact", "name": " Sizes ", "columns": ["company", "custom/size"], "sort": "-custom.size",
        "filter": { "and": [{ "field": "custom.size", "op": "at_least", "value": 5 }] },
    });
    let view = save(&program, &body);
    assert_eq!(
        (view["name"].as_str(), view["sharing"].as_str(), view["may_change"].as_bool()),
        (Some("Sizes"), Some("own"), Some(true))
    );
    assert_eq!(view["filter"]["and"][0], json!({ "field": "custom.size", "op": "at_least", "value": "5" }));
    let path = format!("/api/v1/views/{}", view["id"]);
    // Nobody else sees it until it is shared, and then nobody else may change it.
    other.get(&path).expect(404);
    let patched =
        program.change("PATCH", &path, version(&view), &json!({ "sharing": "everybody", "name": "Sized" })).expect(200);
    assert_eq!(patched.header("etag"), Some("\"2\""));
    let seen = other.get(&path).expect(200).json();
    assert_eq!((seen["name"].as_str(), seen["may_change"].as_bool()), (Some("Sized"), Some(false)));
    other.change("PATCH", &path, 2, &json!({ "name": "Mine" })).expect(403);
    other.send(Ask::new("DELETE", &path)).expect(403);
    program.change("PATCH", &path, 1, &json!({ "name": "Old" })).expect(412);
    program.call("PATCH", &path, &json!({ "name": "Old" })).expect(428);
    let listed = other.get("/api/v1/views?object=contact").expect(200).json();
    assert_eq!(names(&other.get("/api/v1/views").expect(200)), ["Sized"], "{listed}");
    assert!(names(&other.get("/api/v1/views?object=company").expect(200)).is_empty());
    other.get("/api/v1/views?object=ship").expect(422);
    // Shared with the team: with those of the owner's teams.
    program.change("PATCH", &path, 2, &json!({ "sharing": "team" })).expect(200);
    other.get(&path).expect(404);
    app.control()
        .execute_batch(&format!(
            "INSERT INTO teams (id, workspace_id, name, created_at) SELECT 900, id, 'Quills', 1 FROM workspaces WHERE slug = 'alpha';
             INSERT INTO team_members (team_id, member_id) VALUES (900, {}), (900, {})",
            member_id(&app, OWNER),
            member_id(&app, MEMBER)
        ))
        .expect("a team");
    app.program_of(MEMBER, "alpha").get(&path).expect(200);
    for (broken, pointer, code) in [
        (json!({ "object": "ship", "name": "x" }), "/object", "unknown"),
        (json!({ "object": "contact", "name": " " }), "/name", "required"),
        (json!({ "object": "contact", "name": "sized" }), "/name", "duplicate"),
        (json!({ "object": "contact", "name": "x", "columns": ["company", "shoe"] }), "/columns/1", "unknown_column"),
        (json!({ "object": "contact", "name": "x", "sort": "-shoe" }), "/sort", "unknown_sort"),
        (json!({ "object": "contact", "name": "x", "sharing": "world" }), "/sharing", "unknown"),
        (
            json!({ "object": "contact", "name": "x", "filter": { "or": [{ "field": "shoe", "op": "is" }] } }),
            "/filter/or/0/field",
            "unknown_field",
        ),
        (
            json!({ "object": "company", "name": "x", "filter": { "or": [{ "field": "custom.size", "op": "empty" }] } }),
            "/filter/or/0/field",
            "unknown_field",
        ),
    ] {
        let error = program.call("POST", "/api/v1/views", &broken).expect(422).json()["errors"][0].clone();
        assert_eq!((error["pointer"].as_str(), error["code"].as_str()), (Some(pointer), Some(code)), "{error}");
    }
    program.send(Ask::new("DELETE", &path).header("if-match", "\"1\"")).expect(412);
    program.send(Ask::new("DELETE", &path)).expect(204);
    program.get(&path).expect(404);
    assert_eq!(
        ["people.view.created", "people.view.changed", "people.view.deleted"].map(|action| audited(&app, action)),
        [1, 2, 1]
    );
}

#[test]
fn what_a_view_asks_for_may_be_renamed_merged_or_go() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let (field, works) = fill(&program);
    let ana = app.session_of(OWNER);
    let tree = json!({ "and": [
        { "field": "tags", "op": "any_of", "value": ["vip", "Quill"] },
        { "field": "company_id", "op": "is", "value": works },
    ] });
    let by_tag = save(&program, &json!({ "object": "contact", "name": "By tag", "filter": tree }));
    let by_size = save(
        &program,
        &json!({ "object": "contact", "name": "By size", "columns": ["custom/size"], "sharing": "everybody",
        "filter": { "and": [{ "field": "custom.size", "op": "not_empty" }] } }),
    );
    let read = |view: &Value| program.get(&format!("/api/v1/views/{}", view["id"])).expect(200).json();
    // A tag is renamed: the view means the same tag.
    let tags = program.get("/api/v1/tags").expect(200).json();
    let tag = tags["data"].as_array().expect("tags").iter().find(|tag| tag["name"] == "Quill").expect("a tag").clone();
    program
        .change("PATCH", &format!("/api/v1/tags/{}", tag["id"]), version(&tag), &json!({ "name": "Feather" }))
        .expect(200);
    assert_eq!(read(&by_tag)["filter"]["and"][0]["value"], json!(["vip", "Feather"]));
    // A company goes into another: the view means that other.
    let other = id(&program.call("POST", "/api/v1/companies", &json!({ "name": "Quill House" })).expect(201).json());
    program.call("POST", &format!("/api/v1/companies/{other}/merge"), &json!({ "other": works })).expect(200);
    assert_eq!(found(&program, &read(&by_tag)["filter"]), ["Ada", "Bo", "Cy"]);
    // A field goes: who deletes it is told, and the view says what is missing instead of showing everybody.
    let ask = ana.get(&format!("/w/alpha/settings/fields/{field}/delete")).expect(200).text();
    assert!(ask.contains("1 view asks for it or show it: By size") || ask.contains("By size"), "{ask}");
    program.send(Ask::new("DELETE", &format!("/api/v1/custom-fields/{field}"))).expect(204);
    let problems = read(&by_size)["problems"].clone();
    assert_eq!(
        (problems[0]["pointer"].as_str(), problems[0]["code"].as_str()),
        (Some("/filter/and/0/field"), Some("unknown_field"))
    );
    let at = format!("{LIST}?view={}", by_size["id"]);
    let page = ana.get(&at).expect(200).text();
    assert!(
        page.contains("The view By size cannot be shown as it is. There is no field size in use any more."),
        "{page}"
    );
    assert!(!page.contains("Select Ada") && page.contains("custom.size (gone)"), "{page}");
    assert!(ana.get("/w/alpha/people/views").expect(200).text().contains("Asks for what is gone"));
    let edit = [
        ("action", "archive"),
        ("all", "true"),
        ("back", at.as_str()),
        ("narrowed", at.split_once('?').expect("a query").1),
    ];
    ana.submit(&format!("{LIST}/bulk"), &edit).expect(422);
    ana.submit(&format!("{LIST}/export?view={}", by_size["id"]), &[("format", "csv")]).expect(422);
    let path = format!("/api/v1/views/{}", by_size["id"]);
    // It can still be renamed, mended and deleted.
    program.change("PATCH", &path, 1, &json!({ "name": "Was by size" })).expect(200);
    program.change("PATCH", &path, 2, &json!({ "filter": null, "columns": [] })).expect(200);
    assert_eq!(read(&by_size)["problems"], json!([]));
    // A tag goes too.
    program.send(Ask::new("DELETE", &format!("/api/v1/tags/{}", tag["id"]))).expect(204);
    assert_eq!(read(&by_tag)["problems"][0]["code"], "unknown_tag");
}
