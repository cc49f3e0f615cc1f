//! Companies and the people who belong to them.

use serde_json::json;

use super::{OWNER, add, audited, id, names, version};
use crate::support::TestApp;

const LIST: &str = "/w/alpha/people/companies";

#[test]
fn a_company_is_added_by_its_name_and_found_again() {
    let app = TestApp::start();
    let ana = app.session_of(OWNER);
    ana.submit(&format!("{LIST}/new"), &[("name", "Łódź Works"), ("domain", "https://www.lodz.example/about")])
        .expect(303);
    let program = app.program_of(OWNER, "alpha");
    let contact = add(&program, &json!({ "given_name": "Ada", "company": { "name": "lodz works" } }));
    assert_eq!(contact["company"]["name"], "Łódź Works");
    assert_eq!(audited(&app, "people.company.created"), 4);
    let page = ana.get(&format!("{LIST}/{}", contact["company"]["id"])).expect(200).text();
    assert!(page.contains("Ada") && page.contains("lodz.example"), "{page}");
    let warned = ana.submit(&format!("{LIST}/new"), &[("name", "LÓDŹ works")]).expect(409).text();
    assert!(warned.contains("There is a company of this name"), "{warned}");
}

#[test]
fn a_new_name_reaches_the_search_of_its_people() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let contact = add(&program, &json!({ "given_name": "Ilse", "company": { "name": "Greywater" } }));
    let company = format!("/api/v1/companies/{}", contact["company"]["id"]);
    assert_eq!(names(&program.get("/api/v1/contacts?q=ilse+greyw")), ["Ilse"]);
    let read = program.get(&company).expect(200).json();
    program.change("PATCH", &company, version(&read), &json!({ "name": "Clearwater" })).expect(200);
    assert_eq!(names(&program.get("/api/v1/contacts?q=clearwater")), ["Ilse"]);
    assert!(names(&program.get("/api/v1/contacts?q=greywater")).is_empty());
    // The people themselves did not change.
    assert_eq!(program.get(&format!("/api/v1/contacts/{}", id(&contact))).json()["version"], 1);
}

#[test]
fn companies_are_listed_searched_and_changed_by_programs() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let body = json!({ "name": "Fenmark University", "domain": "fenmark.example", "tags": ["Academic"], "phones": [{ "value": "+44 1632 960111" }] });
    let made = program.call("POST", "/api/v1/companies", &body).expect(201).json();
    assert_eq!(
        (made["name"].as_str(), made["phones"][0]["value"].as_str()),
        (Some("Fenmark University"), Some("+441632960111"))
    );
    for number in 0..9 {
        add(&program, &json!({ "given_name": format!("Student {number}"), "company": { "id": made["id"] } }));
    }
    let listed = program.get("/api/v1/companies?sort=-name&count=true").expect(200);
    assert_eq!(names(&listed), ["Fenmark University", "alpha Works 3", "alpha Works 2", "alpha Works 1"]);
    assert_eq!(listed.json()["total"], 4);
    assert_eq!(names(&program.get("/api/v1/companies?q=fenm&filter=tag:academic")), ["Fenmark University"]);
    let path = format!("/api/v1/companies/{}", id(&made));
    let changed = program
        .change("PATCH", &path, 1, &json!({ "domain": null, "address": { "country": "Norway" } }))
        .expect(200)
        .json();
    assert_eq!((changed["domain"].as_str(), changed["address"]["country"].as_str()), (Some(""), Some("NO")));
    let page = app.session_of(OWNER).get(&format!("{LIST}/{}", id(&made))).expect(200).text();
    assert!(page.contains("All 9 people"), "{page}");
    program.get("/api/v1/contacts?filter=company:999").expect(200);
}

#[test]
fn people_outlive_their_company() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let contact = add(&program, &json!({ "given_name": "Teodor", "company": { "name": "Brinefield" } }));
    let company = contact["company"]["id"].as_i64().unwrap();
    let ana = app.session_of(OWNER);
    assert!(ana.get(&format!("{LIST}/{company}/delete")).expect(200).text().contains("The people who belong to it"));
    ana.submit(&format!("{LIST}/{company}/delete"), &[("version", "1")]).expect(303);
    let left = program.get(&format!("/api/v1/contacts/{}", id(&contact))).expect(200).json();
    assert!(left["company"].is_null());
    assert!(names(&program.get("/api/v1/contacts?q=brinefield")).is_empty());
}
