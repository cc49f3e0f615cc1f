//! What people say about their data, from outside: the registers, the gate's answers, and who may write down what.

use serde_json::{Value, json};

use crate::support::{Client, TestApp};
use crate::tidy::{none, program};

const OWNER: &str = "owner@alpha.example";
const CONSENTS: &str = "/api/v1/consents";

fn say(program: &Client, contact: i64, extra: &Value) -> Value {
    let mut body = json!({ "on": { "type": "contact", "id": contact } });
    for (key, value) in extra.as_object().into_iter().flatten() {
        body[key] = value.clone();
    }
    program.call("POST", CONSENTS, &body).json()
}

/// What the gate says of one purpose.
fn permission(program: &Client, contact: i64, purpose: &str) -> Value {
    let answer = program.get(&format!("/api/v1/contacts/{contact}/permissions")).expect(200).json();
    let found = answer["data"].as_array().into_iter().flatten().find(|one| one["purpose"] == purpose).cloned();
    found.unwrap_or_else(|| panic!("no {purpose} in {answer}"))
}

#[test]
fn a_new_workspace_knows_purposes_and_denies_by_default() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let purposes = program.get("/api/v1/purposes").expect(200).json();
    let keys: Vec<&str> =
        purposes["data"].as_array().expect("a list").iter().filter_map(|p| p["key"].as_str()).collect();
    assert_eq!(keys, ["customer_service", "accounts", "newsletter", "phone_offers"]);
    let newsletter = permission(&program, 1, "newsletter");
    assert_eq!((newsletter["allowed"].as_bool(), newsletter["reason"].as_str()), (Some(false), Some("never_asked")));
    let service = permission(&program, 1, "customer_service");
    assert_eq!((service["allowed"].as_bool(), service["basis"].as_str()), (Some(true), Some("contract")));
}

#[test]
fn p_108_a_consent_opens_once_it_is_confirmed_and_a_withdrawal_closes_at_once() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let own = json!({ "purpose": "newsletter", "action": "grant", "method": "form", "address": "192.0.2.7" });
    let granted = say(&program, 1, &own);
    assert_eq!((&granted["state"], &granted["wording"]), (&json!("pending"), &json!(1)), "{granted}");
    assert_eq!(permission(&program, 1, "newsletter")["reason"], "not_confirmed");
    let confirm =
        json!({ "purpose": "newsletter", "action": "confirm", "method": "mail_link", "address": "192.0.2.7" });
    let confirmed = say(&program, 1, &confirm);
    assert_eq!(confirmed["state"], "granted");
    let open = permission(&program, 1, "newsletter");
    assert_eq!((&open["allowed"], &open["event"], &open["wording"]), (&json!(true), &confirmed["id"], &json!(1)));
    // As easy as giving: no proof, no method, no moment.
    let withdrawn = say(&program, 1, &json!({ "purpose": "newsletter", "action": "withdraw" }));
    assert_eq!(withdrawn["state"], "withdrawn");
    assert_eq!(permission(&program, 1, "newsletter")["reason"], "withdrawn");
    let history = program.get("/api/v1/consents?contact=1").expect(200).json();
    let actions: Vec<&str> =
        history["data"].as_array().expect("a list").iter().filter_map(|e| e["action"].as_str()).collect();
    assert_eq!(actions, ["withdraw", "confirm", "grant"]);
}

#[test]
fn dsr_4_a_yes_without_proof_is_refused_and_every_wording_stays() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let errors = |extra: &Value| say(&program, 1, extra)["errors"][0]["code"].as_str().unwrap_or("").to_owned();
    let grant = |more: Value| {
        let mut body = json!({ "purpose": "phone_offers", "action": "grant", "method": "phone" });
        more.as_object().into_iter().flatten().for_each(|(key, value)| body[key] = value.clone());
        body
    };
    assert_eq!(errors(&grant(json!({}))), "required");
    assert_eq!(errors(&grant(json!({ "evidence": "call", "at": "2099-01-01T00:00:00Z" }))), "in_the_future");
    assert_eq!(errors(&grant(json!({ "evidence": "call", "wording": 9 }))), "unknown");
    assert_eq!(errors(&grant(json!({ "evidence": "call", "purpose": "fishing" }))), "unknown");
    assert_eq!(errors(&grant(json!({ "evidence": "call", "purpose": "accounts" }))), "no_consent");
    assert_eq!(errors(&json!({ "purpose": "accounts", "action": "object" })), "no_objection");
    assert_eq!(errors(&json!({ "purpose": "newsletter", "action": "confirm", "evidence": "x" })), "nothing_to_confirm");
    assert_eq!(errors(&json!({ "action": "withdraw" })), "required");
    assert_eq!(errors(&json!({ "purpose": "newsletter", "action": "shrug" })), "unknown");
    let first = say(&program, 1, &grant(json!({ "evidence": "Ines, 14:05" })));
    let purpose = program.get("/api/v1/purposes").expect(200).json()["data"]
        .as_array()
        .expect("a list")
        .iter()
        .find(|purpose| purpose["key"] == "phone_offers")
        .cloned()
        .expect("the purpose");
    let path = format!("/api/v1/purposes/{}", purpose["id"]);
    let patched = program.send(
        crate::support::Ask::new("PATCH", &path).header("if-match", "\"1\"").json(&json!({ "wording": "Call me." })),
    );
    let patched = patched.expect(200).json();
    let numbers: Vec<i64> =
        patched["wordings"].as_array().expect("a list").iter().filter_map(|w| w["number"].as_i64()).collect();
    assert_eq!(numbers, [2, 1]);
    assert_eq!(
        first["wording_hash"], patched["wordings"][1]["hash"],
        "the consent still names the words that were agreed to"
    );
    let file = app.workspace("alpha");
    assert!(file.execute("UPDATE purpose_wordings SET text = 'other'", []).is_err());
    assert!(file.execute("DELETE FROM purpose_wordings", []).is_err());
    assert!(file.execute("UPDATE consent_events SET action = 'withdraw'", []).is_err());
    // People said something about it on this ground, so the ground stays.
    let other = program.send(
        crate::support::Ask::new("PATCH", &path).header("if-match", "\"2\"").json(&json!({ "basis": "contract" })),
    );
    assert_eq!(other.expect(422).json()["errors"][0]["code"], "fixed");
}

#[test]
fn p_110_an_objection_to_all_marketing_is_final_and_outlives_the_record() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    say(&program, 2, &json!({ "action": "object" }));
    for purpose in ["newsletter", "phone_offers"] {
        assert_eq!(permission(&program, 2, purpose)["reason"], "objected");
    }
    assert_eq!(permission(&program, 2, "customer_service")["allowed"], true);
    let refused =
        say(&program, 2, &json!({ "purpose": "newsletter", "action": "grant", "method": "admin", "evidence": "x" }));
    assert_eq!(refused["errors"][0]["code"], "objected");
    let listed = || -> i64 {
        let sql = "SELECT count(*) FROM suppressions WHERE reason = 'objected'";
        app.workspace("alpha").query_row(sql, [], |row| row.get(0)).expect("a count")
    };
    assert_eq!(listed(), 2, "the address and the number are on the list");
    say(&program, 2, &json!({ "action": "lift", "method": "letter", "evidence": "Letter of 3 May" }));
    assert_eq!((listed(), permission(&program, 2, "newsletter")["reason"].as_str()), (0, Some("never_asked")));
}

#[test]
fn p_026_somebody_under_sixteen_is_left_out_of_marketing_and_agrees_to_nothing() {
    let app = TestApp::start();
    let (program, owner) = (app.program_of(OWNER, "alpha"), app.session_of(OWNER));
    owner.submit("/w/alpha/privacy/people/3/minor", &[("minor", "true")]).expect(303);
    assert_eq!(permission(&program, 3, "newsletter")["reason"], "minor");
    assert_eq!(permission(&program, 3, "accounts")["allowed"], true);
    let refused =
        say(&program, 3, &json!({ "purpose": "newsletter", "action": "grant", "method": "admin", "evidence": "x" }));
    assert_eq!(refused["errors"][0]["code"], "minor");
}

/// A member sees it all and may write down a no; a yes takes the right to privacy.
#[test]
fn a_no_never_waits_for_somebody_with_the_right() {
    let app = TestApp::start();
    let owner = app.program_of(OWNER, "alpha");
    let member = app.program_of("member@alpha.example", "alpha");
    let yes = json!({ "on": { "type": "contact", "id": 1 }, "purpose": "phone_offers", "action": "grant", "method": "phone", "evidence": "x" });
    member.call("POST", CONSENTS, &yes).expect(403);
    owner.call("POST", CONSENTS, &yes).expect(201);
    let no = json!({ "on": { "type": "contact", "id": 1 }, "purpose": "phone_offers", "action": "withdraw" });
    member.call("POST", CONSENTS, &no).expect(201);
    assert_eq!(permission(&owner, 1, "phone_offers")["reason"], "withdrawn");
    let page = app.session_of("member@alpha.example");
    let fields = [("purpose", "newsletter"), ("action", "object")];
    page.submit("/w/alpha/privacy/people/1/consents", &fields).expect(303);
    assert_eq!(permission(&owner, 1, "newsletter")["reason"], "objected");
}

#[test]
fn of_two_merged_people_the_stricter_holds_and_a_merge_taken_back_parts_them() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    let yes = json!({ "purpose": "phone_offers", "action": "grant", "method": "phone", "evidence": "x" });
    say(&program, 1, &yes);
    say(&program, 2, &yes);
    say(&program, 2, &json!({ "purpose": "phone_offers", "action": "withdraw" }));
    say(&program, 1, &yes);
    let merged = program.call("POST", "/api/v1/contacts/1/merge", &json!({ "other": 2 })).expect(200).json();
    assert_eq!(
        permission(&program, 1, "phone_offers")["reason"],
        "withdrawn",
        "the no on one record holds for the person"
    );
    assert_eq!(program.get("/api/v1/consents?contact=1").expect(200).json()["data"].as_array().map(Vec::len), Some(4));
    program.send(crate::support::Ask::new("POST", &format!("/api/v1/changes/{}/undo", merged["change"])));
    for _ in 0..100 {
        if program.get("/api/v1/contacts/2/permissions").status == 200 {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    assert_eq!(permission(&program, 1, "phone_offers")["allowed"], true);
    assert_eq!(permission(&program, 2, "phone_offers")["reason"], "withdrawn");
    program.call("POST", "/api/v1/contacts/1/merge", &json!({ "other": 2 })).expect(200);
    say(&program, 1, &yes);
    assert_eq!(
        permission(&program, 1, "phone_offers")["allowed"],
        true,
        "what is said after the merge is said of both"
    );
}

/// Section 7.7: proof outlives the person, and names nobody.
#[test]
fn of_somebody_who_is_gone_the_proof_stays_without_their_name() {
    let app = TestApp::start();
    let (program, owner) = (app.program_of(OWNER, "alpha"), app.session_of(OWNER));
    let yes = json!({
        "purpose": "newsletter", "action": "grant", "method": "form", "address": "203.0.113.9", "user_agent": "Lantern/1",
        "evidence": "Form at the pier"
    });
    say(&program, 1, &yes);
    program.send(crate::support::Ask::new("DELETE", "/api/v1/contacts/1")).expect(204);
    app.run_job("privacy.consent.settle", "alpha");
    let addresses = || -> i64 {
        let sql = "SELECT count(*) FROM consent_events WHERE address <> '' AND ended_at IS NULL";
        app.workspace("alpha").query_row(sql, [], |row| row.get(0)).expect("a count")
    };
    assert_eq!(addresses(), 1, "somebody in the trash can come back");
    let trash = program.get("/api/v1/trash").expect(200).json()["data"][0]["id"].clone();
    program.send(crate::support::Ask::new("DELETE", &format!("/api/v1/trash/{trash}"))).expect(204);
    app.run_job("privacy.consent.settle", "alpha");
    let row: (String, String, String, bool) = app
        .workspace("alpha")
        .query_row("SELECT address, user_agent, evidence, ended_at IS NOT NULL FROM consent_events", [], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        })
        .expect("the row");
    assert_eq!(row, (String::new(), String::new(), String::new(), true));
    let found = owner.submit("/w/alpha/privacy/proof", &[("value", "Quill1@ALPHA.example")]).expect(200).text();
    assert!(found.contains("Agreed") && found.contains("Newsletter") && found.contains("version 1"), "{found}");
    let other = owner.submit("/w/alpha/privacy/proof", &[("value", "nobody@alpha.example")]).expect(200).text();
    assert!(other.contains("Nothing is kept"));
}

/// The gate is one function: nothing else looks at what people said in order to decide, and nothing else makes the proof
/// that a mail to a person needs.
#[test]
fn nothing_goes_around_the_gate() {
    let mut broken = Vec::new();
    for source in program() {
        let (path, code) = (source.path.as_str(), source.code());
        let is_consent = path.starts_with("src/privacy/consent/");
        if !is_consent && code.contains("FROM consent_events") {
            broken.push(format!("{path} reads what people said by itself"));
        }
        if path != "src/privacy/consent/gate.rs" && code.contains("Cleared {") {
            broken.push(format!("{path} makes a clearance"));
        }
        // Who asks the gate, by name: a new way to reach people is a row here.
        let asks = code.contains("may_use(") || code.contains("may_use_all(") || code.contains("may_ask_to_confirm(");
        let may_ask = [
            "src/privacy/consent/gate.rs",
            "src/privacy/consent/confirmation/service.rs",
            "src/privacy/person/pages.rs",
            "src/privacy/person/api.rs",
            "src/people/exports/columns.rs",
        ];
        if asks && !may_ask.contains(&path) {
            broken.push(format!("{path} asks the gate and is not in the list of those who do"));
        }
        // These are not cleared by the gate: who asks to come in, and who is answered as the law demands.
        let without = [
            ("Whom::Guest", &["src/members/invitations/service.rs"][..]),
            ("Whom::Requester", &["src/privacy/portal/door.rs", "src/privacy/post.rs"][..]),
        ];
        for (whom, may_write) in without {
            if path != "src/mail/queue.rs" && code.contains(whom) && !may_write.contains(&path) {
                broken.push(format!("{path} mails a {whom}, and is not in the list of those who may"));
            }
        }
    }
    none("The gate:", &broken);
}
