//! What is chosen when a request is carried out, and what the page shows before it is decided (P-083, DSR-1).

use serde_json::{Value, json};

use super::requests::{check_all, contact, enter, read, step};
use crate::people::OWNER;
use crate::support::{Client, TestApp};

fn page(id: i64) -> String {
    format!("/w/alpha/privacy/requests/{id}")
}

/// A request that is approved, and about a person.
fn approved(app: &TestApp, program: &Client, kind: &str) -> i64 {
    let request = enter(program, kind, contact(app));
    check_all(program, request);
    step(program, request, "approve").expect(200);
    request
}

fn state(program: &Client, request: i64) -> Value {
    read(program, request)["state"].clone()
}

#[test]
fn dsr_1_ground_and_purposes_are_chosen_when_a_request_is_carried_out() {
    let app = TestApp::start();
    let (program, owner) = (app.program_of(OWNER, "alpha"), app.session_of(OWNER));
    let person = contact(&app);
    let grant = json!({
        "on": { "type": "contact", "id": person }, "purpose": "phone_offers", "action": "grant", "method": "phone",
        "evidence": "A call"
    });
    program.call("POST", "/api/v1/consents", &grant).expect(201);
    let allowed = |purpose: &str| {
        let answer = program.get(&format!("/api/v1/contacts/{person}/permissions")).expect(200).json();
        let found = answer["data"].as_array().into_iter().flatten().find(|one| one["purpose"] == purpose).cloned();
        found.expect("the purpose")
    };
    assert_eq!(allowed("phone_offers")["allowed"], true);

    let withdrawal = approved(&app, &program, "withdrawal");
    let shown = owner.get(&page(withdrawal)).expect(200).text();
    assert!(shown.contains("Which purposes they mean") && shown.contains("value=\"phone_offers\""), "{shown}");
    assert!(!shown.contains("value=\"newsletter\""), "what nobody agreed to cannot be withdrawn");
    let start = |request: i64, fields: &[(&str, &str)]| owner.submit(&format!("{}/start", page(request)), fields);
    start(withdrawal, &[]).expect(422);
    start(withdrawal, &[("purpose", "newsletter")]).expect(422);
    start(withdrawal, &[("colour", "red")]).expect(422);
    assert_eq!(state(&program, withdrawal), "approved", "nothing happened");
    start(withdrawal, &[("purpose", "phone_offers")]).expect(303);
    assert_eq!(state(&program, withdrawal), "complete");
    assert!(read(&program, withdrawal)["done"].as_str().is_some_and(|done| done.contains("Offers by phone")));
    assert_eq!(allowed("phone_offers")["reason"], "withdrawn");
    let said = program.get(&format!("/api/v1/consents?contact={person}")).expect(200).json()["data"][0].clone();
    assert_eq!(said["evidence"], format!("Request {withdrawal}"));

    let objection = approved(&app, &program, "objection");
    start(objection, &[("purpose", "-"), ("purpose", "newsletter")]).expect(303);
    assert_eq!(state(&program, objection), "complete");
    for purpose in ["newsletter", "phone_offers"] {
        assert_eq!(allowed(purpose)["reason"], "objected", "{purpose}");
    }
    assert_eq!(allowed("customer_service")["allowed"], true);

    let restriction = approved(&app, &program, "restriction");
    let open = |number: &str| {
        owner
            .get("/w/alpha/people/contacts")
            .expect(200)
            .text()
            .contains(&format!("{number}<span class=\"sr-only\"> waiting"))
    };
    assert!(open("3"), "complete is not closed: the answer is still to be written");
    start(restriction, &[]).expect(422);
    start(restriction, &[("ground", "whim")]).expect(422);
    start(restriction, &[("ground", "claims")]).expect(303);
    let placed = program.get("/api/v1/restrictions").expect(200).json()["data"][0].clone();
    assert_eq!((&placed["ground"], &placed["on"]["id"]), (&json!("claims"), &json!(person)));
}

#[test]
fn era_1_the_plan_of_an_erasure_stands_on_the_request_before_it_is_approved() {
    let app = TestApp::start();
    let (program, owner) = (app.program_of(OWNER, "alpha"), app.session_of(OWNER));
    let request = enter(&program, "erasure", contact(&app));
    let shown = owner.get(&page(request)).expect(200).text();
    for words in ["What erasing would do", "Contact record: 1", "Stays, and why", "Look also where others"] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    let other = enter(&program, "access", contact(&app));
    assert!(!owner.get(&page(other)).expect(200).text().contains("What erasing would do"));
}

/// Why we may write to somebody, in one click from their record: for each purpose an answer, its ground and its proof.
#[test]
fn m9_every_purpose_has_an_answer_with_its_proof_one_click_from_the_record() {
    let app = TestApp::start();
    let (program, owner) = (app.program_of(OWNER, "alpha"), app.session_of(OWNER));
    let own = json!({
        "title": "Harbour talks", "description": "Invitations", "basis": "legitimate_interests", "channels": ["email", "phone"],
        "assessment": "Few mails, easy to stop", "wording": "We invite you to talks."
    });
    program.call("POST", "/api/v1/purposes", &own).expect(201);
    let grant = json!({
        "on": { "type": "contact", "id": 1 }, "purpose": "phone_offers", "action": "grant", "method": "phone",
        "evidence": "Ines, 14:05"
    });
    program.call("POST", "/api/v1/consents", &grant).expect(201);
    assert!(owner.get("/w/alpha/people/contacts/1").expect(200).text().contains("/w/alpha/privacy/people/1"));
    let page = owner.get("/w/alpha/privacy/people/1").expect(200).text();
    let purposes = program.get("/api/v1/purposes").expect(200).json();
    let answers = program.get("/api/v1/contacts/1/permissions").expect(200).json();
    let answers: Vec<&Value> = answers["data"].as_array().into_iter().flatten().collect();
    for purpose in purposes["data"].as_array().into_iter().flatten() {
        assert!(page.contains(purpose["title"].as_str().unwrap_or("?")), "{purpose}");
        let of_purpose: Vec<_> = answers.iter().filter(|one| one["purpose"] == purpose["key"]).collect();
        assert!(!of_purpose.is_empty(), "no answer for {purpose}");
        for answer in of_purpose {
            assert_ne!(answer["reason"], "", "{answer}");
            // A yes that rests on consent names what they said and in which words; every other yes its ground.
            match answer["basis"].as_str() {
                Some("consent") if answer["allowed"] == true => {
                    assert!(answer["event"].is_i64() && answer["wording"].is_i64(), "{answer}");
                }
                _ => assert!(answer["basis"].is_string(), "{answer}"),
            }
        }
    }
    assert!(page.contains("They agreed to these words") && page.contains("Ines, 14:05"), "{page}");
}
